#pragma once

#include <cstdint>
#include <cstring>

#include "simd/f32x4.h"

// Products of matrices of bytes, less their zero points: exact sums in int32, which wrap. Factors
// are whole numbers of 16 bits, two neighbours along the depth multiplied and added at once.
namespace fovea::kernels {

using ShortVector = int16_t __attribute__((vector_size(16)));

// Unsigned or signed bytes as numbers: a byte is read as unsigned, `flip` is 0x80 for a signed one.
struct ByteCodes {
  uint8_t flip = 0;

  // The number that `value` becomes less its zero point, itself such a byte.
  int16_t number(uint8_t value, uint8_t point) const {
    return static_cast<int16_t>((value ^ flip) - (point ^ flip));
  }
};

// Eight neighbouring bytes as such numbers.
inline ShortVector widen(ByteCodes codes, const uint8_t* from) {
  using ByteVector = uint8_t __attribute__((vector_size(8)));
  ByteVector bytes;
  std::memcpy(&bytes, from, sizeof(bytes));
  bytes ^= codes.flip;
  return __builtin_convertvector(bytes, ShortVector);
}

// Columns of B that are multiplied at once, a panel: [pairs of rows][columns][2].
inline constexpr int64_t kPanelColumns = 8;

// A depth as rows of A and panels have it: in pairs, the last filled up with 0.
constexpr int64_t paired(int64_t depth) { return (depth + 1) / 2 * 2; }

// to[i] = from[i] less its zero point for i < depth, and 0 up to paired(depth): a row of A.
void widen_row(ByteCodes codes, const uint8_t* from, uint8_t point, int64_t depth,
               int16_t* to) noexcept;

// Writes two rows of a panel.
inline void store_pair(ShortVector first, ShortVector second, int16_t* to) {
  const ShortVector low = __builtin_shufflevector(first, second, 0, 8, 1, 9, 2, 10, 3, 11);
  const ShortVector high = __builtin_shufflevector(first, second, 4, 12, 5, 13, 6, 14, 7, 15);
  std::memcpy(to, &low, sizeof(low));
  std::memcpy(to + kPanelColumns, &high, sizeof(high));
}

// A panel of up to kPanelColumns columns of B, whose rows are `row_step` apart. Each column has a
// zero point; `points` has kPanelColumns of them.
void pack_byte_panel(ByteCodes codes, const uint8_t* b, int64_t row_step, int64_t depth,
                     int64_t columns, const uint8_t* points, int16_t* panel) noexcept;

// Rows [0, rows) of A, `a_step` apart, by a panel of which `columns` are wanted. `first`, an
// element a row or null, is what sums begin with.
struct ByteProduct {
  const int16_t* a = nullptr;
  int64_t a_step = 0;
  int64_t rows = 0;
  int64_t depth = 0;  // paired
  int64_t columns = kPanelColumns;
  const int32_t* first = nullptr;
  int64_t c_step = 0;
};
void multiply_panel(const ByteProduct& product, const int16_t* panel, int32_t* c) noexcept;

}  // namespace fovea::kernels

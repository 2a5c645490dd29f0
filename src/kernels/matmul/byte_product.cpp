#include "kernels/matmul/byte_product.h"

#include <algorithm>
#include <cstring>

#include "simd/loops.h"

namespace fovea::kernels {
namespace {

using simd::I32x4;

constexpr int kTileRows = 4;

// Eight numbers of a row of B; nothing is read beyond `columns`.
ShortVector numbers(ByteCodes codes, const uint8_t* row, int64_t columns, ShortVector points) {
  uint8_t bytes[kPanelColumns] = {};
  // A copy of a size that is known is one instruction.
  if (columns == kPanelColumns) return widen(codes, row) - points;
  std::memcpy(bytes, row, static_cast<size_t>(columns));
  return widen(codes, bytes) - points;
}

template <int Rows>
void multiply_rows(const ByteProduct& product, int64_t row, const int16_t* panel, int32_t* c) {
  I32x4 sums[Rows][2];
  const int16_t* a[Rows];
  FOVEA_UNROLL for (int i = 0; i < Rows; ++i) {
    sums[i][0] = sums[i][1] = I32x4::splat(product.first ? product.first[row + i] : 0);
    a[i] = product.a + (row + i) * product.a_step;
  }
  FOVEA_NO_UNROLL for (int64_t k = product.depth; k != 0; k -= 2) {
    const I32x4 left = I32x4::load_shorts(panel);
    const I32x4 right = I32x4::load_shorts(panel + kPanelColumns);
    panel += 2 * kPanelColumns;
    FOVEA_UNROLL for (int i = 0; i < Rows; ++i) {
      const I32x4 x = I32x4::load_splat(a[i]);
      a[i] += 2;
      sums[i][0] = sums[i][0] + dot_halves(x, left);
      sums[i][1] = sums[i][1] + dot_halves(x, right);
    }
  }
  FOVEA_UNROLL for (int i = 0; i < Rows; ++i) {
    int32_t* to = c + (row + i) * product.c_step;
    if (product.columns == kPanelColumns) {
      sums[i][0].store(to);
      sums[i][1].store(to + 4);
    } else {
      std::memcpy(to, sums[i], static_cast<size_t>(product.columns) * sizeof(int32_t));
    }
  }
}

}  // namespace

void widen_row(ByteCodes codes, const uint8_t* from, uint8_t point, int64_t depth,
               int16_t* to) noexcept {
  for (int64_t i = 0; i < depth; ++i) to[i] = codes.number(from[i], point);
  if (depth % 2 != 0) to[depth] = 0;
}

void pack_byte_panel(ByteCodes codes, const uint8_t* b, int64_t row_step, int64_t depth,
                     int64_t columns, const uint8_t* points, int16_t* panel) noexcept {
  const ShortVector zeros = widen(codes, points);
  for (int64_t k = 0; k < depth; k += 2, panel += 2 * kPanelColumns) {
    const uint8_t* row = b + k * row_step;
    const ShortVector first = numbers(codes, row, columns, zeros);
    const bool last = k + 1 == depth;
    store_pair(first, last ? ShortVector{} : numbers(codes, row + row_step, columns, zeros), panel);
  }
}

void multiply_panel(const ByteProduct& product, const int16_t* panel, int32_t* c) noexcept {
  int64_t row = 0;
  for (; row + kTileRows <= product.rows; row += kTileRows) {
    multiply_rows<kTileRows>(product, row, panel, c);
  }
  for (; row < product.rows; ++row) multiply_rows<1>(product, row, panel, c);
}

}  // namespace fovea::kernels

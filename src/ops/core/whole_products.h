#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/elementwise/quantize.h"
#include "ops/op.h"

// Products of bytes as products of floats, which are exact as long as sums stay below 2^24: each
// factor is at most 255 after its zero point is taken off.
namespace fovea {

// Products that a float adds up exactly.
inline constexpr int64_t kExactDepth = (int64_t{1} << 24) / (255 * 255);

// Bytes of an input less its zero points, as floats: `rows` rows of `columns`, with a point for
// each of `points`, one for all where that is 1. Rows have points, or columns where `by_column`.
struct ShiftedBytes {
  int64_t rows = 1;
  int64_t columns = 1;
  int64_t points = 1;
  bool by_column = false;

  template <class T>
  void read(const T* from, const T* zeros, float* to) const {
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = 0; column < columns; ++column) {
        const int64_t point = points == 1 ? 0 : by_column ? column : row;
        *to++ = static_cast<float>(int{*from++} - (zeros ? int{zeros[point]} : 0));
      }
    }
  }
  void read(DType dtype, const std::byte* from, const std::byte* zeros, float* to) const {
    if (dtype == DType::Int8) {
      read(reinterpret_cast<const int8_t*>(from), reinterpret_cast<const int8_t*>(zeros), to);
    } else {
      read(reinterpret_cast<const uint8_t*>(from), reinterpret_cast<const uint8_t*>(zeros), to);
    }
  }
};

}  // namespace fovea

#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/epilogue.h"
#include "kernels/matmul/tile.h"

// Matrix products C[m][n] = sum over k of A[m][k] * B[k][n].
namespace fovea::kernels {

// Element (row, column) is data[row * row_step + column * column_step]; a transposed matrix swaps
// the steps.
template <class T>
struct MatrixView {
  const T* data = nullptr;
  int64_t row_step = 0;
  int64_t column_step = 1;
};

struct GemmShape {
  int64_t m = 0;
  int64_t n = 0;
  int64_t k = 0;
};

// B in panels of columns (see kernels/matmul/tile.h): floats of all, and packing of columns
// [column_begin, column_end), both where a panel begins or n. `scale` multiplies B; `bias`, of n
// elements or null, will be added to every row of C. Subnormal numbers are packed as 0.
int64_t gemm_packed_size(const GemmShape& shape) noexcept;
void pack_gemm(const GemmShape& shape, const MatrixView<float>& b, float scale, const float* bias,
               float* packed, int64_t column_begin, int64_t column_end) noexcept;

struct GemmOutput {
  float* data = nullptr;
  int64_t row_step = 0;
  // Added before the activation; steps like the output and may be it. Null for none.
  const float* residual = nullptr;
};

// A rectangle of C; column_begin and column_end are where a panel begins or n.
struct GemmRange {
  int64_t row_begin = 0;
  int64_t row_end = 0;
  int64_t column_begin = 0;
  int64_t column_end = 0;
};

void run_gemm(const GemmShape& shape, const MatrixView<float>& a, const float* packed,
              const GemmOutput& c, const Epilogue& epilogue, const GemmRange& range) noexcept;

namespace detail {
// For double, uint32_t and uint64_t.
template <class T>
void multiply(const GemmShape& shape, const MatrixView<T>& a, const MatrixView<T>& b, T* c,
              int64_t row_begin, int64_t row_end) noexcept;
}  // namespace detail

// Rows [row_begin, row_end) of the row-major product of doubles or of integers of 32 or 64 bits,
// which wrap. Terms are added in their order, whatever the rows.
template <class T>
void gemm_plain(const GemmShape& shape, const MatrixView<T>& a, const MatrixView<T>& b, T* c,
                int64_t row_begin, int64_t row_end) noexcept {
  if constexpr (std::is_signed_v<T> && std::is_integral_v<T>) {
    // Signed integers that wrap are unsigned ones.
    using Bits = std::make_unsigned_t<T>;
    const auto bits = [](const MatrixView<T>& of) -> MatrixView<Bits> {
      return {reinterpret_cast<const Bits*>(of.data), of.row_step, of.column_step};
    };
    detail::multiply<Bits>(shape, bits(a), bits(b), reinterpret_cast<Bits*>(c), row_begin, row_end);
  } else {
    detail::multiply(shape, a, b, c, row_begin, row_end);
  }
}

}  // namespace fovea::kernels

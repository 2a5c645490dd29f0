#include <algorithm>
#include <cstring>

#include "kernels/matmul/gemm.h"
#include "simd/loops.h"

namespace fovea::kernels::detail {
namespace {

constexpr int kTileRows = 4;
// Rows of B that are packed at once.
constexpr int64_t kDepth = 256;

template <class T>
using Vector = T __attribute__((vector_size(16)));
template <class T>
constexpr int64_t kLanesOf = 16 / sizeof(T);
// Columns of a panel: two vectors.
template <class T>
constexpr int64_t kWidth = 2 * kLanesOf<T>;

template <class T>
Vector<T> load(const T* from) {
  Vector<T> vector;
  std::memcpy(&vector, from, sizeof(vector));
  return vector;
}

// [depth][kWidth], zeros behind the last column.
template <class T>
void pack(const MatrixView<T>& b, int64_t first_row, int64_t depth, int64_t column, int64_t columns,
          T* panel) {
  for (int64_t k = 0; k < depth; ++k, panel += kWidth<T>) {
    const T* from = b.data + (first_row + k) * b.row_step + column * b.column_step;
    FOVEA_NO_UNROLL for (int64_t j = 0; j < kWidth<T>; ++j) {
      panel[j] = j < columns ? from[j * b.column_step] : T{0};
    }
  }
}

// Adds kRows rows of A, from `a` on, by a panel to what c holds: [kRows][kWidth], c_step apart.
template <class T, int kRows>
[[gnu::noinline]] void add_tile(const MatrixView<T>& a, int64_t depth, const T* panel, T* c,
                                int64_t c_step) noexcept {
  constexpr int64_t kLanes = kLanesOf<T>;
  Vector<T> sums[kRows][2];
  const T* from[kRows];
  FOVEA_UNROLL for (int i = 0; i < kRows; ++i) {
    sums[i][0] = load(c + i * c_step);
    sums[i][1] = load(c + i * c_step + kLanes);
    from[i] = a.data + i * a.row_step;
  }
  FOVEA_NO_UNROLL for (int64_t k = depth; k != 0; --k, panel += 2 * kLanes) {
    const Vector<T> left = load(panel), right = load(panel + kLanes);
    FOVEA_UNROLL for (int i = 0; i < kRows; ++i) {
      const T x = *from[i];
      from[i] += a.column_step;
      sums[i][0] += x * left;
      sums[i][1] += x * right;
    }
  }
  FOVEA_UNROLL for (int i = 0; i < kRows; ++i) {
    std::memcpy(c + i * c_step, &sums[i][0], sizeof(sums[i][0]));
    std::memcpy(c + i * c_step + kLanes, &sums[i][1], sizeof(sums[i][1]));
  }
}

template <class T, int kRows>
void add_rows(const MatrixView<T>& a, int64_t depth, const T* panel, T* c, int64_t c_step,
              int64_t columns) noexcept {
  if (columns == kWidth<T>) return add_tile<T, kRows>(a, depth, panel, c, c_step);
  T tile[kRows * kWidth<T>] = {};
  for (int i = 0; i < kRows; ++i) std::copy_n(c + i * c_step, columns, tile + i * kWidth<T>);
  add_tile<T, kRows>(a, depth, panel, tile, kWidth<T>);
  for (int i = 0; i < kRows; ++i) std::copy_n(tile + i * kWidth<T>, columns, c + i * c_step);
}

// Of few rows, for which nothing is packed.
template <class T>
void add_row(const GemmShape& shape, const MatrixView<T>& a, const MatrixView<T>& b,
             T* out) noexcept {
  for (int64_t k = 0; k < shape.k; ++k) {
    const T x = a.data[k * a.column_step];
    const T* from = b.data + k * b.row_step;
    FOVEA_NO_UNROLL for (int64_t j = 0; j < shape.n; ++j) out[j] += x * from[j * b.column_step];
  }
}

}  // namespace

template <class T>
void multiply(const GemmShape& shape, const MatrixView<T>& a, const MatrixView<T>& b, T* c,
              int64_t row_begin, int64_t row_end) noexcept {
  const auto a_from = [&](int64_t row, int64_t k) -> MatrixView<T> {
    return {a.data + row * a.row_step + k * a.column_step, a.row_step, a.column_step};
  };
  std::fill(c + row_begin * shape.n, c + row_end * shape.n, T{0});
  // Matrices without elements may be null.
  if (shape.n == 0 || shape.k == 0) return;
  if (row_end - row_begin < kTileRows) {
    for (int64_t row = row_begin; row < row_end; ++row) {
      add_row(shape, a_from(row, 0), b, c + row * shape.n);
    }
    return;
  }
  T panel[kDepth * kWidth<T>];
  for (int64_t column = 0; column < shape.n; column += kWidth<T>) {
    const int64_t columns = std::min(kWidth<T>, shape.n - column);
    for (int64_t k = 0; k < shape.k; k += kDepth) {
      const int64_t depth = std::min(kDepth, shape.k - k);
      pack(b, k, depth, column, columns, panel);
      int64_t row = row_begin;
      for (; row + kTileRows <= row_end; row += kTileRows) {
        add_rows<T, kTileRows>(a_from(row, k), depth, panel, c + row * shape.n + column, shape.n,
                               columns);
      }
      for (; row < row_end; ++row) {
        add_rows<T, 1>(a_from(row, k), depth, panel, c + row * shape.n + column, shape.n, columns);
      }
    }
  }
}

template void multiply(const GemmShape&, const MatrixView<double>&, const MatrixView<double>&,
                       double*, int64_t, int64_t) noexcept;
template void multiply(const GemmShape&, const MatrixView<uint32_t>&, const MatrixView<uint32_t>&,
                       uint32_t*, int64_t, int64_t) noexcept;
template void multiply(const GemmShape&, const MatrixView<uint64_t>&, const MatrixView<uint64_t>&,
                       uint64_t*, int64_t, int64_t) noexcept;

}  // namespace fovea::kernels::detail

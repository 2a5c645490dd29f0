#include "kernels/movement/transpose.h"

#include <cstring>
#include <vector>

#include "kernels/movement/strided_copy.h"
#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

// Elements of a block: input and output lines of it fit the first-level cache together.
constexpr int64_t kBlockElements = 1024;
constexpr int64_t kBlockColumns = 16;
constexpr int64_t kGrain = 16384;

// A matrix with contiguous input columns and output rows; strides in elements.
struct Block {
  const std::byte* from;
  std::byte* to;
  int64_t from_stride;
  int64_t to_stride;
  int64_t rows;
  int64_t columns;
};

template <size_t Bytes>
void transpose_scalar(const Block& block, int64_t first_row, int64_t first_column) noexcept {
  constexpr auto bytes = static_cast<int64_t>(Bytes);
  for (int64_t r = first_row; r < block.rows; ++r) {
    const std::byte* from = block.from + (first_column * block.from_stride + r) * bytes;
    std::byte* to = block.to + (r * block.to_stride + first_column) * bytes;
    for (int64_t c = first_column; c < block.columns; ++c) {
      std::memcpy(to, from, Bytes);
      from += block.from_stride * bytes;
      to += bytes;
    }
  }
}

template <size_t Bytes>
void transpose_block(const Block& block) noexcept {
  transpose_scalar<Bytes>(block, 0, 0);
}

template <>
void transpose_block<4>(const Block& block) noexcept {
  const int64_t rows = block.rows / 4 * 4, columns = block.columns / 4 * 4;
  const auto* from = reinterpret_cast<const float*>(block.from);
  auto* to = reinterpret_cast<float*>(block.to);
  for (int64_t r = 0; r < rows; r += 4) {
    for (int64_t c = 0; c < columns; c += 4) {
      simd::transpose4x4(from + c * block.from_stride + r, block.from_stride,
                         to + r * block.to_stride + c, block.to_stride);
    }
  }
  transpose_scalar<4>(block, rows, 0);
  Block upper = block;
  upper.rows = rows;
  transpose_scalar<4>(upper, 0, columns);
}

using TransposeBlock = void (*)(const Block&) noexcept;

TransposeBlock transpose_block_of(size_t element_bytes) noexcept {
  switch (element_bytes) {
    case 1:
      return transpose_block<1>;
    case 2:
      return transpose_block<2>;
    case 4:
      return transpose_block<4>;
    case 8:
      return transpose_block<8>;
    default:
      return transpose_block<16>;
  }
}

}  // namespace

Transpose::Transpose(const Shape& shape, std::span<const int64_t> permutation, size_t element_bytes)
    : element_bytes_(element_bytes) {
  Shape out_shape;
  for (const int64_t axis : permutation) out_shape.push_back(shape[static_cast<int>(axis)]);
  const auto in_strides = strides_of(shape), out_strides = strides_of(out_shape);
  for (size_t i = 0; i < permutation.size(); ++i) {
    nest_.add_axis(out_shape[static_cast<int>(i)],
                   {in_strides[static_cast<size_t>(permutation[i])], out_strides[i]});
  }
  column_ = nest_.inner();
  int contiguous = nest_.count() - 1;
  while (contiguous > 0 && nest_.axis(contiguous).strides[0] != 1) --contiguous;
  blocked_ = column_.strides[0] != 1 && nest_.axis(contiguous).strides[0] == 1;
  if (!blocked_) return;
  row_ = nest_.axis(contiguous);
  for (int axis = 0; axis + 1 < nest_.count(); ++axis) {
    if (axis != contiguous) outer_.add_axis(nest_.axis(axis).size, nest_.axis(axis).strides);
  }
}

void Transpose::run(const std::byte* from, std::byte* to, ThreadPool& pool) const noexcept {
  if (nest_.iterations() == 0) return;
  if (blocked_) {
    run_blocked(from, to, pool);
  } else {
    strided_copy(nest_, from, to, element_bytes_, pool);
  }
}

void Transpose::run_blocked(const std::byte* from, std::byte* to, ThreadPool& pool) const noexcept {
  const auto bytes = static_cast<int64_t>(element_bytes_);
  const TransposeBlock transpose = transpose_block_of(element_bytes_);
  const int64_t columns = std::min(column_.size, kBlockColumns);
  const int64_t rows = std::min(row_.size, kBlockElements / columns);
  const int64_t row_blocks = (row_.size + rows - 1) / rows;
  const int64_t grain = kGrain / (rows * column_.size) + 1;
  // A chunk is a run of bands: `rows` rows of one matrix, all of its columns.
  pool.parallel_for(outer_.iterations() * row_blocks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t band = begin; band < end; ++band) {
      const RowCursor<2> matrix(outer_, band / row_blocks, band / row_blocks + 1);
      const int64_t row = band % row_blocks * rows;
      for (int64_t column = 0; column < column_.size; column += columns) {
        transpose({from + (matrix.offset(0) + row + column * column_.strides[0]) * bytes,
                   to + (matrix.offset(1) + row * row_.strides[1] + column) * bytes,
                   column_.strides[0], row_.strides[1], std::min(rows, row_.size - row),
                   std::min(columns, column_.size - column)});
      }
    }
  });
}

}  // namespace fovea::kernels

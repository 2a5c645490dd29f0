#include "kernels/movement/pad.h"

#include <algorithm>
#include <cstring>

namespace fovea::kernels {
namespace {

constexpr int64_t kGrainBytes = 65536;

// Where output row `row` starts in the input, in blocks; -1 where it is all constant.
int64_t row_source(const PadAxis* axes, int rank, int64_t row) noexcept {
  int64_t offset = 0;
  for (int axis = rank - 2; axis >= 0; --axis) {
    const int64_t source = axes[axis].source[row % axes[axis].out_size];
    if (source < 0) return -1;
    offset += source * axes[axis].from_stride;
    row /= axes[axis].out_size;
  }
  return offset;
}

// Positions from `begin` on that show the constant or neighbouring input positions: one copy.
int64_t run_length(const PadAxis& axis, int64_t begin) noexcept {
  int64_t end = begin + 1;
  while (end < axis.out_size && axis.source[begin] >= 0 &&
         axis.source[end] == axis.source[end - 1] + 1) {
    ++end;
  }
  return end - begin;
}

}  // namespace

void pad(const PadAxis* axes, int rank, const std::byte* from, std::byte* to, size_t block_bytes,
         const std::byte* constant, ThreadPool& pool) noexcept {
  const PadAxis& inner = axes[rank - 1];
  int64_t rows = 1;
  for (int axis = 0; axis < rank - 1; ++axis) rows *= axes[axis].out_size;
  const int64_t row_bytes = inner.out_size * static_cast<int64_t>(block_bytes);
  pool.parallel_for(
      rows, kGrainBytes / std::max<int64_t>(row_bytes, 1), [&](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; ++row) {
          std::byte* out = to + row * row_bytes;
          const int64_t source = row_source(axes, rank, row);
          for (int64_t i = 0; i < inner.out_size;) {
            const bool is_constant = source < 0 || inner.source[i] < 0;
            const int64_t count = is_constant ? 1 : run_length(inner, i);
            const std::byte* block =
                is_constant ? constant
                            : from + (source + inner.source[i]) * static_cast<int64_t>(block_bytes);
            std::memcpy(out, block, static_cast<size_t>(count) * block_bytes);
            out += count * static_cast<int64_t>(block_bytes);
            i += count;
          }
        }
      });
}

}  // namespace fovea::kernels

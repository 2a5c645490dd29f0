#pragma once

#include <array>
#include <span>
#include <vector>

#include "ops/core/memory.h"

namespace fovea {

// Strides of an operand for each axis of `out`, to which its shape broadcasts: 0 where it repeats.
std::vector<int64_t> broadcast_strides(const Shape& operand, Layout layout, const Shape& out);

// The axes before the last two: MatMul has one product for each element of them.
Shape batch_of(const Shape& shape);

// Where each element of `out`, to which the operand's shape broadcasts, lies in the operand:
// `strides` are the operand's, one for each axis of `shape`.
std::vector<int64_t> broadcast_offsets(const Shape& shape, std::span<const int64_t> strides,
                                       const Shape& out);

// The nest over the elements of `out` in the order of its memory.
template <size_t Operands>
kernels::LoopNest<static_cast<int>(Operands)> nest_over(
    const Shape& out, Layout layout, const std::array<std::vector<int64_t>, Operands>& strides) {
  kernels::LoopNest<static_cast<int>(Operands)> nest;
  for (const int axis : memory_order(out.rank(), layout)) {
    std::array<int64_t, Operands> of_axis;
    for (size_t i = 0; i < Operands; ++i) of_axis[i] = strides[i][static_cast<size_t>(axis)];
    nest.add_axis(out[axis], of_axis);
  }
  return nest;
}

// Layout rule of broadcasting element-wise operators from float to float: ChannelsLast when an
// input as large as the output is, whatever smaller operands are in.
void broadcast_layout(LayoutContext& context);

}  // namespace fovea

#include "ops/core/memory.h"

#include <numeric>

#include "kernels/movement/strided_copy.h"

namespace fovea {

Operand input_operand(const PlanContext& context, int index) {
  return {context.dtype(index), context.shape(index), context.layout(index)};
}

Operand output_operand(const PlanContext& context, int index) {
  return {context.output_dtype(index), context.output_shape(index), context.output_layout(index)};
}

std::vector<int64_t> memory_strides(const Shape& shape, Layout layout) {
  if (layout == Layout::Plain) return strides_of(shape);
  const int64_t pixel = padded_channels(shape[1]);
  return {shape[2] * shape[3] * pixel, 1, shape[3] * pixel, pixel};
}

std::vector<int> memory_order(int rank, Layout layout) {
  if (layout == Layout::ChannelsLast) return {0, 2, 3, 1};
  std::vector<int> order(static_cast<size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

CopyStep::CopyStep(DType dtype, const Shape& block, Layout layout,
                   const std::vector<int64_t>& from_strides, const std::vector<int64_t>& to_strides,
                   int64_t from_offset, int64_t to_offset)
    : element_bytes_(element_bytes(dtype)), from_offset_(from_offset), to_offset_(to_offset) {
  for (const int axis : memory_order(block.rank(), layout)) {
    const auto i = static_cast<size_t>(axis);
    nest_.add_axis(block[axis], {from_strides[i], to_strides[i]});
  }
}

CopyStep::CopyStep(DType dtype, const kernels::LoopNest<2>& nest)
    : nest_(nest), element_bytes_(element_bytes(dtype)) {}

void CopyStep::run(const std::byte* from, std::byte* to, ThreadPool& pool) const {
  const auto bytes = static_cast<int64_t>(element_bytes_);
  kernels::strided_copy(nest_, from + from_offset_ * bytes, to + to_offset_ * bytes, element_bytes_,
                        pool);
}

void clear_padding(const Operand& value, std::byte* data, ThreadPool& pool) {
  if (value.layout != Layout::ChannelsLast) return;
  const Shape& shape = value.shape;
  kernels::clear_channel_padding(reinterpret_cast<float*>(data), shape[0] * shape[2] * shape[3],
                                 shape[1], pool);
}

}  // namespace fovea

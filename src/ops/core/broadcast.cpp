#include "ops/core/broadcast.h"

#include <algorithm>

namespace fovea {

std::vector<int64_t> broadcast_strides(const Shape& operand, Layout layout, const Shape& out) {
  const std::vector<int64_t> own = memory_strides(operand, layout);
  std::vector<int64_t> strides(static_cast<size_t>(out.rank()), 0);
  for (int back = 1; back <= operand.rank(); ++back) {
    const int axis = operand.rank() - back;
    if (operand[axis] == 1) continue;
    strides[static_cast<size_t>(out.rank() - back)] = own[static_cast<size_t>(axis)];
  }
  return strides;
}

Shape batch_of(const Shape& shape) {
  return Shape(std::span(shape.dims()).first(static_cast<size_t>(std::max(shape.rank() - 2, 0))));
}

std::vector<int64_t> broadcast_offsets(const Shape& shape, std::span<const int64_t> strides,
                                       const Shape& out) {
  std::vector<int64_t> offsets(static_cast<size_t>(out.elements()), 0);
  for (int64_t i = 0; i < static_cast<int64_t>(offsets.size()); ++i) {
    int64_t rest = i;
    for (int back = 1; back <= out.rank(); ++back) {
      const int64_t at = rest % out[out.rank() - back];
      rest /= out[out.rank() - back];
      const int axis = shape.rank() - back;
      if (axis < 0 || shape[axis] == 1) continue;
      offsets[static_cast<size_t>(i)] += at * strides[static_cast<size_t>(axis)];
    }
  }
  return offsets;
}

void broadcast_layout(LayoutContext& context) {
  const Shape& out = context.output_shape(0);
  const auto full_size = [&](int i) {
    return context.input_can_be_channels_last(i) && context.shape(i) == out;
  };
  bool channels_last = false;
  for (int i = 0; i < context.input_count(); ++i) {
    channels_last |= full_size(i) && context.layout(i) == Layout::ChannelsLast;
  }
  if (!channels_last) return;
  for (int i = 0; i < context.input_count(); ++i) {
    context.accept(i, full_size(i) ? Layout::ChannelsLast : context.layout(i));
  }
  context.produce(0, Layout::ChannelsLast);
}

}  // namespace fovea

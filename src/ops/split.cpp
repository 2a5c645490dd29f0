// Split.

#include <algorithm>
#include <numeric>

#include "ops/core/axes.h"
#include "ops/core/channels.h"

namespace fovea {
namespace {

std::vector<int64_t> equal_parts(const NodeContext& context, int64_t size) {
  const int64_t count = context.attributes().get_int("num_outputs", context.output_count());
  const bool may_be_uneven = context.opset() >= 18;
  if (count != context.output_count() || (!may_be_uneven && size % count != 0)) {
    fail(ErrorCode::InvalidInput, "Split of dimension ", size, " into ", count, " equal parts for ",
         context.output_count(), " outputs");
  }
  const int64_t part = (size + count - 1) / count;
  std::vector<int64_t> parts;
  for (int64_t i = 0; i < count; ++i) {
    parts.push_back(std::clamp<int64_t>(size - i * part, 0, part));
  }
  return parts;
}

std::vector<int64_t> parts_of(const NodeContext& context, int64_t size) {
  std::vector<int64_t> parts = context.int64s(1, context.attributes().get_ints("split"));
  if (parts.empty()) return equal_parts(context, size);
  const bool negative = std::ranges::any_of(parts, [](int64_t part) { return part < 0; });
  const bool too_large = std::ranges::any_of(parts, [&](int64_t part) { return part > size; });
  if (negative || too_large || static_cast<int>(parts.size()) != context.output_count() ||
      std::accumulate(parts.begin(), parts.end(), int64_t{0}) != size) {
    fail(ErrorCode::InvalidInput, "Split sizes ", Shape(parts), " do not divide dimension ", size,
         " among ", context.output_count(), " outputs");
  }
  return parts;
}

void infer_split(InferContext& context) {
  Shape shape = context.shape(0);
  const int axis = axis_of(context, shape.rank(), 0);
  const std::vector<int64_t> parts = parts_of(context, shape[axis]);
  for (int i = 0; i < context.output_count(); ++i) {
    shape[axis] = parts[static_cast<size_t>(i)];
    context.set_output(i, context.dtype(0), shape);
  }
}

Window window_split(const WindowContext& context) {
  const Shape& shape = context.shape(0);
  const int axis = axis_of(context, shape.rank(), 0);
  if (context.axis() != axis) return same_place(context.axis());
  const std::vector<int64_t> parts = parts_of(context, shape[axis]);
  return same_place(axis,
                    std::accumulate(parts.begin(), parts.begin() + context.output(), int64_t{0}));
}

void split_layout(LayoutContext& context) {
  context.accept(0, context.layout(0));
  for (int i = 0; i < context.output_count(); ++i) context.produce(i, context.layout(0));
}

struct Part {
  int output;
  Operand value;
  CopyStep copy;
};

Kernel plan_channels(const PlanContext& context, const std::vector<int64_t>& parts) {
  std::vector<ChannelRange> ranges;
  int64_t first = 0;
  for (int i = 0; i < context.output_count(); ++i) {
    const int64_t count = parts[static_cast<size_t>(i)];
    if (context.wants_output(i)) ranges.push_back({first, count, i});
    first += count;
  }
  return plan_channel_ranges(context, std::move(ranges));
}

Kernel plan_split(PlanContext& context) {
  const Layout layout = context.layout(0);
  const int axis = axis_of(context, context.shape(0).rank(), 0);
  const std::vector<int64_t> parts = parts_of(context, context.shape(0)[axis]);
  if (layout == Layout::ChannelsLast && axis == 1) return plan_channels(context, parts);
  const std::vector<int64_t> from_strides = memory_strides(context.shape(0), layout);
  std::vector<Part> wanted;
  int64_t position = 0;
  for (int i = 0; i < context.output_count(); ++i) {
    if (context.wants_output(i)) {
      const Operand value = {context.dtype(0), context.output_shape(i), layout};
      wanted.push_back({i, value,
                        CopyStep(value.dtype, value.shape, layout, from_strides,
                                 memory_strides(value.shape, layout),
                                 position * from_strides[static_cast<size_t>(axis)])});
    }
    position += parts[static_cast<size_t>(i)];
  }
  return [wanted = std::move(wanted)](RunContext& run) {
    for (const Part& part : wanted) {
      std::byte* out = run.out<std::byte>(part.output);
      part.copy.run(run.in<std::byte>(0), out, run.pool());
      clear_padding(part.value, out, run.pool());
    }
  };
}

constexpr OpDef kOps[] = {
    {.op_type = "Split",
     .meaning = {.inputs = {1, 2},
                 .outputs = {1, kUnbounded},
                 .types = {type_of_input(0, kAnyType), type_of_input(1, kIndices)},
                 .infer = infer_split,
                 .content_inputs = {1},
                 .window = window_split},
     .cpu = {.plan = plan_split, .moves = true, .layout = split_layout}},
};

}  // namespace

extern constinit const OpFamily split_ops = kOps;

}  // namespace fovea

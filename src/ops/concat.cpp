// Concat.

#include "ops/core/axes.h"
#include "ops/core/channels.h"

namespace fovea {
namespace {

int concat_axis(const NodeContext& context) {
  const bool has_default = context.opset() < 4;
  return axis_of(context, context.shape(0).rank(),
                 has_default ? std::optional<int64_t>(1) : std::nullopt);
}

void infer_concat(InferContext& context) {
  Shape out = context.shape(0);
  const int axis = concat_axis(context);
  for (int i = 1; i < context.input_count(); ++i) {
    const Shape& shape = context.shape(i);
    Shape expected = out;
    if (shape.rank() == out.rank()) expected[axis] = shape[axis];
    if (shape != expected) {
      fail(ErrorCode::InvalidInput, "Concat along axis ", axis, " of ", context.shape(0), " and ",
           shape);
    }
    out[axis] += shape[axis];
  }
  context.set_output(0, context.dtype(0), std::move(out));
}

void concat_layout(LayoutContext& context) {
  bool channels_last = false;
  for (int i = 0; i < context.input_count(); ++i) {
    channels_last |= context.layout(i) == Layout::ChannelsLast;
  }
  if (!channels_last) return;
  for (int i = 0; i < context.input_count(); ++i) context.accept(i, Layout::ChannelsLast);
  context.produce(0, Layout::ChannelsLast);
}

// What is put to the ends of an axis, and does not reach into its middle half, is a border.
Window concat_window(const WindowContext& context) {
  const int axis = concat_axis(context);
  if (context.axis() != axis) return same_place(context.axis());
  int64_t begin = 0;
  for (int i = 0; i < context.input(); ++i) begin += context.shape(i)[axis];
  const int64_t end = begin + context.shape(context.input())[axis];
  const int64_t size = context.output_shape()[axis];
  const bool is_border = end <= size / 4 || begin >= size - size / 4;
  return is_border ? window_of_nothing(context) : same_place(axis, -begin);
}

Kernel plan_channels(const PlanContext& context) {
  std::vector<int64_t> channels;
  for (int i = 0; i < context.input_count(); ++i) channels.push_back(context.shape(i)[1]);
  const Shape& out = context.output_shape(0);
  return [channels = std::move(channels), pixels = out[0] * out[2] * out[3]](RunContext& run) {
    std::vector<ChannelsOf> parts;
    for (size_t i = 0; i < channels.size(); ++i) {
      parts.push_back({run.in<float>(static_cast<int>(i)), channels[i]});
    }
    join_channels(parts, run.out<float>(0), pixels, run.pool());
  };
}

Kernel plan_concat(PlanContext& context) {
  const int axis = concat_axis(context);
  const Operand out = output_operand(context);
  if (out.layout == Layout::ChannelsLast && axis == 1) return plan_channels(context);
  const std::vector<int64_t> to_strides = memory_strides(out.shape, out.layout);
  std::vector<CopyStep> steps;
  int64_t position = 0;
  for (int i = 0; i < context.input_count(); ++i) {
    const Shape& shape = context.shape(i);
    steps.emplace_back(out.dtype, shape, out.layout, memory_strides(shape, out.layout), to_strides,
                       0, position * to_strides[static_cast<size_t>(axis)]);
    position += shape[axis];
  }
  return [out, steps = std::move(steps)](RunContext& run) {
    for (size_t i = 0; i < steps.size(); ++i) {
      steps[i].run(run.in<std::byte>(static_cast<int>(i)), run.out<std::byte>(0), run.pool());
    }
    clear_padding(out, run.out<std::byte>(0), run.pool());
  };
}

constexpr OpDef kOps[] = {
    {.op_type = "Concat",
     .meaning = {.inputs = {1, kUnbounded},
                 .types = {type_of_all_inputs(kAnyType)},
                 .infer = infer_concat,
                 .window = concat_window},
     .cpu =
         {.plan = plan_concat, .moves = true, .layout = concat_layout, .bands = bands_by_window}},
};

}  // namespace

extern constinit const OpFamily concat_ops = kOps;

}  // namespace fovea

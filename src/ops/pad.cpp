// Pad: constant, reflect, edge, wrap; negative pads crop.

#include "kernels/movement/pad.h"

#include <algorithm>

#include "base/integers.h"
#include "kernels/movement/strided_copy.h"
#include "ops/core/axes.h"
#include "ops/core/channels.h"
#include "ops/core/memory.h"

namespace fovea {
namespace {

enum class PadMode : uint8_t { Constant, Reflect, Edge, Wrap };

struct PadAttributes {
  static PadAttributes parse(const Attributes& attributes, int opset);

  PadMode mode;
  // Of opsets before 11; later they are inputs.
  std::vector<int64_t> pads;
  float value;
};

PadMode mode_in(const Attributes& attributes) {
  const std::string mode = attributes.get_string("mode", "constant");
  if (mode == "constant") return PadMode::Constant;
  if (mode == "reflect") return PadMode::Reflect;
  if (mode == "edge") return PadMode::Edge;
  if (mode == "wrap") return PadMode::Wrap;
  throw Error(ErrorCode::UnsupportedAttribute, text("Pad mode '", mode, "' is not supported"))
      .with("attribute", "mode");
}

// Opset 1 writes `paddings`.
PadAttributes PadAttributes::parse(const Attributes& attributes, int) {
  return {mode_in(attributes), attributes.get_ints("pads", attributes.get_ints("paddings")),
          attributes.get_float("value", 0.0f)};
}

PadMode mode_of(const NodeContext& context) { return context.attributes_as<PadAttributes>().mode; }

struct Amount {
  int64_t before = 0;
  int64_t after = 0;
};

// The amounts of every axis.
std::vector<Amount> amounts_of(const NodeContext& context) {
  const int rank = context.shape(0).rank();
  const std::vector<int64_t> pads = context.int64s(1, context.attributes_as<PadAttributes>().pads);
  std::vector<int64_t> axes = context.int64s(3);
  if (!context.has_input(3)) {
    for (int axis = 0; axis < rank; ++axis) axes.push_back(axis);
  }
  normalize_axes(axes, rank);
  if (pads.size() != 2 * axes.size()) {
    fail(ErrorCode::InvalidInput, "Pad has ", pads.size(), " amounts for ", axes.size(),
         " axes of ", context.shape(0));
  }
  std::vector<Amount> amounts(static_cast<size_t>(rank));
  for (size_t i = 0; i < axes.size(); ++i) {
    amounts[static_cast<size_t>(normalize_axis(axes[i], rank))] = {pads[i], pads[axes.size() + i]};
  }
  return amounts;
}

// Positions [begin, end) of an axis that are left once negative amounts have cropped it.
struct Kept {
  int64_t begin = 0;
  int64_t end = 0;

  bool empty() const { return begin >= end; }
};

Kept kept_of(int64_t size, const Amount& amount) {
  return {std::max<int64_t>(-amount.before, 0), size - std::max<int64_t>(-amount.after, 0)};
}

void infer_pad(InferContext& context) {
  constexpr int64_t kLimit = int64_t{1} << 53;
  const PadMode mode = mode_of(context);
  const Shape& in = context.shape(0);
  const std::vector<Amount> amounts = amounts_of(context);
  if (context.has_input(2) && context.shape(2).elements() != 1) {
    fail(ErrorCode::MalformedModel, "Pad's constant has shape ", context.shape(2),
         ", not one element");
  }
  Shape out = in;
  for (int axis = 0; axis < in.rank(); ++axis) {
    const auto [before, after] = amounts[static_cast<size_t>(axis)];
    const bool absurd = std::min(before, after) < -kLimit || std::max(before, after) > kLimit;
    if (!absurd) out[axis] += before + after;
    const bool from_nothing = !absurd && mode != PadMode::Constant && out[axis] > 0 &&
                              kept_of(in[axis], {before, after}).empty();
    if (absurd || out[axis] < 0 || from_nothing) {
      fail(ErrorCode::InvalidInput, "axis ", axis, " of ", in, " cannot be padded by ", before,
           " and ", after);
    }
  }
  context.set_output(0, context.dtype(0), std::move(out));
}

// What lies beyond the ends is a border, whatever shows there.
Window window_pad(const WindowContext& context) {
  if (context.input() != 0) return {};
  return same_place(context.axis(),
                    -amounts_of(context)[static_cast<size_t>(context.axis())].before);
}

// The input position that position `i` (before or behind what is kept, or in it) shows; -1 for
// the constant.
int64_t source_of(int64_t i, const Kept& kept, PadMode mode) {
  if (i >= kept.begin && i < kept.end) return i;
  const int64_t size = kept.end - kept.begin, at = i - kept.begin;
  switch (mode) {
    case PadMode::Constant:
      return -1;
    case PadMode::Edge:
      return std::clamp(i, kept.begin, kept.end - 1);
    case PadMode::Wrap:
      return kept.begin + (at % size + size) % size;
    case PadMode::Reflect:
      break;
  }
  const int64_t period = std::max<int64_t>(2 * (size - 1), 1);
  const int64_t folded = (at % period + period) % period;
  return kept.begin + std::min(folded, period - folded) % size;
}

// The axes of a value from the outermost to the innermost in memory; one that is not padded at
// the end belongs to the block.
struct PadPlan {
  std::vector<Tensor> sources;  // int64, by axis
  std::vector<kernels::PadAxis> axes;
  int64_t block = 1;  // elements
};

PadPlan make_plan(const NodeContext& context, const Shape& out, Layout layout) {
  const Shape& in = context.shape(0);
  const PadMode mode = mode_of(context);
  const std::vector<Amount> amounts = amounts_of(context);
  std::vector<int> order = memory_order(in.rank(), layout);
  PadPlan plan;
  const auto is_padded = [&](int axis) {
    const auto [before, after] = amounts[static_cast<size_t>(axis)];
    return before != 0 || after != 0;
  };
  while (!order.empty() && !is_padded(order.back())) {
    const bool channels = layout == Layout::ChannelsLast && order.back() == 1;
    plan.block *= channels ? padded_channels(in[1]) : in[order.back()];
    order.pop_back();
  }
  const std::vector<int64_t> strides = memory_strides(in, layout);
  for (const int axis : order) {
    const Amount& amount = amounts[static_cast<size_t>(axis)];
    const Kept kept = kept_of(in[axis], amount);
    int64_t position = -amount.before;
    Tensor source = Tensor::allocate(DType::Int64, {out[axis]});
    for (int64_t& from : source.mutable_as<int64_t>()) from = source_of(position++, kept, mode);
    plan.axes.push_back(
        {source.as<int64_t>().data(), out[axis], strides[static_cast<size_t>(axis)] / plan.block});
    plan.sources.push_back(std::move(source));
  }
  if (plan.axes.empty()) {
    plan.sources.push_back(Tensor::of<int64_t>({1}, {0}));
    plan.axes.push_back({plan.sources[0].as<int64_t>().data()});
  }
  return plan;
}

// Whether an image of floats is given further channels, and nothing else.
bool adds_channels(const NodeContext& context) {
  const std::vector<Amount> amounts = amounts_of(context);
  if (context.shape(0).rank() != 4 || context.dtype(0) != DType::Float) return false;
  for (size_t axis = 0; axis < amounts.size(); ++axis) {
    const auto [before, after] = amounts[axis];
    if (axis == 1 ? std::min(before, after) < 0 : before != 0 || after != 0) return false;
  }
  return mode_of(context) == PadMode::Constant;
}

// Whether channels-last padding lanes stay zero: only channels that exist may get a constant.
void pad_layout(LayoutContext& context) {
  if (context.layout(0) != Layout::ChannelsLast) return;
  if (adds_channels(context)) return follow_input_layout(context);
  const Amount channels = amounts_of(context)[1];
  const bool whole_vectors = context.shape(0)[1] % 4 == 0;
  const bool constant = mode_of(context) == PadMode::Constant;
  const bool zero = !context.has_input(2) && context.attributes_as<PadAttributes>().value == 0.0f;
  const Tensor* given = context.content(2);
  const bool given_zero = given && given->as<float>()[0] == 0.0f;
  if (channels.before != 0 || channels.after != 0) return;
  if (constant && !whole_vectors && !zero && !given_zero) return;
  follow_input_layout(context);
}

// The attribute `value` as an element of the input's type.
Tensor attribute_value(const NodeContext& context) {
  const float value = context.attributes_as<PadAttributes>().value;
  Tensor element = Tensor::allocate(context.dtype(0), {});
  if (value == 0.0f) {
    std::fill_n(element.mutable_data(), element.bytes(), std::byte{0});
    return element;
  }
  dispatch<float, double>(context.dtype(0), [&](auto tag) {
    using T = typename decltype(tag)::type;
    element.mutable_as<T>()[0] = static_cast<T>(value);
  });
  return element;
}

// Channels of a constant around those of a channels-last image.
Kernel plan_channels(PlanContext& context, float fallback) {
  const Shape& in = context.shape(0);
  const auto [before, after] = amounts_of(context)[1];
  const int64_t most = std::max(before, after), channels = in[1];
  const int64_t pixels = in[0] * in[2] * in[3];
  context.reserve_scratch(static_cast<uint64_t>(round_up(most, kLanes)) * sizeof(float));
  return [=, before = before, after = after](RunContext& run) {
    const float* given = run.in<float>(2);
    auto* constant = reinterpret_cast<float*>(run.scratch());
    std::fill_n(constant, round_up(most, kLanes), given ? *given : fallback);
    const ChannelsOf parts[] = {
        {constant, before, 0}, {run.in<float>(0), channels}, {constant, after, 0}};
    join_channels(parts, run.out<float>(0), pixels, run.pool());
  };
}

Kernel plan_pad(PlanContext& context) {
  const size_t bytes = element_bytes(context.dtype(0));
  const Tensor fallback = attribute_value(context);
  const Operand out = output_operand(context);
  if (out.shape.elements() == 0) return [](RunContext&) {};
  checked_size(bytes_of(out.dtype, out.shape, out.layout));
  if (out.layout == Layout::ChannelsLast && adds_channels(context)) {
    return plan_channels(context, context.attributes_as<PadAttributes>().value);
  }
  const auto plan = std::make_shared<const PadPlan>(make_plan(context, out.shape, out.layout));
  context.reserve_scratch(static_cast<uint64_t>(plan->block) * bytes);
  return [plan, bytes, fallback](RunContext& run) {
    const std::byte* given = run.in<std::byte>(2);
    kernels::fill(run.scratch(), given ? given : fallback.data(), bytes, plan->block);
    kernels::pad(plan->axes.data(), static_cast<int>(plan->axes.size()), run.in<std::byte>(0),
                 run.out<std::byte>(0), static_cast<size_t>(plan->block) * bytes, run.scratch(),
                 run.pool());
  };
}

constexpr OpDef kOps[] = {
    {.op_type = "Pad",
     .meaning = {.inputs = {1, 4},
                 .types = {type_of_both_inputs(0, 2, kAnyType), type_of_input(1, kIndices),
                           type_of_input(3, kIndices)},
                 .infer = infer_pad,
                 .content_inputs = {1, 3},
                 .window = window_pad},
     .cpu = {.plan = plan_pad, .moves = true, .layout = pad_layout}},
};

}  // namespace

extern constinit const OpFamily pad_ops = kOps;

}  // namespace fovea

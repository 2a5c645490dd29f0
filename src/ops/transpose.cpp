// Transpose, DepthToSpace, SpaceToDepth: the same elements in another order.

#include "kernels/movement/transpose.h"

#include <algorithm>
#include <numeric>

#include "ops/core/depth_to_space.h"
#include "ops/core/memory.h"
#include "ops/core/transpose.h"

namespace fovea {
namespace {

// ---- Transpose ----

const std::vector<int64_t> kToChannelsFirst = {0, 3, 1, 2}, kToChannelsLast = {0, 2, 3, 1};

std::vector<int64_t> permutation_of(const NodeContext& context) {
  const int rank = context.shape(0).rank();
  std::vector<int64_t> reversed(static_cast<size_t>(rank));
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  std::vector<int64_t> permutation = context.attributes().get_ints("perm", reversed);
  if (!std::ranges::is_permutation(permutation, reversed)) {
    fail(ErrorCode::MalformedModel, "Transpose's perm is not a permutation of ", rank, " axes");
  }
  return permutation;
}

void infer_transpose(InferContext& context) {
  Shape out;
  for (const int64_t axis : permutation_of(context)) {
    out.push_back(context.shape(0)[static_cast<int>(axis)]);
  }
  context.set_output(0, context.dtype(0), std::move(out));
}

Window window_transpose(const WindowContext& context) {
  const auto permutation = permutation_of(context);
  return same_place(
      static_cast<int>(std::ranges::find(permutation, context.axis()) - permutation.begin()));
}

// From TensorFlow's order to images stored channels last, and back: pixels stay together.
Kernel plan_pixels(PlanContext& context) {
  const Operand in = input_operand(context, 0), out = output_operand(context);
  const auto strides = memory_strides(in.shape, in.layout);
  std::vector<int64_t> from;
  for (const int64_t axis : permutation_of(context)) {
    from.push_back(strides[static_cast<size_t>(axis)]);
  }
  const CopyStep step(in.dtype, out.shape, out.layout, from, memory_strides(out.shape, out.layout));
  return [step, out](RunContext& run) {
    step.run(run.in<std::byte>(0), run.out<std::byte>(0), run.pool());
    clear_padding(out, run.out<std::byte>(0), run.pool());
  };
}

void layout_transpose(LayoutContext& context) {
  const bool from_channels_last =
      context.layout(0) == Layout::ChannelsLast && permutation_of(context) == kToChannelsLast;
  if (from_channels_last) context.accept(0, Layout::ChannelsLast);
}

Kernel plan_transpose(PlanContext& context) {
  if (context.layout(0) != Layout::Plain || context.output_layout(0) != Layout::Plain) {
    return plan_pixels(context);
  }
  const kernels::Transpose transpose(context.shape(0), permutation_of(context),
                                     element_bytes(context.dtype(0)));
  return [transpose](RunContext& run) {
    transpose.run(run.in<std::byte>(0), run.out<std::byte>(0), run.pool());
  };
}

// ---- DepthToSpace and SpaceToDepth ----

// Both move elements between a deep image [N, C b b, H, W] and a wide one [N, C, H b, W b].
constexpr int64_t kBlockLimit = int64_t{1} << 31;  // below which its square fits

using Shuffle = DepthToSpaceAttributes;

const Shuffle& shuffle_of(const NodeContext& context) {
  if (context.shape(0).rank() != 4) {
    fail(ErrorCode::MalformedModel, context.node().op_type, " needs [N, C, H, W], not ",
         context.shape(0));
  }
  return context.attributes_as<Shuffle>();
}

[[noreturn]] void throw_indivisible(const NodeContext& context, int64_t block) {
  fail(ErrorCode::InvalidInput, context.node().op_type, " cannot divide ", context.shape(0),
       " by blocks of ", block);
}

void infer_depth_to_space(InferContext& context) {
  const int64_t block = shuffle_of(context).block;
  const Shape& in = context.shape(0);
  if (block >= kBlockLimit || in[1] % (block * block) != 0) throw_indivisible(context, block);
  context.set_output(0, context.dtype(0),
                     {in[0], in[1] / (block * block), Shape({in[2], block}).elements(),
                      Shape({in[3], block}).elements()});
}

void infer_space_to_depth(InferContext& context) {
  const int64_t block = shuffle_of(context).block;
  const Shape& in = context.shape(0);
  if (block >= kBlockLimit || in[2] % block != 0 || in[3] % block != 0) {
    throw_indivisible(context, block);
  }
  context.set_output(
      0, context.dtype(0),
      {in[0], Shape({in[1], block, block}).elements(), in[2] / block, in[3] / block});
}

// Of a wide image made of a deep one; the other way round, `deep_out`.
Window window_shuffle(const WindowContext& context, bool deep_out) {
  const int64_t block = shuffle_of(context).block;
  const int axis = context.axis();
  if (axis < 2) return axis == 0 ? same_place(axis) : Window{};
  Window window = same_place(axis);
  (deep_out ? window.num : window.den) = block;
  if (deep_out) window.span.last = block - 1;
  return window;
}

// The loops over both images, the wide one's memory in order as far as rows of W go: a plain row
// is written whole, one column of the blocks after another.
std::vector<std::pair<int64_t, kernels::LoopNest<2>::Offsets>> shuffle_axes(const Shuffle& shuffle,
                                                                            const Operand& deep,
                                                                            const Operand& wide) {
  using Axis = std::pair<int64_t, kernels::LoopNest<2>::Offsets>;
  const auto d = memory_strides(deep.shape, deep.layout);
  const auto w = memory_strides(wide.shape, wide.layout);
  const int64_t b = shuffle.block, channels = wide.shape[1];
  const int64_t channel_step = shuffle.block_first ? 1 : b * b;
  const int64_t block_step = shuffle.block_first ? channels : 1;
  const Axis n = {wide.shape[0], {d[0], w[0]}};
  const Axis c = {channels, {d[1] * channel_step, w[1]}};
  const Axis y = {deep.shape[2], {d[2], w[2] * b}}, in_y = {b, {d[1] * block_step * b, w[2]}};
  const Axis x = {deep.shape[3], {d[3], w[3] * b}}, in_x = {b, {d[1] * block_step, w[3]}};
  if (wide.layout == Layout::ChannelsLast) return {n, y, in_y, x, in_x, c};
  return {n, c, y, in_y, in_x, x};
}

// `out_is_wide` tells DepthToSpace from SpaceToDepth.
Kernel plan_shuffle(PlanContext& context, bool out_is_wide) {
  const Operand in = {context.dtype(0), context.shape(0), context.layout(0)};
  const Operand out = {in.dtype, context.output_shape(0), context.output_layout(0)};
  kernels::LoopNest<2> nest;
  for (const auto& [size, strides] :
       shuffle_axes(shuffle_of(context), out_is_wide ? in : out, out_is_wide ? out : in)) {
    const auto [deep, wide] = strides;
    nest.add_axis(size, out_is_wide ? strides : kernels::LoopNest<2>::Offsets{wide, deep});
  }
  return [step = CopyStep(in.dtype, nest), out](RunContext& run) {
    step.run(run.in<std::byte>(0), run.out<std::byte>(0), run.pool());
    clear_padding(out, run.out<std::byte>(0), run.pool());
  };
}

// Fewer channels than a vector has lanes are better off in planes: mostly they are the picture.
void layout_depth_to_space(LayoutContext& context) {
  context.accept(0, context.layout(0));
  context.produce(0, context.output_shape(0)[1] < 4 ? Layout::Plain : context.layout(0));
}

constexpr OpDef kOps[] = {
    {.op_type = "Transpose",
     .meaning = {.types = {type_of_input(0, kAnyType)},
                 .infer = infer_transpose,
                 .window = window_transpose},
     .cpu = {.plan = plan_transpose, .moves = true, .layout = layout_transpose}},
    {.op_type = "DepthToSpace",
     .meaning = {.types = {type_of_input(0, kAnyType)},
                 .infer = infer_depth_to_space,
                 .window =
                     [](const WindowContext& context) { return window_shuffle(context, false); }},
     .cpu = {.plan = [](PlanContext& context) { return plan_shuffle(context, true); },
             .moves = true,
             .layout = layout_depth_to_space,
             .bands = bands_by_window}},
    {.op_type = "SpaceToDepth",
     .meaning = {.types = {type_of_input(0, kAnyType)},
                 .infer = infer_space_to_depth,
                 .window =
                     [](const WindowContext& context) { return window_shuffle(context, true); }},
     .cpu = {.plan = [](PlanContext& context) { return plan_shuffle(context, false); },
             .moves = true,
             .layout = follow_input_layout,
             .bands = bands_by_window}},
};

}  // namespace

extern constinit const OpFamily transpose_ops = kOps;

bool is_transpose(const Node& node) { return node.op_type == "Transpose" && node.domain.empty(); }

bool leaves_form_open(const Node& node, const ValueType& input) {
  return input.dtype == DType::Float && input.shape->rank() == 4 &&
         node.attributes.get_ints("perm") == kToChannelsFirst;
}

bool keeps_memory_order(const Node& node, const ValueType& input, Form from,
                        const ValueType& output, Form to) {
  if (bytes_of(input.dtype, *input.shape, from) != bytes_of(output.dtype, *output.shape, to)) {
    return false;
  }
  const ValueType* const inputs[] = {&input};
  const auto permutation = permutation_of(NodeContext(node, inputs));
  const auto in = memory_strides(*input.shape, from.layout);
  const auto out = memory_strides(*output.shape, to.layout);
  for (int axis = 0; axis < output.shape->rank(); ++axis) {
    const auto at = static_cast<size_t>(axis);
    if ((*output.shape)[axis] > 1 && out[at] != in[static_cast<size_t>(permutation[at])]) {
      return false;
    }
  }
  return true;
}

}  // namespace fovea

// FusedConv, which the passes make of a Conv and what follows it: Add, an activation, DepthToSpace.
// See passes/convolution_epilogue.cpp.

#include <algorithm>

#include "ops/core/dense_conv.h"

namespace fovea {
namespace {

using kernels::BlockChannel;
using kernels::ConvAlgorithm;
using kernels::ConvShuffleShape;

int64_t block_of(const NodeContext& context) {
  return context.attributes().get_int("blocksize", 1);
}

// True unless the sum has to broadcast.
bool adds_alike(const NodeContext& context, const Conv& conv) {
  return !context.has_input(kConvAddend) || context.shape(kConvAddend) == conv.result;
}

void infer_fused_conv(InferContext& context) {
  Shape shape = Conv(context).result;
  if (context.has_input(kConvAddend)) shape = broadcast(shape, context.shape(kConvAddend));
  const int64_t block = block_of(context);
  if (block > 1) {
    shape = {shape[0], shape[1] / (block * block), shape[2] * block, shape[3] * block};
  }
  context.set_output(0, context.dtype(kConvData), std::move(shape));
}

// An addend that has to be spread is added as it lies. Where it is the result that has to be
// spread, all is plain.
void layout_fused_conv(LayoutContext& context) {
  if (block_of(context) > 1) return layout_shuffle(context);
  const Conv conv(context);
  if (adds_alike(context, conv)) return layout_convolution(context);
  if (context.output_shape(0) != conv.result) return;
  layout_convolution(context);
  context.accept(kConvAddend, context.layout(kConvAddend));
}

// ---- An addend of another shape ----

void run_part(const Kernel& kernel, std::initializer_list<const std::byte*> inputs,
              std::byte* output, std::byte* scratch, RunContext& run) {
  RunContext part({inputs.begin(), inputs.size()}, {&output, 1}, {}, scratch, run.pool());
  kernel(part);
}

Node node_of(std::string_view op_type, int opset) {
  Node node;
  node.op_type = op_type;
  node.opset = opset;
  node.outputs = {0};
  return node;
}

Node activation_node(const NodeContext& context) {
  const std::string name = context.attributes().get_string("activation", "");
  constexpr int kClipsByAttributes = 6;
  Node node = node_of(name, name == "Clip" ? kClipsByAttributes : kLatestOpset);
  const auto parameters = context.attributes().get_floats("activation_params");
  const char* names[] = {name == "Clip" ? "min" : "alpha", name == "Clip" ? "max" : "beta"};
  for (size_t i = 0; i < parameters.size(); ++i) node.attributes.set(names[i], parameters[i]);
  return node;
}

// The nodes it was made of, one after the other: Conv to scratch, Add, and the activation in place.
Kernel plan_parts(PlanContext& context, const Conv& conv) {
  const Layout layout = context.output_layout(0);
  const ValueType result = {DType::Float, conv.result, layout, {}};
  const ValueType sum = {DType::Float, context.output_shape(0), layout, {}};
  const uint64_t result_bytes =
      kernels::round_up(static_cast<int64_t>(bytes_of(result.dtype, *result.shape, layout)), 64);
  uint64_t scratch = 0;
  const auto plan = [&](const Node& node, std::vector<const ValueType*> inputs,
                        const ValueType& output) {
    PlanContext part = context.part(node, inputs, output);
    Kernel kernel = op_table().find(node)->plan(part);
    scratch = std::max(scratch, part.scratch());
    return kernel;
  };

  Node convolution = node_of("Conv", kLatestOpset);
  convolution.name = context.node().name;  // of the packed weights
  convolution.attributes = context.attributes();
  convolution.attributes.set("activation", std::string());
  Kernel convolve = plan(
      convolution,
      {context.input(kConvData), context.input(kConvWeights), context.input(kConvBias)}, result);
  Kernel add = plan(node_of("Add", kLatestOpset), {&result, context.input(kConvAddend)}, sum);
  const Node activation = activation_node(context);
  Kernel activate;
  if (!activation.op_type.empty()) {
    activate = plan(activation, {&sum, context.input(kConvSlopes)}, sum);
  }
  context.describe("convolution, then a broadcast sum");
  context.reserve_scratch(result_bytes + scratch);
  return [=](RunContext& run) {
    std::byte* own = run.scratch();
    std::byte* rest = own + result_bytes;
    std::byte* out = run.out<std::byte>(0);
    const auto in = [&](int index) { return run.in<std::byte>(index); };
    run_part(convolve, {in(kConvData), in(kConvWeights), in(kConvBias)}, own, rest, run);
    run_part(add, {own, in(kConvAddend)}, out, rest, run);
    if (activate) run_part(activate, {out, in(kConvSlopes)}, out, rest, run);
  };
}

// ---- Blocks of pixels ----

// The convolution's own channels in the order its kernel computes them for DepthToSpace.
class DepthToSpaceOrder {
 public:
  DepthToSpaceOrder(const NodeContext& context, const ConvShuffleShape& shape)
      : shape_(shape), block_first_(context.attributes().get_string("mode", "DCR") == "DCR") {}

  int64_t channel_of(int64_t output) const {
    const BlockChannel at = kernels::block_channel(shape_, output);
    const int64_t in_block = at.y * shape_.block_w + at.x;
    return block_first_ ? in_block * shape_.channels + at.channel
                        : at.channel * shape_.block_h * shape_.block_w + in_block;
  }

 private:
  ConvShuffleShape shape_;
  bool block_first_;
};

class ReorderedWeights final : public kernels::ConvWeights {
 public:
  // Both must outlive this.
  ReorderedWeights(const DepthToSpaceOrder& order, const kernels::ConvWeights& weights)
      : order_(order), weights_(weights) {}

  float at(int64_t group, int64_t output, int64_t input, int64_t ky,
           int64_t kx) const noexcept override {
    return weights_.at(group, order_.channel_of(output), input, ky, kx);
  }
  float bias(int64_t output) const noexcept override {
    return weights_.bias(order_.channel_of(output));
  }

 private:
  const DepthToSpaceOrder& order_;
  const kernels::ConvWeights& weights_;
};

ConvShuffleShape shuffle_shape(const PlanContext& context, const kernels::ConvShape& conv) {
  const Shape& output = context.output_shape(0);
  ConvShuffleShape shape;
  shape.conv = conv;
  shape.channels = output[1];
  shape.block_h = shape.block_w = block_of(context);
  shape.out_h = output[2];
  shape.out_w = output[3];
  shape.plain_output = context.output_layout(0) == Layout::Plain;
  return shape;
}

ConvImplementation implement_blocks(const PlanContext& context, const kernels::ConvShape& conv,
                                    ConvAlgorithm algorithm) {
  const ConvShuffleShape shape = shuffle_shape(context, conv);
  const DepthToSpaceOrder order(context, shape);
  ConvImplementation implementation = implement_shuffle(shape, algorithm);
  implementation.key = text("shuffle", static_cast<int>(algorithm), shape.plain_output);
  implementation.pack = [=](const float* weights, const float* bias, float* packed) {
    const auto dense = kernels::dense_weights(conv, weights, bias);
    kernels::pack_weights(conv, algorithm, ReorderedWeights(order, dense), packed);
  };
  // An activation before the shuffle has slopes for the convolution's channels.
  const bool deep_slopes =
      context.has_input(kConvSlopes) && context.shape(kConvSlopes).elements() == conv.out_channels;
  for (int64_t o = 0; deep_slopes && o < conv.out_channels; ++o) {
    implementation.channels[static_cast<size_t>(o)] = order.channel_of(o);
  }
  return implementation;
}

Kernel plan_fused_conv(PlanContext& context) {
  const Conv conv(context);
  if (!adds_alike(context, conv)) return plan_parts(context, conv);
  const kernels::ConvShape shape = conv_shape(context, conv.outputs, conv.axes);
  const ConvAlgorithm algorithm = kernels::choose_algorithm(shape);
  context.describe(kernels::name_of(algorithm));
  ConvImplementation implementation = block_of(context) > 1
                                          ? implement_blocks(context, shape, algorithm)
                                          : implement_conv(shape, algorithm);
  implementation.macs = macs_conv(context, conv.result);
  return plan_convolution(context, std::move(implementation));
}

}  // namespace

void register_fused_conv(OpTable& table) {
  table.add({.op_type = "FusedConv",
             .domain = kInternalDomain,
             .until = kUnbounded,
             .inputs = {2, 5},
             .infer = infer_fused_conv,
             .plan = plan_fused_conv,
             .reuse = Reuse::InPlace,
             .overwrites = kConvAddend,
             .layout = layout_fused_conv,
             .macs = macs_conv});
}

}  // namespace fovea

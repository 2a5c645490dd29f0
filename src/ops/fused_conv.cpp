// FusedConv, which the passes make of a Conv and what follows it: Add, an activation, DepthToSpace;
// and of the Concat before it. See passes/convolution_epilogue.cpp and passes/concatenation.cpp.

#include <algorithm>
#include <optional>

#include "ops/core/activation.h"
#include "ops/core/compile.h"
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

std::vector<Form> forms_of(const std::vector<const ValueType*>& inputs) {
  std::vector<Form> forms;
  for (const ValueType* input : inputs) forms.push_back(input ? input->form : Form());
  return forms;
}

// One of the nodes it was made of.
class Part {
 public:
  Part(const PlanContext& whole, Node node, const std::vector<const ValueType*>& inputs,
       const ValueType& output) {
    node.def = kOpTable.find(node.domain, node.op_type, node.opset);
    const Forms forms = {forms_of(inputs), {output.form}};
    CompiledNode compiled = compile_node(node, inputs, {&output, 1}, whole.machine(), &forms);
    kernel_ = std::move(compiled.kernel);
    scratch_ = compiled.scratch_bytes;
  }

  uint64_t scratch() const { return scratch_; }
  void run(const std::vector<const std::byte*>& inputs, std::byte* output, std::byte* scratch,
           ThreadPool& pool) const {
    RunContext context(inputs, {&output, 1}, {}, scratch, pool);
    kernel_(context);
  }

 private:
  Kernel kernel_;
  uint64_t scratch_;
};

Node node_of(std::string_view op_type, int opset = kLatestOpset,
             std::string_view domain = kOnnxDomain) {
  Node node;
  node.become(op_type, domain, opset);
  node.outputs = {0};
  return node;
}

// Shares its packed weights with the fused node, whose name it has.
Node convolution_node(const NodeContext& context) {
  Node node = node_of("FusedConv", kLatestOpset, kInternalDomain);
  node.name = context.node().name;
  node.attributes = context.attributes();
  node.attributes.set("activation", std::string());
  return node;
}

// The nodes it was made of, one after the other: Conv to scratch, Add, and the activation in place.
Kernel plan_parts(PlanContext& context, const Conv& conv) {
  const Layout layout = context.output_layout(0);
  const ValueType result = {DType::Float, conv.result, layout, std::nullopt};
  const ValueType sum = {DType::Float, context.output_shape(0), layout, std::nullopt};
  const auto is_convolved = [](int index) { return index != kConvAddend && index != kConvSlopes; };
  const int count = context.input_count();
  std::vector<const ValueType*> convolved_inputs;
  for (int i = 0; i < count; ++i) {
    convolved_inputs.push_back(is_convolved(i) ? context.input(i) : nullptr);
  }
  const Part convolve(context, convolution_node(context), convolved_inputs, result);
  const Part add(context, node_of("Add"), {&result, context.input(kConvAddend)}, sum);
  std::optional<Part> activate;
  const kernels::ActivationSpec activation = fused_activation(context.attributes());
  if (activation.kind != kernels::Activation::None) {
    activate.emplace(context, activation_node(activation),
                     std::vector{&sum, context.input(kConvSlopes)}, sum);
  }

  const auto rest = static_cast<uint64_t>(
      kernels::round_up(static_cast<int64_t>(bytes_of(DType::Float, conv.result, layout)), 64));
  context.describe("convolution, then a broadcast sum");
  context.reserve_scratch(
      rest + std::max({convolve.scratch(), add.scratch(), activate ? activate->scratch() : 0}));
  return [=](RunContext& run) {
    const auto in = [&](int index) { return run.in<std::byte>(index); };
    std::byte* convolved = run.scratch();
    std::byte* scratch = convolved + rest;
    std::byte* out = run.out<std::byte>(0);
    std::vector<const std::byte*> inputs;
    for (int i = 0; i < count; ++i) inputs.push_back(is_convolved(i) ? in(i) : nullptr);
    convolve.run(inputs, convolved, scratch, run.pool());
    add.run({convolved, in(kConvAddend)}, out, scratch, run.pool());
    if (activate) activate->run({out, in(kConvSlopes)}, out, scratch, run.pool());
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
                                    const ConvAlgorithm& algorithm) {
  const ConvShuffleShape shape = shuffle_shape(context, conv);
  const DepthToSpaceOrder order(context, shape);
  ConvImplementation implementation = implement_shuffle(shape, algorithm);
  implementation.key = text("shuffle, ", algorithm.name, shape.plain_output ? ", plain" : "");
  implementation.pack = [=, &algorithm](const float* weights, const float* bias, float* packed) {
    const auto dense = kernels::dense_weights(conv, weights, bias);
    algorithm.pack_weights(conv, ReorderedWeights(order, dense), packed);
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
  const ConvAlgorithm& algorithm = kernels::choose_algorithm(shape, context.precision());
  context.describe(algorithm.name);
  ConvImplementation implementation = block_of(context) > 1
                                          ? implement_blocks(context, shape, algorithm)
                                          : implement_conv(shape, algorithm);
  implementation.macs = macs_conv(context, conv.result);
  return plan_convolution(context, std::move(implementation));
}

std::optional<BandRule> bands_fused_conv(const NodeContext& context, const Shape& output) {
  if (output.rank() != 4 || context.dtype(kConvData) != DType::Float) return std::nullopt;
  const Conv conv(context);
  if (!adds_alike(context, conv)) return std::nullopt;
  BandRule rule = convolution_bands(context, conv);
  for (const int index : data_inputs(context)) {
    rule.inputs[static_cast<size_t>(index)].den = block_of(context);
  }
  if (context.has_input(kConvAddend)) rule.inputs[kConvAddend].whole = false;
  return rule;
}

constexpr OpDef kOps[] = {
    {.op_type = "FusedConv",
     .domain = kInternalDomain,
     .until = kUnbounded,
     .meaning = {.inputs = {2, kUnbounded}, .infer = infer_fused_conv, .macs = macs_conv},
     .cpu = {.plan = plan_fused_conv,
             .reuse = Reuse::InPlace,
             .overwrites = kConvAddend,
             .layout = layout_fused_conv,
             .bands = bands_fused_conv}},
};

}  // namespace

extern constinit const OpFamily fused_conv_ops = kOps;

}  // namespace fovea

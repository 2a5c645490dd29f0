// FusedConv, which the passes make of a Conv of images and what follows it: Add, an activation,
// DepthToSpace; and of the Concat before it. See passes/convolution_epilogue.cpp and
// passes/concatenation.cpp.

#include "ops/core/dense_conv.h"
#include "ops/core/fused_convolution.h"

namespace fovea {
namespace {

using kernels::BlockChannel;
using kernels::ConvAlgorithm;
using kernels::ConvShuffleShape;

// The convolution's own channels in the order its kernel computes them for DepthToSpace.
class DepthToSpaceOrder {
 public:
  DepthToSpaceOrder(const ConvShuffleShape& shape, bool block_first)
      : shape_(shape), block_first_(block_first) {}

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

ConvShuffleShape shuffle_shape(const PlanContext& context, const kernels::ConvShape& conv,
                               int64_t block) {
  const Shape& output = context.output_shape(0);
  ConvShuffleShape shape;
  shape.conv = conv;
  shape.channels = output[1];
  shape.block_h = shape.block_w = block;
  shape.out_h = output[2];
  shape.out_w = output[3];
  shape.plain_output = context.output_layout(0) == Layout::Plain;
  return shape;
}

ConvImplementation implement_blocks(const PlanContext& context, const kernels::ConvShape& conv,
                                    const ConvAlgorithm& algorithm, const FusedEpilogue& epilogue) {
  const ConvShuffleShape shape = shuffle_shape(context, conv, epilogue.shuffle->block);
  const DepthToSpaceOrder order(shape, epilogue.shuffle->block_first);
  ConvImplementation implementation = implement_shuffle(shape, algorithm);
  implementation.key = text("shuffle, ", algorithm.name, shape.plain_output ? ", plain" : "");
  implementation.pack = [=, &algorithm](const float* weights, const float* bias, float* packed) {
    const auto dense = kernels::dense_weights(conv, weights, bias);
    algorithm.pack_weights(conv, ReorderedWeights(order, dense), packed);
  };
  // Slopes of an activation before the shuffle are of the convolution's channels.
  for (int64_t o = 0; epilogue.activates_before_shuffle && o < conv.out_channels; ++o) {
    implementation.channels[static_cast<size_t>(o)] = order.channel_of(o);
  }
  return implementation;
}

// Blocks of pixels are written by kernels that add nothing.
bool fits_kernel(const FusedConvolution& fused) {
  const FusedEpilogue* epilogue = fused.epilogue();
  return epilogue && !(epilogue->shuffle && epilogue->addend != kNoInput);
}

Kernel plan_fused_conv(PlanContext& context) {
  const FusedConvolution fused(context);
  if (!fits_kernel(fused)) return {};
  const NodeContext convolution = fused.convolution();
  const Conv conv(convolution);
  const kernels::ConvShape shape = conv_shape(convolution, conv);
  const ConvAlgorithm& algorithm = kernels::choose_algorithm(shape, context.precision());
  context.describe(algorithm.name);
  ConvImplementation implementation =
      fused.epilogue()->shuffle ? implement_blocks(context, shape, algorithm, *fused.epilogue())
                                : implement_conv(shape, algorithm);
  implementation.macs = macs_conv(convolution, conv.result);
  return plan_convolution(context, std::move(implementation), fused.operands());
}

void layout_fused_conv(LayoutContext& context) {
  const FusedConvolution fused(context);
  if (!fits_kernel(fused)) return;
  const auto layout = fused.epilogue()->shuffle ? layout_shuffle : layout_convolution;
  layout(context, fused.operands());
}

std::optional<BandRule> bands_fused_conv(const NodeContext& context, const Shape&) {
  const FusedConvolution fused(context);
  if (!fits_kernel(fused)) return std::nullopt;
  const NodeContext convolution = fused.convolution();
  return fused.band_rule(band_of(convolution, Conv(convolution)));
}

constexpr OpDef kOps[] = {
    {.op_type = "FusedConv",
     .domain = kInternalDomain,
     .until = kUnbounded,
     .meaning = {.inputs = {2, kUnbounded}, .infer = infer_body, .macs = body_macs},
     .cpu = {.plan = plan_fused_conv, .layout = layout_fused_conv, .bands = bands_fused_conv}},
};

}  // namespace

extern constinit const OpFamily fused_conv_ops = kOps;

}  // namespace fovea

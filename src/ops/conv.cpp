// Conv, and FusedConv, which the passes make of it: with an addend and an activation.

#include "kernels/conv_3d.h"
#include "ops/core/conv_step.h"

namespace fovea {
namespace {

// What the shapes say: weights are [outputs][inputs / groups][kernel...].
struct Conv {
  explicit Conv(const NodeContext& context) {
    const Shape& weights = context.shape(kConvWeights);
    const int64_t groups = context.attributes().get_int("group", 1);
    if (weights.rank() < 3 || groups < 1 || weights[0] % groups != 0) {
      throw Error(ErrorCode::InvalidInput, text("Conv cannot have weights of shape ",
                                                weights.to_string(), " in ", groups, " groups"));
    }
    outputs = weights[0];
    require_channels(context, weights[1] * groups, outputs);
    axes = convolution_axes(context, std::span(weights.dims()).subspan(2));
  }

  int64_t outputs;
  std::vector<SpatialAxis> axes;
};

int64_t macs_conv(const NodeContext& context, const Shape& output) {
  const Shape& weights = context.shape(kConvWeights);
  return output.elements() * weights.elements(1, weights.rank());
}

void infer_conv(InferContext& context) {
  const Conv conv(context);
  Shape shape = output_shape(context.shape(kConvData)[0], conv.outputs, conv.axes);
  if (context.has_input(kConvAddend) && context.shape(kConvAddend) != shape) {
    throw Error(ErrorCode::InvalidInput,
                text("a convolution to ", shape.to_string(), " cannot add ",
                     context.shape(kConvAddend).to_string()));
  }
  context.set_output(0, context.dtype(kConvData), std::move(shape));
}

Kernel plan_conv_2d(PlanContext& context, const Conv& conv) {
  const kernels::ConvShape shape = conv_shape(context, conv.outputs, conv.axes);
  const kernels::ConvAlgorithm algorithm = kernels::choose_algorithm(shape);
  context.describe(kernels::name_of(algorithm));
  ConvImplementation implementation;
  implementation.shape = shape;
  implementation.rows = shape.batch * shape.out_h;
  implementation.key = text("conv", static_cast<int>(algorithm));
  implementation.packed_floats = kernels::packed_size(shape, algorithm);
  implementation.scratch_floats = kernels::scratch_size(shape, algorithm);
  implementation.rows_at_once = kernels::rows_at_once(algorithm);
  implementation.macs = macs_conv(context, context.output_shape(0));
  implementation.pack = [=](const float* weights, const float* bias, float* packed) {
    kernels::pack_weights(shape, algorithm, kernels::dense_weights(shape, weights, bias), packed);
  };
  implementation.run = [=](const float* input, const float* packed,
                           const kernels::ConvOutput& output, const kernels::Epilogue& epilogue,
                           float* scratch, int64_t begin, int64_t end) {
    kernels::run_rows(shape, algorithm, input, packed, output, epilogue, scratch, begin, end);
  };
  return plan_convolution(context, std::move(implementation));
}

Kernel plan_conv(PlanContext& context) {
  const Conv conv(context);
  if (context.dtype(kConvData) == DType::Float && conv.axes.size() <= 2) {
    return plan_conv_2d(context, conv);
  }
  const kernels::Conv3dShape shape = conv_3d_shape(context, conv.outputs, conv.axes);
  return plan_conv_3d(context, shape, macs_conv(context, context.output_shape(0)), [](auto tag) {
    using T = typename decltype(tag)::type;
    return kernels::conv_3d<T>;
  });
}

std::optional<BandRule> bands_conv(const NodeContext& context, const Shape& output) {
  if (output.rank() != 4 || context.dtype(kConvData) != DType::Float) return std::nullopt;
  const Conv conv(context);
  const SpatialAxis &y = conv.axes[0], &x = conv.axes[1];
  BandRule rule{{}, context.node()};
  rule.inputs.resize(static_cast<size_t>(context.input_count()));
  rule.inputs[kConvData] = {.whole = false,
                            .num = y.stride,
                            .before = y.pad_begin,
                            .after = y.reach() - y.stride - y.pad_begin};
  if (context.has_input(kConvAddend)) rule.inputs[kConvAddend].whole = false;
  rule.node.attributes.set("auto_pad", std::string("NOTSET"));
  rule.node.attributes.set("pads", std::vector<int64_t>{0, x.pad_begin, 0, x.pad_end});
  return rule;
}

}  // namespace

void register_conv(OpTable& table) {
  OpDef conv = {.op_type = "Conv",
                .inputs = {2, 3},
                .infer = infer_conv,
                .plan = plan_conv,
                .layout = layout_convolution,
                .bands = bands_conv,
                .macs = macs_conv};
  table.add(conv);
  conv.op_type = "FusedConv";
  conv.domain = kInternalDomain;
  conv.until = kUnbounded;
  conv.inputs = {2, 5};
  table.add(std::move(conv));
}

}  // namespace fovea

#include "ops/core/dense_conv.h"

namespace fovea {

Conv::Conv(const NodeContext& context) {
  const Shape& weights = context.shape(kConvWeights);
  const int64_t groups = context.attributes().get_int("group", 1);
  if (weights.rank() < 3 || groups < 1 || weights[0] % groups != 0) {
    fail(ErrorCode::InvalidInput, "Conv cannot have weights of shape ", weights, " in ", groups,
         " groups");
  }
  outputs = weights[0];
  require_channels(context, weights[1] * groups, outputs);
  axes = convolution_axes(context, std::span(weights.dims()).subspan(2));
  result = output_shape(context.shape(kConvData)[0], outputs, axes);
}

int64_t macs_conv(const NodeContext& context, const Shape&) {
  const Shape& weights = context.shape(kConvWeights);
  return Conv(context).result.elements() * weights.elements(1, weights.rank());
}

BandRule convolution_bands(const NodeContext& context, const Conv& conv) {
  const SpatialAxis &y = conv.axes[0], &x = conv.axes[1];
  BandRule rule{{}, context.node()};
  rule.inputs.resize(static_cast<size_t>(context.input_count()));
  const BandInput data = {.whole = false,
                          .num = y.stride,
                          .before = y.pad_begin,
                          .after = y.reach() - y.stride - y.pad_begin};
  for (const int index : data_inputs(context)) rule.inputs[static_cast<size_t>(index)] = data;
  rule.node.attributes.set("auto_pad", std::string("NOTSET"));
  rule.node.attributes.set("pads", std::vector<int64_t>{0, x.pad_begin, 0, x.pad_end});
  return rule;
}

ConvImplementation implement_conv(const kernels::ConvShape& shape,
                                  kernels::ConvAlgorithm algorithm) {
  ConvImplementation implementation;
  implementation.shape = shape;
  implementation.rows = shape.batch * shape.out_h;
  implementation.key = text("conv", static_cast<int>(algorithm));
  implementation.packed_floats = kernels::packed_size(shape, algorithm);
  implementation.scratch_floats = kernels::scratch_size(shape, algorithm);
  implementation.rows_at_once = kernels::rows_at_once(algorithm);
  implementation.pack = [=](const float* weights, const float* bias, float* packed) {
    kernels::pack_weights(shape, algorithm, kernels::dense_weights(shape, weights, bias), packed);
  };
  implementation.takes_parts = kernels::takes_parts(algorithm);
  implementation.run = [=](std::span<const kernels::ConvPart> parts, const float* packed,
                           const kernels::ConvOutput& output, const kernels::Epilogue& epilogue,
                           float* scratch, int64_t begin, int64_t end) {
    kernels::run_rows(shape, algorithm, parts, packed, output, epilogue, scratch, begin, end);
  };
  return implementation;
}

}  // namespace fovea

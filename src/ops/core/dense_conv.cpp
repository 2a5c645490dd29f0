#include "ops/core/dense_conv.h"

#include "base/integers.h"

namespace fovea {

Conv::Conv(const NodeContext& context) {
  const Shape& weights = context.shape(kConvWeights);
  groups = context.attributes_as<ConvAttributes>().groups;
  require_groups(context, groups);
  outputs = weights[0];
  require_channels(context, saturating_product(weights[1], groups), outputs);
  axes = convolution_axes(context, std::span(weights.dims()).subspan(2));
  result = output_shape(context.shape(kConvData)[0], outputs, axes);
}

int64_t macs_conv(const NodeContext& context, const Shape& result) {
  const Shape& weights = context.shape(kConvWeights);
  return saturating_product(result.elements(), weights.elements(1, weights.rank()));
}

Window window_conv(const WindowContext& context) {
  return window_of_convolution(context, sliding_window, Conv(context).axes);
}

ConvBand band_of(const NodeContext& context, const Conv& conv) {
  const SpatialAxis& x = conv.axes[1];
  ConvBand band = {.data = band_input(sliding_window(kFirstSpatial, conv.axes[0])),
                   .attributes = context.attributes()};
  band.attributes.set("auto_pad", std::string("NOTSET"));
  band.attributes.set("pads", std::vector<int64_t>{0, x.pad_begin, 0, x.pad_end});
  return band;
}

ConvImplementation implement_conv(const kernels::ConvShape& shape,
                                  const kernels::ConvAlgorithm& algorithm) {
  ConvImplementation implementation;
  implementation.shape = shape;
  implementation.rows = shape.batch * shape.out_h;
  implementation.key = text("conv, ", algorithm.name);
  implementation.packed_floats = algorithm.packed_size(shape);
  implementation.scratch_floats = algorithm.scratch_size(shape);
  implementation.rows_at_once = algorithm.rows_at_once();
  implementation.pack = [=, &algorithm](const float* weights, const float* bias, float* packed) {
    algorithm.pack_weights(shape, kernels::dense_weights(shape, weights, bias), packed);
  };
  implementation.parts = algorithm.parts(shape);
  implementation.run = [=, &algorithm](std::span<const kernels::ConvPart> parts,
                                       const float* packed, const kernels::ConvOutput& output,
                                       const kernels::Epilogue& epilogue, float* scratch,
                                       int64_t begin, int64_t end) {
    algorithm.run_rows(shape, parts, packed, output, epilogue, scratch, begin, end);
  };
  return implementation;
}

}  // namespace fovea

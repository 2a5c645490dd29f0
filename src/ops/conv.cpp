// Conv.

#include "kernels/conv/conv_3d.h"
#include "ops/core/conv_volume.h"
#include "ops/core/dense_conv.h"

namespace fovea {
namespace {

void infer_conv(InferContext& context) {
  context.set_output(0, context.dtype(kConvData), Conv(context).result);
}

void layout_conv(LayoutContext& context) { layout_convolution(context); }

Kernel plan_conv(PlanContext& context) {
  const Conv conv(context);
  const int64_t macs = macs_conv(context, conv.result);
  if (context.dtype(kConvData) == DType::Float && conv.axes.size() <= 2) {
    const kernels::ConvShape shape = conv_shape(context, conv);
    const kernels::ConvAlgorithm& algorithm = kernels::choose_algorithm(shape, context.precision());
    context.describe(algorithm.name);
    ConvImplementation implementation = implement_conv(shape, algorithm);
    implementation.macs = macs;
    return plan_convolution(context, std::move(implementation));
  }
  if (context.dtype(kConvData) == DType::Float && conv.axes.size() == 3) {
    return plan_volume_convolution(context, conv, macs);
  }
  const kernels::Conv3dShape shape = conv_3d_shape(context, conv);
  return plan_conv_3d(context, shape, macs, [](auto tag) {
    using T = typename decltype(tag)::type;
    return kernels::conv_3d<T>;
  });
}

std::optional<BandRule> bands_conv(const NodeContext& context, const Shape& output) {
  if (output.rank() != 4 || context.dtype(kConvData) != DType::Float) return std::nullopt;
  return band_rule(context, band_of(context, Conv(context)));
}

constexpr OpDef kOps[] = {
    {.op_type = "Conv",
     .meaning = {.inputs = {2, 3},
                 .types = kConvTypes,
                 .infer = infer_conv,
                 .macs = macs_conv,
                 .window = window_conv},
     .cpu = {.plan = plan_conv, .layout = layout_conv, .bands = bands_conv}},
};

}  // namespace

extern constinit const OpFamily conv_ops = kOps;

}  // namespace fovea

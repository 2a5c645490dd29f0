// ConvTranspose, and FusedConvTranspose, which the passes make of it and an activation.

#include "kernels/conv_transpose/conv_transpose.h"

#include <numeric>

#include "base/integers.h"
#include "kernels/conv/conv_3d.h"
#include "kernels/conv_transpose/blocks.h"
#include "ops/core/fused_convolution.h"

namespace fovea {
namespace {

// What the shapes say: weights are [inputs][outputs / groups][kernel...].
struct ConvTranspose : ConvSizes {
  explicit ConvTranspose(const NodeContext& context) {
    const Shape& weights = context.shape(kConvWeights);
    groups = context.attributes_as<ConvTransposeAttributes>().groups;
    require_groups(context, groups);
    outputs = saturating_product(weights[1], groups);
    require_channels(context, weights[0], outputs);
    axes = transposed_axes(context, std::span(weights.dims()).subspan(2));
  }
};

// Every input element meets every weight of its channel.
int64_t macs_conv_transpose(const NodeContext& context, const Shape&) {
  const Shape& weights = context.shape(kConvWeights);
  return saturating_product(context.shape(kConvData).elements(),
                            weights.elements(1, weights.rank()));
}

void infer_conv_transpose(InferContext& context) {
  const ConvTranspose conv(context);
  context.set_output(0, context.dtype(kConvData),
                     output_shape(context.shape(kConvData)[0], conv.outputs, conv.axes));
}

ConvImplementation implement_blocks(const kernels::ConvTransposeShape& shape,
                                    const kernels::ConvShuffleShape& shuffle, Precision precision) {
  const kernels::ConvAlgorithm& algorithm = kernels::choose_algorithm(shuffle.conv, precision);
  ConvImplementation implementation = implement_shuffle(shuffle, algorithm);
  implementation.key = text("blocks, ", algorithm.name, shuffle.plain_output ? ", plain" : "");
  implementation.pack = [=, &algorithm](const float* weights, const float* bias, float* packed) {
    const auto dense = kernels::dense_transposed_weights(shape, weights, bias);
    const kernels::TransposedBlockWeights blocks(shape, shuffle, dense);
    algorithm.pack_weights(shuffle.conv, blocks, packed);
  };
  return implementation;
}

ConvImplementation implement_phases(const kernels::ConvTransposeShape& shape) {
  ConvImplementation implementation;
  implementation.shape = shape;
  implementation.rows = shape.batch * shape.out_h;
  implementation.rows_at_once = shape.stride_h;
  // Which taps belong together depends on the pads, and these on the size where SAME asks for it.
  implementation.key =
      text("transposed", shape.pad_top % shape.stride_h, ",", shape.pad_left % shape.stride_w, ",",
           shape.out_h < shape.stride_h ? shape.out_h : 0, ",",
           shape.out_w < shape.stride_w ? shape.out_w : 0);
  implementation.packed_floats = kernels::transposed_packed_size(shape);
  implementation.scratch_floats = kernels::transposed_scratch_size(shape);
  implementation.pack = [=](const float* weights, const float* bias, float* packed) {
    kernels::pack_transposed_weights(shape, kernels::dense_transposed_weights(shape, weights, bias),
                                     packed);
  };
  implementation.run = [=](std::span<const kernels::ConvPart> parts, const float* packed,
                           const kernels::ConvOutput& output, const kernels::Epilogue& epilogue,
                           float* scratch, int64_t begin, int64_t end) {
    kernels::run_transposed_rows(shape, parts[0].data, packed, output, epilogue, scratch, begin,
                                 end);
  };
  return implementation;
}

// `convolution` is the node, or the part of it that is the convolution.
Kernel plan_conv_transpose_2d(PlanContext& context, const NodeContext& convolution,
                              const ConvTranspose& conv, const ConvOperands& operands = {}) {
  const kernels::ConvTransposeShape shape = conv_shape(convolution, conv);
  auto blocks = kernels::transposed_as_shuffle(shape);
  if (blocks) blocks->plain_output = context.output_layout(0) == Layout::Plain;
  ConvImplementation implementation =
      blocks ? implement_blocks(shape, *blocks, context.precision()) : implement_phases(shape);
  context.describe(text(blocks ? "one convolution to blocks of " : "phases of ", shape.stride_h,
                        "x", shape.stride_w));
  implementation.macs = macs_conv_transpose(convolution, context.output_shape(0));
  return plan_convolution(context, std::move(implementation), operands);
}

Kernel plan_conv_transpose(PlanContext& context) {
  const ConvTranspose conv(context);
  if (context.dtype(kConvData) == DType::Float && conv.axes.size() <= 2) {
    return plan_conv_transpose_2d(context, context, conv);
  }
  const kernels::Conv3dShape shape = conv_3d_shape(context, conv);
  return plan_conv_3d(context, shape, macs_conv_transpose(context, context.output_shape(0)),
                      [](auto tag) {
                        using T = typename decltype(tag)::type;
                        return kernels::conv_transpose_3d<T>;
                      });
}

void layout_conv_transpose(LayoutContext& context) { layout_shuffle(context); }

// With u = position + pad, an element is the sum of those at i of the input for which a tap of the
// kernel is at u - i * stride: all of the same u / stride need those with about this number.
Window transposed_window(int axis, const SpatialAxis& spatial) {
  const int64_t stride = spatial.stride, ahead = spatial.pad_begin / stride;
  const auto before = [&](int64_t tap) { return ahead - tap * spatial.dilation / stride; };
  Window window = {.kind = Window::Kind::Along,
                   .axis = axis,
                   .den = stride,
                   .phase = spatial.pad_begin % stride,
                   .span = {before(spatial.kernel - 1), ahead}};
  if (stride == 1 || stride > kLongestPeriod) return window;
  window.spans.assign(static_cast<size_t>(stride), {0, -1});
  // Every so many taps one is for the same positions.
  const int64_t apart = stride / std::gcd(stride, spatial.dilation);
  for (int64_t tap = 0; tap < std::min(apart, spatial.kernel); ++tap) {
    const int64_t farthest = tap + (spatial.kernel - 1 - tap) / apart * apart;
    window.spans[static_cast<size_t>(tap * spatial.dilation % stride)] = {before(farthest),
                                                                          before(tap)};
  }
  return window;
}

Window window_conv_transpose(const WindowContext& context) {
  return window_of_convolution(context, transposed_window, ConvTranspose(context).axes);
}

// Bands of whole groups of rows that need the same rows of the input share none.
std::optional<ConvBand> band_of(const NodeContext& context) {
  const ConvTranspose conv(context);
  const SpatialAxis &y = conv.axes[0], &x = conv.axes[1];
  if (y.pad_begin < 0 || x.pad_begin < 0 || x.pad_end < 0) return std::nullopt;
  if (y.reach() <= y.pad_begin || y.reach() < y.stride) return std::nullopt;
  const int64_t above = (y.reach() - 1) / y.stride;  // rows of the input before that of a group
  ConvBand band = {.data = band_input(transposed_window(kFirstSpatial, y)),
                   .attributes = context.attributes()};
  // The sizes follow from the pads.
  const auto& padding = context.attributes_as<ConvTransposeAttributes>().output_padding;
  if (!padding.empty()) {
    band.attributes.set("output_padding", std::vector<int64_t>{0, padding[1]});
  }
  band.attributes.set("output_shape", std::vector<int64_t>{});
  band.attributes.set("auto_pad", std::string("NOTSET"));
  band.attributes.set(
      "pads", std::vector<int64_t>{above * y.stride, x.pad_begin, y.reach() - y.stride, x.pad_end});
  return band;
}

std::optional<BandRule> bands_conv_transpose(const NodeContext& context, const Shape& output) {
  if (output.rank() != 4 || context.dtype(kConvData) != DType::Float) return std::nullopt;
  auto band = band_of(context);
  if (!band) return std::nullopt;
  return band_rule(context, std::move(*band));
}

// ---- FusedConvTranspose ----

Kernel plan_fused(PlanContext& context) {
  const FusedConvolution fused(context);
  const FusedEpilogue* epilogue = fused.epilogue();
  if (!epilogue || epilogue->addend != kNoInput || epilogue->shuffle) return {};
  const NodeContext convolution = fused.convolution();
  return plan_conv_transpose_2d(context, convolution, ConvTranspose(convolution), fused.operands());
}

void layout_fused(LayoutContext& context) {
  layout_shuffle(context, FusedConvolution(context).operands());
}

std::optional<BandRule> bands_fused(const NodeContext& context, const Shape&) {
  const FusedConvolution fused(context);
  auto band = band_of(fused.convolution());
  if (!band) return std::nullopt;
  return fused.band_rule(std::move(*band));
}

constexpr OpDef kOps[] = {
    {.op_type = "ConvTranspose",
     .meaning = {.inputs = {2, 3},
                 .types = kConvTypes,
                 .infer = infer_conv_transpose,
                 .macs = macs_conv_transpose,
                 .window = window_conv_transpose},
     .cpu = {.plan = plan_conv_transpose,
             .layout = layout_conv_transpose,
             .bands = bands_conv_transpose}},
    {.op_type = "FusedConvTranspose",
     .domain = kInternalDomain,
     .until = kUnbounded,
     .meaning = {.inputs = {2, kUnbounded}, .infer = infer_body, .macs = body_macs},
     .cpu = {.plan = plan_fused, .layout = layout_fused, .bands = bands_fused}},
};

}  // namespace

extern constinit const OpFamily conv_transpose_ops = kOps;

}  // namespace fovea

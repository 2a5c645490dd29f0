// FusedLayerNormalization, which the passes make of the nodes that exporters write for
// LayerNormalization before opset 17 or over the channels of each pixel. See
// passes/layer_normalization.cpp.

#include <algorithm>

#include "kernels/reduction/normalization.h"
#include "ops/core/body.h"
#include "ops/op.h"

namespace fovea {
namespace {

constexpr int kData = 0;
constexpr int kScale = 1;
constexpr int kBias = 2;

// Over the last axis, or over the channels of images.
bool is_over_channels(const NodeContext& context) {
  return context.attributes().get_int("axis", -1) == 1;
}

// Rows of one element, which scale and bias would spread, are left to the body.
bool fits_kernel(const NodeContext& context) {
  const Shape& data = context.shape(kData);
  if (context.dtype(kData) != DType::Float) return false;
  const auto are_rows = [&](const Shape& row) {
    return context.shape(kScale) == row && context.shape(kBias) == row;
  };
  if (!is_over_channels(context)) return are_rows({data.rank() > 0 ? data[data.rank() - 1] : 0});
  return data.rank() == 4 && (are_rows({data[1], 1, 1}) || are_rows({1, data[1], 1, 1}));
}

void layout_fused_layer_normalization(LayoutContext& context) {
  if (!is_over_channels(context) || !fits_kernel(context)) return;
  context.accept(kData, Layout::ChannelsLast);
  context.produce(0, Layout::ChannelsLast);
}

std::optional<BandRule> bands_fused_layer_normalization(const NodeContext& context, const Shape&) {
  if (!is_over_channels(context) || !fits_kernel(context)) return std::nullopt;
  BandRule rule = {std::vector<BandInput>(context.node().inputs.size()), context.node()};
  rule.inputs[kData].whole = false;
  return rule;
}

Kernel plan_fused_layer_normalization(PlanContext& context) {
  const bool over_channels = is_over_channels(context);
  if (!fits_kernel(context)) return {};
  if (over_channels && context.layout(kData) != Layout::ChannelsLast) return {};
  const Shape& data = context.shape(kData);
  const int64_t count = data[over_channels ? 1 : data.rank() - 1];
  const int64_t rows = data.elements() / std::max<int64_t>(count, 1);
  const int64_t padding = over_channels ? padded_channels(count) - count : 0;
  const float epsilon = context.attributes().get_float("epsilon", 0.0f);
  context.describe(over_channels ? "pixel by pixel" : "row by row");
  return [=](RunContext& run) {
    kernels::LayerNorm<float> norm = {run.in<float>(kScale), run.in<float>(kBias), epsilon};
    norm.padding = padding;
    kernels::layer_norm(norm, run.in<float>(kData), run.out<float>(0), rows, count, run.pool());
  };
}

constexpr OpDef kOps[] = {
    {.op_type = "FusedLayerNormalization",
     .domain = kInternalDomain,
     .until = kUnbounded,
     .meaning = {.inputs = {3, kUnbounded}, .infer = infer_body, .macs = body_macs},
     .cpu = {.plan = plan_fused_layer_normalization,
             .layout = layout_fused_layer_normalization,
             .bands = bands_fused_layer_normalization}},
};

}  // namespace

extern constinit const OpFamily fused_layer_normalization_ops = kOps;

}  // namespace fovea

// FusedLayerNormalization, which the passes make of the nodes that exporters write for
// LayerNormalization before opset 17. See passes/layer_normalization.cpp.

#include "kernels/reduction/normalization.h"
#include "ops/core/body.h"
#include "ops/op.h"

namespace fovea {
namespace {

constexpr int kData = 0;
constexpr int kScale = 1;
constexpr int kBias = 2;

// Rows of one element, which scale and bias would spread, are left to the body.
bool fits_kernel(const PlanContext& context) {
  const Shape& data = context.shape(kData);
  const Shape row = {data.rank() > 0 ? data[data.rank() - 1] : 0};
  return context.dtype(kData) == DType::Float && context.shape(kScale) == row &&
         context.shape(kBias) == row;
}

Kernel plan_fused_layer_normalization(PlanContext& context) {
  if (!fits_kernel(context)) return {};
  const Shape& data = context.shape(kData);
  const int64_t rows = data.elements(0, data.rank() - 1), count = data[data.rank() - 1];
  const float epsilon = context.attributes().get_float("epsilon", 0.0f);
  context.describe("row by row");
  return [=](RunContext& run) {
    const kernels::LayerNorm<float> norm = {run.in<float>(kScale), run.in<float>(kBias), epsilon,
                                            nullptr, nullptr};
    kernels::layer_norm(norm, run.in<float>(kData), run.out<float>(0), rows, count, run.pool());
  };
}

constexpr OpDef kOps[] = {
    {.op_type = "FusedLayerNormalization",
     .domain = kInternalDomain,
     .until = kUnbounded,
     .meaning = {.inputs = {3, kUnbounded}, .infer = infer_body, .macs = body_macs},
     .cpu = {.plan = plan_fused_layer_normalization}},
};

}  // namespace

extern constinit const OpFamily fused_layer_normalization_ops = kOps;

}  // namespace fovea

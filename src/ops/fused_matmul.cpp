// FusedMatMul, which the passes make of a MatMul with constant weights and what follows it: a bias,
// another value added, an activation. See passes/matmul_epilogue.cpp.

#include "ops/core/activation.h"
#include "ops/core/body.h"
#include "ops/core/gemm_step.h"

namespace fovea {
namespace {

constexpr int kData = 0;
constexpr int kWeights = 1;
constexpr int kBias = 2;
constexpr int kAddend = 3;
// Behind it: what else the body reads, such as the bounds of a Clip.

// Products of vectors, and sums that have to be spread, are left to the body.
bool fits_kernel(const PlanContext& context, const Body& body) {
  const Shape& product = *body.type(body.nodes().front().outputs[0]).shape;
  return context.dtype(kData) == DType::Float && context.shape(kData).rank() >= 2 &&
         context.output_shape(0) == product &&
         (!context.has_input(kAddend) || context.shape(kAddend) == product);
}

Kernel plan_fused_matmul(PlanContext& context) {
  const Body body(context);
  if (!fits_kernel(context, body)) return {};
  const Shape &data = context.shape(kData), &weights = context.shape(kWeights);
  BatchedGemm gemm;
  gemm.shape = {data.elements(0, data.rank() - 1), weights[1], weights[0]};
  GemmExtras extras;
  if (context.has_input(kBias)) extras.row_bias = kBias;
  if (context.has_input(kAddend)) extras.addend = kAddend;
  const auto constant = [&](ValueId id) {
    return id < context.input_count() ? context.constant(id) : nullptr;
  };
  extras.epilogue.activation =
      activation_of(body.nodes().back(), constant).value_or(kernels::ActivationSpec());
  return plan_float_gemm(context, std::move(gemm), extras);
}

constexpr OpDef kOps[] = {
    {.op_type = "FusedMatMul",
     .domain = kInternalDomain,
     .until = kUnbounded,
     .meaning = {.inputs = {2, kUnbounded}, .infer = infer_body, .macs = body_macs},
     .cpu = {.plan = plan_fused_matmul, .reuse = Reuse::InPlace, .overwrites = kAddend}},
};

}  // namespace

extern constinit const OpFamily fused_matmul_ops = kOps;

}  // namespace fovea

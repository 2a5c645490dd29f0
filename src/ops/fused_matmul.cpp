// FusedMatMul, which the passes make of a MatMul with constant weights and what follows it: a bias,
// another value added, an activation. See passes/matmul_epilogue.cpp.

#include "ops/core/epilogue.h"
#include "ops/core/gemm_step.h"

namespace fovea {
namespace {

// The product's operands come first among what the body reads.
constexpr int kData = 0;
constexpr int kWeights = 1;

Kernel plan_fused_matmul(PlanContext& context) {
  // Products of vectors are left to the body.
  if (context.dtype(kData) != DType::Float || context.shape(kData).rank() < 2) return {};
  const auto epilogue = epilogue_of(context, Body(context), 0);
  if (!epilogue || epilogue->shuffle || epilogue->slopes != kNoInput) return {};
  const Shape &data = context.shape(kData), &weights = context.shape(kWeights);
  BatchedGemm gemm;
  gemm.shape = {data.elements(0, data.rank() - 1), weights[1], weights[0]};
  GemmExtras extras;
  extras.row_bias = epilogue->bias;
  extras.addend = epilogue->addend;
  extras.epilogue.activation = epilogue->activation;
  context.overwrite(epilogue->addend);
  return plan_float_gemm(context, std::move(gemm), extras);
}

constexpr OpDef kOps[] = {
    {.op_type = "FusedMatMul",
     .domain = kInternalDomain,
     .until = kUnbounded,
     .meaning = {.inputs = {2, kUnbounded}, .infer = infer_body, .macs = body_macs},
     .cpu = {.plan = plan_fused_matmul}},
};

}  // namespace

extern constinit const OpFamily fused_matmul_ops = kOps;

}  // namespace fovea

// MatMul.

#include "ops/core/matmul_shape.h"

namespace fovea {
namespace {

void infer_matmul(InferContext& context) {
  context.set_output(0, context.dtype(0), MatMul(context).output());
}

Kernel plan_matmul(PlanContext& context) {
  BatchedGemm gemm = batched(MatMul(context));
  return context.dtype(0) == DType::Float ? plan_float_gemm(context, std::move(gemm), {})
                                          : plan_typed_gemm(context, std::move(gemm));
}

constexpr OpDef kOps[] = {
    {.op_type = "MatMul",
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_all_inputs(kWideNumbers)},
                 .infer = infer_matmul,
                 .macs = macs_matmul,
                 .window = window_matmul},
     .cpu = {.plan = plan_matmul}},
};

}  // namespace

extern constinit const OpFamily matmul_ops = kOps;

}  // namespace fovea

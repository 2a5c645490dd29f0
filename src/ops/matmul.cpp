// MatMul.

#include <numeric>

#include "base/integers.h"
#include "ops/core/broadcast.h"
#include "ops/core/gemm_step.h"

namespace fovea {
namespace {

// The shapes of numpy.matmul: a vector on the left is a row, on the right a column, and that axis
// vanishes again; axes before the last two broadcast.
struct MatMul {
  explicit MatMul(const NodeContext& context);
  Shape output() const;

  Shape a, b;  // at least two axes
  Shape batch;
  bool row = false, column = false;
};

MatMul::MatMul(const NodeContext& context) : a(context.shape(0)), b(context.shape(1)) {
  const auto reject = [&] {
    fail(ErrorCode::InvalidInput, "MatMul cannot multiply ", context.shape(0), " by ",
         context.shape(1));
  };
  if (a.rank() == 0 || b.rank() == 0) reject();
  row = a.rank() == 1;
  column = b.rank() == 1;
  if (row) a = Shape{1, a[0]};
  if (column) b = Shape{b[0], 1};
  if (a[a.rank() - 1] != b[b.rank() - 2]) reject();
  batch = broadcast(batch_of(a), batch_of(b));
}

Shape MatMul::output() const {
  Shape out = batch;
  if (!row) out.push_back(a[a.rank() - 2]);
  if (!column) out.push_back(b[b.rank() - 1]);
  return out;
}

// Where the matrices of an operand begin, for each batch of the result.
std::vector<int64_t> batch_offsets(const Shape& operand, const Shape& batch) {
  return broadcast_offsets(batch_of(operand), strides_of(operand), batch);
}

BatchedGemm batched(const MatMul& matmul) {
  const Shape &a = matmul.a, &b = matmul.b;
  BatchedGemm gemm;
  gemm.shape = {a[a.rank() - 2], b[b.rank() - 1], a[a.rank() - 1]};
  if (b.elements(0, b.rank() - 2) == 1) {
    // One B for all: their rows are those of one tall A.
    gemm.shape.m = a.elements(0, a.rank() - 1);
  } else {
    gemm.a_offsets = batch_offsets(a, matmul.batch);
    gemm.b_offsets = batch_offsets(b, matmul.batch);
  }
  return gemm;
}

void infer_matmul(InferContext& context) {
  context.set_output(0, context.dtype(0), MatMul(context).output());
}

Kernel plan_matmul(PlanContext& context) {
  BatchedGemm gemm = batched(MatMul(context));
  return context.dtype(0) == DType::Float ? plan_float_gemm(context, std::move(gemm), {})
                                          : plan_typed_gemm(context, std::move(gemm));
}

int64_t macs_matmul(const NodeContext& context, const Shape& output) {
  const Shape& a = context.shape(0);
  return saturating_product(output.elements(), a[a.rank() - 1]);
}

constexpr OpDef kOps[] = {
    {.op_type = "MatMul",
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_all_inputs(kWideNumbers)},
                 .infer = infer_matmul,
                 .macs = macs_matmul},
     .cpu = {.plan = plan_matmul}},
};

}  // namespace

extern constinit const OpFamily matmul_ops = kOps;

}  // namespace fovea

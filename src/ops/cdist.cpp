// CDist: the distance of each row of A from each row of B.

#include "ops/core/function_steps.h"
#include "ops/op.h"

namespace fovea {
namespace {

// |a - b|^2 = |a|^2 - 2ab + |b|^2: a matrix product, and none of m * n * k differences is kept. In
// float64, as what is left of the sums may be far less than they are.
Graph cdist(const NodeContext& context) {
  const Shape &a_shape = context.shape(0), &b_shape = context.shape(1);
  if (a_shape.rank() != 2 || b_shape.rank() != 2 || a_shape[1] != b_shape[1]) {
    fail(ErrorCode::InvalidInput, "CDist takes two matrices with rows of one length, not ", a_shape,
         " and ", b_shape);
  }
  const std::string metric = context.attributes().get_string("metric", "sqeuclidean");
  if (metric != "sqeuclidean" && metric != "euclidean") {
    fail(ErrorCode::MalformedModel, "metric is sqeuclidean or euclidean, not '", metric, "'");
  }
  Function f(context);
  const ValueId a = cast(f, f.in(0), DType::Double), b = cast(f, f.in(1), DType::Double);
  const ValueId b_squares = f.op("ReduceSumSquare", {b, f.ints({1})}, {{"keepdims", int64_t{0}}});
  const ValueId cross = f.op("Gemm", {a, b, b_squares}, {{"alpha", -2.0f}, {"transB", int64_t{1}}});
  const ValueId sum = f.op("Add", {cross, reduced(f, "ReduceSumSquare", a, 1)});
  ValueId distance = f.op("Max", {sum, f.scalar(DType::Double, 0)});
  if (metric == "euclidean") distance = f.op("Sqrt", {distance});
  return f.giving({cast(f, distance, context.dtype(0))});
}

constexpr OpDef kOps[] = {
    {.op_type = "CDist",
     .domain = kMicrosoftDomain,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_inputs(0, 1, kFloat32And64)},
                 .function = cdist}},
};

}  // namespace

extern constinit const OpFamily cdist_ops = kOps;

}  // namespace fovea

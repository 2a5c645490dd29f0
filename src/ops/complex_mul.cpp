// ComplexMul, ComplexMulConj: products of complex numbers, whose two parts are the last axis.

#include "ops/core/function_steps.h"
#include "ops/op.h"

namespace fovea {
namespace {

template <bool kConjugate>
Graph complex_mul(const NodeContext& context) {
  for (const int input : {0, 1}) {
    const Shape& shape = context.shape(input);
    if (shape.rank() == 0 || shape[shape.rank() - 1] != 2) {
      fail(ErrorCode::InvalidInput, context.node().op_type,
           " takes complex numbers, with a last axis of 2, not ", shape);
    }
  }
  Function f(context);
  const auto parts = [&](ValueId value) {
    return f.ops("Split", {value}, 2, {{"axis", int64_t{-1}}, {"num_outputs", int64_t{2}}});
  };
  const auto a = parts(f.in(0)), b = parts(f.in(1));
  const auto product = [&](ValueId x, ValueId y) { return f.op("Mul", {x, y}); };
  const ValueId real = f.op(kConjugate ? "Add" : "Sub", {product(a[0], b[0]), product(a[1], b[1])});
  const ValueId imaginary =
      f.op(kConjugate ? "Sub" : "Add", {product(a[1], b[0]), product(a[0], b[1])});
  return f.giving({joined(f, {real, imaginary}, -1)});
}

constexpr OpDef kOps[] = {
    {.op_type = "ComplexMul",
     .domain = kMicrosoftDomain,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_inputs(0, 1, kFloat32)},
                 .function = complex_mul<false>}},
    {.op_type = "ComplexMulConj",
     .domain = kMicrosoftDomain,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_inputs(0, 1, kFloat32)},
                 .function = complex_mul<true>}},
};

}  // namespace

extern constinit const OpFamily complex_mul_ops = kOps;

}  // namespace fovea

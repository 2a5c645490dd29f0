// Matrix products as onnxruntime writes them (com.microsoft): FusedMatMul, TransposeMatMul,
// FusedGemm, MatMulIntegerToFloat, DynamicQuantizeMatMul, QGemm; and Inverse.

#include <algorithm>

#include "kernels/matmul/elimination.h"
#include "ops/core/function_steps.h"
#include "ops/core/named_activation.h"
#include "ops/op.h"

namespace fovea {
namespace {

// An operand of FusedMatMul: [rows, batch..., columns] where its batch is transposed, then [...,
// columns, rows] where it is. A vector stays one.
ValueId operand(Function& f, const NodeContext& context, int input, const char* trans,
                const char* trans_batch) {
  const int rank = context.shape(input).rank();
  const auto flag = [&](const char* name) { return context.attributes().get_int(name, 0) != 0; };
  if (rank < 2 || (!flag(trans) && !flag(trans_batch))) return f.in(input);
  std::vector<int64_t> perm;
  for (int64_t axis = 0; axis < rank; ++axis) perm.push_back(axis);
  if (flag(trans_batch)) std::rotate(perm.begin(), perm.begin() + 1, perm.end() - 1);
  if (flag(trans)) std::iter_swap(perm.end() - 1, perm.end() - 2);
  return transposed(f, f.in(input), std::move(perm));
}

Graph fused_matmul(const NodeContext& context) {
  Function f(context);
  const Attributes& attributes = context.attributes();
  const bool matrices = context.shape(0).rank() == 2 && context.shape(1).rank() == 2;
  if (matrices && !attributes.get_int("transBatchA", 0) && !attributes.get_int("transBatchB", 0)) {
    return f.giving({f.op("Gemm", {f.in(0), f.in(1)},
                          {{"alpha", attributes.get_float("alpha", 1)},
                           {"transA", attributes.get_int("transA", 0)},
                           {"transB", attributes.get_int("transB", 0)}})});
  }
  const ValueId product = f.op("MatMul", {operand(f, context, 0, "transA", "transBatchA"),
                                          operand(f, context, 1, "transB", "transBatchB")});
  const auto alpha = static_cast<double>(context.attributes().get_float("alpha", 1));
  return f.giving({scaled(f, product, alpha, context.dtype(0))});
}

Graph fused_gemm(const NodeContext& context) {
  Function f(context);
  std::vector<Function::Attribute> attributes;
  for (const auto& [name, value] : context.attributes().all()) {
    if (!name.starts_with("activation")) attributes.emplace_back(name, value);
  }
  const ValueId product = f.op_with("Gemm", {f.in(0), f.in(1), f.in(2)}, std::move(attributes));
  std::vector<Function::Attribute> parameters;
  for (const std::string_view name : {"alpha", "beta", "gamma"}) {
    const auto given = context.attributes().all().find(text("activation_", name));
    if (given != context.attributes().all().end()) parameters.emplace_back(name, given->second);
  }
  const std::string activation = context.attributes().get_string("activation", "");
  return f.giving({activated(f, context, product, activation, std::move(parameters))});
}

// ---- products of integers ----

// A scale or zero point that is one number, or one for each column of B.
ValueId per_column(Function& f, const NodeContext& context, int input, int64_t columns) {
  if (!context.has_input(input)) return kNoValue;
  const Shape& shape = context.shape(input);
  if (shape.elements() == 1) return reshaped(f, f.in(input), {});
  if (shape.rank() == 1) require_shape(context, input, {columns});
  return f.in(input);
}

int64_t columns_of(const NodeContext& context, int input) {
  if (context.shape(input).rank() < 2) require_rank(context, input, 2);
  return context.shape(input)[context.shape(input).rank() - 1];
}

ValueId to_float(Function& f, ValueId id) { return cast(f, id, DType::Float); }

Graph matmul_integer_to_float(const NodeContext& context) {
  constexpr int kA = 0, kB = 1, kScaleA = 2, kScaleB = 3, kPointA = 4, kPointB = 5, kBias = 6;
  const int64_t columns = columns_of(context, kB);
  require_shape(context, kBias, {columns});
  Function f(context);
  const ValueId product = f.op("MatMulInteger", {f.in(kA), f.in(kB), one_of(f, context, kPointA),
                                                 per_column(f, context, kPointB, columns)});
  const ValueId scale =
      f.op("Mul", {one_of(f, context, kScaleA), per_column(f, context, kScaleB, columns)});
  const ValueId y = f.op("Mul", {to_float(f, product), scale});
  return f.giving({combined(f, "Add", y, f.in(kBias))});
}

Graph dynamic_quantize_matmul(const NodeContext& context) {
  constexpr int kA = 0, kB = 1, kScaleB = 2, kPointB = 3, kBias = 4;
  const int64_t columns = columns_of(context, kB);
  require_shape(context, kBias, {columns});
  Function f(context);
  const std::vector<ValueId> a = f.ops("DynamicQuantizeLinear", {f.in(kA)}, 3);
  const ValueId product =
      f.op("MatMulInteger", {a[0], f.in(kB), a[2], per_column(f, context, kPointB, columns)});
  const ValueId scale = f.op("Mul", {a[1], per_column(f, context, kScaleB, columns)});
  const ValueId y = f.op("Mul", {to_float(f, product), scale});
  return f.giving({combined(f, "Add", y, f.in(kBias))});
}

Graph qgemm(const NodeContext& context) {
  constexpr int kA = 0, kScaleA = 1, kPointA = 2, kB = 3, kScaleB = 4, kPointB = 5, kC = 6,
                kScaleY = 7, kPointY = 8;
  const auto flag = [&](const char* name) { return context.attributes().get_int(name, 0) != 0; };
  require_rank(context, kA, 2);
  require_rank(context, kB, 2);
  const Shape &a = context.shape(kA), &b = context.shape(kB);
  const Shape y = {a[flag("transA") ? 1 : 0], b[flag("transB") ? 0 : 1]};
  if (context.has_input(kC) && broadcast(context.shape(kC), y) != y) require_shape(context, kC, y);
  if (context.has_input(kScaleY) != context.has_input(kPointY)) {
    fail(ErrorCode::InvalidInput, "QGemm takes a scale and a zero point of Y together");
  }
  Function f(context);
  const auto matrix = [&](int input, const char* trans) {
    return flag(trans) ? transposed(f, f.in(input), {1, 0}) : f.in(input);
  };
  const ValueId product =
      f.op("MatMulInteger", {matrix(kA, "transA"), matrix(kB, "transB"),
                             one_of(f, context, kPointA), per_column(f, context, kPointB, y[1])});
  const ValueId sum = combined(f, "Add", product, f.in(kC));
  const auto alpha = static_cast<double>(context.attributes().get_float("alpha", 1));
  const ValueId scale =
      f.op("Mul", {one_of(f, context, kScaleA), per_column(f, context, kScaleB, y[1])});
  const ValueId result = f.op("Mul", {to_float(f, sum), scaled(f, scale, alpha, DType::Float)});
  if (!context.has_input(kScaleY)) return f.giving({result});
  return f.giving(
      {f.op("QuantizeLinear", {result, one_of(f, context, kScaleY), one_of(f, context, kPointY)})});
}

DType type_of_qgemm(const Node&, std::span<const DType> inputs, int) {
  const bool quantised = inputs.size() > 8 && inputs[8] != DType::Undefined;
  return quantised ? inputs[8] : DType::Float;
}

// ---- Inverse ----

void infer_inverse(InferContext& context) {
  const Shape& shape = context.shape(0);
  const int rank = shape.rank();
  if (rank < 2 || shape[rank - 1] != shape[rank - 2]) {
    fail(ErrorCode::InvalidInput, "Inverse takes square matrices, not ", shape);
  }
  infer_like_input(context);
}

void inverse(ComputeContext& context) {
  const Shape& shape = context.shape(0);
  const auto size = static_cast<size_t>(shape[shape.rank() - 1]);
  dispatch<float, double>(context.dtype(0), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const std::span<const T> in = context.tensor(0).as<T>();
    const std::span<T> out = context.make<T>(0, shape);
    std::vector<double> matrix(size * size);
    std::vector<int64_t> pivots(size);
    for (size_t first = 0; first < in.size(); first += matrix.size()) {
      std::ranges::copy(in.subspan(first, matrix.size()), matrix.begin());
      if (!kernels::invert(matrix.data(), pivots.data(), std::ssize(pivots))) {
        fail(ErrorCode::InvalidInput, "matrix ", first / matrix.size(), " of ", shape,
             " has no inverse");
      }
      std::ranges::transform(matrix, out.begin() + static_cast<std::ptrdiff_t>(first),
                             [](double value) { return static_cast<T>(value); });
    }
  });
}

constexpr OpDef microsoft(std::string_view op_type, const Meaning& meaning) {
  return {.op_type = op_type, .domain = kMicrosoftDomain, .meaning = meaning};
}

constexpr Meaning kFusedMatMul = {
    .inputs = {2, 2}, .types = {type_of_all_inputs(kFloat32And64)}, .function = fused_matmul};

constexpr OpDef kOps[] = {
    microsoft("FusedMatMul", kFusedMatMul),
    microsoft("TransposeMatMul", kFusedMatMul),
    microsoft(
        "FusedGemm",
        {.inputs = {2, 3}, .types = {type_of_all_inputs(kFloat32And64)}, .function = fused_gemm}),
    microsoft("MatMulIntegerToFloat",
              {.inputs = {4, 7},
               .types = {type_of_both_inputs(0, 4, kBytes), type_of_both_inputs(1, 5, kBytes),
                         type_of_listed({2, 3, 6}, kFloat32)},
               .element_type = like_input<2>,
               .function = matmul_integer_to_float}),
    microsoft("DynamicQuantizeMatMul",
              {.inputs = {3, 5},
               .types = {type_of_listed({0, 2, 4}, kFloat32), type_of_both_inputs(1, 3, kBytes)},
               .function = dynamic_quantize_matmul}),
    microsoft("QGemm",
              {.inputs = {6, 9},
               .types = {type_of_listed({1, 4, 7}, kFloat32), type_of_both_inputs(0, 2, kBytes),
                         type_of_both_inputs(3, 5, kBytes), type_of_input(6, {DType::Int32})},
               .element_type = type_of_qgemm,
               .function = qgemm}),
    {.op_type = "Inverse",
     .domain = kMicrosoftDomain,
     .meaning = {.types = {type_of_input(0, kFloat32And64)}, .infer = infer_inverse},
     .cpu = {.compute = inverse}},
};

}  // namespace

extern constinit const OpFamily microsoft_matmul_ops = kOps;

}  // namespace fovea

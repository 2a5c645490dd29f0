// Operators on quantised numbers as onnxruntime writes them (com.microsoft): each takes numbers out
// of their quantised form, computes with them and quantises the result. QLinearAdd, QLinearMul,
// QLinearSigmoid, QLinearLeakyRelu, QLinearSoftmax, QLinearGlobalAveragePool, QLinearAveragePool,
// QLinearReduceMean, QLinearConcat, QLinearWhere; QuantizeLinear, DequantizeLinear.

#include "kernels/elementwise/quantize.h"
#include "ops/core/function_steps.h"
#include "ops/op.h"

namespace fovea {
namespace {

// What each byte of an input becomes: the second input has that of all 256.
constexpr std::string_view kByteTable = "ByteTable";

void infer_table(InferContext& context) {
  context.set_output(0, context.dtype(1), context.shape(0));
}

Kernel plan_table(PlanContext& context) {
  const int64_t count = context.shape(0).elements();
  return [=](RunContext& run) {
    constexpr int64_t kGrain = 32768;
    run.pool().parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
      kernels::look_up(run.in<uint8_t>(0) + begin, run.in<uint8_t>(1), run.out<uint8_t>(0) + begin,
                       end - begin);
    });
  };
}

// Every byte that an input may have, in the order of its bits.
ValueId all_bytes(Function& f, DType dtype) {
  Tensor codes = Tensor::allocate(dtype, {256});
  for (int code = 0; code < 256; ++code) {
    codes.mutable_data()[code] = static_cast<std::byte>(code);
  }
  return f.constant(std::move(codes));
}

// What a table says of each byte of an input. Where scales are constants, as in most models, the
// table is known while planning.
ValueId looked_up(Function& f, int input, ValueId table) {
  return f.ops_of(kInternalDomain, kByteTable, {f.in(input), table}, 1)[0];
}

// Bytes by the scale and the zero point that follow input `first`, as numbers.
ValueId dequantised(Function& f, const NodeContext& context, int first, ValueId bytes) {
  return f.op("DequantizeLinear",
              {bytes, one_of(f, context, first + 1), one_of(f, context, first + 2)});
}
ValueId dequantised(Function& f, const NodeContext& context, int first) {
  return dequantised(f, context, first, f.in(first));
}

// Quantised by inputs `scale` and the one after it, in the type of input 0 where that is left out.
ValueId quantised(Function& f, const NodeContext& context, ValueId value, int scale) {
  const ValueId point =
      context.has_input(scale + 1) ? one_of(f, context, scale + 1) : f.scalar(context.dtype(0), 0);
  return f.op("QuantizeLinear", {value, one_of(f, context, scale), point});
}

template <bool kProduct>
Graph binary(const NodeContext& context) {
  Function f(context);
  const ValueId result =
      f.op(kProduct ? "Mul" : "Add", {dequantised(f, context, 0), dequantised(f, context, 3)});
  return f.giving({quantised(f, context, result, 6)});
}

// X, its scale and zero point, and those of Y.
using Inner = ValueId (*)(Function&, const NodeContext&, ValueId x);

template <Inner kInner>
Graph unary(const NodeContext& context) {
  Function f(context);
  return f.giving({quantised(f, context, kInner(f, context, dequantised(f, context, 0)), 3)});
}

// The same of each element by itself.
template <Inner kInner>
Graph elementwise(const NodeContext& context) {
  Function f(context);
  const ValueId x = dequantised(f, context, 0, all_bytes(f, context.dtype(0)));
  return f.giving({looked_up(f, 0, quantised(f, context, kInner(f, context, x), 3))});
}

ValueId sigmoid(Function& f, const NodeContext&, ValueId x) { return f.op("Sigmoid", {x}); }

ValueId leaky_relu(Function& f, const NodeContext& context, ValueId x) {
  return f.op("LeakyRelu", {x}, {{"alpha", context.attributes().get_float("alpha", 0.01f)}});
}

// Before opset 13, all axes from `axis` on were one.
ValueId softmax(Function& f, const NodeContext& context, ValueId x) {
  const Shape& shape = context.shape(0);
  const int64_t opset = attribute_from(context, "opset", 0, 1);
  const int64_t axis = context.attributes().get_int("axis", -1);
  if (opset >= 13) return f.op("Softmax", {x}, {{"axis", axis}});
  const int first = normalize_axis(axis, shape.rank());
  const Shape rows = {shape.elements(0, first), shape.elements(first, shape.rank())};
  return reshaped(f, f.op("Softmax", {reshaped(f, x, rows)}), shape);
}

// A pool of [N, C, ...] on what may have its channels last.
ValueId pool(Function& f, const NodeContext& context, ValueId x, std::string_view op_type,
             std::vector<Function::Attribute> attributes) {
  const int rank = context.shape(0).rank();
  const bool last = context.attributes().get_int("channels_last", 0) != 0;
  const ValueId image = last ? channels_to_second(f, x, rank) : x;
  const ValueId y = f.op_with(op_type, {image}, std::move(attributes));
  return last ? channels_to_last(f, y, rank) : y;
}

ValueId global_average_pool(Function& f, const NodeContext& context, ValueId x) {
  return pool(f, context, x, "GlobalAveragePool", {});
}

ValueId average_pool(Function& f, const NodeContext& context, ValueId x) {
  std::vector<Function::Attribute> attributes;
  for (const auto& [name, value] : context.attributes().all()) {
    if (name != "channels_last") attributes.emplace_back(name, value);
  }
  return pool(f, context, x, "AveragePool", std::move(attributes));
}

ValueId reduce_mean(Function& f, const NodeContext& context, ValueId x) {
  return f.op("ReduceMean", {x, f.ints(context.attributes().get_ints("axes"))},
              {{"keepdims", context.attributes().get_int("keepdims", 1)}});
}

// Input `first` quantised by inputs `scale` and the one after it instead.
ValueId converted_to(Function& f, const NodeContext& context, int first, int scale) {
  const ValueId x = dequantised(f, context, first, all_bytes(f, context.dtype(first)));
  return looked_up(
      f, first,
      f.op("QuantizeLinear", {x, one_of(f, context, scale), one_of(f, context, scale + 1)}));
}

// Y's scale and zero point, and then triples of a tensor, its scale and its zero point.
Graph concat(const NodeContext& context) {
  constexpr int kFirst = 2;
  const int count = context.input_count() - kFirst;
  if (count % 3 != 0) {
    fail(ErrorCode::MalformedModel, "QLinearConcat has ", count,
         " inputs besides Y's, which are no triples");
  }
  Function f(context);
  std::vector<ValueId> parts;
  for (int i = kFirst; i < context.input_count(); i += 3) {
    for (int k = 0; k < 3; ++k) {
      const DType dtype = context.dtype(i + k);
      if ((dtype == DType::Float) == (k == 1)) continue;
      fail(ErrorCode::MalformedModel, "QLinearConcat takes no ", name_of(dtype), " as input ",
           i + k);
    }
    parts.push_back(converted_to(f, context, i, 0));
  }
  if (!context.attributes().has("axis")) {
    fail(ErrorCode::MalformedModel, "QLinearConcat needs the attribute axis");
  }
  return f.giving({joined(f, std::move(parts), context.attributes().get_int("axis", 0))});
}

Graph where(const NodeContext& context) {
  Function f(context);
  const auto converted = [&](int first) { return converted_to(f, context, first, 7); };
  return f.giving({f.op("Where", {f.in(0), converted(1), converted(4)})});
}

// ONNX's own of the same name: scales are one, or one for each element of an axis that is named.
template <bool kTo>
Graph linear(const NodeContext& context) {
  Function f(context);
  const bool has_axis = context.attributes().has("axis");
  std::vector<Function::Attribute> attributes;
  if (has_axis) attributes.emplace_back("axis", context.attributes().get_int("axis", 1));
  const auto parameter = [&](int input) {
    return has_axis ? f.in(input) : one_of(f, context, input);
  };
  return f.giving({f.op_with(kTo ? "QuantizeLinear" : "DequantizeLinear",
                             {f.in(0), parameter(1), parameter(2)}, std::move(attributes))});
}

DType type_of_quantised(const Node&, std::span<const DType> inputs, int) {
  return inputs.size() > 2 && inputs[2] != DType::Undefined ? inputs[2] : DType::Uint8;
}

constexpr DTypeSet kLinear =
    kBytes | DTypeSet{DType::Int16, DType::Uint16, DType::Int32, DType::Int4, DType::Uint4};

using Rule = Graph (*)(const NodeContext&);
using Types = std::array<TypeVariable, 4>;

constexpr OpDef quantised_op(std::string_view op_type, Arity inputs, const Types& types,
                             Rule function, ElementTypeRule element_type = like_input<0>) {
  return {
      .op_type = op_type,
      .domain = kMicrosoftDomain,
      .meaning = {
          .inputs = inputs, .types = types, .element_type = element_type, .function = function}};
}

constexpr Types kBinary = {type_of_listed({0, 2, 3, 5, 7}, kBytes),
                           type_of_listed({1, 4, 6}, kFloat32)};
constexpr Types kUnary = {type_of_listed({0, 2, 4}, kBytes), type_of_both_inputs(1, 3, kFloat32)};

constexpr OpDef unary_op(std::string_view op_type, Rule function) {
  return quantised_op(op_type, {2, 5}, kUnary, function);
}

constexpr OpDef kOps[] = {
    {.op_type = kByteTable,
     .domain = kInternalDomain,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_input(0, kBytes), type_of_input(1, kBytes)},
                 .infer = infer_table,
                 .element_type = like_input<1>},
     .cpu = {.plan = plan_table}},
    quantised_op("QLinearAdd", {2, 8}, kBinary, binary<false>),
    quantised_op("QLinearMul", {2, 8}, kBinary, binary<true>),
    unary_op("QLinearSigmoid", elementwise<sigmoid>),
    unary_op("QLinearLeakyRelu", elementwise<leaky_relu>),
    unary_op("QLinearSoftmax", unary<softmax>),
    unary_op("QLinearGlobalAveragePool", unary<global_average_pool>),
    unary_op("QLinearAveragePool", unary<average_pool>),
    unary_op("QLinearReduceMean", unary<reduce_mean>),
    quantised_op("QLinearConcat", {5, kUnbounded},
                 {type_of_input(0, kFloat32), type_of_input(1, kBytes)}, concat, like_input<1>),
    quantised_op("QLinearWhere", {9, 9},
                 {type_of_input(0, kBool), type_of_listed({1, 3, 4, 6, 8}, kBytes),
                  type_of_listed({2, 5, 7}, kFloat32)},
                 where, like_input<1>),
    quantised_op("QuantizeLinear", {2, 3},
                 {type_of_inputs(0, 1, kFloat32), type_of_input(2, kLinear)}, linear<true>,
                 type_of_quantised),
    quantised_op("DequantizeLinear", {2, 3},
                 {type_of_both_inputs(0, 2, kLinear), type_of_input(1, kFloat32)}, linear<false>,
                 like_input<1>),
};

}  // namespace

extern constinit const OpFamily microsoft_qlinear_ops = kOps;

}  // namespace fovea

#include "ops/core/function_steps.h"

#include "base/error.h"

namespace fovea {

ValueId cast(Function& f, ValueId id, DType to) {
  return f.op("Cast", {id}, {{"to", static_cast<int64_t>(to)}});
}

ValueId reshaped(Function& f, ValueId id, const Shape& shape) {
  return f.op("Reshape", {id, f.ints(shape.dims())}, {{"allowzero", int64_t{1}}});
}

ValueId transposed(Function& f, ValueId id, std::vector<int64_t> perm) {
  return f.op("Transpose", {id}, {{"perm", std::move(perm)}});
}

ValueId channels_to_second(Function& f, ValueId id, int rank) {
  if (rank < 2) fail(ErrorCode::InvalidInput, "an image needs channels, which one axis cannot be");
  std::vector<int64_t> perm = {0, rank - 1};
  for (int64_t axis = 1; axis < rank - 1; ++axis) perm.push_back(axis);
  return transposed(f, id, std::move(perm));
}

ValueId channels_to_last(Function& f, ValueId id, int rank) {
  std::vector<int64_t> perm = {0};
  for (int64_t axis = 2; axis < rank; ++axis) perm.push_back(axis);
  perm.push_back(1);
  return transposed(f, id, std::move(perm));
}

ValueId sliced(Function& f, ValueId id, int64_t axis, int64_t begin, int64_t end, int64_t step) {
  return f.op("Slice", {id, f.ints({begin}), f.ints({end}), f.ints({axis}), f.ints({step})});
}

ValueId joined(Function& f, std::vector<ValueId> ids, int64_t axis) {
  return f.op("Concat", std::move(ids), {{"axis", axis}});
}

ValueId scaled(Function& f, ValueId x, double factor, DType dtype) {
  return factor == 1.0 ? x : f.op("Mul", {x, f.scalar(dtype, factor)});
}

ValueId reduced(Function& f, std::string_view op_type, ValueId id, int64_t axis) {
  return f.op(op_type, {id, f.ints({axis})}, {{"keepdims", int64_t{1}}});
}

ValueId combined(Function& f, std::string_view op_type, ValueId a, ValueId b) {
  if (a == kNoValue) return b;
  return b == kNoValue ? a : f.op(op_type, {a, b});
}

ValueId one_of(Function& f, const NodeContext& context, int input) {
  if (!context.has_input(input)) return kNoValue;
  if (context.shape(input).elements() != 1) require_shape(context, input, {});
  return reshaped(f, f.in(input), {});
}

void require_shape(const NodeContext& context, int input, const Shape& shape) {
  if (!context.has_input(input) || context.shape(input) == shape) return;
  fail(ErrorCode::InvalidInput, "input ", input, " of ", context.node().op_type, " has shape ",
       context.shape(input), ", but ", shape, " is needed");
}

void require_rank(const NodeContext& context, int input, int rank) {
  if (!context.has_input(input) || context.shape(input).rank() == rank) return;
  fail(ErrorCode::InvalidInput, "input ", input, " of ", context.node().op_type, " has shape ",
       context.shape(input), ", but ", rank, " axes are needed");
}

void refuse_input(const NodeContext& context, int input, std::string_view what) {
  if (!context.has_input(input)) return;
  fail(ErrorCode::UnsupportedAttribute, context.node().op_type, " with ", what,
       " is not supported");
}

void refuse_attribute(const NodeContext& context, std::string_view name, int64_t usual) {
  const int64_t value = context.attributes().get_int(name, usual);
  if (value == usual) return;
  fail(ErrorCode::UnsupportedAttribute, context.node().op_type, " with ", name, " = ", value,
       " is not supported");
}

int64_t attribute_from(const NodeContext& context, std::string_view name, int64_t fallback,
                       int64_t smallest) {
  const int64_t value = context.attributes().get_int(name, fallback);
  if (value >= smallest) return value;
  fail(ErrorCode::MalformedModel, name, " of ", context.node().op_type, " must be at least ",
       smallest, ", but is ", value);
}

int64_t divided(const NodeContext& context, int64_t total, int64_t parts) {
  if (parts > 0 && total % parts == 0) return total / parts;
  fail(ErrorCode::InvalidInput, context.node().op_type, " cannot divide ", total,
       " elements or heads into ", parts, " parts");
}

}  // namespace fovea

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ops/core/function.h"

// Steps that many functions are made of.
namespace fovea {

// Operators that onnxruntime adds to ONNX's.
inline constexpr std::string_view kMicrosoftDomain = "com.microsoft";

ValueId cast(Function& f, ValueId id, DType to);
// Sizes of 0 are meant as they are.
ValueId reshaped(Function& f, ValueId id, const Shape& shape);
ValueId transposed(Function& f, ValueId id, std::vector<int64_t> perm);
// [N, spatial..., C] as [N, C, spatial...], and back.
ValueId channels_to_second(Function& f, ValueId id, int rank);
ValueId channels_to_last(Function& f, ValueId id, int rank);
// Elements [begin, end) along an axis, every `step`-th.
ValueId sliced(Function& f, ValueId id, int64_t axis, int64_t begin, int64_t end, int64_t step = 1);
ValueId joined(Function& f, std::vector<ValueId> ids, int64_t axis);
// x * factor; x itself for a factor of 1.
ValueId scaled(Function& f, ValueId x, double factor, DType dtype);
// ReduceMax, ReduceMean and the like, whose axis stays, with size 1.
ValueId reduced(Function& f, std::string_view op_type, ValueId id, int64_t axis);
// a and b by a binary operator; the other where one is kNoValue.
ValueId combined(Function& f, std::string_view op_type, ValueId a, ValueId b);

// An input of one element as a scalar; kNoValue where the node leaves it out.
ValueId one_of(Function& f, const NodeContext& context, int input);

// Throws Error(InvalidInput) unless the input, where the node has it, is of that shape.
void require_shape(const NodeContext& context, int input, const Shape& shape);
// The same of the rank.
void require_rank(const NodeContext& context, int input, int rank);
// Throw Error(UnsupportedAttribute) where the node has an input, or an attribute other than usual,
// that the engine does not compute with.
void refuse_input(const NodeContext& context, int input, std::string_view what);
void refuse_attribute(const NodeContext& context, std::string_view name, int64_t usual);
// An attribute that must be at least `smallest`; throws Error(MalformedModel).
int64_t attribute_from(const NodeContext& context, std::string_view name, int64_t fallback,
                       int64_t smallest);
// total / parts. Throws Error(InvalidInput) where that is no whole number.
int64_t divided(const NodeContext& context, int64_t total, int64_t parts);

// The inputs of a list share one element type.
constexpr TypeVariable type_of_listed(std::initializer_list<int> inputs, DTypeSet allowed) {
  TypeVariable variable = {0, allowed};
  for (const int input : inputs) variable.inputs |= uint32_t{1} << input;
  return variable;
}

}  // namespace fovea

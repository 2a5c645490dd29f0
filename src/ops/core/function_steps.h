#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "ops/core/function.h"

// Steps that many functions are made of.
namespace fovea {

ValueId cast(Function& f, ValueId id, DType to);
// Sizes of 0 are meant as they are.
ValueId reshaped(Function& f, ValueId id, const Shape& shape);
ValueId transposed(Function& f, ValueId id, std::vector<int64_t> perm);
// Elements [begin, end) along an axis, every `step`-th.
ValueId sliced(Function& f, ValueId id, int64_t axis, int64_t begin, int64_t end, int64_t step = 1);
ValueId joined(Function& f, std::vector<ValueId> ids, int64_t axis);
// x * factor; x itself for a factor of 1.
ValueId scaled(Function& f, ValueId x, double factor, DType dtype);
// ReduceMax, ReduceMean and the like, whose axis stays, with size 1.
ValueId reduced(Function& f, std::string_view op_type, ValueId id, int64_t axis);
// a and b by a binary operator; the other where one is kNoValue.
ValueId combined(Function& f, std::string_view op_type, ValueId a, ValueId b);

// Throws Error(InvalidInput) unless the input, where the node has it, is of that shape.
void require_shape(const NodeContext& context, int input, const Shape& shape);
// The same of the rank.
void require_rank(const NodeContext& context, int input, int rank);
// An attribute that must be at least `smallest`; throws Error(MalformedModel).
int64_t attribute_from(const NodeContext& context, std::string_view name, int64_t fallback,
                       int64_t smallest);
// total / parts. Throws Error(InvalidInput) where that is no whole number.
int64_t divided(const NodeContext& context, int64_t total, int64_t parts);

}  // namespace fovea

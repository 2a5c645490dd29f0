#include "ops/core/strided_view.h"

namespace fovea {
namespace {

StridedView transposed(const StridedView& source, const std::vector<int64_t>& permutation) {
  StridedView out = source;
  for (size_t i = 0; i < permutation.size(); ++i) {
    out.shape[static_cast<int>(i)] = source.shape[static_cast<int>(permutation[i])];
    out.strides[i] = source.strides[static_cast<size_t>(permutation[i])];
  }
  return out;
}

// Without the axis, of which one element is taken.
std::optional<StridedView> gathered(const Body& body, const Node& node, const StridedView& source) {
  const ValueType& indices = body.type(node.inputs[1]);
  if (!indices.constant || indices.shape->rank() != 0) return std::nullopt;
  const int axis = normalize_axis(node.attributes.get_int("axis", 0), source.shape.rank());
  const int64_t index = to_int64s(*indices.content)[0], size = source.shape[axis];
  if (index < -size || index >= size) return std::nullopt;

  StridedView out = source;
  out.shape = Shape();
  out.strides.clear();
  for (int i = 0; i < source.shape.rank(); ++i) {
    if (i == axis) continue;
    out.shape.push_back(source.shape[i]);
    out.strides.push_back(source.strides[static_cast<size_t>(i)]);
  }
  out.offset += (index < 0 ? index + size : index) * source.strides[static_cast<size_t>(axis)];
  return out;
}

}  // namespace

StridedView view_of(const NodeContext& context, int index) {
  return {index, context.shape(index), strides_of(context.shape(index))};
}

std::optional<float> factor_of(const Body& body, const Node& node, size_t data) {
  if (node.op_type != "Mul" && (node.op_type != "Div" || data != 0)) return std::nullopt;
  const ValueType& other = body.type(node.inputs[1 - data]);
  const bool is_number = other.constant && other.dtype == DType::Float &&
                         other.shape->elements() == 1 && other.shape->rank() <= 1;
  if (!is_number) return std::nullopt;
  const float number = other.content->as<float>()[0];
  return node.op_type == "Mul" ? number : 1 / number;
}

std::optional<StridedView> apply(const Body& body, const Node& node, const StridedView& source) {
  if (node.op_type == "Transpose" && node.attributes.has("perm")) {
    return transposed(source, node.attributes.get_ints("perm"));
  }
  if (node.op_type == "Gather") return gathered(body, node, source);
  const auto factor = factor_of(body, node, 0);
  if (!factor) return std::nullopt;
  StridedView out = source;
  out.scale *= *factor;
  return out;
}

}  // namespace fovea

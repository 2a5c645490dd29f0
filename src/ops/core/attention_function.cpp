#include "ops/core/attention_function.h"

#include <algorithm>

namespace fovea {

ValueId split_heads(Function& f, ValueId id, const Shape& heads) {
  const ValueId apart = reshaped(f, id, {heads[0], heads[2], heads[1], heads[3]});
  return transposed(f, apart, {0, 2, 1, 3});
}

ValueId merge_heads(Function& f, ValueId id, const Shape& heads) {
  const ValueId apart = transposed(f, id, {0, 2, 1, 3});
  return reshaped(f, apart, {heads[0], heads[2], heads[1] * heads[3]});
}

namespace {

// Heads that share keys are as good as one with more queries.
struct Grouped {
  explicit Grouped(const AttentionSizes& all) : sizes(all), groups(all.q_heads / all.kv_heads) {}

  ValueId group(Function& f, ValueId id, int64_t last) const {
    if (groups == 1) return id;
    return reshaped(f, id, {sizes.batch, sizes.kv_heads, groups * sizes.q_length, last});
  }
  ValueId ungroup(Function& f, ValueId id, int64_t last) const {
    if (groups == 1) return id;
    return reshaped(f, id, {sizes.batch, sizes.q_heads, sizes.q_length, last});
  }

  const AttentionSizes& sizes;
  int64_t groups;
};

}  // namespace

ValueId attention_scores(Function& f, const AttentionSizes& sizes, ValueId q, ValueId k,
                         double scale, DType dtype) {
  const Grouped grouped(sizes);
  const ValueId queries = grouped.group(f, scaled(f, q, scale, dtype), sizes.head);
  const ValueId product = f.op("MatMul", {queries, transposed(f, k, {0, 1, 3, 2})});
  return grouped.ungroup(f, product, sizes.kv_length);
}

ValueId attention_values(Function& f, const AttentionSizes& sizes, ValueId weights, ValueId v) {
  const Grouped grouped(sizes);
  const ValueId product = f.op("MatMul", {grouped.group(f, weights, sizes.kv_length), v});
  return grouped.ungroup(f, product, sizes.v_head);
}

ValueId softcapped(Function& f, ValueId x, double cap, DType dtype) {
  if (cap == 0.0) return x;
  const ValueId limit = f.scalar(dtype, cap);
  return f.op("Mul", {f.op("Tanh", {f.op("Div", {x, limit})}), limit});
}

ValueId positions_from_zero(Function& f, const Shape& shape) {
  Tensor tensor = Tensor::allocate(DType::Int64, shape);
  const auto elements = tensor.mutable_as<int64_t>();
  const auto last = static_cast<size_t>(shape[shape.rank() - 1]);
  for (size_t i = 0; i < elements.size(); ++i) elements[i] = static_cast<int64_t>(i % last);
  return f.constant(std::move(tensor));
}

ValueId visible_keys(Function& f, const AttentionSizes& sizes, KeyWindow window, ValueId offset) {
  if (window.left < 0 && window.right < 0) return kNoValue;
  constexpr int64_t kFar = int64_t{1} << 53;
  const auto bound = [&](int64_t keys) { return f.ints({std::min(keys, kFar)}); };
  const ValueId queries = f.op(
      "Add", {reshaped(f, positions_from_zero(f, {sizes.q_length}), {sizes.q_length, 1}), offset});
  const ValueId keys = positions_from_zero(f, {1, sizes.kv_length});
  ValueId visible = kNoValue;
  if (window.left >= 0) {
    visible = f.op("GreaterOrEqual", {f.op("Add", {keys, bound(window.left)}), queries});
  }
  if (window.right >= 0) {
    const ValueId last = f.op("Add", {queries, bound(window.right)});
    visible = combined(f, "And", visible, f.op("LessOrEqual", {keys, last}));
  }
  return visible;
}

ValueId keys_before(Function& f, const AttentionSizes& sizes, ValueId count) {
  return f.op("Less", {positions_from_zero(f, {1, sizes.kv_length}), count});
}

ValueId bias_of(Function& f, ValueId visible, DType dtype, double hidden) {
  return f.op("Where", {visible, f.scalar(dtype, 0), f.scalar(dtype, hidden)});
}

ValueId rotated(Function& f, ValueId x, const Shape& shape, ValueId cosines, ValueId sines,
                const Rotation& rotation) {
  const int64_t axis = shape.rank() - 1, size = rotation.size, head = shape[shape.rank() - 1];
  const auto half = [&](int64_t index) {
    if (rotation.interleaved) return sliced(f, x, axis, index, size, 2);
    return sliced(f, x, axis, index * (size / 2), (index + 1) * (size / 2));
  };
  const ValueId a = half(0), b = half(1);
  const auto product = [&](ValueId left, ValueId right) { return f.op("Mul", {left, right}); };
  const ValueId real = f.op("Sub", {product(cosines, a), product(sines, b)});
  const ValueId imaginary = f.op("Add", {product(sines, a), product(cosines, b)});
  std::vector<ValueId> parts = {real, imaginary};
  if (rotation.interleaved) {
    Shape pairs = shape, all = shape;
    pairs[static_cast<int>(axis)] = size / 2;
    pairs.push_back(1);
    all[static_cast<int>(axis)] = size;
    const ValueId joint =
        joined(f, {reshaped(f, real, pairs), reshaped(f, imaginary, pairs)}, axis + 1);
    parts = {reshaped(f, joint, all)};
  }
  if (size < head) parts.push_back(sliced(f, x, axis, size, head));
  return parts.size() == 1 ? parts[0] : joined(f, std::move(parts), axis);
}

}  // namespace fovea

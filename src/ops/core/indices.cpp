#include "ops/core/indices.h"

namespace fovea {
namespace {

void check_index(std::string_view op_type, int64_t index, int64_t size) {
  if (index >= -size && index < size) return;
  fail(ErrorCode::InvalidInput, "index ", index, " of ", op_type, " is outside dimension ", size);
}

template <class Index>
int64_t first_outside(const std::byte* data, int64_t end, int64_t size, int64_t begin,
                      int64_t step) {
  const Index* indices = reinterpret_cast<const Index*>(data);
  int64_t i = begin;
  while (i < end && indices[i] >= -size && indices[i] < size) i += step;
  return i;
}

}  // namespace

void Indices::require(std::string_view op_type, int64_t end, int64_t size, int64_t begin,
                      int64_t step) const {
  const int64_t outside =
      (wide_ ? first_outside<int64_t> : first_outside<int32_t>)(data_, end, size, begin, step);
  if (outside < end) check_index(op_type, written(outside), size);
}

IndexTuples::IndexTuples(const Shape& shape, int batch_dims, int depth) {
  for (int axis = batch_dims; axis < batch_dims + depth; ++axis) sizes_.push_back(shape[axis]);
}

void IndexTuples::require(std::string_view op_type, const Indices& indices, int64_t count) const {
  const auto depth = static_cast<int64_t>(sizes_.size());
  for (int64_t axis = 0; axis < depth; ++axis) {
    indices.require(op_type, count * depth, sizes_[static_cast<size_t>(axis)], axis, depth);
  }
}

int64_t IndexTuples::block(const Indices& indices, int64_t i, int64_t batch) const {
  int64_t block = batch;
  const auto depth = static_cast<int64_t>(sizes_.size());
  for (int64_t axis = 0; axis < depth; ++axis) {
    const int64_t size = sizes_[static_cast<size_t>(axis)];
    block = block * size + indices.position(i * depth + axis, size);
  }
  return block;
}

void require_indices(const NodeContext& context, int index, int64_t size) {
  for (const int64_t value : context.int64s(index)) {
    check_index(context.node().op_type, value, size);
  }
}

}  // namespace fovea

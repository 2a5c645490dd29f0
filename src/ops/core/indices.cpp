#include "ops/core/indices.h"

namespace fovea {

IndexTuples::IndexTuples(const Shape& shape, int batch_dims, int depth) {
  for (int axis = batch_dims; axis < batch_dims + depth; ++axis) sizes_.push_back(shape[axis]);
}

int64_t IndexTuples::block(const Indices& indices, int64_t i, int64_t batch) const {
  int64_t block = batch;
  const auto depth = static_cast<int64_t>(sizes_.size());
  for (int64_t axis = 0; axis < depth; ++axis) {
    const int64_t size = sizes_[static_cast<size_t>(axis)];
    const int64_t position = indices.position(i * depth + axis, size);
    if (position < 0) return -1;
    block = block * size + position;
  }
  return block;
}

void require_indices(const NodeContext& context, int index, int64_t size) {
  for (const int64_t value : context.int64s(index)) {
    if (value >= -size && value < size) continue;
    fail(ErrorCode::InvalidInput, "index ", value, " of ", context.node().op_type,
         " is outside dimension ", size);
  }
}

}  // namespace fovea

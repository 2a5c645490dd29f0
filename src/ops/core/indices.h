#pragma once

#include "ops/op.h"

namespace fovea {

// The elements of an index tensor (int32 or int64) while a kernel runs.
class Indices {
 public:
  Indices(const RunContext& run, int input, DType dtype)
      : data_(run.in<std::byte>(input)), wide_(dtype == DType::Int64) {}

  // The element as a position in an axis of `size`, negative ones counted from its end; -1 when it
  // is outside. Kernels cannot fail, so they leave out or zero what such an index stands for.
  int64_t position(int64_t i, int64_t size) const {
    const int64_t written = wide_ ? reinterpret_cast<const int64_t*>(data_)[i]
                                  : reinterpret_cast<const int32_t*>(data_)[i];
    const int64_t index = written < 0 ? written + size : written;
    return index >= 0 && index < size ? index : -1;
  }

 private:
  const std::byte* data_;
  bool wide_;
};

// Tuples of `depth` indices that each address a block of `shape` behind its `batch_dims` first
// axes: what GatherND and ScatterND have in common.
class IndexTuples {
 public:
  IndexTuples(const Shape& shape, int batch_dims, int depth);

  // The number of the block that tuple `i` addresses in that batch; -1 when an index is outside.
  int64_t block(const Indices& indices, int64_t i, int64_t batch) const;

 private:
  std::vector<int64_t> sizes_;
};

// Throws Error(InvalidInput) when the elements of input `index` are known and one is outside an
// axis of `size`.
void require_indices(const NodeContext& context, int index, int64_t size);

}  // namespace fovea

#pragma once

#include "ops/op.h"

namespace fovea {

// The elements of an index tensor (int32 or int64) while a kernel runs.
class Indices {
 public:
  Indices(const RunContext& run, int input, DType dtype)
      : data_(run.in<std::byte>(input)), wide_(dtype == DType::Int64) {}

  // Throws Error(InvalidInput) when one of the elements begin, begin + step, ... before `end` is
  // outside an axis of `size`.
  void require(std::string_view op_type, int64_t end, int64_t size, int64_t begin = 0,
               int64_t step = 1) const;

  // The element as a position in an axis of `size`, negative ones counted from its end. It must
  // have been required.
  int64_t position(int64_t i, int64_t size) const {
    const int64_t index = written(i);
    return index < 0 ? index + size : index;
  }

 private:
  int64_t written(int64_t i) const {
    return wide_ ? reinterpret_cast<const int64_t*>(data_)[i]
                 : reinterpret_cast<const int32_t*>(data_)[i];
  }

  const std::byte* data_;
  bool wide_;
};

// Tuples of `depth` indices that each address a block of `shape` behind its `batch_dims` first
// axes: what GatherND and ScatterND have in common.
class IndexTuples {
 public:
  IndexTuples(const Shape& shape, int batch_dims, int depth);

  // Throws Error(InvalidInput) when an index of the first `count` tuples is outside its axis.
  void require(std::string_view op_type, const Indices& indices, int64_t count) const;

  // The number of the block that tuple `i` addresses in that batch. It must have been required.
  int64_t block(const Indices& indices, int64_t i, int64_t batch) const;

 private:
  std::vector<int64_t> sizes_;
};

// Throws Error(InvalidInput) when the elements of input `index` are known and one is outside an
// axis of `size`.
void require_indices(const NodeContext& context, int index, int64_t size);

}  // namespace fovea

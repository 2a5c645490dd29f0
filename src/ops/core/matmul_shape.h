#pragma once

#include "ops/core/gemm_step.h"
#include "ops/op.h"

namespace fovea {

// The shapes of numpy.matmul: a vector on the left is a row, on the right a column, and that axis
// vanishes again; axes before the last two broadcast.
struct MatMul {
  explicit MatMul(const NodeContext& context);
  Shape output() const;

  Shape a, b;  // at least two axes
  Shape batch;
  bool row = false, column = false;
};

BatchedGemm batched(const MatMul& matmul);

Window window_matmul(const WindowContext& context);

int64_t macs_matmul(const NodeContext& context, const Shape& output);

}  // namespace fovea

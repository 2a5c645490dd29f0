#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/shape.h"
#include "kernels/loop_nest.h"
#include "threads/thread_pool.h"

namespace fovea::kernels {

// A permutation of axes, prepared for one shape: axes that stay neighbours are merged, and where
// the innermost axis changes, square blocks keep both arrays in cache.
class Transpose {
 public:
  // Output axis i is input axis permutation[i]; elements of 1, 2, 4, 8 or 16 bytes. Throws
  // Error(UnsupportedAttribute) for more axes than a LoopNest takes.
  Transpose(const Shape& shape, std::span<const int64_t> permutation, size_t element_bytes);

  // The arrays must not overlap.
  void run(const std::byte* from, std::byte* to, ThreadPool& pool) const noexcept;

 private:
  using Nest = LoopNest<2>;  // operand 0 is the input, 1 the output

  void run_blocked(const std::byte* from, std::byte* to, ThreadPool& pool) const noexcept;

  size_t element_bytes_;
  Nest nest_;
  // Where blocked_: nest_ without the axis contiguous in the input, `row_`, and the one contiguous
  // in the output, `column_`.
  bool blocked_ = false;
  Nest outer_;
  Nest::Axis row_;
  Nest::Axis column_;
};

}  // namespace fovea::kernels

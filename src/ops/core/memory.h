#pragma once

#include <vector>

#include "kernels/loop_nest.h"
#include "ops/op.h"

// Where the elements of a value lie, and copies between values that differ in that.

namespace fovea {

// A value as a kernel sees it.
struct Operand {
  DType dtype = DType::Undefined;
  Shape shape;
  Layout layout = Layout::Plain;
};

Operand input_operand(const PlanContext& context, int index);
Operand output_operand(const PlanContext& context, int index = 0);

// Distance in elements between neighbours along each axis of `shape`.
std::vector<int64_t> memory_strides(const Shape& shape, Layout layout);

// The axes of a tensor from the outermost to the innermost in memory.
std::vector<int> memory_order(int rank, Layout layout);

// A block of elements from one value to another, with everything but the pointers settled.
class CopyStep {
 public:
  // Element [i, j, ...] of `block` is read at from_offset + i * from_strides[0] + ... and written
  // at to_offset + i * to_strides[0] + ..., all in elements. `layout` is the target's.
  CopyStep(DType dtype, const Shape& block, Layout layout, const std::vector<int64_t>& from_strides,
           const std::vector<int64_t>& to_strides, int64_t from_offset = 0, int64_t to_offset = 0);
  CopyStep(DType dtype, const kernels::LoopNest<2>& nest);

  void run(const std::byte* from, std::byte* to, ThreadPool& pool) const;

 private:
  kernels::LoopNest<2> nest_;
  size_t element_bytes_;
  int64_t from_offset_ = 0;
  int64_t to_offset_ = 0;
};

// Zeroes the padding lanes of a channels-last value; nothing for a plain one.
void clear_padding(const Operand& value, std::byte* data, ThreadPool& pool);

}  // namespace fovea

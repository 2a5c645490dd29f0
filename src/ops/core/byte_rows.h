#pragma once

#include "kernels/matmul/byte_product.h"
#include "ops/op.h"

// Bytes with zero points as products take them, see kernels/matmul/byte_product.h.
namespace fovea {

inline kernels::ByteCodes byte_codes(DType dtype) {
  return {static_cast<uint8_t>(dtype == DType::Int8 ? 0x80 : 0)};
}

// Rows of an input, the zero points of which are another's: one for all rows, one each, or none.
struct ByteRows {
  ByteRows(const NodeContext& context, int input, int points_input, int64_t row_depth)
      : codes(byte_codes(context.dtype(input))),
        depth(row_depth),
        points(context.has_input(points_input) ? context.shape(points_input).elements() : 1) {}

  // Elements of a row once it is widened.
  int64_t step() const { return kernels::paired(depth); }
  uint8_t point_of(const uint8_t* all, int64_t row) const { return all ? all[row % points] : 0; }
  void widen(const uint8_t* from, const uint8_t* all_points, int64_t begin, int64_t end,
             int16_t* to) const {
    for (int64_t row = begin; row < end; ++row, to += step()) {
      kernels::widen_row(codes, from + row * depth, point_of(all_points, row), depth, to);
    }
  }

  kernels::ByteCodes codes;
  int64_t depth;
  int64_t points;
};

// Whether an input and its zero points are known while planning.
inline bool are_constant(const PlanContext& context, int input, int points) {
  return context.constant(input) && (context.constant(points) || !context.has_input(points));
}

inline const uint8_t* bytes_of(const Tensor* tensor) {
  return tensor ? reinterpret_cast<const uint8_t*>(tensor->data()) : nullptr;
}

}  // namespace fovea

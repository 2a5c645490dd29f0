#pragma once

#include <cstddef>

#include "kernels/elementwise/binary.h"
#include "ops/core/broadcast.h"

namespace fovea {

// The row of Op from T, T to T for the T of `dtype`, which must be one of Ts.
template <class Op, class... Ts>
kernels::BinaryRow element_row(DType dtype) {
  return dispatch<Ts...>(dtype, [](auto tag) -> kernels::BinaryRow {
    using T = typename decltype(tag)::type;
    return kernels::binary_row<Op, T, T, T>;
  });
}

// The same for one of Ts or one of the integer types in kArithmeticTypes.
template <class Op, class... Ts>
kernels::BinaryRow integer_row(DType dtype) {
  return element_row<Op, Ts..., int32_t, int64_t, uint64_t>(dtype);
}

// out = op(a, b) over broadcast operands, with everything but the pointers settled.
class BroadcastStep {
 public:
  // `keeps_zero`: op(0, 0) is 0, so that padding lanes need no care.
  BroadcastStep(const Operand& a, const Operand& b, const Operand& out, kernels::BinaryRow row,
                bool keeps_zero);

  void run(const std::byte* a, const std::byte* b, std::byte* out, ThreadPool& pool) const;

 private:
  kernels::LoopNest<3> nest_;
  kernels::BinaryRow row_;
  std::array<int64_t, 3> element_bytes_;
  Operand to_clear_;  // the output, where its padding lanes must be zeroed afterwards
};

// The kernel of a node with inputs a and b. For opsets before 7, `b` lies along a's axes as the
// attributes `broadcast` and `axis` say.
Kernel plan_broadcast_step(PlanContext& context, kernels::BinaryRow row, bool keeps_zero = false);

// Shape rule of operators with inputs a and b: the element type is a's, or `output`.
void infer_broadcast(InferContext& context);
void infer_broadcast(InferContext& context, DType output);

}  // namespace fovea

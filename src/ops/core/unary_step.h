#pragma once

#include "kernels/unary.h"
#include "ops/core/memory.h"

namespace fovea {

// Elements worth a chunk of their own.
inline constexpr int64_t kUnaryGrain = 8192;

// The kernel that maps every element of input 0 by the function object which `make_op(run)` returns
// at run time. Padding lanes are zeroed afterwards unless `keeps_zero`: op(0) is 0.
template <class T, class MakeOp>
Kernel map_elements(const PlanContext& context, MakeOp make_op, bool keeps_zero) {
  const Operand out = {dtype_of<T>, context.shape(0), context.output_layout(0)};
  const auto count = static_cast<int64_t>(bytes_of(out.dtype, out.shape, out.layout) / sizeof(T));
  return [=](RunContext& run) {
    const T* from = run.in<T>(0);
    T* to = run.out<T>(0);
    const auto op = make_op(run);
    run.pool().parallel_for(count, kUnaryGrain, [&](int64_t begin, int64_t end) {
      kernels::unary_row(op, from + begin, to + begin, end - begin);
    });
    if (!keeps_zero) clear_padding(out, run.out<std::byte>(0), run.pool());
  };
}

// The kernel of an operator whose function object is known when planning, for element types Ts.
template <class... Ts, class Op>
Kernel plan_unary(PlanContext& context, Op op, bool keeps_zero) {
  return dispatch<Ts...>(context.dtype(0), [&](auto tag) {
    using T = typename decltype(tag)::type;
    return map_elements<T>(
        context, [op](RunContext&) { return op; }, keeps_zero);
  });
}

}  // namespace fovea

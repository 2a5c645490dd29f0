// Softmax, LogSoftmax.

#include "kernels/reduction/softmax.h"

#include "ops/core/axes.h"

namespace fovea {
namespace {

constexpr int kOneAxisOpset = 13;  // before, the tensor was flattened to two axes

template <bool kLogarithm>
Kernel plan_softmax(PlanContext& context) {
  const Shape& shape = context.shape(0);
  const bool one_axis = context.opset() >= kOneAxisOpset;
  const int axis = axis_of(context, shape.rank(), one_axis ? -1 : 1);
  const int last = one_axis ? axis + 1 : shape.rank();
  const int64_t outer = shape.elements(0, axis);
  const int64_t count = shape.elements(axis, last);
  const int64_t inner = shape.elements(last, shape.rank());
  return dispatch<float, double>(context.dtype(0), [&](auto tag) -> Kernel {
    using T = typename decltype(tag)::type;
    return [=](RunContext& run) {
      if constexpr (kLogarithm) {
        kernels::log_softmax(run.in<T>(0), run.out<T>(0), outer, count, inner, run.pool());
      } else {
        kernels::softmax(run.in<T>(0), run.out<T>(0), outer, count, inner, run.pool());
      }
    };
  });
}

constexpr OpDef softmax(std::string_view op_type, PlanRule plan) {
  return {.op_type = op_type,
          .meaning = {.types = {type_of_input(0, kFloat32And64)}, .infer = infer_like_input},
          .cpu = {.plan = plan, .reuse = Reuse::InPlace}};
}

constexpr OpDef kOps[] = {
    softmax("Softmax", plan_softmax<false>),
    softmax("LogSoftmax", plan_softmax<true>),
};

}  // namespace

extern constinit const OpFamily softmax_ops = kOps;

}  // namespace fovea

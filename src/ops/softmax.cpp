// Softmax, LogSoftmax, Hardmax.

#include "kernels/reduction/softmax.h"

#include "ops/core/axes.h"
#include "ops/op.h"

namespace fovea {
namespace {

constexpr int kOneAxisOpset = 13;  // before, the tensor was flattened to two axes

// The tensor as [outer][count][inner], where `count` elements are normalised together.
struct Normalized {
  explicit Normalized(const NodeContext& context) {
    const Shape& shape = context.shape(0);
    const bool one_axis = context.opset() >= kOneAxisOpset;
    axis = axis_of(context, shape.rank(), one_axis ? -1 : 1);
    end = one_axis ? axis + 1 : shape.rank();
    outer = shape.elements(0, axis);
    count = shape.elements(axis, end);
    inner = shape.elements(end, shape.rank());
  }
  int axis, end;  // that are normalised
  int64_t outer, count, inner;
};

Window window_softmax(const WindowContext& context) {
  const Normalized size(context);
  const bool inside = context.axis() >= size.axis && context.axis() < size.end;
  return inside ? Window{} : same_place(context.axis());
}

template <class T>
using Run = void (*)(const T*, T*, int64_t, int64_t, int64_t, ThreadPool&) noexcept;

template <class T>
constexpr Run<T> kRuns[] = {kernels::softmax, kernels::log_softmax, kernels::hardmax};

// By its place in kRuns.
template <int kForm>
Kernel plan_softmax(PlanContext& context) {
  const Normalized size(context);
  return dispatch<float, double>(context.dtype(0), [&](auto tag) -> Kernel {
    using T = typename decltype(tag)::type;
    return [size](RunContext& run) {
      kRuns<T>[kForm](run.in<T>(0), run.out<T>(0), size.outer, size.count, size.inner, run.pool());
    };
  });
}

constexpr OpDef softmax(std::string_view op_type, PlanRule plan) {
  return {.op_type = op_type,
          .meaning = {.types = {type_of_input(0, kFloat32And64)},
                      .infer = infer_like_input,
                      .window = window_softmax},
          .cpu = {.plan = plan, .reuse = Reuse::InPlace}};
}

constexpr OpDef kOps[] = {
    softmax("Softmax", plan_softmax<0>),
    softmax("LogSoftmax", plan_softmax<1>),
    softmax("Hardmax", plan_softmax<2>),
};

}  // namespace

extern constinit const OpFamily softmax_ops = kOps;

}  // namespace fovea

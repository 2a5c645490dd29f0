// The position of an extreme along an axis: ArgMax, ArgMin.

#include <functional>

#include "ops/core/axes.h"

namespace fovea {
namespace {

constexpr int64_t kGrain = 4096;

void infer_arg(InferContext& context) {
  Shape out = context.shape(0);
  const int axis = axis_of(context, out.rank(), 0);
  if (out[axis] == 0) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " along the empty axis ", axis, " of ",
         out);
  }
  out[axis] = 1;
  if (context.attributes().get_int("keepdims", 1) == 0) {
    std::vector<int64_t> dims = out.dims();
    dims.erase(dims.begin() + axis);
    out = Shape(std::move(dims));
  }
  context.set_output(0, DType::Int64, std::move(out));
}

// `Better` is strict; of equals the first stays, or with `last` the last.
template <class T, class Better>
int64_t best_position(const T* from, int64_t stride, int64_t count, bool last) {
  int64_t best = 0;
  for (int64_t i = 1; i < count; ++i) {
    const T value = from[i * stride], champion = from[best * stride];
    if (Better()(value, champion) || (last && !Better()(champion, value))) best = i;
  }
  return best;
}

template <template <class> class Better>
Kernel plan_arg(PlanContext& context) {
  const Shape& in = context.shape(0);
  const int axis = axis_of(context, in.rank(), 0);
  const int64_t outer = in.elements(0, axis), size = in[axis];
  const int64_t inner = in.elements(axis + 1, in.rank());
  const bool last = context.attributes().get_int("select_last_index", 0) != 0;
  return dispatch_with_integers<float, double>(context.dtype(0), [&](auto tag) -> Kernel {
    using T = typename decltype(tag)::type;
    return [=](RunContext& run) {
      const T* from = run.in<T>(0);
      int64_t* out = run.out<int64_t>(0);
      run.pool().parallel_for(outer * inner, kGrain / size + 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const T* line = from + i / inner * size * inner + i % inner;
          out[i] = best_position<T, Better<T>>(line, inner, size, last);
        }
      });
    };
  });
}

constexpr OpDef kOps[] = {
    {.op_type = "ArgMax", .meaning = {.infer = infer_arg}, .cpu = {.plan = plan_arg<std::greater>}},
    {.op_type = "ArgMin", .meaning = {.infer = infer_arg}, .cpu = {.plan = plan_arg<std::less>}},
};

}  // namespace

extern constinit const OpFamily arg_ops = kOps;

}  // namespace fovea

// The position of an extreme along an axis: ArgMax, ArgMin.

#include <functional>

#include "ops/core/axes.h"
#include "ops/core/wider.h"

namespace fovea {
namespace {

constexpr int64_t kGrain = 4096;

void infer_arg(InferContext& context) {
  Shape out = context.shape(0);
  const int axis = axis_of(context, out.rank(), 0);
  const bool nothing_to_choose = out[axis] == 0;
  out[axis] = 1;
  if (nothing_to_choose && out.elements() > 0) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " along the empty axis ", axis, " of ",
         context.shape(0));
  }
  if (context.attributes().get_int("keepdims", 1) == 0) {
    std::vector<int64_t> dims = out.dims();
    dims.erase(dims.begin() + axis);
    out = Shape(std::move(dims));
  }
  context.set_output(0, DType::Int64, std::move(out));
}

Window window_arg(const WindowContext& context) {
  const int axis = axis_of(context, context.shape(0).rank(), 0);
  const bool stays = context.attributes().get_int("keepdims", 1) != 0;
  return window_beside({&axis, 1}, stays, context.axis());
}

// The best of `count` elements, `stride` apart from element `first` on. `Better` is strict; of
// equals the first stays, or with `last` the last.
template <class T, class Better>
int64_t best_position(const std::byte* data, int64_t first, int64_t stride, int64_t count,
                      bool last) {
  const T* from = reinterpret_cast<const T*>(data) + first;
  int64_t best = 0;
  T champion = *from;
  for (int64_t i = 1; i < count; ++i) {
    const T value = from[i * stride];
    if (Better()(value, champion) || (last && !Better()(champion, value))) {
      best = i;
      champion = value;
    }
  }
  return best;
}

using BestPosition = decltype(&best_position<float, std::less<float>>);

Kernel arg_kernel(const PlanContext& context, BestPosition best) {
  const Shape& in = context.shape(0);
  const int axis = axis_of(context, in.rank(), 0);
  const int64_t outer = in.elements(0, axis), size = in[axis];
  const int64_t inner = in.elements(axis + 1, in.rank());
  const bool last = context.attributes().get_int("select_last_index", 0) != 0;
  return [=](RunContext& run) {
    const std::byte* from = run.in<std::byte>(0);
    int64_t* out = run.out<int64_t>(0);
    run.pool().parallel_for(outer * inner, kGrain / size + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        out[i] = best(from, i / inner * size * inner + i % inner, inner, size, last);
      }
    });
  };
}

template <template <class> class Better>
Kernel plan_arg(PlanContext& context) {
  return arg_kernel(context, dispatch<float, double, int64_t, uint64_t>(
                                 context.dtype(0), [](auto tag) -> BestPosition {
                                   using T = typename decltype(tag)::type;
                                   return best_position<T, Better<T>>;
                                 }));
}

constexpr OpDef kOps[] = {
    {.op_type = "ArgMax",
     .meaning = {.types = {type_of_input(0, kNumbers)},
                 .infer = infer_arg,
                 .element_type = always<DType::Int64>,
                 .window = window_arg},
     .cpu = {.plan = plan_through<plan_arg<std::greater>, kWidestTypes>}},
    {.op_type = "ArgMin",
     .meaning = {.types = {type_of_input(0, kNumbers)},
                 .infer = infer_arg,
                 .element_type = always<DType::Int64>,
                 .window = window_arg},
     .cpu = {.plan = plan_through<plan_arg<std::less>, kWidestTypes>}},
};

}  // namespace

extern constinit const OpFamily arg_ops = kOps;

}  // namespace fovea

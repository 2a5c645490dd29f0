// TopK.

#include <algorithm>
#include <numeric>

#include "ops/core/axes.h"

namespace fovea {
namespace {

constexpr int64_t kGrain = 1024;

int64_t k_of(const NodeContext& context) {
  const std::vector<int64_t> k = context.has_input(1)
                                     ? context.int64s(1)
                                     : std::vector<int64_t>{context.attributes().get_int("k", -1)};
  if (k.size() != 1) {
    fail(ErrorCode::MalformedModel, "TopK takes one k, not ", k.size());
  }
  return k[0];
}

void infer_topk(InferContext& context) {
  Shape out = context.shape(0);
  const int axis = axis_of(context, out.rank(), -1);
  const int64_t k = k_of(context);
  if (k < 0 || k > out[axis]) {
    fail(ErrorCode::InvalidInput, "TopK of ", k, " along axis ", axis, " of ", out);
  }
  out[axis] = k;
  context.set_output(0, context.dtype(0), out);
  context.set_output(1, DType::Int64, out);
}

struct Lines {
  int64_t count;
  int64_t size;
  int64_t k;
  int64_t stride;
  bool largest;
};

// A total order, as sorting needs: NaN is above every number.
template <class T>
bool above(T a, T b) {
  return a > b || (a != a && b == b);
}

// Of equal elements the one with the lower index comes first.
template <class T>
void select(const T* line, const Lines& lines, int64_t* order) {
  std::iota(order, order + lines.size, int64_t{0});
  std::partial_sort(order, order + lines.k, order + lines.size, [&](int64_t a, int64_t b) {
    const T x = line[a * lines.stride], y = line[b * lines.stride];
    if (above(x, y)) return lines.largest;
    if (above(y, x)) return !lines.largest;
    return a < b;
  });
}

template <class T>
Kernel topk_kernel(const Lines& lines) {
  return [lines](RunContext& run) {
    const T* from = run.in<T>(0);
    T* values = run.out<T>(0);
    int64_t* indices = run.out<int64_t>(1);
    run.pool().parallel_for(
        lines.count, kGrain / (lines.size + 1) + 1, [&](int64_t begin, int64_t end, int worker) {
          int64_t* order = reinterpret_cast<int64_t*>(run.scratch()) + worker * lines.size;
          for (int64_t i = begin; i < end; ++i) {
            const int64_t outer = i / lines.stride, inner = i % lines.stride;
            const T* line = from + outer * lines.size * lines.stride + inner;
            select(line, lines, order);
            const int64_t first = outer * lines.k * lines.stride + inner;
            for (int64_t j = 0; j < lines.k; ++j) {
              if (values) values[first + j * lines.stride] = line[order[j] * lines.stride];
              if (indices) indices[first + j * lines.stride] = order[j];
            }
          }
        });
  };
}

Kernel plan_topk(PlanContext& context) {
  const Shape& in = context.shape(0);
  const int axis = axis_of(context, in.rank(), -1);
  Lines lines;
  lines.size = in[axis];
  lines.k = k_of(context);
  lines.stride = in.elements(axis + 1, in.rank());
  lines.count = in.elements(0, axis) * lines.stride;
  lines.largest = context.attributes().get_int("largest", 1) != 0;
  context.reserve_scratch(static_cast<uint64_t>(context.threads()) *
                          static_cast<uint64_t>(lines.size) * sizeof(int64_t));
  return dispatch_with_integers<float, double>(
      context.dtype(0), [&](auto tag) { return topk_kernel<typename decltype(tag)::type>(lines); });
}

constexpr OpDef kOps[] = {
    {.op_type = "TopK",
     .meaning = {.inputs = {1, 2}, .outputs = {1, 2}, .infer = infer_topk, .content_inputs = {1}},
     .cpu = {.plan = plan_topk}},
};

}  // namespace

extern constinit const OpFamily topk_ops = kOps;

}  // namespace fovea

// CumSum, CumProd.

#include <algorithm>
#include <cstring>

#include "ops/core/axes.h"
#include "ops/core/broadcast_step.h"

namespace fovea {
namespace {

constexpr int64_t kGrain = 4096;

int running_axis(const NodeContext& context) {
  const std::vector<int64_t> axis = context.int64s(1);
  if (axis.size() != 1) {
    fail(ErrorCode::MalformedModel, context.node().op_type, " takes one axis, not ", axis.size());
  }
  return normalize_axis(axis[0], context.shape(0).rank());
}

void infer_running(InferContext& context) {
  running_axis(context);
  infer_like_input(context);
}

Window window_running(const WindowContext& context) {
  return context.axis() == running_axis(context) ? Window{} : same_place(context.axis());
}

// Along `count` elements, `stride` apart from element `first` on. kNeutral changes nothing.
template <class Op, int kNeutral, class T>
void accumulate(const std::byte* in, std::byte* out, int64_t first, int64_t stride, int64_t count,
                bool exclusive) {
  const T* from = reinterpret_cast<const T*>(in) + first;
  T* to = reinterpret_cast<T*>(out) + first;
  T result = kNeutral;
  for (int64_t i = 0; i < count; ++i) {
    const T value = from[i * stride];
    const T next = Op()(result, value);
    to[i * stride] = exclusive ? result : next;
    result = next;
  }
}

using Accumulate = decltype(&accumulate<kernels::Add, 0, float>);

// Along `steps` rows of `count` elements that lie so many bytes apart, the first of which is at
// `in`.
void accumulate_rows(kernels::BinaryRow add, const std::byte* in, std::byte* out, int64_t apart,
                     int64_t steps, int64_t count, size_t row_bytes) {
  if (in != out) std::memcpy(out, in, row_bytes);
  for (int64_t i = 1; i < steps; ++i) {
    add(out + (i - 1) * apart, in + i * apart, out + i * apart, {}, count);
  }
}

// Along an axis that is not the last, a row of neighbours at once.
Kernel plan_rows(PlanContext& context, kernels::BinaryRow add, int64_t size, int64_t inner,
                 bool reverse) {
  constexpr int64_t kColumns = 1024;
  const auto bytes = static_cast<int64_t>(element_bytes(context.dtype(0)));
  const int64_t outer = context.shape(0).elements() / (size * inner);
  const int64_t blocks = (inner + kColumns - 1) / kColumns;
  const int64_t first = reverse ? (size - 1) * inner : 0;
  const int64_t apart = (reverse ? -inner : inner) * bytes;
  return [=](RunContext& run) {
    run.pool().parallel_for(outer * blocks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t column = i % blocks * kColumns;
        const int64_t count = std::min(kColumns, inner - column);
        const int64_t at = (i / blocks * size * inner + first + column) * bytes;
        accumulate_rows(add, run.in<std::byte>(0) + at, run.out<std::byte>(0) + at, apart, size,
                        count, static_cast<size_t>(count * bytes));
      }
    });
  };
}

template <class Op, int kNeutral>
Kernel plan_running(PlanContext& context) {
  const Shape& in = context.shape(0);
  const int axis = running_axis(context);
  const int64_t size = in[axis], inner = in.elements(axis + 1, in.rank());
  const int64_t lines = in.elements(0, axis) * inner;
  const bool exclusive = context.attributes().get_int("exclusive", 0) != 0;
  const bool reverse = context.attributes().get_int("reverse", 0) != 0;
  if (inner > 1 && !exclusive) {
    const auto add = context.dtype(0) == DType::Float
                         ? kernels::binary_row_f32<Op>
                         : integer_row<Op, double, uint32_t>(context.dtype(0));
    return plan_rows(context, add, size, inner, reverse);
  }
  const int64_t first = reverse ? (size - 1) * inner : 0;
  const int64_t stride = reverse ? -inner : inner;
  const auto accumulate_line = dispatch<float, double, int32_t, uint32_t, int64_t, uint64_t>(
      context.dtype(0), [](auto tag) -> Accumulate {
        return accumulate<Op, kNeutral, typename decltype(tag)::type>;
      });
  return [=](RunContext& run) {
    const std::byte* from = run.in<std::byte>(0);
    std::byte* to = run.out<std::byte>(0);
    run.pool().parallel_for(lines, kGrain / (size + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t start = i / inner * size * inner + i % inner + first;
        accumulate_line(from, to, start, stride, size, exclusive);
      }
    });
  };
}

constexpr OpDef running(std::string_view op_type, int since, PlanRule plan) {
  return {.op_type = op_type,
          .since = since,
          .meaning = {.inputs = {2, 2},
                      .types = {type_of_input(0, kWideNumbers), type_of_input(1, kIndices)},
                      .infer = infer_running,
                      .content_inputs = {1},
                      .window = window_running},
          .cpu = {.plan = plan, .reuse = Reuse::InPlace}};
}

constexpr OpDef kOps[] = {
    running("CumSum", 11, plan_running<kernels::Add, 0>),
    running("CumProd", 26, plan_running<kernels::Mul, 1>),
};

}  // namespace

extern constinit const OpFamily cumsum_ops = kOps;

}  // namespace fovea

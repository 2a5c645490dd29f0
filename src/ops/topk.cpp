// TopK.

#include <algorithm>
#include <cstring>

#include "kernels/elementwise/order_key.h"
#include "ops/core/axes.h"
#include "ops/core/wider.h"

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

Window window_topk(const WindowContext& context) {
  const int axis = axis_of(context, context.shape(0).rank(), -1);
  return context.axis() == axis ? Window{} : same_place(context.axis());
}

struct Lines {
  int64_t count;
  int64_t size;
  int64_t k;
  int64_t stride;
  bool largest;
};

// Elements of all types are sorted by these: the lower key comes first, of equal ones the lower
// index.
struct Candidate {
  uint64_t key;
  int64_t index;

  auto operator<=>(const Candidate&) const = default;
};

using OrderKeys = decltype(&kernels::order_keys<float>);

// The first k of a line, in order. Where they are few, most of the others are looked at just once,
// while they are in the cache.
void select(const std::byte* line, const Lines& lines, size_t element_bytes, OrderKeys keys_of,
            Candidate* order) {
  constexpr int64_t kFew = 8, kBlock = 128;
  const int64_t k = lines.k;
  if (k == 0) return;
  const bool few = k * kFew <= lines.size;
  const int64_t first = few ? k : lines.size;
  uint64_t keys[kBlock];
  for (int64_t begin = 0; begin < lines.size; begin += kBlock) {
    const int64_t count = std::min(kBlock, lines.size - begin);
    keys_of(line + static_cast<size_t>(begin * lines.stride) * element_bytes, lines.stride, count,
            lines.largest, keys);
    int64_t i = 0;
    for (; i < count && begin + i < first; ++i) order[begin + i] = {keys[i], begin + i};
    if (few && i > 0 && begin + i == first) std::make_heap(order, order + k);
    for (; i < count; ++i) {
      // An equal key has a later index.
      if (keys[i] >= order[0].key) continue;
      std::pop_heap(order, order + k);
      order[k - 1] = {keys[i], begin + i};
      std::push_heap(order, order + k);
    }
  }
  if (few) return std::sort_heap(order, order + k);
  if (k < lines.size) std::nth_element(order, order + k, order + lines.size);
  std::sort(order, order + k);
}

void run_topk(RunContext& run, const Lines& lines, size_t element_bytes, OrderKeys keys_of) {
  const std::byte* from = run.in<std::byte>(0);
  std::byte* values = run.out<std::byte>(0);
  int64_t* indices = run.out<int64_t>(1);
  run.pool().parallel_for(
      lines.count, kGrain / (lines.size + 1) + 1, [&](int64_t begin, int64_t end, int worker) {
        Candidate* order = reinterpret_cast<Candidate*>(run.scratch()) + worker * lines.size;
        for (int64_t i = begin; i < end; ++i) {
          const int64_t outer = i / lines.stride, inner = i % lines.stride;
          const int64_t first_in = outer * lines.size * lines.stride + inner;
          select(from + static_cast<size_t>(first_in) * element_bytes, lines, element_bytes,
                 keys_of, order);
          for (int64_t j = 0; j < lines.k; ++j) {
            const int64_t to = (outer * lines.k + j) * lines.stride + inner;
            const int64_t at = first_in + order[j].index * lines.stride;
            if (values) {
              std::memcpy(values + static_cast<size_t>(to) * element_bytes,
                          from + static_cast<size_t>(at) * element_bytes, element_bytes);
            }
            if (indices) indices[to] = order[j].index;
          }
        }
      });
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
                          static_cast<uint64_t>(lines.size) * sizeof(Candidate));
  const auto keys_of = dispatch<float, double, int64_t, uint64_t>(
      context.dtype(0),
      [](auto tag) -> OrderKeys { return kernels::order_keys<typename decltype(tag)::type>; });
  const size_t bytes = element_bytes(context.dtype(0));
  return [=](RunContext& run) { run_topk(run, lines, bytes, keys_of); };
}

constexpr OpDef kOps[] = {
    {.op_type = "TopK",
     .meaning = {.inputs = {1, 2},
                 .outputs = {1, 2},
                 .types = {type_of_input(0, kNumbers), type_of_input(1, kIndices)},
                 .infer = infer_topk,
                 .element_type = first_like_input<DType::Int64>,
                 .content_inputs = {1},
                 .window = window_topk},
     .cpu = {.plan = plan_through<plan_topk, kWidestTypes>}},
};

}  // namespace

extern constinit const OpFamily topk_ops = kOps;

}  // namespace fovea

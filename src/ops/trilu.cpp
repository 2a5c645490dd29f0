// Trilu.

#include <algorithm>
#include <cstring>

#include "ops/core/memory.h"

namespace fovea {
namespace {

void infer_trilu(InferContext& context) {
  if (context.shape(0).rank() < 2) {
    fail(ErrorCode::InvalidInput, "Trilu takes matrices, not ", context.shape(0));
  }
  infer_like_input(context);
}

// Row `row` keeps columns [first, last).
struct Kept {
  int64_t first;
  int64_t last;
};

Kept kept_columns(int64_t row, int64_t columns, int64_t diagonal, bool upper) {
  const int64_t edge = std::clamp<int64_t>(row + diagonal + (upper ? 0 : 1), 0, columns);
  return upper ? Kept{edge, columns} : Kept{0, edge};
}

Kernel plan_trilu(PlanContext& context) {
  constexpr int64_t kFar = int64_t{1} << 53;
  const Shape& in = context.shape(0);
  const int64_t rows = in[in.rank() - 2], columns = in[in.rank() - 1];
  const int64_t all_rows = in.elements(0, in.rank() - 1);
  const bool upper = context.attributes().get_int("upper", 1) != 0;
  const std::vector<int64_t> k = context.int64s(1, {0});
  const int64_t diagonal = k.empty() ? 0 : std::clamp(k[0], -kFar, kFar);
  const auto bytes = static_cast<int64_t>(element_bytes(context.dtype(0)));
  return [=](RunContext& run) {
    run.pool().parallel_for(all_rows, 64, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const Kept kept = kept_columns(i % rows, columns, diagonal, upper);
        const std::byte* from = run.in<std::byte>(0) + i * columns * bytes;
        std::byte* to = run.out<std::byte>(0) + i * columns * bytes;
        std::memmove(to + kept.first * bytes, from + kept.first * bytes,
                     static_cast<size_t>((kept.last - kept.first) * bytes));
        std::memset(to, 0, static_cast<size_t>(kept.first * bytes));
        std::memset(to + kept.last * bytes, 0, static_cast<size_t>((columns - kept.last) * bytes));
      }
    });
  };
}

constexpr OpDef kOps[] = {
    {.op_type = "Trilu",
     .since = 14,
     .meaning = {.inputs = {1, 2},
                 .types = {type_of_input(0, kAnyType), type_of_input(1, kIndices)},
                 .infer = infer_trilu,
                 .content_inputs = {1}},
     .cpu = {.plan = plan_trilu, .moves = true, .reuse = Reuse::InPlace}},
};

}  // namespace

extern constinit const OpFamily trilu_ops = kOps;

}  // namespace fovea

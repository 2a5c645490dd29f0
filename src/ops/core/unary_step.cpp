#include "ops/core/unary_step.h"

#include <utility>

namespace fovea {
namespace {

// Elements worth a chunk of their own.
constexpr int64_t kGrain = 8192;

}  // namespace

Kernel map_elements(const PlanContext& context, std::function<RowMap(RunContext&)> make_map,
                    bool keeps_zero) {
  const Operand out = {context.dtype(0), context.shape(0), context.output_layout(0)};
  const auto element = static_cast<int64_t>(element_bytes(out.dtype));
  const auto count = static_cast<int64_t>(bytes_of(out.dtype, out.shape, out.layout)) / element;
  return [=, make_map = std::move(make_map)](RunContext& run) {
    const std::byte* from = run.in<std::byte>(0);
    std::byte* to = run.out<std::byte>(0);
    const RowMap map = make_map(run);
    run.pool().parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
      map(from + begin * element, to + begin * element, end - begin);
    });
    if (!keeps_zero) clear_padding(out, to, run.pool());
  };
}

}  // namespace fovea

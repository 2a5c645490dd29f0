#pragma once

#include <functional>

#include "kernels/elementwise/unary.h"
#include "ops/core/memory.h"

namespace fovea {

// Maps `count` elements of some type at `from` to `to`. Hides operator and element type from the
// loops around it, of which there would otherwise be hundreds of copies.
using RowMap = std::function<void(const std::byte* from, std::byte* to, int64_t count)>;

template <class T, class Op>
RowMap row_map(Op op) {
  return [op](const std::byte* from, std::byte* to, int64_t count) {
    kernels::unary_row(op, reinterpret_cast<const T*>(from), reinterpret_cast<T*>(to), count);
  };
}

// The kernel that maps every element of input 0 by what `make_map` returns at run time. Padding
// lanes are zeroed afterwards unless `keeps_zero`: 0 is mapped to 0.
Kernel map_elements(const PlanContext& context, std::function<RowMap(RunContext&)> make_map,
                    bool keeps_zero);

// The kernel of an operator whose function object is known when planning, for element types Ts.
template <class... Ts, class Op>
Kernel plan_unary(PlanContext& context, Op op, bool keeps_zero) {
  RowMap map = dispatch<Ts...>(context.dtype(0),
                               [&](auto tag) { return row_map<typename decltype(tag)::type>(op); });
  return map_elements(
      context, [map = std::move(map)](RunContext&) { return map; }, keeps_zero);
}

// An operator that maps every element of its only input, which is of one of `types`.
constexpr OpDef unary(std::string_view op_type, int since, DTypeSet types, PlanRule plan) {
  return {.op_type = op_type,
          .since = since,
          .meaning = {.types = {type_of_input(0, types)},
                      .infer = infer_like_input,
                      .window = window_by_element},
          .cpu = {.plan = plan,
                  .reuse = Reuse::InPlace,
                  .layout = follow_input_layout,
                  .bands = bands_by_window}};
}

}  // namespace fovea

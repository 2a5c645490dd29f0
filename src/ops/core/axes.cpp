#include "ops/core/axes.h"

#include <algorithm>

#include "base/order.h"

namespace fovea {

std::vector<int> normalize_axes(std::span<const int64_t> axes, int rank) {
  std::vector<int> normalized;
  for (const int64_t axis : axes) normalized.push_back(normalize_axis(axis, rank));
  sort_values(normalized);
  const auto twice = std::ranges::adjacent_find(normalized);
  if (twice != normalized.end()) {
    fail(ErrorCode::MalformedModel, "axis ", *twice, " is given twice");
  }
  return normalized;
}

std::optional<std::vector<int64_t>> written_axes(const NodeContext& context, int index) {
  if (context.has_input(index)) return context.int64s(index);
  if (context.attributes().has("axes")) return context.attributes().get_ints("axes");
  return std::nullopt;
}

int axis_of(const NodeContext& context, int rank, std::optional<int64_t> fallback) {
  if (!fallback && !context.attributes().has("axis")) {
    fail(ErrorCode::MalformedModel, context.node().op_type, " needs the attribute axis");
  }
  return normalize_axis(context.attributes().get_int("axis", fallback.value_or(0)), rank);
}

Window window_beside(std::span<const int> axes, bool stay, int axis) {
  if (std::ranges::binary_search(axes, axis)) return {};
  const auto before = std::ranges::count_if(axes, [&](int each) { return each < axis; });
  return same_place(stay ? axis : axis - static_cast<int>(before));
}

}  // namespace fovea

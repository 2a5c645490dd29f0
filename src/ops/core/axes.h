#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ops/op.h"

namespace fovea {

// ONNX axes mapped to [0, rank) and sorted. Throws Error(InvalidInput) for one outside the rank,
// Error(MalformedModel) for one that is there twice.
std::vector<int> normalize_axes(std::span<const int64_t> axes, int rank);

// The node's axes as written: its input `index`, where newer opsets have them, or else its
// attribute "axes"; nullopt without either.
std::optional<std::vector<int64_t>> written_axes(const NodeContext& context, int index);

// The attribute "axis", normalised. Throws Error(MalformedModel) when it is missing and there is no
// default.
int axis_of(const NodeContext& context, int rank, std::optional<int64_t> fallback);

// Where the others are when these axes, sorted, are each made one element that depends on all, and
// that stays an axis or not. Whole for one of them.
Window window_beside(std::span<const int> axes, bool stay, int axis);

}  // namespace fovea

#pragma once

#include <optional>
#include <vector>

#include "ops/core/body.h"

namespace fovea {

// An input of a node seen through nodes that only pick and reorder its elements, or scale them.
struct StridedView {
  int input = 0;
  Shape shape;
  std::vector<int64_t> strides;  // in elements, one for each axis
  int64_t offset = 0;
  float scale = 1.0f;
};

// Input `index` as it lies.
StridedView view_of(const NodeContext& context, int index);

// What `node`, of a body, makes of its first input: Transpose, Gather of one element, and products
// with a constant number. nullopt for all others.
std::optional<StridedView> apply(const Body& body, const Node& node, const StridedView& source);

// The number that Mul or Div multiplies its input `data` by; nullopt where `node` does something
// else.
std::optional<float> factor_of(const Body& body, const Node& node, size_t data);

}  // namespace fovea

#pragma once

#include <vector>

#include "graph/graph.h"

namespace fovea {

// The element type of every value, as the model declares it or else as ONNX's type rules say;
// Undefined where neither does. Unlike a shape it never depends on what is fed.
std::vector<DType> element_types(const Graph& graph);

}  // namespace fovea

#pragma once

#include <vector>

#include "onnx/model.h"

namespace fovea {

// The nodes in an order in which each comes after those whose results it or its subgraphs read, and
// otherwise as in the file: ONNX wants them sorted, but not every converter does it. Throws
// Error(MalformedModel) where nodes wait for each other, and names them in the field "node".
std::vector<const onnx::Node*> sorted(const std::vector<onnx::Node>& nodes);

}  // namespace fovea

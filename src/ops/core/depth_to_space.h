#pragma once

#include <cstdint>

#include "graph/graph.h"

namespace fovea {

// Of DepthToSpace, and of SpaceToDepth, which has no mode.
struct DepthToSpaceAttributes {
  // Throws Error(MalformedModel) for a block of no pixels and for modes that ONNX does not have.
  static DepthToSpaceAttributes parse(const Attributes& attributes, int opset);

  int64_t block;     // pixels, across and down
  bool block_first;  // the deep channel is [b][b][C] (DCR), not [C][b][b] (CRD)
};

}  // namespace fovea

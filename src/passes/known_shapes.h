#pragma once

#include <optional>
#include <vector>

#include "graph/graph.h"

namespace fovea {

// The axes of a value as far as the graph alone tells, before anybody knows what will be fed;
// nullopt where a size is open.
using KnownDims = std::vector<std::optional<int64_t>>;

// For each value of a graph; nullopt where it may have any number of axes.
using KnownShapes = std::vector<std::optional<KnownDims>>;

// Where the sizes of a node's inputs are all known, its own shape rule says those of its outputs.
// Where some are open, the number of axes is followed through what keeps or tells it, and sizes
// through convolutions and element by element. Sizes that the model declares of other values than
// its inputs are not relied on: nobody checks them.
KnownShapes known_shapes(const Graph& graph);

}  // namespace fovea

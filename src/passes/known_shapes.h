#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace fovea {

struct Convolution;

// The axes of a value as far as the graph alone tells, before anybody knows what will be fed;
// nullopt where a size is open.
using KnownDims = std::vector<std::optional<int64_t>>;

// For each value of a graph; nullopt where it may have any number of axes.
using KnownShapes = std::vector<std::optional<KnownDims>>;

// Finds the shapes of a graph's values, node by node.
//
// Where the sizes of a node's inputs are all known, its own shape rule says those of its outputs.
// Where some are open, the number of axes is followed through what keeps or tells it, and sizes
// through convolutions and element by element. Sizes that the model declares of other values than
// its inputs are not relied on: nobody checks them.
class ShapeFinder {
 public:
  // Knows of inputs and constants. The graph must live as long.
  explicit ShapeFinder(const Graph& graph);

  // Finds what the node makes, once what makes its inputs was visited.
  void visit(const Node& node);
  // A value that has become a constant since.
  void add_constant(ValueId id);

  const std::optional<KnownDims>& shape(ValueId id) const;
  // Of every value.
  KnownShapes take() && { return std::move(shapes_); }

 private:
  bool infer(const Node& node);
  std::optional<KnownDims> follow(const Node& node) const;
  std::optional<KnownDims> follow_convolution(const Node& node, const Convolution& conv) const;
  std::optional<KnownDims> follow_broadcast(const Node& node) const;
  std::optional<int64_t> follow_axes(const Node& node, int64_t rank) const;
  std::optional<KnownDims> follow_transpose(const Node& node) const;

  const Graph& graph_;
  std::vector<DType> dtypes_;
  KnownShapes shapes_;
};

// What a ShapeFinder finds of the whole graph.
KnownShapes known_shapes(const Graph& graph);

}  // namespace fovea

#pragma once

#include <algorithm>

#include "passes/pass.h"
#include "support/model_builder.h"

namespace fovea::test {

// The graph of a model after one pass and the removal of what it left dead.
inline Graph after(void (*pass)(Graph&, const PassContext&), const ModelBuilder& model) {
  Graph graph = model.graph();
  ThreadPool pool(1);
  const PassContext context{kOpTable, pool};
  resolve_operators(graph, kOpTable);
  pass(graph, context);
  remove_dead_code(graph, context);
  return graph;
}

using Names = std::vector<std::string>;

inline Names operators(const Graph& graph) {
  Names names;
  for (const Node& node : graph.nodes) names.push_back(node.op_type);
  return names;
}

inline Tensor filled(Shape shape, float value) {
  Tensor tensor = Tensor::allocate(DType::Float, std::move(shape));
  std::ranges::fill(tensor.mutable_as<float>(), value);
  return tensor;
}

inline Tensor ones(Shape shape) { return filled(std::move(shape), 1.0f); }

}  // namespace fovea::test

#pragma once

#include <algorithm>

#include "ops/op.h"
#include "passes/pass.h"
#include "support/model_builder.h"

namespace fovea::test {

// The graph of a model after one pass and the removal of what it left dead.
inline Graph after(void (*pass)(Rewriter&, const PassContext&), const ModelBuilder& model) {
  Graph graph = model.graph();
  resolve_operators(graph, kOpTable);
  remove_dead_code(graph);
  ThreadPool pool(1);
  Rewriter rewriter(graph);
  pass(rewriter, {kOpTable, pool});
  rewriter.finish();
  remove_dead_code(graph);
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

#pragma once

#include <span>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "onnx/model.h"
#include "session/session.h"

namespace fovea {

// What the model says about itself, read off the decoded bytes and the imported graph.
ModelInfo describe_model(const onnx::Model& model, const Graph& graph);

// Every node, those of subgraphs included, that found no operator, and why.
std::vector<NodeProblem> find_unsupported(const Graph& graph, const Operators& operators);

// Throws Error(MalformedModel) when a node has more or fewer inputs or outputs than its operator.
void check_arity(const Graph& graph);

// check_arity, and throws one Error(UnsupportedOperator) that tells all problems of the graph; its
// field "operators" lists them as "reason: node, node; ...".
void check_runnable(const Graph& graph, const Operators& operators);

// Throws Error(InvalidInput), with the field "option", for a name that
// SessionOptions::disabled_passes does not take.
void check_disabled_passes(std::span<const std::string> names);

// Throws Error(InvalidInput) when the tensor is not what the model declares for its input.
void check_feed(const InputInfo& input, const Tensor& tensor);

}  // namespace fovea

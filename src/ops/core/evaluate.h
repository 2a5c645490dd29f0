#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "threads/thread_pool.h"

namespace fovea {

// Runs one node by itself on plain tensors (null: left out) and returns its outputs, those it
// leaves out as empty tensors. Throws what the operator's rules throw.
std::vector<Tensor> evaluate(const Node& node, std::span<const Tensor* const> inputs,
                             ThreadPool& pool);

// Whether evaluate() computes the node, and the same for the same inputs: neither numbers of chance
// nor what a run has its graphs or its host compute.
bool can_be_known(const Node& node);

// The result of an operator of ONNX's newest opset with one output; an input of type Undefined is
// left out.
Tensor evaluate_op(std::string_view op_type,
                   std::vector<std::pair<std::string, AttributeValue>> attributes,
                   std::span<const Tensor> inputs, ThreadPool& pool);

// Tensors of one shape side by side along a new axis of what they become; at least one.
Tensor stacked(std::vector<Tensor> parts, int64_t axis, ThreadPool& pool);

}  // namespace fovea

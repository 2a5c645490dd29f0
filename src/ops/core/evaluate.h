#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"
#include "threads/thread_pool.h"

namespace fovea {

// Runs one node by itself on plain tensors (null: left out) and returns its outputs, those it
// leaves out as empty tensors. Throws what the operator's rules throw.
std::vector<Tensor> evaluate(const Node& node, std::span<const Tensor* const> inputs,
                             ThreadPool& pool);

}  // namespace fovea

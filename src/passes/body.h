#pragma once

#include <set>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace fovea {

// Fuses nodes, given by their indices, into one in the last one's place, which produces what that
// produced and keeps the others as its body (ops/core/body.h). `inputs` are the node's first
// inputs; what else the nodes read follows. Nodes whose results nobody else reads are dead now.
void fuse(Graph& graph, const std::set<int>& members, const std::string& op_type,
          std::vector<ValueId> inputs);

// The node that makes the value; null where none does.
const Node* producer_of(const Graph& graph, const Uses& uses, ValueId id);

// True for ONNX's own operator of that name.
bool is_op(const Node* node, std::string_view op_type);

// True for a float constant of one element that spreads to any shape of at least one axis.
bool is_number(const Graph& graph, ValueId id);

}  // namespace fovea

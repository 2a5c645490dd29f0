#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "passes/rewriter.h"

// What patterns are written in: they start at the node that makes a result and ask for what leads
// to it. All take kNoValue, and answer "no".
namespace fovea {

// True for ONNX's own operator of that name; of Add, Sub, Mul and Div only where operands broadcast
// as NumPy's do, which they have done since opset 7.
bool is_op(const Node& node, std::string_view op_type);

// The node that makes the value, if it is that operator; else null.
const Node* made_by(const Rewriter& graph, ValueId id, std::string_view op_type);

// The same where the value is read once: the node can become a part of its reader.
const Node* made_for_one(const Rewriter& graph, ValueId id, std::string_view op_type);

// An input of the node; kNoValue where it has no such input.
ValueId input_of(const Node& node, size_t index);

// The elements of a constant of integers; nothing where there is no constant.
std::optional<std::vector<int64_t>> constant_ints(const Rewriter& graph, ValueId id);

// The element of a float constant [] or [1].
std::optional<float> number(const Rewriter& graph, ValueId id);

// True where `id` is a number that is `value` but for rounding and leaves `other`, the operand
// beside it, its shape: [1] would give a scalar an axis.
bool is_near(const Rewriter& graph, ValueId id, float value, ValueId other);

// The nodes from `first` on of which each is the only reader of the result before it, as long as
// takes(node, result) says so.
template <class Takes>
std::vector<NodeId> chain_from(const Rewriter& graph, NodeId first, const Takes& takes) {
  std::vector<NodeId> nodes = {first};
  for (;;) {
    const ValueId result = graph.node(nodes.back()).outputs[0];
    const NodeId reader = graph.only_reader(result);
    if (reader == kNoNode || !takes(graph.node(reader), result)) return nodes;
    nodes.push_back(reader);
  }
}

struct Operands {
  ValueId found = kNoValue;
  ValueId other = kNoValue;

  explicit operator bool() const { return found != kNoValue; }
};

// Of a node of two operands in any order, one that `is_it(ValueId)` and the other one.
template <class Predicate>
Operands find_operand(const Node* node, const Predicate& is_it) {
  for (const size_t i : {0, 1}) {
    if (node && is_it(node->inputs[i])) return {node->inputs[i], node->inputs[1 - i]};
  }
  return {};
}

// Of a node of two operands in any order, the one beside a number as is_near takes it; else
// kNoValue.
ValueId beside_number(const Rewriter& graph, const Node* node, float value);

}  // namespace fovea

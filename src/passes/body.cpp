#include "passes/body.h"

#include <algorithm>
#include <map>

#include "ops/core/body.h"

namespace fovea {

void fuse(Graph& graph, const std::set<int>& members, const std::string& op_type,
          std::vector<ValueId> inputs) {
  const auto node_at = [&](int index) -> Node& { return graph.nodes[static_cast<size_t>(index)]; };
  std::set<ValueId> made;
  for (const int index : members) {
    for (const ValueId id : node_at(index).inputs) {
      const bool known =
          id == kNoValue || made.contains(id) || std::ranges::find(inputs, id) != inputs.end();
      if (!known) inputs.push_back(id);
    }
    made.insert(node_at(index).outputs[0]);
  }

  auto body = std::make_shared<Graph>();
  std::map<ValueId, ValueId> inner = {{kNoValue, kNoValue}};
  const auto add_value = [&](ValueId outer) {
    const ValueId id = body->add_value({});
    if (outer != kNoValue) inner[outer] = id;
  };
  std::ranges::for_each(inputs, add_value);
  for (const int index : members) {
    Node node = node_at(index);
    for (ValueId& id : node.inputs) id = inner.at(id);
    add_value(node.outputs[0]);
    node.outputs = {inner.at(node.outputs[0])};
    body->nodes.push_back(std::move(node));
  }

  Node& last = node_at(*members.rbegin());
  last.become(op_type, kInternalDomain, last.opset);
  last.inputs = std::move(inputs);
  last.outputs.resize(1);
  last.attributes = {};
  last.attributes.set(std::string(kBodyAttribute), std::move(body));
}

const Node* producer_of(const Graph& graph, const Uses& uses, ValueId id) {
  const int index = id == kNoValue ? -1 : uses.producer(id);
  return index < 0 ? nullptr : &graph.nodes[static_cast<size_t>(index)];
}

bool is_op(const Node* node, std::string_view op_type) {
  return node && node->domain.empty() && node->op_type == op_type;
}

bool is_number(const Graph& graph, ValueId id) {
  const Tensor* tensor = graph.constant(id);
  return tensor && tensor->dtype() == DType::Float && tensor->elements() == 1 &&
         tensor->shape().rank() <= 1;
}

}  // namespace fovea

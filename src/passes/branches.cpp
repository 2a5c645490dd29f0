#include <optional>

#include "base/error.h"
#include "ops/core/evaluate.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// Conditions are short: comparisons of sizes, and what they are made of.
constexpr int kDeepest = 32;

// The value's elements, where they follow from constants alone. What cannot be computed is not
// known, and an error only if it is needed.
std::optional<Tensor> known(const Rewriter& graph, ValueId id, ThreadPool& pool, int depth = 0) {
  if (const Tensor* constant = graph.constant(id)) return *constant;
  const NodeId producer = graph.producer(id);
  if (producer == kNoNode || depth == kDeepest) return std::nullopt;
  const Node& node = graph.node(producer);
  const bool simple =
      can_be_known(node) && node.outputs[0] == id && reads_of(node).size() == node.inputs.size();
  if (!simple) return std::nullopt;
  std::vector<Tensor> inputs;
  for (const ValueId input : node.inputs) {
    auto tensor = known(graph, input, pool, depth + 1);
    if (!tensor) return std::nullopt;
    inputs.push_back(std::move(*tensor));
  }
  std::vector<const Tensor*> pointers;
  for (const Tensor& input : inputs) pointers.push_back(&input);
  try {
    return std::move(evaluate(node, pointers, pool)[0]);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The branch that an If takes, where that is known.
const Graph* taken_branch(const Rewriter& graph, const Node& node, ThreadPool& pool) {
  if (node.op_type != "If" || !node.domain.empty() || node.inputs.size() != 1) return nullptr;
  const auto condition = known(graph, node.inputs[0], pool);
  if (!condition || condition->dtype() != DType::Bool || condition->elements() != 1) return nullptr;
  const Graph* branch =
      node.attributes.get_graph(condition->as<bool>()[0] ? "then_branch" : "else_branch");
  const bool fits =
      branch && branch->inputs.empty() && branch->outputs.size() >= node.outputs.size();
  return fits ? branch : nullptr;
}

// Writes a branch out in the place of its If.
class Branch {
 public:
  Branch(Rewriter& graph, NodeId place, const Graph& branch)
      : graph_(graph), place_(place), branch_(branch), ids_(branch.values.size(), kNoValue) {}

  // The first of its nodes; kNoNode where it has none.
  NodeId write();

 private:
  void add_values();
  ValueId outside(ValueId id) const {
    return id == kNoValue ? kNoValue : ids_[static_cast<size_t>(id)];
  }

  Rewriter& graph_;
  NodeId place_;
  const Graph& branch_;
  std::vector<ValueId> ids_;  // outside, by what they are inside
};

void Branch::add_values() {
  for (const Capture& capture : branch_.captures) {
    ids_[static_cast<size_t>(capture.inner)] = capture.outer;
  }
  for (size_t id = 0; id < ids_.size(); ++id) {
    if (ids_[id] != kNoValue) continue;
    const Value& value = branch_.values[id];
    ids_[id] = value.constant ? graph_.add_constant(value.name, *value.constant)
                              : graph_.add_value(value.name, value.dtype);
  }
}

NodeId Branch::write() {
  add_values();
  NodeId first = kNoNode;
  for (const Node& node : branch_.nodes) {
    Node copy = node;
    for (ValueId& id : copy.inputs) id = outside(id);
    for (ValueId& id : copy.outputs) id = outside(id);
    for_each_subgraph(copy, [&](Graph& subgraph) {
      for (Capture& capture : subgraph.captures) capture.outer = outside(capture.outer);
    });
    const NodeId added = graph_.insert_before(place_, std::move(copy));
    if (first == kNoNode) first = added;
  }
  const std::vector<ValueId> outputs = graph_.node(place_).outputs;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] != kNoValue) graph_.replace_value(outputs[i], outside(branch_.outputs[i]));
  }
  return first;
}

}  // namespace

void write_out_branches(Graph& graph, ThreadPool& pool) {
  remove_dead_code(graph);
  Rewriter rewriter(graph);
  for (NodeId id = rewriter.first(); id != kNoNode;) {
    const Graph* branch = taken_branch(rewriter, rewriter.node(id), pool);
    const NodeId after = rewriter.next(id);
    if (!branch) {
      id = after;
      continue;
    }
    // The node that holds the branch goes meanwhile.
    const Graph written = *branch;
    const NodeId first = Branch(rewriter, id, written).write();
    id = first == kNoNode ? after : first;
  }
  rewriter.finish();
  for (const Node& node : graph.nodes) {
    for_each_subgraph(node, [&](Graph& subgraph) { write_out_branches(subgraph, pool); });
  }
  remove_dead_code(graph);
}

}  // namespace fovea

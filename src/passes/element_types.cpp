#include "passes/element_types.h"

#include <algorithm>

#include "ops/meaning.h"

namespace fovea {
namespace {

class TypeFinder {
 public:
  explicit TypeFinder(const Graph& graph) : graph_(graph) {
    for (const Value& value : graph.values) {
      types_.push_back(value.constant ? value.constant->dtype() : value.dtype);
    }
    items_.resize(types_.size(), DType::Undefined);
  }

  // Of values that a subgraph captures, by what they are outside.
  void add_captured(const std::vector<DType>& outer) {
    for (const Capture& capture : graph_.captures) {
      types_[static_cast<size_t>(capture.inner)] = outer[static_cast<size_t>(capture.outer)];
    }
  }
  // Of inputs that a body does not declare, by what its node is given.
  void add_given(const Node& node, const std::vector<DType>& outer);
  std::vector<DType> find();

 private:
  std::vector<DType> outputs_of(const Node& node) const;
  void add_inner(const Node& node, std::vector<DType>& outputs) const;
  DType items_of(const Node& node) const;

  const Graph& graph_;
  std::vector<DType> types_;
  std::vector<DType> items_;  // of the tensors in a sequence
};

// The graph that says what the node gives: a body, or either of two branches.
const Graph* inner_graph(const Node& node) {
  const Graph* branch = node.attributes.get_graph("then_branch");
  return branch ? branch : node.attributes.get_graph("body");
}

std::vector<DType> TypeFinder::outputs_of(const Node& node) const {
  std::vector<DType> outputs(node.outputs.size(), DType::Undefined);
  if (!node.def) return outputs;
  std::vector<DType> inputs;
  for (const ValueId id : node.inputs) {
    inputs.push_back(id == kNoValue ? DType::Undefined : types_[static_cast<size_t>(id)]);
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    outputs[i] = meaning_of(node).element_type(node, inputs, static_cast<int>(i));
  }
  add_inner(node, outputs);
  if (node.op_type == "SequenceAt" || node.op_type == "ConcatFromSequence") {
    outputs[0] = items_of(node);
  }
  return outputs;
}

// What a sequence holds that is made of tensors, or of another sequence and perhaps a tensor.
DType TypeFinder::items_of(const Node& node) const {
  const size_t tells = node.op_type == "SequenceInsert" ? 2 : 1;
  for (size_t i = 0; i < std::min(tells, node.inputs.size()); ++i) {
    if (node.inputs[i] == kNoValue) continue;
    const auto index = static_cast<size_t>(node.inputs[i]);
    const DType type = types_[index] == DType::Sequence ? items_[index] : types_[index];
    if (type != DType::Undefined) return type;
  }
  return DType::Undefined;
}

// What only the node's graph says.
void TypeFinder::add_inner(const Node& node, std::vector<DType>& outputs) const {
  const Graph* graph = inner_graph(node);
  if (!graph) return;
  TypeFinder inside(*graph);
  inside.add_captured(types_);
  inside.add_given(node, types_);
  const std::vector<DType> types = inside.find();
  // The first thing a Loop's body gives is whether to go on.
  const size_t first = node.op_type == "Loop" ? 1 : 0;
  for (size_t i = 0; i < outputs.size() && first + i < graph->outputs.size(); ++i) {
    if (outputs[i] != DType::Undefined) continue;
    outputs[i] = types[static_cast<size_t>(graph->outputs[first + i])];
  }
}

void TypeFinder::add_given(const Node& node, const std::vector<DType>& outer) {
  if (node.op_type != "Loop" && node.op_type != "Scan") return;
  constexpr int kFirstScanWithoutBatches = 9;
  const size_t skipped = node.op_type == "Scan" && node.opset < kFirstScanWithoutBatches ? 1 : 0;
  for (size_t i = 0; i < graph_.inputs.size() && i + skipped < node.inputs.size(); ++i) {
    DType& type = types_[static_cast<size_t>(graph_.inputs[i])];
    const ValueId given = node.inputs[i + skipped];
    if (type == DType::Undefined && given != kNoValue) type = outer[static_cast<size_t>(given)];
  }
}

std::vector<DType> TypeFinder::find() {
  for (const Node& node : graph_.nodes) {
    const std::vector<DType> followed = outputs_of(node);
    for (size_t i = 0; i < followed.size(); ++i) {
      if (node.outputs[i] == kNoValue || followed[i] == DType::Undefined) continue;
      const auto index = static_cast<size_t>(node.outputs[i]);
      types_[index] = followed[i];
      if (followed[i] == DType::Sequence) items_[index] = items_of(node);
    }
  }
  return std::move(types_);
}

}  // namespace

std::vector<DType> element_types(const Graph& graph) { return TypeFinder(graph).find(); }

}  // namespace fovea

#include <algorithm>
#include <limits>
#include <optional>

#include "base/error.h"
#include "ops/core/evaluate.h"
#include "ops/meaning.h"
#include "passes/known_shapes.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// A folded constant lives as long as the session: what grows much larger than what it is made from
// (an Expand, a Tile) is cheaper to make again in each run.
constexpr uint64_t kMaxGrowth = 4;
constexpr uint64_t kAlwaysFolded = 1 << 20;

bool reads_constants_only(const Rewriter& graph, const Node& node) {
  return std::ranges::all_of(
      node.inputs, [&](ValueId id) { return id == kNoValue || graph.constant(id) != nullptr; });
}

// Stands for a size that is open.
constexpr int64_t kOpen = std::numeric_limits<int64_t>::max();

bool has_open(const Tensor& sizes) {
  return std::ranges::find(sizes.as<int64_t>(), kOpen) != sizes.as<int64_t>().end();
}

// Goes through a graph once, in order.
class Folder {
 public:
  Folder(Rewriter& graph, const PassContext& context) : graph_(graph), context_(context) {
    // Nobody checks what a subgraph declares of its inputs.
    if (context.in_subgraph) return;
    const auto& nodes = graph.graph().nodes;
    if (std::ranges::find(nodes, "Shape", &Node::op_type) != nodes.end()) {
      shapes_.emplace(graph.graph());
    }
  }

  // Makes the node's results constants, where they are known.
  void fold(NodeId id);

 private:
  using Results = std::optional<std::vector<Tensor>>;

  Results computed(const Node& node) const;
  Results known_sizes(const Node& node) const;
  std::optional<Tensor> sizes_by(const Node& shape) const;

  Rewriter& graph_;
  const PassContext& context_;
  std::optional<ShapeFinder> shapes_;  // where nodes ask for shapes
};

// The node's results, if it is one to be folded.
Folder::Results Folder::computed(const Node& node) const {
  if (!reads_constants_only(graph_, node)) return std::nullopt;
  // What a function computes is known to the planner, which evaluates it where it can.
  if (!can_be_known(node) || meaning_of(node).function) return std::nullopt;
  std::vector<const Tensor*> inputs;
  std::vector<ValueType> types(node.inputs.size());
  std::vector<const ValueType*> type_pointers;
  uint64_t input_bytes = 0;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const Tensor* tensor = graph_.constant(node.inputs[i]);
    inputs.push_back(tensor);
    if (tensor) types[i] = {tensor->dtype(), tensor->shape(), Layout::Plain, *tensor};
    type_pointers.push_back(tensor ? &types[i] : nullptr);
    if (tensor) input_bytes += tensor->bytes();
  }

  uint64_t bytes = 0;
  for (const ValueType& output : infer_node(node, type_pointers)) {
    if (output.dtype == DType::Undefined) continue;
    if (!output.shape || (is_object(output.dtype) && !output.content)) return std::nullopt;
    bytes += bytes_of(output.dtype, *output.shape, Layout::Plain);
  }
  if (bytes > std::max(kAlwaysFolded, kMaxGrowth * input_bytes)) return std::nullopt;

  return evaluate(node, inputs, context_.pool);
}

// What a Shape gives, kOpen for the sizes that only the feeds tell.
std::optional<Tensor> Folder::sizes_by(const Node& shape) const {
  const auto& dims = shapes_->shape(shape.inputs[0]);
  if (!dims) return std::nullopt;
  ValueType type = {DType::Float, Shape()};
  for (const auto& dim : *dims) type.shape->push_back(dim.value_or(kOpen));
  const ValueType* input = &type;
  return infer_node(shape, {&input, 1})[0].content;
}

// The sizes that a Shape gives, or those of them that a Gather or a Slice takes, where the graph
// alone tells them.
Folder::Results Folder::known_sizes(const Node& node) const {
  if (is_op(node, "Shape")) {
    const auto sizes = sizes_by(node);
    return sizes && !has_open(*sizes) ? Results({*sizes}) : std::nullopt;
  }
  if (!is_op(node, "Gather") && !is_op(node, "Slice")) return std::nullopt;
  const Node* shape = made_by(graph_, node.inputs[0], "Shape");
  const auto sizes = shape ? sizes_by(*shape) : std::nullopt;
  if (!sizes) return std::nullopt;
  std::vector<const Tensor*> inputs = {&*sizes};
  for (const ValueId id : std::span(node.inputs).subspan(1)) {
    inputs.push_back(graph_.constant(id));
    if (id != kNoValue && !inputs.back()) return std::nullopt;
  }
  auto taken = evaluate(node, inputs, context_.pool);
  return has_open(taken[0]) ? std::nullopt : Results(std::move(taken));
}

void Folder::fold(NodeId id) {
  const Node& node = graph_.node(id);
  auto results = computed(node);
  if (!results && shapes_) results = known_sizes(node);
  if (!results) {
    if (shapes_) shapes_->visit(node);
    return;
  }
  const std::vector<ValueId> outputs = node.outputs;
  graph_.become_constants(id, std::move(*results));
  for (const ValueId output : outputs) {
    if (shapes_ && graph_.constant(output)) shapes_->add_constant(output);
  }
}

void fold(Rewriter& graph, const PassContext& context, bool dequantised) {
  Folder folder(graph, context);
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    const Node& node = graph.node(id);
    if (!dequantised && node.op_type == "DequantizeLinear") continue;
    try {
      folder.fold(id);
    } catch (Error& error) {
      // A branch that is never taken may hold what cannot be computed.
      if (context.in_subgraph) continue;
      error.at(text(node.op_type, " node '", node.name, "'"))
          .with("node", node.name)
          .with("op", node.op_type);
      throw;
    }
  }
}

}  // namespace

// Runs every node all of whose inputs are constants, once, at load; all but those that dequantise.
// What asks for sizes that the graph alone tells is such a constant, too.
void fold_constants(Rewriter& graph, const PassContext& context) { fold(graph, context, false); }

// Those as well.
void fold_dequantised(Rewriter& graph, const PassContext& context) { fold(graph, context, true); }

}  // namespace fovea

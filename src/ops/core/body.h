#pragma once

#include <memory>
#include <vector>

#include "ops/meaning.h"

// The nodes that a pass made one node of, which the node keeps as a graph in its attribute "body":
// shapes are known only after the passes, and where they turn out not to suit the fused kernel, the
// body's nodes are planned in its place.
namespace fovea {

inline constexpr std::string_view kBodyAttribute = "body";

// A body's nodes have one output each and read the node's inputs or results of nodes before; values
// are numbered inputs first, then results in order. The last node makes the node's output.
const Graph& body_of(const Node& node);

// A body whose shapes are known.
class Body {
 public:
  // Applies the shape rules of all its nodes; throws what they throw. As every rule of the fused
  // node makes a Body of the same inputs, the last one's types are kept with the node.
  explicit Body(const NodeContext& context);

  const std::vector<Node>& nodes() const { return graph_.nodes; }
  const ValueType& type(ValueId id) const { return (*types_)[static_cast<size_t>(id)]; }
  // Of the node's inputs: null where one is left out.
  std::vector<const ValueType*> inputs_of(const Node& node) const {
    return inputs_of(node, *types_);
  }
  // Of the last node's.
  const ValueType& result() const { return type(graph_.nodes.back().outputs[0]); }

 private:
  using Types = std::vector<ValueType>;  // by ValueId, all forms plain

  static std::vector<const ValueType*> inputs_of(const Node& node, const Types& types);
  static Types infer(const Graph& graph, const NodeContext& context);

  const Graph& graph_;
  std::shared_ptr<const Types> types_;
};

// The shape rule of a node with a body.
void infer_body(InferContext& context);

// Multiply-accumulates of all nodes of a body.
int64_t body_macs(const NodeContext& context, const Shape& output);

}  // namespace fovea

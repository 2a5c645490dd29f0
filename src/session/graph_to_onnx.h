#pragma once

#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "onnx/frame.h"
#include "passes/known_shapes.h"

namespace fovea {

// A graph in ONNX's messages, for a file's frame. Values keep their names as far as these are their own.
// Fused nodes become those that they were made of; constants become initialisers, of the outermost
// graph that reads them.
class GraphToOnnx {
 public:
  // `outputs`: the names that the graph's outputs are to have. The graph has to outlive this. Throws
  // Error(UnsupportedAttribute) for attributes that the engine does not read.
  GraphToOnnx(const Graph& graph, const std::vector<std::string_view>& outputs);

  // Refers to the graph and to this object.
  const onnx::Contents& contents() const { return contents_; }

 private:
  using Names = std::vector<std::string_view>;

  // A graph on its way, within others.
  struct Scope {
    const Graph& graph;
    const Scope* outer;
    onnx::Contents& out;
    KnownShapes shapes;
    Names names;  // by ValueId; "" where there is none yet
    std::vector<ValueId> constants = {};  // those that are written
    Names made = {};                      // by nodes
  };

  std::string_view unique(std::string_view base);
  std::string_view name(Scope& scope, ValueId id);
  std::string_view constant(Scope& scope, ValueId id);
  Names names(Scope& scope, const std::vector<ValueId>& ids);
  void write_nodes(Scope& scope);
  void write_outputs(Scope& scope, const Names& wanted);
  void write_body(Scope& scope, const Node& node);
  void write_node(Scope& scope, const Node& node, const Names& inputs, const Names& outputs);
  bool write_layer_normalization(Scope& scope, const Node& node);
  std::string attribute(Scope& scope, const Node& node, std::string_view name,
                        const AttributeValue& value);
  std::string subgraph(Scope& around, const Node& node, const Graph& inner);

  onnx::Contents contents_;
  std::set<std::string_view> taken_;
  std::deque<std::string> texts_;
};

}  // namespace fovea

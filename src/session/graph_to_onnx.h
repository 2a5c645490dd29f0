#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "onnx/model.h"
#include "passes/known_shapes.h"

namespace fovea {

// A graph as ONNX's messages, whose strings and elements are the graph's and this object's. Values keep
// their names as far as these are their own. Fused nodes become those that they were made of; constants
// become initialisers, of the outermost graph that reads them.
class GraphToOnnx {
 public:
  // `outputs`: the names that the graph's outputs are to have. Throws Error(UnsupportedAttribute) for
  // attributes that the engine does not read.
  GraphToOnnx(const Graph& graph, const std::vector<std::string_view>& outputs);

  const onnx::Graph& proto() const { return proto_; }
  std::set<std::string_view> inputs() const { return inputs_; }
  // Of the operators' domains, for those that the model does not import.
  const std::map<std::string_view, int64_t>& opsets() const { return opsets_; }

 private:
  // A graph on its way, within others.
  struct Scope {
    const Graph& graph;
    const Scope* outer;
    onnx::Graph& out;
    KnownShapes shapes;
    std::vector<std::string_view> names;  // by ValueId; "" where there is none yet
    std::map<const void*, ValueId> constants = {};  // written ones by their elements
  };

  std::string_view unique(std::string_view base);
  std::string_view name(Scope& scope, ValueId id);
  std::string_view constant(Scope& scope, ValueId id);
  std::vector<std::string_view> names(Scope& scope, const std::vector<ValueId>& ids);
  void write_nodes(Scope& scope);
  void write_outputs(Scope& scope, const std::vector<std::string_view>& wanted);
  onnx::Node head(const Node& node);
  void write(Scope& scope, const Node& node);
  void write_body(Scope& scope, const Node& node);
  bool write_layer_normalization(Scope& scope, const Node& node);
  onnx::Attribute attribute(Scope& scope, const Node& node, std::string_view name,
                            const AttributeValue& value);
  void write_subgraph(Scope& around, const Node& node, const Graph& inner, onnx::Graph& out);

  onnx::Graph proto_;
  std::set<std::string_view> inputs_;
  std::map<std::string_view, int64_t> opsets_;
  std::set<std::string_view> taken_;
  std::deque<std::string> texts_;
};

}  // namespace fovea

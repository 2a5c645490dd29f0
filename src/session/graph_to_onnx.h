#pragma once

#include <list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "onnx/frame.h"
#include "session/session.h"

namespace fovea {

// A graph in ONNX's messages, for a file's frame. Values keep their names as far as these are their
// own. Constants become initialisers, of the outermost graph that reads them.
class GraphToOnnx {
 public:
  // Of the model that `info` is of, without operators that only this engine has. Both have to
  // outlive this. Throws Error(UnsupportedAttribute) for attributes that the engine does not read.
  GraphToOnnx(const Graph& graph, const ModelInfo& info);

  // The file that the frame is of.
  std::string fill(std::string_view frame) const;

 private:
  using Names = std::vector<std::string_view>;

  // A graph on its way, within others.
  struct Scope {
    const Graph& graph;
    const Scope* outer;
    std::string& nodes;                   // the fields of the GraphProto that they are
    Names names;                          // by ValueId; "" where there is none yet
    std::vector<ValueId> constants = {};  // those that become initialisers
    Names made = {};                      // by nodes
  };

  static void write_initializers(onnx::Writer& out, const Scope& scope);
  std::string_view unique(std::string_view base);
  std::string_view name(Scope& scope, ValueId id);
  std::string_view constant(Scope& scope, ValueId id);
  Names names(Scope& scope, const std::vector<ValueId>& ids);
  void import_opset(const Node& node);
  void write_nodes(Scope& scope);
  void write_outputs(Scope& scope, const Names& wanted);
  void write_node(Scope& scope, const Node& node);
  std::string attribute(Scope& scope, const Node& node, std::string_view name,
                        const AttributeValue& value);
  std::string subgraph(Scope& around, const Node& node, const Graph& inner);

  const ModelInfo& info_;
  onnx::Contents contents_;
  Scope main_;
  std::map<std::string_view, ValueId> taken_;  // names, by which no value is looked up
  std::list<std::string> texts_;
};

}  // namespace fovea

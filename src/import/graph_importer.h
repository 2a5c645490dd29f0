#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "import/import_state.h"

namespace fovea {

// The attributes of the node that calls a function, which ref_attr_name refers to.
using CallAttributes = std::map<std::string_view, const onnx::Attribute*>;

// What an attribute stands for: itself, or what the call passes for the name it refers to; null
// when the call passes nothing, as if it were not there.
const onnx::Attribute* resolve_reference(const onnx::Attribute& attribute,
                                         const CallAttributes* call);

// Imports one graph: the model's, or a subgraph with `outer` the importer of the graph around it.
class GraphImporter {
 public:
  explicit GraphImporter(ImportState& state, Opsets opsets)
      : state_(state), opsets_(std::move(opsets)) {}
  explicit GraphImporter(GraphImporter& outer)
      : state_(outer.state_), opsets_(outer.opsets_), outer_(&outer), prefix_(outer.prefix_) {}

  Graph import(const onnx::Graph& proto, const CallAttributes* call);

 private:
  // Values by name; kNoValue: the parameter of a function that its call leaves out.
  using Scope = std::map<std::string, ValueId, std::less<>>;

  void import_initializers(const onnx::Graph& proto);
  void import_initializer(std::string_view name, Tensor constant);
  void import_inputs(const onnx::Graph& proto);
  void import_input(const onnx::ValueInfo& info);
  void import_nodes(const std::vector<onnx::Node>& nodes, const CallAttributes* call);
  void import_node(const onnx::Node& proto, const CallAttributes* call);
  void import_outputs(const onnx::Graph& proto);
  void import_value_infos(const std::vector<onnx::ValueInfo>& infos);

  void import_call(const onnx::Node& proto, const onnx::Function& function,
                   const CallAttributes* call);
  Scope parameters(const onnx::Node& proto, const onnx::Function& function);
  Scope import_body(const onnx::Function& function, Scope parameters,
                    const CallAttributes& attributes, const std::string& call_name);
  void import_results(const onnx::Node& proto, const onnx::Function& function, const Scope& body,
                      ValueId first_inner, const std::string& call_name);
  void add_identity(const std::string& name, ValueId from, ValueId to);

  Attributes import_attributes(const onnx::Node& proto, const CallAttributes* call);
  AttributeValue import_attribute(const onnx::Attribute& proto, const CallAttributes* call);
  std::shared_ptr<Graph> import_subgraph(const onnx::Graph& proto, const CallAttributes* call);

  int opset_of(const onnx::Node& proto) const;
  ValueId define(std::string_view name);
  // The value of that name, captured from an enclosing graph where need be; nullopt: unknown.
  std::optional<ValueId> resolve(std::string_view name);
  std::optional<ValueId> capture(std::string_view name);
  ValueId require(std::string_view name, const onnx::Node& reader);
  std::string unique_node_name(const onnx::Node& proto);

  ImportState& state_;
  Opsets opsets_;
  GraphImporter* outer_ = nullptr;
  Graph graph_;
  Scope scope_;               // of the graph, or of the function that is being written out in it
  std::string prefix_;        // of the names inside that function
  bool in_function_ = false;  // whose body sees nothing outside itself
  Scope captured_;
  std::set<ValueId> defaults_;  // those of graph_
};

}  // namespace fovea

#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "import/constants.h"
#include "import/import.h"

namespace fovea {

// Opset versions by domain, as a model or a function imports them.
using Opsets = std::map<std::string, int, std::less<>>;

Opsets read_opsets(const std::vector<onnx::OperatorSetId>& imports);

// "ai.onnx" is another spelling of the default domain "".
std::string normalized_domain(std::string_view domain);

// What all graphs of one model share while they are imported.
struct ImportState {
  const onnx::Model& model;
  ConstantReader constants;
  std::set<std::string, std::less<>> node_names;  // made unique: caches are keyed by them
  size_t nodes = 0;  // imported so far, to bound what nested functions can blow up to
};

// The attributes of the node that calls a function, which ref_attr_name refers to.
using CallAttributes = std::map<std::string_view, const onnx::Attribute*>;

// What an attribute stands for: itself, or what the call passes for the name it refers to; null
// when the call passes nothing, as if it were not there.
const onnx::Attribute* resolve_reference(const onnx::Attribute& attribute,
                                         const CallAttributes* call);

// Imports one graph: the model's, or a subgraph with `outer` the importer of the graph around it.
class GraphImporter {
 public:
  GraphImporter(ImportState& state, Opsets opsets, GraphImporter* outer)
      : state_(state), opsets_(std::move(opsets)), outer_(outer) {}

  Graph import(const onnx::Graph& proto, const CallAttributes* call);

 private:
  // Names in sight while a function's body is imported are its own.
  using Scope = std::map<std::string, ValueId, std::less<>>;

  void import_initializers(const onnx::Graph& proto);
  void import_inputs(const onnx::Graph& proto);
  void import_nodes(const std::vector<onnx::Node>& nodes, const CallAttributes* call);
  void import_node(const onnx::Node& proto, const CallAttributes* call);
  void import_call(const onnx::Node& proto, const onnx::Function& function,
                   const CallAttributes* call);
  void import_outputs(const onnx::Graph& proto);
  void import_value_infos(const std::vector<onnx::ValueInfo>& infos);

  Attributes import_attributes(const onnx::Node& proto, const CallAttributes* call);
  std::optional<AttributeValue> import_attribute(const onnx::Attribute& proto,
                                                 const CallAttributes* call);
  const onnx::Function* function_of(const onnx::Node& proto) const;

  ValueId define(std::string_view name);
  // The value of that name, captured from an enclosing graph where need be; kNoValue: unknown.
  ValueId resolve(std::string_view name);
  ValueId require(std::string_view name, const onnx::Node& reader);
  std::string unique_node_name(const onnx::Node& proto);

  ImportState& state_;
  Opsets opsets_;
  GraphImporter* outer_;
  Graph graph_;
  Scope scope_;
  std::string prefix_;  // of the names inside an inlined function
  std::map<std::string, ValueId, std::less<>> captured_;
  std::vector<const onnx::Function*> calls_;
};

}  // namespace fovea

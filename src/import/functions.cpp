#include <algorithm>

#include "base/error.h"
#include "import/graph_importer.h"

// Local functions are written out where they are called.
namespace fovea {
namespace {

constexpr int kIdentityOpset = 13;

Error call_error(const onnx::Function& function, std::string_view problem) {
  return Error(ErrorCode::MalformedModel, text("function '", function.name, "' ", problem))
      .with("op", std::string(function.name));
}

CallAttributes attributes_of(const onnx::Node& proto, const onnx::Function& function,
                             const CallAttributes* call) {
  CallAttributes attributes;
  for (const onnx::Attribute& fallback : function.attribute_protos) {
    attributes[fallback.name] = &fallback;
  }
  for (const onnx::Attribute& given : proto.attributes) {
    if (const auto* actual = resolve_reference(given, call)) attributes[given.name] = actual;
  }
  return attributes;
}

// Of what one call of the function needs besides its nodes, about.
uint64_t size_in_memory(const onnx::Function& function) {
  constexpr uint64_t kEntryBytes = 64;
  return kEntryBytes *
         (function.inputs.size() + function.outputs.size() + function.attribute_protos.size() +
          function.opset_imports.size() + function.value_infos.size());
}

}  // namespace

void GraphImporter::import_call(const onnx::Node& proto, const onnx::Function& function,
                                const CallAttributes* call) {
  if (std::ranges::find(state_.calls, &function) != state_.calls.end()) {
    throw call_error(function, "calls itself");
  }
  if (proto.inputs.size() > function.inputs.size() ||
      proto.outputs.size() > function.outputs.size()) {
    throw call_error(function,
                     text("takes ", function.inputs.size(), " values and gives ",
                          function.outputs.size(), ", but node '", proto.name, "' passes ",
                          proto.inputs.size(), " and reads ", proto.outputs.size()))
        .with("node", std::string(proto.name));
  }
  const ImportState::Nesting nesting(state_);
  const std::string name = unique_node_name(proto);
  Scope scope = parameters(proto, function);
  const auto first_inner = static_cast<ValueId>(graph_.values.size());
  const Scope body =
      import_body(function, std::move(scope), attributes_of(proto, function, call), name);
  import_results(proto, function, body, first_inner, name);
}

GraphImporter::Scope GraphImporter::parameters(const onnx::Node& proto,
                                               const onnx::Function& function) {
  Scope scope;
  for (size_t i = 0; i < function.inputs.size(); ++i) {
    const bool given = i < proto.inputs.size() && !proto.inputs[i].empty();
    const ValueId id = given ? require(proto.inputs[i], proto) : kNoValue;
    if (!scope.emplace(function.inputs[i], id).second) {
      throw call_error(function, text("has two inputs '", function.inputs[i], "'"));
    }
  }
  return scope;
}

GraphImporter::Scope GraphImporter::import_body(const onnx::Function& function, Scope parameters,
                                                const CallAttributes& attributes,
                                                const std::string& call_name) {
  Opsets opsets = std::exchange(opsets_, read_opsets(function.opset_imports));
  Scope scope = std::exchange(scope_, std::move(parameters));
  std::string prefix = std::exchange(prefix_, call_name + "/");
  const bool in_function = std::exchange(in_function_, true);
  state_.calls.push_back(&function);
  state_.count_copied(size_in_memory(function));
  import_nodes(function.nodes, &attributes);
  import_value_infos(function.value_infos);
  state_.calls.pop_back();
  in_function_ = in_function;
  prefix_ = std::move(prefix);
  opsets_ = std::move(opsets);
  return std::exchange(scope_, std::move(scope));
}

void GraphImporter::import_results(const onnx::Node& proto, const onnx::Function& function,
                                   const Scope& body, ValueId first_inner,
                                   const std::string& call_name) {
  std::vector<ValueId> named;
  for (size_t i = 0; i < proto.outputs.size(); ++i) {
    if (proto.outputs[i].empty()) continue;
    const auto result = body.find(function.outputs[i]);
    if (result == body.end()) {
      throw call_error(function, text("does not compute its output '", function.outputs[i], "'"))
          .with("value", std::string(function.outputs[i]));
    }
    // The caller's name is the one that people know. What has another already, because it was
    // there before the call or is two of its results, gets this one by an Identity.
    const ValueId id = result->second;
    const bool nameless = id >= first_inner && std::ranges::find(named, id) == named.end();
    if (id != kNoValue && !nameless) {
      add_identity(call_name, id, define(proto.outputs[i]));
      continue;
    }
    if (id != kNoValue) graph_.value(id).name = prefix_ + std::string(proto.outputs[i]);
    if (!scope_.emplace(proto.outputs[i], id).second) {
      throw Error(ErrorCode::MalformedModel,
                  text("value '", proto.outputs[i], "' is defined twice"))
          .with("value", std::string(proto.outputs[i]));
    }
    named.push_back(id);
  }
}

void GraphImporter::add_identity(const std::string& name, ValueId from, ValueId to) {
  state_.count_node();
  Node node;
  node.op_type = "Identity";
  node.opset = kIdentityOpset;
  node.name = state_.names.unique(name);
  node.inputs = {from};
  node.outputs = {to};
  graph_.value(to).dtype = graph_.value(from).dtype;
  graph_.nodes.push_back(std::move(node));
}

}  // namespace fovea

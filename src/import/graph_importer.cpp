#include "import/graph_importer.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace fovea {
namespace {

constexpr size_t kMaxNodes = 1'000'000;
constexpr size_t kMaxCallDepth = 64;

[[noreturn]] void malformed(std::string message, std::string value) {
  throw Error(ErrorCode::MalformedModel, std::move(message)).with("value", std::move(value));
}

void require_supported(const onnx::ValueInfo& input) {
  const bool is_tensor = input.type && input.type->kind == onnx::Type::Kind::Tensor;
  if (!is_tensor || input.type->elem_type == 0 || is_supported(input.type->elem_type)) return;
  const std::string_view dtype = info_of(input.type->elem_type).name;
  throw Error(ErrorCode::UnsupportedAttribute,
              text("input '", input.name, "' has elements of type ", dtype, " (",
                   input.type->elem_type, " of TensorProto.DataType), which no operator takes"))
      .with("input", std::string(input.name))
      .with("dtype", std::string(dtype));
}

void declare(Value& value, const onnx::ValueInfo& info) {
  if (!info.type) return;
  if (info.type->kind != onnx::Type::Kind::Tensor) return;
  if (is_supported(info.type->elem_type)) value.dtype = static_cast<DType>(info.type->elem_type);
  if (!info.type->shape) return;
  std::vector<Dim> dims;
  for (const onnx::Dim& dim : *info.type->shape) {
    // Exporters write -1, and some 0, for a dimension they do not know.
    if (dim.value && *dim.value > 0) {
      dims.emplace_back(*dim.value);
    } else if (!dim.value && !dim.param.empty()) {
      dims.emplace_back(std::string(dim.param));
    } else {
      dims.emplace_back(std::monostate{});
    }
  }
  value.shape = std::move(dims);
}

}  // namespace

std::string normalized_domain(std::string_view domain) {
  return domain == "ai.onnx" ? "" : std::string(domain);
}

Opsets read_opsets(const std::vector<onnx::OperatorSetId>& imports) {
  Opsets opsets;
  for (const onnx::OperatorSetId& import : imports) {
    const auto version = std::clamp<int64_t>(import.version, 0, std::numeric_limits<int>::max());
    opsets[normalized_domain(import.domain)] = static_cast<int>(version);
  }
  return opsets;
}

Graph GraphImporter::import(const onnx::Graph& proto, const CallAttributes* call) {
  graph_.name = proto.name;
  import_initializers(proto);
  import_inputs(proto);
  import_nodes(proto.nodes, call);
  import_outputs(proto);
  import_value_infos(proto.value_infos);
  return std::move(graph_);
}

void GraphImporter::import_initializers(const onnx::Graph& proto) {
  if (!proto.sparse_initializers.empty()) {
    throw Error(ErrorCode::UnsupportedAttribute, "sparse initializers are not supported")
        .with("value", std::string(proto.sparse_initializers.front().values.name));
  }
  for (const onnx::Tensor& tensor : proto.initializers) {
    const ValueId id = define(tensor.name);
    Tensor constant = state_.constants.read(tensor);
    graph_.value(id).dtype = constant.dtype();
    graph_.value(id).constant = std::move(constant);
  }
}

void GraphImporter::import_inputs(const onnx::Graph& proto) {
  for (const onnx::ValueInfo& info : proto.inputs) {
    // Up to IR version 3 initialisers are listed as inputs too: they are defaults we keep constant.
    const auto known = scope_.find(info.name);
    if (known != scope_.end() && graph_.constant(known->second)) continue;
    const ValueId id = define(info.name);
    declare(graph_.value(id), info);
    require_supported(info);
    if (info.type && info.type->kind != onnx::Type::Kind::Tensor &&
        info.type->kind != onnx::Type::Kind::Unknown) {
      throw Error(ErrorCode::UnsupportedAttribute,
                  text("input '", info.name,
                       "' is not a tensor: sequences, maps, optionals and "
                       "sparse tensors are not supported"))
          .with("input", std::string(info.name));
    }
    graph_.inputs.push_back(id);
  }
}

void GraphImporter::import_nodes(const std::vector<onnx::Node>& nodes, const CallAttributes* call) {
  for (const onnx::Node& node : nodes) import_node(node, call);
}

void GraphImporter::import_node(const onnx::Node& proto, const CallAttributes* call) {
  if (++state_.nodes > kMaxNodes) {
    fail(ErrorCode::MalformedModel, "the model has more than ", kMaxNodes, " nodes");
  }
  if (const onnx::Function* function = function_of(proto)) {
    import_call(proto, *function, call);
    return;
  }
  Node node;
  node.op_type = proto.op_type;
  node.domain = normalized_domain(proto.domain);
  node.name = unique_node_name(proto);
  const auto opset = opsets_.find(node.domain);
  if (opset == opsets_.end()) {
    throw Error(ErrorCode::MalformedModel,
                text("node '", node.name, "' uses operator ", node.op_type, " of domain '",
                     node.domain, "', which the model does not import"))
        .with("node", node.name)
        .with("op", node.op_type);
  }
  node.opset = opset->second;
  for (const std::string_view name : proto.inputs) {
    node.inputs.push_back(name.empty() ? kNoValue : require(name, proto));
  }
  node.attributes = import_attributes(proto, call);
  for (const std::string_view name : proto.outputs) {
    node.outputs.push_back(name.empty() ? kNoValue : define(name));
  }
  graph_.nodes.push_back(std::move(node));
}

const onnx::Function* GraphImporter::function_of(const onnx::Node& proto) const {
  const auto matches = [&](const onnx::Function& function) {
    return function.name == proto.op_type && function.overload == proto.overload &&
           normalized_domain(function.domain) == normalized_domain(proto.domain);
  };
  const auto found = std::ranges::find_if(state_.model.functions, matches);
  return found == state_.model.functions.end() ? nullptr : &*found;
}

void GraphImporter::import_call(const onnx::Node& proto, const onnx::Function& function,
                                const CallAttributes* call) {
  if (calls_.size() >= kMaxCallDepth || std::ranges::find(calls_, &function) != calls_.end()) {
    throw Error(ErrorCode::MalformedModel, text("function '", function.name, "' calls itself"))
        .with("op", std::string(function.name));
  }
  if (proto.inputs.size() > function.inputs.size() ||
      proto.outputs.size() > function.outputs.size()) {
    throw Error(ErrorCode::MalformedModel,
                text("node '", proto.name, "' passes more values than function '", function.name,
                     "' takes"))
        .with("node", std::string(proto.name))
        .with("op", std::string(function.name));
  }

  Scope body_scope;
  for (size_t i = 0; i < proto.inputs.size(); ++i) {
    if (proto.inputs[i].empty()) continue;
    body_scope[std::string(function.inputs[i])] = require(proto.inputs[i], proto);
  }
  CallAttributes attributes;
  for (const onnx::Attribute& fallback : function.attribute_protos) {
    attributes[fallback.name] = &fallback;
  }
  for (const onnx::Attribute& given : proto.attributes) {
    if (const auto* actual = resolve_reference(given, call)) attributes[given.name] = actual;
  }

  const std::string call_name = unique_node_name(proto);
  Scope caller_scope = std::exchange(scope_, std::move(body_scope));
  Opsets caller_opsets = std::exchange(opsets_, read_opsets(function.opset_imports));
  const std::string caller_prefix = std::exchange(prefix_, call_name + "/");
  calls_.push_back(&function);
  import_nodes(function.nodes, &attributes);
  import_value_infos(function.value_infos);
  calls_.pop_back();
  prefix_ = caller_prefix;
  opsets_ = std::move(caller_opsets);
  const Scope results = std::exchange(scope_, std::move(caller_scope));

  for (size_t i = 0; i < proto.outputs.size(); ++i) {
    if (proto.outputs[i].empty()) continue;
    const auto result = results.find(function.outputs[i]);
    if (result == results.end()) {
      malformed(text("function '", function.name, "' does not compute its output '",
                     function.outputs[i], "'"),
                std::string(function.outputs[i]));
    }
    // The caller's name is the one people know; a value that is another's too keeps its own.
    const bool computed_inside = graph_.value(result->second).name.starts_with(call_name + "/");
    if (computed_inside)
      graph_.value(result->second).name = prefix_ + std::string(proto.outputs[i]);
    if (!scope_.emplace(proto.outputs[i], result->second).second) {
      malformed(text("value '", proto.outputs[i], "' is defined twice"),
                std::string(proto.outputs[i]));
    }
  }
}

void GraphImporter::import_outputs(const onnx::Graph& proto) {
  for (const onnx::ValueInfo& info : proto.outputs) {
    const ValueId id = resolve(info.name);
    if (id == kNoValue) {
      malformed(text("graph output '", info.name, "' is computed by no node"),
                std::string(info.name));
    }
    if (graph_.value(id).dtype == DType::Undefined) declare(graph_.value(id), info);
    graph_.outputs.push_back(id);
  }
}

void GraphImporter::import_value_infos(const std::vector<onnx::ValueInfo>& infos) {
  for (const onnx::ValueInfo& info : infos) {
    const auto known = scope_.find(info.name);
    if (known == scope_.end()) continue;
    Value& value = graph_.value(known->second);
    if (value.dtype == DType::Undefined) declare(value, info);
  }
}

ValueId GraphImporter::define(std::string_view name) {
  Value value;
  value.name = prefix_ + std::string(name);
  const ValueId id = graph_.add_value(std::move(value));
  if (!scope_.emplace(name, id).second) {
    malformed(text("value '", name, "' is defined twice"), std::string(name));
  }
  return id;
}

ValueId GraphImporter::resolve(std::string_view name) {
  const auto local = scope_.find(name);
  if (local != scope_.end()) return local->second;
  // A function's body sees nothing outside itself.
  if (!calls_.empty() || !outer_) return kNoValue;
  const auto known = captured_.find(name);
  if (known != captured_.end()) return known->second;
  const ValueId outer = outer_->resolve(name);
  if (outer == kNoValue) return kNoValue;
  Value value = outer_->graph_.value(outer);
  const ValueId inner = graph_.add_value(std::move(value));
  if (!graph_.value(inner).constant) graph_.captures.push_back({outer, inner});
  captured_.emplace(name, inner);
  return inner;
}

ValueId GraphImporter::require(std::string_view name, const onnx::Node& reader) {
  const ValueId id = resolve(name);
  if (id == kNoValue) {
    throw Error(ErrorCode::MalformedModel,
                text("node '", reader.name, "' (", reader.op_type, ") reads '", name,
                     "', which nothing before it computes"))
        .with("node", std::string(reader.name))
        .with("op", std::string(reader.op_type))
        .with("value", std::string(name));
  }
  return id;
}

std::string GraphImporter::unique_node_name(const onnx::Node& proto) {
  const std::string wanted = proto.name.empty() ? text(prefix_, proto.op_type, "_", state_.nodes)
                                                : prefix_ + std::string(proto.name);
  std::string name = wanted;
  for (int copy = 2; !state_.node_names.insert(name).second; ++copy) name = text(wanted, "_", copy);
  return name;
}

Graph import_model(const onnx::Model& model, const ImportSources& sources) {
  ImportState state{model, ConstantReader(sources), {}, 0};
  return GraphImporter(state, read_opsets(model.opset_imports), nullptr)
      .import(model.graph, nullptr);
}

}  // namespace fovea

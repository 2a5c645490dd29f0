#include "import/graph_importer.h"

#include "base/error.h"
#include "import/node_order.h"

namespace fovea {
namespace {

[[noreturn]] void malformed(std::string message, std::string_view value) {
  throw Error(ErrorCode::MalformedModel, std::move(message)).with("value", std::string(value));
}

std::optional<std::vector<Dim>> declared_dims(const onnx::ValueInfo& info) {
  if (!info.type->shape) return std::nullopt;
  if (info.type->shape->size() > size_t{kMaxRank}) {
    malformed(text("value '", info.name, "' has ", info.type->shape->size(),
                   " dimensions, more than ", kMaxRank),
              info.name);
  }
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
  return dims;
}

bool is_tensor(const onnx::ValueInfo& info) {
  return info.type && info.type->kind == onnx::Type::Kind::Tensor;
}

void require_supported(const onnx::ValueInfo& input) {
  using enum onnx::Type::Kind;
  const onnx::Type::Kind kind = input.type ? input.type->kind : Unknown;
  if (kind == SparseTensor || kind == Opaque) {
    throw Error(ErrorCode::UnsupportedAttribute,
                text("input '", input.name,
                     "' is no tensor, sequence, map or optional: sparse "
                     "tensors are not supported"))
        .with("input", std::string(input.name));
  }
  if (!is_tensor(input) || input.type->elem_type == 0 || is_supported(input.type->elem_type))
    return;
  const std::string_view dtype = info_of(input.type->elem_type).name;
  throw Error(ErrorCode::UnsupportedAttribute,
              text("input '", input.name, "' has elements of type ", dtype, " (",
                   input.type->elem_type, " of TensorProto.DataType), which no operator takes"))
      .with("input", std::string(input.name))
      .with("dtype", std::string(dtype));
}

void declare(Value& value, const onnx::ValueInfo& info) {
  // What an optional holds is only known when it is fed.
  if (info.type && info.type->kind == onnx::Type::Kind::Sequence) value.dtype = DType::Sequence;
  if (info.type && info.type->kind == onnx::Type::Kind::Map) value.dtype = DType::Map;
  if (!is_tensor(info)) return;
  if (is_supported(info.type->elem_type)) value.dtype = static_cast<DType>(info.type->elem_type);
  value.shape = declared_dims(info);
}

}  // namespace

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
  for (const onnx::Tensor& tensor : proto.initializers) {
    if (tensor.name.empty()) continue;  // nothing can read it
    import_initializer(tensor.name, state_.in_call() ? state_.constants.read_shared(tensor)
                                                     : state_.constants.read(tensor));
  }
  for (const onnx::SparseTensor& tensor : proto.sparse_initializers) {
    const std::string_view name = tensor.values.name;
    if (!name.empty()) import_initializer(name, state_.constants.read_sparse(tensor));
  }
}

void GraphImporter::import_initializer(std::string_view name, Tensor constant) {
  const auto known = scope_.find(name);
  if (known != scope_.end()) {
    // Tools that merge models write an initialiser once for each part that reads it.
    if (identical(*graph_.constant(known->second), constant)) return;
    malformed(text("initialiser '", name, "' is given twice, with different values"), name);
  }
  Value& value = graph_.value(define(name));
  value.dtype = constant.dtype();
  value.constant = std::move(constant);
}

void GraphImporter::import_inputs(const onnx::Graph& proto) {
  for (const onnx::ValueInfo& info : proto.inputs) import_input(info);
}

void GraphImporter::import_input(const onnx::ValueInfo& info) {
  if (info.name.empty()) malformed("an input of the graph has no name", "");
  require_supported(info);
  const auto known = scope_.find(info.name);
  if (known == scope_.end() || !graph_.constant(known->second)) {
    const ValueId id = define(info.name);
    declare(graph_.value(id), info);
    graph_.inputs.push_back(id);
    return;
  }
  // An initialiser of the same name is the input's default.
  const ValueId id = known->second;
  Value& value = graph_.value(id);
  if (is_tensor(info)) value.shape = declared_dims(info);
  if (outer_) {
    value.constant.reset();  // whoever runs a subgraph gives it all its inputs
    graph_.inputs.push_back(id);
    return;
  }
  if (!defaults_.insert(id).second)
    malformed(text("input '", info.name, "' is given twice"), info.name);
  graph_.defaults.push_back(id);
}

void GraphImporter::import_nodes(const std::vector<onnx::Node>& nodes, const CallAttributes* call) {
  for (const onnx::Node* node : sorted(nodes)) import_node(*node, call);
}

void GraphImporter::import_node(const onnx::Node& proto, const CallAttributes* call) {
  state_.count_node();
  if (const onnx::Function* function = state_.functions.find(proto)) {
    import_call(proto, *function, call);
    return;
  }
  Node node;
  node.op_type = proto.op_type;
  node.domain = normalized_domain(proto.domain);
  node.opset = opset_of(proto);
  node.name = unique_node_name(proto);
  for (const std::string_view name : proto.inputs) {
    node.inputs.push_back(name.empty() ? kNoValue : require(name, proto));
  }
  state_.count_copied(node.name.size() + proto.inputs.size() * sizeof(ValueId));
  node.attributes = import_attributes(proto, call);
  for (const std::string_view name : proto.outputs) {
    node.outputs.push_back(name.empty() ? kNoValue : define(name));
  }
  graph_.nodes.push_back(std::move(node));
}

int GraphImporter::opset_of(const onnx::Node& proto) const {
  const std::string_view domain = normalized_domain(proto.domain);
  const auto opset = opsets_.find(domain);
  return opset != opsets_.end() ? opset->second : assumed_opset(domain, state_.ir_version);
}

void GraphImporter::import_outputs(const onnx::Graph& proto) {
  for (const onnx::ValueInfo& info : proto.outputs) {
    const ValueId id = resolve(info.name).value_or(kNoValue);
    if (id == kNoValue) {
      malformed(text("graph output '", info.name, "' is computed by no node"), info.name);
    }
    if (graph_.value(id).dtype == DType::Undefined) declare(graph_.value(id), info);
    graph_.outputs.push_back(id);
  }
}

void GraphImporter::import_value_infos(const std::vector<onnx::ValueInfo>& infos) {
  for (const onnx::ValueInfo& info : infos) {
    const auto known = scope_.find(info.name);
    if (known == scope_.end() || known->second == kNoValue) continue;
    Value& value = graph_.value(known->second);
    if (value.dtype == DType::Undefined) declare(value, info);
  }
}

ValueId GraphImporter::define(std::string_view name) {
  Value value;
  value.name = prefix_ + std::string(name);
  state_.count_copied(sizeof(Value) + value.name.size());
  const ValueId id = graph_.add_value(std::move(value));
  if (!scope_.emplace(name, id).second) {
    malformed(text("value '", name, "' is defined twice"), name);
  }
  return id;
}

std::optional<ValueId> GraphImporter::resolve(std::string_view name) {
  const auto local = scope_.find(name);
  if (local != scope_.end()) return local->second;
  if (in_function_ || !outer_) return std::nullopt;
  const auto known = captured_.find(name);
  if (known != captured_.end()) return known->second;
  return capture(name);
}

std::optional<ValueId> GraphImporter::capture(std::string_view name) {
  const std::optional<ValueId> outer = outer_->resolve(name);
  if (!outer || *outer == kNoValue) return outer;
  const Graph& around = outer_->graph_;
  Value value;
  value.name = around.value(*outer).name;
  value.dtype = around.value(*outer).dtype;
  state_.count_copied(sizeof(Value) + value.name.size());
  // A default may turn out to be fed, so what reads it cannot be a constant.
  if (!outer_->defaults_.contains(*outer)) value.constant = around.value(*outer).constant;
  const bool constant = value.constant.has_value();
  const ValueId inner = graph_.add_value(std::move(value));
  if (!constant) graph_.captures.push_back({*outer, inner});
  captured_.emplace(name, inner);
  return inner;
}

ValueId GraphImporter::require(std::string_view name, const onnx::Node& reader) {
  if (const auto id = resolve(name)) return *id;
  throw Error(ErrorCode::MalformedModel, text("node '", reader.name, "' (", reader.op_type,
                                              ") reads '", name, "', which nothing computes"))
      .with("node", std::string(reader.name))
      .with("op", std::string(reader.op_type))
      .with("value", std::string(name));
}

std::string GraphImporter::unique_node_name(const onnx::Node& proto) {
  return state_.names.unique(proto.name.empty() ? text(prefix_, proto.op_type, "_", state_.nodes())
                                                : prefix_ + std::string(proto.name));
}

Graph import_model(const onnx::Model& model, const ImportSources& sources, const Limits& limits) {
  ImportState state(model, sources, limits);
  return GraphImporter(state, read_opsets(model.opset_imports)).import(model.graph, nullptr);
}

}  // namespace fovea

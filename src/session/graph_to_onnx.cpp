#include "session/graph_to_onnx.h"

#include <algorithm>

#include "base/error.h"
#include "ops/meaning.h"

namespace fovea {
namespace {

using onnx::Writer;

// The IR version from which initialisers need not be inputs.
constexpr int64_t kFreeInitializers = 4;

// The fields of a TensorProto.
void write_tensor(Writer& out, const Tensor& tensor, std::string_view name) {
  for (const int64_t size : tensor.shape()) out.varint(1, size);
  out.varint(2, static_cast<int32_t>(tensor.dtype()));
  out.bytes(8, name);
  if (tensor.dtype() == DType::String) {
    for (const std::string& string : tensor.strings()) out.bytes(6, string);
  } else {
    out.bytes(9, std::span(tensor.data(), tensor.bytes()));
  }
}

// The ValueInfoProto of a subgraph's input or output; sequences go without a type, as they may.
void write_value(Writer& out, const Value& value, std::string_view name) {
  out.bytes(1, name);
  if (value.dtype == DType::Undefined || value.dtype >= DType::Map) return;
  const auto write_dim = [&](const Dim& dim) {
    if (const auto* size = std::get_if<int64_t>(&dim)) out.varint(1, *size);
    if (const auto* param = std::get_if<std::string>(&dim)) out.bytes(2, *param);
  };
  const auto write_shape = [&] {
    for (const Dim& dim : *value.shape) out.message(1, [&] { write_dim(dim); });
  };
  const auto write_tensor = [&] {
    out.varint(1, static_cast<int32_t>(value.dtype));
    if (value.shape) out.message(2, write_shape);
  };
  out.message(2, [&] { out.message(1, write_tensor); });
}

// The fields of a NodeProto, appended to the others of its graph. `attributes` are whole fields.
void append_node(std::string& nodes, const Node& node, std::string_view op_type,
                 std::string_view domain, std::span<const std::string_view> inputs,
                 std::span<const std::string_view> outputs, std::string_view attributes) {
  nodes += onnx::write([&](Writer& out) {
    out.message(1, [&] {
      for (const std::string_view input : inputs) out.bytes(1, input);
      for (const std::string_view output : outputs) out.bytes(2, output);
      out.bytes(3, node.name);
      out.bytes(4, op_type);
      out.copy(attributes);
      if (!domain.empty()) out.bytes(7, domain);
    });
  });
}

}  // namespace

GraphToOnnx::GraphToOnnx(const Graph& graph, const ModelInfo& info)
    : info_(info), main_{graph, nullptr, contents_.nodes, Names(graph.values.size())} {
  if (info.ir_version < kFreeInitializers) contents_.ir_version = kFreeInitializers;
  Scope& scope = main_;
  for (const ValueId id : graph.inputs) contents_.inputs.push_back(name(scope, id));
  // Outputs have their names before anything else asks for these.
  Names outputs;
  for (const InputInfo& output : info.outputs) {
    std::string_view& known = scope.names[static_cast<size_t>(graph.outputs[outputs.size()])];
    outputs.push_back(output.name);
    const bool is_new = taken_.emplace(output.name, kNoValue).second;
    if (is_new && known.empty()) known = output.name;
  }
  write_nodes(scope);
  write_outputs(scope, outputs);
}

std::string GraphToOnnx::fill(std::string_view frame) const {
  const auto write_rest = [](Writer& out, const void* scope) {
    write_initializers(out, *static_cast<const Scope*>(scope));
  };
  return onnx::fill_frame(frame, contents_, write_rest, &main_);
}

void GraphToOnnx::write_initializers(Writer& out, const Scope& scope) {
  for (const ValueId id : scope.constants) {
    out.message(5, [&] {
      write_tensor(out, *scope.graph.constant(id), scope.names[static_cast<size_t>(id)]);
    });
  }
}

std::string_view GraphToOnnx::unique(std::string_view base) {
  if (base.empty()) base = "value";
  if (taken_.emplace(base, kNoValue).second) return base;
  std::string& made = texts_.emplace_back();
  int number = 0;
  do {
    made = text(base, '_', ++number);
  } while (!taken_.emplace(made, kNoValue).second);
  return made;
}

std::string_view GraphToOnnx::name(Scope& scope, ValueId id) {
  if (id == kNoValue) return {};
  if (scope.graph.constant(id)) return constant(scope, id);
  std::string_view& known = scope.names[static_cast<size_t>(id)];
  if (known.empty()) known = unique(scope.graph.value(id).name);
  return known;
}

// What graphs around have as a constant already is theirs.
std::string_view GraphToOnnx::constant(Scope& scope, ValueId id) {
  const Tensor& tensor = *scope.graph.constant(id);
  for (const Scope* at = &scope; at; at = at->outer) {
    for (const ValueId other : at->constants) {
      const Tensor& known = *at->graph.constant(other);
      const bool same = (at == &scope && other == id) ||
                        (known.data() == tensor.data() && known.dtype() == tensor.dtype() &&
                         known.shape() == tensor.shape() && known.elements() > 0);
      if (same) return at->names[static_cast<size_t>(other)];
    }
  }
  std::string_view& name = scope.names[static_cast<size_t>(id)];
  if (name.empty()) name = unique(scope.graph.value(id).name);
  if (tensor.dtype() >= DType::Map) {
    throw Error(ErrorCode::UnsupportedAttribute,
                text("The constant '", name, "' is no tensor, which no initialiser says."))
        .with("value", std::string(name));
  }
  scope.constants.push_back(id);
  return name;
}

GraphToOnnx::Names GraphToOnnx::names(Scope& scope, const std::vector<ValueId>& ids) {
  Names out;
  for (const ValueId id : ids) out.push_back(name(scope, id));
  return out;
}

void GraphToOnnx::write_nodes(Scope& scope) {
  for (const Node& node : scope.graph.nodes) {
    if (node.domain == kInternalDomain) {
      fail(ErrorCode::Internal, "ONNX has no ", node.op_type, ", which '", node.name, "' is.");
    }
    write_node(scope, node);
  }
}

// An output that is another's value as well, or an input, is a copy of it.
void GraphToOnnx::write_outputs(Scope& scope, const Names& wanted) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    const std::string_view made = name(scope, scope.graph.outputs[i]);
    if (made == wanted[i]) continue;
    append_node(scope.nodes, {}, "Identity", {}, {&made, 1}, {&wanted[i], 1}, {});
  }
}

void GraphToOnnx::write_node(Scope& scope, const Node& node) {
  const Names inputs = names(scope, node.inputs), outputs = names(scope, node.outputs);
  std::string attributes;
  for (const auto& [name, value] : node.attributes.all()) {
    attributes += attribute(scope, node, name, value);
  }
  append_node(scope.nodes, node, node.op_type, node.domain, inputs, outputs, attributes);
  for (const std::string_view output : outputs) scope.made.push_back(output);
  import_opset(node);
}

void GraphToOnnx::import_opset(const Node& node) {
  const auto is_its = [&](const auto& opset) {
    return opset.domain == node.domain || (opset.domain == "ai.onnx" && node.domain.empty());
  };
  if (std::ranges::any_of(info_.opsets, is_its)) return;
  if (std::ranges::any_of(contents_.opsets, is_its)) return;
  contents_.opsets.push_back({node.domain, node.opset});
}

// The field of a NodeProto.
std::string GraphToOnnx::attribute(Scope& scope, const Node& node, std::string_view name,
                                   const AttributeValue& value) {
  // AttributeProto.type of AttributeValue's alternatives, and the fields of the values.
  constexpr int64_t kTypes[] = {2, 1, 3, 7, 6, 8, 4, 5};
  if (value.index() >= std::size(kTypes)) {
    throw Error(ErrorCode::UnsupportedAttribute,
                text("The attribute '", name, "' of ", node.op_type, " '", node.name,
                     "' is of a kind that is not read, and so cannot be written."))
        .with("node", node.name)
        .with("attribute", std::string(name));
  }
  std::string graph;
  const auto* inner = std::get_if<std::shared_ptr<Graph>>(&value);
  if (inner) graph = subgraph(scope, node, **inner);
  // Sparse constants were made dense.
  if (name == "sparse_value") name = "value";
  return onnx::write([&](Writer& out) {
    out.message(5, [&] {
      out.bytes(1, name);
      if (const auto* f = std::get_if<float>(&value)) out.fixed(2, *f);
      if (const auto* i = std::get_if<int64_t>(&value)) out.varint(3, *i);
      if (const auto* s = std::get_if<std::string>(&value)) out.bytes(4, *s);
      if (const auto* tensor = std::get_if<Tensor>(&value)) {
        out.message(5, [&] { write_tensor(out, *tensor, {}); });
      }
      if (inner) out.bytes(6, graph);
      if (const auto* floats = std::get_if<std::vector<float>>(&value)) {
        for (const float f : *floats) out.fixed(7, f);
      }
      if (const auto* ints = std::get_if<std::vector<int64_t>>(&value)) {
        for (const int64_t i : *ints) out.varint(8, i);
      }
      if (const auto* strings = std::get_if<std::vector<std::string>>(&value)) {
        for (const std::string& s : *strings) out.bytes(9, s);
      }
      out.varint(20, kTypes[value.index()]);
    });
  });
}

// A GraphProto.
std::string GraphToOnnx::subgraph(Scope& around, const Node& node, const Graph& inner) {
  std::string nodes;
  Scope scope{inner, &around, nodes, Names(inner.values.size())};
  for (const Capture& capture : inner.captures) {
    scope.names[static_cast<size_t>(capture.inner)] = name(around, capture.outer);
  }
  const Names inputs = names(scope, inner.inputs);
  write_nodes(scope);
  // Outputs are made by nodes of the subgraph, each by one of its own.
  Names outputs;
  for (const ValueId id : inner.outputs) {
    const std::string_view known = name(scope, id);
    const auto made = std::ranges::find(scope.made, known);
    outputs.push_back(made != scope.made.end() ? known : unique(known));
    if (made != scope.made.end()) scope.made.erase(made);
  }
  write_outputs(scope, outputs);
  return onnx::write([&](Writer& out) {
    out.copy(nodes);
    out.bytes(2, inner.name.empty() ? node.name : inner.name);
    write_initializers(out, scope);
    for (size_t i = 0; i < inputs.size(); ++i) {
      out.message(11, [&] { write_value(out, inner.value(inner.inputs[i]), inputs[i]); });
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
      out.message(12, [&] { write_value(out, inner.value(inner.outputs[i]), outputs[i]); });
    }
  });
}

}  // namespace fovea

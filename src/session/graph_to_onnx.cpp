#include "session/graph_to_onnx.h"

#include <algorithm>

#include "base/error.h"
#include "ops/core/body.h"

namespace fovea {
namespace {

constexpr int kFirstLayerNormalization = 17;

onnx::Tensor to_onnx(const Tensor& from, std::string_view name) {
  onnx::Tensor out;
  out.name = name;
  out.data_type = static_cast<int32_t>(from.dtype());
  out.dims = from.shape().dims();
  if (from.dtype() == DType::String) {
    out.string_data = {from.strings().begin(), from.strings().end()};
  } else {
    out.raw_data = {from.data(), from.bytes()};
  }
  return out;
}

// What is declared of a subgraph's input or output; sequences go without a type, as they may.
onnx::ValueInfo to_onnx(const Value& value, std::string_view name) {
  onnx::ValueInfo out;
  out.name = name;
  if (value.dtype == DType::Undefined || value.dtype >= DType::Map) return out;
  onnx::Type& type = out.type.emplace();
  type.kind = onnx::Type::Kind::Tensor;
  type.elem_type = static_cast<int32_t>(value.dtype);
  if (!value.shape) return out;
  type.shape.emplace();
  for (const Dim& dim : *value.shape) {
    onnx::Dim& written = type.shape->emplace_back();
    if (const auto* size = std::get_if<int64_t>(&dim)) written.value = *size;
    if (const auto* param = std::get_if<std::string>(&dim)) written.param = *param;
  }
  return out;
}

}  // namespace

GraphToOnnx::GraphToOnnx(const Graph& graph, const std::vector<std::string_view>& outputs) {
  Scope scope{graph, nullptr, proto_, known_shapes(graph), {}};
  scope.names.resize(graph.values.size());
  for (const ValueId id : graph.inputs) inputs_.insert(name(scope, id));
  // Outputs have their names before anything else asks for these.
  for (size_t i = 0; i < outputs.size(); ++i) {
    std::string_view& known = scope.names[static_cast<size_t>(graph.outputs[i])];
    const bool is_new = taken_.insert(outputs[i]).second;
    if (is_new && known.empty()) known = outputs[i];
  }
  write_nodes(scope);
  write_outputs(scope, outputs);
}

std::string_view GraphToOnnx::unique(std::string_view base) {
  if (base.empty()) base = "value";
  if (taken_.insert(base).second) return base;
  for (int i = 1;; ++i) {
    std::string made = text(base, '_', i);
    if (!taken_.contains(made)) return *taken_.insert(texts_.emplace_back(std::move(made))).first;
  }
}

std::string_view GraphToOnnx::name(Scope& scope, ValueId id) {
  if (id == kNoValue) return {};
  std::string_view& known = scope.names[static_cast<size_t>(id)];
  if (scope.graph.constant(id)) return constant(scope, id);
  if (known.empty()) known = unique(scope.graph.value(id).name);
  return known;
}

// What graphs around have as a constant already is theirs.
std::string_view GraphToOnnx::constant(Scope& scope, ValueId id) {
  const Tensor& tensor = *scope.graph.constant(id);
  for (const Scope* at = &scope; at; at = at->outer) {
    const auto found = at->constants.find(tensor.data());
    if (found == at->constants.end()) continue;
    const Tensor& known = *at->graph.constant(found->second);
    const bool same = known.dtype() == tensor.dtype() && known.shape() == tensor.shape();
    if (same) return at->names[static_cast<size_t>(found->second)];
  }
  std::string_view& name = scope.names[static_cast<size_t>(id)];
  const bool is_written = std::ranges::any_of(scope.out.initializers, [&](const auto& written) {
    return !name.empty() && written.name == name;
  });
  if (is_written) return name;
  if (name.empty()) name = unique(scope.graph.value(id).name);
  if (tensor.dtype() == DType::Absent || tensor.dtype() >= DType::Map) {
    throw Error(ErrorCode::UnsupportedAttribute,
                text("The constant '", name, "' is no tensor, which no initialiser says."))
        .with("value", std::string(name));
  }
  scope.out.initializers.push_back(to_onnx(tensor, name));
  if (tensor.elements() > 0) scope.constants.emplace(tensor.data(), id);
  return name;
}

std::vector<std::string_view> GraphToOnnx::names(Scope& scope, const std::vector<ValueId>& ids) {
  std::vector<std::string_view> out;
  for (const ValueId id : ids) out.push_back(name(scope, id));
  return out;
}

void GraphToOnnx::write_nodes(Scope& scope) {
  for (const Node& node : scope.graph.nodes) {
    if (node.domain != kInternalDomain) {
      write(scope, node);
    } else if (!write_layer_normalization(scope, node)) {
      write_body(scope, node);
    }
  }
}

// An output that is another's value as well, or an input, is a copy of it.
void GraphToOnnx::write_outputs(Scope& scope, const std::vector<std::string_view>& wanted) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    const std::string_view made = name(scope, scope.graph.outputs[i]);
    if (made == wanted[i]) continue;
    onnx::Node copy;
    copy.op_type = "Identity";
    copy.inputs = {made};
    copy.outputs = {wanted[i]};
    scope.out.nodes.push_back(std::move(copy));
  }
}

onnx::Node GraphToOnnx::head(const Node& node) {
  opsets_.emplace(node.domain, node.opset);
  onnx::Node out;
  out.name = node.name;
  out.op_type = node.op_type;
  out.domain = node.domain;
  return out;
}

void GraphToOnnx::write(Scope& scope, const Node& node) {
  onnx::Node out = head(node);
  out.inputs = names(scope, node.inputs);
  for (const auto& [name, value] : node.attributes.all()) {
    out.attributes.push_back(attribute(scope, node, name, value));
  }
  out.outputs = names(scope, node.outputs);
  scope.out.nodes.push_back(std::move(out));
}

void GraphToOnnx::write_body(Scope& scope, const Node& node) {
  if (!node.attributes.has(kBodyAttribute)) {
    fail(ErrorCode::Internal, "ONNX has no ", node.op_type, ", which '", node.name, "' is.");
  }
  const Graph& body = body_of(node);
  std::vector<std::string_view> values = names(scope, node.inputs);
  for (const Node& part : body.nodes) {
    onnx::Node out = head(part);
    for (const ValueId id : part.inputs) {
      out.inputs.push_back(id == kNoValue ? std::string_view() : values[static_cast<size_t>(id)]);
    }
    for (const auto& [name, value] : part.attributes.all()) {
      out.attributes.push_back(attribute(scope, part, name, value));
    }
    const bool is_last = &part == &body.nodes.back();
    values.push_back(is_last ? name(scope, node.outputs[0]) : unique(part.name));
    out.outputs = {values.back()};
    scope.out.nodes.push_back(std::move(out));
  }
}

// Only where rows are known to be as long as scale and bias, which else would spread rows of one element.
bool GraphToOnnx::write_layer_normalization(Scope& scope, const Node& node) {
  if (node.op_type != "FusedLayerNormalization" || node.opset < kFirstLayerNormalization) {
    return false;
  }
  const auto& dims = scope.shapes[static_cast<size_t>(node.inputs[0])];
  const Tensor* scale = scope.graph.constant(node.inputs[1]);
  if (!dims || dims->empty() || !scale || scale->shape().rank() != 1 ||
      dims->back() != scale->elements()) {
    return false;
  }
  onnx::Node out = head(node);
  opsets_.erase(kInternalDomain);
  out.op_type = "LayerNormalization";
  out.domain = {};
  out.inputs = names(scope, {node.inputs.begin(), node.inputs.begin() + 3});
  out.outputs = names(scope, node.outputs);
  const AttributeValue epsilon = node.attributes.get_float("epsilon", 0.0f);
  out.attributes.push_back(attribute(scope, node, "epsilon", epsilon));
  scope.out.nodes.push_back(std::move(out));
  return true;
}

onnx::Attribute GraphToOnnx::attribute(Scope& scope, const Node& node, std::string_view name,
                                       const AttributeValue& value) {
  using Kind = onnx::AttributeType;
  onnx::Attribute out;
  // Sparse constants were made dense.
  out.name = name == "sparse_value" ? "value" : name;
  if (const auto* i = std::get_if<int64_t>(&value)) {
    out.type = Kind::Int;
    out.i = *i;
  } else if (const auto* f = std::get_if<float>(&value)) {
    out.type = Kind::Float;
    out.f = *f;
  } else if (const auto* s = std::get_if<std::string>(&value)) {
    out.type = Kind::String;
    out.s = *s;
  } else if (const auto* ints = std::get_if<std::vector<int64_t>>(&value)) {
    out.type = Kind::Ints;
    out.ints = *ints;
  } else if (const auto* floats = std::get_if<std::vector<float>>(&value)) {
    out.type = Kind::Floats;
    out.floats = *floats;
  } else if (const auto* strings = std::get_if<std::vector<std::string>>(&value)) {
    out.type = Kind::Strings;
    out.strings = {strings->begin(), strings->end()};
  } else if (const auto* tensor = std::get_if<Tensor>(&value)) {
    out.type = Kind::Tensor;
    out.t = std::make_unique<onnx::Tensor>(to_onnx(*tensor, {}));
  } else if (const auto* graph = std::get_if<std::shared_ptr<Graph>>(&value)) {
    out.type = Kind::Graph;
    out.g = std::make_unique<onnx::Graph>();
    write_subgraph(scope, node, **graph, *out.g);
  } else {
    throw Error(ErrorCode::UnsupportedAttribute,
                text("The attribute '", name, "' of ", node.op_type, " '", node.name,
                     "' is of a kind that is not read, and so cannot be written."))
        .with("node", node.name)
        .with("attribute", std::string(name));
  }
  return out;
}

void GraphToOnnx::write_subgraph(Scope& around, const Node& node, const Graph& inner,
                                 onnx::Graph& out) {
  Scope scope{inner, &around, out, known_shapes(inner), {}};
  scope.names.resize(inner.values.size());
  out.name = inner.name.empty() ? std::string_view(node.name) : std::string_view(inner.name);
  for (const Capture& capture : inner.captures) {
    scope.names[static_cast<size_t>(capture.inner)] = name(around, capture.outer);
  }
  for (const ValueId id : inner.inputs) {
    out.inputs.push_back(to_onnx(inner.value(id), name(scope, id)));
  }
  write_nodes(scope);
  // Outputs are made by nodes of the subgraph, each by one of its own.
  std::vector<std::string_view> outputs;
  std::set<std::string_view> made;
  for (const onnx::Node& written : out.nodes) made.insert(written.outputs.begin(), written.outputs.end());
  for (const ValueId id : inner.outputs) {
    const std::string_view known = name(scope, id);
    outputs.push_back(made.erase(known) > 0 ? known : unique(known));
    out.outputs.push_back(to_onnx(inner.value(id), outputs.back()));
  }
  write_outputs(scope, outputs);
}

}  // namespace fovea

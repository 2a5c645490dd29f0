#include "onnx/rewriting.h"

#include "base/dtype.h"
#include "base/error.h"
#include "onnx/encode_messages.h"

namespace fovea::onnx {
namespace {

template <class Message>
std::string encoded(const Message& message) {
  return write([&](Writer& out) { encode(out, message); });
}

Attribute named(std::string_view name, AttributeType type) {
  Attribute out;
  out.name = name;
  out.type = type;
  return out;
}

template <class T>
std::string list(std::string_view name, DType dtype, const std::vector<T>& values) {
  Tensor out;
  out.name = name;
  out.dims = {static_cast<int64_t>(values.size())};
  out.data_type = static_cast<int32_t>(dtype);
  out.raw_data = std::as_bytes(std::span(values));
  return encoded(out);
}

}  // namespace

std::string attribute(std::string_view name, int64_t value) {
  Attribute out = named(name, AttributeType::Int);
  out.i = value;
  return encoded(out);
}

std::string attribute(std::string_view name, std::string_view value) {
  Attribute out = named(name, AttributeType::String);
  out.s = value;
  return encoded(out);
}

std::string attribute(std::string_view name, const std::vector<int64_t>& values) {
  Attribute out = named(name, AttributeType::Ints);
  out.ints = values;
  return encoded(out);
}

std::string tensor_attribute(std::string_view name, std::string_view tensor) {
  return write([&](Writer& out) {
    out.bytes(1, name);
    out.bytes(5, tensor);
    out.varint(20, static_cast<int32_t>(AttributeType::Tensor));
  });
}

std::string tensor(std::string_view name, const std::vector<int64_t>& values) {
  return list(name, DType::Int64, values);
}

std::string tensor(std::string_view name, const std::vector<float>& values) {
  return list(name, DType::Float, values);
}

std::string scalar(std::string_view name, float value, int32_t data_type) {
  Tensor out;
  out.name = name;
  out.data_type = data_type;
  const double wide = value;
  const Half half = to_half(value);
  const BFloat brain = to_bfloat(value);
  switch (static_cast<DType>(data_type)) {
    case DType::Float16:
      out.raw_data = std::as_bytes(std::span(&half, 1));
      break;
    case DType::BFloat16:
      out.raw_data = std::as_bytes(std::span(&brain, 1));
      break;
    case DType::Double:
      out.raw_data = std::as_bytes(std::span(&wide, 1));
      break;
    default:
      out.data_type = static_cast<int32_t>(DType::Float);
      out.raw_data = std::as_bytes(std::span(&value, 1));
  }
  return encoded(out);
}

std::string node(std::string_view op_type, const Strings& inputs, const Strings& outputs,
                 const Strings& attributes) {
  return write([&](Writer& out) {
    for (const std::string& input : inputs) out.bytes(1, input);
    for (const std::string& output : outputs) out.bytes(2, output);
    out.bytes(4, op_type);
    for (const std::string& attribute : attributes) out.bytes(5, attribute);
  });
}

std::string rewrite(std::string_view node, const NodeRewrite& rewrite) {
  const RawFields fields = raw_fields(node);
  const auto goes = [&](const RawField& field) {
    return (field.is(1) && rewrite.inputs) || (field.is(2) && rewrite.outputs) ||
           (field.is(4) && rewrite.op_type) ||
           (field.is(5) &&
            rewrite.removed_attributes.contains(string_in(raw_fields(field.content), 1)));
  };
  return write([&](Writer& out) {
    for (const RawField& field : fields) {
      if (!goes(field)) out.copy(field.bytes);
    }
    if (rewrite.inputs) {
      for (const std::string& input : *rewrite.inputs) out.bytes(1, input);
    }
    if (rewrite.outputs) {
      for (const std::string& output : *rewrite.outputs) out.bytes(2, output);
    }
    if (rewrite.op_type) out.bytes(4, *rewrite.op_type);
    for (const std::string& attribute : rewrite.attributes) out.bytes(5, attribute);
  });
}

namespace {

// An AttributeProto with other graphs: rewritten in the order in which the file has them.
std::string rewrite_attribute(const Attribute& attribute, const RawFields& fields,
                              const RewriteGraph& rewrite) {
  std::string g;
  if (attribute.g) g = rewrite(*attribute.g, merged_fields(fields, 6));
  Strings graphs;
  for (const RawField& field : fields) {
    if (!field.is(11)) continue;
    graphs.push_back(rewrite(attribute.graphs[graphs.size()], raw_fields(field.content)));
  }
  return write([&](Writer& out) {
    for (const RawField& field : fields) {
      if (!field.is(6) && !field.is(11)) out.copy(field.bytes);
    }
    if (attribute.g) out.bytes(6, g);
    for (const std::string& graph : graphs) out.bytes(11, graph);
  });
}

}  // namespace

std::optional<std::string> rewrite_subgraphs(const Node& node, std::string_view bytes,
                                             const RewriteGraph& rewrite) {
  Strings attributes;
  NodeRewrite change;
  size_t index = 0;
  for (const RawField& field : raw_fields(bytes)) {
    if (!field.is(5)) continue;
    const Attribute& attribute = node.attributes[index++];
    if (!attribute.g && attribute.graphs.empty()) continue;
    change.removed_attributes.insert(std::string(attribute.name));
    change.attributes.push_back(rewrite_attribute(attribute, raw_fields(field.content), rewrite));
  }
  if (change.attributes.empty()) return std::nullopt;
  return onnx::rewrite(bytes, change);
}

std::vector<std::string_view> node_contents(const RawFields& graph) {
  std::vector<std::string_view> out;
  for (const RawField& field : graph) {
    if (field.is(1)) out.push_back(field.content);
  }
  return out;
}

FreshNames::FreshNames(const Model& model) { take(model.graph); }

void FreshNames::take(const Graph& graph) {
  for (const auto* values : {&graph.inputs, &graph.outputs, &graph.value_infos}) {
    for (const ValueInfo& value : *values) take(value.name);
  }
  for (const Tensor& tensor : graph.initializers) take(tensor.name);
  for (const SparseTensor& tensor : graph.sparse_initializers) take(tensor.values.name);
  for (const Node& node : graph.nodes) {
    for (const std::string_view name : node.inputs) take(name);
    for (const std::string_view name : node.outputs) take(name);
    for (const Attribute& attribute : node.attributes) {
      if (attribute.g) take(*attribute.g);
      for (const Graph& inner : attribute.graphs) take(inner);
    }
  }
}

std::string FreshNames::make(std::string_view base) {
  std::string name(base);
  for (int i = 1; !taken_.insert(name).second; ++i) name = text(base, '_', i);
  return name;
}

}  // namespace fovea::onnx

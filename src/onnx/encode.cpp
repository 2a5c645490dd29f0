#include "onnx/encode.h"

#include "onnx/encode_messages.h"

namespace fovea::onnx {
namespace {

template <class Message>
void add(Writer& out, uint32_t number, const Message& message) {
  out.message(number, [&] { encode(out, message); });
}

template <class Message>
void add_all(Writer& out, uint32_t number, const std::vector<Message>& messages) {
  for (const Message& message : messages) add(out, number, message);
}

void add_all(Writer& out, uint32_t number, const std::vector<std::string_view>& strings) {
  for (const std::string_view string : strings) out.bytes(number, string);
}

// onnx.proto packs no numbers of its own but those of tensors.
void add_all(Writer& out, uint32_t number, const std::vector<int64_t>& values) {
  for (const int64_t value : values) out.varint(number, value);
}

void add_all(Writer& out, uint32_t number, const std::vector<float>& values) {
  for (const float value : values) out.fixed(number, value);
}

// What an absent field reads as is left out.
void add_some(Writer& out, uint32_t number, std::string_view value) {
  if (!value.empty()) out.bytes(number, value);
}

void add_some(Writer& out, uint32_t number, int64_t value) {
  if (value != 0) out.varint(number, value);
}

}  // namespace

void encode(Writer& out, const StringPairs::value_type& pair) {
  out.bytes(1, pair.first);
  out.bytes(2, pair.second);
}

void encode(Writer& out, const Tensor& tensor) {
  add_all(out, 1, tensor.dims);
  out.varint(2, tensor.data_type);
  if (tensor.has_segment) out.message(3, [] {});
  out.packed(4, tensor.float_data.runs());
  out.packed(5, tensor.int32_data.runs());
  add_all(out, 6, tensor.string_data);
  out.packed(7, tensor.int64_data.runs());
  add_some(out, 8, tensor.name);
  if (!tensor.raw_data.empty()) out.bytes(9, tensor.raw_data);
  out.packed(10, tensor.double_data.runs());
  out.packed(11, tensor.uint64_data.runs());
  add_all(out, 13, tensor.external_data);
  add_some(out, 14, tensor.data_location);
}

void encode(Writer& out, const SparseTensor& tensor) {
  add(out, 1, tensor.values);
  add(out, 2, tensor.indices);
  add_all(out, 3, tensor.dims);
}

void encode(Writer& out, const Dim& dim) {
  if (dim.value) {
    out.varint(1, *dim.value);
  } else {
    add_some(out, 2, dim.param);
  }
  add_some(out, 3, dim.denotation);
}

namespace {

void encode_alternative(Writer& out, const Type& type) {
  switch (type.kind) {
    case Type::Kind::Tensor:
    case Type::Kind::SparseTensor:
      out.varint(1, type.elem_type);
      // The shape of a scalar is an empty one; none means an unknown rank.
      if (type.shape) out.message(2, [&] { add_all(out, 1, *type.shape); });
      break;
    case Type::Kind::Sequence:
    case Type::Kind::Optional:
      if (type.element) add(out, 1, *type.element);
      break;
    case Type::Kind::Map:
      out.varint(1, type.key_type);
      if (type.element) add(out, 2, *type.element);
      break;
    case Type::Kind::Opaque:
    case Type::Kind::Unknown:
      break;
  }
}

uint32_t number_of(Type::Kind kind) {
  switch (kind) {
    case Type::Kind::Tensor:
      return 1;
    case Type::Kind::Sequence:
      return 4;
    case Type::Kind::Map:
      return 5;
    case Type::Kind::Opaque:
      return 7;
    case Type::Kind::SparseTensor:
      return 8;
    case Type::Kind::Optional:
      return 9;
    case Type::Kind::Unknown:
      break;
  }
  return 0;
}

}  // namespace

void encode(Writer& out, const Type& type) {
  if (const uint32_t number = number_of(type.kind)) {
    out.message(number, [&] { encode_alternative(out, type); });
  }
  add_some(out, 6, type.denotation);
}

void encode(Writer& out, const ValueInfo& value) {
  out.bytes(1, value.name);
  if (value.type) add(out, 2, *value.type);
  add_all(out, 4, value.metadata_props);
}

// The value that the type names is written whatever it is: the checker wants exactly one.
void encode(Writer& out, const Attribute& attribute) {
  const AttributeType type = attribute.type;
  const bool refers = !attribute.ref_attr_name.empty();
  const auto is_value = [&](AttributeType of) { return type == of && !refers; };
  out.bytes(1, attribute.name);
  if (attribute.f != 0 || is_value(AttributeType::Float)) out.fixed(2, attribute.f);
  if (attribute.i != 0 || is_value(AttributeType::Int)) out.varint(3, attribute.i);
  if (!attribute.s.empty() || is_value(AttributeType::String)) out.bytes(4, attribute.s);
  if (attribute.t) add(out, 5, *attribute.t);
  if (attribute.g) add(out, 6, *attribute.g);
  add_all(out, 7, attribute.floats);
  add_all(out, 8, attribute.ints);
  add_all(out, 9, attribute.strings);
  add_all(out, 10, attribute.tensors);
  add_all(out, 11, attribute.graphs);
  if (attribute.tp) add(out, 14, *attribute.tp);
  add_all(out, 15, attribute.type_protos);
  add_some(out, 20, static_cast<int32_t>(type));
  add_some(out, 21, attribute.ref_attr_name);
  if (attribute.sparse_tensor) add(out, 22, *attribute.sparse_tensor);
  add_all(out, 23, attribute.sparse_tensors);
}

void encode(Writer& out, const Node& node) {
  add_all(out, 1, node.inputs);
  add_all(out, 2, node.outputs);
  add_some(out, 3, node.name);
  out.bytes(4, node.op_type);
  add_all(out, 5, node.attributes);
  add_some(out, 7, node.domain);
  add_some(out, 8, node.overload);
  add_all(out, 9, node.metadata_props);
}

void encode(Writer& out, const Graph& graph) {
  add_all(out, 1, graph.nodes);
  out.bytes(2, graph.name);
  add_all(out, 5, graph.initializers);
  add_all(out, 11, graph.inputs);
  add_all(out, 12, graph.outputs);
  add_all(out, 13, graph.value_infos);
  add_all(out, 15, graph.sparse_initializers);
  add_all(out, 16, graph.metadata_props);
}

void encode(Writer& out, const OperatorSetId& opset) {
  add_some(out, 1, opset.domain);
  out.varint(2, opset.version);
}

void encode(Writer& out, const Function& function) {
  add_some(out, 1, function.name);
  add_all(out, 4, function.inputs);
  add_all(out, 5, function.outputs);
  add_all(out, 6, function.attributes);
  add_all(out, 7, function.nodes);
  add_all(out, 9, function.opset_imports);
  add_some(out, 10, function.domain);
  add_all(out, 11, function.attribute_protos);
  add_all(out, 12, function.value_infos);
  add_some(out, 13, function.overload);
  add_all(out, 14, function.metadata_props);
}

void encode(Writer& out, const Model& model) {
  out.varint(1, model.ir_version);
  add_some(out, 2, model.producer_name);
  add_some(out, 3, model.producer_version);
  add_some(out, 4, model.domain);
  add_some(out, 5, model.model_version);
  add(out, 7, model.graph);
  add_all(out, 8, model.opset_imports);
  add_all(out, 14, model.metadata_props);
  add_all(out, 25, model.functions);
}

namespace {

template <class Message>
std::string encoded(const Message& message) {
  return write([&](Writer& out) { encode(out, message); });
}

}  // namespace

std::string encode(const Tensor& tensor) { return encoded(tensor); }
std::string encode(const ValueInfo& value) { return encoded(value); }
std::string encode(const Node& node) { return encoded(node); }
std::string encode(const Model& model) { return encoded(model); }

}  // namespace fovea::onnx

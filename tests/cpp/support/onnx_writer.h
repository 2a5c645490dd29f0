#pragma once

#include <cstddef>
#include <protozero/pbf_builder.hpp>
#include <span>
#include <string>
#include <string_view>

// ONNX messages written by hand: field numbers of onnx.proto under their names, and
//
//   const std::string node = write<NodeField>([](auto& out) {
//     out.add_string(NodeField::op_type, "Relu");
//   });
namespace fovea::test {

enum class ModelField : protozero::pbf_tag_type {
  ir_version = 1,
  producer_name = 2,
  producer_version = 3,
  domain = 4,
  model_version = 5,
  doc_string = 6,
  graph = 7,
  opset_import = 8,
  metadata_props = 14,
  functions = 25,
};

enum class GraphField : protozero::pbf_tag_type {
  node = 1,
  name = 2,
  initializer = 5,
  doc_string = 10,
  input = 11,
  output = 12,
  value_info = 13,
  sparse_initializer = 15,
  metadata_props = 16,
};

enum class NodeField : protozero::pbf_tag_type {
  input = 1,
  output = 2,
  name = 3,
  op_type = 4,
  attribute = 5,
  doc_string = 6,
  domain = 7,
  overload = 8,
  metadata_props = 9,
};

enum class AttributeField : protozero::pbf_tag_type {
  name = 1,
  f = 2,
  i = 3,
  s = 4,
  t = 5,
  g = 6,
  floats = 7,
  ints = 8,
  strings = 9,
  tensors = 10,
  graphs = 11,
  doc_string = 13,
  tp = 14,
  type_protos = 15,
  type = 20,
  ref_attr_name = 21,
  sparse_tensor = 22,
  sparse_tensors = 23,
};

enum class TensorField : protozero::pbf_tag_type {
  dims = 1,
  data_type = 2,
  segment = 3,
  float_data = 4,
  int32_data = 5,
  string_data = 6,
  int64_data = 7,
  name = 8,
  raw_data = 9,
  double_data = 10,
  uint64_data = 11,
  doc_string = 12,
  external_data = 13,
  data_location = 14,
};

enum class SparseTensorField : protozero::pbf_tag_type { values = 1, indices = 2, dims = 3 };
enum class PairField : protozero::pbf_tag_type { key = 1, value = 2 };
enum class OpsetField : protozero::pbf_tag_type { domain = 1, version = 2 };

enum class ValueInfoField : protozero::pbf_tag_type {
  name = 1,
  type = 2,
  doc_string = 3,
  metadata_props = 4,
};

enum class TypeField : protozero::pbf_tag_type {
  tensor_type = 1,
  sequence_type = 4,
  map_type = 5,
  denotation = 6,
  opaque_type = 7,
  sparse_tensor_type = 8,
  optional_type = 9,
};

enum class TensorTypeField : protozero::pbf_tag_type { elem_type = 1, shape = 2 };
enum class ContainerTypeField : protozero::pbf_tag_type { elem_type = 1 };
enum class MapTypeField : protozero::pbf_tag_type { key_type = 1, value_type = 2 };
enum class ShapeField : protozero::pbf_tag_type { dim = 1 };
enum class DimField : protozero::pbf_tag_type { dim_value = 1, dim_param = 2, denotation = 3 };

enum class FunctionField : protozero::pbf_tag_type {
  name = 1,
  input = 4,
  output = 5,
  attribute = 6,
  node = 7,
  doc_string = 8,
  opset_import = 9,
  domain = 10,
  attribute_proto = 11,
  value_info = 12,
  overload = 13,
  metadata_props = 14,
};

// The bytes of one message, filled in by fill(protozero::pbf_builder<Field>&).
template <class Field, class Fill>
std::string write(Fill fill) {
  std::string bytes;
  protozero::pbf_builder<Field> out(bytes);
  fill(out);
  return bytes;
}

inline std::span<const std::byte> as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// A StringStringEntryProto.
inline std::string write_pair(std::string_view key, std::string_view value) {
  return write<PairField>([&](auto& out) {
    out.add_string(PairField::key, key.data(), key.size());
    out.add_string(PairField::value, value.data(), value.size());
  });
}

// A model of IR version 8, opset 17, around a GraphProto.
inline std::string write_model(const std::string& graph) {
  return write<ModelField>([&](auto& out) {
    out.add_int64(ModelField::ir_version, 8);
    out.add_message(ModelField::opset_import, write<OpsetField>([](auto& opset) {
                      opset.add_string(OpsetField::domain, "");
                      opset.add_int64(OpsetField::version, 17);
                    }));
    out.add_message(ModelField::graph, graph);
  });
}

// A model whose graph is a single node.
inline std::string write_node_model(const std::string& node) {
  return write_model(
      write<GraphField>([&](auto& graph) { graph.add_message(GraphField::node, node); }));
}

// A model whose only content is an initializer.
inline std::string write_tensor_model(const std::string& tensor) {
  return write_model(write<GraphField>([&](auto& graph) {
    graph.add_message(GraphField::node, std::string());
    graph.add_message(GraphField::initializer, tensor);
  }));
}

}  // namespace fovea::test

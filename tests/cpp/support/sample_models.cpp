#include "support/sample_models.h"

#include <array>
#include <cstdint>

#include "support/onnx_writer.h"

namespace fovea::test {
namespace {

std::string write_dims(int64_t value, const char* param) {
  return write<ShapeField>([&](auto& shape) {
    shape.add_message(ShapeField::dim, write<DimField>([&](auto& dim) {
                        dim.add_int64(DimField::dim_value, value);
                        dim.add_string(DimField::denotation, "DATA_BATCH");
                      }));
    shape.add_message(ShapeField::dim, write<DimField>([&](auto& dim) {
                        dim.add_string(DimField::dim_param, param);
                      }));
    shape.add_message(ShapeField::dim, std::string());
  });
}

std::string write_tensor_type(TypeField alternative) {
  return write<TypeField>([&](auto& type) {
    type.add_message(alternative, write<TensorTypeField>([&](auto& tensor) {
                       tensor.add_int32(TensorTypeField::elem_type, 1);
                       tensor.add_message(TensorTypeField::shape, write_dims(3, "height"));
                     }));
    type.add_string(TypeField::denotation, "IMAGE");
  });
}

std::string write_container_type(TypeField alternative, const std::string& element) {
  return write<TypeField>([&](auto& type) {
    type.add_message(alternative, write<ContainerTypeField>([&](auto& container) {
                       container.add_message(ContainerTypeField::elem_type, element);
                     }));
  });
}

std::string write_map_type(const std::string& value_type) {
  return write<TypeField>([&](auto& type) {
    type.add_message(TypeField::map_type, write<MapTypeField>([&](auto& map) {
                       map.add_int32(MapTypeField::key_type, 7);
                       map.add_message(MapTypeField::value_type, value_type);
                     }));
  });
}

std::string write_value(const char* name, const std::string& type) {
  return write<ValueInfoField>([&](auto& value) {
    value.add_string(ValueInfoField::name, name);
    value.add_message(ValueInfoField::type, type);
    value.add_string(ValueInfoField::doc_string, "ignored");
    value.add_message(ValueInfoField::metadata_props, write_pair("key", "value"));
  });
}

std::string write_raw_tensor(const char* name) {
  return write<TensorField>([&](auto& tensor) {
    const std::array<int64_t, 2> dims{2, 3};
    tensor.add_packed_int64(TensorField::dims, dims.begin(), dims.end());
    tensor.add_int32(TensorField::data_type, 1);
    tensor.add_string(TensorField::name, name);
    tensor.add_bytes(TensorField::raw_data, std::string(24, '\x3f'));
  });
}

std::string write_typed_tensor() {
  return write<TensorField>([](auto& tensor) {
    const std::array<float, 3> floats{1.5f, -0.0f, 3e-42f};
    const std::array<double, 2> doubles{1e300, -2};
    const std::array<int32_t, 4> int32s{-1, 0, 127, INT32_MIN};
    const std::array<int64_t, 3> int64s{INT64_MIN, 300, INT64_MAX};
    const std::array<uint64_t, 2> uint64s{UINT64_MAX, 1};
    tensor.add_int64(TensorField::dims, 3);
    tensor.add_packed_float(TensorField::float_data, floats.begin(), floats.end());
    tensor.add_packed_double(TensorField::double_data, doubles.begin(), doubles.end());
    tensor.add_packed_int32(TensorField::int32_data, int32s.begin(), int32s.end());
    tensor.add_packed_int64(TensorField::int64_data, int64s.begin(), int64s.end());
    tensor.add_packed_uint64(TensorField::uint64_data, uint64s.begin(), uint64s.end());
    tensor.add_float(TensorField::float_data, 7.0f);
    tensor.add_int64(TensorField::int64_data, 42);
    tensor.add_message(TensorField::segment, std::string());
    tensor.add_bytes(TensorField::string_data, "a");
    tensor.add_bytes(TensorField::string_data, "");
  });
}

std::string write_external_tensor() {
  return write<TensorField>([](auto& tensor) {
    tensor.add_int64(TensorField::dims, 8);
    tensor.add_int32(TensorField::data_type, 10);
    tensor.add_string(TensorField::name, "external");
    tensor.add_message(TensorField::external_data, write_pair("location", "weights.bin"));
    tensor.add_message(TensorField::external_data, write_pair("offset", "4096"));
    tensor.add_message(TensorField::external_data, write_pair("length", "16"));
    tensor.add_int32(TensorField::data_location, 1);
  });
}

std::string write_sparse_tensor() {
  return write<SparseTensorField>([](auto& sparse) {
    sparse.add_message(SparseTensorField::values, write_raw_tensor("sparse"));
    sparse.add_message(SparseTensorField::indices, write_typed_tensor());
    sparse.add_int64(SparseTensorField::dims, 100);
    sparse.add_int64(SparseTensorField::dims, 7);
  });
}

std::string write_subgraph() {
  return write<GraphField>([](auto& graph) {
    graph.add_string(GraphField::name, "then");
    graph.add_message(GraphField::node, write<NodeField>([](auto& node) {
                        node.add_string(NodeField::op_type, "Identity");
                        node.add_string(NodeField::input, "x");
                        node.add_string(NodeField::output, "y");
                      }));
    graph.add_message(GraphField::output,
                      write_value("y", write_tensor_type(TypeField::tensor_type)));
  });
}

// Whichever the type says, all values are there: the decoder does not choose.
std::string write_attribute(int32_t type) {
  return write<AttributeField>([&](auto& attribute) {
    const std::array<float, 2> floats{0.25f, 1e30f};
    const std::array<int64_t, 3> ints{-1, 0, 1 << 20};
    attribute.add_string(AttributeField::name, "everything");
    attribute.add_string(AttributeField::ref_attr_name, "alpha");
    attribute.add_int32(AttributeField::type, type);
    attribute.add_float(AttributeField::f, -1.5f);
    attribute.add_int64(AttributeField::i, -7);
    attribute.add_bytes(AttributeField::s, "SAME_UPPER");
    attribute.add_message(AttributeField::t, write_raw_tensor("t"));
    attribute.add_message(AttributeField::g, write_subgraph());
    attribute.add_packed_float(AttributeField::floats, floats.begin(), floats.end());
    attribute.add_packed_int64(AttributeField::ints, ints.begin(), ints.end());
    attribute.add_float(AttributeField::floats, 2.0f);
    attribute.add_int64(AttributeField::ints, 2);
    attribute.add_bytes(AttributeField::strings, "linear");
    attribute.add_message(AttributeField::tensors, write_typed_tensor());
    attribute.add_message(AttributeField::graphs, write_subgraph());
    attribute.add_message(AttributeField::tp, write_tensor_type(TypeField::tensor_type));
    attribute.add_message(AttributeField::type_protos, write_map_type(""));
    attribute.add_message(AttributeField::sparse_tensor, write_sparse_tensor());
    attribute.add_message(AttributeField::sparse_tensors, write_sparse_tensor());
  });
}

std::string write_everything_node() {
  return write<NodeField>([](auto& node) {
    node.add_string(NodeField::name, "node");
    node.add_string(NodeField::op_type, "Everything");
    node.add_string(NodeField::domain, "com.example");
    node.add_string(NodeField::overload, "fast");
    node.add_message(NodeField::metadata_props, write_pair("module", "body.0"));
    node.add_string(NodeField::input, "x");
    node.add_string(NodeField::input, "");
    node.add_string(NodeField::output, "y");
    node.add_message(NodeField::attribute, write_attribute(6));
    node.add_message(NodeField::attribute, write_attribute(5));
    node.add_string(NodeField::doc_string, "ignored");
  });
}

std::string write_types_graph() {
  const std::string tensor = write_tensor_type(TypeField::tensor_type);
  const std::string sequence = write_container_type(TypeField::sequence_type, tensor);
  return write<GraphField>([&](auto& graph) {
    graph.add_string(GraphField::name, "types");
    graph.add_message(GraphField::input, write_value("tensor", tensor));
    graph.add_message(GraphField::input,
                      write_value("sparse", write_tensor_type(TypeField::sparse_tensor_type)));
    graph.add_message(GraphField::output, write_value("sequence", sequence));
    graph.add_message(
        GraphField::output,
        write_value("optional", write_container_type(TypeField::optional_type, sequence)));
    graph.add_message(GraphField::value_info, write_value("map", write_map_type(tensor)));
  });
}

std::string write_weights_graph() {
  return write<GraphField>([](auto& graph) {
    graph.add_string(GraphField::name, "weights");
    graph.add_message(GraphField::metadata_props, write_pair("key", "value"));
    graph.add_message(GraphField::node, write_everything_node());
    graph.add_message(GraphField::initializer, write_raw_tensor("raw"));
    graph.add_message(GraphField::initializer, write_typed_tensor());
    graph.add_message(GraphField::initializer, write_external_tensor());
    graph.add_message(GraphField::sparse_initializer, write_sparse_tensor());
    graph.add_string(GraphField::doc_string, "ignored");
  });
}

std::string write_function() {
  return write<FunctionField>([](auto& function) {
    function.add_string(FunctionField::name, "Swish");
    function.add_string(FunctionField::domain, "com.example");
    function.add_string(FunctionField::overload, "fast");
    function.add_message(FunctionField::metadata_props, write_pair("key", "value"));
    function.add_message(FunctionField::value_info,
                         write_value("y", write_tensor_type(TypeField::tensor_type)));
    function.add_string(FunctionField::input, "x");
    function.add_string(FunctionField::output, "y");
    function.add_string(FunctionField::attribute, "alpha");
    function.add_message(FunctionField::attribute_proto, write_attribute(1));
    function.add_message(FunctionField::node, write_everything_node());
    function.add_message(FunctionField::opset_import, write<OpsetField>([](auto& opset) {
                           opset.add_int64(OpsetField::version, 18);
                         }));
  });
}

std::string write_functions_model() {
  return write<ModelField>([](auto& model) {
    model.add_message(ModelField::functions, write_function());
    model.add_message(ModelField::functions, write_function());
    model.add_message(ModelField::metadata_props, write_pair("scale", "2"));
    model.add_string(ModelField::producer_name, "fovea");
    model.add_string(ModelField::producer_version, "1.0");
    model.add_string(ModelField::domain, "com.example");
    model.add_int64(ModelField::model_version, 3);
    model.add_string(ModelField::doc_string, "ignored");
    model.add_message(ModelField::graph, write_subgraph());
    model.add_int64(ModelField::ir_version, 10);
  });
}

}  // namespace

std::vector<std::string> sample_models() {
  return {write_model(write_types_graph()), write_model(write_weights_graph()),
          write_model(write_subgraph()), write_functions_model()};
}

}  // namespace fovea::test

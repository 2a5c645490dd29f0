#include "support/model_builder.h"

#include "import/import.h"
#include "support/onnx_writer.h"

namespace fovea::test {
namespace {

constexpr const char* kLocalDomain = "local";

std::string write_opset(const std::string& domain, int version) {
  return write<OpsetField>([&](auto& out) {
    out.add_string(OpsetField::domain, domain);
    out.add_int64(OpsetField::version, version);
  });
}

std::string write_shape(const std::vector<ModelBuilder::Size>& dims) {
  return write<ShapeField>([&](auto& out) {
    for (const ModelBuilder::Size& dim : dims) {
      out.add_message(ShapeField::dim, write<DimField>([&](auto& field) {
                        if (dim.name.empty()) {
                          field.add_int64(DimField::dim_value, dim.size);
                        } else {
                          field.add_string(DimField::dim_param, dim.name);
                        }
                      }));
    }
  });
}

std::string write_value(const std::string& name, DType dtype,
                        const std::vector<ModelBuilder::Size>* dims) {
  return write<ValueInfoField>([&](auto& out) {
    out.add_string(ValueInfoField::name, name);
    out.add_message(ValueInfoField::type, write<TypeField>([&](auto& type) {
                      if (dtype == DType::Map) {
                        type.add_message(TypeField::map_type, write<MapTypeField>([](auto& map) {
                                           map.add_int32(MapTypeField::key_type,
                                                         static_cast<int32_t>(DType::Int64));
                                         }));
                        return;
                      }
                      type.add_message(
                          TypeField::tensor_type, write<TensorTypeField>([&](auto& tensor) {
                            tensor.add_int32(TensorTypeField::elem_type,
                                             static_cast<int32_t>(dtype));
                            if (dims) {
                              tensor.add_message(TensorTypeField::shape, write_shape(*dims));
                            }
                          }));
                    }));
  });
}

std::string write_sequence(const std::string& name, DType element) {
  const std::string tensor = write<TypeField>([&](auto& type) {
    type.add_message(TypeField::tensor_type, write<TensorTypeField>([&](auto& of) {
                       of.add_int32(TensorTypeField::elem_type, static_cast<int32_t>(element));
                     }));
  });
  return write<ValueInfoField>([&](auto& out) {
    out.add_string(ValueInfoField::name, name);
    out.add_message(ValueInfoField::type, write<TypeField>([&](auto& type) {
                      type.add_message(
                          TypeField::sequence_type, write<ContainerTypeField>([&](auto& container) {
                            container.add_message(ContainerTypeField::elem_type, tensor);
                          }));
                    }));
  });
}

struct AttributeWriter {
  protozero::pbf_builder<AttributeField>& out;

  void type(int32_t number) { out.add_int32(AttributeField::type, number); }
  void operator()(int64_t value) {
    out.add_int64(AttributeField::i, value);
    type(2);
  }
  void operator()(float value) {
    out.add_float(AttributeField::f, value);
    type(1);
  }
  void operator()(const std::string& value) {
    out.add_bytes(AttributeField::s, value);
    type(3);
  }
  void operator()(const std::vector<int64_t>& values) {
    for (const int64_t value : values) out.add_int64(AttributeField::ints, value);
    type(7);
  }
  void operator()(const std::vector<float>& values) {
    for (const float value : values) out.add_float(AttributeField::floats, value);
    type(6);
  }
  void operator()(const std::vector<std::string>& values) {
    for (const std::string& value : values) out.add_bytes(AttributeField::strings, value);
    type(8);
  }
  void operator()(const Tensor& tensor) {
    out.add_message(AttributeField::t, write_tensor("", tensor));
    type(4);
  }
  void operator()(const std::shared_ptr<Graph>&) {}
  void operator()(const UnsupportedValue&) { type(13); }
};

}  // namespace

std::string write_tensor(const std::string& name, const Tensor& tensor) {
  return write<TensorField>([&](auto& out) {
    for (const int64_t dim : tensor.shape()) out.add_int64(TensorField::dims, dim);
    out.add_int32(TensorField::data_type, static_cast<int32_t>(tensor.dtype()));
    out.add_string(TensorField::name, name);
    if (tensor.dtype() == DType::String) {
      for (const std::string& value : tensor.strings()) {
        out.add_bytes(TensorField::string_data, value);
      }
    } else {
      out.add_bytes(TensorField::raw_data, reinterpret_cast<const char*>(tensor.data()),
                    tensor.bytes());
    }
  });
}

ModelBuilder& ModelBuilder::input(const std::string& name, DType dtype, std::vector<Size> dims) {
  protozero::pbf_builder<GraphField>(graph_).add_message(GraphField::input,
                                                         write_value(name, dtype, &dims));
  return *this;
}

ModelBuilder& ModelBuilder::output(const std::string& name, DType dtype) {
  protozero::pbf_builder<GraphField>(graph_).add_message(GraphField::output,
                                                         write_value(name, dtype, nullptr));
  return *this;
}

ModelBuilder& ModelBuilder::sequence_input(const std::string& name, DType element) {
  protozero::pbf_builder<GraphField>(graph_).add_message(GraphField::input,
                                                         write_sequence(name, element));
  return *this;
}

ModelBuilder& ModelBuilder::sequence_output(const std::string& name, DType element) {
  protozero::pbf_builder<GraphField>(graph_).add_message(GraphField::output,
                                                         write_sequence(name, element));
  return *this;
}

ModelBuilder& ModelBuilder::constant(const std::string& name, const Tensor& tensor) {
  protozero::pbf_builder<GraphField>(graph_).add_message(GraphField::initializer,
                                                         write_tensor(name, tensor));
  return *this;
}

namespace {

void write_node(protozero::pbf_builder<NodeField>& out, const std::string& op_type,
                const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                const std::vector<ModelBuilder::Attribute>& attributes) {
  out.add_string(NodeField::op_type, op_type);
  for (const std::string& name : inputs) out.add_string(NodeField::input, name);
  for (const std::string& name : outputs) out.add_string(NodeField::output, name);
  for (const auto& [name, value] : attributes) {
    out.add_message(NodeField::attribute, write<AttributeField>([&](auto& attribute) {
                      attribute.add_string(AttributeField::name, name);
                      std::visit(AttributeWriter{attribute}, value);
                    }));
  }
}

}  // namespace

ModelBuilder& ModelBuilder::node(const std::string& op_type, std::vector<std::string> inputs,
                                 std::vector<std::string> outputs,
                                 std::vector<Attribute> attributes, const std::string& domain) {
  return raw_node(write<NodeField>([&](auto& out) {
    write_node(out, op_type, inputs, outputs, attributes);
    out.add_string(NodeField::domain, domain);
  }));
}

ModelBuilder& ModelBuilder::branch(const std::string& op_type, std::vector<std::string> inputs,
                                   std::vector<std::string> outputs,
                                   std::vector<std::pair<std::string, ModelBuilder>> subgraphs,
                                   std::vector<Attribute> attributes, const std::string& domain) {
  return raw_node(write<NodeField>([&](auto& out) {
    write_node(out, op_type, inputs, outputs, attributes);
    out.add_string(NodeField::domain, domain);
    for (const auto& [name, subgraph] : subgraphs) {
      out.add_message(NodeField::attribute, write<AttributeField>([&](auto& attribute) {
                        attribute.add_string(AttributeField::name, name);
                        attribute.add_message(AttributeField::g, subgraph.graph_bytes());
                        attribute.add_int32(AttributeField::type, 5);
                      }));
    }
  }));
}

ModelBuilder& ModelBuilder::raw_node(const std::string& bytes) {
  nodes_.push_back(bytes);
  return *this;
}

ModelBuilder& ModelBuilder::raw_function(const std::string& bytes) {
  has_functions_ = true;
  protozero::pbf_builder<ModelField>(model_).add_message(ModelField::functions, bytes);
  return *this;
}

ModelBuilder& ModelBuilder::raw_initializer(const std::string& bytes) {
  protozero::pbf_builder<GraphField>(graph_).add_message(GraphField::initializer, bytes);
  return *this;
}

ModelBuilder& ModelBuilder::metadata(const std::string& key, const std::string& value) {
  protozero::pbf_builder<ModelField>(model_).add_message(ModelField::metadata_props,
                                                         write_pair(key, value));
  return *this;
}

ModelBuilder& ModelBuilder::import_opset(const std::string& domain, int version) {
  protozero::pbf_builder<ModelField>(model_).add_message(ModelField::opset_import,
                                                         write_opset(domain, version));
  return *this;
}

ModelBuilder& ModelBuilder::function(const std::string& name, std::vector<std::string> inputs,
                                     std::vector<std::string> outputs, const ModelBuilder& body) {
  return raw_function(write<FunctionField>([&](auto& out) {
    out.add_string(FunctionField::name, name);
    out.add_string(FunctionField::domain, kLocalDomain);
    for (const std::string& input : inputs) out.add_string(FunctionField::input, input);
    for (const std::string& output : outputs) out.add_string(FunctionField::output, output);
    for (const std::string& node : body.nodes_) out.add_message(FunctionField::node, node);
    out.add_message(FunctionField::opset_import, write_opset("", body.opset_));
    out.add_message(FunctionField::opset_import, write_opset(kLocalDomain, 1));
  }));
}

std::string ModelBuilder::graph_bytes() const {
  std::string graph = graph_;
  protozero::pbf_builder<GraphField> out(graph);
  for (const std::string& node : nodes_) out.add_message(GraphField::node, node);
  return graph;
}

std::string ModelBuilder::bytes() const {
  std::string bytes = model_;
  protozero::pbf_builder<ModelField> out(bytes);
  out.add_int64(ModelField::ir_version, 8);
  out.add_message(ModelField::opset_import, write_opset("", opset_));
  if (has_functions_) out.add_message(ModelField::opset_import, write_opset(kLocalDomain, 1));
  out.add_message(ModelField::graph, graph_bytes());
  return bytes;
}

Graph ModelBuilder::graph() const {
  const std::string model = bytes();
  return import_model(onnx::decode(as_bytes(model)), {});
}

}  // namespace fovea::test

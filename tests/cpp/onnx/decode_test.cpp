#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/error.h"
#include "onnx/model.h"
#include "support/onnx_writer.h"

namespace fovea::onnx {
namespace {

using namespace test;

// Reads the attribute of a model made of one node with one attribute. The bytes have to stay.
Attribute decode_attribute(const std::string& model) {
  return std::move(decode(as_bytes(model)).graph.nodes.at(0).attributes.at(0));
}

std::string write_attribute_model(const std::string& attribute) {
  return write_node_model(
      write<NodeField>([&](auto& node) { node.add_message(NodeField::attribute, attribute); }));
}

std::string write_input_model(const std::string& type) {
  return write_model(write<GraphField>([&](auto& graph) {
    graph.add_message(GraphField::node, std::string());
    graph.add_message(GraphField::input, write<ValueInfoField>([&](auto& value) {
                        value.add_message(ValueInfoField::type, type);
                      }));
  }));
}

// A TypeProto whose tensor type has a shape of one dimension.
std::string write_dim_type(const std::string& dim) {
  return write<TypeField>([&](auto& type) {
    type.add_message(TypeField::tensor_type, write<TensorTypeField>([&](auto& tensor) {
                       tensor.add_int32(TensorTypeField::elem_type, 1);
                       tensor.add_message(TensorTypeField::shape,
                                          write<ShapeField>([&](auto& shape) {
                                            shape.add_message(ShapeField::dim, dim);
                                          }));
                     }));
  });
}

TEST(Decode, ReadsTheHeaderOfAModel) {
  const std::string bytes = write<ModelField>([](auto& out) {
    out.add_int64(ModelField::ir_version, 12);
    out.add_string(ModelField::producer_name, "pytorch");
    out.add_string(ModelField::producer_version, "2.1");
    out.add_string(ModelField::domain, "com.example");
    out.add_int64(ModelField::model_version, -1);
    out.add_message(ModelField::metadata_props, write_pair("scale", "4"));
    out.add_message(ModelField::metadata_props, write_pair("scale", "2"));
    out.add_message(ModelField::opset_import, write<OpsetField>([](auto& opset) {
                      opset.add_string(OpsetField::domain, "ai.onnx.ml");
                      opset.add_int64(OpsetField::version, 3);
                    }));
    out.add_message(ModelField::graph, write<GraphField>([](auto& graph) {
                      graph.add_message(GraphField::node, std::string());
                    }));
  });
  const Model model = decode(as_bytes(bytes));
  EXPECT_EQ(model.ir_version, 12);
  EXPECT_EQ(model.producer_name, "pytorch");
  EXPECT_EQ(model.producer_version, "2.1");
  EXPECT_EQ(model.domain, "com.example");
  EXPECT_EQ(model.model_version, -1);
  EXPECT_EQ(model.metadata_props, (StringPairs{{"scale", "4"}, {"scale", "2"}}));
  ASSERT_EQ(model.opset_imports.size(), 1u);
  EXPECT_EQ(model.opset_imports[0].domain, "ai.onnx.ml");
  EXPECT_EQ(model.opset_imports[0].version, 3);
}

TEST(Decode, RefersToTheCallersBytes) {
  const std::string bytes = write_tensor_model(write<TensorField>(
      [](auto& tensor) { tensor.add_bytes(TensorField::raw_data, "sixteen bytes..."); }));
  const Model model = decode(as_bytes(bytes));
  const auto raw = model.graph.initializers.at(0).raw_data;
  EXPECT_EQ(raw.size(), 16u);
  EXPECT_EQ(reinterpret_cast<const char*>(raw.data()), bytes.data() + bytes.find("sixteen"));
}

TEST(Decode, TakesRepeatedScalarsPackedAndNot) {
  const std::array<int64_t, 2> ints{-1, 1000};
  const std::array<float, 2> floats{0.5f, -2.0f};
  const std::string bytes = write_attribute_model(write<AttributeField>([&](auto& out) {
    out.add_packed_int64(AttributeField::ints, ints.begin(), ints.end());
    out.add_int64(AttributeField::ints, 7);
    out.add_packed_int64(AttributeField::ints, ints.begin(), ints.end());
    out.add_float(AttributeField::floats, 3.0f);
    out.add_packed_float(AttributeField::floats, floats.begin(), floats.end());
  }));
  const Attribute attribute = decode_attribute(bytes);
  EXPECT_EQ(attribute.ints, (std::vector<int64_t>{-1, 1000, 7, -1, 1000}));
  EXPECT_EQ(attribute.floats, (std::vector<float>{3.0f, 0.5f, -2.0f}));
}

TEST(Decode, LetsTheLastSingularScalarWin) {
  const std::string bytes = write_attribute_model(write<AttributeField>([](auto& out) {
    out.add_int64(AttributeField::i, 1);
    out.add_int64(AttributeField::i, 2);
    out.add_string(AttributeField::name, "first");
    out.add_string(AttributeField::name, "last");
  }));
  const Attribute attribute = decode_attribute(bytes);
  EXPECT_EQ(attribute.i, 2);
  EXPECT_EQ(attribute.name, "last");
}

TEST(Decode, MergesASingularMessageGivenTwice) {
  const auto write_half = [](int64_t dim, const char* name) {
    return write<TensorField>([&](auto& tensor) {
      tensor.add_int64(TensorField::dims, dim);
      tensor.add_string(TensorField::name, name);
    });
  };
  const std::string bytes = write_attribute_model(write<AttributeField>([&](auto& out) {
    out.add_message(AttributeField::t, write_half(2, "a"));
    out.add_message(AttributeField::t, write_half(3, "b"));
  }));
  const Attribute attribute = decode_attribute(bytes);
  ASSERT_TRUE(attribute.t);
  EXPECT_EQ(attribute.t->dims, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(attribute.t->name, "b");
}

TEST(Decode, PassesOverUnknownFieldsAndOtherWireTypes) {
  enum class Unknown : protozero::pbf_tag_type { name = 1, varint = 100, bytes, fixed32, fixed64 };
  const std::string bytes = write_attribute_model(write<Unknown>([](auto& out) {
    out.add_uint64(Unknown::varint, UINT64_MAX);
    out.add_bytes(Unknown::bytes, "skipped");
    out.add_fixed32(Unknown::fixed32, 1);
    out.add_fixed64(Unknown::fixed64, 1);
    out.add_string(Unknown::name, "kept");
    out.add_int32(Unknown::name, 5);
  }));
  EXPECT_EQ(decode_attribute(bytes).name, "kept");
}

TEST(Decode, KeepsAnEnumerationValueItDoesNotKnow) {
  const std::string bytes = write_attribute_model(
      write<AttributeField>([](auto& out) { out.add_int32(AttributeField::type, 99); }));
  EXPECT_EQ(static_cast<int32_t>(decode_attribute(bytes).type), 99);
}

TEST(Decode, TellsKnownNamedAndUnknownDimensionsApart) {
  const auto decode_dim = [](const std::string& dim) {
    const std::string bytes = write_input_model(write_dim_type(dim));
    const Model model = decode(as_bytes(bytes));
    const Dim& out = model.graph.inputs.at(0).type->shape->at(0);
    return std::pair(out.value, std::string(out.param));
  };
  const std::string value =
      write<DimField>([](auto& dim) { dim.add_int64(DimField::dim_value, 0); });
  const std::string param =
      write<DimField>([](auto& dim) { dim.add_string(DimField::dim_param, "N"); });
  EXPECT_EQ(decode_dim(value), std::pair(std::optional<int64_t>(0), std::string()));
  EXPECT_EQ(decode_dim(param), std::pair(std::optional<int64_t>(), std::string("N")));
  EXPECT_EQ(decode_dim(""), std::pair(std::optional<int64_t>(), std::string()));
  EXPECT_EQ(decode_dim(value + param), std::pair(std::optional<int64_t>(), std::string("N")));
  EXPECT_EQ(decode_dim(param + value), std::pair(std::optional<int64_t>(0), std::string()));
}

TEST(Decode, TellsAnUnknownRankFromAScalar) {
  const auto has_shape = [](bool with_shape) {
    const std::string bytes = write_input_model(write<TypeField>([&](auto& type) {
      type.add_message(TypeField::tensor_type, write<TensorTypeField>([&](auto& tensor) {
                         if (with_shape) tensor.add_message(TensorTypeField::shape, std::string());
                       }));
    }));
    return decode(as_bytes(bytes)).graph.inputs.at(0).type->shape.has_value();
  };
  EXPECT_TRUE(has_shape(true));
  EXPECT_FALSE(has_shape(false));
}

TEST(Decode, MergesTheTypesOfAValue) {
  const std::string type = write_dim_type("");
  const std::string bytes = write_model(write<GraphField>([&](auto& graph) {
    graph.add_message(GraphField::output, write<ValueInfoField>([&](auto& value) {
                        value.add_message(ValueInfoField::type, type);
                        value.add_message(ValueInfoField::type, type);
                      }));
  }));
  EXPECT_EQ(decode(as_bytes(bytes)).graph.outputs.at(0).type->shape->size(), 2u);
}

TEST(Decode, LetsALaterTypeReplaceAnotherKindAndMergeWithItsOwn) {
  const std::string tensor = write_dim_type("");
  const std::string sequence = write<TypeField>([](auto& type) {
    type.add_message(TypeField::sequence_type, write<ContainerTypeField>([](auto& container) {
                       container.add_message(ContainerTypeField::elem_type, write_dim_type(""));
                     }));
  });
  const auto decode_type = [](const std::string& type) {
    const std::string bytes = write_input_model(type);
    return std::move(*decode(as_bytes(bytes)).graph.inputs.at(0).type);
  };
  EXPECT_EQ(decode_type(tensor + tensor).shape->size(), 2u);
  const Type replaced = decode_type(tensor + sequence);
  EXPECT_EQ(replaced.kind, Type::Kind::Sequence);
  EXPECT_FALSE(replaced.shape);
  EXPECT_EQ(replaced.elem_type, 0);
  ASSERT_TRUE(replaced.element);
  EXPECT_EQ(replaced.element->kind, Type::Kind::Tensor);
}

TEST(Decode, NamesATypeOfAnotherEngineAsOpaque) {
  const std::string bytes = write_input_model(write_dim_type("") + write<TypeField>([](auto& type) {
                                                type.add_string(TypeField::denotation, "IMAGE");
                                                type.add_bytes(TypeField::opaque_type, "\x0a\x01x");
                                              }));
  const Model model = decode(as_bytes(bytes));
  const Type& type = *model.graph.inputs.at(0).type;
  EXPECT_EQ(type.kind, Type::Kind::Opaque);
  EXPECT_EQ(type.denotation, "IMAGE");
  EXPECT_FALSE(type.shape);
}

}  // namespace
}  // namespace fovea::onnx

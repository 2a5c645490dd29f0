#include "import/import.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/model_builder.h"
#include "support/onnx_writer.h"

namespace fovea {
namespace {

using test::ModelBuilder;
using test::TensorField;

Tensor numbers(std::initializer_list<float> values) {
  return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
}

ErrorCode code_of(const ModelBuilder& model) {
  try {
    model.graph();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::Internal;
}

TEST(Import, NamesBecomeValues) {
  const Graph graph = ModelBuilder()
                          .input("x", DType::Float, {1, "h"})
                          .constant("c", numbers({1, 2}))
                          .node("Add", {"x", "c"}, {"sum"})
                          .node("Clip", {"sum", "", "c"}, {"y"})
                          .output("y")
                          .graph();
  EXPECT_EQ(dump(graph),
            "graph (x)\n"
            "  sum = Add(x, c)\n"
            "  y = Clip(sum, -, c)\n"
            "  return y\n");
  EXPECT_EQ(graph.nodes[0].opset, 17);
  EXPECT_EQ(graph.constant(graph.find("c"))->as<float>()[1], 2.0f);
  EXPECT_EQ(std::get<std::string>((*graph.value(graph.inputs[0]).shape)[1]), "h");
}

TEST(Import, InitialisersListedAsInputsAreConstants) {
  const Graph graph = ModelBuilder(9)
                          .input("x", DType::Float, {2})
                          .input("c", DType::Float, {2})
                          .constant("c", numbers({1, 2}))
                          .node("Add", {"x", "c"}, {"y"})
                          .output("y")
                          .graph();
  EXPECT_EQ(graph.inputs.size(), 1u);
}

TEST(Import, NodeNamesAreUnique) {
  const Graph graph = ModelBuilder()
                          .input("x", DType::Float, {2})
                          .node("Relu", {"x"}, {"a"})
                          .node("Relu", {"a"}, {"b"})
                          .output("b")
                          .graph();
  EXPECT_NE(graph.nodes[0].name, graph.nodes[1].name);
}

TEST(Import, RejectsNamesThatDoNotFitTogether) {
  EXPECT_EQ(code_of(ModelBuilder().node("Relu", {"x"}, {"y"}).output("y")),
            ErrorCode::MalformedModel);
  EXPECT_EQ(code_of(ModelBuilder()
                        .input("x", DType::Float, {1})
                        .node("Relu", {"x"}, {"y"})
                        .node("Relu", {"x"}, {"y"})
                        .output("y")),
            ErrorCode::MalformedModel);
  EXPECT_EQ(code_of(ModelBuilder().input("x", DType::Float, {1}).output("y")),
            ErrorCode::MalformedModel);
  EXPECT_EQ(code_of(ModelBuilder()
                        .input("x", DType::Float, {1})
                        .node("Relu", {"x"}, {"y"}, {}, "unknown.domain")
                        .output("y")),
            ErrorCode::MalformedModel);
}

TEST(Import, FunctionsAreInlinedUnderTheNameOfTheirCall) {
  ModelBuilder body;
  body.node("Relu", {"p"}, {"inner"}).node("Neg", {"inner"}, {"q"});
  const Graph graph = ModelBuilder()
                          .input("x", DType::Float, {1})
                          .function("Twist", {"p"}, {"q"}, body)
                          .node("Twist", {"x"}, {"y"}, {}, "local")
                          .node("Twist", {"y"}, {"z"}, {}, "local")
                          .output("z")
                          .graph();
  ASSERT_EQ(graph.nodes.size(), 4u);
  EXPECT_EQ(graph.value(graph.nodes[1].outputs[0]).name, "y");
  EXPECT_EQ(graph.nodes[2].inputs[0], graph.find("y"));
  EXPECT_EQ(graph.value(graph.outputs[0]).name, "z");
  EXPECT_NE(graph.value(graph.nodes[0].outputs[0]).name,
            graph.value(graph.nodes[2].outputs[0]).name);
}

TEST(Import, InputsOfATypeThatNoOperatorTakesAreRefusedByName) {
  for (const DType dtype : {DType::Complex64, DType::Float8E4M3FN, DType::Int4, DType::Uint2}) {
    const ModelBuilder model =
        ModelBuilder().input("x", dtype, {1}).node("Identity", {"x"}, {"y"}).output("y");
    try {
      model.graph();
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::UnsupportedAttribute);
      EXPECT_EQ(error.field("input"), "x");
      EXPECT_EQ(error.field("dtype"), name_of(dtype));
    }
  }
}

TEST(Import, AFunctionThatCallsItselfIsMalformed) {
  ModelBuilder body;
  body.node("Twist", {"p"}, {"q"}, {}, "local");
  EXPECT_EQ(code_of(ModelBuilder()
                        .input("x", DType::Float, {1})
                        .function("Twist", {"p"}, {"q"}, body)
                        .node("Twist", {"x"}, {"y"}, {}, "local")
                        .output("y")),
            ErrorCode::MalformedModel);
}

// A model whose only initialiser is two floats at byte `offset` of the file "weights.bin".
std::string external_model(const std::string& offset) {
  const std::string tensor = test::write<TensorField>([&](auto& out) {
    out.add_int64(TensorField::dims, 2);
    out.add_int32(TensorField::data_type, 1);
    out.add_string(TensorField::name, "w");
    out.add_message(TensorField::external_data, test::write_pair("location", "weights.bin"));
    out.add_message(TensorField::external_data, test::write_pair("offset", offset));
    out.add_int32(TensorField::data_location, 1);
  });
  return test::write_tensor_model(tensor);
}

Error external_error(const std::string& offset, const ImportSources& sources) {
  const std::string bytes = external_model(offset);
  try {
    import_model(onnx::decode(test::as_bytes(bytes)), sources);
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::Internal, "nothing was thrown"};
}

TEST(Import, ExternalDataThatIsMissingOrTooShortIsNamed) {
  ImportSources sources;
  const Error missing = external_error("4", sources);
  EXPECT_EQ(missing.code(), ErrorCode::InvalidInput);
  EXPECT_EQ(missing.field("location"), "weights.bin");

  static constexpr std::array<float, 3> kWeights = {1, 2, 3};
  sources.external_file = [](const std::string&) -> std::optional<ImportSources::File> {
    return ImportSources::File{std::as_bytes(std::span(kWeights)), nullptr};
  };
  const Error too_short = external_error("8", sources);
  EXPECT_EQ(too_short.code(), ErrorCode::InvalidInput);
  EXPECT_EQ(too_short.field("tensor"), "w");
  EXPECT_EQ(external_error("18446744073709551615", sources).code(), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea

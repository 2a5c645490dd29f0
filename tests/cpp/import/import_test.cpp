#include <array>
#include <cstring>
#include <set>

#if !defined(__EMSCRIPTEN__)
#include <sys/mman.h>
#endif

#include "import/import_checks.h"

namespace fovea {
namespace {

using test::AttributeField;
using test::import_bytes;
using test::import_error;
using test::ModelBuilder;
using test::NodeField;
using test::TensorField;

Tensor numbers(std::initializer_list<float> values) {
  return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
}

ErrorCode code_of(const ModelBuilder& model) { return import_error(model).code(); }

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

TEST(Import, InitialisersListedAsInputsAreDefaults) {
  const Graph graph = ModelBuilder(9)
                          .input("x", DType::Float, {2})
                          .input("c", DType::Float, {2})
                          .constant("c", numbers({1, 2}))
                          .node("Add", {"x", "c"}, {"y"})
                          .output("y")
                          .graph();
  EXPECT_EQ(graph.inputs.size(), 1u);
  EXPECT_EQ(graph.defaults, (std::vector<ValueId>{graph.find("c")}));
  EXPECT_NE(graph.constant(graph.find("c")), nullptr);
  EXPECT_EQ(std::get<int64_t>((*graph.value(graph.find("c")).shape)[0]), 2);
}

TEST(Import, ASubgraphCapturesADefaultAsWhatItMayBecome) {
  const ModelBuilder branch = ModelBuilder().node("Add", {"c", "d"}, {"r"}).output("r");
  const Graph graph = ModelBuilder()
                          .input("c", DType::Float, {2})
                          .constant("c", numbers({1, 2}))
                          .constant("d", numbers({3, 4}))
                          .branch("If", {"c"}, {"y"}, {{"then_branch", branch}})
                          .output("y")
                          .graph();
  const Graph* inside = graph.nodes[0].attributes.get_graph("then_branch");
  ASSERT_EQ(inside->captures.size(), 1u);
  EXPECT_EQ(inside->captures[0].outer, graph.find("c"));
  EXPECT_EQ(inside->constant(inside->captures[0].inner), nullptr);
  EXPECT_NE(inside->constant(inside->find("d")), nullptr);
}

TEST(Import, ASubgraphsInputsAreAlwaysGiven) {
  const ModelBuilder body = ModelBuilder()
                                .input("i", DType::Int64, {})
                                .constant("i", Tensor::of<int64_t>({}, {7}))
                                .node("Neg", {"i"}, {"r"})
                                .output("r");
  const Graph graph = ModelBuilder()
                          .input("x", DType::Float, {1})
                          .branch("Loop", {"x"}, {"y"}, {{"body", body}})
                          .output("y")
                          .graph();
  const Graph* inside = graph.nodes[0].attributes.get_graph("body");
  EXPECT_EQ(inside->inputs, (std::vector<ValueId>{inside->find("i")}));
  EXPECT_EQ(inside->constant(inside->find("i")), nullptr);
}

TEST(Import, InitialisersGivenTwiceMustAgree) {
  ModelBuilder model;
  model.constant("c", numbers({1, 2})).constant("c", numbers({1, 2}));
  EXPECT_EQ(ModelBuilder(model).node("Relu", {"c"}, {"y"}).output("y").graph().values.size(), 2u);
  EXPECT_EQ(code_of(ModelBuilder(model).constant("c", numbers({1, 3})).output("c")),
            ErrorCode::MalformedModel);
  EXPECT_EQ(
      code_of(ModelBuilder(model).constant("c", Tensor::of<float>({2, 1}, {1, 2})).output("c")),
      ErrorCode::MalformedModel);
}

TEST(Import, InitialisersWithoutANameAreNobodys) {
  const ModelBuilder model = ModelBuilder()
                                 .constant("", numbers({1}))
                                 .constant("", numbers({2}))
                                 .input("x", DType::Float, {1})
                                 .node("Clip", {"x", "", ""}, {"y"})
                                 .output("y");
  EXPECT_EQ(model.graph().nodes[0].inputs[1], kNoValue);
}

TEST(Import, OutputsMayBeInputsConstantsOrTheSameTwice) {
  const Graph graph = ModelBuilder()
                          .input("x", DType::Float, {1})
                          .constant("c", numbers({1}))
                          .node("Relu", {"x"}, {"y"})
                          .output("x")
                          .output("c")
                          .output("y")
                          .output("y")
                          .graph();
  EXPECT_EQ(graph.outputs, (std::vector<ValueId>{graph.find("x"), graph.find("c"), graph.find("y"),
                                                 graph.find("y")}));
}

TEST(Import, NamesMayBeAnything) {
  const std::string long_name(100'000, 'n');
  const Graph graph = ModelBuilder()
                          .input("__proto__", DType::Float, {1})
                          .node("Relu", {"__proto__"}, {"constructor"})
                          .node("Neg", {"constructor"}, {"\xff\xfe \"'"})
                          .node("Exp", {"\xff\xfe \"'"}, {long_name})
                          .output(long_name)
                          .graph();
  EXPECT_EQ(graph.value(graph.outputs[0]).name, long_name);
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

// One number after the other would be tried 1e9 times.
TEST(Import, ManyNodesOfOneNameAreNamedAtOnce) {
  constexpr int kNodes = 50'000;
  ModelBuilder model;
  for (int i = 0; i < kNodes; ++i) {
    model.raw_node(test::write<NodeField>([&](auto& out) {
      out.add_string(NodeField::input, std::to_string(i));
      out.add_string(NodeField::output, std::to_string(i + 1));
      out.add_string(NodeField::name, i == 3 ? "same_2" : "same");
      out.add_string(NodeField::op_type, "Relu");
    }));
  }
  const Graph graph = model.input("0", DType::Float, {1}).output(std::to_string(kNodes)).graph();
  std::set<std::string> names;
  for (const Node& node : graph.nodes) names.insert(node.name);
  EXPECT_EQ(names.size(), size_t{kNodes});
  EXPECT_EQ(graph.nodes[0].name, "same");
  EXPECT_EQ(graph.nodes[1].name, "same_2");
  EXPECT_EQ(graph.nodes[3].name, "same_2_2");
}

TEST(Import, AttributesGivenTwiceMustAgree) {
  const auto relu = [](std::vector<ModelBuilder::Attribute> attributes) {
    return ModelBuilder()
        .input("x", DType::Float, {1})
        .node("Relu", {"x"}, {"y"}, std::move(attributes))
        .output("y");
  };
  const std::vector<ModelBuilder::Attribute> kinds = {
      {"a", 1.5f},
      {"a", int64_t{1}},
      {"a", std::string("s")},
      {"a", std::vector<int64_t>{1, 2}},
      {"a", std::vector<std::string>{"s"}},
      {"a", numbers({1, 2})},
      {"a", numbers({1, 3})},
  };
  for (size_t i = 0; i < kinds.size(); ++i) {
    for (size_t j = 0; j < kinds.size(); ++j) {
      const Error error = import_error(relu({kinds[i], kinds[j]}));
      EXPECT_EQ(error.code(), i == j ? ErrorCode::Internal : ErrorCode::MalformedModel) << i << j;
      EXPECT_EQ(error.field("attribute"), i == j ? "" : "a");
    }
  }
}

TEST(Import, AttributesOfUnknownKindsAreLeftToTheOperator) {
  const Graph graph = ModelBuilder()
                          .input("x", DType::Float, {1})
                          .node("Relu", {"x"}, {"y"}, {{"a", UnsupportedValue()}})
                          .output("y")
                          .graph();
  EXPECT_TRUE(graph.nodes[0].attributes.has("a"));
  EXPECT_THROW(graph.nodes[0].attributes.get_int("a", 0), Error);
}

TEST(Import, AttributesWithoutATypeAreMalformed) {
  const std::string node = test::write<NodeField>([](auto& out) {
    out.add_string(NodeField::op_type, "Relu");
    out.add_string(NodeField::input, "x");
    out.add_string(NodeField::output, "y");
    out.add_message(NodeField::attribute, test::write<AttributeField>([](auto& attribute) {
                      attribute.add_string(AttributeField::name, "a");
                      attribute.add_int64(AttributeField::i, 1);
                    }));
  });
  const Error error =
      import_error(ModelBuilder().input("x", DType::Float, {1}).raw_node(node).output("y"));
  EXPECT_EQ(error.code(), ErrorCode::MalformedModel);
  EXPECT_EQ(error.field("attribute"), "a");
}

TEST(Import, OpsetsGivenTwiceMustAgree) {
  ModelBuilder model = ModelBuilder(17).input("x", DType::Float, {1}).node("Relu", {"x"}, {"y"});
  model.output("y").import_opset("ai.onnx", 17);
  EXPECT_EQ(model.graph().nodes[0].opset, 17);
  const Error error = import_error(model.import_opset("", 13));
  EXPECT_EQ(error.code(), ErrorCode::MalformedModel);
  EXPECT_NE(error.message().find("17 and 13"), std::string::npos) << error.message();
}

TEST(Import, AModelMayHaveSoManyNodes) {
  ModelBuilder model = ModelBuilder().input("0", DType::Float, {1});
  for (int i = 0; i < 10; ++i) model.node("Relu", {std::to_string(i)}, {std::to_string(i + 1)});
  model.output("10");
  EXPECT_EQ(import_bytes(model.bytes(), {.nodes = 10}).nodes.size(), 10u);
  const Error error = import_error(model, {.nodes = 9});
  EXPECT_EQ(error.code(), ErrorCode::LimitExceeded);
  EXPECT_EQ(error.field("limit"), "limits.nodes");
}

TEST(Import, ATensorMayBeSoLarge) {
  const ModelBuilder model = ModelBuilder().constant("c", numbers({1, 2, 3})).output("c");
  EXPECT_NO_THROW(import_bytes(model.bytes(), {.tensor_bytes = 12}));
  const Error error = import_error(model, {.tensor_bytes = 11});
  EXPECT_EQ(error.code(), ErrorCode::OutOfMemory);
  EXPECT_EQ(error.field("bytes"), "12");
  EXPECT_EQ(error.field("limit"), "limits.tensorBytes");
}

TEST(Import, RanksThatNoTensorHasAreMalformed) {
  const std::vector<ModelBuilder::Size> dims(kMaxRank + 1, 1);
  EXPECT_EQ(code_of(ModelBuilder().input("x", DType::Float, dims).output("x")),
            ErrorCode::MalformedModel);
  const std::string tensor = test::write<TensorField>([&](auto& out) {
    for (int i = 0; i <= kMaxRank; ++i) out.add_int64(TensorField::dims, 1);
    out.add_int32(TensorField::data_type, 1);
    out.add_string(TensorField::name, "c");
    out.add_float(TensorField::float_data, 1);
  });
  EXPECT_EQ(code_of(ModelBuilder().raw_initializer(tensor).output("c")), ErrorCode::MalformedModel);
}

TEST(Import, BoolsAreZeroAndOneWhereverTheyLie) {
  static constexpr std::array<uint8_t, 4> kBools = {0, 1, 2, 255};
  const auto bools = [&](bool external) {
    return test::write<TensorField>([&](auto& out) {
      out.add_int64(TensorField::dims, 4);
      out.add_int32(TensorField::data_type, static_cast<int32_t>(DType::Bool));
      out.add_string(TensorField::name, "b");
      if (external) {
        out.add_message(TensorField::external_data, test::write_pair("location", "b.bin"));
        out.add_int32(TensorField::data_location, 1);
      } else {
        out.add_bytes(TensorField::raw_data, reinterpret_cast<const char*>(kBools.data()), 4);
      }
    });
  };
  ImportSources sources;
  sources.external_file = [](const std::string&) -> std::optional<ImportSources::File> {
    return ImportSources::File{std::as_bytes(std::span(kBools)), nullptr};
  };
  for (const bool external : {false, true}) {
    const ModelBuilder model = ModelBuilder().raw_initializer(bools(external)).output("b");
    const Graph graph = import_bytes(model.bytes(), {}, sources);
    const auto read = graph.constant(graph.outputs[0])->as<uint8_t>();
    EXPECT_EQ(std::vector<uint8_t>(read.begin(), read.end()), (std::vector<uint8_t>{0, 1, 1, 1}));
  }
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
  EXPECT_EQ(code_of(ModelBuilder().input("x", DType::Float, {1}).output("")),
            ErrorCode::MalformedModel);
  EXPECT_EQ(code_of(ModelBuilder().input("", DType::Float, {1}).output("")),
            ErrorCode::MalformedModel);
  EXPECT_EQ(
      code_of(
          ModelBuilder().input("x", DType::Float, {1}).input("x", DType::Float, {1}).output("x")),
      ErrorCode::MalformedModel);
  EXPECT_EQ(code_of(ModelBuilder()
                        .input("x", DType::Float, {1})
                        .node("Split", {"x"}, {"y", "y"})
                        .output("y")),
            ErrorCode::MalformedModel);
}

TEST(Import, OpsetsThatAreNotImportedAreAssumed) {
  const auto opset = [](int ir_version, const char* domain) {
    const std::string node = test::write<test::NodeField>([&](auto& out) {
      out.add_string(test::NodeField::op_type, "Relu");
      out.add_string(test::NodeField::domain, domain);
      out.add_string(test::NodeField::output, "y");
    });
    const std::string graph = test::write<test::GraphField>(
        [&](auto& out) { out.add_message(test::GraphField::node, node); });
    return import_bytes(test::write<test::ModelField>([&](auto& out) {
             out.add_int64(test::ModelField::ir_version, ir_version);
             out.add_message(test::ModelField::graph, graph);
           }))
        .nodes[0]
        .opset;
  };
  EXPECT_EQ(opset(3, ""), 8);
  EXPECT_EQ(opset(7, "ai.onnx"), 14);
  EXPECT_EQ(opset(13, ""), 26);
  EXPECT_EQ(opset(14, ""), 28);
  EXPECT_EQ(opset(99, ""), 28);
  EXPECT_EQ(opset(8, "ai.onnx.ml"), 5);
  EXPECT_EQ(opset(8, "unknown.domain"), 1);
}

TEST(Import, EveryVersionOfTheFormatIsRead) {
  const std::string node = test::write<test::NodeField>([&](auto& out) {
    out.add_string(test::NodeField::op_type, "Constant");
    out.add_string(test::NodeField::output, "y");
  });
  const std::string graph = test::write<test::GraphField>(
      [&](auto& out) { out.add_message(test::GraphField::node, node); });
  for (int version = 3; version <= 15; ++version) {
    const std::string bytes = test::write<test::ModelField>([&](auto& out) {
      out.add_int64(test::ModelField::ir_version, version);
      out.add_message(test::ModelField::graph, graph);
    });
    EXPECT_NO_THROW(import_bytes(bytes)) << version;
  }
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
  for (const DType dtype : {static_cast<DType>(29), DType::Sequence}) {
    const ModelBuilder model =
        ModelBuilder().input("x", dtype, {1}).node("Identity", {"x"}, {"y"}).output("y");
    try {
      model.graph();
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::UnsupportedAttribute);
      EXPECT_EQ(error.field("input"), "x");
      EXPECT_EQ(error.field("dtype"), "undefined");
      const std::string number = std::to_string(static_cast<int>(dtype));
      EXPECT_NE(error.message().find(number), std::string::npos) << error.message();
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

// Two floats at byte `offset` of an external file.
std::string external_tensor(const std::string& offset, const std::string& location) {
  return test::write<TensorField>([&](auto& out) {
    out.add_int64(TensorField::dims, 2);
    out.add_int32(TensorField::data_type, 1);
    out.add_string(TensorField::name, "w");
    out.add_message(TensorField::external_data, test::write_pair("location", location));
    out.add_message(TensorField::external_data, test::write_pair("offset", offset));
    out.add_int32(TensorField::data_location, 1);
  });
}

// A model whose only initialiser is that.
std::string external_model(const std::string& offset, const std::string& location = "weights.bin") {
  return test::write_tensor_model(external_tensor(offset, location));
}

Error external_error(const std::string& offset, const ImportSources& sources) {
  return import_error(external_model(offset), {}, sources);
}

TEST(Import, ExternalFilesAreNamedOneWay) {
  for (const std::string location : {"w.bin", "./w.bin", ".//w.bin", "././w.bin"}) {
    EXPECT_EQ(import_error(external_model("0", location)).field("location"), "w.bin") << location;
  }
  EXPECT_EQ(import_error(external_model("0", "a//b/./w.bin")).field("location"), "a/b/w.bin");
  EXPECT_EQ(import_error(external_model("0", "./a/../w.bin")).field("location"), "a/../w.bin");
  const std::string address = "https://host/w.bin";
  EXPECT_EQ(import_error(external_model("0", address)).field("location"), address);
  EXPECT_EQ(import_error(external_model("0", "a/..b/c..")).field("location"), "a/..b/c..");
}

TEST(Import, ExternalFilesLieInTheModelsFolder) {
  int asked = 0;
  ImportSources sources;
  sources.external_file = [&](const std::string&) -> std::optional<ImportSources::File> {
    ++asked;
    return std::nullopt;
  };
  for (const std::string location : {"../w.bin", "a/../../w.bin", "a/..", "..", "/etc/passwd",
                                     "//host/w.bin", "C:/w.bin", "..\\w.bin", ".", "./"}) {
    const Error error = import_error(external_model("0", location), {}, sources);
    EXPECT_EQ(error.code(), ErrorCode::MalformedModel) << location;
    EXPECT_EQ(error.field("location"), location);
  }
  EXPECT_EQ(asked, 0);
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

// Two floats behind byte 2^31 of a file; memory that is never touched takes none.
#if !defined(__EMSCRIPTEN__)
TEST(Import, ExternalDataMayLieAnywhereInAFile) {
  constexpr uint64_t kOffset = (uint64_t{1} << 32) + 8, kBytes = kOffset + 2 * sizeof(float);
  void* const memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) GTEST_SKIP() << "no address space";
  const float numbers[] = {3, 4};
  std::memcpy(static_cast<std::byte*>(memory) + kOffset, numbers, sizeof(numbers));
  ImportSources sources;
  sources.external_file = [&](const std::string&) -> std::optional<ImportSources::File> {
    return ImportSources::File{{static_cast<const std::byte*>(memory), kBytes}, nullptr};
  };
  const Graph graph = import_bytes(external_model(std::to_string(kOffset)), {}, sources);
  EXPECT_EQ(to_floats(*graph.constant(graph.find("w"))), (std::vector<float>{3, 4}));
  EXPECT_EQ(external_error(std::to_string(kOffset + 4), sources).code(), ErrorCode::InvalidInput);
  munmap(memory, kBytes);
}
#endif

// In initialisers of subgraphs and in attributes as in those of the model.
TEST(Import, ExternalDataMayBelongToSubgraphsAndAttributes) {
  static constexpr std::array<float, 2> kWeights = {1, 2};
  std::vector<std::string> asked;
  ImportSources sources;
  sources.external_file = [&](const std::string& location) -> std::optional<ImportSources::File> {
    asked.push_back(location);
    return ImportSources::File{std::as_bytes(std::span(kWeights)), nullptr};
  };
  const auto constant = test::write<test::NodeField>([&](auto& out) {
    out.add_string(test::NodeField::op_type, "Constant");
    out.add_string(test::NodeField::output, "y");
    out.add_message(
        test::NodeField::attribute, test::write<test::AttributeField>([&](auto& attribute) {
          attribute.add_string(test::AttributeField::name, "value");
          attribute.add_int32(test::AttributeField::type, 4);
          attribute.add_message(test::AttributeField::t, external_tensor("0", "./folder/w.bin"));
        }));
  });
  ModelBuilder branch;
  branch.raw_initializer(external_tensor("0", "folder//w.bin")).output("w");
  const Graph graph = import_bytes(
      ModelBuilder()
          .input("c", DType::Bool, {})
          .raw_node(constant)
          .branch("If", {"c"}, {"z"}, {{"then_branch", branch}, {"else_branch", branch}})
          .output("y")
          .output("z")
          .bytes(),
      {}, sources);
  EXPECT_EQ(asked, std::vector<std::string>{"folder/w.bin"});
  EXPECT_EQ(to_floats(*graph.nodes[0].attributes.get_tensor("value")), (std::vector<float>{1, 2}));
  const Graph& inner = *graph.nodes[1].attributes.get_graph("then_branch");
  EXPECT_EQ(to_floats(*inner.constant(inner.outputs[0])), (std::vector<float>{1, 2}));
}

}  // namespace
}  // namespace fovea

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "import/import.h"
#include "onnx/model.h"
#include "pass_checks.h"
#include "passes/element_types.h"
#include "support/conformance.h"

namespace fovea {
namespace {

using test::ModelBuilder;
using test::Names;
using test::operators;

constexpr auto kFloat = static_cast<int64_t>(DType::Float);
constexpr auto kFloat16 = static_cast<int64_t>(DType::Float16);

Graph lowered(const ModelBuilder& model) {
  Graph graph = model.graph();
  lower(graph, kOpTable);
  return graph;
}

Tensor half(float value) { return Tensor::of<Half>({1}, {to_half(value)}); }

TEST(Lower, CastsAtTheBordersOnly) {
  const Graph graph = lowered(ModelBuilder()
                                  .input("x", DType::Float16, {2})
                                  .constant("c", half(2))
                                  .node("Add", {"x", "c"}, {"a"})
                                  .node("Mul", {"a", "a"}, {"y"})
                                  .output("y", DType::Float16));
  EXPECT_EQ(operators(graph), (Names{"Cast", "Add", "Mul", "Cast"}));
  EXPECT_EQ(graph.constant(graph.find("c"))->dtype(), DType::Float);
  EXPECT_EQ(graph.value(graph.outputs[0]).name, "y");
  EXPECT_EQ(graph.value(graph.outputs[0]).dtype, DType::Float16);
  EXPECT_EQ(graph.value(graph.inputs[0]).dtype, DType::Float16);
}

TEST(Lower, ConversionsToNarrowTypesRound) {
  const Graph graph = lowered(ModelBuilder()
                                  .input("x", DType::Float, {2})
                                  .node("Cast", {"x"}, {"h"}, {{"to", kFloat16}})
                                  .node("Relu", {"h"}, {"r"})
                                  .node("Cast", {"r"}, {"y"}, {{"to", kFloat}})
                                  .output("y"));
  ASSERT_EQ(operators(graph), (Names{"Cast", "Cast", "Relu", "Cast"}));
  EXPECT_EQ(graph.nodes[0].attributes.get_int("to", 0), kFloat16);
  EXPECT_EQ(graph.nodes[1].attributes.get_int("to", 0), kFloat);
  EXPECT_EQ(graph.value(graph.nodes[1].outputs[0]).name, "h");
}

// Widened values need no conversion.
TEST(Lower, ConversionsToFloatDisappear) {
  const Graph graph = lowered(ModelBuilder()
                                  .input("x", DType::Float16, {1})
                                  .constant("c", half(2))
                                  .node("Cast", {"c"}, {"w"}, {{"to", kFloat}})
                                  .node("Cast", {"x"}, {"f"}, {{"to", kFloat}})
                                  .node("Add", {"f", "w"}, {"y"})
                                  .output("y"));
  ASSERT_EQ(operators(graph), (Names{"Cast", "Add"}));
  EXPECT_EQ(graph.nodes[1].inputs, (std::vector{graph.nodes[0].outputs[0], graph.find("c")}));
}

TEST(Lower, BitsAreThoseOfTheNarrowType) {
  const auto to = [](DType dtype) { return static_cast<int64_t>(dtype); };
  const Graph graph = lowered(ModelBuilder(26)
                                  .input("x", DType::Float, {2})
                                  .node("Cast", {"x"}, {"h"}, {{"to", kFloat16}})
                                  .node("BitCast", {"h"}, {"i"}, {{"to", to(DType::Int16)}})
                                  .node("BitCast", {"i"}, {"b"}, {{"to", to(DType::BFloat16)}})
                                  .node("Relu", {"b"}, {"y"})
                                  .output("y", DType::BFloat16));
  ASSERT_EQ(operators(graph),
            (Names{"Cast", "Cast", "Cast", "BitCast", "BitCast", "Cast", "Relu", "Cast"}));
  EXPECT_EQ(graph.nodes[2].attributes.get_int("to", 0), kFloat16);
  EXPECT_EQ(graph.nodes[5].attributes.get_int("to", 0), kFloat);
  EXPECT_EQ(graph.nodes[6].inputs[0], graph.nodes[5].outputs[0]);
}

TEST(Lower, WhatComesOutOfASequenceIsWhatWentIn) {
  const Graph graph = lowered(ModelBuilder()
                                  .input("x", DType::Float16, {1})
                                  .constant("first", Tensor::of<int64_t>({}, {0}))
                                  .node("SequenceEmpty", {}, {"none"}, {{"dtype", kFloat16}})
                                  .node("SequenceInsert", {"none", "x"}, {"one"})
                                  .node("SequenceAt", {"one", "first"}, {"y"})
                                  .output("y"));
  ASSERT_EQ(operators(graph),
            (Names{"Cast", "SequenceEmpty", "SequenceInsert", "SequenceAt", "Cast"}));
  EXPECT_EQ(graph.nodes[4].attributes.get_int("to", 0), kFloat16);
}

TEST(Lower, AnInputThatIsAnOutputStaysAsItIs) {
  const Graph graph = lowered(ModelBuilder()
                                  .input("x", DType::Float16, {1})
                                  .node("Relu", {"x"}, {"y"})
                                  .output("x", DType::Float16)
                                  .output("y", DType::Float16)
                                  .output("y", DType::Float16));
  EXPECT_EQ(operators(graph), (Names{"Cast", "Relu", "Cast"}));
  EXPECT_EQ(graph.outputs[0], graph.inputs[0]);
  EXPECT_EQ(graph.outputs[1], graph.outputs[2]);
}

// An operator that holds a graph: h + c of its caller's h.
Graph with_subgraph() {
  auto inner = std::make_shared<Graph>();
  const ValueId h = inner->add_value({.name = "h", .shape = {}, .constant = {}});
  const ValueId c = inner->add_constant("c", half(1));
  const ValueId sum = inner->add_value({.name = "sum", .shape = {}, .constant = {}});
  inner->nodes.push_back({"Add", "", 17, "add", {h, c}, {sum}, {}});
  inner->outputs = {sum};
  Graph graph = ModelBuilder()
                    .input("x", DType::Float, {1})
                    .node("Cast", {"x"}, {"h"}, {{"to", kFloat16}})
                    .node("Holder", {"x"}, {"y"})
                    .output("y", DType::Float16)
                    .graph();
  inner->captures = {{graph.find("h"), h}};
  graph.nodes.back().attributes.set("body", inner);
  return graph;
}

TEST(Lower, EntersSubgraphsAndLeavesTheirOriginals) {
  const Graph original = with_subgraph();
  Graph graph = original.clone();
  lower(graph, kOpTable);
  EXPECT_EQ(operators(graph), (Names{"Cast", "Cast", "Holder", "Cast"}));
  const Graph& inner = *graph.nodes[2].attributes.get_graph("body");
  EXPECT_EQ(inner.constant(inner.find("c"))->dtype(), DType::Float);
  EXPECT_EQ(inner.value(inner.find("h")).dtype, DType::Float);
  EXPECT_EQ(graph.value(inner.captures[0].outer).name, "h");
  const Graph& untouched = *original.nodes[1].attributes.get_graph("body");
  EXPECT_EQ(untouched.constant(untouched.find("c"))->dtype(), DType::Float16);
}

// If(b) of branches that give c, captured, and a constant of float16.
TEST(ElementTypes, FollowFromBranches) {
  Graph graph = ModelBuilder()
                    .input("x", DType::Float16, {1})
                    .input("b", DType::Bool, {})
                    .node("Relu", {"x"}, {"c"})
                    .node("If", {"b"}, {"y", "z"})
                    .node("Neg", {"y"}, {"n"})
                    .output("n", DType::Float16)
                    .graph();
  auto branch = std::make_shared<Graph>();
  const ValueId c = branch->add_value({.name = "c", .shape = {}, .constant = {}});
  const ValueId d = branch->add_value({.name = "d", .shape = {}, .constant = {}});
  branch->captures = {{graph.find("c"), c}};
  branch->nodes.push_back({"Abs", "", 17, "abs", {c}, {d}, {}});
  branch->outputs = {d, branch->add_constant("e", Tensor::of<int64_t>({}, {1}))};
  graph.nodes[1].attributes.set("then_branch", branch);
  for (Value& value : graph.values) {
    if (value.name != "x" && value.name != "b") value.dtype = DType::Undefined;
  }
  resolve_operators(graph, kOpTable);
  const std::vector<DType> types = element_types(graph);
  const auto type = [&](const char* name) { return types[static_cast<size_t>(graph.find(name))]; };
  EXPECT_EQ(type("y"), DType::Float16);
  EXPECT_EQ(type("z"), DType::Int64);
  EXPECT_EQ(type("n"), DType::Float16);
}

// What a model declares of a conversion's result does not change the conversion.
TEST(ElementTypes, FollowFromConversionsWhateverIsDeclared) {
  Graph graph = ModelBuilder()
                    .input("x", DType::Float, {1})
                    .node("Cast", {"x"}, {"h"}, {{"to", kFloat16}})
                    .output("h", DType::Float)
                    .graph();
  resolve_operators(graph, kOpTable);
  EXPECT_EQ(element_types(graph)[static_cast<size_t>(graph.find("h"))], DType::Float16);
}

bool is_implemented(const Graph& graph) {
  return std::ranges::all_of(graph.nodes, [](const Node& node) {
    return kOpTable.find(node.domain, node.op_type, node.opset);
  });
}

// Only a run tells what such a value holds.
bool holds_others(const Graph& graph) {
  return std::ranges::any_of(graph.nodes, [](const Node& node) {
    return node.op_type == "SequenceAt" || node.op_type == "OptionalGetElement" ||
           node.op_type == "ConcatFromSequence";
  });
}

// The official cases say what type each output has.
TEST(ElementTypes, FollowFromTheInputsAsTheOfficialCasesSay) {
  const char* root = std::getenv("FOVEA_ONNX_TESTDATA");
  const auto cases = test::find_cases(root ? root : "build/deps/onnx-testdata");
  if (cases.empty()) GTEST_SKIP() << "no official cases found: set FOVEA_ONNX_TESTDATA";
  int compared = 0;
  for (const test::ConformanceCase& test_case : cases) {
    const std::string bytes = test::read_file(test_case.model);
    Graph graph;
    try {
      graph = import_model(onnx::decode(std::as_bytes(std::span(bytes))), {});
    } catch (const Error&) {
      continue;
    }
    if (!is_implemented(graph)) continue;
    std::vector<DType> declared;
    for (const ValueId id : graph.outputs) declared.push_back(graph.value(id).dtype);
    for (const Node& node : graph.nodes) {
      for (const ValueId id : node.outputs) {
        if (id != kNoValue) graph.value(id).dtype = DType::Undefined;
      }
    }
    resolve_operators(graph, kOpTable);
    const std::vector<DType> types = element_types(graph);
    for (size_t i = 0; i < declared.size(); ++i) {
      const DType type = types[static_cast<size_t>(graph.outputs[i])];
      const bool unknown = type == DType::Undefined && holds_others(graph);
      if (declared[i] == DType::Undefined || unknown) continue;
      EXPECT_EQ(type, declared[i]) << test_case.name;
      ++compared;
    }
  }
  EXPECT_GT(compared, 1000);
}

}  // namespace
}  // namespace fovea

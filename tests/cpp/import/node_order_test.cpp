#include "import/import_checks.h"

namespace fovea {
namespace {

using test::import_error;
using test::ModelBuilder;
using test::NodeField;

std::vector<std::string> op_types(const Graph& graph) {
  std::vector<std::string> types;
  for (const Node& node : graph.nodes) types.push_back(node.op_type);
  return types;
}

std::string named_node(const std::string& name, const std::string& input,
                       const std::string& output) {
  return test::write<NodeField>([&](auto& out) {
    out.add_string(NodeField::input, input);
    out.add_string(NodeField::output, output);
    out.add_string(NodeField::name, name);
    out.add_string(NodeField::op_type, "Relu");
  });
}

TEST(NodeOrder, NodesComeAfterThoseTheyRead) {
  const Graph graph = ModelBuilder()
                          .input("x", DType::Float, {1})
                          .node("Neg", {"c"}, {"y"})
                          .node("Exp", {"b"}, {"c"})
                          .node("Relu", {"a"}, {"b"})
                          .node("Abs", {"x"}, {"a"})
                          .output("y")
                          .graph();
  EXPECT_EQ(op_types(graph), (std::vector<std::string>{"Abs", "Relu", "Exp", "Neg"}));
}

TEST(NodeOrder, WhatMayStayStaysAsInTheFile) {
  const Graph graph = ModelBuilder()
                          .input("x", DType::Float, {1})
                          .node("Abs", {"x"}, {"a"})
                          .node("Add", {"late", "a"}, {"y"})
                          .node("Relu", {"x"}, {"b"})
                          .node("Neg", {"x"}, {"late"})
                          .node("Exp", {"x"}, {"c"})
                          .output("y")
                          .graph();
  EXPECT_EQ(op_types(graph), (std::vector<std::string>{"Abs", "Relu", "Neg", "Add", "Exp"}));
}

TEST(NodeOrder, WhatASubgraphReadsComesFirst) {
  const ModelBuilder inner = ModelBuilder().node("Add", {"own", "late"}, {"r"}).output("r");
  const ModelBuilder branch = ModelBuilder()
                                  .node("Relu", {"x"}, {"own"})
                                  .branch("If", {"flag"}, {"s"}, {{"then_branch", inner}})
                                  .output("s");
  const Graph graph = ModelBuilder()
                          .input("x", DType::Float, {1})
                          .input("flag", DType::Bool, {})
                          .branch("If", {"flag"}, {"y"}, {{"then_branch", branch}})
                          .node("Neg", {"x"}, {"late"})
                          .output("y")
                          .graph();
  EXPECT_EQ(op_types(graph), (std::vector<std::string>{"Neg", "If"}));
}

TEST(NodeOrder, ASubgraphsOwnNamesAreNoReads) {
  // "own" is made by the If's neighbour, too, which reads the If: no cycle.
  const ModelBuilder branch =
      ModelBuilder().node("Relu", {"x"}, {"own"}).node("Neg", {"own"}, {"r"}).output("r");
  const Graph graph = ModelBuilder()
                          .input("x", DType::Float, {1})
                          .input("flag", DType::Bool, {})
                          .branch("If", {"flag"}, {"y"}, {{"then_branch", branch}})
                          .node("Neg", {"y"}, {"own"})
                          .output("own")
                          .graph();
  EXPECT_EQ(op_types(graph), (std::vector<std::string>{"If", "Neg"}));
  EXPECT_EQ(graph.nodes[0].attributes.get_graph("then_branch")->captures.size(), 1u);
}

TEST(NodeOrder, FunctionsAreSortedToo) {
  ModelBuilder body;
  body.node("Neg", {"inner"}, {"q"}).node("Relu", {"p"}, {"inner"});
  const Graph graph = ModelBuilder()
                          .input("x", DType::Float, {1})
                          .function("Twist", {"p"}, {"q"}, body)
                          .node("Twist", {"x"}, {"y"}, {}, "local")
                          .output("y")
                          .graph();
  EXPECT_EQ(op_types(graph), (std::vector<std::string>{"Relu", "Neg"}));
}

TEST(NodeOrder, ACycleIsMalformedAndNamed) {
  const Error error = import_error(ModelBuilder()
                                       .input("x", DType::Float, {1})
                                       .raw_node(named_node("before", "x", "p"))
                                       .node("Add", {"p", "c"}, {"a"})
                                       .raw_node(named_node("second", "a", "b"))
                                       .raw_node(named_node("third", "b", "c"))
                                       .raw_node(named_node("after", "c", "y"))
                                       .output("y"));
  EXPECT_EQ(error.code(), ErrorCode::MalformedModel);
  for (const std::string part : {"Add of 'a'", "second", "third"}) {
    EXPECT_NE(error.field("node").find(part), std::string::npos) << error.message();
  }
  EXPECT_EQ(error.field("node").find("before"), std::string::npos);
  EXPECT_EQ(error.field("node").find("after"), std::string::npos);

  const Error alone =
      import_error(ModelBuilder().raw_node(named_node("self", "y", "y")).output("y"));
  EXPECT_EQ(alone.code(), ErrorCode::MalformedModel);
  EXPECT_EQ(alone.field("node"), "self");
}

TEST(NodeOrder, ALongCycleIsCutShort) {
  ModelBuilder model;
  constexpr int kNodes = 1000;
  for (int i = 0; i < kNodes; ++i) {
    model.node("Relu", {std::to_string((i + 1) % kNodes)}, {std::to_string(i)});
  }
  const Error error = import_error(model.output("0"));
  EXPECT_EQ(error.code(), ErrorCode::MalformedModel);
  EXPECT_NE(error.field("node").find("and 992 more"), std::string::npos) << error.message();
}

// A search by recursion would need megabytes of stack, a search for each node minutes.
TEST(NodeOrder, LargeModelsAreSortedInLinearTime) {
  ModelBuilder model;
  constexpr int kNodes = 30'000;
  for (int i = kNodes; i > 0; --i) {
    model.node("Relu", {std::to_string(i - 1)}, {std::to_string(i)});
  }
  const Graph graph = model.input("0", DType::Float, {1}).output(std::to_string(kNodes)).graph();
  ASSERT_EQ(graph.nodes.size(), size_t{kNodes});
  EXPECT_EQ(graph.nodes.front().inputs, graph.inputs);
  EXPECT_EQ(graph.nodes.back().outputs, graph.outputs);
}

}  // namespace
}  // namespace fovea

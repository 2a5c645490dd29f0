#include "graph/graph.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace fovea {
namespace {

Graph diamond() {
  Graph graph;
  const ValueId x = graph.add_value({"x", DType::Float, std::nullopt, std::nullopt});
  const ValueId a = graph.add_value({"a", DType::Float, std::nullopt, std::nullopt});
  const ValueId b = graph.add_value({"b", DType::Float, std::nullopt, std::nullopt});
  const ValueId y = graph.add_value({"y", DType::Float, std::nullopt, std::nullopt});
  graph.inputs = {x};
  graph.outputs = {y};
  graph.nodes.push_back({"Relu", "", 17, "relu", {x}, {a}, {}});
  graph.nodes.push_back({"Neg", "", 17, "neg", {a}, {b}, {}});
  graph.nodes.push_back({"Add", "", 17, "add", {a, b}, {y}, {}});
  return graph;
}

TEST(Uses, KnowsProducersAndReaders) {
  const Graph graph = diamond();
  const Uses uses(graph);
  EXPECT_EQ(uses.producer(graph.find("x")), -1);
  EXPECT_EQ(uses.producer(graph.find("b")), 1);
  EXPECT_EQ(uses.readers(graph.find("a")).size(), 2u);
  EXPECT_EQ(uses.only_reader(graph.find("a")), -1);
  EXPECT_EQ(uses.only_reader(graph.find("b")), 2);
  EXPECT_EQ(uses.only_reader(graph.find("y")), -1);
}

TEST(Uses, CapturesCountAsReads) {
  Graph graph = diamond();
  auto branch = std::make_shared<Graph>();
  const ValueId inner = branch->add_value({"b", DType::Float, std::nullopt, std::nullopt});
  branch->captures.push_back({graph.find("b"), inner});
  graph.nodes[2].attributes.set("then_branch", branch);
  const Uses uses(graph);
  EXPECT_EQ(uses.readers(graph.find("b")).size(), 2u);
  EXPECT_EQ(reads_of(graph.nodes[2]).size(), 3u);
}

TEST(Graph, ACloneHasSubgraphsOfItsOwn) {
  const auto innermost = std::make_shared<Graph>();
  innermost->add_constant("c", Tensor::of<float>({1}, {1}));
  const auto branch = std::make_shared<Graph>(diamond());
  branch->nodes[0].attributes.set("body", innermost);
  Graph graph = diamond();
  graph.nodes[2].attributes.set("then_branch", branch);
  graph.nodes[2].attributes.set("alpha", 0.5f);

  const Graph clone = graph.clone();
  const Graph* inside = clone.nodes[2].attributes.get_graph("then_branch");
  const Graph* deepest = inside->nodes[0].attributes.get_graph("body");
  EXPECT_EQ(clone.nodes[2].attributes.get_float("alpha", 1), 0.5f);
  branch->nodes.clear();
  innermost->values[0].constant.reset();
  EXPECT_EQ(inside->nodes.size(), 3u);
  EXPECT_NE(deepest->constant(0), nullptr);
}

TEST(Attributes, AreTyped) {
  Attributes attributes;
  attributes.set("alpha", 0.5f);
  attributes.set("pads", std::vector<int64_t>{1, 2});
  EXPECT_EQ(attributes.get_float("alpha", 1.0f), 0.5f);
  EXPECT_EQ(attributes.get_float("beta", 1.0f), 1.0f);
  EXPECT_EQ(attributes.get_ints("pads").size(), 2u);
  EXPECT_EQ(attributes.get_tensor("value"), nullptr);
  attributes.set("sequence", UnsupportedValue());
  try {
    attributes.get_ints("sequence");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::UnsupportedAttribute);
    EXPECT_EQ(error.field("attribute"), "sequence");
  }
  try {
    attributes.get_int("alpha", 0);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::MalformedModel);
    EXPECT_EQ(error.field("attribute"), "alpha");
  }
}

TEST(Graph, DumpsALineANode) {
  EXPECT_EQ(dump(diamond()),
            "graph (x)\n"
            "  a = Relu(x)\n"
            "  b = Neg(a)\n"
            "  y = Add(a, b)\n"
            "  return y\n");
}

}  // namespace
}  // namespace fovea

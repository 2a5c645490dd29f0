#include <gtest/gtest.h>

#include "ops/core/body.h"
#include "pass_checks.h"

namespace fovea {
namespace {

using test::ModelBuilder;
using test::Names;
using test::operators;

// a = Relu(x), b = Abs(a), y = Add(a, b)
Graph diamond() {
  return ModelBuilder()
      .input("x", DType::Float, {2})
      .node("Relu", {"x"}, {"a"})
      .node("Abs", {"a"}, {"b"})
      .node("Add", {"a", "b"}, {"y"})
      .output("y")
      .graph();
}

Node node_of(std::string op_type, std::vector<ValueId> inputs, ValueId output) {
  Node node;
  node.op_type = std::move(op_type);
  node.opset = 17;
  node.name = node.op_type;
  node.inputs = std::move(inputs);
  node.outputs = {output};
  return node;
}

TEST(Rewriter, KnowsWhoMakesAndWhoReads) {
  Graph graph = diamond();
  const ValueId x = graph.find("x"), a = graph.find("a"), b = graph.find("b"), y = graph.find("y");
  const Rewriter rewriter(graph);
  EXPECT_EQ(rewriter.producer(x), kNoNode);
  EXPECT_EQ(rewriter.producer(kNoValue), kNoNode);
  EXPECT_EQ(rewriter.producer(b), 1);
  EXPECT_EQ(rewriter.only_reader(x), 0);
  EXPECT_EQ(rewriter.only_reader(a), kNoNode);
  EXPECT_EQ(rewriter.only_reader(kNoValue), kNoNode);
  EXPECT_EQ(rewriter.only_reader(y), kNoNode);
  EXPECT_EQ(rewriter.readers(a), (std::vector<NodeId>{1, 2}));
  EXPECT_TRUE(rewriter.is_output(y));
}

TEST(Rewriter, TwoReadsByOneNodeAreNotOne) {
  Graph graph = ModelBuilder()
                    .input("x", DType::Float, {2})
                    .node("Relu", {"x"}, {"a"})
                    .node("Mul", {"a", "a"}, {"y"})
                    .output("y")
                    .graph();
  const Rewriter rewriter(graph);
  EXPECT_EQ(rewriter.only_reader(graph.find("a")), kNoNode);
  EXPECT_EQ(rewriter.readers(graph.find("a")), std::vector<NodeId>{1});
}

TEST(Rewriter, WhatNobodyReadsAnyMoreIsGoneAtOnce) {
  Graph graph = diamond();
  const ValueId x = graph.find("x"), a = graph.find("a"), b = graph.find("b"), y = graph.find("y");
  Rewriter rewriter(graph);
  rewriter.replace(2, node_of("Neg", {b}, y));
  EXPECT_EQ(rewriter.only_reader(a), 1);
  EXPECT_EQ(rewriter.only_reader(b), 2);
  rewriter.replace(2, node_of("Neg", {x}, y));
  EXPECT_EQ(rewriter.producer(a), kNoNode);
  EXPECT_EQ(rewriter.producer(b), kNoNode);
  EXPECT_EQ(rewriter.only_reader(x), 2);
  EXPECT_EQ(rewriter.first(), 2);
  rewriter.finish();
  EXPECT_EQ(operators(graph), Names{"Neg"});
}

TEST(Rewriter, ReplacesAValueForAllWhoReadIt) {
  Graph graph = diamond();
  const ValueId x = graph.find("x"), a = graph.find("a"), b = graph.find("b"), y = graph.find("y");
  Rewriter rewriter(graph);
  rewriter.replace_value(b, a);
  EXPECT_EQ(rewriter.readers(a), std::vector<NodeId>{2});
  EXPECT_EQ(rewriter.only_reader(a), kNoNode);
  rewriter.replace_value(y, x);
  EXPECT_EQ(rewriter.first(), kNoNode);
  EXPECT_EQ(rewriter.readers(x), std::vector<NodeId>{});
  rewriter.finish();
  EXPECT_EQ(graph.outputs, std::vector{x});
  EXPECT_TRUE(graph.nodes.empty());
}

TEST(Rewriter, InsertsInOrder) {
  Graph graph = diamond();
  const ValueId a = graph.find("a"), b = graph.find("b"), y = graph.find("y");
  const ValueId c = graph.add_value({.name = "c", .shape = {}, .constant = {}});
  const ValueId d = graph.add_value({.name = "d", .shape = {}, .constant = {}});
  Rewriter rewriter(graph);
  const NodeId before = rewriter.insert_before(2, node_of("Neg", {a}, c));
  const NodeId after = rewriter.insert_after(before, node_of("Exp", {c}, d));
  rewriter.replace(2, node_of("Sub", {d, b}, y));
  EXPECT_TRUE(rewriter.comes_before(1, before));
  EXPECT_TRUE(rewriter.comes_before(before, after));
  EXPECT_TRUE(rewriter.comes_before(after, 2));
  EXPECT_EQ(rewriter.only_reader(c), after);
  EXPECT_EQ(rewriter.readers(a), (std::vector<NodeId>{1, before}));
  // So many at one place that places have to be numbered anew.
  for (int i = 0; i < 100; ++i) {
    const NodeId next = rewriter.insert_after(0, node_of("Neg", {a}, c));
    ASSERT_EQ(rewriter.next(0), next);
    ASSERT_TRUE(rewriter.comes_before(0, next));
    ASSERT_TRUE(rewriter.comes_before(next, rewriter.next(next)));
  }
}

// A node that holds a graph, which reads its `a`.
TEST(Rewriter, CapturedValuesAreRead) {
  Graph graph = diamond();
  const ValueId a = graph.find("a"), b = graph.find("b"), y = graph.find("y");
  auto inner = std::make_shared<Graph>();
  inner->outputs = {inner->add_value({.name = "a", .shape = {}, .constant = {}})};
  inner->captures = {{a, inner->outputs[0]}};
  Node holder = node_of("Holder", {b}, y);
  holder.attributes.set("graph", inner);
  Rewriter rewriter(graph);
  rewriter.replace(2, std::move(holder));
  EXPECT_EQ(rewriter.readers(a), (std::vector<NodeId>{1, 2}));
  EXPECT_EQ(rewriter.only_reader(a), kNoNode);
  rewriter.replace_value(a, graph.find("x"));
  EXPECT_EQ(inner->captures[0].outer, graph.find("x"));
  rewriter.finish();
  EXPECT_EQ(operators(graph), (Names{"Abs", "Holder"}));
}

TEST(Rewriter, FusesNodesIntoTheLastAndKeepsThemAsItsBody) {
  Graph graph = diamond();
  const ValueId x = graph.find("x"), a = graph.find("a"), b = graph.find("b"), y = graph.find("y");
  const ValueId c = graph.add_value({.name = "c", .shape = {}, .constant = {}});
  graph.outputs.push_back(c);
  graph.nodes.push_back(node_of("Neg", {a}, c));
  Rewriter rewriter(graph);
  rewriter.fuse(2, {1, 0}, "Fused", {kNoValue});
  // Somebody else reads a.
  EXPECT_EQ(rewriter.producer(a), 0);
  EXPECT_EQ(rewriter.only_reader(a), 3);
  EXPECT_EQ(rewriter.producer(b), kNoNode);
  rewriter.finish();
  ASSERT_EQ(operators(graph), (Names{"Relu", "Fused", "Neg"}));
  const Node& fused = graph.nodes[1];
  EXPECT_EQ(fused.inputs, (std::vector{kNoValue, x}));
  EXPECT_EQ(fused.outputs, std::vector{y});
  const Graph& body = *fused.attributes.get_graph(kBodyAttribute);
  EXPECT_EQ(operators(body), (Names{"Relu", "Abs", "Add"}));
  EXPECT_EQ(body.nodes[0].inputs, std::vector<ValueId>{1});
  EXPECT_EQ(body.nodes[2].inputs, (std::vector<ValueId>{2, 3}));
}

// ---- all passes ----

Graph optimised(Graph graph, std::span<const std::string> disabled = {}) {
  resolve_operators(graph, kOpTable);
  ThreadPool pool(1);
  optimise(graph, {kOpTable, pool}, disabled);
  return graph;
}

// Seconds where passes take time for what they change; hours where for the graph.
TEST(Optimise, ChainsOfAHundredThousandNodes) {
  constexpr int kBlocks = 12'500;
  ModelBuilder model;
  model.input("x0", DType::Float, {1, 8, 8, 8})
      .constant("w", test::ones({8, 8}))
      .constant("b", test::ones({8}))
      .constant("k", test::ones({8, 8, 1, 1}))
      .constant("two", test::filled({}, 2));
  const auto name = [](const char* kind, int i) { return kind + std::to_string(i); };
  for (int i = 0; i < kBlocks; ++i) {
    model.node("MatMul", {name("x", i), "w"}, {name("p", i)})
        .node("Add", {name("p", i), "b"}, {name("q", i)})
        .node("Sigmoid", {name("q", i)}, {name("r", i)})
        .node("Mul", {name("q", i), name("r", i)}, {name("s", i)})
        .node("Conv", {name("s", i), "k"}, {name("c", i)})
        .node("Mul", {name("c", i), "two"}, {name("d", i)})
        .node("Add", {name("d", i), name("s", i)}, {name("e", i)})
        .node("Relu", {name("e", i)}, {name("x", i + 1)});
  }
  const Graph graph = optimised(model.output(name("x", kBlocks)).graph());
  ASSERT_EQ(graph.nodes.size(), 2u * kBlocks);
  const Names first = {graph.nodes[0].op_type, graph.nodes[1].op_type};
  EXPECT_EQ(first, (Names{"FusedMatMul", "FusedConv"}));
}

// Nodes with a graph that computes Relu(Conv(outer)) from a constant made outside.
Graph with_subgraph() {
  Graph graph = ModelBuilder()
                    .input("x", DType::Float, {1, 2, 4, 4})
                    .constant("half", test::filled({4, 2, 1, 1}, 0.5f))
                    .node("Add", {"half", "half"}, {"w"})
                    .node("Relu", {"x"}, {"a"})
                    .node("Abs", {"a"}, {"b"})
                    .node("Neg", {"x"}, {"unread"})
                    .node("Holder", {"x"}, {"y"})
                    .output("y")
                    .graph();
  auto inner = std::make_shared<Graph>();
  const auto captured = [&](const char* name) {
    const ValueId id = inner->add_value({.name = name, .shape = {}, .constant = {}});
    inner->captures.push_back({graph.find(name), id});
    return id;
  };
  const ValueId b = captured("b"), w = captured("w"), unread = captured("unread");
  const auto made = [&](const char* name) {
    return inner->add_value({.name = name, .shape = {}, .constant = {}});
  };
  const ValueId c = made("c"), d = made("d"), y = made("y");
  inner->nodes = {node_of("Neg", {unread}, d), node_of("Conv", {b, w}, c), node_of("Relu", {c}, y)};
  inner->outputs = {y};
  graph.nodes.back().attributes.set("graph", inner);
  return graph;
}

TEST(Optimise, EntersSubgraphs) {
  const Graph graph = optimised(with_subgraph());
  EXPECT_EQ(operators(graph), (Names{"Relu", "Abs", "Holder"}));
  const Graph& inner = *graph.nodes[2].attributes.get_graph("graph");
  ASSERT_EQ(operators(inner), Names{"FusedConv"});
  ASSERT_EQ(inner.captures.size(), 1u);
  EXPECT_EQ(graph.value(inner.captures[0].outer).name, "b");
  EXPECT_NE(inner.constant(inner.nodes[0].inputs[1]), nullptr);
}

TEST(Optimise, LeavesWhatIsTurnedOff) {
  const std::vector<std::string> all = {"*"};
  const Graph graph = optimised(with_subgraph(), all);
  EXPECT_EQ(operators(graph), (Names{"Add", "Relu", "Abs", "Holder"}));
  EXPECT_EQ(operators(*graph.nodes[3].attributes.get_graph("graph")), (Names{"Conv", "Relu"}));
}

}  // namespace
}  // namespace fovea

#include "import/import_checks.h"

namespace fovea {
namespace {

using test::AttributeField;
using test::FunctionField;
using test::import_bytes;
using test::import_error;
using test::ModelBuilder;
using test::NodeField;
using test::OpsetField;

constexpr const char* kLocal = "local";

ModelBuilder model_of_one_input() { return ModelBuilder().input("x", DType::Float, {1}); }

// A body that is a single call inside a subgraph.
ModelBuilder call_in_branch(const std::string& callee) {
  const ModelBuilder branch = ModelBuilder().node(callee, {"p"}, {"r"}, {}, kLocal).output("r");
  return ModelBuilder().branch("If", {"p"}, {"q"}, {{"then_branch", branch}});
}

// The name F0 ... F<count - 1>, each calling the next in a subgraph; the last is a Relu.
ModelBuilder nested_functions(int count) {
  ModelBuilder model = model_of_one_input();
  for (int i = 0; i + 1 < count; ++i) {
    model.function(text("F", i), {"p"}, {"q"}, call_in_branch(text("F", i + 1)));
  }
  return model
      .function(text("F", count - 1), {"p"}, {"q"}, ModelBuilder().node("Relu", {"p"}, {"q"}))
      .node("F0", {"x"}, {"y"}, {}, kLocal)
      .output("y");
}

TEST(Functions, ThatCallThemselvesThroughSubgraphsAreMalformed) {
  const Error itself = import_error(model_of_one_input()
                                        .function("F", {"p"}, {"q"}, call_in_branch("F"))
                                        .node("F", {"x"}, {"y"}, {}, kLocal)
                                        .output("y"));
  EXPECT_EQ(itself.code(), ErrorCode::MalformedModel);
  EXPECT_EQ(itself.field("op"), "F");

  const Error each_other = import_error(model_of_one_input()
                                            .function("F", {"p"}, {"q"}, call_in_branch("G"))
                                            .function("G", {"p"}, {"q"}, call_in_branch("F"))
                                            .node("G", {"x"}, {"y"}, {}, kLocal)
                                            .output("y"));
  EXPECT_EQ(each_other.code(), ErrorCode::MalformedModel);
  EXPECT_EQ(each_other.field("op"), "G");
}

TEST(Functions, AndSubgraphsNestUpToTheLimitTogether) {
  // F0 to F31 are 32 calls and 31 subgraphs deep.
  EXPECT_EQ(nested_functions(32).graph().nodes.size(), 1u);
  const Error error = import_error(nested_functions(33));
  EXPECT_EQ(error.code(), ErrorCode::LimitExceeded);
  EXPECT_EQ(error.field("limit"), "limits.nesting");
  EXPECT_NE(error.message().find("limits.nesting"), std::string::npos);
  EXPECT_EQ(import_bytes(nested_functions(33).bytes(), {.nesting = 65}).nodes.size(), 1u);
}

TEST(Functions, ThatMultiplyMeetTheLimitOfNodes) {
  ModelBuilder model = model_of_one_input();
  model.function("F0", {"p"}, {"q"}, ModelBuilder().node("Relu", {"p"}, {"q"}));
  constexpr int kLevels = 9, kCalls = 10;
  for (int level = 1; level <= kLevels; ++level) {
    ModelBuilder body;
    for (int i = 0; i < kCalls; ++i) {
      body.node(text("F", level - 1), {i == 0 ? "p" : text("v", i)},
                {i + 1 == kCalls ? "q" : text("v", i + 1)}, {}, kLocal);
    }
    model.function(text("F", level), {"p"}, {"q"}, body);
  }
  model.node(text("F", kLevels), {"x"}, {"y"}, {}, kLocal).output("y");
  const Error error = import_error(model, {.nodes = 20'000});
  EXPECT_EQ(error.code(), ErrorCode::LimitExceeded);
  EXPECT_EQ(error.field("limit"), "limits.nodes");
}

// One node, but of a megabyte in all its copies.
TEST(Functions, ThatMultiplyBytesMeetTheLimitOfNodes) {
  ModelBuilder body;
  body.node("Custom", {"p"}, {"q"}, {{"list", std::vector<int64_t>(10'000)}});
  ModelBuilder model = model_of_one_input().function("F", {"p"}, {"q"}, body);
  for (int i = 0; i < 20; ++i) {
    model.node("F", {i == 0 ? "x" : text("v", i)}, {text("v", i + 1)}, {}, kLocal);
  }
  model.output("v20");
  EXPECT_EQ(model.graph().nodes.size(), 20u);
  const Error error = import_error(model, {.nodes = 1000});
  EXPECT_EQ(error.code(), ErrorCode::LimitExceeded);
  EXPECT_EQ(error.field("limit"), "limits.nodes");
}

TEST(Functions, ShareTheirConstants) {
  ModelBuilder body;
  body.node("Constant", {}, {"c"}, {{"value", Tensor::of<float>({2}, {1, 2})}})
      .node("Add", {"p", "c"}, {"q"});
  const Graph graph = model_of_one_input()
                          .function("F", {"p"}, {"q"}, body)
                          .node("F", {"x"}, {"y"}, {}, kLocal)
                          .node("F", {"y"}, {"z"}, {}, kLocal)
                          .output("z")
                          .graph();
  EXPECT_EQ(graph.nodes[0].attributes.get_tensor("value")->data(),
            graph.nodes[2].attributes.get_tensor("value")->data());
}

TEST(Functions, TakeFewerInputsThanTheyHave) {
  ModelBuilder clip;
  clip.node("Clip", {"p", "low", "high"}, {"q"});
  ModelBuilder twice;
  twice.node("Bounded", {"p", "", "high"}, {"a"}, {}, kLocal)
      .node("Bounded", {"a", "high"}, {"q"}, {}, kLocal);
  const Graph graph = model_of_one_input()
                          .constant("c", Tensor::of<float>({}, {1}))
                          .function("Bounded", {"p", "low", "high"}, {"q"}, clip)
                          .function("Twice", {"p", "high"}, {"q"}, twice)
                          .node("Bounded", {"x"}, {"a"}, {}, kLocal)
                          .node("Bounded", {"a", "", "c"}, {"b"}, {}, kLocal)
                          .node("Twice", {"b"}, {"y"}, {}, kLocal)
                          .output("y")
                          .graph();
  const ValueId c = graph.find("c");
  ASSERT_EQ(graph.nodes.size(), 4u);
  EXPECT_EQ(graph.nodes[0].inputs, (std::vector<ValueId>{graph.inputs[0], kNoValue, kNoValue}));
  EXPECT_EQ(graph.nodes[1].inputs, (std::vector<ValueId>{graph.find("a"), kNoValue, c}));
  EXPECT_EQ(graph.nodes[2].inputs[2], kNoValue);
  EXPECT_EQ(graph.nodes[3].inputs[1], kNoValue);
}

TEST(Functions, MayGiveBackWhatTheyWereGivenOrOneResultTwice) {
  ModelBuilder body;
  body.node("Relu", {"p"}, {"r"});
  const Graph graph = model_of_one_input()
                          .function("F", {"p", "left_out"}, {"r", "r", "p", "left_out"}, body)
                          .node("F", {"x"}, {"a", "b", "c", ""}, {}, kLocal)
                          .output("a")
                          .output("b")
                          .output("c")
                          .graph();
  EXPECT_EQ(dump(graph),
            "graph (x)\n"
            "  a = Relu(x)\n"
            "  b = Identity(a)\n"
            "  c = Identity(x)\n"
            "  return a, b, c\n");
  EXPECT_NE(graph.nodes[1].name, graph.nodes[2].name);
}

TEST(Functions, AreToldApartByDomainAndOverload) {
  const auto function = [](const char* domain, const char* overload, const char* op) {
    return test::write<FunctionField>([&](auto& out) {
      out.add_string(FunctionField::name, "F");
      out.add_string(FunctionField::domain, domain);
      out.add_string(FunctionField::overload, overload);
      out.add_string(FunctionField::input, "p");
      out.add_string(FunctionField::output, "q");
      out.add_message(FunctionField::node, test::write<NodeField>([&](auto& node) {
                        node.add_string(NodeField::op_type, op);
                        node.add_string(NodeField::input, "p");
                        node.add_string(NodeField::output, "q");
                      }));
      out.add_message(FunctionField::opset_import, test::write<OpsetField>([](auto& opset) {
                        opset.add_string(OpsetField::domain, "ai.onnx");
                        opset.add_int64(OpsetField::version, 17);
                      }));
    });
  };
  const auto call = [](const char* domain, const char* overload, const char* in, const char* out) {
    return test::write<NodeField>([&](auto& node) {
      node.add_string(NodeField::op_type, "F");
      node.add_string(NodeField::domain, domain);
      node.add_string(NodeField::overload, overload);
      node.add_string(NodeField::input, in);
      node.add_string(NodeField::output, out);
    });
  };
  ModelBuilder model = model_of_one_input()
                           .import_opset("other", 1)
                           .raw_function(function("local", "", "Relu"))
                           .raw_function(function("local", "second", "Neg"))
                           .raw_function(function("other", "", "Exp"))
                           .raw_function(function("ai.onnx", "", "Abs"))
                           .raw_node(call("local", "second", "x", "a"))
                           .raw_node(call("other", "", "a", "b"))
                           .raw_node(call("local", "", "b", "c"))
                           .raw_node(call("", "", "c", "y"))
                           .output("y");
  EXPECT_EQ(dump(model.graph()),
            "graph (x)\n"
            "  a = Neg(x)\n"
            "  b = Exp(a)\n"
            "  c = Relu(b)\n"
            "  y = Abs(c)\n"
            "  return y\n");
  const Error twice = import_error(model.raw_function(function("", "", "Neg")));
  EXPECT_EQ(twice.code(), ErrorCode::MalformedModel);
  EXPECT_EQ(twice.field("op"), "F");
}

TEST(Functions, TheirSubgraphsCaptureWhatIsTheirs) {
  // "inner" of the function is captured; the model's value of that name is not seen.
  const ModelBuilder branch = ModelBuilder().node("Add", {"inner", "p"}, {"r"}).output("r");
  ModelBuilder body;
  body.node("Relu", {"p"}, {"inner"}).branch("If", {"p"}, {"q"}, {{"then_branch", branch}});
  const Graph graph = model_of_one_input()
                          .node("Neg", {"x"}, {"inner"})
                          .function("F", {"p"}, {"q"}, body)
                          .node("F", {"inner"}, {"y"}, {}, kLocal)
                          .output("y")
                          .graph();
  ASSERT_EQ(graph.nodes.size(), 3u);
  const Graph* inside = graph.nodes[2].attributes.get_graph("then_branch");
  ASSERT_EQ(inside->captures.size(), 2u);
  EXPECT_EQ(inside->captures[0].outer, graph.nodes[1].outputs[0]);
  EXPECT_EQ(inside->captures[1].outer, graph.nodes[0].outputs[0]);
}

TEST(Functions, SeeNothingOutsideThemselves) {
  const ModelBuilder branch = ModelBuilder().node("F", {"x"}, {"r"}, {}, kLocal).output("r");
  ModelBuilder body;
  body.node("Add", {"p", "x"}, {"q"});
  const Error error = import_error(model_of_one_input()
                                       .function("F", {"p"}, {"q"}, body)
                                       .branch("If", {"x"}, {"y"}, {{"then_branch", branch}})
                                       .output("y"));
  EXPECT_EQ(error.code(), ErrorCode::MalformedModel);
  EXPECT_EQ(error.field("value"), "x");
}

TEST(Functions, PassAttributesButNoGraphs) {
  const auto body_node = [](int32_t type) {
    return test::write<NodeField>([&](auto& node) {
      node.add_string(NodeField::op_type, "LeakyRelu");
      node.add_string(NodeField::input, "p");
      node.add_string(NodeField::output, "q");
      node.add_message(NodeField::attribute, test::write<AttributeField>([&](auto& attribute) {
                         attribute.add_string(AttributeField::name, "alpha");
                         attribute.add_string(AttributeField::ref_attr_name, "slope");
                         attribute.add_int32(AttributeField::type, type);
                       }));
    });
  };
  ModelBuilder body;
  body.raw_node(body_node(1));
  const ModelBuilder model = model_of_one_input().function("F", {"p"}, {"q"}, body).output("y");
  const Graph given =
      ModelBuilder(model).node("F", {"x"}, {"y"}, {{"slope", 0.5f}}, kLocal).graph();
  EXPECT_EQ(given.nodes[0].attributes.get_float("alpha", 1), 0.5f);
  const Graph left_out = ModelBuilder(model).node("F", {"x"}, {"y"}, {}, kLocal).graph();
  EXPECT_FALSE(left_out.nodes[0].attributes.has("alpha"));

  const std::string call = test::write<NodeField>([&](auto& node) {
    node.add_string(NodeField::op_type, "F");
    node.add_string(NodeField::domain, kLocal);
    node.add_string(NodeField::input, "x");
    node.add_string(NodeField::output, "y");
    node.add_message(NodeField::attribute, test::write<AttributeField>([&](auto& attribute) {
                       attribute.add_string(AttributeField::name, "slope");
                       attribute.add_message(AttributeField::g, std::string());
                       attribute.add_int32(AttributeField::type, 5);
                     }));
  });
  const Error error = import_error(ModelBuilder(model).raw_node(call));
  EXPECT_EQ(error.code(), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(error.field("attribute"), "alpha");
}

// Searched one by one these would be 4e8 comparisons of built strings, minutes of them.
TEST(Functions, ManyAreFoundAtOnce) {
  constexpr int kFunctions = 20'000;
  ModelBuilder model = model_of_one_input();
  ModelBuilder body;
  body.node("Relu", {"p"}, {"q"});
  for (int i = 0; i < kFunctions; ++i) {
    model.function(text("F", i), {"p"}, {"q"}, body);
    model.node(text("F", kFunctions - 1 - i), {i == 0 ? "x" : text("v", i)}, {text("v", i + 1)}, {},
               kLocal);
  }
  EXPECT_EQ(model.output(text("v", kFunctions)).graph().nodes.size(), size_t{kFunctions});
}

}  // namespace
}  // namespace fovea

#include <gtest/gtest.h>

#include <numeric>

#include "pass_checks.h"

namespace fovea {
namespace {

using test::after;
using test::ModelBuilder;
using test::Names;
using test::ones;
using test::operators;
using Ints = std::vector<int64_t>;

const ModelBuilder::Attribute kToFirst = {"perm", Ints{0, 3, 1, 2}};
const ModelBuilder::Attribute kToLast = {"perm", Ints{0, 2, 3, 1}};

Graph moved(const ModelBuilder& model) { return after(move_transposes, model); }
Names names(const ModelBuilder& model) { return operators(moved(model)); }

Ints ints_of(const Graph& graph, ValueId id) { return to_int64s(*graph.constant(id)); }

// An image of TensorFlow's, and where a convolution has it: 4 channels.
ModelBuilder image(int opset = 18) {
  return ModelBuilder(opset).input("x", DType::Float, {"n", "h", "w", 4});
}

// x [N, C, H, W] to a result "c" in TensorFlow's order.
ModelBuilder convolution(int opset = 18) {
  return ModelBuilder(opset)
      .input("x", DType::Float, {"n", 4, "h", "w"})
      .constant("weight", ones({4, 4, 1, 1}))
      .node("Conv", {"x", "weight"}, {"conv"})
      .node("Transpose", {"conv"}, {"c"}, {kToLast});
}

// Back to where convolutions have it.
ModelBuilder returned(ModelBuilder model, const char* value = "v") {
  return model.node("Transpose", {value}, {"y"}, {kToFirst}).output("y");
}

TEST(Transposes, MergeAndCancel) {
  EXPECT_EQ(names(returned(convolution(), "c")), Names{"Conv"});
  const Graph graph = moved(image()
                                .node("Transpose", {"x"}, {"a"}, {kToFirst})
                                .node("Transpose", {"a"}, {"y"}, {kToFirst})
                                .output("y"));
  EXPECT_EQ(operators(graph), Names{"Transpose"});
  EXPECT_EQ(graph.nodes[0].attributes.get_ints("perm"), (Ints{0, 2, 3, 1}));
}

TEST(Transposes, WithoutPermutationReverse) {
  EXPECT_EQ(names(ModelBuilder()
                      .input("x", DType::Float, {"a", "b", "c"})
                      .node("Transpose", {"x"}, {"a"})
                      .node("Transpose", {"a"}, {"b"}, {{"perm", Ints{2, 1, 0}}})
                      .node("Relu", {"b"}, {"y"})
                      .output("y")),
            Names{"Relu"});
}

TEST(Transposes, AreMadeOnce) {
  EXPECT_EQ(names(image()
                      .node("Transpose", {"x"}, {"a"}, {kToFirst})
                      .node("Transpose", {"x"}, {"b"}, {kToFirst})
                      .node("MaxPool", {"a"}, {"c"}, {{"kernel_shape", Ints{2, 2}}})
                      .node("MaxPool", {"b"}, {"d"}, {{"kernel_shape", Ints{3, 3}}})
                      .output("c")
                      .output("d")),
            (Names{"Transpose", "MaxPool", "MaxPool"}));
}

TEST(Transposes, PassElementwiseNodes) {
  for (const char* op_type : {"Relu", "Sigmoid", "Tanh", "LeakyRelu", "Cast", "Clip", "Elu"}) {
    const std::vector<ModelBuilder::Attribute> attributes =
        std::string(op_type) == "Cast" ? std::vector<ModelBuilder::Attribute>{{"to", int64_t{1}}}
                                       : std::vector<ModelBuilder::Attribute>{};
    EXPECT_EQ(names(returned(convolution().node(op_type, {"c"}, {"v"}, attributes))),
              (Names{"Conv", op_type}));
  }
}

TEST(Transposes, TakeConstantsAlong) {
  const auto with = [](const char* op_type, const Shape& shape) {
    const Graph graph =
        moved(returned(convolution().constant("k", ones(shape)).node(op_type, {"c", "k"}, {"v"})));
    EXPECT_EQ(operators(graph), (Names{"Conv", op_type}));
    return graph.constant(graph.nodes[1].inputs[1])->shape();
  };
  EXPECT_EQ(with("Add", {4}), (Shape{4, 1, 1}));
  EXPECT_EQ(with("Mul", {1, 1, 4}), (Shape{4, 1, 1}));
  EXPECT_EQ(with("PRelu", {1, 1, 4}), (Shape{4, 1, 1}));
  EXPECT_EQ(with("Sub", {1, 1, 1, 4}), (Shape{1, 4, 1, 1}));
  EXPECT_EQ(with("Add", {5, 1, 4}), (Shape{4, 5, 1}));
  EXPECT_EQ(with("Div", {}), Shape{});
  EXPECT_EQ(with("Pow", {1}), Shape{1});
}

TEST(Transposes, StayBeforeBroadcastingOfItsOwnKind) {
  // Before opset 7, shapes are aligned by an attribute.
  const Names kept = {"Conv", "Transpose", "Add", "Transpose"};
  const auto add = [](int opset) {
    return names(returned(convolution(opset)
                              .constant("k", ones({4}))
                              .node("Add", {"c", "k"}, {"v"}, {{"broadcast", int64_t{1}}})));
  };
  EXPECT_EQ(add(6), kept);
}

TEST(Transposes, PassSumsOfTransposed) {
  EXPECT_EQ(names(returned(convolution()
                               .node("Transpose", {"x"}, {"skip"}, {kToLast})
                               .node("Add", {"c", "skip"}, {"v"}))),
            (Names{"Conv", "Add"}));
}

TEST(Transposes, PassWhereOneMoreIsMadeAndTwoGo) {
  // The skipped image is an input in TensorFlow's order: its Transpose is that of the convolution.
  EXPECT_EQ(names(image()
                      .constant("weight", ones({4, 4, 1, 1}))
                      .node("Transpose", {"x"}, {"a"}, {kToFirst})
                      .node("Conv", {"a", "weight"}, {"b"})
                      .node("Transpose", {"b"}, {"c"}, {kToLast})
                      .node("Add", {"c", "x"}, {"y"})
                      .output("y")),
            (Names{"Transpose", "Conv", "Add", "Transpose"}));
}

TEST(Transposes, StayWhereMovingMakesMore) {
  const Names kept = {"Conv", "Transpose", "Sigmoid", "Add", "Reshape", "Reshape"};
  EXPECT_EQ(names(convolution()
                      .input("other", DType::Float, {"n", "h", "w", 4})
                      .constant("shape", Tensor::of<int64_t>({2}, {-1, 4}))
                      .node("Sigmoid", {"c"}, {"s"})
                      .node("Add", {"s", "other"}, {"v"})
                      .node("Reshape", {"v", "shape"}, {"y"})
                      .node("Reshape", {"c", "shape"}, {"z"})
                      .output("y")
                      .output("z")),
            kept);
}

TEST(Transposes, ChangeTheAxisOfConcatSplitAndSoftmax) {
  const auto axis_in = [](const ModelBuilder& model, const char* op_type) {
    const Graph graph = moved(model);
    EXPECT_EQ(operators(graph), (Names{"Conv", op_type}));
    return graph.nodes[1].attributes.get_int("axis", -7);
  };
  const auto axis = [](int64_t value) { return ModelBuilder::Attribute("axis", value); };
  EXPECT_EQ(axis_in(returned(convolution().node("Concat", {"c", "c"}, {"v"}, {axis(3)})), "Concat"),
            1);
  EXPECT_EQ(
      axis_in(returned(convolution().node("Concat", {"c", "c"}, {"v"}, {axis(-3)})), "Concat"), 2);
  EXPECT_EQ(axis_in(returned(convolution().node("Softmax", {"c"}, {"v"})), "Softmax"), 1);
  EXPECT_EQ(axis_in(returned(convolution(11).node("Softmax", {"c"}, {"v"}, {axis(3)})), "Softmax"),
            1);
  EXPECT_EQ(axis_in(returned(convolution().node("ArgMax", {"c"}, {"v"}, {axis(3)})), "ArgMax"), 1);
  EXPECT_EQ(names(returned(convolution(11).node("Softmax", {"c"}, {"v"}, {axis(1)}))),
            (Names{"Conv", "Transpose", "Softmax", "Transpose"}));

  const Graph split = moved(convolution()
                                .node("Split", {"c"}, {"a", "b"}, {axis(3)})
                                .node("Add", {"a", "b"}, {"v"})
                                .node("Transpose", {"v"}, {"y"}, {kToFirst})
                                .output("y"));
  EXPECT_EQ(operators(split), (Names{"Conv", "Split", "Add"}));
  EXPECT_EQ(split.nodes[1].attributes.get_int("axis", -7), 1);
}

TEST(Transposes, ChangeTheAxesOfReductions) {
  for (const int opset : {11, 13, 18}) {
    for (const bool keeps : {true, false}) {
      SCOPED_TRACE(opset);
      auto model = convolution(opset);
      const ModelBuilder::Attribute keep = {"keepdims", int64_t{keeps}};
      if (opset < 18) {
        model.node("ReduceMean", {"c"}, {"v"}, {keep, {"axes", Ints{1, 2}}});
      } else {
        model.constant("axes", Tensor::of<int64_t>({2}, {1, -2}))
            .node("ReduceMean", {"c", "axes"}, {"v"}, {keep});
      }
      const Graph graph = keeps ? moved(returned(std::move(model))) : moved(model.output("v"));
      ASSERT_EQ(operators(graph), (Names{"Conv", "ReduceMean"}));
      const Node& reduce = graph.nodes[1];
      EXPECT_EQ(opset < 18 ? reduce.attributes.get_ints("axes") : ints_of(graph, reduce.inputs[1]),
                (Ints{2, 3}));
    }
  }
}

TEST(Transposes, ChangeTheOrderOfPads) {
  const Ints pads = {0, 1, 2, 0, 0, 3, 4, 0}, expected = {0, 0, 1, 2, 0, 0, 3, 4};
  const Graph old = moved(returned(convolution(10).node("Pad", {"c"}, {"v"}, {{"pads", pads}})));
  ASSERT_EQ(operators(old), (Names{"Conv", "Pad"}));
  EXPECT_EQ(old.nodes[1].attributes.get_ints("pads"), expected);

  const Graph input = moved(returned(convolution(13)
                                         .constant("p", Tensor::of<int64_t>({8}, std::span(pads)))
                                         .node("Pad", {"c", "p"}, {"v"})));
  ASSERT_EQ(operators(input), (Names{"Conv", "Pad"}));
  EXPECT_EQ(ints_of(input, input.nodes[1].inputs[1]), expected);

  const Graph open =
      moved(returned(convolution(13).input("p", DType::Int64, {8}).node("Pad", {"c", "p"}, {"v"})));
  ASSERT_EQ(operators(open), (Names{"Conv", "Pad"}));
  EXPECT_EQ(ints_of(open, open.nodes[1].inputs[3]), (Ints{0, 2, 3, 1}));
  EXPECT_EQ(open.nodes[1].opset, 18);

  const Graph axes = moved(returned(convolution()
                                        .constant("p", Tensor::of<int64_t>({2}, {1, 2}))
                                        .constant("a", Tensor::of<int64_t>({1}, {3}))
                                        .node("Pad", {"c", "p", "", "a"}, {"v"})));
  ASSERT_EQ(operators(axes), (Names{"Conv", "Pad"}));
  EXPECT_EQ(ints_of(axes, axes.nodes[1].inputs[3]), (Ints{1}));
}

TEST(Transposes, ChangeTheAxesOfSlices) {
  const Graph old = moved(returned(
      convolution(9).node("Slice", {"c"}, {"v"}, {{"starts", Ints{0, 1}}, {"ends", Ints{9, 9}}})));
  ASSERT_EQ(operators(old), (Names{"Conv", "Slice"}));
  EXPECT_EQ(old.nodes[1].attributes.get_ints("axes"), (Ints{0, 2}));

  const Graph inputs = moved(returned(convolution()
                                          .constant("s", Tensor::of<int64_t>({2}, {1, 1}))
                                          .constant("a", Tensor::of<int64_t>({2}, {1, -1}))
                                          .input("e", DType::Int64, {2})
                                          .node("Slice", {"c", "s", "e", "a"}, {"v"})));
  ASSERT_EQ(operators(inputs), (Names{"Conv", "Slice"}));
  EXPECT_EQ(ints_of(inputs, inputs.nodes[1].inputs[3]), (Ints{2, 1}));
}

TEST(Transposes, ChangeTheOrderOfScales) {
  const Tensor scales = Tensor::of<float>({4}, {1, 2, 3, 1});
  for (const int opset : {10, 13}) {
    const auto model =
        convolution(opset).constant("s", scales).constant("roi", Tensor::of<float>({0}, {}));
    const Names inputs = opset == 10 ? Names{"c", "s"} : Names{"c", "roi", "s"};
    const Graph graph = moved(returned(ModelBuilder(model).node("Resize", inputs, {"v"})));
    ASSERT_EQ(operators(graph), (Names{"Conv", "Resize"}));
    EXPECT_EQ(to_floats(*graph.constant(graph.nodes[1].inputs.back())),
              (std::vector<float>{1, 1, 2, 3}));
  }
  const Graph open = moved(returned(
      convolution(13).input("s", DType::Int64, {4}).node("Resize", {"c", "", "", "s"}, {"v"})));
  ASSERT_EQ(operators(open), (Names{"Conv", "Resize"}));
  EXPECT_EQ(open.nodes[1].attributes.get_ints("axes"), (Ints{0, 2, 3, 1}));
}

TEST(Transposes, EndAtAxesThatGoAndGoOnAroundNewOnes) {
  // A scale for each channel, as of squeeze and excitation.
  const Graph graph = moved(returned(
      convolution(11)
          .node("ReduceMean", {"c"}, {"m"}, {{"axes", Ints{1, 2}}, {"keepdims", int64_t{0}}})
          .node("Sigmoid", {"m"}, {"s"})
          .node("Unsqueeze", {"s"}, {"u"}, {{"axes", Ints{1, 2}}})
          .node("Mul", {"c", "u"}, {"v"})));
  EXPECT_EQ(operators(graph), (Names{"Conv", "ReduceMean", "Sigmoid", "Unsqueeze", "Mul"}));
  EXPECT_EQ(graph.nodes[3].attributes.get_ints("axes"), (Ints{2, 3}));
  EXPECT_EQ(names(convolution(11)
                      .node("ReduceMax", {"c"}, {"a"}, {{"axes", Ints{1}}})
                      .node("Squeeze", {"a"}, {"b"}, {{"axes", Ints{1}}})
                      .node("Transpose", {"b"}, {"y"}, {{"perm", Ints{0, 2, 1}}})
                      .output("y")),
            (Names{"Conv", "ReduceMax", "Squeeze"}));
}

// As Keras' convolutions along one axis are written.
TEST(Transposes, GoOnThroughAxesThatAreAddedElsewhere) {
  for (const int opset : {11, 13}) {
    auto model = ModelBuilder(opset)
                     .input("x", DType::Float, {"n", 4, "l"})
                     .constant("axes", Tensor::of<int64_t>({1}, {1}))
                     .node("Transpose", {"x"}, {"t"}, {{"perm", Ints{0, 2, 1}}})
                     .node("Relu", {"t"}, {"r"});
    if (opset < 13) {
      model.node("Unsqueeze", {"r"}, {"u"}, {{"axes", Ints{1}}});
    } else {
      model.node("Unsqueeze", {"r", "axes"}, {"u"});
    }
    const Graph graph = moved(returned(std::move(model), "u"));
    EXPECT_EQ(operators(graph), (Names{"Relu", "Unsqueeze"}));
    const Node& unsqueeze = graph.nodes[1];
    EXPECT_EQ(
        opset < 13 ? unsqueeze.attributes.get_ints("axes") : ints_of(graph, unsqueeze.inputs[1]),
        Ints{2});
  }
}

TEST(Transposes, OfReshapedThatOnlyMoveSingleAxesBecomeReshape) {
  const auto model = [](std::vector<int64_t> shape) {
    return ModelBuilder()
        .input("x", DType::Float, {"n", 8})
        .constant("s", Tensor::of<int64_t>({4}, std::span<const int64_t>(shape)))
        .node("Reshape", {"x", "s"}, {"r"})
        .node("Transpose", {"r"}, {"t"}, {kToFirst})
        .node("GlobalMaxPool", {"t"}, {"y"})
        .output("y");
  };
  const Graph graph = moved(model({0, 1, 1, 8}));
  EXPECT_EQ(operators(graph), (Names{"Reshape", "GlobalMaxPool"}));
  EXPECT_EQ(ints_of(graph, graph.nodes[0].inputs[1]), (Ints{0, 8, 1, 1}));
  EXPECT_EQ(names(model({0, 2, 1, 4})), (Names{"Reshape", "Transpose", "GlobalMaxPool"}));
}

TEST(Transposes, LeaveShapesToWhatIsBefore) {
  EXPECT_EQ(names(convolution().node("Shape", {"c"}, {"s"}).output("s", DType::Int64)),
            (Names{"Conv", "Shape", "Gather"}));
}

TEST(Transposes, FollowConvolutionsToTheEnd) {
  // So that the convolution can take in what follows it.
  EXPECT_EQ(names(convolution()
                      .constant("k", ones({4}))
                      .node("Add", {"c", "k"}, {"a"})
                      .node("Relu", {"a"}, {"y"})
                      .output("y")),
            (Names{"Conv", "Add", "Relu", "Transpose"}));
  // Softmax is at its best along the last axis.
  EXPECT_EQ(names(convolution().node("Softmax", {"c"}, {"y"}).output("y")),
            (Names{"Conv", "Transpose", "Softmax"}));
}

TEST(Transposes, StayAroundUnknownOperators) {
  EXPECT_EQ(
      names(returned(
          convolution().node("Relu", {"c"}, {"v"}, {}, "elsewhere").import_opset("elsewhere", 1))),
      (Names{"Conv", "Transpose", "Relu", "Transpose"}));
}

TEST(Transposes, StayBesideValuesOfUnknownRank) {
  EXPECT_EQ(names(returned(convolution()
                               .input("s", DType::Int64, {"r"})
                               .input("z", DType::Float, {"q"})
                               .node("Reshape", {"z", "s"}, {"o"})
                               .node("Add", {"c", "o"}, {"v"}))),
            (Names{"Conv", "Transpose", "Reshape", "Add", "Transpose"}));
}

}  // namespace
}  // namespace fovea

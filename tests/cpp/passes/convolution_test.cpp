#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "ops/core/activation.h"
#include "ops/core/body.h"
#include "pass_checks.h"

namespace fovea {
namespace {

using test::after;
using test::filled;
using test::ModelBuilder;
using test::Names;
using test::ones;
using test::operators;

// x of 2 channels to c of 4.
ModelBuilder convolution(int opset = 17) {
  return ModelBuilder(opset)
      .input("x", DType::Float, {1, 2, 4, 4})
      .constant("w", ones({4, 2, 3, 3}))
      .constant("b", ones({4}))
      .node("Conv", {"x", "w", "b"}, {"c"});
}

// ---- Affine ----

Names folded(const ModelBuilder& model) { return operators(after(fold_convolution_affine, model)); }

// The constant input of the graph's first node.
std::vector<float> constant_of(const Graph& graph, size_t input) {
  return to_floats(*graph.constant(graph.nodes[0].inputs[input]));
}

TEST(ConvolutionAffine, TakesBatchNormalization) {
  const auto normalized = [](const char* output) {
    return convolution()
        .constant("scale", ones({4}))
        .constant("bias", ones({4}))
        .constant("mean", ones({4}))
        .constant("variance", ones({4}))
        .node("BatchNormalization", {"c", "scale", "bias", "mean", "variance"}, {"y"})
        .output(output);
  };
  EXPECT_EQ(folded(normalized("y")), Names{"Conv"});
  EXPECT_EQ(folded(normalized("y").output("c")), (Names{"Conv", "BatchNormalization"}));
}

TEST(ConvolutionAffine, TakesOneConstantOrOneForEachChannel) {
  const Tensor by_channel = Tensor::of<float>({4, 1, 1}, {1, 2, 3, 4});
  const auto with = [](const char* op_type, const Tensor& constant, bool first = true) {
    const Graph graph = after(fold_convolution_affine,
                              convolution()
                                  .constant("k", constant)
                                  .node(op_type, first ? Names{"c", "k"} : Names{"k", "c"}, {"y"})
                                  .output("y"));
    EXPECT_EQ(operators(graph), Names{"Conv"});
    EXPECT_EQ(graph.value(graph.nodes[0].outputs[0]).name, "y");
    const auto weight = constant_of(graph, 1);
    EXPECT_EQ(weight.size(), 4u * 18);
    // The last weight and the bias of channel 2.
    return std::pair(weight[3 * 18 - 1], constant_of(graph, 2)[2]);
  };
  using Pair = std::pair<float, float>;
  EXPECT_EQ(with("Mul", Tensor::of<float>({}, {0.5f})), Pair(0.5f, 0.5f));
  EXPECT_EQ(with("Mul", by_channel), Pair(3, 3));
  EXPECT_EQ(with("Mul", by_channel, false), Pair(3, 3));
  EXPECT_EQ(with("Mul", by_channel.reshaped({1, 4, 1, 1})), Pair(3, 3));
  EXPECT_EQ(with("Div", filled({1}, 4)), Pair(0.25f, 0.25f));
  EXPECT_EQ(with("Add", by_channel), Pair(1, 4));
  EXPECT_EQ(with("Sub", by_channel), Pair(1, -2));
  EXPECT_EQ(with("Sub", by_channel, false), Pair(-1, 2));
}

TEST(ConvolutionAffine, TakesOneAfterTheOther) {
  const Graph graph = after(fold_convolution_affine, convolution()
                                                         .constant("two", filled({}, 2))
                                                         .constant("three", filled({}, 3))
                                                         .node("Mul", {"c", "two"}, {"a"})
                                                         .node("Add", {"a", "three"}, {"y"})
                                                         .output("y"));
  EXPECT_EQ(operators(graph), Names{"Conv"});
  EXPECT_EQ(constant_of(graph, 1)[0], 2.0f);
  EXPECT_EQ(constant_of(graph, 2)[0], 5.0f);
}

TEST(ConvolutionAffine, LeavesWhatScaledWeightsCannotHold) {
  const auto scaled = [](float weight, float factor) {
    return folded(ModelBuilder()
                      .input("x", DType::Float, {1, 2, 4, 4})
                      .constant("w", filled({4, 2, 3, 3}, weight))
                      .constant("k", filled({}, factor))
                      .node("Conv", {"x", "w"}, {"c"})
                      .node("Mul", {"c", "k"}, {"y"})
                      .output("y"));
  };
  EXPECT_EQ(scaled(1e20f, 1e15f), Names{"Conv"});
  EXPECT_EQ(scaled(1e20f, 1e20f), (Names{"Conv", "Mul"}));
}

TEST(ConvolutionAffine, LeavesBatchNormalizationThatIsNotFinite) {
  const auto normalized = [](float variance, float epsilon) {
    return folded(convolution()
                      .constant("scale", ones({4}))
                      .constant("bias", ones({4}))
                      .constant("mean", ones({4}))
                      .constant("variance", filled({4}, variance))
                      .node("BatchNormalization", {"c", "scale", "bias", "mean", "variance"}, {"y"},
                            {{"epsilon", epsilon}})
                      .output("y"));
  };
  const Names kept = {"Conv", "BatchNormalization"};
  EXPECT_EQ(normalized(0.0f, 1e-5f), Names{"Conv"});
  EXPECT_EQ(normalized(0.0f, 0.0f), kept);
  EXPECT_EQ(normalized(-1.0f, 1e-5f), kept);
  EXPECT_EQ(normalized(std::numeric_limits<float>::quiet_NaN(), 1e-5f), kept);
}

// Weights [inputs][outputs / groups]: of 4 to 6 channels in 2 groups.
TEST(ConvolutionAffine, KnowsTheGroupsOfTransposedWeights) {
  Tensor factors = Tensor::allocate(DType::Float, {6, 1, 1});
  std::iota(factors.mutable_as<float>().begin(), factors.mutable_as<float>().end(), 1.0f);
  const Graph graph = after(fold_convolution_affine,
                            ModelBuilder()
                                .input("x", DType::Float, {1, 4, 5, 5})
                                .constant("w", ones({4, 3, 1, 1}))
                                .constant("k", factors)
                                .node("ConvTranspose", {"x", "w"}, {"c"}, {{"group", int64_t{2}}})
                                .node("Mul", {"c", "k"}, {"y"})
                                .output("y"));
  ASSERT_EQ(operators(graph), Names{"ConvTranspose"});
  EXPECT_EQ(constant_of(graph, 1), (std::vector<float>{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}));
  EXPECT_EQ(constant_of(graph, 2), std::vector<float>(6, 0.0f));
}

TEST(ConvolutionAffine, LeavesWhatDiffersWithinAChannelOrIsNotConstant) {
  const auto with = [](const Tensor& constant, const char* op_type = "Mul") {
    return folded(
        convolution().constant("k", constant).node(op_type, {"c", "k"}, {"y"}).output("y"));
  };
  const Names kept = {"Conv", "Mul"};
  EXPECT_EQ(with(ones({2})), kept);
  EXPECT_EQ(with(ones({4, 1})), kept);
  EXPECT_EQ(with(ones({1, 1, 4, 1})), kept);
  EXPECT_EQ(with(ones({1, 1, 1, 1, 1})), kept);
  EXPECT_EQ(with(filled({}, 0), "Div"), (Names{"Conv", "Div"}));

  // What a float cannot hold.
  EXPECT_EQ(with(filled({}, std::numeric_limits<float>::infinity())), kept);
  EXPECT_EQ(with(filled({}, std::numeric_limits<float>::quiet_NaN())), kept);
  EXPECT_EQ(with(filled({}, 1e-45f), "Div"), (Names{"Conv", "Div"}));

  const auto scaled = [] { return convolution().constant("k", ones({})); };
  EXPECT_EQ(folded(scaled().node("Div", {"k", "c"}, {"y"}).output("y")), (Names{"Conv", "Div"}));
  EXPECT_EQ(folded(scaled().node("Mul", {"c", "k"}, {"y"}).output("y").output("c")), kept);
  EXPECT_EQ(folded(scaled().node("Mul", {"c", "c"}, {"y"}).output("y")), kept);
  EXPECT_EQ(folded(scaled()
                       .node("Mul", {"c", "k"}, {"y"})
                       .node("Relu", {"c"}, {"z"})
                       .output("y")
                       .output("z")),
            (Names{"Conv", "Mul", "Relu"}));
  EXPECT_EQ(
      folded(
          convolution().input("s", DType::Float, {1}).node("Mul", {"c", "s"}, {"y"}).output("y")),
      kept);
}

// ---- Epilogue ----

Graph fused(const ModelBuilder& model) { return after(fuse_convolution_epilogue, model); }

// What the graph's last node is made of.
Names body_of(const Graph& graph) { return operators(fovea::body_of(graph.nodes.back())); }

std::string input_name(const Graph& graph, size_t node, size_t input) {
  return graph.value(graph.nodes[node].inputs.at(input)).name;
}

TEST(ConvolutionEpilogue, TakesTheActivation) {
  const Graph relu = fused(convolution().node("Relu", {"c"}, {"y"}).output("y"));
  ASSERT_EQ(operators(relu), Names{"FusedConv"});
  EXPECT_EQ(body_of(relu), (Names{"Conv", "Relu"}));
  EXPECT_EQ(relu.value(relu.nodes[0].outputs[0]).name, "y");

  const Graph prelu = fused(convolution()
                                .constant("slope", ones({4, 1, 1}))
                                .node("PRelu", {"c", "slope"}, {"y"})
                                .output("y"));
  EXPECT_EQ(operators(prelu), Names{"FusedConv"});
}

kernels::ActivationSpec activation_after(const ModelBuilder& model) {
  const Graph graph = fused(model);
  EXPECT_EQ(operators(graph), Names{"FusedConv"});
  const Node& node = graph.nodes[0];
  const auto constant = [&](ValueId id) {
    return graph.constant(node.inputs[static_cast<size_t>(id)]);
  };
  return *activation_of(fovea::body_of(node).nodes.back(), constant);
}

TEST(ConvolutionEpilogue, TakesParametersAndTheirDefaults) {
  using enum kernels::Activation;
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const auto after_node = [](const char* op_type,
                             std::vector<ModelBuilder::Attribute> attributes = {}) {
    return activation_after(
        convolution(6).node(op_type, {"c"}, {"y"}, std::move(attributes)).output("y"));
  };
  using Spec = kernels::ActivationSpec;
  EXPECT_EQ(after_node("LeakyRelu"), (Spec{LeakyRelu, 0.01f}));
  EXPECT_EQ(after_node("LeakyRelu", {{"alpha", 0.5f}}), (Spec{LeakyRelu, 0.5f}));
  EXPECT_EQ(after_node("HardSigmoid", {{"beta", 0.25f}}), (Spec{HardSigmoid, 0.2f, 0.25f}));
  EXPECT_EQ(after_node("Selu", {{"gamma", 2.0f}}), (Spec{Selu, 1.67326319217681884765625f, 2.0f}));
  EXPECT_EQ(after_node("Clip"), (Spec{Clip, -kInf, kInf}));
  EXPECT_EQ(after_node("Clip", {{"min", 0.0f}}), (Spec{Clip, 0.0f, kInf}));
  EXPECT_EQ(after_node("Gelu", {{"approximate", std::string("tanh")}}), (Spec{GeluTanh}));
  EXPECT_EQ(after_node("Gelu"), (Spec{Gelu}));

  const auto clip = [](Names inputs) {
    return activation_after(convolution()
                                .constant("low", Tensor::of<float>({}, {2}))
                                .constant("high", Tensor::of<float>({}, {1}))
                                .node("Clip", std::move(inputs), {"y"})
                                .output("y"));
  };
  EXPECT_EQ(clip({"c", "low"}), (Spec{Clip, 2.0f, kInf}));
  EXPECT_EQ(clip({"c", "", "high"}), (Spec{Clip, -kInf, 1.0f}));
  EXPECT_EQ(clip({"c", "low", "high"}), (Spec{Clip, 2.0f, 1.0f}));
}

TEST(ConvolutionEpilogue, LeavesWhatOthersReadOrWhatDoesNotFit) {
  EXPECT_EQ(operators(fused(convolution().node("Relu", {"c"}, {"y"}).output("c").output("y"))),
            (Names{"Conv", "Relu"}));
  EXPECT_EQ(operators(fused(convolution()
                                .constant("slope", ones({4}))
                                .node("PRelu", {"c", "slope"}, {"y"})
                                .output("y"))),
            (Names{"Conv", "PRelu"}));
  EXPECT_EQ(operators(fused(convolution()
                                .input("low", DType::Float, {})
                                .node("Clip", {"c", "low"}, {"y"})
                                .output("y"))),
            (Names{"Conv", "Clip"}));
  EXPECT_EQ(
      operators(fused(
          convolution().node("Relu", {"c"}, {"a"}).node("Sigmoid", {"a"}, {"y"}).output("y"))),
      (Names{"FusedConv", "Sigmoid"}));
}

TEST(ConvolutionEpilogue, LeavesSlopesThatAreNotFinite) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(operators(fused(
                convolution().node("LeakyRelu", {"c"}, {"y"}, {{"alpha", kInf}}).output("y"))),
            (Names{"Conv", "LeakyRelu"}));
  Tensor slopes = ones({4, 1, 1});
  const auto with_slopes = [&] {
    return operators(fused(convolution()
                               .constant("slopes", slopes)
                               .node("PRelu", {"c", "slopes"}, {"y"})
                               .output("y")));
  };
  EXPECT_EQ(with_slopes(), Names{"FusedConv"});
  slopes.mutable_as<float>()[3] = std::nanf("");
  EXPECT_EQ(with_slopes(), (Names{"Conv", "PRelu"}));
}

TEST(ConvolutionEpilogue, TransposedTakesTheActivationOnly) {
  const auto transposed = [] {
    return ModelBuilder()
        .input("x", DType::Float, {1, 2, 4, 4})
        .constant("w", ones({2, 4, 2, 2}))
        .constant("slope", ones({4, 1, 1}))
        .node("ConvTranspose", {"x", "w"}, {"c"});
  };
  EXPECT_EQ(operators(fused(transposed().node("PRelu", {"c", "slope"}, {"y"}).output("y"))),
            Names{"FusedConvTranspose"});
  EXPECT_EQ(operators(fused(transposed()
                                .input("z", DType::Float, {1, 4, 5, 5})
                                .node("Add", {"c", "z"}, {"y"})
                                .output("y"))),
            (Names{"ConvTranspose", "Add"}));
}

ModelBuilder with_addend() { return convolution().input("z", DType::Float, {1, 4, 2, 2}); }

TEST(ConvolutionEpilogue, TakesTheAddendAndThenTheActivation) {
  for (const Names& operands : {Names{"c", "z"}, Names{"z", "c"}}) {
    const Graph graph =
        fused(with_addend().node("Add", operands, {"s"}).node("Relu", {"s"}, {"y"}).output("y"));
    ASSERT_EQ(operators(graph), Names{"FusedConv"});
    EXPECT_EQ(input_name(graph, 0, 3), "z");
    EXPECT_EQ(body_of(graph), (Names{"Conv", "Add", "Relu"}));
  }
}

TEST(ConvolutionEpilogue, ComesAfterWhatItAdds) {
  const Graph graph = fused(convolution()
                                .input("u", DType::Float, {1, 4, 2, 2})
                                .node("Abs", {"u"}, {"z"})
                                .node("Add", {"c", "z"}, {"y"})
                                .output("y"));
  EXPECT_EQ(operators(graph), (Names{"Abs", "FusedConv"}));
}

TEST(ConvolutionEpilogue, OfTwoConvolutionsTheLaterOneAdds) {
  const Graph graph = fused(
      convolution().node("Conv", {"x", "w"}, {"d"}).node("Add", {"c", "d"}, {"y"}).output("y"));
  ASSERT_EQ(operators(graph), (Names{"Conv", "FusedConv"}));
  EXPECT_EQ(input_name(graph, 1, 2), "c");

  // Behind its activation, the later one cannot.
  const Graph other = fused(convolution()
                                .node("Conv", {"x", "w"}, {"d"})
                                .node("Relu", {"d"}, {"e"})
                                .node("Add", {"c", "e"}, {"y"})
                                .output("y"));
  ASSERT_EQ(operators(other), (Names{"FusedConv", "FusedConv"}));
  EXPECT_EQ(input_name(other, 1, 3), "e");
}

TEST(ConvolutionEpilogue, LeavesSumsItCannotCarry) {
  const auto add = [](const ModelBuilder& model) { return operators(fused(model)); };
  EXPECT_EQ(add(with_addend().node("Add", {"c", "z"}, {"y"}).output("y").output("c")),
            (Names{"Conv", "Add"}));
  EXPECT_EQ(add(convolution().node("Add", {"c", "c"}, {"y"}).output("y")), (Names{"Conv", "Add"}));
  EXPECT_EQ(add(convolution()
                    .constant("k", ones({1, 4, 2, 2}))
                    .node("Add", {"c", "k"}, {"y"})
                    .output("y")),
            (Names{"Conv", "Add"}));
  EXPECT_EQ(
      add(with_addend().node("Relu", {"c"}, {"r"}).node("Add", {"r", "z"}, {"y"}).output("y")),
      (Names{"FusedConv", "Add"}));
  EXPECT_EQ(
      add(with_addend().node("Add", {"c", "z"}, {"s"}).node("Add", {"s", "z"}, {"y"}).output("y")),
      (Names{"FusedConv", "Add"}));
  // Before opset 7, only an attribute says how operands meet.
  EXPECT_EQ(add(convolution(6)
                    .input("z", DType::Float, {1, 4, 2, 2})
                    .node("Add", {"c", "z"}, {"y"})
                    .output("y")),
            (Names{"Conv", "Add"}));
}

const std::vector<ModelBuilder::Attribute> kBlocksOfTwo = {{"blocksize", int64_t{2}},
                                                           {"mode", std::string("CRD")}};

TEST(ConvolutionEpilogue, TakesDepthToSpaceAndAnActivationBeforeOrAfter) {
  const Graph after_it = fused(convolution()
                                   .node("DepthToSpace", {"c"}, {"d"}, kBlocksOfTwo)
                                   .node("Relu", {"d"}, {"y"})
                                   .output("y"));
  const Graph before_it = fused(convolution()
                                    .node("Relu", {"c"}, {"d"})
                                    .node("DepthToSpace", {"d"}, {"y"}, kBlocksOfTwo)
                                    .output("y"));
  EXPECT_EQ(operators(after_it), Names{"FusedConv"});
  EXPECT_EQ(body_of(after_it), (Names{"Conv", "DepthToSpace", "Relu"}));
  EXPECT_EQ(operators(before_it), Names{"FusedConv"});
  EXPECT_EQ(body_of(before_it), (Names{"Conv", "Relu", "DepthToSpace"}));
}

TEST(ConvolutionEpilogue, SlopesBehindDepthToSpaceAreOfItsChannels) {
  const auto with = [](const Tensor& slopes) {
    return operators(fused(convolution()
                               .constant("slopes", slopes)
                               .node("DepthToSpace", {"c"}, {"d"}, kBlocksOfTwo)
                               .node("PRelu", {"d", "slopes"}, {"y"})
                               .output("y")));
  };
  EXPECT_EQ(with(ones({1, 1, 1})), Names{"FusedConv"});
  EXPECT_EQ(with(ones({4, 1, 1})), (Names{"FusedConv", "PRelu"}));
}

TEST(ConvolutionEpilogue, LeavesOtherDepthToSpace) {
  const auto shuffle = [](const ModelBuilder& model) { return operators(fused(model)); };
  EXPECT_EQ(
      shuffle(
          convolution().node("DepthToSpace", {"c"}, {"y"}, kBlocksOfTwo).output("y").output("c")),
      (Names{"Conv", "DepthToSpace"}));
  EXPECT_EQ(shuffle(with_addend()
                        .node("Add", {"c", "z"}, {"s"})
                        .node("DepthToSpace", {"s"}, {"y"}, kBlocksOfTwo)
                        .output("y")),
            (Names{"FusedConv", "DepthToSpace"}));
  EXPECT_EQ(shuffle(convolution()
                        .node("DepthToSpace", {"c"}, {"y"}, {{"blocksize", int64_t{3}}})
                        .output("y")),
            (Names{"Conv", "DepthToSpace"}));
  EXPECT_EQ(shuffle(ModelBuilder()
                        .input("x", DType::Float, {1, 2, 4, 4})
                        .constant("w", ones({4, 1, 3, 3}))
                        .node("Conv", {"x", "w"}, {"c"}, {{"group", int64_t{2}}})
                        .node("DepthToSpace", {"c"}, {"y"}, kBlocksOfTwo)
                        .output("y")),
            (Names{"Conv", "DepthToSpace"}));
}

}  // namespace
}  // namespace fovea

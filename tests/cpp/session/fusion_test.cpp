#include <gtest/gtest.h>

#include <limits>

#include "base/error.h"
#include "fusion_checks.h"

// Models whose nodes the passes fuse, against the same models as they are written.

namespace fovea {
namespace {

using test::check;
using test::expect_close;
using test::load;
using test::ModelBuilder;
using test::Names;
using test::random;
using Ints = std::vector<int64_t>;

std::vector<Feed> image(int64_t channels, int64_t h, int64_t w) {
  return {{"x", random({1, channels, h, w}, 1)}};
}

const std::vector<ModelBuilder::Attribute> kSame = {{"pads", std::vector<int64_t>{1, 1, 1, 1}}};

// Weights "w0", "w1", ... of 3x3 convolutions from the first number of channels to the second, to
// the third and so on, and their biases.
ModelBuilder layers(std::initializer_list<int64_t> channels) {
  ModelBuilder model;
  model.input("x", DType::Float, {1, *channels.begin(), "h", "w"});
  uint32_t seed = 10;
  for (const auto* out = channels.begin() + 1; out != channels.end(); ++out) {
    const std::string index = std::to_string(out - channels.begin() - 1);
    model.constant("w" + index, random({*out, out[-1], 3, 3}, seed++));
    model.constant("b" + index, random({*out}, seed++));
  }
  return model;
}

TEST(Fusion, ScaledResidualBlocks) {
  check(layers({5, 5, 5})
            .constant("scale", Tensor::of<float>({}, {0.2f}))
            .node("Conv", {"x", "w0", "b0"}, {"a"}, kSame)
            .node("LeakyRelu", {"a"}, {"b"}, {{"alpha", 0.2f}})
            .node("Conv", {"b", "w1", "b1"}, {"c"}, kSame)
            .node("Mul", {"c", "scale"}, {"d"})
            .node("Add", {"d", "x"}, {"y"})
            .output("y"),
        {"FusedConv", "FusedConv"}, {image(5, 9, 8), image(5, 17, 13)});
}

// A Clip without a bound leaves infinities as they are, fused or not.
TEST(Fusion, InfinitiesPassABoundThatIsNotThere) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const std::vector<Feed> feeds = {
      {"x", Tensor::of<float>({1, 1, 1, 4}, {-kInf, -3.0f, 3.0f, kInf})}};
  for (const bool low : {false, true}) {
    const ModelBuilder model =
        ModelBuilder()
            .input("x", DType::Float, {1, 1, "h", "w"})
            .constant("w", Tensor::of<float>({1, 1, 1, 1}, {1}))
            .constant("bound", Tensor::of<float>({}, {1}))
            .node("Conv", {"x", "w"}, {"c"})
            .node("Clip", {"c", low ? "bound" : "", low ? "" : "bound"}, {"y"})
            .output("y");
    const std::vector<float> expected =
        low ? std::vector<float>{1, 1, 3, kInf} : std::vector<float>{-kInf, -3, 1, 1};
    for (const std::vector<std::string>& disabled :
         {std::vector<std::string>{}, std::vector<std::string>{"*"}}) {
      const auto session = test::load(model.bytes(), {.disabled_passes = disabled});
      EXPECT_EQ(to_floats(session->run(feeds)[0]), expected);
    }
  }
}

// What is not negative is not multiplied by the slope, fused or not.
TEST(Fusion, InfiniteSlopesScaleOnlyNegatives) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const std::vector<Feed> feeds = {{"x", Tensor::of<float>({1, 1, 1, 4}, {-3, 0, 3, kInf})}};
  const auto add_activation = [&](ModelBuilder model, bool prelu) {
    if (!prelu) model.node("LeakyRelu", {"c"}, {"y"}, {{"alpha", kInf}});
    if (prelu) {
      model.constant("slope", Tensor::of<float>({1, 1, 1}, {kInf}))
          .node("PRelu", {"c", "slope"}, {"y"});
    }
    return model.output("y").bytes();
  };
  for (const bool prelu : {false, true}) {
    const ModelBuilder input = ModelBuilder().input("x", DType::Float, {1, 1, "h", "w"});
    const std::string convolved =
        add_activation(ModelBuilder(input)
                           .constant("w", Tensor::of<float>({1, 1, 1, 1}, {1}))
                           .node("Conv", {"x", "w"}, {"c"}),
                       prelu);
    const Tensor one = Tensor::of<float>({4, 4}, {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0});
    const std::string multiplied = add_activation(
        ModelBuilder(input).constant("w", one).node("MatMul", {"x", "w"}, {"c"}), prelu);
    for (const std::vector<std::string>& disabled :
         {std::vector<std::string>{}, std::vector<std::string>{"*"}}) {
      const auto run = [&](const std::string& bytes, const std::vector<Feed>& of) {
        return to_floats(test::load(bytes, {.disabled_passes = disabled})->run(of)[0]);
      };
      EXPECT_EQ(run(convolved, feeds), (std::vector<float>{-kInf, 0, 3, kInf}));
      EXPECT_EQ(run(multiplied, {{"x", Tensor::of<float>({1, 1, 1, 4}, {-3, 0, 3, 5})}}),
                (std::vector<float>{-kInf, 0, 3, 0}));
    }
  }
}

// The block's input is read for the last time as addend: the sum may lie in its place.
TEST(Fusion, ResidualBlocksThatOverwriteTheirInput) {
  check(layers({4, 8, 8, 8, 8})
            .node("Conv", {"x", "w0", "b0"}, {"h"}, kSame)
            .node("Conv", {"h", "w1", "b1"}, {"a"}, kSame)
            .node("Relu", {"a"}, {"b"})
            .node("Conv", {"b", "w2", "b2"}, {"c"}, kSame)
            .node("Add", {"c", "h"}, {"d"})
            .node("Relu", {"d"}, {"e"})
            .node("Conv", {"e", "w3", "b3"}, {"f"}, kSame)
            .node("Add", {"e", "f"}, {"y"})
            .output("y"),
        {"Conv", "FusedConv", "FusedConv", "FusedConv"}, {image(4, 20, 21), image(4, 6, 5)});
}

// What is convolved and added is one value, seen through a Reshape as well: its neighbours are read
// after the sum is written.
TEST(Fusion, NeverOverwritesWhatItConvolves) {
  check(layers({6, 6, 6})
            .node("Conv", {"x", "w0", "b0"}, {"h"}, kSame)
            .node("Conv", {"h", "w1", "b1"}, {"c"}, kSame)
            .node("Add", {"h", "c"}, {"y"})
            .output("y"),
        {"Conv", "FusedConv"}, {image(6, 24, 25)});
  check(layers({6, 6, 6})
            .constant("shape", Tensor::of<int64_t>({4}, {0, 0, 0, -1}))
            .node("Relu", {"x"}, {"h"})
            .node("Reshape", {"h", "shape"}, {"v"})
            .node("Conv", {"h", "w1", "b1"}, {"c"}, kSame)
            .node("Add", {"v", "c"}, {"y"})
            .output("y"),
        {"Relu", "FusedConv"}, {image(6, 24, 25)});
}

// The block's input is convolved as a part and added: the sum must not lie in its place.
TEST(Fusion, DenseBlocksWithoutConcatenation) {
  const std::vector<ModelBuilder::Attribute> channels = {{"axis", int64_t{1}}};
  check(layers({3, 8, 4})
            .constant("w2", random({4, 12, 3, 3}, 20))
            .constant("w3", random({8, 16, 3, 3}, 21))
            .constant("scale", Tensor::of<float>({}, {0.2f}))
            .node("Conv", {"x", "w0", "b0"}, {"h"}, kSame)
            .node("Conv", {"h", "w1", "b1"}, {"a"}, kSame)
            .node("LeakyRelu", {"a"}, {"p"}, {{"alpha", 0.2f}})
            .node("Concat", {"h", "p"}, {"ha"}, channels)
            .node("Conv", {"ha", "w2"}, {"b"}, kSame)
            .node("LeakyRelu", {"b"}, {"q"}, {{"alpha", 0.2f}})
            .node("Concat", {"h", "p", "q"}, {"hab"}, channels)
            .node("Conv", {"hab", "w3"}, {"c"}, kSame)
            .node("Mul", {"c", "scale"}, {"d"})
            .node("Add", {"d", "h"}, {"y"})
            .output("y"),
        {"Conv", "FusedConv", "FusedConv", "FusedConv"},
        {image(3, 24, 25), image(3, 3, 2), image(3, 40, 9)});
}

// Of what convolutions give, of the input and of a constant, of no multiple of 4 channels.
TEST(Fusion, PointwiseConvolutionsWithoutConcatenation) {
  const std::vector<ModelBuilder::Attribute> channels = {{"axis", int64_t{1}}};
  check(layers({5, 6, 9})
            .constant("w2", random({7, 20, 1, 1}, 20))
            .constant("w3", random({5, 12, 1, 1}, 21))
            .node("Conv", {"x", "w0", "b0"}, {"h"}, kSame)
            .node("Conv", {"h", "w1", "b1"}, {"a"}, kSame)
            .node("Concat", {"a", "h", "x"}, {"ahx"}, channels)
            .node("Conv", {"ahx", "w2"}, {"b"})
            .node("Sigmoid", {"b"}, {"c"})
            .node("Concat", {"c", "x"}, {"cx"}, channels)
            .node("Conv", {"cx", "w3"}, {"d"})
            .node("Add", {"d", "x"}, {"y"})
            .output("y"),
        {"Conv", "Conv", "FusedConv", "FusedConv"},
        {image(5, 24, 25), image(5, 3, 2), image(5, 1, 1), image(5, 40, 9)});
}

TEST(Fusion, SumsOfTwoConvolutions) {
  check(layers({3, 7, 7})
            .constant("w", random({7, 3, 1, 1}, 5))
            .node("Conv", {"x", "w"}, {"shortcut"})
            .node("Conv", {"x", "w0", "b0"}, {"a"}, kSame)
            .node("Tanh", {"a"}, {"b"})
            .node("Conv", {"b", "w1", "b1"}, {"c"}, kSame)
            .node("Add", {"c", "shortcut"}, {"d"})
            .node("Relu", {"d"}, {"y"})
            .output("y"),
        {"Conv", "FusedConv", "FusedConv"}, {image(3, 11, 10)});
}

// Shapes of which one model may add any: alike, spread, or larger than the convolution's result.
TEST(Fusion, SumsThatBroadcast) {
  const auto with = [](const Shape& addend, int64_t size = 9) {
    std::vector<Feed> feeds = image(4, size, size);
    feeds.push_back({"z", random(addend, 2)});
    return feeds;
  };
  check(layers({4, 6})
            .input("z", DType::Float, {"n", "c", "u", "v"})
            .node("Conv", {"x", "w0", "b0"}, {"a"}, kSame)
            .node("Add", {"a", "z"}, {"b"})
            .node("Sigmoid", {"b"}, {"y"})
            .output("y"),
        {"FusedConv"},
        {with({1, 6, 9, 9}), with({1, 6, 1, 1}), with({1, 1, 9, 1}), with({3, 6, 9, 9}),
         with({1, 6, 7, 5}, 1)});
}

TEST(Fusion, ChannelAttentionKeepsItsBroadcast) {
  check(layers({4, 6})
            .constant("w", random({6, 4, 1, 1}, 5))
            .node("GlobalAveragePool", {"x"}, {"mean"})
            .node("Conv", {"mean", "w"}, {"bias"})
            .node("Conv", {"x", "w0", "b0"}, {"a"}, kSame)
            .node("Add", {"a", "bias"}, {"y"})
            .output("y"),
        {"GlobalAveragePool", "Conv", "Conv", "Add"}, {image(4, 9, 9), image(4, 1, 1)});
}

TEST(Fusion, PixelShuffles) {
  for (const std::string mode : {"CRD", "DCR"}) {
    const std::vector<ModelBuilder::Attribute> blocks = {{"blocksize", int64_t{2}}, {"mode", mode}};
    check(layers({3, 20, 12})
              .constant("slopes", random({20, 1, 1}, 4))
              .constant("wide", random({3, 1, 1}, 5))
              .node("Conv", {"x", "w0", "b0"}, {"a"}, kSame)
              .node("PRelu", {"a", "slopes"}, {"b"})
              .node("DepthToSpace", {"b"}, {"c"}, blocks)
              .constant("w", random({20, 5, 3, 3}, 6))
              .node("Conv", {"c", "w"}, {"d"}, kSame)
              .node("Conv", {"d", "w1", "b1"}, {"e"}, kSame)
              .node("DepthToSpace", {"e"}, {"f"}, blocks)
              .node("PRelu", {"f", "wide"}, {"y"})
              .output("y"),
          {"FusedConv", "Conv", "FusedConv"}, {image(3, 9, 10), image(3, 33, 40)});
  }
}

TEST(Fusion, TransposedConvolutions) {
  for (const int64_t groups : {1, 3}) {
    check(ModelBuilder()
              .input("x", DType::Float, {1, 6, "h", "w"})
              .constant("w", random({6, 6 / groups, 3, 3}, 2))
              .constant("scale", random({6, 1, 1}, 3))
              .constant("slopes", random({6, 1, 1}, 4))
              .node("ConvTranspose", {"x", "w"}, {"a"},
                    {{"strides", std::vector<int64_t>{2, 2}}, {"group", groups}})
              .node("Div", {"a", "scale"}, {"b"})
              .node("PRelu", {"b", "slopes"}, {"y"})
              .output("y"),
          {"FusedConvTranspose"}, {image(6, 7, 8)});
  }
}

// Fetching what a fused node swallowed gives the value as the model defines it.
TEST(Fusion, InnerValuesCanBeFetched) {
  const std::string bytes = layers({4, 4})
                                .node("Conv", {"x", "w0", "b0"}, {"a"}, kSame)
                                .node("Add", {"a", "x"}, {"b"})
                                .node("Relu", {"b"}, {"y"})
                                .output("y")
                                .bytes();
  const auto plain = test::load(bytes, {.disabled_passes = {"*"}});
  const auto fused = test::load(bytes);
  for (const std::string name : {"a", "b", "y"}) {
    expect_close(fused->run(image(4, 8, 8), {name}), plain->run(image(4, 8, 8), {name}));
  }
}

// What exporters write before opset 11.
ModelBuilder shuffled_by_reshape(const std::vector<ModelBuilder::Size>& input) {
  return ModelBuilder()
      .input("x", DType::Float, input)
      .constant("w0", random({8, 3, 3, 3}, 10))
      .constant("b0", random({8}, 11))
      .constant("split", Tensor::of<int64_t>({6}, {1, 2, 2, 2, 7, 9}))
      .constant("merged", Tensor::of<int64_t>({4}, {1, 2, 14, 18}))
      .node("Conv", {"x", "w0", "b0"}, {"a"}, kSame)
      .node("Reshape", {"a", "split"}, {"b"})
      .node("Transpose", {"b"}, {"c"}, {{"perm", Ints{0, 1, 4, 2, 5, 3}}})
      .node("Reshape", {"c", "merged"}, {"y"})
      .output("y");
}

TEST(Fusion, PixelShufflesByReshapeAndTranspose) {
  check(shuffled_by_reshape({1, 3, 7, 9}), {"FusedConv"}, {image(3, 7, 9)});
}

// Of images of another size than is written down, the Reshapes make something else.
TEST(Fusion, ReshapesToOneSizeOfImagesOfAnySize) {
  check(shuffled_by_reshape({1, 3, "h", "w"}), {"Conv", "Transpose"},
        {image(3, 7, 9), image(3, 9, 7), image(3, 3, 21)});
}

// The convolution's sums are small enough to be scaled; its weights are not.
// Between convolutions, with sizes that fit one image; of others, the Reshapes make something else.
ModelBuilder channel_shuffled(const std::vector<ModelBuilder::Size>& input, const Ints& split) {
  return ModelBuilder()
      .input("x", DType::Float, input)
      .constant("w0", random({6, 3, 3, 3}, 10))
      .constant("w1", random({5, 6, 3, 3}, 11))
      .constant("split", Tensor::of<int64_t>({5}, std::span<const int64_t>(split)))
      .constant("merged", Tensor::of<int64_t>({4}, {-1, 6, 7, 9}))
      .node("Conv", {"x", "w0"}, {"a"}, kSame)
      .node("Reshape", {"a", "split"}, {"b"})
      .node("Transpose", {"b"}, {"c"}, {{"perm", Ints{0, 2, 1, 3, 4}}})
      .node("Reshape", {"c", "merged"}, {"d"})
      .node("Conv", {"d", "w1"}, {"y"}, kSame)
      .output("y");
}

TEST(Fusion, ChannelShuffles) {
  const Names fused = {"Conv", "ChannelShuffle", "Conv"}, written = {"Conv", "Transpose", "Conv"};
  check(channel_shuffled({"n", 3, "h", "w"}, {-1, 2, 3, 7, 9}), fused,
        {image(3, 7, 9), image(3, 9, 7), image(3, 3, 21)});
  check(channel_shuffled({"n", 3, "h", "w"}, {-1, 3, 2, 7, 9}), fused, {image(3, 7, 9)});
  check(channel_shuffled({"n", 3, "h", "w"}, {-1, 2, 3, 7, 9}), written,
        {image(3, 21, 3), image(3, 7, 9)});
  // Rows and groups change places.
  check(channel_shuffled({1, 3, 7, 9}, {1, 6, 7, 3, 3}), written, {image(3, 7, 9)});
  // Nothing changes places.
  check(channel_shuffled({1, 3, 7, 9}, {3, 2, 1, 7, 9}), {"Conv", "Conv"}, {image(3, 7, 9)});
}

// Of integers, and where nothing is channels-last.
TEST(Fusion, ChannelShufflesOfOtherValues) {
  for (const DType dtype : {DType::Int64, DType::Float, DType::Bool, DType::String}) {
    const bool floats = dtype == DType::Float;
    ModelBuilder model;
    model.input("x", dtype, {1, 4, 1, 2})
        .constant("split", Tensor::of<int64_t>({5}, {1, 2, 2, 1, 2}))
        .constant("merged", Tensor::of<int64_t>({4}, {1, 4, 1, 2}))
        .node("Reshape", {"x", "split"}, {"b"})
        .node("Transpose", {"b"}, {"c"}, {{"perm", Ints{0, 2, 1, 3, 4}}})
        .node("Reshape", {"c", "merged"}, {"y"})
        .output("y");
    const auto session = load(model.bytes());
    if (floats) {
      const Tensor x = Tensor::of<float>({1, 4, 1, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
      const auto y = session->run({{"x", x}})[0];
      EXPECT_EQ(std::vector<float>(y.as<float>().begin(), y.as<float>().end()),
                (std::vector<float>{0, 1, 4, 5, 2, 3, 6, 7}));
    } else if (dtype == DType::Int64) {
      const Tensor x = Tensor::of<int64_t>({1, 4, 1, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
      const auto y = session->run({{"x", x}})[0];
      EXPECT_EQ(std::vector<int64_t>(y.as<int64_t>().begin(), y.as<int64_t>().end()),
                (std::vector<int64_t>{0, 1, 4, 5, 2, 3, 6, 7}));
    } else {
      const auto y = session->run({{"x", Tensor::allocate(dtype, {1, 4, 1, 2})}})[0];
      EXPECT_EQ(y.shape(), (Shape{1, 4, 1, 2}));
    }
  }
}

TEST(Fusion, WhatIsSplitAndJoinedAgain) {
  const std::vector<ModelBuilder::Attribute> channels = {{"axis", int64_t{1}}};
  check(layers({3, 6, 4})
            .node("Conv", {"x", "w0", "b0"}, {"h"}, kSame)
            .node("Tanh", {"h"}, {"t"})
            .node("Split", {"t"}, {"p", "q"}, channels)
            .node("Mul", {"p", "q"}, {"y"})
            .node("Concat", {"p", "q"}, {"z"}, channels)
            .output("y")
            .output("z"),
        {"FusedConv", "Split", "Mul"}, {image(3, 9, 7), image(3, 1, 1)});
}

// Those of which the plan tells the channels: enlarged ones and pooled ones.
TEST(Fusion, ConvolutionsOfWhatOthersEnlarged) {
  check(
      layers({3, 8, 4})
          .constant("up", random({8, 4, 2, 2}, 20))
          .constant("w2", random({5, 12, 3, 3}, 21))
          .node("Conv", {"x", "w0", "b0"}, {"h"}, kSame)
          .node("MaxPool", {"h"}, {"low"}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}})
          .node("ConvTranspose", {"low", "up"}, {"high"}, {{"strides", Ints{2, 2}}})
          .node("Concat", {"high", "h"}, {"all"}, {{"axis", int64_t{1}}})
          .node("Conv", {"all", "w2"}, {"y"}, kSame)
          .output("y"),
      {"Conv", "MaxPool", "ConvTranspose", "FusedConv"},
      {image(3, 24, 26), image(3, 2, 2), image(3, 40, 8)});
}

TEST(Fusion, ScalesThatWeightsCannotTakeIn) {
  const Tensor x = Tensor::of<float>({1, 1, 1, 3}, {1e-20f, 2e-20f, 0.0f});
  const std::string bytes = ModelBuilder()
                                .input("x", DType::Float, {1, 1, 1, 3})
                                .constant("w", Tensor::of<float>({1, 1, 1, 1}, {1e20f}))
                                .constant("k", Tensor::of<float>({}, {1e25f}))
                                .node("Conv", {"x", "w"}, {"a"})
                                .node("Mul", {"a", "k"}, {"y"})
                                .output("y")
                                .bytes();
  const std::vector<float> y = to_floats(test::load(bytes)->run({{"x", x}})[0]);
  EXPECT_NEAR(y[0], 1e25f, 1e19f);
  EXPECT_NEAR(y[1], 2e25f, 1e19f);
  EXPECT_EQ(y[2], 0.0f);
}

TEST(Fusion, CountsTheConvolutionsMacs) {
  const auto session =
      test::load(layers({4, 8})
                     .node("Conv", {"x", "w0", "b0"}, {"a"}, kSame)
                     .node("DepthToSpace", {"a"}, {"y"}, {{"blocksize", int64_t{2}}})
                     .output("y")
                     .bytes());
  const auto run = session->start(image(4, 8, 8));
  while (!run->advance(0)) {
  }
  int64_t macs = 0;
  for (const NodeProfile& step : run->profile()) macs += step.macs;
  EXPECT_EQ(macs, 8 * 8 * 8 * 4 * 9);
}

TEST(Fusion, ModelsCannotNameFusedNodes) {
  const std::string bytes = layers({4, 8})
                                .import_opset("fovea", 1)
                                .node("FusedConv", {"x", "w0", "b0"}, {"y"}, {}, "fovea")
                                .output("y")
                                .bytes();
  try {
    test::load(bytes);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::UnsupportedOperator);
    EXPECT_NE(error.field("operators").find("fovea.FusedConv is not implemented"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace fovea

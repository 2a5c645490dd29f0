#include "fusion_checks.h"

// What transformers are made of, fused, against the same models as they are written.

namespace fovea {
namespace {

using test::check;
using test::ModelBuilder;
using test::Names;
using test::random;
using Ints = std::vector<int64_t>;

Tensor int64s(const Ints& values) {
  return Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values);
}

Tensor number(float value) { return Tensor::of<float>({}, {value}); }

std::vector<Feed> tokens(const Shape& shape) { return {{"x", random(shape, 1)}}; }

// ---- attention ----

// Queries, keys and values of "x" [windows, tokens, 3 * heads * depth], as PyTorch splits them, up
// to their products "s", of [windows, heads, tokens, tokens].
ModelBuilder heads(int64_t tokens, int64_t heads, int64_t depth) {
  return ModelBuilder()
      .input("x", DType::Float, {"windows", tokens, 3 * heads * depth})
      .constant("split", int64s({-1, tokens, 3, heads, depth}))
      .constant("scale", number(0.4f))
      .constant("0", Tensor::of<int64_t>({}, {0}))
      .constant("1", Tensor::of<int64_t>({}, {1}))
      .constant("2", Tensor::of<int64_t>({}, {-1}))
      .node("Reshape", {"x", "split"}, {"parts"})
      .node("Transpose", {"parts"}, {"qkv"}, {{"perm", Ints{2, 0, 3, 1, 4}}})
      .node("Gather", {"qkv", "0"}, {"q"}, {{"axis", int64_t{0}}})
      .node("Gather", {"qkv", "1"}, {"k"}, {{"axis", int64_t{0}}})
      .node("Gather", {"qkv", "2"}, {"v"}, {{"axis", int64_t{0}}})
      .node("Mul", {"q", "scale"}, {"scaled"})
      .node("Transpose", {"k"}, {"kt"}, {{"perm", Ints{0, 1, 3, 2}}})
      .node("MatMul", {"scaled", "kt"}, {"s"});
}

// From scores "t" on.
ModelBuilder& finish(ModelBuilder& model) {
  return model.node("Softmax", {"t"}, {"p"}, {{"axis", int64_t{-1}}})
      .node("MatMul", {"p", "v"}, {"o"})
      .node("Transpose", {"o"}, {"y"}, {{"perm", Ints{0, 2, 1, 3}}})
      .output("y");
}

TEST(TransformerFusion, AttentionWithinWindows) {
  ModelBuilder model = heads(9, 2, 5);
  model.constant("bias", random({1, 2, 9, 9}, 2)).node("Add", {"s", "bias"}, {"t"});
  check(finish(model), {"FusedAttention"}, {tokens({6, 9, 30}), tokens({1, 9, 30})});
}

// The mask belongs to the windows of an image, between which and the heads the scores are split.
TEST(TransformerFusion, AttentionWithinShiftedWindows) {
  ModelBuilder model = heads(16, 3, 4);
  model.constant("bias", random({3, 16, 16}, 2))
      .constant("mask", random({1, 4, 1, 16, 16}, 3))
      .constant("windows", int64s({-1, 4, 3, 16, 16}))
      .constant("joined", int64s({-1, 3, 16, 16}))
      .node("Add", {"bias", "s"}, {"a"})
      .node("Reshape", {"a", "windows"}, {"b"})
      .node("Add", {"b", "mask"}, {"c"})
      .node("Reshape", {"c", "joined"}, {"t"});
  check(finish(model), {"FusedAttention"}, {tokens({4, 16, 36}), tokens({8, 16, 36})});
}

// The operand that is no score comes first and is a Reshape, as scores may be.
TEST(TransformerFusion, AttentionBesideReshapedBias) {
  ModelBuilder model = heads(4, 2, 4);
  model.input("z", DType::Float, {32})
      .constant("square", int64s({2, 4, 4}))
      .node("Reshape", {"z", "square"}, {"bias"})
      .node("Add", {"bias", "s"}, {"t"});
  std::vector<Feed> feeds = tokens({3, 4, 24});
  feeds.push_back({"z", random({32}, 2)});
  const std::string bytes = finish(model).bytes();
  const auto session = test::load(bytes);
  const auto run = session->start(feeds);
  while (!run->advance(0)) {
  }
  ASSERT_EQ(run->profile().size(), 1u);
  EXPECT_EQ(run->profile()[0].algorithm, "scores in cache");
  check(model, {"FusedAttention"}, {feeds});
}

// Shapes that the fused kernel cannot do, found out after the passes.
TEST(TransformerFusion, AttentionThatSpreadsItsScores) {
  ModelBuilder model = heads(6, 2, 4);
  model.input("z", DType::Float, {"n", "h", "u", "v"}).node("Add", {"s", "z"}, {"t"});
  const auto with = [](const Shape& addend) {
    std::vector<Feed> feeds = tokens({1, 6, 24});
    feeds.push_back({"z", random(addend, 2)});
    return feeds;
  };
  check(finish(model), {"FusedAttention"},
        {with({1, 2, 6, 6}), with({1, 1, 1, 6}), with({1, 2, 6, 1}), with({3, 2, 6, 6})});
}

TEST(TransformerFusion, AttentionOfOrdinaryTensors) {
  const auto feeds = [](int64_t queries, int64_t keys) {
    return std::vector<Feed>{{"q", random({2, queries, 7}, 1)},
                             {"k", random({2, keys, 7}, 2)},
                             {"v", random({keys, 5}, 3)}};
  };
  check(ModelBuilder()
            .input("q", DType::Float, {2, "m", 7})
            .input("k", DType::Float, {2, "n", 7})
            .input("v", DType::Float, {"n", 5})
            .constant("root", number(2.6f))
            .node("Transpose", {"k"}, {"kt"}, {{"perm", Ints{0, 2, 1}}})
            .node("MatMul", {"q", "kt"}, {"s"})
            .node("Div", {"s", "root"}, {"t"})
            .node("Softmax", {"t"}, {"p"}, {{"axis", int64_t{-1}}})
            .node("MatMul", {"p", "v"}, {"y"})
            .output("y"),
        {"FusedAttention"}, {feeds(5, 8), feeds(1, 1), feeds(70, 33)});
}

// Probabilities that somebody else reads are kept.
TEST(TransformerFusion, AttentionWhoseProbabilitiesAreWanted) {
  ModelBuilder model = heads(4, 1, 4);
  model.node("Identity", {"s"}, {"t"});
  check(finish(model).output("p"),
        {"Transpose", "Gather", "Gather", "Gather", "Mul", "Transpose", "MatMul", "Softmax",
         "MatMul"},
        {tokens({2, 4, 12})});
}

// ---- fully connected layers ----

ModelBuilder linear() {
  return ModelBuilder()
      .input("x", DType::Float, {"n", "l", 7})
      .constant("w", random({7, 10}, 2))
      .constant("b", random({10}, 3))
      .node("MatMul", {"x", "w"}, {"a"})
      .node("Add", {"b", "a"}, {"c"});
}

TEST(TransformerFusion, LinearLayers) {
  check(linear().output("c"), {"FusedMatMul"}, {tokens({2, 9, 7}), tokens({1, 1, 7})});
  for (const std::string activation : {"Relu", "Sigmoid", "Tanh", "HardSwish"}) {
    check(linear().node(activation, {"c"}, {"y"}).output("y"), {"FusedMatMul"},
          {tokens({2, 9, 7})});
  }
}

TEST(TransformerFusion, LinearLayersWithParametersOfTheirActivations) {
  check(linear().node("LeakyRelu", {"c"}, {"y"}, {{"alpha", 0.3f}}).output("y"), {"FusedMatMul"},
        {tokens({2, 9, 7})});
  check(linear().node("HardSigmoid", {"c"}, {"y"}, {{"alpha", 0.9f}}).output("y"), {"FusedMatMul"},
        {tokens({2, 9, 7})});
  // The products of vectors are left to the body.
  for (const Shape& shape : {Shape{2, 9, 7}, Shape{1, 1, 7}}) {
    check(linear()
              .constant("low", number(-0.1f))
              .constant("high", number(0.2f))
              .node("Clip", {"c", "low", "high"}, {"y"})
              .output("y"),
          {"FusedMatMul"}, {tokens(shape)});
  }
  check(
      linear().constant("slope", random({10}, 5)).node("PRelu", {"c", "slope"}, {"y"}).output("y"),
      {"FusedMatMul", "PRelu"}, {tokens({2, 9, 7})});
}

TEST(TransformerFusion, BoundsOfTheRunStayAClip) {
  std::vector<Feed> feeds = tokens({2, 9, 7});
  feeds.push_back({"low", number(-0.1f)});
  check(linear().input("low", DType::Float, {}).node("Clip", {"c", "low"}, {"y"}).output("y"),
        {"FusedMatMul", "Clip"}, {feeds});
}

TEST(TransformerFusion, LinearLayersWithResiduals) {
  const auto with = [](const Shape& x, const Shape& addend) {
    return std::vector<Feed>{{"x", random(x, 1)}, {"z", random(addend, 2)}};
  };
  check(linear()
            .input("z", DType::Float, {"n", "l", "c"})
            .node("Add", {"z", "c"}, {"d"})
            .node("Relu", {"d"}, {"y"})
            .output("y"),
        {"FusedMatMul"},
        {with({2, 9, 7}, {2, 9, 10}), with({2, 9, 7}, {1, 9, 1}), with({1, 9, 7}, {4, 9, 10})});
}

// The residual is read for the last time, so the result may take its place.
TEST(TransformerFusion, ResidualsInPlace) {
  check(ModelBuilder()
            .input("x", DType::Float, {"n", 8})
            .constant("w", random({8, 8}, 2))
            .node("Relu", {"x"}, {"h"})
            .node("MatMul", {"h", "w"}, {"a"})
            .node("Add", {"h", "a"}, {"c"})
            .node("MatMul", {"c", "w"}, {"d"})
            .node("Relu", {"d"}, {"e"})
            .node("Add", {"e", "c"}, {"y"})
            .output("y"),
        {"Relu", "FusedMatMul", "FusedMatMul", "Add"}, {tokens({40, 8})});
}

// ---- activations and normalisation, as exporters write them ----

TEST(TransformerFusion, GeluInAnyOrder) {
  const auto model = [](bool divides, bool halves_first) {
    ModelBuilder builder;
    builder.input("x", DType::Float, {"n", "l", 7})
        .constant("root", number(divides ? std::sqrt(2.0f) : std::sqrt(0.5f)))
        .constant("one", number(1.0f))
        .constant("half", number(0.5f))
        .node(divides ? "Div" : "Mul", {"x", "root"}, {"a"})
        .node("Erf", {"a"}, {"b"})
        .node("Add", {"b", "one"}, {"c"});
    if (halves_first) {
      builder.node("Mul", {"x", "half"}, {"d"}).node("Mul", {"d", "c"}, {"y"});
    } else {
      builder.node("Mul", {"x", "c"}, {"d"}).node("Mul", {"d", "half"}, {"y"});
    }
    return builder.output("y");
  };
  for (const bool divides : {false, true}) {
    check(model(divides, false), {"Gelu"}, {tokens({2, 3, 7})});
    check(model(divides, true), {"Gelu"}, {tokens({2, 3, 7})});
  }
}

TEST(TransformerFusion, SwishAndHardSwish) {
  for (const std::string sigmoid : {"Sigmoid", "HardSigmoid"}) {
    check(ModelBuilder()
              .input("x", DType::Float, {"n", "l", 7})
              .node(sigmoid, {"x"}, {"a"}, {{"alpha", 1.0f / 6}})
              .node("Mul", {"x", "a"}, {"y"})
              .output("y"),
          {sigmoid == "Sigmoid" ? "Swish" : "HardSwish"}, {tokens({2, 3, 7})});
  }
}

// Of rows of `count` elements, scaled by `width`.
ModelBuilder normalized(bool squares, ModelBuilder::Size count, int64_t width) {
  ModelBuilder model(13);
  model.input("x", DType::Float, {"n", "l", std::move(count)})
      .constant("two", number(2.0f))
      .constant("epsilon", number(1e-5f))
      .constant("scale", random({width}, 2))
      .constant("bias", random({width}, 3))
      .node("ReduceMean", {"x"}, {"mean"}, {{"axes", Ints{-1}}})
      .node("Sub", {"x", "mean"}, {"d"});
  if (squares) {
    model.node("Mul", {"d", "d"}, {"dd"});
  } else {
    model.node("Pow", {"d", "two"}, {"dd"});
  }
  return model.node("ReduceMean", {"dd"}, {"variance"}, {{"axes", Ints{-1}}})
      .node("Add", {"variance", "epsilon"}, {"e"})
      .node("Sqrt", {"e"}, {"deviation"})
      .node("Div", {"d", "deviation"}, {"normal"})
      .node("Mul", {"normal", "scale"}, {"scaled"})
      .node("Add", {"scaled", "bias"}, {"y"})
      .output("y");
}

TEST(TransformerFusion, LayerNormalizationBeforeOpset17) {
  for (const bool squares : {false, true}) {
    check(normalized(squares, 7, 7), {"FusedLayerNormalization"},
          {tokens({2, 3, 7}), tokens({1, 40, 7})});
  }
}

// Scale and bias may spread rows of one element, and one scale and bias any row.
TEST(TransformerFusion, LayerNormalizationThatSpreadsItsRows) {
  check(normalized(true, "c", 7), {"FusedLayerNormalization"},
        {tokens({2, 3, 7}), tokens({2, 3, 1})});
  check(normalized(true, "c", 1), {"FusedLayerNormalization"},
        {tokens({2, 3, 1}), tokens({2, 3, 5})});
}

// Nearly the same patterns that mean something else.
TEST(TransformerFusion, OtherConstantsStay) {
  check(ModelBuilder()
            .input("x", DType::Float, {"n"})
            .constant("root", number(1.5f))
            .constant("one", number(1.0f))
            .constant("half", number(0.5f))
            .node("Div", {"x", "root"}, {"a"})
            .node("Erf", {"a"}, {"b"})
            .node("Add", {"b", "one"}, {"c"})
            .node("Mul", {"x", "c"}, {"d"})
            .node("Mul", {"d", "half"}, {"y"})
            .output("y"),
        {"Div", "Erf", "Add", "Mul", "Mul"}, {tokens({9})});
  check(ModelBuilder()
            .input("x", DType::Float, {"n"})
            .node("HardSigmoid", {"x"}, {"a"})
            .node("Mul", {"x", "a"}, {"y"})
            .output("y"),
        {"HardSigmoid", "Mul"}, {tokens({9})});
}

}  // namespace
}  // namespace fovea

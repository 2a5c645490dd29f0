#include <gtest/gtest.h>

#include "base/error.h"
#include "pass_checks.h"

namespace fovea {
namespace {

using test::after;
using test::ModelBuilder;
using test::Names;
using test::ones;
using test::operators;

using Ints = std::vector<int64_t>;

Tensor int64s(const Ints& values) {
  return Tensor::of<int64_t>({static_cast<int64_t>(values.size())}, values);
}

TEST(DeadCode, GoesWithItsConstants) {
  Graph graph = ModelBuilder()
                    .input("x", DType::Float, {2})
                    .constant("unused", ones({1000}))
                    .node("Add", {"x", "unused"}, {"dead"})
                    .node("Relu", {"x"}, {"a"})
                    .node("Abs", {"a"}, {"y"})
                    .output("y")
                    .graph();
  remove_dead_code(graph);
  EXPECT_EQ(operators(graph), (Names{"Relu", "Abs"}));
  EXPECT_EQ(graph.constant(graph.find("unused")), nullptr);
}

TEST(FoldConstants, ChainsOfConstantsDisappear) {
  const Graph graph = after(fold_constants, ModelBuilder()
                                                .input("x", DType::Float, {2})
                                                .constant("a", ones({2}))
                                                .node("Add", {"a", "a"}, {"b"})
                                                .node("Mul", {"b", "b"}, {"c"})
                                                .node("Add", {"x", "c"}, {"y"})
                                                .output("y"));
  EXPECT_EQ(operators(graph), Names{"Add"});
  EXPECT_EQ(graph.constant(graph.find("c"))->as<float>()[1], 4.0f);
}

TEST(FoldConstants, WhatGrowsTooLargeStays) {
  const Graph graph =
      after(fold_constants, ModelBuilder()
                                .constant("shape", Tensor::of<int64_t>({1}, {int64_t{1} << 30}))
                                .node("ConstantOfShape", {"shape"}, {"y"})
                                .output("y"));
  EXPECT_EQ(operators(graph), Names{"ConstantOfShape"});
}

// What a node asks of the shape of `x`, which has three channels and an open height.
Graph sizes_of_image(const std::string& op_type, const std::vector<std::string>& others) {
  std::vector<std::string> inputs = {"sizes"};
  inputs.insert(inputs.end(), others.begin(), others.end());
  return after(fold_constants, ModelBuilder()
                                   .input("x", DType::Float, {1, 3, "height", 4})
                                   .constant("channels", Tensor::of<int64_t>({}, {1}))
                                   .constant("height", Tensor::of<int64_t>({1}, {-2}))
                                   .constant("begin", Tensor::of<int64_t>({1}, {0}))
                                   .constant("two", Tensor::of<int64_t>({1}, {2}))
                                   .constant("three", Tensor::of<int64_t>({1}, {3}))
                                   .node("Relu", {"x"}, {"image"})
                                   .node("Shape", {"image"}, {"sizes"})
                                   .node(op_type, inputs, {"y"})
                                   .output("y"));
}

TEST(FoldConstants, SizesThatTheGraphTellsAreKnown) {
  const Graph gathered = sizes_of_image("Gather", {"channels"});
  EXPECT_EQ(operators(gathered), Names{});
  EXPECT_EQ(gathered.constant(gathered.find("y"))->as<int64_t>()[0], 3);
  const Graph sliced = sizes_of_image("Slice", {"begin", "two"});
  EXPECT_EQ(operators(sliced), Names{});
  EXPECT_EQ(sliced.constant(sliced.find("y"))->as<int64_t>()[0], 1);
  EXPECT_EQ(sliced.constant(sliced.find("y"))->as<int64_t>()[1], 3);
}

TEST(FoldConstants, OpenSizesStay) {
  EXPECT_EQ(operators(sizes_of_image("Gather", {"height"})), (Names{"Relu", "Shape", "Gather"}));
  EXPECT_EQ(operators(sizes_of_image("Slice", {"two", "three"})),
            (Names{"Relu", "Shape", "Slice"}));
}

TEST(FoldConstants, AShapeOfKnownSizesIsKnown) {
  const Graph graph = after(fold_constants, ModelBuilder()
                                                .input("x", DType::Float, {2, 5})
                                                .constant("new_shape", int64s({5, 2}))
                                                .node("Relu", {"x"}, {"a"})
                                                .node("Shape", {"a"}, {"sizes"})
                                                .node("Reshape", {"a", "sizes"}, {"b"})
                                                .node("Reshape", {"b", "new_shape"}, {"c"})
                                                .node("Shape", {"c"}, {"y"}, {{"start", 1}})
                                                .output("y"));
  EXPECT_EQ(operators(graph), Names{});
  EXPECT_EQ(graph.constant(graph.find("y"))->as<int64_t>()[0], 2);
}

TEST(FoldConstants, AnErrorNamesTheNode) {
  try {
    after(fold_constants, ModelBuilder()
                              .constant("a", ones({2}))
                              .constant("b", ones({3}))
                              .node("Add", {"a", "b"}, {"y"})
                              .output("y"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.field("op"), "Add");
  }
}

ModelBuilder shuffle(const Ints& split, const Ints& perm, const Ints& merged,
                     const std::vector<ModelBuilder::Size>& input = {1, 18, 4, 5}) {
  return ModelBuilder()
      .input("x", DType::Float, input)
      .constant("split", int64s(split))
      .constant("merged", int64s(merged))
      .node("Reshape", {"x", "split"}, {"a"})
      .node("Transpose", {"a"}, {"b"}, {{"perm", perm}})
      .node("Reshape", {"b", "merged"}, {"y"})
      .output("y");
}

TEST(PixelShuffle, BothOrdersAreRecognised) {
  const Graph crd = after(recognise_pixel_shuffle,
                          shuffle({1, 2, 3, 3, 4, 5}, {0, 1, 4, 2, 5, 3}, {1, 2, 12, 15}));
  ASSERT_EQ(operators(crd), Names{"DepthToSpace"});
  EXPECT_EQ(crd.nodes[0].attributes.get_string("mode", ""), "CRD");
  EXPECT_EQ(crd.nodes[0].attributes.get_int("blocksize", 0), 3);
  const Graph dcr = after(recognise_pixel_shuffle,
                          shuffle({1, 3, 3, 2, 4, 5}, {0, 3, 4, 1, 5, 2}, {1, 2, 12, 15}));
  ASSERT_EQ(operators(dcr), Names{"DepthToSpace"});
  EXPECT_EQ(dcr.nodes[0].attributes.get_string("mode", ""), "DCR");
}

TEST(PixelShuffle, WhatOnlyLooksLikeOneStays) {
  const Names kept = {"Reshape", "Transpose", "Reshape"};
  const auto ops = [](const Ints& split, const Ints& perm, const Ints& merged) {
    return operators(after(recognise_pixel_shuffle, shuffle(split, perm, merged)));
  };
  EXPECT_EQ(ops({1, 2, 3, 3, 4, 5}, {0, 1, 4, 2, 5, 3}, {1, 2, 15, 12}), kept);
  EXPECT_EQ(ops({1, 2, 3, 3, 4, 5}, {0, 1, 2, 4, 3, 5}, {1, 2, 12, 15}), kept);
  EXPECT_EQ(ops({1, 3, 2, 3, 4, 5}, {0, 1, 4, 2, 5, 3}, {1, 3, 8, 15}), kept);
}

// Of another size, as many elements make other blocks, or another number of images.
TEST(PixelShuffle, OfFixedSizeNeedsThatSize) {
  const auto ops = [](const std::vector<ModelBuilder::Size>& input, int64_t batch = 1) {
    const Ints split = {batch, 2, 3, 3, 4, 5}, merged = {batch, 2, 12, 15};
    const Ints perm = {0, 1, 4, 2, 5, 3};
    return operators(after(recognise_pixel_shuffle, shuffle(split, perm, merged, input))).size();
  };
  EXPECT_EQ(ops({1, 18, 4, 5}), 1u);
  EXPECT_EQ(ops({"n", 18, 4, 5}, -1), 1u);
  EXPECT_EQ(ops({"n", 18, 4, 5}, 0), 1u);
  EXPECT_EQ(ops({"n", 18, 4, 5}), 3u);
  EXPECT_EQ(ops({1, 18, "h", 5}), 3u);
  EXPECT_EQ(ops({1, 18, 4, "w"}), 3u);
  EXPECT_EQ(ops({1, "c", 4, 5}), 3u);
  EXPECT_EQ(ops({"n", "c", "h", "w"}), 3u);
  EXPECT_EQ(ops({1, 18, 5, 4}), 3u);
  EXPECT_EQ(ops({2, 9, 4, 5}, -1), 3u);
  EXPECT_EQ(ops({1, 18, 20}), 3u);
  EXPECT_EQ(ops({1, 18, 1, 4, 5}), 3u);
}

// Of nothing, every number of images of every size has as many elements.
TEST(PixelShuffle, OfNoImagesNeedsTheSizeToo) {
  const auto ops = [](const std::vector<ModelBuilder::Size>& input) {
    return operators(after(recognise_pixel_shuffle,
                           shuffle({0, 1, 3, 3, 1, 13}, {0, 1, 4, 2, 5, 3}, {0, 1, 3, 39}, input)));
  };
  EXPECT_EQ(ops({0, 9, 1, 1}), (Names{"Reshape", "Transpose", "Reshape"}));
  EXPECT_EQ(ops({0, 9, 1, 13}), Names{"DepthToSpace"});
}

// Where all sizes are fixed, operators' own shape rules tell those between.
TEST(PixelShuffle, FindsFixedSizesBehindAnyOperator) {
  const auto ops = [](const std::vector<ModelBuilder::Size>& input) {
    ModelBuilder model;
    model.input("in", DType::Float, input)
        .constant("split", int64s({1, 2, 3, 3, 4, 5}))
        .constant("merged", int64s({1, 2, 12, 15}))
        .node("MaxPool", {"in"}, {"a"}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}})
        .node("Reshape", {"a", "split"}, {"b"})
        .node("Transpose", {"b"}, {"c"}, {{"perm", Ints{0, 1, 4, 2, 5, 3}}})
        .node("Reshape", {"c", "merged"}, {"y"})
        .output("y");
    return operators(after(recognise_pixel_shuffle, model));
  };
  EXPECT_EQ(ops({1, 18, 8, 11}), (Names{"MaxPool", "DepthToSpace"}));
  EXPECT_EQ(ops({1, 18, 10, 8}).size(), 4u);
  EXPECT_EQ(ops({1, 18, "h", 11}).size(), 4u);
}

TEST(PixelShuffle, OfAnOpenBatchNeedsTheSize) {
  const auto ops = [](const std::vector<ModelBuilder::Size>& input, const Ints& strides,
                      const Ints& pads) {
    ModelBuilder model;
    model.input("in", DType::Float, input)
        .constant("w", ones({18, 2, 3, 3}))
        .constant("split", int64s({-1, 2, 3, 3, 4, 5}))
        .constant("merged", int64s({-1, 2, 12, 15}))
        .node("Conv", {"in", "w"}, {"a"}, {{"strides", strides}, {"pads", pads}})
        .node("Relu", {"a"}, {"b"})
        .node("Reshape", {"b", "split"}, {"c"})
        .node("Transpose", {"c"}, {"d"}, {{"perm", Ints{0, 1, 4, 2, 5, 3}}})
        .node("Reshape", {"d", "merged"}, {"y"})
        .output("y");
    return operators(after(recognise_pixel_shuffle, model));
  };
  const Names recognised = {"Conv", "Relu", "DepthToSpace"};
  EXPECT_EQ(ops({"n", 2, 4, 5}, {1, 1}, {1, 1, 1, 1}), recognised);
  EXPECT_EQ(ops({"n", 2, 4, 5}, {1, 1}, {0, 2, 2, 0}), recognised);
  EXPECT_EQ(ops({"n", 2, 4, "w"}, {1, 1}, {1, 1, 1, 1}).size(), 5u);
  EXPECT_EQ(ops({"n", 2, 8, 5}, {1, 1}, {1, 1, 1, 1}).size(), 5u);
  EXPECT_EQ(ops({"n", 2, 4, 5}, {1, 1}, {1, 1, 0, 1}).size(), 5u);
  EXPECT_EQ(ops({"n", 2, 4, 5}, {2, 1}, {1, 1, 1, 1}).size(), 5u);
}

// What PyTorch writes at opset 9 and 10 where height and width are free, after `before`.
ModelBuilder shuffle_of_any_size(ModelBuilder before, const Ints& rows = {0, 0, -1, 1, 0, 0}) {
  return before.constant("split", int64s({0, -1, 3, 3, 0, 0}))
      .constant("rows", int64s(rows))
      .constant("columns", int64s({0, 0, 0, 0, -1, 1}))
      .node("Unsqueeze", {"x"}, {"a"}, {{"axes", Ints{2, 3}}})
      .node("Reshape", {"a", "split"}, {"b"})
      .node("Transpose", {"b"}, {"c"}, {{"perm", Ints{0, 1, 4, 2, 5, 3}}})
      .node("Reshape", {"c", "rows"}, {"d"})
      .node("Reshape", {"d", "columns"}, {"e"})
      .node("Squeeze", {"e"}, {"y"}, {{"axes", Ints{3, 5}}})
      .output("y");
}

TEST(PixelShuffle, OfAnySizeIsRecognised) {
  const ModelBuilder input = ModelBuilder(10).input("x", DType::Float, {1, 18, "h", "w"});
  const Graph graph = after(recognise_pixel_shuffle, shuffle_of_any_size(input));
  ASSERT_EQ(operators(graph), Names{"DepthToSpace"});
  EXPECT_EQ(graph.nodes[0].attributes.get_string("mode", ""), "CRD");
  EXPECT_EQ(graph.nodes[0].attributes.get_int("blocksize", 0), 3);
  EXPECT_EQ(graph.nodes[0].inputs, std::vector{graph.find("x")});

  const auto other = shuffle_of_any_size(input, {0, 0, 1, -1, 0, 0});
  EXPECT_EQ(operators(after(recognise_pixel_shuffle, other)).size(), 6u);
  const ModelBuilder volume = ModelBuilder(10).input("x", DType::Float, {1, 18, "d", "h", "w"});
  EXPECT_EQ(operators(after(recognise_pixel_shuffle, shuffle_of_any_size(volume))).size(), 6u);
}

TEST(PixelShuffle, ConvolutionsMakeImages) {
  const auto ops = [](const Shape& weight) {
    ModelBuilder model(10);
    model.input("in", DType::Float, {})
        .constant("w", ones(weight))
        .constant("slopes", ones({18, 1, 1}))
        .node("Conv", {"in", "w"}, {"convolved"})
        .node("PRelu", {"convolved", "slopes"}, {"active"})
        .node("Add", {"active", "convolved"}, {"x"});
    return operators(after(recognise_pixel_shuffle, shuffle_of_any_size(model)));
  };
  EXPECT_EQ(ops({18, 2, 3, 3}), (Names{"Conv", "PRelu", "Add", "DepthToSpace"}));
  EXPECT_EQ(ops({18, 2, 3}).size(), 9u);
}

}  // namespace
}  // namespace fovea

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

TEST(DeadCode, GoesWithItsConstants) {
  const Graph graph = after(remove_dead_code, ModelBuilder()
                                                  .input("x", DType::Float, {2})
                                                  .constant("unused", ones({1000}))
                                                  .node("Add", {"x", "unused"}, {"dead"})
                                                  .node("Relu", {"x"}, {"y"})
                                                  .output("y"));
  EXPECT_EQ(operators(graph), Names{"Relu"});
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

ModelBuilder shuffle(std::vector<int64_t> split, std::vector<int64_t> perm,
                     std::vector<int64_t> merged) {
  const auto rank = static_cast<int64_t>(split.size());
  const auto merged_rank = static_cast<int64_t>(merged.size());
  return ModelBuilder()
      .input("x", DType::Float, {1, 18, 4, 5})
      .constant("split", Tensor::of<int64_t>({rank}, split))
      .constant("merged", Tensor::of<int64_t>({merged_rank}, merged))
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
  const auto ops = [](std::vector<int64_t> split, std::vector<int64_t> perm,
                      std::vector<int64_t> merged) {
    return operators(after(recognise_pixel_shuffle,
                           shuffle(std::move(split), std::move(perm), std::move(merged))));
  };
  EXPECT_EQ(ops({1, 2, 3, 3, 4, 5}, {0, 1, 4, 2, 5, 3}, {1, 2, 15, 12}), kept);
  EXPECT_EQ(ops({1, 2, 3, 3, 4, 5}, {0, 1, 2, 4, 3, 5}, {1, 2, 12, 15}), kept);
  EXPECT_EQ(ops({1, 3, 2, 3, 4, 5}, {0, 1, 4, 2, 5, 3}, {1, 3, 8, 15}), kept);
}

TEST(WidenFloat16, CastsAtTheBordersOnly) {
  const Graph graph = after(widen_float16, ModelBuilder()
                                               .input("x", DType::Float16, {2})
                                               .constant("c", Tensor::of<Half>({1}, {to_half(2)}))
                                               .node("Add", {"x", "c"}, {"y"})
                                               .output("y", DType::Float16));
  EXPECT_EQ(operators(graph), (Names{"Cast", "Add", "Cast"}));
  EXPECT_EQ(graph.constant(graph.find("c"))->dtype(), DType::Float);
  EXPECT_EQ(graph.value(graph.outputs[0]).name, "y");
}

}  // namespace
}  // namespace fovea

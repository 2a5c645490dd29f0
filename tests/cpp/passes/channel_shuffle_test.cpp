#include <gtest/gtest.h>

#include "ops/core/body.h"
#include "pass_checks.h"

namespace fovea {
namespace {

using test::after;
using test::ModelBuilder;
using test::Names;
using test::operators;
using Ints = std::vector<int64_t>;

Tensor int64s(const Ints& values) {
  return Tensor::of<int64_t>({std::ssize(values)}, std::span<const int64_t>(values));
}

ModelBuilder shuffled(const Ints& split, const Ints& perm, const Ints& merged) {
  return ModelBuilder()
      .input("x", DType::Float, {1, 6, "h", "w"})
      .constant("split", int64s(split))
      .constant("merged", int64s(merged))
      .node("Reshape", {"x", "split"}, {"a"})
      .node("Transpose", {"a"}, {"b"}, {{"perm", perm}})
      .node("Reshape", {"b", "merged"}, {"y"})
      .output("y");
}

const Names kWritten = {"Reshape", "Transpose", "Reshape"};

Names found(const ModelBuilder& model) {
  return operators(after(recognise_channel_shuffle, model));
}

TEST(ChannelShuffle, IsRecognised) {
  const Graph graph =
      after(recognise_channel_shuffle, shuffled({1, 2, 3, 7, 8}, {0, 2, 1, 3, 4}, {1, 6, 7, 8}));
  ASSERT_EQ(operators(graph), Names{"ChannelShuffle"});
  EXPECT_EQ(operators(body_of(graph.nodes[0])), kWritten);
  EXPECT_EQ(graph.nodes[0].inputs.size(), 3u);
  EXPECT_EQ(found(shuffled({-1, 2, 3, 7, 8}, {0, 2, 1, 3, 4}, {-1, 6, 7, 8})),
            Names{"ChannelShuffle"});
}

TEST(ChannelShuffle, WhatOnlyLooksLikeOneStays) {
  EXPECT_EQ(found(shuffled({1, 2, 3, 7, 8}, {0, 2, 1, 4, 3}, {1, 6, 8, 7})), kWritten);
  EXPECT_EQ(found(shuffled({1, 2, 3, 7, 8}, {0, 2, 1, 3, 4}, {1, 6, 56})), kWritten);
  EXPECT_EQ(found(shuffled({1, 2, 3, 56}, {0, 2, 1, 3}, {1, 6, 7, 8})), kWritten);
  // Values between that somebody wants are made anyway.
  EXPECT_EQ(found(shuffled({1, 2, 3, 7, 8}, {0, 2, 1, 3, 4}, {1, 6, 7, 8}).output("b")), kWritten);
}

TEST(ChannelShuffle, NeedsShapesThatAreWrittenDown) {
  const auto model = ModelBuilder()
                         .input("x", DType::Float, {1, 6, 7, 8})
                         .input("split", DType::Int64, {5})
                         .constant("merged", int64s({1, 6, 7, 8}))
                         .node("Reshape", {"x", "split"}, {"a"})
                         .node("Transpose", {"a"}, {"b"}, {{"perm", Ints{0, 2, 1, 3, 4}}})
                         .node("Reshape", {"b", "merged"}, {"y"})
                         .output("y");
  EXPECT_EQ(found(model), kWritten);
}

}  // namespace
}  // namespace fovea

#include <gtest/gtest.h>

#include "pass_checks.h"

namespace fovea {
namespace {

using test::after;
using test::ModelBuilder;
using test::Names;
using test::operators;
using Ints = std::vector<int64_t>;

// Part `index` of images whose channels become `groups` of some.
ModelBuilder gathered(const Ints& groups, const Tensor& index, int64_t axis = 1, int opset = 17) {
  return ModelBuilder(opset)
      .input("x", DType::Float, {2, 6, 4, 5})
      .constant("groups", Tensor::of<int64_t>({std::ssize(groups)}, std::span(groups)))
      .constant("index", index)
      .node("Reshape", {"x", "groups"}, {"parts"})
      .node("Gather", {"parts", "index"}, {"y"}, {{"axis", axis}})
      .output("y");
}

Names names(const ModelBuilder& model) { return operators(after(slice_gathered_channels, model)); }

const Names kWritten = {"Reshape", "Gather"};

TEST(GatheredChannels, BecomeASlice) {
  for (const int64_t index : {2, -1}) {
    const Graph graph =
        after(slice_gathered_channels, gathered({2, 3, 2, 4, 5}, Tensor::of<int64_t>({}, {index})));
    ASSERT_EQ(operators(graph), Names{"Slice"});
    const Node& slice = graph.nodes[0];
    const auto number = [&](size_t input) {
      return graph.constant(slice.inputs[input])->as<int64_t>()[0];
    };
    EXPECT_EQ(number(1), 4);
    EXPECT_EQ(number(2), 6);
    EXPECT_EQ(number(3), 1);
  }
}

TEST(GatheredChannels, OthersStay) {
  const Tensor one = Tensor::of<int64_t>({}, {1});
  EXPECT_EQ(names(gathered({2, 3, 2, 4, 5}, Tensor::of<int64_t>({1}, {1}))), kWritten);
  EXPECT_EQ(names(gathered({2, 3, 2, 4, 5}, one, 2)), kWritten);
  EXPECT_EQ(names(gathered({2, 3, 2, 4, 5}, Tensor::of<int64_t>({}, {3}))), kWritten);
  EXPECT_EQ(names(gathered({2, 3, 2, 5, 4}, one)), kWritten);
  EXPECT_EQ(names(gathered({1, 3, 4, 4, 5}, one)), kWritten);
  EXPECT_EQ(names(gathered({2, 3, 2, -1, 5}, one)), kWritten);
  EXPECT_EQ(names(gathered({2, 3, 40}, one)), kWritten);
  EXPECT_EQ(names(gathered({2, 3, 2, 4, 5}, one, 1, 9)), kWritten);
}

// Whoever else reads what was reshaped still does.
TEST(GatheredChannels, EachPartByItself) {
  const Names found =
      names(gathered({2, 3, 2, 4, 5}, Tensor::of<int64_t>({}, {0})).output("parts"));
  EXPECT_EQ(found, (Names{"Reshape", "Slice"}));
}

}  // namespace
}  // namespace fovea

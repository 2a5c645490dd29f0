#include <gtest/gtest.h>

#include "ops/core/body.h"
#include "pass_checks.h"

namespace fovea {
namespace {

using test::after;
using test::ModelBuilder;
using test::Names;
using test::ones;
using test::operators;
using Attributes = std::vector<ModelBuilder::Attribute>;

constexpr int64_t kChannels = 1;

// a and b, of 4 and 8 channels, joined along `axis` to c.
ModelBuilder joined(int64_t axis = kChannels, int64_t channels_of_b = 8) {
  return ModelBuilder()
      .input("x", DType::Float, {1, 2, 6, 6})
      .constant("wa", ones({4, 2, 3, 3}))
      .constant("wb", ones({channels_of_b, 2, 3, 3}))
      .node("Conv", {"x", "wa"}, {"a"})
      .node("Conv", {"x", "wb"}, {"b"})
      .node("Concat", {"a", "b"}, {"c"}, {{"axis", axis}});
}

Graph convolved(ModelBuilder model, Shape weights = {4, 12, 3, 3}, Attributes attributes = {}) {
  return after(fuse_concatenation, model.constant("w", ones(std::move(weights)))
                                       .node("Conv", {"c", "w"}, {"y"}, std::move(attributes))
                                       .output("y"));
}

const Names kFused = {"Conv", "Conv", "FusedConv"};
const Names kKept = {"Conv", "Conv", "Concat", "Conv"};

TEST(Concatenation, BecomesInputsOfTheConvolution) {
  for (const int64_t axis : {1, -3}) {
    const Graph graph = convolved(joined(axis));
    ASSERT_EQ(operators(graph), kFused);
    const Node& fused = graph.nodes[2];
    Names inputs;
    for (const ValueId id : fused.inputs) inputs.push_back(graph.value(id).name);
    EXPECT_EQ(inputs, (Names{"a", "b", "w"}));
    EXPECT_EQ(operators(body_of(fused)), (Names{"Concat", "Conv"}));
  }
}

TEST(Concatenation, GoesWhereAllReadersTakeParts) {
  EXPECT_EQ(operators(convolved(joined(), {4, 12, 5, 5})), kFused);
  const auto with = [](const char* op_type, std::vector<std::string> inputs) {
    return operators(convolved(joined()
                                   .constant("v", ones({4, 12, 3, 3}))
                                   .node(op_type, std::move(inputs), {"z"})
                                   .output("z")));
  };
  EXPECT_EQ(with("Conv", {"c", "v"}), (Names{"Conv", "Conv", "FusedConv", "FusedConv"}));
  EXPECT_EQ(with("Relu", {"c"}), (Names{"Conv", "Conv", "Concat", "Relu", "Conv"}));
  EXPECT_EQ(operators(convolved(joined().output("c"))), kKept);
}

TEST(Concatenation, GoesBeforePointwiseConvolutionsOfAnyChannels) {
  EXPECT_EQ(operators(convolved(joined(), {4, 12, 1, 1})), kFused);
  EXPECT_EQ(operators(convolved(joined(1, 7), {4, 11, 1, 1})), kFused);
  EXPECT_EQ(operators(convolved(joined(), {4, 12, 1, 1}, {{"group", int64_t{1}}})), kFused);
  EXPECT_EQ(operators(convolved(joined(), {4, 6, 1, 1}, {{"group", int64_t{2}}})), kKept);
  EXPECT_EQ(
      operators(convolved(joined(), {4, 12, 1, 1}, {{"strides", std::vector<int64_t>{2, 2}}})),
      kKept);
  EXPECT_EQ(operators(convolved(joined(2, 4), {4, 4, 1, 1})), kKept);
  const auto of_input = ModelBuilder()
                            .input("x", DType::Float, {1, 5, 6, 6})
                            .node("Concat", {"x", "x"}, {"c"}, {{"axis", kChannels}});
  EXPECT_EQ(operators(convolved(of_input, {4, 10, 1, 1})), (Names{"FusedConv"}));
}

TEST(Concatenation, StaysBeforeOtherConvolutions) {
  EXPECT_EQ(operators(convolved(joined(), {4, 12, 7, 7})), kKept);
  EXPECT_EQ(operators(convolved(joined(), {2, 12, 3, 3})), kKept);
  const auto with = [](const char* name, std::vector<int64_t> values) {
    return operators(convolved(joined(), {4, 12, 3, 3}, {{name, std::move(values)}}));
  };
  EXPECT_EQ(with("strides", {1, 1}), kFused);
  EXPECT_EQ(with("strides", {1, 2}), kKept);
  EXPECT_EQ(with("dilations", {2, 1}), kKept);
  EXPECT_EQ(operators(convolved(joined(), {4, 6, 3, 3}, {{"group", int64_t{2}}})), kKept);
}

TEST(Concatenation, StaysWhereChannelsAreUnknownOrNoVectors) {
  EXPECT_EQ(operators(convolved(joined(1, 7), {4, 11, 3, 3})), kKept);
  EXPECT_EQ(operators(convolved(joined(2, 4), {4, 4, 3, 3})), kKept);
  const auto of_input = ModelBuilder()
                            .input("x", DType::Float, {1, "c", 6, 6})
                            .node("Concat", {"x", "x"}, {"c"}, {{"axis", kChannels}});
  EXPECT_EQ(operators(convolved(of_input, {4, 16, 3, 3})), (Names{"Concat", "Conv"}));
}

TEST(Concatenation, GoesWhereTheGraphTellsTheChannels) {
  const auto model = ModelBuilder()
                         .input("x", DType::Float, {1, 8, "h", "w"})
                         .constant("up", ones({8, 4, 2, 2}))
                         .node("ConvTranspose", {"x", "up"}, {"a"})
                         .node("Concat", {"a", "x"}, {"c"}, {{"axis", kChannels}});
  EXPECT_EQ(operators(convolved(model, {4, 12, 3, 3})), (Names{"ConvTranspose", "FusedConv"}));
}

// Two of three results of a Split, each read by somebody else as well.
Names rejoined(const Names& parts, int64_t axis = 1, bool of_input = false) {
  ModelBuilder model;
  model.input("x", DType::Float, {1, 6, 4, 4})
      .node("Relu", {"x"}, {"r"})
      .node("Split", {of_input ? "x" : "r"}, {"a", "b", "c"}, {{"axis", int64_t{1}}})
      .node("Neg", {"b"}, {"n"})
      .output("n")
      .output("r");
  model.node("Concat", parts, {"y"}, {{"axis", axis}}).output("y");
  return operators(after(fuse_concatenation, model));
}

TEST(Concatenation, OfAllThatWasSplitGoes) {
  const Names kept = {"Relu", "Split", "Neg", "Concat"};
  EXPECT_EQ(rejoined({"a", "b", "c"}), (Names{"Relu", "Split", "Neg"}));
  EXPECT_EQ(rejoined({"a", "c", "b"}), kept);
  EXPECT_EQ(rejoined({"a", "b"}), kept);
  EXPECT_EQ(rejoined({"a", "b", "c", "c"}), kept);
  EXPECT_EQ(rejoined({"a", "b", "c"}, 2), kept);
  // A result is never the input itself.
  EXPECT_EQ(rejoined({"a", "b", "c"}, 1, true), kept);
}

}  // namespace
}  // namespace fovea

#include "quantise/layers.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "quantising.h"

namespace fovea::quantise {
namespace {

using test::ModelBuilder;

Layers layers_of(const ModelBuilder& builder, const Options& options = {}) {
  const Network network(builder.bytes());
  Layers found = find_layers(network, options);
  // They refer to the network.
  for (Layer& layer : found.layers) layer.input = layer.weights = layer.bias = layer.output = {};
  return found;
}

ModelBuilder picture() { return ModelBuilder().input("x", DType::Float, {1, 8, "h", "w"}); }

TEST(FindLayers, SaysWhyOthersStayFloat) {
  struct Case {
    ModelBuilder builder;
    std::string reason;
  };
  const auto weights = [](Shape shape) { return random_tensor(std::move(shape), 1); };
  const Case cases[] = {
      {picture().input("w", DType::Float, {4, 8, 3, 3}).node("Conv", {"x", "w"}, {"y"}),
       "no constants"},
      {picture()
           .constant("w", weights({4, 8, 3, 3}))
           .constant("c", weights({1, 8, 5, 5}))
           .node("Conv", {"c", "w"}, {"y"}),
       "its input is constant"},
      {ModelBuilder()
           .input("x", DType::Float, {1, 8, 20})
           .constant("w", weights({4, 8, 5}))
           .node("Conv", {"x", "w"}, {"y"}),
       "have 3 axes, not 4"},
      {picture().constant("w", weights({4, 8, 1, 1})).node("Conv", {"x", "w"}, {"y"}),
       "only 8 products"},
      {picture()
           .input("b", DType::Float, {4})
           .constant("w", weights({4, 8, 3, 3}))
           .node("Conv", {"x", "w", "b"}, {"y"}),
       "bias"},
      {ModelBuilder()
           .input("x", DType::Float, {5, 40})
           .constant("w", weights({40, 3}))
           .node("Gemm", {"x", "w"}, {"y"}, {{"alpha", 2.0f}}),
       "scales"},
  };
  for (const Case& one : cases) {
    const Layers found = layers_of(one.builder);
    EXPECT_TRUE(found.layers.empty());
    ASSERT_EQ(found.skipped.size(), 1u) << one.reason;
    EXPECT_NE(found.skipped[0].reason.find(one.reason), std::string::npos)
        << found.skipped[0].reason;
  }
}

TEST(FindLayers, TakesFewProductsWhereOtherEnginesWould) {
  Options options;
  options.placement = Placement::Everywhere;
  const auto builder =
      picture().constant("w", random_tensor({4, 8, 1, 1}, 1)).node("Conv", {"x", "w"}, {"y"});
  EXPECT_EQ(layers_of(builder, options).layers.size(), 1u);
}

TEST(WantsFolding, WhatIsNormalisedOrWrittenAsFunctions) {
  const auto wants = [](ModelBuilder builder) {
    return wants_folding(Network(builder.output("y").bytes()));
  };
  auto plain = picture().constant("w", random_tensor({4, 8, 3, 3}, 1));
  plain.node("Conv", {"x", "w"}, {"c"});
  auto normalised = plain;
  plain.node("Relu", {"c"}, {"y"});
  EXPECT_FALSE(wants(plain));
  for (const char* name : {"scale", "b", "mean", "var"}) {
    normalised.constant(name, random_tensor({4}, 2, 0.5f, 1));
  }
  normalised.node("BatchNormalization", {"c", "scale", "b", "mean", "var"}, {"y"});
  EXPECT_TRUE(wants(normalised));
}

// Every element of every image, padding included, by the definition of Conv.
TEST(Columns, AreWhatAConvolutionReads) {
  const std::vector<ModelBuilder::Attribute> attributes = {
      {"group", int64_t{2}},
      {"strides", std::vector<int64_t>{2, 1}},
      {"dilations", std::vector<int64_t>{1, 2}},
      {"pads", std::vector<int64_t>{1, 2, 0, 3}},
  };
  ModelBuilder builder;
  const std::string bytes = builder.input("x", DType::Float, {2, 6, 9, 8})
                                .constant("w", random_tensor({4, 3, 3, 2}, 1))
                                .node("Conv", {"x", "w"}, {"y"}, attributes)
                                .output("y")
                                .bytes();
  const Network network(bytes);
  Options options;
  options.placement = Placement::Everywhere;
  const Layers found = find_layers(network, options);
  ASSERT_EQ(found.layers.size(), 1u);
  const Layer& layer = found.layers[0];
  const Weights weights = weights_of(network, layer);
  const Tensor image = random_tensor({2, 6, 9, 8}, 2);
  const Tensor result = test::load(bytes)->run({{"x", image}})[0];
  const Columns columns(network, layer, image.shape(), result.shape());
  ASSERT_EQ(columns.places(), result.elements() / 4);
  std::vector<float> read(18), results(2);
  for (int64_t place = 0; place < columns.places(); ++place) {
    for (int64_t group = 0; group < 2; ++group) {
      columns.read(image.as<float>().data(), place, group, read.data());
      columns.results(result.as<float>().data(), place, group, results.data());
      for (int64_t o = 0; o < 2; ++o) {
        double sum = 0;
        for (size_t i = 0; i < 18; ++i) {
          sum += double{read[i]} * weights.values[static_cast<size_t>((group * 2 + o) * 18) + i];
        }
        ASSERT_NEAR(results[static_cast<size_t>(o)], sum, 1e-5) << place;
      }
    }
  }
  EXPECT_THROW(Columns(network, layer, {2, 5, 9, 8}, result.shape()), Error);
}

}  // namespace
}  // namespace fovea::quantise

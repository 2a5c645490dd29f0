// FlexAttention of ai.onnx.preview, whose graphs only a session can run.

#include <gtest/gtest.h>

#include <random>

#include "support/model_builder.h"
#include "support/nd.h"
#include "support/near.h"
#include "support/reference_attention.h"
#include "support/session_runner.h"

namespace fovea::test {
namespace {

using Subgraphs = std::vector<std::pair<std::string, ModelBuilder>>;
using Attributes = std::vector<ModelBuilder::Attribute>;

// A graph of one node, from `scores` to `changed`; the node may read values of the model, too.
ModelBuilder modifier(const std::string& op_type, std::vector<std::string> inputs) {
  return ModelBuilder()
      .input("scores", DType::Float, {"b", "h", "l", "s"})
      .node(op_type, std::move(inputs), {"changed"})
      .output("changed");
}

std::string model(DType dtype, const Subgraphs& subgraphs, const Attributes& attributes = {}) {
  ModelBuilder builder;
  builder.import_opset("ai.onnx.preview", 1);
  for (const char* name : {"q", "k", "v"}) builder.input(name, dtype, {"b", name, "l", "e"});
  builder.input("bias", DType::Float, {"l", "s"});
  return builder
      .branch("FlexAttention", {"q", "k", "v"}, {"y"}, subgraphs, attributes, "ai.onnx.preview")
      .output("y", dtype)
      .bytes();
}

struct Inputs {
  Tensor q = random({2, 4, 3, 4}, 1), k = random({2, 2, 5, 4}, 2), v = random({2, 2, 5, 3}, 3),
         bias = random({3, 5}, 4);

  static Tensor random(Shape shape, uint32_t seed) {
    std::mt19937 engine(seed);
    std::uniform_real_distribution<float> uniform(-1, 1);
    Tensor tensor = Tensor::allocate(DType::Float, std::move(shape));
    for (float& value : tensor.mutable_as<float>()) value = uniform(engine);
    return tensor;
  }
};

Tensor run(const std::string& bytes, const Inputs& in) {
  return load(bytes)->run({{"q", in.q}, {"k", in.k}, {"v", in.v}, {"bias", in.bias}}, {"y"})[0];
}

TEST(FlexAttention, LooksAtAllKeys) {
  const Inputs in;
  const Attended half = attend(heads_of(in.q), heads_of(in.k), heads_of(in.v), 0.5);
  expect_near(run(model(DType::Float, {}), in), {2, 4, 3, 3}, half.y.values);
  const Attended own = attend(heads_of(in.q), heads_of(in.k), heads_of(in.v), 0.3);
  const Attributes attributes = {{"scale", 0.3f}, {"softmax_precision", int64_t{1}}};
  expect_near(run(model(DType::Float, {}, attributes), in), {2, 4, 3, 3}, own.y.values);
}

// A value of the model that a graph reads, too.
TEST(FlexAttention, ChangesScoresAndWeights) {
  const Inputs in;
  const Bias bias = [&](int64_t, int64_t, int64_t i, int64_t j) {
    return double{in.bias.as<float>()[static_cast<size_t>(i * 5 + j)]};
  };
  Attended expected = attend(heads_of(in.q), heads_of(in.k), heads_of(in.v), 0.5, bias);
  const ModelBuilder add = modifier("Add", {"scores", "bias"}),
                     twice = modifier("Add", {"scores", "scores"});
  expect_near(run(model(DType::Float, {{"score_mod", add}}), in), {2, 4, 3, 3}, expected.y.values);
  for (double& value : expected.y.values) value *= 2;
  expect_near(run(model(DType::Float, {{"score_mod", add}, {"prob_mod", twice}}), in), {2, 4, 3, 3},
              expected.y.values);
}

// What a run has computed by graphs is not computed while planning.
TEST(FlexAttention, OfConstants) {
  const Inputs in;
  ModelBuilder builder;
  builder.import_opset("ai.onnx.preview", 1);
  builder.constant("q", in.q).constant("k", in.k).constant("v", in.v);
  const std::string bytes =
      builder.branch("FlexAttention", {"q", "k", "v"}, {"y"}, {}, {}, "ai.onnx.preview")
          .output("y", DType::Float)
          .bytes();
  const Attended expected = attend(heads_of(in.q), heads_of(in.k), heads_of(in.v), 0.5);
  for (const bool optimised : {true, false}) {
    SessionOptions options;
    if (!optimised) options.disabled_passes = {"*"};
    expect_near(load(bytes, options)->run({}, {"y"})[0], {2, 4, 3, 3}, expected.y.values);
  }
}

TEST(FlexAttention, RefusesWhatDoesNotFit) {
  Inputs in;
  const auto invalid = ErrorCode::InvalidInput, malformed = ErrorCode::MalformedModel;
  const auto error = [&](const Subgraphs& subgraphs, const Attributes& attributes = {}) {
    return error_of([&] { run(model(DType::Float, subgraphs, attributes), in); });
  };
  EXPECT_EQ(error({{"score_mod", modifier("Size", {"scores"})}}), invalid);
  EXPECT_EQ(error({{"score_mod", modifier("Add", {"scores", "scores"}).output("scores")}}),
            malformed);
  EXPECT_EQ(error({}, {{"softmax_precision", int64_t{7}}}), malformed);
  in.k = Inputs::random({2, 3, 5, 4}, 1);
  EXPECT_EQ(error({}), invalid);
}

}  // namespace
}  // namespace fovea::test

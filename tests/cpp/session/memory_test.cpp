#include <gtest/gtest.h>

#include "support/model_builder.h"
#include "support/random.h"
#include "support/session_runner.h"

// Weights whose memory is given back once kernels have them in a form of their own.

namespace fovea::test {
namespace {

constexpr int64_t kChannels = 8;
constexpr uint64_t kWeightBytes = kChannels * kChannels * 9 * sizeof(float);

Tensor random_tensor(const Shape& shape, uint32_t seed) {
  return Tensor::of<float>(shape, random_floats(shape.elements(), seed));
}

// Two convolutions, the second of which has its weights multiplied by a scale by a pass, and a sum
// that reads the first one's weights as they are if `shares`.
ModelBuilder convolutions(bool shares = false) {
  uint32_t seed = 0;
  const auto numbers = [&](const Shape& shape) { return random_tensor(shape, ++seed); };
  const Shape weights = {kChannels, kChannels, 3, 3};
  const ModelBuilder::Attribute pads = {"pads", std::vector<int64_t>{1, 1, 1, 1}};
  ModelBuilder model;
  model.input("x", DType::Float, {1, kChannels, "h", "w"})
      .constant("first", numbers(weights))
      .constant("second", numbers(weights))
      .constant("scale", numbers({1, kChannels, 1, 1}))
      .node("Conv", {"x", "first"}, {"a"}, {pads})
      .node("Relu", {"a"}, {"b"})
      .node("Conv", {"b", "second"}, {"c"}, {pads})
      .node("Mul", {"c", "scale"}, {"out"}, {})
      .output("out");
  if (shares) {
    model.node("ReduceMean", {"x"}, {"mean"}).node("Add", {"first", "mean"}, {"sum"}).output("sum");
  }
  return model;
}

std::vector<Feed> feeds(int64_t height, int64_t width) {
  return {{"x", random_tensor({1, kChannels, height, width}, 9)}};
}

// Without a depot.
std::unique_ptr<Session> load_to_stay(const std::string& bytes, SessionOptions options = {}) {
  return Session::load({std::as_bytes(std::span(bytes)), nullptr}, std::make_shared<ThreadPool>(1),
                       std::move(options));
}

void expect_identical(const std::vector<Tensor>& actual, const std::vector<Tensor>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) EXPECT_TRUE(identical(actual[i], expected[i])) << i;
}

TEST(Memory, OriginalsAreGivenBackOncePacked) {
  const std::string bytes = convolutions().bytes();
  const auto session = load(bytes), other = load_to_stay(bytes);
  EXPECT_EQ(session->held().weights, 0u);
  session->run(feeds(16, 16));
  other->run(feeds(16, 16));
  // The model's two, and the second one scaled.
  EXPECT_GE(other->held().weights - session->held().weights, 3 * kWeightBytes);
  EXPECT_GT(session->held().weights, 2 * kWeightBytes);
}

// Small images and large ones, and those in bands, are computed by other algorithms, of other
// forms.
TEST(Memory, ResultsStayAfterManyShapes) {
  const std::string bytes = convolutions().bytes();
  const SessionOptions options = {.bands = {.fast_whole = 1 << 14, .largest_whole = 1 << 16}};
  const auto session = load(bytes, options), other = load_to_stay(bytes, options);
  for (int round = 0; round < 2; ++round) {
    for (const auto& [height, width] : {std::pair{16, 16}, {1, 1}, {2, 40}, {300, 5}, {64, 64}}) {
      SCOPED_TRACE(testing::Message() << height << " x " << width);
      expect_identical(session->run(feeds(height, width)), other->run(feeds(height, width)));
      EXPECT_LE(session->held().weights, other->held().weights - 3 * kWeightBytes);
    }
    session->trim();
  }
}

TEST(Memory, WhatAKernelReadsStays) {
  const std::string bytes = convolutions(true).bytes();
  const SessionOptions options = {.disabled_passes = {"*"}};
  const auto session = load(bytes, options), other = load_to_stay(bytes, options);
  for (const int64_t size : {16, 1, 16}) {
    expect_identical(session->run(feeds(size, size)), other->run(feeds(size, size)));
    EXPECT_EQ(other->held().weights - session->held().weights, kWeightBytes);
  }
}

TEST(Memory, WhatIsAskedForLaterIsThereAgain) {
  const std::string bytes = convolutions().bytes();
  const auto session = load(bytes), other = load_to_stay(bytes);
  session->run(feeds(16, 16));
  EXPECT_EQ(session->optimised_model(), other->optimised_model());
  for (const std::vector<std::string>& fetches :
       std::vector<std::vector<std::string>>{{"first"}, {"a"}, {"c"}, {"out", "second"}}) {
    SCOPED_TRACE(fetches[0]);
    for (int round = 0; round < 2; ++round) {
      expect_identical(session->run(feeds(16, 16), fetches), other->run(feeds(16, 16), fetches));
    }
    expect_identical(session->run(feeds(8, 8)), other->run(feeds(8, 8)));
  }
}

// y = op(x w).
ModelBuilder branch(const std::string& op, uint32_t seed) {
  return ModelBuilder()
      .constant("w", random_tensor({4, 4}, seed))
      .node("MatMul", {"x", "w"}, {"m"})
      .node(op, {"m"}, {"y"})
      .output("y");
}

TEST(Memory, ABranchGivesItsWeightsBack) {
  const std::string bytes =
      ModelBuilder()
          .input("x", DType::Float, {"n", 4})
          .input("condition", DType::Bool, {})
          .branch("If", {"condition"}, {"out"},
                  {{"then_branch", branch("Relu", 1)}, {"else_branch", branch("Neg", 2)}})
          .output("out")
          .bytes();
  const auto session = load(bytes), other = load_to_stay(bytes);
  for (const int64_t rows : {3, 7, 3}) {
    for (const bool condition : {true, false, true}) {
      const std::vector<Feed> fed = {{"x", random_tensor({rows, 4}, 3)},
                                     {"condition", Tensor::of<bool>({}, {condition})}};
      expect_identical(session->run(fed), other->run(fed));
    }
  }
  EXPECT_LT(session->held().weights, other->held().weights);
}

}  // namespace
}  // namespace fovea::test

#include <gtest/gtest.h>

#include "base/error.h"
#include "session/session.h"
#include "support/model_builder.h"
#include "support/mutate.h"
#include "support/session_runner.h"

namespace fovea {
namespace {

using test::ModelBuilder;

constexpr int kCases = 10'000;
constexpr int64_t kMaxFeedElements = 4096;
constexpr Limits kLimits{.tensor_bytes = 16 << 20};
constexpr double kMillisecondsPerRun = 20;

Tensor ramp(Shape shape, float step) {
  Tensor tensor = Tensor::allocate(DType::Float, std::move(shape));
  float value = -1.0f;
  for (float& element : tensor.mutable_as<float>()) {
    element = value;
    value = value > 1.0f ? -1.0f : value + step;
  }
  return tensor;
}

// What importing has to do with: functions that call each other and leave inputs out, subgraphs
// that capture, defaults, nodes out of order. Nothing reads the If, which the engine does not have.
std::string structured_model() {
  ModelBuilder clip, twice;
  clip.node("Clip", {"p", "low", "high"}, {"q"});
  twice.node("Bounded", {"inner", "bound"}, {"q"}, {}, "local")
      .node("Bounded", {"p", "", "bound"}, {"inner"}, {}, "local");
  const ModelBuilder branch = ModelBuilder()
                                  .constant("own", ramp({2}, 0.5f))
                                  .node("Add", {"a", "own"}, {"s"})
                                  .node("Twice", {"s", "factor"}, {"r"}, {}, "local")
                                  .output("r");
  return ModelBuilder()
      .input("x", DType::Float, {2})
      .input("factor", DType::Float, {1})
      .constant("factor", Tensor::of<float>({1}, {0.25f}))
      .constant("one", Tensor::of<float>({}, {1}))
      .function("Bounded", {"p", "low", "high"}, {"q"}, clip)
      .function("Twice", {"p", "bound"}, {"q"}, twice)
      .branch("If", {"x"}, {"unread"}, {{"then_branch", branch}, {"else_branch", branch}})
      .node("Mul", {"b", "factor"}, {"y"})
      .node("Neg", {"a"}, {"b"})
      .node("Twice", {"x", "one"}, {"a"}, {}, "local")
      .output("y")
      .bytes();
}

// Small networks of the operators people's models are made of.
std::vector<std::string> seed_models() {
  const std::vector<int64_t> same_pads{1, 1, 1, 1};
  return {
      ModelBuilder()
          .input("x", DType::Float, {1, 1, "h", "w"})
          .constant("w1", ramp({8, 1, 3, 3}, 0.1f))
          .constant("b1", ramp({8}, 0.3f))
          .constant("w2", ramp({4, 8, 3, 3}, 0.07f))
          .node("Conv", {"x", "w1", "b1"}, {"c1"}, {{"pads", same_pads}})
          .node("Relu", {"c1"}, {"r1"})
          .node("Conv", {"r1", "w2"}, {"c2"}, {{"pads", same_pads}})
          .node("DepthToSpace", {"c2"}, {"y"}, {{"blocksize", int64_t{2}}})
          .output("y")
          .bytes(),
      ModelBuilder()
          .input("x", DType::Float, {2, 6})
          .constant("shape", Tensor::of<int64_t>({3}, {2, -1, 3}))
          .constant("w", ramp({3, 5}, 0.2f))
          .constant("starts", Tensor::of<int64_t>({1}, {0}))
          .constant("ends", Tensor::of<int64_t>({1}, {2}))
          .constant("axes", Tensor::of<int64_t>({1}, {1}))
          .node("Reshape", {"x", "shape"}, {"a"})
          .node("MatMul", {"a", "w"}, {"b"})
          .node("Softmax", {"b"}, {"c"}, {{"axis", int64_t{-1}}})
          .node("Transpose", {"c"}, {"d"}, {{"perm", std::vector<int64_t>{0, 2, 1}}})
          .node("Slice", {"d", "starts", "ends", "axes"}, {"e"})
          .node("ReduceMean", {"e"}, {"f"}, {{"axes", std::vector<int64_t>{2}}})
          .output("f")
          .bytes(),
      ModelBuilder(13)
          .input("x", DType::Float, {1, 2, 5, 4})
          .constant("scales", Tensor::of<float>({4}, {1, 1, 2, 1.5f}))
          .constant("pads", Tensor::of<int64_t>({8}, {0, 0, 1, 1, 0, 0, 1, 1}))
          .node("Resize", {"x", "", "scales"}, {"a"}, {{"mode", std::string("cubic")}})
          .node("Pad", {"a", "pads"}, {"b"}, {{"mode", std::string("reflect")}})
          .node("MaxPool", {"b"}, {"c"}, {{"kernel_shape", std::vector<int64_t>{2, 2}}})
          .node("Shape", {"c"}, {"shape"})
          .node("ConstantOfShape", {"shape"}, {"zeros"})
          .node("Concat", {"c", "zeros"}, {"y"}, {{"axis", int64_t{1}}})
          .output("y")
          .bytes(),
      structured_model(),
  };
}

// Feeds of the declared shapes, unknown sizes small; nothing where they would be large.
std::optional<std::vector<Feed>> small_feeds(const ModelInfo& info) {
  std::vector<Feed> feeds;
  for (const InputInfo& input : info.inputs) {
    Shape shape;
    int64_t elements = 1;
    for (const Dim& dim : input.shape.value_or(std::vector<Dim>{})) {
      const auto* size = std::get_if<int64_t>(&dim);
      shape.push_back(size ? *size : 5);
      elements *= std::min<int64_t>(shape[shape.rank() - 1], kMaxFeedElements + 1);
      if (elements > kMaxFeedElements) return std::nullopt;
    }
    const DType dtype = input.dtype == DType::Undefined ? DType::Float : input.dtype;
    Tensor tensor = Tensor::allocate(dtype, std::move(shape));
    std::fill_n(tensor.mutable_data(), tensor.bytes(), std::byte{0});
    feeds.push_back({input.name, std::move(tensor)});
  }
  return feeds;
}

// Checks, loads and, if that works, runs for a moment. Returns whether all went well.
bool survives(const std::string& bytes) {
  try {
    check_model({std::as_bytes(std::span(bytes)), nullptr}, {.limits = kLimits});
    const auto session = test::load(bytes, {.limits = kLimits});
    auto feeds = small_feeds(session->info());
    if (feeds) session->start(std::move(*feeds))->advance(kMillisecondsPerRun);
    return true;
  } catch (const Error& error) {
    EXPECT_NE(error.code(), ErrorCode::Internal) << error.what();
    EXPECT_FALSE(error.message().empty());
    return false;
  }
}

TEST(Hostile, DamagedModelsGiveATypedErrorOrAWorkingSession) {
  const std::vector<std::string> seeds = seed_models();
  for (const std::string& seed : seeds) ASSERT_TRUE(survives(seed));
  test::Mutator mutate(20251120);
  int working = 0;
  for (int i = 0; i < kCases; ++i) {
    const std::string bytes = mutate(seeds[static_cast<size_t>(i) % seeds.size()]);
    SCOPED_TRACE(i);
    if (survives(bytes)) ++working;
  }
  EXPECT_GT(working, kCases / 100);
  EXPECT_LT(working, kCases);
}

TEST(Hostile, EveryTruncationIsAnError) {
  for (const std::string& seed : seed_models()) {
    for (size_t length = 0; length < seed.size(); ++length) {
      EXPECT_FALSE(survives(seed.substr(0, length))) << length;
    }
  }
}

}  // namespace
}  // namespace fovea

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/error.h"
#include "session/session.h"
#include "support/model_builder.h"
#include "support/session_runner.h"

// A run under way, and what is done to its session meanwhile.
namespace fovea {
namespace {

using test::floats;
using test::load;
using test::ModelBuilder;

ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::Internal;
}

Tensor vector_of(std::initializer_list<float> values) {
  return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
}

// Steps that no pass and no plan can merge, the last two in a segment of their own.
std::unique_ptr<Session> load_steps() {
  return load(ModelBuilder()
                  .input("x", DType::Float, {"n"})
                  .input("shape", DType::Int64, {"rank"})
                  .node("Add", {"x", "x"}, {"twice"})
                  .node("Reshape", {"twice", "shape"}, {"folded"})
                  .node("Neg", {"folded"}, {"negative"})
                  .node("Exp", {"negative"}, {"y"})
                  .output("y")
                  .output("negative")
                  .bytes(),
              {.disabled_passes = {"*"}});
}

std::vector<Feed> feeds(std::vector<int64_t> shape) {
  const auto rank = static_cast<int64_t>(shape.size());
  return {{"x", vector_of({1, 2, 3, 4})},
          {"shape", Tensor::of<int64_t>({rank}, std::span<const int64_t>(shape))}};
}

const std::vector<float> kNegative = {-2, -4, -6, -8};

void finish(Run& run) {
  while (!run.advance(0)) {
  }
}

TEST(Run, GoesOnAfterItsSessionIsTrimmed) {
  const auto session = load_steps();
  const auto run = session->start(feeds({2, 2}));
  run->advance(0);
  session->trim();
  finish(*run);
  session->trim();
  EXPECT_EQ(floats(run->outputs()[1]), kNegative);
  EXPECT_EQ(run->profile().size(), 3u);  // the Reshape is a view
}

TEST(Run, TrimmingWaitsForItsEnd) {
  const auto session = load_steps();
  {
    const auto run = session->start(feeds({4}));
    run->advance(0);
    session->trim();
  }
  EXPECT_EQ(floats(session->run(feeds({2, 2}))[1]), kNegative);
  session->trim();
  EXPECT_EQ(floats(session->run(feeds({2, 2}))[1]), kNegative);
}

TEST(Run, OutlivesItsSession) {
  auto session = load_steps();
  const auto run = session->start(feeds({2, 2}));
  run->advance(0);
  session.reset();
  finish(*run);
  EXPECT_EQ(floats(run->outputs()[1]), kNegative);
}

TEST(Run, EndsWhereItFails) {
  const auto session = load_steps();
  const auto failed = session->start(feeds({3}));
  EXPECT_EQ(code_of([&] { finish(*failed); }), ErrorCode::InvalidInput);
  // The session takes another run although the failed one is still there, and both know it is over.
  const auto next = session->start(feeds({2, 2}));
  EXPECT_EQ(code_of([&] { failed->advance(0); }), ErrorCode::InvalidInput);
  EXPECT_EQ(code_of([&] { failed->planned_shapes(); }), ErrorCode::InvalidInput);
  EXPECT_TRUE(failed->outputs().empty());
  EXPECT_EQ(code_of([&] { session->start(feeds({4})); }), ErrorCode::InvalidInput);
  finish(*next);
  EXPECT_EQ(floats(next->outputs()[1]), kNegative);
}

TEST(Run, TakesAnyBudget) {
  const auto session = load_steps();
  for (const double never : {0.0, -1.0, std::nan("")}) {
    const auto run = session->start(feeds({4}));
    EXPECT_FALSE(run->advance(never));
  }
  for (const double ever : {1e300, std::numeric_limits<double>::infinity()}) {
    const auto run = session->start(feeds({4}));
    EXPECT_TRUE(run->advance(ever));
  }
}

TEST(Feeds, AreGivenOnce) {
  const auto session = load_steps();
  std::vector<Feed> twice = feeds({4});
  twice.push_back({"x", vector_of({1, 1, 1, 1})});
  EXPECT_EQ(code_of([&] { session->run(twice); }), ErrorCode::InvalidInput);
  EXPECT_EQ(floats(session->run(feeds({4}))[1]), kNegative);
}

TEST(Feeds, OfBoolsAreZeroAndOne) {
  const auto session = load(ModelBuilder()
                                .input("a", DType::Bool, {3})
                                .input("b", DType::Bool, {3})
                                .node("And", {"a", "b"}, {"y"})
                                .output("y", DType::Bool)
                                .output("a", DType::Bool)
                                .bytes());
  const auto bools = [](std::vector<uint8_t> bytes) {
    Tensor tensor = Tensor::allocate(DType::Bool, {3});
    std::ranges::copy(bytes, tensor.mutable_as<uint8_t>().begin());
    return tensor;
  };
  const Tensor a = bools({2, 255, 0});
  const auto outputs = session->run({{"a", a}, {"b", bools({1, 4, 1})}});
  const auto bytes_of = [](const Tensor& tensor) {
    const auto bytes = tensor.as<uint8_t>();
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
  };
  EXPECT_EQ(bytes_of(outputs[0]), (std::vector<uint8_t>{1, 1, 0}));
  EXPECT_EQ(bytes_of(outputs[1]), (std::vector<uint8_t>{1, 1, 0}));
  EXPECT_EQ(bytes_of(a), (std::vector<uint8_t>{2, 255, 0}));
}

}  // namespace
}  // namespace fovea

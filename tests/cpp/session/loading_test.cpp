#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "session/session.h"
#include "support/model_builder.h"
#include "support/session_runner.h"

// Which models are taken, and what their parts come to mean.
namespace fovea {
namespace {

using test::floats;
using test::load;
using test::ModelBuilder;

Tensor vector_of(std::initializer_list<float> values) {
  return Tensor::of<float>({static_cast<int64_t>(values.size())}, values);
}

Error error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::Internal, "nothing was thrown"};
}

ModelReport check(const std::string& bytes, const SessionOptions& options = {}) {
  return check_model({std::as_bytes(std::span(bytes)), nullptr}, options);
}

// y = x * factor + 10, where the factor is 2 unless it is fed.
std::string model_with_default() {
  return ModelBuilder()
      .input("x", DType::Float, {"n"})
      .input("factor", DType::Float, {"m"})
      .constant("factor", vector_of({2}))
      .constant("ten", vector_of({10}))
      .node("Mul", {"x", "factor"}, {"scaled"})
      .node("Add", {"scaled", "ten"}, {"y"})
      .output("y")
      .bytes();
}

TEST(Defaults, AreUsedUnlessTheyAreFed) {
  const auto session = load(model_with_default());
  EXPECT_EQ(session->info().inputs.size(), 1u);
  ASSERT_EQ(session->info().defaults.size(), 1u);
  EXPECT_EQ(session->info().defaults[0].name, "factor");
  EXPECT_EQ(session->info().defaults[0].dtype, DType::Float);
  const Feed x{"x", vector_of({1, 2})};
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(floats(session->run({x})[0]), (std::vector<float>{12, 14}));
    EXPECT_EQ(floats(session->run({x, {"factor", vector_of({3})}})[0]),
              (std::vector<float>{13, 16}));
    EXPECT_EQ(floats(session->run({{"factor", vector_of({4, 5})}, x})[0]),
              (std::vector<float>{14, 20}));
    EXPECT_EQ(floats(session->run({x, {"factor", vector_of({3})}}, {"factor", "scaled"})[1]),
              (std::vector<float>{3, 6}));
  }
}

TEST(Defaults, AreCheckedAsInputsAre) {
  const auto session = load(model_with_default());
  const Feed x{"x", vector_of({1, 2})};
  const Tensor matrix = Tensor::of<float>({1, 1}, {3});
  const Tensor integers = Tensor::of<int64_t>({1}, {3});
  for (const Tensor& wrong : {matrix, integers}) {
    const Error error = error_of([&] { session->run({x, {"factor", wrong}}); });
    EXPECT_EQ(error.code(), ErrorCode::InvalidInput);
    EXPECT_EQ(error.field("input"), "factor");
  }
  EXPECT_EQ(error_of([&] { session->run({x, {"ten", vector_of({3})}}); }).field("input"), "ten");
  EXPECT_EQ(error_of([&] { session->run({{"factor", vector_of({3})}}); }).field("input"), "x");
}

// Weights are packed and multiplied into each other while a model is loaded.
TEST(Defaults, MayBeTheWeightsOfAConvolution) {
  const auto session = load(ModelBuilder()
                                .input("x", DType::Float, {1, 1, "h", "w"})
                                .input("weights", DType::Float, {1, 1, 1, 1})
                                .constant("weights", Tensor::of<float>({1, 1, 1, 1}, {2}))
                                .constant("scale", Tensor::of<float>({1, 1, 1, 1}, {10}))
                                .node("Conv", {"x", "weights"}, {"c"})
                                .node("Mul", {"c", "scale"}, {"y"})
                                .output("y")
                                .bytes());
  const Feed x{"x", Tensor::of<float>({1, 1, 1, 2}, {1, 2})};
  EXPECT_EQ(floats(session->run({x})[0]), (std::vector<float>{20, 40}));
  const Feed weights{"weights", Tensor::of<float>({1, 1, 1, 1}, {3})};
  EXPECT_EQ(floats(session->run({x, weights})[0]), (std::vector<float>{30, 60}));
  EXPECT_EQ(floats(session->run({x})[0]), (std::vector<float>{20, 40}));
}

TEST(DeadNodes, MayBeOfAnyOperator) {
  const std::string bytes = ModelBuilder()
                                .input("x", DType::Float, {2})
                                .node("Unheard", {"x"}, {"unread"}, {{"a", UnsupportedValue()}})
                                .node("Relu", {"unread", "x", "x"}, {"unread_too"})
                                .node("Neg", {"x"}, {"y"})
                                .output("y")
                                .bytes();
  const auto session = load(bytes);
  const Feed x{"x", vector_of({1, 2})};
  EXPECT_EQ(floats(session->run({x})[0]), (std::vector<float>{-1, -2}));
  const Error error = error_of([&] { session->run({x}, {"y", "unread"}); });
  EXPECT_EQ(error.code(), ErrorCode::UnsupportedOperator);
  EXPECT_NE(error.field("operators").find("Unheard"), std::string::npos);
  EXPECT_EQ(floats(session->run({x}, {"y"})[0]), (std::vector<float>{-1, -2}));

  const ModelReport report = check(bytes);
  EXPECT_TRUE(report.unsupported.empty());
  EXPECT_EQ(report.operators.at("Unheard"), 1);
  EXPECT_EQ(report.macs, 0);
}

TEST(Outputs, MayBeInputsConstantsOrTheSameTwice) {
  for (const DType dtype : {DType::Float, DType::Float16}) {
    const auto in_dtype = [&](std::vector<float> values) {
      if (dtype == DType::Float) return Tensor::of<float>({2}, values);
      return Tensor::of<Half>({2}, {to_half(values[0]), to_half(values[1])});
    };
    const auto session = load(ModelBuilder()
                                  .input("x", dtype, {2})
                                  .constant("c", in_dtype({3, 4}))
                                  .node("Neg", {"x"}, {"y"})
                                  .output("x", dtype)
                                  .output("c", dtype)
                                  .output("y", dtype)
                                  .output("y", dtype)
                                  .bytes());
    const auto outputs = session->run({{"x", in_dtype({1, 2})}});
    ASSERT_EQ(outputs.size(), 4u);
    for (const Tensor& output : outputs) EXPECT_EQ(output.dtype(), dtype);
    EXPECT_EQ(floats(outputs[0]), (std::vector<float>{1, 2}));
    EXPECT_EQ(floats(outputs[1]), (std::vector<float>{3, 4}));
    EXPECT_EQ(floats(outputs[2]), (std::vector<float>{-1, -2}));
    EXPECT_EQ(floats(outputs[3]), (std::vector<float>{-1, -2}));
    EXPECT_EQ(session->info().outputs[3].name, "y");
  }
}

TEST(Functions, RunWithInputsLeftOut) {
  ModelBuilder body;
  body.node("Clip", {"p", "low", "high"}, {"q"});
  const auto session = load(ModelBuilder()
                                .input("x", DType::Float, {3})
                                .constant("one", Tensor::of<float>({}, {1}))
                                .function("Bounded", {"p", "low", "high"}, {"q"}, body)
                                .node("Bounded", {"x"}, {"a"}, {}, "local")
                                .node("Bounded", {"a", "", "one"}, {"b"}, {}, "local")
                                .node("Bounded", {"a", "one"}, {"c"}, {}, "local")
                                .output("a")
                                .output("b")
                                .output("c")
                                .bytes());
  const auto outputs = session->run({{"x", vector_of({0, 1, 2})}});
  EXPECT_EQ(floats(outputs[0]), (std::vector<float>{0, 1, 2}));
  EXPECT_EQ(floats(outputs[1]), (std::vector<float>{0, 1, 1}));
  EXPECT_EQ(floats(outputs[2]), (std::vector<float>{1, 1, 2}));
}

TEST(Order, ReversedNodesRun) {
  const auto session = load(ModelBuilder()
                                .input("x", DType::Float, {2})
                                .node("Sub", {"square", "x"}, {"y"})
                                .node("Mul", {"twice", "twice"}, {"square"})
                                .node("Add", {"x", "x"}, {"twice"})
                                .output("y")
                                .bytes());
  EXPECT_EQ(floats(session->run({{"x", vector_of({1, 2})}})[0]), (std::vector<float>{3, 14}));
}

// Looked up one by one in a list, 20,000 outputs would be compared with 40,000 values.
TEST(Outputs, ManyAreFoundAtOnce) {
  constexpr int kOutputs = 20'000;
  ModelBuilder model = ModelBuilder().input("x", DType::Float, {1});
  std::vector<std::string> names;
  for (int i = 0; i < kOutputs; ++i) names.push_back(text("value_of_a_long_name_", i));
  for (const std::string& name : names) model.node("Neg", {"x"}, {name}).output(name);
  const auto session = load(model.bytes(), {.disabled_passes = {"*"}});
  EXPECT_EQ(session->info().outputs.size(), size_t{kOutputs});
}

TEST(Limits, EachIsAnErrorThatNamesItsOption) {
  const std::string bytes = ModelBuilder()
                                .input("x", DType::Float, {"n"})
                                .node("Concat", {"x", "x"}, {"twice"}, {{"axis", int64_t{0}}})
                                .node("Neg", {"twice"}, {"y"})
                                .output("y")
                                .bytes();
  const Feed x{"x", vector_of({1, 2})};
  const auto limit_met = [&](const Limits& limits) {
    const Error error = error_of([&] { load(bytes, {.limits = limits})->run({x}); });
    const std::string limit(error.field("limit"));
    EXPECT_NE(error.message().find(text("the option ", limit, " allows more")), std::string::npos);
    EXPECT_EQ(error.code(),
              limit == "limits.tensorBytes" ? ErrorCode::OutOfMemory : ErrorCode::LimitExceeded);
    return limit;
  };
  EXPECT_EQ(limit_met({.nodes = 1}), "limits.nodes");
  EXPECT_EQ(limit_met({.tensor_bytes = 15}), "limits.tensorBytes");
  EXPECT_EQ(limit_met({.planning_milliseconds = 0}), "limits.planningMilliseconds");
  const Limits generous{
      .nodes = 2, .nesting = 0, .tensor_bytes = 16, .planning_milliseconds = 1e300};
  EXPECT_EQ(floats(load(bytes, {.limits = generous})->run({x})[0]).size(), 4u);
}

TEST(Limits, ARunThatMeetsOneLeavesTheSessionUsable) {
  const auto session = load(
      ModelBuilder().input("x", DType::Float, {"n"}).node("Neg", {"x"}, {"y"}).output("y").bytes(),
      {.limits = {.tensor_bytes = 8}});
  const Error error = error_of([&] { session->run({{"x", vector_of({1, 2, 3})}}); });
  EXPECT_EQ(error.field("bytes"), "12");
  EXPECT_EQ(error.field("node"), "Neg_1");
  EXPECT_EQ(floats(session->run({{"x", vector_of({1, 2})}})[0]), (std::vector<float>{-1, -2}));
}

TEST(CheckModel, CountsWhatAModelOfFixedShapesComputes) {
  const ModelReport report = check(ModelBuilder()
                                       .input("a", DType::Float, {2, 3})
                                       .input("b", DType::Float, {3, 4})
                                       .node("MatMul", {"a", "b"}, {"y"})
                                       .output("y")
                                       .bytes());
  EXPECT_EQ(report.macs, 2 * 3 * 4);
}

}  // namespace
}  // namespace fovea

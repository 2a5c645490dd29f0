// ai.onnx.ml: linear models and support vector machines, against values by hand.

#include <gtest/gtest.h>

#include <cmath>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

constexpr double kTolerance = 1e-5;

OpCase ml(const std::string& op_type, AttributeList attributes, int outputs = 1) {
  return {.op_type = op_type,
          .opset = 1,
          .attributes = std::move(attributes),
          .outputs = outputs,
          .domain = "ai.onnx.ml"};
}

AttributeList with(AttributeList attributes, const AttributeList& more) {
  attributes.insert(attributes.end(), more.begin(), more.end());
  return attributes;
}

void expect_near(const Tensor& actual, const Shape& shape, const std::vector<double>& expected) {
  ASSERT_EQ(actual.dtype(), DType::Float);
  ASSERT_EQ(actual.shape(), shape);
  for (size_t i = 0; i < expected.size(); ++i) {
    const double value = actual.as<float>()[i];
    if (std::isnan(expected[i])) {
      EXPECT_TRUE(std::isnan(value)) << "element " << i << ": " << value;
    } else {
      EXPECT_NEAR(value, expected[i], kTolerance) << "element " << i;
    }
  }
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }

const Tensor kPoints = Tensor::of<float>({2, 2}, {1, 2, -1, 0.5f});

const AttributeList kTwoTargets = {{"coefficients", Floats{1, 2, 3, -1}},
                                   {"intercepts", Floats{0.5f, 0}},
                                   {"targets", int64_t{2}}};

TEST(LinearRegressor, EveryTransform) {
  const auto regress = [](const std::string& transform) {
    return run_op(ml("LinearRegressor", with(kTwoTargets, {{"post_transform", transform}})),
                  {kPoints})[0];
  };
  expect_near(regress("NONE"), {2, 2}, {5.5, 1, 0.5, -3.5});
  expect_near(regress("LOGISTIC"), {2, 2},
              {logistic(5.5), logistic(1), logistic(0.5), logistic(-3.5)});
  expect_near(regress("SOFTMAX"), {2, 2},
              {logistic(4.5), logistic(-4.5), logistic(4), logistic(-4)});
  // The same where no score is zero.
  expect_near(regress("SOFTMAX_ZERO"), {2, 2},
              {logistic(4.5), logistic(-4.5), logistic(4), logistic(-4)});
  EXPECT_EQ(error_of([&] { regress("TANH"); }), ErrorCode::MalformedModel);
}

TEST(LinearRegressor, ZerosAndProbabilitiesAreSpecial) {
  const auto regress = [](const std::string& transform, float a, float b) {
    const AttributeList attributes = {
        {"coefficients", Floats{a, b}}, {"targets", int64_t{2}}, {"post_transform", transform}};
    return run_op(ml("LinearRegressor", attributes), {Tensor::of<float>({1}, {1})})[0];
  };
  expect_near(regress("SOFTMAX_ZERO", 0, 2), {1, 2}, {0, 1});
  expect_near(regress("SOFTMAX_ZERO", 0, 0), {1, 2}, {0.5, 0.5});
  // By the approximation, which has four digits of the normal distribution's quantiles.
  const Tensor probit = regress("PROBIT", 0.5f, 0.841345f);
  EXPECT_NEAR(probit.as<float>()[0], 0, kTolerance);
  EXPECT_NEAR(probit.as<float>()[1], 1, 2e-3);
  expect_near(regress("PROBIT", 2, -1), {1, 2}, {NAN, NAN});
}

TEST(LinearRegressor, TypesAndShapes) {
  const OpCase op = ml("LinearRegressor", {{"coefficients", Floats{1, -1}}});
  expect_near(run_op(op, {Tensor::of<float>({2}, {3, 1})})[0], {1, 1}, {2});
  // Numbers that float does not hold are not rounded first.
  expect_near(run_op(op, {Tensor::of<double>({1, 2}, {16777217, 16777216})})[0], {1, 1}, {1});
  expect_near(run_op(op, {Tensor::of<int64_t>({1, 2}, {16777217, 16777216})})[0], {1, 1}, {1});
  expect_near(run_op(op, {Tensor::of<int32_t>({1, 2}, {-16777217, -16777216})})[0], {1, 1}, {-1});
  EXPECT_EQ(run_op(op, {Tensor::allocate(DType::Float, {0, 2})})[0].shape(), (Shape{0, 1}));
  const auto code_of = [&](const AttributeList& attributes, const Shape& shape) {
    return error_of([&] { run_op(ml("LinearRegressor", attributes), {random_tensor(shape, 1)}); });
  };
  EXPECT_EQ(code_of(op.attributes, {1, 3}), ErrorCode::InvalidInput);
  EXPECT_EQ(code_of(op.attributes, {1, 1, 2}), ErrorCode::InvalidInput);
  EXPECT_EQ(code_of({}, {1, 2}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_of(with(op.attributes, {{"targets", int64_t{0}}}), {1, 2}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code_of(with(op.attributes, {{"targets", INT64_MIN}}), {1, 2}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code_of(with(op.attributes, {{"intercepts", Floats{1, 2}}}), {1, 2}),
            ErrorCode::MalformedModel);
}

TEST(LinearClassifier, OneScoreTellsTwoClasses) {
  const auto classify = [](const AttributeList& more) {
    const AttributeList one = {{"coefficients", Floats{1, 0}}, {"intercepts", Floats{0.25f}}};
    return run_op(ml("LinearClassifier", with(one, more), 2), {kPoints});
  };
  const AttributeList labels = {{"classlabels_ints", Ints{10, 20}}};
  const auto plain = classify(labels);
  EXPECT_EQ(values_of<int64_t>(plain[0]), (Ints{20, 10}));
  expect_near(plain[1], {2, 2}, {-0.25, 1.25, 1.75, -0.75});
  expect_near(classify(with(labels, {{"post_transform", std::string("LOGISTIC")}}))[1], {2, 2},
              {logistic(-1.25), logistic(1.25), logistic(0.75), logistic(-0.75)});
  const auto nameless = classify({});
  EXPECT_EQ(values_of<int64_t>(nameless[0]), (Ints{1, 0}));
  expect_near(nameless[1], {2, 1}, {1.25, -0.75});
  EXPECT_EQ(error_of([&] {
              classify({{"classlabels_ints", Ints{1}}});
            }),
            ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(error_of([&] {
              classify({{"classlabels_ints", Ints{1, 2, 3}}});
            }),
            ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([&] {
              classify(with(labels, {{"classlabels_strings", Strings{"a", "b"}}}));
            }),
            ErrorCode::MalformedModel);
}

TEST(LinearClassifier, AScoreForEachClass) {
  const AttributeList three = {{"coefficients", Floats{1, 0, 0, 1, -1, -1}},
                               {"classlabels_strings", Strings{"a", "b", "c"}},
                               {"post_transform", std::string("SOFTMAX")}};
  const auto out = run_op(ml("LinearClassifier", three, 2), {kPoints});
  EXPECT_EQ(out[0].strings()[0], "b");
  EXPECT_EQ(out[0].strings()[1], "b");  // the first of two that are as good
  const double sum = std::exp(1) + std::exp(2) + std::exp(-3);
  expect_near(out[1], {2, 3},
              {std::exp(1) / sum, std::exp(2) / sum, std::exp(-3) / sum,
               std::exp(-1) / (std::exp(-1) + 2 * std::exp(0.5))});
}

// Support vectors (1, 0) and (0, 1).
AttributeList machine(const std::string& kernel) {
  return {{"support_vectors", Floats{1, 0, 0, 1}},
          {"coefficients", Floats{2, -1}},
          {"rho", Floats{0.5f}},
          {"kernel_type", kernel},
          {"kernel_params", Floats{0.5f, 1, 2}}};
}

TEST(SvmRegressor, EveryKernel) {
  const auto regress = [](const std::string& kernel, const AttributeList& more = {}) {
    const AttributeList attributes = with(machine(kernel), {{"n_supports", int64_t{2}}});
    return run_op(ml("SVMRegressor", with(attributes, more)), {kPoints})[0];
  };
  expect_near(regress("LINEAR"), {2, 1}, {0.5 + 2 - 2, 0.5 - 2 - 0.5});
  const auto poly = [](double dot) { return (0.5 * dot + 1) * (0.5 * dot + 1); };
  expect_near(regress("POLY"), {2, 1},
              {0.5 + 2 * poly(1) - poly(2), 0.5 + 2 * poly(-1) - poly(0.5)});
  const auto rbf = [](double distance) { return std::exp(-0.5 * distance); };
  expect_near(regress("RBF"), {2, 1}, {0.5 + 2 * rbf(4) - rbf(2), 0.5 + 2 * rbf(4.25) - rbf(1.25)});
  const auto sigmoid = [](double dot) { return std::tanh(0.5 * dot + 1); };
  expect_near(regress("SIGMOID"), {2, 1},
              {0.5 + 2 * sigmoid(1) - sigmoid(2), 0.5 + 2 * sigmoid(-1) - sigmoid(0.5)});
  expect_near(regress("LINEAR", {{"one_class", int64_t{1}}}), {2, 1}, {1, -1});
  EXPECT_EQ(error_of([&] { regress("COSINE"); }), ErrorCode::MalformedModel);
}

TEST(SvmRegressor, LinearAndErrors) {
  const AttributeList linear = {{"coefficients", Floats{2, 1}}, {"rho", Floats{-1}}};
  expect_near(run_op(ml("SVMRegressor", linear), {Tensor::of<int64_t>({2}, {3, 4})})[0], {1, 1},
              {9});
  const auto code_of = [](const AttributeList& attributes, int64_t features = 2) {
    return error_of([&] {
      run_op(ml("SVMRegressor", attributes), {random_tensor({1, features}, 1)});
    });
  };
  EXPECT_EQ(code_of(linear, 3), ErrorCode::InvalidInput);
  EXPECT_EQ(code_of({{"coefficients", Floats{2, 1}}}), ErrorCode::MalformedModel);
  for (const int64_t supports : {int64_t{-1}, int64_t{3}, INT64_MAX}) {
    EXPECT_EQ(code_of(with(machine("RBF"), {{"n_supports", supports}})), ErrorCode::MalformedModel);
  }
  AttributeList short_params = machine("RBF");
  short_params.back().second = Floats{1};
  EXPECT_EQ(code_of(short_params), ErrorCode::MalformedModel);
}

const AttributeList kTwoClasses =
    with(machine("LINEAR"), {{"vectors_per_class", Ints{1, 1}}, {"classlabels_ints", Ints{7, 8}}});

TEST(SvmClassifier, TwoClasses) {
  const auto plain = run_op(ml("SVMClassifier", kTwoClasses, 2), {kPoints});
  EXPECT_EQ(values_of<int64_t>(plain[0]), (Ints{7, 8}));
  expect_near(plain[1], {2, 2}, {-0.5, 0.5, 2, -2});
  const AttributeList certain =
      with(kTwoClasses, {{"prob_a", Floats{-2}}, {"prob_b", Floats{0.25f}}});
  const auto probable = run_op(ml("SVMClassifier", certain, 2), {kPoints});
  EXPECT_EQ(values_of<int64_t>(probable[0]), (Ints{7, 8}));
  for (size_t row = 0; row < 2; ++row) {
    const double first = logistic(row == 0 ? 0.75 : -4.25);
    EXPECT_NEAR(probable[1].as<float>()[2 * row], first, 5e-3);
    EXPECT_NEAR(probable[1].as<float>()[2 * row] + probable[1].as<float>()[2 * row + 1], 1, 1e-6);
  }
}

TEST(SvmClassifier, ManyClassesVote) {
  // One support vector for each class, as far as the scores go along one feature.
  const AttributeList three = {{"support_vectors", Floats{1, 1, 1}},
                               {"coefficients", Floats{1, 0, 0, 0, 0, 2}},
                               {"rho", Floats{-1, -2, -6}},
                               {"vectors_per_class", Ints{1, 1, 1}},
                               {"classlabels_strings", Strings{"a", "b", "c"}}};
  const Tensor x = Tensor::of<float>({3, 1}, {0.5f, 2.5f, 9});
  const auto out = run_op(ml("SVMClassifier", three, 2), {x});
  // ab: x - 1; ac: -2; bc: 2x - 6
  expect_near(out[1], {3, 3}, {-0.5, -2, -5, 1.5, -2, -1, 8, -2, 12});
  EXPECT_EQ(Strings(out[0].strings().begin(), out[0].strings().end()), (Strings{"c", "c", "a"}));
}

TEST(SvmClassifier, LinearAndErrors) {
  const AttributeList linear = {{"coefficients", Floats{1, 0, 0, 1, 1, 1}},
                                {"rho", Floats{0.5f}},
                                {"classlabels_ints", Ints{1, 2, 3}}};
  const auto out = run_op(ml("SVMClassifier", linear, 2), {kPoints});
  EXPECT_EQ(values_of<int64_t>(out[0]), (Ints{3, 2}));
  expect_near(out[1], {2, 3}, {1.5, 2.5, 3.5, -0.5, 1, 0});
  const auto code_of = [](const std::string& name, const AttributeValue& value) {
    AttributeList attributes = kTwoClasses;
    std::erase_if(attributes, [&](const auto& attribute) { return attribute.first == name; });
    attributes.emplace_back(name, value);
    return error_of([&] { run_op(ml("SVMClassifier", attributes, 2), {kPoints}); });
  };
  EXPECT_EQ(code_of("classlabels_ints", Ints{1}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_of("rho", Floats{1, 2}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_of("coefficients", Floats{1}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_of("prob_a", Floats{1}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_of("support_vectors", Floats{1, 2, 3}), ErrorCode::InvalidInput);
  for (const Ints& vectors :
       {Ints{2}, Ints{-1, 3}, Ints{INT64_MAX, 1}, Ints{0, 0}, Ints{1, 1, 0}}) {
    EXPECT_EQ(code_of("vectors_per_class", vectors), ErrorCode::MalformedModel);
  }
}

// Of tables without rows, every operator gives one without rows.
TEST(Ml, NoRows) {
  const Tensor x = Tensor::allocate(DType::Float, {0, 2});
  const auto shape_of = [&](const OpCase& op) { return run_op(op, {x})[0].shape(); };
  EXPECT_EQ(shape_of(ml("Scaler", {{"scale", Floats{1, 2}}})), (Shape{0, 2}));
  EXPECT_EQ(shape_of(ml("Binarizer", {})), (Shape{0, 2}));
  EXPECT_EQ(shape_of(ml("Normalizer", {})), (Shape{0, 2}));
  EXPECT_EQ(shape_of(ml("Imputer", {{"imputed_value_floats", Floats{1}}})), (Shape{0, 2}));
  EXPECT_EQ(shape_of(ml("FeatureVectorizer", {{"inputdimensions", Ints{3}}})), (Shape{0, 3}));
  EXPECT_EQ(shape_of(ml("OneHotEncoder", {{"cats_int64s", Ints{1}}})), (Shape{0, 2, 1}));
  EXPECT_EQ(shape_of(ml("ZipMap", {{"classlabels_int64s", Ints{1, 2}}})), (Shape{0}));
  EXPECT_EQ(shape_of(ml("SVMClassifier", kTwoClasses, 2)), (Shape{0}));
  EXPECT_EQ(shape_of(ml("LinearClassifier", {{"coefficients", Floats{1, 2}}}, 2)), (Shape{0}));
  const auto extracted =
      run_op(ml("ArrayFeatureExtractor", {}), {x, Tensor::of<int64_t>({1}, {1})});
  EXPECT_EQ(extracted[0].shape(), (Shape{0, 1}));
}

}  // namespace
}  // namespace fovea::test

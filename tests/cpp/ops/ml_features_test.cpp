// ai.onnx.ml: what is done to features before a model sees them.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

OpCase ml(const std::string& op_type, AttributeList attributes = {}) {
  return {
      .op_type = op_type, .opset = 3, .attributes = std::move(attributes), .domain = "ai.onnx.ml"};
}

Floats floats(const OpCase& op, const std::vector<Tensor>& inputs) {
  return values_of<float>(run_op(op, inputs)[0]);
}

std::vector<std::string> strings_of(const Tensor& tensor) {
  return {tensor.strings().begin(), tensor.strings().end()};
}

TEST(ArrayFeatureExtractor, TakesFeaturesOfTheLastAxis) {
  const OpCase op = ml("ArrayFeatureExtractor");
  const Tensor x = Tensor::of<int32_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor z = run_op(op, {x, Tensor::of<int64_t>({1, 4}, {2, 0, 0, 1})})[0];
  EXPECT_EQ(z.shape(), (Shape{2, 4}));
  EXPECT_EQ(values_of<int32_t>(z), (std::vector<int32_t>{3, 1, 1, 2, 6, 4, 4, 5}));
  // A list becomes a row.
  const Tensor list = Tensor::of_strings({3}, {"a", "b", "c"});
  const Tensor row = run_op(op, {list, Tensor::of<int64_t>({2}, {2, 1})})[0];
  EXPECT_EQ(row.shape(), (Shape{1, 2}));
  EXPECT_EQ(strings_of(row), (Strings{"c", "b"}));
  for (const int64_t index : {-1, 3}) {
    EXPECT_EQ(error_of([&] {
                run_op(op, {x, Tensor::of<int64_t>({1}, {index})});
              }),
              ErrorCode::InvalidInput);
  }
  EXPECT_EQ(error_of([&] {
              run_op(op, {Tensor::of<int32_t>({}, {1}), Tensor::of<int64_t>({1}, {0})});
            }),
            ErrorCode::InvalidInput);
}

TEST(Binarizer, ComparesEveryType) {
  const OpCase op = ml("Binarizer", {{"threshold", 0.5f}});
  EXPECT_EQ(floats(op, {Tensor::of<float>({4}, {0.5f, 0.6f, -1, kNaN})}), (Floats{0, 1, 0, 0}));
  EXPECT_EQ(values_of<double>(run_op(op, {Tensor::of<double>({2}, {0.5, 0.5000000001})})[0]),
            (std::vector<double>{0, 1}));
  EXPECT_EQ(values_of<int64_t>(run_op(op, {Tensor::of<int64_t>({3}, {0, 1, INT64_MIN})})[0]),
            (Ints{0, 1, 0}));
  const auto of_ints = [](float threshold) {
    const Tensor x = Tensor::of<int32_t>({4}, {INT32_MIN, -2, -1, INT32_MAX});
    return values_of<int32_t>(run_op(ml("Binarizer", {{"threshold", threshold}}), {x})[0]);
  };
  using Int32s = std::vector<int32_t>;
  EXPECT_EQ(of_ints(-1.5f), (Int32s{0, 0, 1, 1}));
  EXPECT_EQ(of_ints(-2.0f), (Int32s{0, 0, 1, 1}));
  EXPECT_EQ(of_ints(-3e9f), (Int32s{1, 1, 1, 1}));
  EXPECT_EQ(of_ints(3e9f), (Int32s{0, 0, 0, 0}));
  EXPECT_EQ(of_ints(kNaN), (Int32s{0, 0, 0, 0}));
}

TEST(FeatureVectorizer, CutsAndFills) {
  const Tensor a = Tensor::of<int64_t>({2, 2}, {1, 2, 3, 4}),
               b = Tensor::of<int64_t>({2, 1}, {5, 6});
  const Tensor y = run_op(ml("FeatureVectorizer", {{"inputdimensions", Ints{1, 3}}}), {a, b})[0];
  EXPECT_EQ(y.shape(), (Shape{2, 4}));
  EXPECT_EQ(values_of<float>(y), (Floats{1, 5, 0, 0, 3, 6, 0, 0}));
  const Tensor list = Tensor::of<double>({2}, {0.5, 1.5});
  const Tensor row = run_op(ml("FeatureVectorizer", {{"inputdimensions", Ints{2}}}), {list})[0];
  EXPECT_EQ(row.shape(), (Shape{1, 2}));
  for (const Ints& widths : {Ints{1}, Ints{1, -1}, Ints{}}) {
    EXPECT_EQ(error_of([&] {
                run_op(ml("FeatureVectorizer", {{"inputdimensions", widths}}), {a, b});
              }),
              ErrorCode::MalformedModel);
  }
  EXPECT_EQ(error_of([&] {
              const OpCase op = ml("FeatureVectorizer", {{"inputdimensions", Ints{1, 1}}});
              run_op(op, {a, Tensor::of<int64_t>({1, 1}, {5})});
            }),
            ErrorCode::InvalidInput);
}

TEST(Imputer, ReplacesOneValue) {
  const Tensor x = Tensor::of<float>({2, 2}, {1, kNaN, kNaN, 2});
  const OpCase nan =
      ml("Imputer", {{"imputed_value_floats", Floats{7, 8}}, {"replaced_value_float", kNaN}});
  EXPECT_EQ(floats(nan, {x}), (Floats{1, 8, 7, 2}));
  const OpCase one =
      ml("Imputer", {{"imputed_value_floats", Floats{9}}, {"replaced_value_float", 2.0f}});
  EXPECT_EQ(values_of<double>(run_op(one, {Tensor::of<double>({3}, {1, 2, 2})})[0]),
            (std::vector<double>{1, 9, 9}));
  const OpCase ints =
      ml("Imputer", {{"imputed_value_int64s", Ints{5}}, {"replaced_value_int64", int64_t{-1}}});
  EXPECT_EQ(values_of<int64_t>(run_op(ints, {Tensor::of<int64_t>({2}, {-1, 4})})[0]), (Ints{5, 4}));
  EXPECT_EQ(values_of<int32_t>(run_op(ints, {Tensor::of<int32_t>({2}, {-1, 4})})[0]),
            (std::vector<int32_t>{5, 4}));
  EXPECT_EQ(error_of([&] { run_op(ints, {x}); }), ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([&] {
              run_op(nan, {Tensor::of<float>({3}, {1, 2, 3})});
            }),
            ErrorCode::InvalidInput);
  const OpCase wide = ml("Imputer", {{"imputed_value_int64s", Ints{int64_t{1} << 40}}});
  EXPECT_EQ(error_of([&] { run_op(wide, {Tensor::of<int32_t>({1}, {0})}); }),
            ErrorCode::MalformedModel);
}

TEST(Normalizer, EveryNorm) {
  const Tensor x = Tensor::of<float>({3, 2}, {3, -4, 0, 0, -1, -2});
  const auto normalized = [&](const std::string& norm) {
    return floats(ml("Normalizer", {{"norm", norm}}), {x});
  };
  EXPECT_EQ(normalized("MAX"), (Floats{1, -4.0f / 3, 0, 0, 1, 2}));
  EXPECT_EQ(normalized("L1"), (Floats{3.0f / 7, -4.0f / 7, 0, 0, -1.0f / 3, -2.0f / 3}));
  const Floats l2 = normalized("L2");
  EXPECT_FLOAT_EQ(l2[0], 0.6f);
  EXPECT_FLOAT_EQ(l2[1], -0.8f);
  EXPECT_EQ(l2[2], 0);
  EXPECT_EQ(floats(ml("Normalizer"), {Tensor::of<int64_t>({2}, {2, 4})}), (Floats{0.5f, 1}));
  EXPECT_EQ(run_op(ml("Normalizer"), {Tensor::allocate(DType::Float, {3, 0})})[0].shape(),
            (Shape{3, 0}));
  EXPECT_EQ(error_of([&] { normalized("L3"); }), ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([] {
              run_op(ml("Normalizer"), {Tensor::allocate(DType::Float, {1, 1, 2})});
            }),
            ErrorCode::InvalidInput);
}

TEST(OneHotEncoder, EveryType) {
  const OpCase ints = ml("OneHotEncoder", {{"cats_int64s", Ints{3, 1}}});
  const Tensor y = run_op(ints, {Tensor::of<int64_t>({3, 1}, {1, 2, 3})})[0];
  EXPECT_EQ(y.shape(), (Shape{3, 1, 2}));
  EXPECT_EQ(values_of<float>(y), (Floats{0, 1, 0, 0, 1, 0}));
  // Floats are cut off; what is no number is no category, not even 0.
  EXPECT_EQ(floats(ints, {Tensor::of<float>({2}, {1.9f, -1})}), (Floats{0, 1, 0, 0}));
  EXPECT_EQ(
      floats(ml("OneHotEncoder", {{"cats_int64s", Ints{0}}}), {Tensor::of<double>({2}, {kNaN, 0})}),
      (Floats{0, 1}));
  const OpCase strings =
      ml("OneHotEncoder", {{"cats_strings", Strings{"a", "b"}}, {"zeros", int64_t{0}}});
  EXPECT_EQ(floats(strings, {Tensor::of_strings({2}, {"b", "a"})}), (Floats{0, 1, 1, 0}));
  EXPECT_EQ(error_of([&] { run_op(strings, {Tensor::of_strings({1}, {"c"})}); }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] { run_op(strings, {Tensor::of<int64_t>({1}, {0})}); }),
            ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([&] { run_op(ml("OneHotEncoder"), {Tensor::of<int64_t>({1}, {0})}); }),
            ErrorCode::MalformedModel);
}

TEST(Scaler, OneOrAllFeatures) {
  const OpCase both = ml("Scaler", {{"offset", Floats{1, 2}}, {"scale", Floats{2, 3}}});
  EXPECT_EQ(floats(both, {Tensor::of<float>({2, 2}, {1, 2, 3, 4})}), (Floats{0, 0, 4, 6}));
  const OpCase one = ml("Scaler", {{"offset", Floats{1}}, {"scale", Floats{0.5f}}});
  EXPECT_EQ(floats(one, {Tensor::of<int64_t>({1, 1, 2}, {3, 4})}), (Floats{1, 1.5f}));
  // A double is no float before it is scaled.
  EXPECT_EQ(
      floats(ml("Scaler", {{"offset", Floats{16777216}}}), {Tensor::of<double>({1}, {16777217})}),
      (Floats{1}));
  EXPECT_EQ(error_of([&] {
              run_op(both, {Tensor::of<float>({1, 3}, {1, 2, 3})});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op(both, {Tensor::of<float>({1, 1, 2}, {1, 2})});
            }),
            ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test

// com.microsoft: Gelu, FastGelu, QuickGelu, BiasGelu, BiasSplitGelu, BiasAdd.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "support/near.h"
#include "support/op_cases.h"

namespace fovea::test {
namespace {

double gelu(double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }
double fast_gelu(double x) {
  return 0.5 * x * (1 + std::tanh(0.7978845608 * (x + 0.044715 * x * x * x)));
}

Doubles mapped(Doubles values, const std::function<double(double)>& map) {
  for (double& value : values) value = map(value);
  return values;
}

TEST(MicrosoftActivations, OfEveryElement) {
  const Shape shape = {2, 3, 4};
  const Tensor x = random_tensor(shape, 1, -4, 4), bias = random_tensor({4}, 2);
  expect_near(run_op(microsoft("Gelu"), {x})[0], shape, mapped(doubles(x), gelu));
  expect_near(run_op(microsoft("BiasGelu"), {x, bias})[0], shape,
              mapped(sum_of(doubles(x), bias), gelu));
  expect_near(run_op(microsoft("FastGelu"), {x})[0], shape, mapped(doubles(x), fast_gelu));
  expect_near(run_op(microsoft("FastGelu"), {x, bias})[0], shape,
              mapped(sum_of(doubles(x), bias), fast_gelu));
  for (const double alpha : {1.702, 0.5}) {
    const AttributeList own = {{"alpha", static_cast<float>(alpha)}};
    expect_near(run_op(microsoft("QuickGelu", alpha == 0.5 ? own : AttributeList{}), {x})[0], shape,
                mapped(doubles(x), [&](double v) { return v / (1 + std::exp(-alpha * v)); }));
  }
  EXPECT_EQ(error_in(microsoft("BiasGelu"), {x, random_tensor({3}, 1)}), ErrorCode::InvalidInput);
  EXPECT_EQ(error_in(microsoft("FastGelu"), {random_tensor({}, 1), random_tensor({1}, 1)}),
            ErrorCode::InvalidInput);
}

TEST(MicrosoftActivations, WithBiasesAndHalves) {
  const Tensor x = random_tensor({2, 3, 4}, 1, -2, 2), bias = random_tensor({4}, 2),
               skip = random_tensor({2, 3, 4}, 3);
  const Doubles sum = sum_of(doubles(x), bias);
  expect_near(run_op(microsoft("BiasAdd"), {x, bias, skip})[0], {2, 3, 4}, sum_of(sum, skip));
  Doubles split;
  for (size_t row = 0; row < 6; ++row) {
    for (size_t i = 0; i < 2; ++i) split.push_back(sum[4 * row + i] * gelu(sum[4 * row + 2 + i]));
  }
  expect_near(run_op(microsoft("BiasSplitGelu"), {x, bias})[0], {2, 3, 2}, split);
  EXPECT_EQ(error_in(microsoft("BiasSplitGelu"), {random_tensor({2, 3}, 1), random_tensor({3}, 1)}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_in(microsoft("BiasAdd"), {x, bias, bias}), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test

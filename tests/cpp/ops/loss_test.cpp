// NegativeLogLikelihoodLoss, SoftmaxCrossEntropyLoss.

#include <gtest/gtest.h>

#include <cmath>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

struct Options {
  std::string reduction = "mean";
  std::optional<int64_t> ignored = std::nullopt;
  bool weighted = false;
};

Tensor as_double(const Tensor& tensor) {
  Tensor wide = Tensor::allocate(DType::Double, tensor.shape());
  std::ranges::copy(tensor.as<float>(), wide.mutable_as<double>().begin());
  return wide;
}

// Of scores [n, classes, places] by the definition; the loss is a scalar unless it is not reduced.
std::vector<double> reference(const Tensor& scores, const std::vector<int64_t>& targets,
                              const Tensor& weights, const Options& options, bool softmax) {
  const Shape& shape = scores.shape();
  const int64_t classes = shape[1], places = shape.elements(2, shape.rank());
  std::vector<double> losses;
  double total = 0, weight_total = 0;
  for (int64_t i = 0; i < std::ssize(targets); ++i) {
    const int64_t n = i / places, place = i % places, target = targets[static_cast<size_t>(i)];
    const auto at = [&](int64_t c) {
      return double{scores.as<float>()[static_cast<size_t>((n * classes + c) * places + place)]};
    };
    double sum = 0;
    for (int64_t c = 0; c < classes; ++c) sum += std::exp(at(c));
    const bool ignored = options.ignored == target;
    double weight = ignored ? 0 : 1;
    if (options.weighted && !ignored) {
      weight = double{weights.as<float>()[static_cast<size_t>(target)]};
    }
    const double log_probability = ignored ? 0 : at(target) - (softmax ? std::log(sum) : 0);
    losses.push_back(-log_probability * weight);
    total += losses.back();
    weight_total += weight;
  }
  if (options.reduction == "none") return losses;
  return {options.reduction == "sum" ? total : total / weight_total};
}

void check(const Shape& shape, const Options& options, bool softmax) {
  const Tensor scores = random_tensor(shape, 1, -3, 3);
  const Tensor weights = random_tensor({shape[1]}, 2, 0.5f, 2);
  Shape places = {shape[0]};
  for (int axis = 2; axis < shape.rank(); ++axis) places.push_back(shape[axis]);
  std::vector<int64_t> targets;
  for (int64_t i = 0; i < places.elements(); ++i) {
    targets.push_back(options.ignored && i % 3 == 1 ? *options.ignored : (i * 5 + 1) % shape[1]);
  }
  const auto expected = reference(scores, targets, weights, options, softmax);
  OpCase op = {softmax ? "SoftmaxCrossEntropyLoss" : "NegativeLogLikelihoodLoss",
               13,
               {{"reduction", options.reduction}},
               softmax ? 2 : 1};
  if (options.ignored) op.attributes.push_back({"ignore_index", *options.ignored});
  const Tensor wide_targets = Tensor::of<int64_t>(places, std::span<const int64_t>(targets));
  const std::vector<int32_t> narrow(targets.begin(), targets.end());
  const Tensor narrow_targets = Tensor::of<int32_t>(places, std::span<const int32_t>(narrow));
  const auto inputs = [&](const Tensor& target, bool doubles) {
    std::vector<Tensor> all = {doubles ? as_double(scores) : scores, target};
    if (options.weighted) all.push_back(doubles ? as_double(weights) : weights);
    return all;
  };
  const auto results = run_op(op, inputs(wide_targets, false), 2);
  const auto doubles = run_op(op, inputs(narrow_targets, true));
  ASSERT_EQ(results[0].shape(), options.reduction == "none" ? places : Shape{});
  ASSERT_EQ(doubles[0].shape(), results[0].shape());
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(results[0].as<float>()[i], expected[i], 1e-4 * (1 + std::fabs(expected[i])));
    ASSERT_NEAR(doubles[0].as<double>()[i], expected[i], 1e-10 * (1 + std::fabs(expected[i])));
  }
  if (softmax)
    expect_equal(results[1], run_op({"LogSoftmax", 13, {{"axis", int64_t{1}}}}, {scores})[0]);
}

TEST(Loss, ReductionsWeightsAndIgnoredClasses) {
  for (const bool softmax : {false, true}) {
    for (const std::string reduction : {"none", "sum", "mean"}) {
      for (const auto ignored : {std::optional<int64_t>(), std::optional<int64_t>(2),
                                 std::optional<int64_t>(-1), std::optional<int64_t>(100)}) {
        for (const bool weighted : {false, true}) {
          SCOPED_TRACE(text(reduction, " ", ignored.value_or(-9), weighted ? " weighted" : ""));
          check({5, 4}, {reduction, ignored, weighted}, softmax);
          check({2, 3, 5}, {reduction, ignored, weighted}, softmax);
          check({2, 3, 2, 3, 2}, {reduction, ignored, weighted}, softmax);
          check({1, 1}, {reduction, std::nullopt, weighted}, softmax);
        }
      }
    }
  }
}

TEST(Loss, NothingCountsWhereAllIsIgnored) {
  const Tensor scores = Tensor::of<float>({2, 2}, {-INFINITY, 0, -INFINITY, 0});
  const Tensor targets = int64_vector({7, 7});
  const OpCase op = {"NegativeLogLikelihoodLoss",
                     22,
                     {{"ignore_index", int64_t{7}}, {"reduction", std::string("sum")}}};
  EXPECT_EQ(values_of<float>(run_op(op, {scores, targets})[0]), std::vector<float>{0});
  // An ignored place does not look at its scores, infinite ones included.
  const OpCase none = {"NegativeLogLikelihoodLoss",
                       13,
                       {{"ignore_index", int64_t{7}}, {"reduction", std::string("none")}}};
  EXPECT_EQ(values_of<float>(run_op(none, {scores, int64_vector({7, 0})})[0]),
            (std::vector<float>{0, INFINITY}));
}

TEST(Loss, Errors) {
  const Tensor scores = random_tensor({2, 3, 4}, 1);
  const Tensor targets = Tensor::of<int64_t>({2, 4}, {0, 1, 2, 0, 1, 2, 0, 1});
  const auto code = [](const std::vector<Tensor>& inputs, AttributeList attributes = {}) {
    return error_of([&] { run_op({"SoftmaxCrossEntropyLoss", 13, attributes}, inputs); });
  };
  EXPECT_EQ(code({scores, int64_vector({0, 1})}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({random_tensor({3}, 1), int64_vector({0})}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({scores, targets, random_tensor({4}, 1)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({scores, targets}, {{"reduction", std::string("max")}}),
            ErrorCode::MalformedModel);
  // A class that there is not, where it is known.
  EXPECT_EQ(code({random_tensor({1, 3}, 1), int64_vector({3})}), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test

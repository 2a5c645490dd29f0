// Adagrad, Adam, Momentum.

#include <gtest/gtest.h>

#include <cmath>

#include "support/nd.h"
#include "support/near.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Doubles = std::vector<double>;

OpCase training(const char* op_type, AttributeList attributes, int outputs) {
  return {.op_type = op_type,
          .opset = 1,
          .attributes = std::move(attributes),
          .outputs = outputs,
          .domain = "ai.onnx.preview.training"};
}

Tensor rate() { return Tensor::of<float>({}, {0.1f}); }
Tensor count(int64_t steps) { return Tensor::of<int64_t>({}, {steps}); }

// Two tensors of each list, in [low, 1).
std::vector<Tensor> lists(int64_t steps, uint32_t lists, float low) {
  std::vector<Tensor> inputs = {rate(), count(steps)};
  for (uint32_t list = 0; list < lists; ++list) {
    inputs.push_back(random_tensor({2, 3}, 10 + list, list < 2 ? -1 : low));
    inputs.push_back(random_tensor({1}, 20 + list, list < 2 ? -1 : low));
  }
  return inputs;
}

double at(const std::vector<Tensor>& inputs, size_t list, size_t tensor, size_t i) {
  return double{inputs[2 + 2 * list + tensor].as<float>()[i]};
}

// step(i-th elements of all lists) gives those of all results.
template <class Step>
void check(const OpCase& op, const std::vector<Tensor>& inputs, size_t results, Step step) {
  const size_t given = (inputs.size() - 2) / 2;
  const auto out = run_op(op, inputs);
  ASSERT_EQ(out.size(), 2 * results);
  for (size_t tensor = 0; tensor < 2; ++tensor) {
    const Tensor& first = inputs[2 + tensor];
    std::vector<Doubles> expected(results);
    for (size_t i = 0; i < static_cast<size_t>(first.elements()); ++i) {
      Doubles elements;
      for (size_t list = 0; list < given; ++list) elements.push_back(at(inputs, list, tensor, i));
      const Doubles made = step(elements);
      for (size_t result = 0; result < results; ++result) expected[result].push_back(made[result]);
    }
    for (size_t result = 0; result < results; ++result) {
      expect_near(out[2 * result + tensor], first.shape(), expected[result]);
    }
  }
}

TEST(Adagrad, Steps) {
  for (const int64_t steps : {0, 3}) {
    check(training("Adagrad",
                   {{"norm_coefficient", 0.2f}, {"decay_factor", 0.5f}, {"epsilon", 0.01f}}, 4),
          lists(steps, 3, 0), 2, [&](const Doubles& in) -> Doubles {
            const double g = 0.2 * in[0] + in[1], h = in[2] + g * g;
            const double r = 0.1 / (1 + 0.5 * static_cast<double>(steps));
            return {in[0] - r * g / (std::sqrt(h) + 0.01), h};
          });
  }
}

TEST(Adam, Steps) {
  for (const int64_t steps : {0, 3}) {
    check(training("Adam",
                   {{"norm_coefficient", 0.2f},
                    {"norm_coefficient_post", 0.3f},
                    {"alpha", 0.8f},
                    {"beta", 0.9f},
                    {"epsilon", 0.01f}},
                   6),
          lists(steps, 4, 0), 3, [&](const Doubles& in) -> Doubles {
            const double g = 0.2 * in[0] + in[1];
            const double v = 0.8 * in[2] + 0.2 * g, h = 0.9 * in[3] + 0.1 * g * g;
            const double t = static_cast<double>(steps);
            const double r =
                steps > 0 ? 0.1 * std::sqrt(1 - std::pow(0.9, t)) / (1 - std::pow(0.8, t)) : 0.1;
            return {(1 - 0.3) * (in[0] - r * v / (std::sqrt(h) + 0.01)), v, h};
          });
  }
}

TEST(Momentum, Steps) {
  for (const int64_t steps : {0, 2}) {
    for (const bool nesterov : {false, true}) {
      check(training("Momentum",
                     {{"norm_coefficient", 0.2f},
                      {"alpha", 0.8f},
                      {"beta", 0.6f},
                      {"mode", std::string(nesterov ? "nesterov" : "standard")}},
                     4),
            lists(steps, 3, -1), 2, [&](const Doubles& in) -> Doubles {
              const double g = 0.2 * in[0] + in[1];
              const double v = 0.8 * in[2] + (steps > 0 ? 0.6 : 1) * g;
              return {in[0] - 0.1 * (nesterov ? g + 0.8 * v : v), v};
            });
    }
  }
}

TEST(Training, TakesTensorsOfDouble) {
  const auto one = [](double value) { return Tensor::of<double>({1}, {value}); };
  const auto out = run_op(training("Adagrad", {}, 2), {rate(), count(0), one(1), one(2), one(5)});
  expect_near(out[0], {1}, {1 - double{0.1f} * 2 / (3 + double{1e-6f})}, 1e-12);
  expect_near(out[1], {1}, {9}, 1e-12);
}

TEST(Training, RefusesWhatDoesNotFit) {
  const AttributeList momentum = {{"norm_coefficient", 0.2f}, {"alpha", 0.8f}, {"beta", 0.6f}};
  const auto run = [](const char* op_type, const AttributeList& attributes,
                      std::vector<Tensor> inputs) {
    return error_of([&] { run_op(training(op_type, attributes, 2), inputs); });
  };
  const Tensor x = random_tensor({2}, 1);
  EXPECT_EQ(run("Adagrad", {}, {rate(), count(0), x, x, x, x}), ErrorCode::MalformedModel);
  EXPECT_EQ(run("Adam", {}, {rate(), count(0), x, x, x}), ErrorCode::MalformedModel);
  EXPECT_EQ(run("Adagrad", {}, {rate(), count(0), x, random_tensor({3}, 1), x}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(run("Adagrad", {}, {random_tensor({2}, 1), count(0), x, x, x}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(run("Momentum", momentum, {rate(), count(0), x, x, x}), ErrorCode::MalformedModel);
  AttributeList other = momentum;
  other.emplace_back("mode", std::string("heavy"));
  EXPECT_EQ(run("Momentum", other, {rate(), count(0), x, x, x}), ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test

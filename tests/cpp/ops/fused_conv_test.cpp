#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "support/expect_everywhere.h"
#include "support/op_runner.h"

// Fused nodes against the nodes they are made of, one after the other, which have tests of their
// own.

namespace fovea::test {
namespace {

constexpr int64_t kInputs = 6;

struct Activation {
  std::string name;
  std::vector<float> parameters;
  std::function<double(double)> function;
};

std::vector<Activation> activations() {
  const auto leaky = [](double slope) { return [=](double x) { return x < 0 ? slope * x : x; }; };
  const auto unit = [](double x) { return std::clamp(x, 0.0, 1.0); };
  return {
      {"", {}, [](double x) { return x; }},
      {"Relu", {}, leaky(0)},
      {"LeakyRelu", {0.125f}, leaky(0.125)},
      {"Clip", {-0.5f, 0.75f}, [](double x) { return std::clamp(x, -0.5, 0.75); }},
      {"Sigmoid", {}, [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"Tanh", {}, [](double x) { return std::tanh(x); }},
      {"HardSigmoid", {0.25f, 0.375f}, [=](double x) { return unit(0.25 * x + 0.375); }},
      {"HardSwish", {}, [=](double x) { return x * unit(x / 6 + 0.5); }},
      {"Swish", {1}, [](double x) { return x / (1 + std::exp(-x)); }},
      {"Elu", {0.5f}, [](double x) { return x < 0 ? std::expm1(x) / 2 : x; }},
      {"Softplus", {}, [](double x) { return std::log1p(std::exp(x)); }},
      {"Mish", {}, [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
  };
}

// `x` with each element mapped by function(element, channel), as what results may be: sums of
// `terms` products of factors up to 1 were made twice, each within 1.5 bounds (Winograd), and our
// functions are no steeper than 1.5.
template <class Function>
Expected mapped(const Tensor& x, int64_t terms, Function function) {
  Expected expected;
  const int64_t plane = x.shape().elements(2, x.shape().rank());
  for (int64_t i = 0; i < x.elements(); ++i) {
    const double value = x.as<float>()[static_cast<size_t>(i)];
    expected.values.push_back(function(value, i / plane % x.shape()[1]));
    expected.bounds.push_back(4.5 * sum_bound(terms, static_cast<double>(terms)));
  }
  return expected;
}

const std::string kInternal(kInternalDomain);

struct Operands {
  Tensor data, weights, bias;
};

Operands operands_of(int64_t outputs, int64_t height, int64_t width, int64_t kernel) {
  return {random_tensor({1, kInputs, height, width}, 1),
          random_tensor({outputs, kInputs, kernel, kernel}, 2), random_tensor({outputs}, 3)};
}

void check_addend(const Operands& operands, const Tensor& addend) {
  SCOPED_TRACE(addend.shape().to_string());
  const auto& [data, weights, bias] = operands;
  const Tensor result = run_op({.op_type = "Conv"}, {data, weights, bias})[0];
  const Tensor sum = run_op({.op_type = "Add"}, {result, addend})[0];
  const int64_t terms = weights.elements() / weights.shape()[0];
  for (const Activation& activation : activations()) {
    SCOPED_TRACE(activation.name);
    expect_everywhere(
        {.op_type = "FusedConv",
         .attributes = {{"activation", activation.name},
                        {"activation_params", activation.parameters}},
         .domain = kInternal},
        {data, weights, bias, addend}, sum.shape(),
        mapped(sum, terms, [&](double x, int64_t) { return activation.function(x); }));
  }
  for (const int64_t slope_count : {int64_t{1}, bias.elements()}) {
    const Tensor slopes = random_tensor({slope_count, 1, 1}, 5);
    expect_everywhere({.op_type = "FusedConv",
                       .attributes = {{"activation", std::string("PRelu")}},
                       .domain = kInternal},
                      {data, weights, bias, addend, slopes}, sum.shape(),
                      mapped(sum, terms, [&](double x, int64_t channel) {
                        const auto i = static_cast<size_t>(slope_count == 1 ? 0 : channel);
                        return x < 0 ? slopes.as<float>()[i] * x : x;
                      }));
  }
}

TEST(FusedConv, AddsAndActivates) {
  for (const int64_t outputs : {3, 7, 8}) {
    for (const int64_t kernel : {1, 3, 5}) {
      SCOPED_TRACE(::testing::Message() << outputs << " outputs, kernel " << kernel);
      check_addend(operands_of(outputs, 14, 13, kernel),
                   random_tensor({1, outputs, 15 - kernel, 14 - kernel}, 4));
    }
  }
}

TEST(FusedConv, SpreadsTheAddend) {
  const Operands operands = operands_of(7, 9, 10, 3);
  for (const Shape& shape :
       {Shape{}, {1}, {8}, {7, 8}, {7, 1, 1}, {1, 7, 1, 1}, {1, 1, 7, 8}, {1, 7, 7, 1}}) {
    check_addend(operands, random_tensor(shape, 4));
  }
}

TEST(FusedConv, SpreadsTheResultOverTheAddend) {
  check_addend(operands_of(7, 9, 10, 3), random_tensor({2, 7, 7, 8}, 4));
  check_addend(operands_of(7, 3, 3, 3), random_tensor({1, 7, 4, 5}, 4));
  check_addend(operands_of(1, 6, 6, 3), random_tensor({1, 5, 4, 4}, 4));
  check_addend(operands_of(7, 6, 3, 3), random_tensor({1, 7, 1, 4}, 4));
}

TEST(FusedConv, SaysWhatCannotBeAdded) {
  const auto [data, weights, bias] = operands_of(7, 9, 10, 3);
  const OpCase op{.op_type = "FusedConv", .domain = kInternal};
  EXPECT_THROW(run_op(op, {data, weights, bias, random_tensor({1, 7, 6, 8}, 4)}), Error);
}

// More data behind the slopes, as if Concat had joined it: in parts, and where they or the kernel
// forbid that, joined.
TEST(FusedConv, TakesDataInParts) {
  for (const std::vector<int64_t>& channels :
       std::vector<std::vector<int64_t>>{{4, 8}, {8, 4, 4}, {4, 4, 4, 12}, {5, 8}, {4, 3}}) {
    for (const int64_t kernel : {1, 3, 5}) {
      SCOPED_TRACE(::testing::Message() << channels.size() << " parts, kernel " << kernel);
      std::vector<Tensor> parts;
      for (const int64_t count : channels) {
        parts.push_back(random_tensor({2, count, 14, 13}, static_cast<uint32_t>(parts.size())));
      }
      const Tensor whole = run_op({"Concat", 13, {{"axis", int64_t{1}}}}, parts)[0];
      const Tensor weights = random_tensor({7, whole.shape()[1], kernel, kernel}, 7);
      const Tensor bias = random_tensor({7}, 8);
      const Tensor result = run_op({.op_type = "Conv"}, {whole, weights, bias})[0];
      const auto check = [&](const Tensor& addend, const Tensor& expected) {
        std::vector<Tensor> inputs = {parts[0], weights, bias, addend, {}};
        inputs.insert(inputs.end(), parts.begin() + 1, parts.end());
        expect_everywhere({.op_type = "FusedConv", .domain = kInternal}, inputs, expected.shape(),
                          mapped(expected, whole.shape()[1] * kernel * kernel,
                                 [](double x, int64_t) { return x; }));
      };
      check({}, result);
      for (const Shape& shape : {result.shape(), Shape{7, 1, 1}}) {
        const Tensor addend = random_tensor(shape, 9);
        check(addend, run_op({.op_type = "Add"}, {result, addend})[0]);
      }
    }
  }
}

TEST(FusedConv, SaysWhichPartDoesNotFit) {
  const auto [data, weights, bias] = operands_of(7, 9, 10, 3);
  const OpCase op{.op_type = "FusedConv", .domain = kInternal};
  const Tensor half = random_tensor({1, 3, 9, 10}, 1), flat = random_tensor({1, 3, 9}, 1);
  EXPECT_EQ(run_op(op, {half, weights, bias, {}, {}, half})[0].shape(), (Shape{1, 7, 7, 8}));
  EXPECT_THROW(run_op(op, {half, weights, bias, {}, {}, half, half}), Error);
  EXPECT_THROW(run_op(op, {half, weights, bias, {}, {}, random_tensor({1, 3, 9, 9}, 1)}), Error);
  EXPECT_THROW(run_op(op, {half, weights, bias, {}, {}, flat}), Error);
}

// Slopes of the result's channels, or with `deep` of the convolution's.
void check_shuffle(int64_t channels, int64_t block, const std::string& mode, int64_t slope_count,
                   bool deep) {
  SCOPED_TRACE(::testing::Message() << channels << " channels in blocks of " << block << ", "
                                    << mode << ", " << slope_count << " slopes");
  const int64_t outputs = channels * block * block;
  const auto [data, weights, bias] = operands_of(outputs, 9, 8, 3);
  const Tensor slopes = random_tensor({slope_count, 1, 1}, 5);
  const auto shuffle = [&](const Tensor& x) {
    return run_op({.op_type = "DepthToSpace", .attributes = {{"blocksize", block}, {"mode", mode}}},
                  {x})[0];
  };
  const auto activate = [&](const Tensor& x) {
    return run_op({.op_type = "PRelu"}, {x, slopes})[0];
  };
  const Tensor result = run_op({.op_type = "Conv"}, {data, weights, bias})[0];
  const Tensor expected = deep ? shuffle(activate(result)) : activate(shuffle(result));
  expect_everywhere(
      {.op_type = "FusedConv",
       .attributes = {{"blocksize", block}, {"mode", mode}, {"activation", std::string("PRelu")}},
       .domain = kInternal},
      {data, weights, bias, {}, slopes}, expected.shape(),
      mapped(expected, kInputs * 9, [](double x, int64_t) { return x; }));
}

TEST(FusedConv, WritesBlocksOfPixels) {
  for (const std::string mode : {"DCR", "CRD"}) {
    for (const int64_t block : {2, 3}) {
      for (int64_t channels = 1; channels <= 5; ++channels) {
        check_shuffle(channels, block, mode, 1, false);
        check_shuffle(channels, block, mode, channels, false);
        check_shuffle(channels, block, mode, channels * block * block, true);
      }
    }
  }
}

// Both ways to compute it, as one convolution and phase by phase.
TEST(FusedConvTranspose, Activates) {
  const Tensor data = random_tensor({1, kInputs, 7, 6}, 1);
  for (const int64_t groups : {1, 2}) {
    const Tensor weights = random_tensor({kInputs, 10 / groups, 4, 4}, 2);
    const std::vector<int64_t> strides = {2, 2};
    const Tensor result = run_op(
        {.op_type = "ConvTranspose", .attributes = {{"strides", strides}, {"group", groups}}},
        {data, weights})[0];
    for (const Activation& activation : activations()) {
      SCOPED_TRACE(activation.name);
      expect_everywhere(
          {.op_type = "FusedConvTranspose",
           .attributes = {{"strides", strides},
                          {"group", groups},
                          {"activation", activation.name},
                          {"activation_params", activation.parameters}},
           .domain = kInternal},
          {data, weights}, result.shape(),
          mapped(result, kInputs * 16, [&](double x, int64_t) { return activation.function(x); }));
    }
    const Tensor slopes = random_tensor({10, 1, 1}, 5);
    expect_everywhere({.op_type = "FusedConvTranspose",
                       .attributes = {{"strides", strides},
                                      {"group", groups},
                                      {"activation", std::string("PRelu")}},
                       .domain = kInternal},
                      {data, weights, {}, {}, slopes}, result.shape(),
                      mapped(result, kInputs * 16, [&](double x, int64_t channel) {
                        return x < 0 ? slopes.as<float>()[static_cast<size_t>(channel)] * x : x;
                      }));
  }
}

}  // namespace
}  // namespace fovea::test

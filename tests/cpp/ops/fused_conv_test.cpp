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
  OpCase op;
  std::function<double(double)> function;
};

std::vector<Activation> activations() {
  const auto leaky = [](double slope) { return [=](double x) { return x < 0 ? slope * x : x; }; };
  const auto unit = [](double x) { return std::clamp(x, 0.0, 1.0); };
  return {
      {{"Relu"}, leaky(0)},
      {{"LeakyRelu", 17, {{"alpha", 0.125f}}}, leaky(0.125)},
      {{"Clip", 6, {{"min", -0.5f}, {"max", 0.75f}}},
       [](double x) { return std::clamp(x, -0.5, 0.75); }},
      {{"Sigmoid"}, [](double x) { return 1 / (1 + std::exp(-x)); }},
      {{"Tanh"}, [](double x) { return std::tanh(x); }},
      {{"HardSigmoid", 17, {{"alpha", 0.25f}, {"beta", 0.375f}}},
       [=](double x) { return unit(0.25 * x + 0.375); }},
      {{"HardSwish"}, [=](double x) { return x * unit(x / 6 + 0.5); }},
      {{"Swish", 24}, [](double x) { return x / (1 + std::exp(-x)); }},
      {{"Elu", 17, {{"alpha", 0.5f}}}, [](double x) { return x < 0 ? std::expm1(x) / 2 : x; }},
      {{"Softplus"}, [](double x) { return std::log1p(std::exp(x)); }},
      {{"Mish", 18}, [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
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

struct Operands {
  Tensor data, weights, bias;
};

Operands operands_of(int64_t outputs, int64_t height, int64_t width, int64_t kernel) {
  return {random_tensor({1, kInputs, height, width}, 1),
          random_tensor({outputs, kInputs, kernel, kernel}, 2), random_tensor({outputs}, 3)};
}

// A fused node in the making: a convolution and what follows it.
class Chain {
 public:
  // Of several data, what Concat makes of them is convolved.
  Chain(const OpCase& convolution, const std::vector<Tensor>& data, const Tensor& weights,
        const Tensor& bias) {
    std::vector<ValueId> parts;
    for (const Tensor& part : data) parts.push_back(add_input(part));
    if (data.size() > 1) parts_.push_back({{"Concat", 13, {{"axis", int64_t{1}}}}, parts});
    const ValueId convolved = data.size() > 1 ? kBefore : parts[0];
    const ValueId weight = add_input(weights);
    parts_.push_back({convolution, {convolved, weight, add_input(bias)}});
  }

  Chain& then(const OpCase& op, const std::vector<Tensor>& operands = {}) {
    std::vector<ValueId> read = {kBefore};
    for (const Tensor& operand : operands) read.push_back(add_input(operand));
    parts_.push_back({op, std::move(read)});
    return *this;
  }

  OpCase op(const std::string& op_type = "FusedConv") const {
    return fused(op_type, inputs_.size(), parts_);
  }
  const std::vector<Tensor>& inputs() const { return inputs_; }

 private:
  ValueId add_input(const Tensor& tensor) {
    inputs_.push_back(tensor);
    const bool left_out = tensor.dtype() == DType::Undefined;
    return left_out ? kNoValue : static_cast<ValueId>(inputs_.size() - 1);
  }

  std::vector<Tensor> inputs_;
  std::vector<FusedPart> parts_;
};

void expect_fused(const Chain& chain, const Shape& shape, const Expected& expected,
                  const std::string& op_type = "FusedConv") {
  expect_everywhere(chain.op(op_type), chain.inputs(), shape, expected);
}

void check_addend(const Operands& operands, const Tensor& addend) {
  SCOPED_TRACE(addend.shape().to_string());
  const auto& [data, weights, bias] = operands;
  const Tensor result = run_op({"Conv"}, {data, weights, bias})[0];
  const Tensor sum = run_op({"Add"}, {result, addend})[0];
  const int64_t terms = weights.elements() / weights.shape()[0];
  const auto chain = [&] { return Chain({"Conv"}, {data}, weights, bias).then({"Add"}, {addend}); };
  expect_fused(chain(), sum.shape(), mapped(sum, terms, [](double x, int64_t) { return x; }));
  for (const auto& [op, function] : activations()) {
    SCOPED_TRACE(op.op_type);
    expect_fused(chain().then(op), sum.shape(),
                 mapped(sum, terms, [&](double x, int64_t) { return function(x); }));
  }
  for (const int64_t slope_count : {int64_t{1}, bias.elements()}) {
    const Tensor slopes = random_tensor({slope_count, 1, 1}, 5);
    expect_fused(chain().then({"PRelu"}, {slopes}), sum.shape(),
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
  const Chain chain =
      Chain({"Conv"}, {data}, weights, bias).then({"Add"}, {random_tensor({1, 7, 6, 8}, 4)});
  EXPECT_THROW(run_op(chain.op(), chain.inputs()), Error);
}

// What Concat would join: in parts, and where they or the kernel forbid that, joined.
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
      const Tensor result = run_op({"Conv"}, {whole, weights, bias})[0];
      const auto check = [&](const Chain& chain, const Tensor& expected) {
        expect_fused(chain, expected.shape(),
                     mapped(expected, whole.shape()[1] * kernel * kernel,
                            [](double x, int64_t) { return x; }));
      };
      check(Chain({"Conv"}, parts, weights, bias), result);
      for (const Shape& shape : {result.shape(), Shape{7, 1, 1}}) {
        const Tensor addend = random_tensor(shape, 9);
        check(Chain({"Conv"}, parts, weights, bias).then({"Add"}, {addend}),
              run_op({"Add"}, {result, addend})[0]);
      }
    }
  }
}

TEST(FusedConv, SaysWhichPartDoesNotFit) {
  const auto [data, weights, bias] = operands_of(7, 9, 10, 3);
  const auto convolved = [&](const std::vector<Tensor>& parts) {
    const Chain chain({"Conv"}, parts, weights, bias);
    return run_op(chain.op(), chain.inputs())[0].shape();
  };
  const Tensor half = random_tensor({1, 3, 9, 10}, 1), flat = random_tensor({1, 3, 9}, 1);
  EXPECT_EQ(convolved({half, half}), (Shape{1, 7, 7, 8}));
  EXPECT_THROW(convolved({half, half, half}), Error);
  EXPECT_THROW(convolved({half, random_tensor({1, 3, 9, 9}, 1)}), Error);
  EXPECT_THROW(convolved({half, flat}), Error);
}

// Slopes of the result's channels, or with `deep` of the convolution's.
void check_shuffle(int64_t channels, int64_t block, const std::string& mode, int64_t slope_count,
                   bool deep) {
  SCOPED_TRACE(::testing::Message() << channels << " channels in blocks of " << block << ", "
                                    << mode << ", " << slope_count << " slopes");
  const int64_t outputs = channels * block * block;
  const auto [data, weights, bias] = operands_of(outputs, 9, 8, 3);
  const Tensor slopes = random_tensor({slope_count, 1, 1}, 5);
  const OpCase shuffle = {"DepthToSpace", 17, {{"blocksize", block}, {"mode", mode}}};
  const Tensor result = run_op({"Conv"}, {data, weights, bias})[0];
  const auto activated = [&](const Tensor& x) { return run_op({"PRelu"}, {x, slopes})[0]; };
  const auto shuffled = [&](const Tensor& x) { return run_op(shuffle, {x})[0]; };
  const Tensor expected = deep ? shuffled(activated(result)) : activated(shuffled(result));
  Chain chain({"Conv"}, {data}, weights, bias);
  if (deep) {
    chain.then({"PRelu"}, {slopes}).then(shuffle);
  } else {
    chain.then(shuffle).then({"PRelu"}, {slopes});
  }
  expect_fused(chain, expected.shape(),
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
    const OpCase transpose = {
        "ConvTranspose", 17, {{"strides", std::vector<int64_t>{2, 2}}, {"group", groups}}};
    const Tensor result = run_op(transpose, {data, weights})[0];
    const auto check = [&](const OpCase& op, const std::vector<Tensor>& operands,
                           const std::function<double(double, int64_t)>& function) {
      SCOPED_TRACE(op.op_type);
      expect_fused(Chain(transpose, {data}, weights, {}).then(op, operands), result.shape(),
                   mapped(result, kInputs * 16, function), "FusedConvTranspose");
    };
    for (const auto& [op, function] : activations()) {
      check(op, {}, [&](double x, int64_t) { return function(x); });
    }
    const Tensor slopes = random_tensor({10, 1, 1}, 5);
    check({"PRelu"}, {slopes}, [&](double x, int64_t channel) {
      return x < 0 ? slopes.as<float>()[static_cast<size_t>(channel)] * x : x;
    });
  }
}

}  // namespace
}  // namespace fovea::test

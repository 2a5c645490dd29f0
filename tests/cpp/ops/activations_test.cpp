#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

// An operator against its formula in double, on inputs in [low, high). Errors are bounded by
// `relative` and `absolute` half ULPs of the result and of 1.
struct Case {
  std::string op_type;
  int opset;
  std::vector<std::pair<std::string, float>> attributes;
  std::function<double(double)> oracle;
  float low = -6;
  float high = 6;
  double relative = 4;
  double absolute = 0;
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double unit(double x) { return std::min(std::max(x, 0.0), 1.0); }
double elu(double x, double negative, double slope) {
  return x < 0 ? negative * std::expm1(x / slope) : x;
}

// Differences such as e^x - 1 and 1 + erf(x) are as exact as their larger term.
const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"Relu", 14, {}, [](double x) { return std::max(x, 0.0); }},
      {"LeakyRelu", 16, {{"alpha", 0.25f}}, [](double x) { return x < 0 ? 0.25 * x : x; }},
      {"ThresholdedRelu", 10, {{"alpha", 2.0f}}, [](double x) { return x > 2 ? x : 0; }},
      {"ThresholdedRelu", 10, {{"alpha", -2.0f}}, [](double x) { return x > -2 ? x : 0; }},
      {"Sigmoid", 13, {}, sigmoid, -20, 20, 6},
      {"Tanh", 13, {}, [](double x) { return std::tanh(x); }},
      {"HardSigmoid", 6, {}, [](double x) { return unit(double{0.2f} * x + 0.5); }, -6, 6, 4, 4},
      {"HardSigmoid",
       6,
       {{"alpha", 0.5f}, {"beta", -1.0f}},
       [](double x) { return unit(0.5 * x - 1); },
       -6,
       6,
       4,
       4},
      {"HardSwish", 14, {}, [](double x) { return x * unit(x / 6 + 0.5); }, -6, 6, 4, 24},
      {"Swish", 24, {{"alpha", 2.0f}}, [](double x) { return x * sigmoid(2 * x); }, -6, 6, 8},
      {"Elu", 6, {{"alpha", 0.5f}}, [](double x) { return elu(x, 0.5, 1); }, -6, 6, 4, 2},
      {"Celu", 12, {{"alpha", 2.0f}}, [](double x) { return elu(x, 2, 2); }, -6, 6, 4, 8},
      {"Selu",
       6,
       {},
       [](double x) { return double{1.05070102f} * elu(x, double{1.67326324f}, 1); },
       -6,
       6,
       4,
       6},
      {"Softplus", 1, {}, [](double x) { return std::log1p(std::exp(x)); }, -20, 20, 8},
      {"Softsign", 1, {}, [](double x) { return x / (1 + std::abs(x)); }},
      {"Mish", 18, {}, [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }, -9, 30, 12},
      {"Gelu",
       20,
       {},
       [](double x) { return 0.5 * x * (1 + std::erf(x * std::sqrt(0.5))); },
       -6,
       6,
       6,
       24},
      {"Shrink",
       9,
       {{"lambd", 1.5f}, {"bias", 0.5f}},
       [](double x) { return x < -1.5  ? x + 0.5
                             : x > 1.5 ? x - 0.5
                                       : 0; }},
      {"Abs", 13, {}, [](double x) { return std::abs(x); }},
      {"Neg", 13, {}, [](double x) { return -x; }},
      {"Sign", 13, {}, [](double x) { return x > 0   ? 1
                                             : x < 0 ? -1
                                                     : 0; }},
      {"Floor", 13, {}, [](double x) { return std::floor(x); }},
      {"Ceil", 13, {}, [](double x) { return std::ceil(x); }},
      {"Round", 11, {}, [](double x) { return std::nearbyint(x); }},
      {"Sqrt", 13, {}, [](double x) { return std::sqrt(x); }, 0, 100},
      {"Reciprocal", 13, {}, [](double x) { return 1 / x; }},
      {"Exp", 13, {}, [](double x) { return std::exp(x); }, -80, 80},
      {"Log", 13, {}, [](double x) { return std::log(x); }, 0, 100},
      {"Erf", 13, {}, [](double x) { return std::erf(x); }},
      {"Sin", 7, {}, [](double x) { return std::sin(x); }},
      {"Cos", 7, {}, [](double x) { return std::cos(x); }},
      {"Tan", 7, {}, [](double x) { return std::tan(x); }},
      {"Asin", 7, {}, [](double x) { return std::asin(x); }, -1, 1},
      {"Acos", 7, {}, [](double x) { return std::acos(x); }, -1, 1},
      {"Atan", 7, {}, [](double x) { return std::atan(x); }},
      {"Sinh", 9, {}, [](double x) { return std::sinh(x); }},
      {"Cosh", 9, {}, [](double x) { return std::cosh(x); }},
      {"Asinh", 9, {}, [](double x) { return std::asinh(x); }, -6, 6, 8},
      {"Acosh", 9, {}, [](double x) { return std::acosh(x); }, 1, 9, 8},
      {"Atanh", 9, {}, [](double x) { return std::atanh(x); }, -1, 1, 8},
  };
  return all;
}

std::vector<Tensor> run(const Case& c, const Tensor& in, bool channels_last) {
  OpCase op = {c.op_type, c.opset};
  std::vector<Tensor> out;
  const auto run_with = [&](AttributeList attributes) {
    op.attributes = attributes;
    bool used = false;
    out = channels_last ? run_op_channels_last(op, {in}, &used, 2) : run_op(op, {in}, 2);
    EXPECT_EQ(used, channels_last);
  };
  const auto attribute = [&](size_t i) -> std::pair<std::string, AttributeValue> {
    return {c.attributes[i].first, c.attributes[i].second};
  };
  if (c.attributes.empty()) run_with({});
  if (c.attributes.size() == 1) run_with({attribute(0)});
  if (c.attributes.size() == 2) run_with({attribute(0), attribute(1)});
  return out;
}

TEST(Activations, AgreeWithTheirFormulas) {
  for (const Case& c : cases()) {
    for (const Shape& shape : {Shape{}, Shape{1}, Shape{7}, Shape{3, 5003}}) {
      const Tensor in = random_tensor(shape, 1, c.low, c.high);
      const Tensor out = run(c, in, false)[0];
      ASSERT_EQ(out.shape(), shape);
      for (size_t i = 0; i < in.as<float>().size(); ++i) {
        const double x = static_cast<double>(in.as<float>()[i]);
        const double want = c.oracle(x);
        ASSERT_NEAR(static_cast<double>(out.as<float>()[i]), want,
                    0x1p-24 * (c.relative * std::abs(want) + c.absolute) + 1e-37)
            << c.op_type << "(" << x << ")";
      }
    }
  }
}

// No step of theirs is in float: the same bounds, 29 bits further down.
TEST(Activations, OfDoubleAreComputedInDouble) {
  for (const Case& c : cases()) {
    const Tensor floats = random_tensor({5003}, 1, c.low, c.high);
    Tensor in = Tensor::allocate(DType::Double, {5003});
    for (size_t i = 0; i < 5003; ++i) {
      // Between two floats.
      in.mutable_as<double>()[i] = double{floats.as<float>()[i]} * (1 - 0x1p-30);
    }
    const Tensor out = run(c, in, false)[0];
    ASSERT_EQ(out.dtype(), DType::Double);
    for (size_t i = 0; i < 5003; ++i) {
      const double x = in.as<double>()[i], want = c.oracle(x);
      ASSERT_NEAR(out.as<double>()[i], want,
                  0x1p-53 * (c.relative * std::abs(want) + c.absolute) + 1e-300)
          << c.op_type << "(" << x << ")";
    }
  }
}

TEST(Activations, ChannelsLastGivesTheSameBits) {
  for (const Case& c : cases()) {
    for (const int64_t channels : {1, 3, 4, 6}) {
      const Tensor in = random_tensor({2, channels, 3, 5}, 2, c.low, c.high);
      expect_equal(run(c, in, true)[0], run(c, in, false)[0]);
    }
  }
}

TEST(Activations, ExtremesStayFiniteOrRight) {
  const Tensor in = Tensor::of<float>({5}, {-kInf, -200, 200, kInf, kNan});
  const auto check = [&](const std::string& op_type, int opset, std::vector<float> want) {
    const Tensor out = run_op({op_type, opset}, {in})[0];
    for (size_t i = 0; i < 4; ++i) EXPECT_EQ(out.as<float>()[i], want[i]) << op_type << " " << i;
    EXPECT_TRUE(std::isnan(out.as<float>()[4])) << op_type;
  };
  check("Relu", 14, {0, 0, 200, kInf});
  check("Sigmoid", 13, {0, 0, 1, 1});
  check("Tanh", 13, {-1, -1, 1, 1});
  check("Softplus", 1, {0, 0, 200, kInf});
  check("Elu", 6, {-1, -1, 200, kInf});
  check("HardSigmoid", 6, {0, 0, 1, 1});
  check("LeakyRelu", 16, {-kInf, -2, 200, kInf});
  check("Abs", 13, {kInf, 200, 200, kInf});
  EXPECT_EQ(run_op({"Mish", 18}, {in})[0].as<float>()[2], 200);
}

TEST(Activations, GeluByTangent) {
  const Tensor in = random_tensor({100}, 3, -6, 6);
  const Tensor out = run_op({"Gelu", 20, {{"approximate", std::string("tanh")}}}, {in})[0];
  for (size_t i = 0; i < 100; ++i) {
    const double x = static_cast<double>(in.as<float>()[i]);
    const double inner = std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
    EXPECT_NEAR(static_cast<double>(out.as<float>()[i]), 0.5 * x * (1 + std::tanh(inner)),
                6 * 8 * 0x1p-24);
  }
  const Tensor one = Tensor::of<double>({1}, {1});
  EXPECT_NEAR(
      run_op({"Gelu", 20, {{"approximate", std::string("tanh")}}}, {one})[0].as<double>()[0],
      0.5 * (1 + std::tanh(std::sqrt(2 / M_PI) * 1.044715)), 1e-15);
  EXPECT_EQ(error_of([&] {
              run_op({"Gelu", 20, {{"approximate", std::string("fast")}}}, {in});
            }),
            ErrorCode::UnsupportedAttribute);
}

TEST(Activations, RoundsHalvesToEven) {
  const Tensor in = Tensor::of<float>({6}, {-2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f});
  EXPECT_EQ(values_of<float>(run_op({"Round", 11}, {in})[0]),
            (std::vector<float>{-2, -2, 0, 0, 2, 2}));
}

TEST(Activations, IntegersWrapAtTheirMinimum) {
  const int32_t least = std::numeric_limits<int32_t>::min();
  const Tensor in = Tensor::of<int32_t>({4}, {-5, 0, 7, least});
  EXPECT_EQ(values_of<int32_t>(run_op({"Neg", 13}, {in})[0]),
            (std::vector<int32_t>{5, 0, -7, least}));
  EXPECT_EQ(values_of<int32_t>(run_op({"Abs", 13}, {in})[0]),
            (std::vector<int32_t>{5, 0, 7, least}));
  EXPECT_EQ(values_of<int32_t>(run_op({"Sign", 13}, {in})[0]),
            (std::vector<int32_t>{-1, 0, 1, -1}));
  EXPECT_EQ(values_of<int32_t>(run_op({"Relu", 14}, {in})[0]), (std::vector<int32_t>{0, 0, 7, 0}));
  const Tensor bytes = Tensor::of<uint8_t>({2}, {0, 200});
  EXPECT_EQ(values_of<uint8_t>(run_op({"Sign", 13}, {bytes})[0]), (std::vector<uint8_t>{0, 1}));
}

TEST(Clip, LimitsFromAttributesAndInputs) {
  const Tensor in = Tensor::of<float>({5}, {-kInf, -1, 0.5f, 3, kInf});
  const auto scalar = [](float x) { return Tensor::of<float>({}, {x}); };
  const auto clip = [&](int opset, AttributeList attributes, std::vector<Tensor> limits) {
    limits.insert(limits.begin(), in);
    return values_of<float>(run_op({"Clip", opset, attributes}, limits)[0]);
  };
  const std::vector<float> both = {0, 0, 0.5f, 2, 2};
  EXPECT_EQ(clip(6, {{"min", 0.0f}, {"max", 2.0f}}, {}), both);
  EXPECT_EQ(clip(13, {}, {scalar(0), scalar(2)}), both);
  EXPECT_EQ(clip(13, {}, {Tensor(), scalar(2)}), (std::vector<float>{-kInf, -1, 0.5f, 2, 2}));
  EXPECT_EQ(clip(13, {}, {scalar(0)}), (std::vector<float>{0, 0, 0.5f, 3, kInf}));
  EXPECT_EQ(clip(13, {}, {}), values_of<float>(in));
  EXPECT_EQ(clip(13, {}, {scalar(3), scalar(1)}), (std::vector<float>{1, 1, 1, 1, 1}));
  EXPECT_EQ(error_of([&] {
              clip(13, {}, {Tensor::of<float>({2}, {0, 1})});
            }),
            ErrorCode::MalformedModel);
}

TEST(Clip, IntegersAndNan) {
  const Tensor in = Tensor::of<int8_t>({3}, {-100, 5, 100});
  const Tensor low = Tensor::of<int8_t>({}, {-3}), high = Tensor::of<int8_t>({}, {50});
  EXPECT_EQ(values_of<int8_t>(run_op({"Clip", 12}, {in, low, high})[0]),
            (std::vector<int8_t>{-3, 5, 50}));
  const Tensor nan = Tensor::of<float>({1}, {kNan});
  const Tensor one = Tensor::of<float>({}, {1.0f});
  EXPECT_TRUE(std::isnan(run_op({"Clip", 13}, {nan, one, one})[0].as<float>()[0]));
}

TEST(Clip, ChannelsLastKeepsPaddingZero) {
  const Tensor in = random_tensor({1, 3, 4, 5}, 4);
  const OpCase op = {"Clip", 6, {{"min", 0.25f}, {"max", 0.5f}}};
  bool used = false;
  expect_equal(run_op_channels_last(op, {in}, &used)[0], run_op(op, {in})[0]);
  EXPECT_TRUE(used);
}

void check_prelu(const Shape& slope_shape, int opset, const Shape& aligned) {
  const Tensor in = random_tensor({2, 5, 3, 4}, 5), slope = random_tensor(slope_shape, 6);
  const OpCase op = {"PRelu", opset};
  const Tensor out = run_op(op, {in, slope}, 2)[0];
  const auto indices = indices_of(in.shape());
  for (size_t i = 0; i < indices.size(); ++i) {
    const float x = in.as<float>()[i];
    const float a = slope.as<float>()[broadcast_index(aligned, indices[i])];
    ASSERT_EQ(out.as<float>()[i], x < 0 ? x * a : x);
  }
  bool used = false;
  expect_equal(run_op_channels_last(op, {in, slope}, &used)[0], out);
}

TEST(PRelu, SlopesBroadcast) {
  check_prelu({5, 1, 1}, 16, {5, 1, 1});
  check_prelu({1}, 9, {1});
  check_prelu({2, 5, 3, 4}, 16, {2, 5, 3, 4});
  check_prelu({4}, 16, {4});
  check_prelu({5}, 6, {5, 1, 1});
  check_prelu({1}, 6, {1});
  EXPECT_EQ(error_of([] {
              run_op({"PRelu", 16}, {random_tensor({3}, 1), random_tensor({2, 3}, 2)});
            }),
            ErrorCode::MalformedModel);
}

TEST(Activations, ShrinkCutsIntegersOff) {
  const OpCase op = {"Shrink", 9, {{"lambd", 1.0f}, {"bias", 0.5f}}};
  const Tensor small = Tensor::of<int8_t>({5}, {-3, -1, 0, 1, 4});
  EXPECT_TRUE(identical(run_op(op, {small})[0], Tensor::of<int8_t>({5}, {-2, 0, 0, 0, 3})));
  const Tensor large = Tensor::of<uint64_t>({2}, {1, 9});
  EXPECT_TRUE(identical(run_op(op, {large})[0], Tensor::of<uint64_t>({2}, {0, 8})));
}

}  // namespace
}  // namespace fovea::test

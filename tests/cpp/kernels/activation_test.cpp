#include "kernels/elementwise/activation.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "support/random.h"

namespace fovea::kernels {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::numeric_limits<float>::quiet_NaN();

ActivationSpec by_default(const ActivationInfo& info) {
  return {info.kind, info.parameters[0].fallback, info.parameters[1].fallback};
}

// ONNX's operators, their attributes and what those are where a node has none.
TEST(Activations, AreThoseOfOnnx) {
  using Attributes = std::vector<std::pair<std::string, float>>;
  const std::vector<std::pair<std::string, Attributes>> expected = {
      {"Relu", {}},
      {"Clip", {{"min", -kInf}, {"max", kInf}}},
      {"LeakyRelu", {{"alpha", 0.01f}}},
      {"PRelu", {}},
      {"ThresholdedRelu", {{"alpha", 1.0f}}},
      {"HardSigmoid", {{"alpha", 0.2f}, {"beta", 0.5f}}},
      {"HardSwish", {}},
      {"Sigmoid", {}},
      {"Tanh", {}},
      {"Swish", {{"alpha", 1.0f}}},
      {"Gelu", {}},
      {"Gelu", {}},
      {"Elu", {{"alpha", 1.0f}}},
      {"Selu", {{"alpha", 1.67326319217681884765625f}, {"gamma", 1.05070102214813232421875f}}},
      {"Celu", {{"alpha", 1.0f}}},
      {"Softplus", {}},
      {"Softsign", {}},
      {"Mish", {}},
      {"Shrink", {{"lambd", 0.5f}, {"bias", 0.0f}}}};
  std::vector<std::pair<std::string, Attributes>> known;
  for (const ActivationInfo& info : activations()) {
    Attributes attributes;
    for (const auto& [attribute, fallback] : info.parameters) {
      if (!attribute.empty()) attributes.emplace_back(attribute, fallback);
    }
    known.emplace_back(info.op_type, attributes);
    EXPECT_EQ(&info_of(info.kind), &info);
  }
  EXPECT_EQ(known, expected);
  EXPECT_EQ(info_of(Activation::Gelu).approximate, "none");
  EXPECT_EQ(info_of(Activation::GeluTanh).approximate, "tanh");
}

// An epilogue and an element-wise node give the same bits.
TEST(Activations, RowsAndVectorsAgree) {
  for (const ActivationInfo& info : activations()) {
    if (info.kind == Activation::PRelu) continue;
    SCOPED_TRACE(std::string(info.op_type));
    const ActivationSpec spec = by_default(info);
    for (int64_t count = 0; count <= 33; ++count) {
      std::vector<float> in = test::random_floats(count, 1, -8.0f, 8.0f);
      if (count > 20) in[1] = kInf, in[2] = -kInf, in[7] = -0.0f, in[20] = kNan;
      std::vector<float> out = in;
      info.apply_row(spec, in.data(), out.data(), count);
      for (size_t i = 0; i < in.size(); ++i) {
        const float alone = info.apply(spec, simd::F32x4::splat(in[i]))[0];
        if (std::isnan(alone)) {
          EXPECT_TRUE(std::isnan(out[i])) << in[i];
        } else {
          EXPECT_EQ(std::bit_cast<uint32_t>(out[i]), std::bit_cast<uint32_t>(alone)) << in[i];
        }
      }
    }
  }
}

// Of comparisons that NaN fails.
TEST(Activations, NaNStaysNaNWhereONNXDoesNotMakeItZero) {
  for (const ActivationInfo& info : activations()) {
    if (info.kind == Activation::PRelu) continue;
    const float result = info.apply(by_default(info), simd::F32x4::splat(kNan))[0];
    const double of_double = info.apply_to_double(by_default(info), std::nan(""));
    if (info.kind == Activation::Shrink || info.kind == Activation::ThresholdedRelu) {
      EXPECT_EQ(result, 0.0f) << info.op_type;
      EXPECT_EQ(of_double, 0.0) << info.op_type;
    } else {
      EXPECT_TRUE(std::isnan(result)) << info.op_type;
      EXPECT_TRUE(std::isnan(of_double)) << info.op_type;
    }
  }
}

// min(max(x, low), high): bounds that are not given leave infinities as they are.
TEST(Activations, ClipWithoutBoundsChangesNothing) {
  const ActivationInfo& clip = info_of(Activation::Clip);
  const auto of = [&](ActivationSpec spec, float x) {
    return clip.apply(spec, simd::F32x4::splat(x))[0];
  };
  EXPECT_EQ(of(by_default(clip), kInf), kInf);
  EXPECT_EQ(of(by_default(clip), -kInf), -kInf);
  EXPECT_EQ(of({Activation::Clip, 0.0f, kInf}, kInf), kInf);
  EXPECT_EQ(of({Activation::Clip, 2.0f, 1.0f}, 5.0f), 1.0f);
}

TEST(Activations, KeepZeroDependsOnTheParameters) {
  EXPECT_TRUE(keeps_zero({}));
  for (const Activation kind :
       {Activation::Relu, Activation::LeakyRelu, Activation::PRelu, Activation::HardSwish,
        Activation::Tanh, Activation::Swish, Activation::Gelu, Activation::GeluTanh,
        Activation::Elu, Activation::Selu, Activation::Softsign, Activation::Mish}) {
    EXPECT_TRUE(keeps_zero({kind, 1.0f, 1.0f})) << static_cast<int>(kind);
  }
  EXPECT_FALSE(keeps_zero({Activation::Sigmoid}));
  EXPECT_FALSE(keeps_zero({Activation::Softplus}));
  EXPECT_TRUE(keeps_zero({Activation::Clip, -kInf, kInf}));
  EXPECT_TRUE(keeps_zero({Activation::Clip, 0.0f, 6.0f}));
  EXPECT_FALSE(keeps_zero({Activation::Clip, 0.25f, 6.0f}));
  EXPECT_FALSE(keeps_zero({Activation::HardSigmoid, 0.2f, 0.5f}));
  EXPECT_TRUE(keeps_zero({Activation::HardSigmoid, 0.2f, -0.5f}));
}

}  // namespace
}  // namespace fovea::kernels

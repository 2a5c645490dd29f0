#include "simd/math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace fovea::simd {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

using Vector = F32x4 (*)(F32x4);
using Scalar = double (*)(double);

float at(Vector function, float x) { return function(F32x4::splat(x))[0]; }

// Distance between neighbouring floats at the size of `x`.
double ulp(double x) {
  const float rounded = std::fabs(static_cast<float>(x));
  if (rounded < std::numeric_limits<float>::min()) return 0x1p-149;
  return std::ldexp(1.0, std::ilogb(rounded) - 23);
}

// Largest error in ULP over every `stride`-th float in bit order, from all signs and exponents.
double worst_ulp(Vector function, Scalar exact, uint32_t stride) {
  double worst = 0;
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += 4 * stride) {
    float x[4], y[4];
    for (uint32_t lane = 0; lane < 4; ++lane) {
      x[lane] = std::bit_cast<float>(static_cast<uint32_t>(bits) + lane * stride);
    }
    function(F32x4::load(x)).store(y);
    for (int lane = 0; lane < 4; ++lane) {
      const double want = exact(static_cast<double>(x[lane]));
      const float rounded = static_cast<float>(want);
      if (std::isnan(want) || std::isinf(rounded)) {
        const bool same = std::isnan(want) ? std::isnan(y[lane]) : y[lane] == rounded;
        // Within an ULP of the overflow threshold either side is right.
        if (!same && std::isfinite(want) && std::fabs(want) < 0x1.000002p128) continue;
        EXPECT_TRUE(same) << "f(" << x[lane] << ") = " << y[lane] << ", want " << want;
        if (!same) return kInf;
      } else {
        worst = std::max(worst, std::fabs(static_cast<double>(y[lane]) - want) / ulp(want));
      }
    }
  }
  return worst;
}

F32x4 sigmoid(F32x4 x) { return Sigmoid()(x); }
double exact_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// Where results are normal floats.
constexpr float kLeastOfSigmoid = -87.3f;
F32x4 usual_sigmoid(F32x4 x) { return sigmoid(pmax(x, F32x4::splat(kLeastOfSigmoid))); }
double exact_usual_sigmoid(double x) {
  return exact_sigmoid(x < double{kLeastOfSigmoid} ? double{kLeastOfSigmoid} : x);
}

constexpr uint32_t kStride = 1009;

TEST(Math, ExpHoldsItsError) { EXPECT_LE(worst_ulp(exp, std::exp, kStride), 1.2); }
TEST(Math, LogHoldsItsError) { EXPECT_LE(worst_ulp(log, std::log, kStride), 1.0); }
TEST(Math, TanhHoldsItsError) { EXPECT_LE(worst_ulp(tanh, std::tanh, kStride), 1.5); }
TEST(Math, SigmoidHoldsItsError) {
  EXPECT_LE(worst_ulp(usual_sigmoid, exact_usual_sigmoid, kStride), 2.5);
  for (const float x : {-87.5f, -88.0f, -100.0f, -1e30f, -kInf}) {
    EXPECT_GE(at(sigmoid, x), 0.0f) << x;
    EXPECT_LT(at(sigmoid, x), 0x1p-126f) << x;
  }
}
TEST(Math, ErfHoldsItsError) { EXPECT_LE(worst_ulp(erf, std::erf, kStride), 1.5); }

// The ranges that matter hold few of the floats in bit order.
TEST(Math, DenseSweepAroundZero) {
  const struct {
    Vector function;
    Scalar exact;
    double bound;
  } cases[] = {{exp, std::exp, 1.2},
               {tanh, std::tanh, 1.5},
               {sigmoid, exact_sigmoid, 2.5},
               {erf, std::erf, 1.5}};
  for (const auto& c : cases) {
    double worst = 0;
    for (int i = -400000; i <= 400000; ++i) {
      const float x = static_cast<float>(i) * 3.1e-5f;
      const double want = c.exact(static_cast<double>(x));
      worst = std::max(worst, std::fabs(static_cast<double>(at(c.function, x)) - want) / ulp(want));
    }
    EXPECT_LE(worst, c.bound) << "case " << (&c - cases);
  }
}

F32x4 exp_nonpositive(F32x4 x) { return ExpNonpositive()(x); }

// Where results are normal floats; below that they fall to 0.
TEST(Math, ExpOfNonpositiveHoldsItsError) {
  double worst = 0;
  for (int i = 0; i <= 873000; ++i) {
    const float x = static_cast<float>(-i) * 1e-4f;
    const double want = std::exp(static_cast<double>(x));
    worst =
        std::max(worst, std::fabs(static_cast<double>(at(exp_nonpositive, x)) - want) / ulp(want));
  }
  EXPECT_LE(worst, 1.2);
  for (const float x : {-87.5f, -88.0f, -100.0f, -1e30f, -kInf}) {
    EXPECT_GE(at(exp_nonpositive, x), 0.0f) << x;
    EXPECT_LT(at(exp_nonpositive, x), 0x1p-126f) << x;
  }
  EXPECT_EQ(at(exp_nonpositive, -kInf), 0.0f);
  EXPECT_EQ(at(exp_nonpositive, 0.0f), 1.0f);
  EXPECT_TRUE(std::isnan(at(exp_nonpositive, kNan)));
}

TEST(Math, GeluHoldsItsError) {
  double worst = 0;
  for (int i = -800000; i <= 800000; ++i) {
    const float x = static_cast<float>(i) * 1e-5f;
    const double exact = static_cast<double>(x);
    const double want = exact * std::erfc(-exact * std::sqrt(0.5)) / 2;
    if (x == 0.0f) continue;
    worst = std::max(worst, std::fabs(static_cast<double>(at(gelu, x)) - want) / ulp(exact));
  }
  EXPECT_LE(worst, 4);
  EXPECT_EQ(at(gelu, 0.0f), 0.0f);
  EXPECT_EQ(at(gelu, 1e30f), 1e30f);
  EXPECT_EQ(at(gelu, -1e30f), 0.0f);
  EXPECT_EQ(at(gelu, kInf), kInf);
  EXPECT_TRUE(std::isnan(at(gelu, kNan)));
}

TEST(Math, Limits) {
  EXPECT_EQ(at(exp, -kInf), 0.0f);
  EXPECT_EQ(at(exp, kInf), kInf);
  EXPECT_EQ(at(exp, 0.0f), 1.0f);
  EXPECT_EQ(at(exp, -104.0f), 0.0f);
  EXPECT_EQ(at(log, 0.0f), -kInf);
  EXPECT_EQ(at(log, -0.0f), -kInf);
  EXPECT_EQ(at(log, kInf), kInf);
  EXPECT_EQ(at(log, 1.0f), 0.0f);
  EXPECT_TRUE(std::isnan(at(log, -1.0f)));
  EXPECT_TRUE(std::isnan(at(log, -kInf)));
  EXPECT_EQ(at(tanh, kInf), 1.0f);
  EXPECT_EQ(at(tanh, -kInf), -1.0f);
  EXPECT_EQ(at(sigmoid, kInf), 1.0f);
  EXPECT_EQ(at(sigmoid, -kInf), 0.0f);
  EXPECT_EQ(at(erf, kInf), 1.0f);
  EXPECT_EQ(at(erf, -kInf), -1.0f);
  for (const Vector function : {exp, log, tanh, sigmoid, erf}) {
    EXPECT_TRUE(std::isnan(at(function, kNan)));
  }
}

TEST(Math, OddFunctionsKeepTheSignOfZero) {
  for (const Vector function : {tanh, erf}) {
    EXPECT_EQ(at(function, 0.0f), 0.0f);
    EXPECT_TRUE(std::signbit(at(function, -0.0f)));
    EXPECT_FALSE(std::signbit(at(function, 0.0f)));
  }
  EXPECT_EQ(copysign(F32x4::splat(-3.0f), F32x4::splat(0.0f))[0], 3.0f);
  EXPECT_EQ(copysign(F32x4::splat(3.0f), F32x4::splat(-0.0f))[0], -3.0f);
}

}  // namespace
}  // namespace fovea::simd

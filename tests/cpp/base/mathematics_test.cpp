// The C library's functions, which JavaScript computes in WebAssembly.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace fovea {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

// Functions and their inverses, within the roundings of both.
TEST(Mathematics, FunctionsUndoTheirInverses) {
  for (const double x : {1e-9, 0.01, 0.3, 0.5, 0.7, 0.99}) {
    const double allowed = 4 * kEpsilon * x;
    EXPECT_NEAR(std::sin(std::asin(x)), x, allowed);
    EXPECT_NEAR(std::tan(std::atan(x)), x, allowed);
    EXPECT_NEAR(std::sinh(std::asinh(x)), x, allowed);
    EXPECT_NEAR(std::tanh(std::atanh(x)), x, allowed);
    EXPECT_NEAR(std::expm1(std::log1p(x)), x, allowed);
    EXPECT_NEAR(std::cos(std::acos(x)), x, 4 * kEpsilon);
    EXPECT_NEAR(std::cosh(std::acosh(1 + x)), 1 + x, 8 * kEpsilon);
    EXPECT_NEAR(std::exp(std::log(x)), x, 32 * allowed);
  }
}

TEST(Mathematics, PowersOfIntegersAreExact) {
  for (const double base : {-7.0, -3.0, 2.0, 3.0, 5.0, 10.0}) {
    double power = 1;
    for (int exponent = 0; exponent <= 15; ++exponent, power *= base) {
      EXPECT_EQ(std::pow(base, exponent), power) << base << " to the " << exponent;
    }
  }
}

// IEEE 754's, of which JavaScript's differ.
TEST(Mathematics, PowersOfOneAreOne) {
  for (const double exponent : {0.0, 2.0, double{INFINITY}, -double{INFINITY}, double{NAN}}) {
    EXPECT_EQ(std::pow(1.0, exponent), 1) << exponent;
  }
  EXPECT_EQ(std::pow(-1.0, double{INFINITY}), 1);
  EXPECT_EQ(std::pow(-1.0, -double{INFINITY}), 1);
  EXPECT_TRUE(std::isnan(std::pow(-1.0, double{NAN})));
  EXPECT_TRUE(std::isnan(std::pow(-2.0, 0.5)));
  EXPECT_EQ(std::pow(double{NAN}, 0.0), 1);
}

}  // namespace
}  // namespace fovea

#include "base/minifloat.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace fovea {
namespace {

constexpr DType kFormats[] = {DType::Float8E4M3FN,   DType::Float8E4M3FNUZ, DType::Float8E5M2,
                              DType::Float8E5M2FNUZ, DType::Float6E2M3,     DType::Float6E3M2,
                              DType::Float4E2M1};

int codes_of(DType dtype) { return 1 << bits_of(dtype); }

float value_of(DType dtype, int code) {
  return minifloat_to_float(dtype, static_cast<uint8_t>(code));
}

float largest(DType dtype) {
  float result = 0;
  for (int code = 0; code < codes_of(dtype); ++code) {
    const float value = value_of(dtype, code);
    if (std::isfinite(value)) result = std::max(result, value);
  }
  return result;
}

// The tables of the formats' specifications.
TEST(Minifloat, HasTheRangeOfItsFormat) {
  EXPECT_EQ(largest(DType::Float8E4M3FN), 448);
  EXPECT_EQ(largest(DType::Float8E4M3FNUZ), 240);
  EXPECT_EQ(largest(DType::Float8E5M2), 57344);
  EXPECT_EQ(largest(DType::Float8E5M2FNUZ), 57344);
  EXPECT_EQ(largest(DType::Float6E2M3), 7.5f);
  EXPECT_EQ(largest(DType::Float6E3M2), 28);
  EXPECT_EQ(largest(DType::Float4E2M1), 6);
  EXPECT_EQ(value_of(DType::Float8E4M3FN, 1), 0x1p-9f);
  EXPECT_EQ(value_of(DType::Float8E5M2, 1), 0x1p-16f);
  EXPECT_EQ(value_of(DType::Float8E8M0, 0), 0x1p-127f);
  EXPECT_EQ(value_of(DType::Float8E8M0, 254), 0x1p127f);
  EXPECT_TRUE(std::isnan(value_of(DType::Float8E8M0, 255)));
}

TEST(Minifloat, EveryCodeComesBack) {
  for (const DType dtype : kFormats) {
    for (int code = 0; code < codes_of(dtype); ++code) {
      const float value = value_of(dtype, code);
      const uint8_t back = float_to_minifloat(dtype, value, false);
      if (std::isnan(value)) {
        EXPECT_TRUE(std::isnan(value_of(dtype, back))) << name_of(dtype) << code;
      } else {
        EXPECT_EQ(back, code) << name_of(dtype);
      }
    }
  }
}

// Of the two values around, the nearer; of two as near, the one whose code is even.
TEST(Minifloat, RoundsToTheNearestEven) {
  std::mt19937 engine(7);
  for (const DType dtype : kFormats) {
    std::uniform_real_distribution<float> uniform(-largest(dtype), largest(dtype));
    std::vector<float> samples;
    for (int i = 0; i < 500; ++i) samples.push_back(uniform(engine));
    for (int i = 0; i < 500; ++i) samples.push_back(uniform(engine) * 0x1p-8f);
    for (int code = 0; code + 1 < codes_of(dtype) / 2; ++code) {
      const float middle = (value_of(dtype, code) + value_of(dtype, code + 1)) / 2;
      if (std::isfinite(middle)) samples.push_back(middle);
    }
    for (const float sample : samples) {
      const uint8_t given = float_to_minifloat(dtype, sample);
      const double distance = std::fabs(double{sample} - value_of(dtype, given));
      for (int code = 0; code < codes_of(dtype); ++code) {
        const double other = std::fabs(double{sample} - value_of(dtype, code));
        if (std::isnan(other)) continue;
        ASSERT_LE(distance, other) << name_of(dtype) << " " << sample;
        const bool tie = other == distance && value_of(dtype, code) != value_of(dtype, given);
        if (tie) ASSERT_EQ(given % 2, 0) << name_of(dtype) << " " << sample;
      }
    }
  }
}

// ONNX, Cast: the two tables of special values.
TEST(Minifloat, SaturatesOrNot) {
  for (const DType dtype :
       {DType::Float8E4M3FN, DType::Float8E4M3FNUZ, DType::Float8E5M2, DType::Float8E5M2FNUZ}) {
    for (const float beyond : {1e6f, INFINITY}) {
      EXPECT_EQ(value_of(dtype, float_to_minifloat(dtype, beyond)), largest(dtype));
      EXPECT_EQ(value_of(dtype, float_to_minifloat(dtype, -beyond)), -largest(dtype));
      const float unsaturated = value_of(dtype, float_to_minifloat(dtype, beyond, false));
      if (dtype == DType::Float8E5M2) {
        EXPECT_EQ(unsaturated, INFINITY);
      } else {
        EXPECT_TRUE(std::isnan(unsaturated)) << name_of(dtype);
      }
    }
    EXPECT_TRUE(std::isnan(value_of(dtype, float_to_minifloat(dtype, NAN))));
  }
  EXPECT_EQ(float_to_minifloat(DType::Float8E4M3FN, -0.0f), 0x80);
  EXPECT_EQ(float_to_minifloat(DType::Float8E4M3FNUZ, -0.0f), 0);
  EXPECT_EQ(float_to_minifloat(DType::Float8E5M2FNUZ, -1e-9f), 0);
}

TEST(Minifloat, ScalesAreRoundedAsAsked) {
  using enum ScaleRounding;
  EXPECT_EQ(to_scale(1.0f, Up, true), 127);
  EXPECT_EQ(to_scale(1.25f, Up, true), 128);
  EXPECT_EQ(to_scale(1.25f, Down, true), 127);
  EXPECT_EQ(to_scale(1.25f, Nearest, true), 127);
  EXPECT_EQ(to_scale(1.5f, Nearest, true), 128);
  EXPECT_EQ(to_scale(0, Up, true), 0);
  EXPECT_EQ(to_scale(0, Nearest, false), 255);
  EXPECT_EQ(to_scale(INFINITY, Up, true), 254);
  EXPECT_EQ(to_scale(INFINITY, Nearest, false), 255);
  EXPECT_EQ(to_scale(3e38f, Up, true), 254);
  EXPECT_EQ(to_scale(3e38f, Up, false), 255);
  EXPECT_EQ(to_scale(NAN, Up, true), 255);
}

TEST(Minifloat, RoundingToOddRoundsOnce) {
  EXPECT_EQ(round_to_odd(1.0), 1.0f);
  EXPECT_EQ(round_to_odd(1 + 0x1p-40), std::nextafter(1.0f, 2.0f));
  EXPECT_EQ(round_to_odd(-1 - 0x1p-40), std::nextafter(-1.0f, -2.0f));
  EXPECT_EQ(round_to_odd(1 - 0x1p-40), std::nextafter(1.0f, 0.0f));
  EXPECT_EQ(round_to_odd(1e300), 3.4028234663852886e38f);
  EXPECT_EQ(round_to_odd(1e-300), 0x1p-149f);
  EXPECT_EQ(round_to_odd(INFINITY), INFINITY);
  EXPECT_TRUE(std::isnan(round_to_odd(NAN)));
}

}  // namespace
}  // namespace fovea

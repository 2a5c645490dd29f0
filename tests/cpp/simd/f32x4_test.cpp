#include "simd/f32x4.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace fovea::simd {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Values whose pairs reach every branch: signs of zero, infinities, NaN, halves, subnormals,
// beyond int32.
const std::vector<float> kSpecial = {0.0f,  -0.0f, 1.0f,  -1.0f,  0.5f,    1.5f,     2.5f,
                                     -0.5f, -2.5f, kInf,  -kInf,  kNan,    1e-40f,   -1e-40f,
                                     3e9f,  -3e9f, 3.75f, -3.75f, 0x1p31f, -0x1p31f, 8388609.0f};

void expect_same(float actual, float expected) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(actual)) << actual;
  } else {
    EXPECT_EQ(std::bit_cast<uint32_t>(actual), std::bit_cast<uint32_t>(expected))
        << actual << " instead of " << expected;
  }
}

template <class Vector, class Scalar>
void expect_unary(Vector vector, Scalar scalar) {
  for (const float x : kSpecial) {
    const F32x4 out = vector(F32x4::set(x, 1.25f, x, -7.5f));
    expect_same(out[0], scalar(x));
    expect_same(out[1], scalar(1.25f));
    expect_same(out[2], scalar(x));
    expect_same(out[3], scalar(-7.5f));
  }
}

template <class Vector, class Scalar>
void expect_binary(Vector vector, Scalar scalar) {
  for (const float x : kSpecial) {
    for (const float y : kSpecial) {
      const F32x4 out = vector(F32x4::set(x, y, 3.0f, x), F32x4::set(y, x, -2.0f, x));
      expect_same(out[0], scalar(x, y));
      expect_same(out[1], scalar(y, x));
      expect_same(out[2], scalar(3.0f, -2.0f));
      expect_same(out[3], scalar(x, x));
    }
  }
}

TEST(F32x4, LoadsAndStoresWithoutAlignment) {
  std::vector<float> memory = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  for (int offset = 0; offset < 5; ++offset) {
    const F32x4 loaded = F32x4::load(memory.data() + offset);
    std::vector<float> out(9, -1.0f);
    loaded.store(out.data() + offset);
    for (int i = 0; i < 9; ++i) {
      const bool inside = i >= offset && i < offset + 4;
      EXPECT_EQ(out[static_cast<size_t>(i)], inside ? static_cast<float>(i) : -1.0f);
    }
    EXPECT_EQ(F32x4::load_splat(memory.data() + offset)[3], static_cast<float>(offset));
  }
}

TEST(F32x4, PartialLoadsAndStoresTouchOnlyTheirElements) {
  for (int count = 1; count <= 4; ++count) {
    const std::vector<float> memory(static_cast<size_t>(count), 5.0f);
    const F32x4 loaded = F32x4::load_partial(memory.data(), count);
    std::vector<float> out(static_cast<size_t>(count));
    loaded.store_partial(out.data(), count);
    EXPECT_EQ(out, memory);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(loaded[i], i < count ? 5.0f : 0.0f);
  }
}

TEST(F32x4, Arithmetic) {
  expect_binary([](F32x4 a, F32x4 b) { return a + b; }, [](float a, float b) { return a + b; });
  expect_binary([](F32x4 a, F32x4 b) { return a - b; }, [](float a, float b) { return a - b; });
  expect_binary([](F32x4 a, F32x4 b) { return a * b; }, [](float a, float b) { return a * b; });
  expect_binary([](F32x4 a, F32x4 b) { return a / b; }, [](float a, float b) { return a / b; });
  expect_unary([](F32x4 a) { return -a; }, [](float a) { return -a; });
  expect_unary([](F32x4 a) { return abs(a); }, [](float a) { return std::fabs(a); });
  expect_unary([](F32x4 a) { return sqrt(a); }, [](float a) { return std::sqrt(a); });
}

TEST(F32x4, FusedMultiplyAddIsWithinOneRoundingOfTheProduct) {
  for (int i = 1; i < 200; ++i) {
    const float a = 1.0f + static_cast<float>(i) * 0.00037f, b = 0.3f * static_cast<float>(i);
    const float c = -static_cast<float>(i) * 0.31f;
    const double exact = static_cast<double>(a) * b + c;
    const double bound =
        0x1p-24 * (std::fabs(static_cast<double>(a) * b) + std::fabs(exact)) * 1.01;
    EXPECT_NEAR(fma(F32x4::splat(a), F32x4::splat(b), F32x4::splat(c))[2], exact, bound);
    EXPECT_NEAR(fnma(F32x4::splat(-a), F32x4::splat(b), F32x4::splat(c))[1], exact, bound);
  }
}

TEST(F32x4, MinimumAndMaximumPropagateNanAndOrderZeros) {
  const auto minimum = [](float a, float b) {
    if (std::isnan(a) || std::isnan(b)) return kNan;
    if (a == b) return std::signbit(a) ? a : b;
    return a < b ? a : b;
  };
  const auto maximum = [](float a, float b) {
    if (std::isnan(a) || std::isnan(b)) return kNan;
    if (a == b) return std::signbit(a) ? b : a;
    return a > b ? a : b;
  };
  expect_binary([](F32x4 a, F32x4 b) { return min(a, b); }, minimum);
  expect_binary([](F32x4 a, F32x4 b) { return max(a, b); }, maximum);
  expect_binary([](F32x4 a, F32x4 b) { return pmin(a, b); },
                [](float a, float b) { return b < a ? b : a; });
  expect_binary([](F32x4 a, F32x4 b) { return pmax(a, b); },
                [](float a, float b) { return a < b ? b : a; });
}

TEST(F32x4, Rounding) {
  expect_unary([](F32x4 a) { return floor(a); }, [](float a) { return std::floor(a); });
  expect_unary([](F32x4 a) { return ceil(a); }, [](float a) { return std::ceil(a); });
  expect_unary([](F32x4 a) { return trunc(a); }, [](float a) { return std::trunc(a); });
  expect_unary([](F32x4 a) { return nearest(a); }, [](float a) { return std::nearbyint(a); });
}

TEST(F32x4, ComparisonsAndSelect) {
  const auto check = [](auto compare) {
    expect_binary(
        [&](F32x4 a, F32x4 b) {
          return select(compare(a, b), F32x4::splat(1.0f), F32x4::splat(-2.0f));
        },
        [&](float a, float b) {
          // The scalar comparison, from the same generic expression.
          return static_cast<bool>(compare(a, b)) ? 1.0f : -2.0f;
        });
  };
  check([](auto a, auto b) { return a < b; });
  check([](auto a, auto b) { return a <= b; });
  check([](auto a, auto b) { return a > b; });
  check([](auto a, auto b) { return a >= b; });
  check([](auto a, auto b) { return a == b; });
  check([](auto a, auto b) { return a != b; });
}

TEST(F32x4, MasksBecomeBits) {
  for (int bits = 0; bits < 16; ++bits) {
    const auto lane = [&](int i) { return (bits >> i & 1) != 0 ? 1.0f : -1.0f; };
    const I32x4 mask = F32x4::set(lane(0), lane(1), lane(2), lane(3)) > F32x4::zero();
    EXPECT_EQ(bitmask(mask), bits);
    EXPECT_EQ(any(mask), bits != 0);
    EXPECT_EQ(all(mask), bits == 15);
  }
}

TEST(F32x4, ConversionToIntegersTruncatesAndSaturates) {
  for (const float x : kSpecial) {
    const int32_t actual = to_i32(F32x4::splat(x))[1];
    if (std::isnan(x)) {
      EXPECT_EQ(actual, 0);
    } else {
      const double clamped =
          std::fmin(std::fmax(std::trunc(static_cast<double>(x)), INT32_MIN), INT32_MAX);
      EXPECT_EQ(actual, static_cast<int32_t>(clamped));
    }
  }
  const F32x4 back = to_f32(I32x4::set(-3, 0, 16777217, INT32_MIN));
  EXPECT_EQ(back[0], -3.0f);
  EXPECT_EQ(back[1], 0.0f);
  EXPECT_EQ(back[2], 16777216.0f);
  EXPECT_EQ(back[3], -0x1p31f);
}

TEST(F32x4, ShufflesAndReductions) {
  const F32x4 a = F32x4::set(0, 1, 2, 3), b = F32x4::set(4, 5, 6, 7);
  const F32x4 mixed = shuffle<3, 4, 0, 7>(a, b);
  EXPECT_EQ(mixed[0], 3.0f);
  EXPECT_EQ(mixed[1], 4.0f);
  EXPECT_EQ(mixed[2], 0.0f);
  EXPECT_EQ(mixed[3], 7.0f);
  EXPECT_EQ(sum(b), 22.0f);
  EXPECT_EQ(max_lane(F32x4::set(-4, 9, 2, 3)), 9.0f);
  EXPECT_EQ(min_lane(F32x4::set(4, 9, -2, 3)), -2.0f);
  EXPECT_TRUE(std::isnan(max_lane(F32x4::set(1, 2, 3, kNan))));

  F32x4 rows[4];
  for (int i = 0; i < 4; ++i) {
    const float first = static_cast<float>(4 * i);
    rows[i] = F32x4::set(first, first + 1, first + 2, first + 3);
  }
  transpose4x4(rows[0], rows[1], rows[2], rows[3]);
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) EXPECT_EQ(rows[i][j], static_cast<float>(4 * j + i));
  }
}

TEST(I32x4, IntegerArithmeticWraps) {
  const I32x4 a = I32x4::set(INT32_MAX, -8, 5, INT32_MIN), b = I32x4::set(1, 3, -7, -1);
  EXPECT_EQ((a + b)[0], INT32_MIN);
  EXPECT_EQ((a - b)[3], INT32_MIN + 1);
  EXPECT_EQ((a * b)[1], -24);
  EXPECT_EQ((a * b)[3], INT32_MIN);
  EXPECT_EQ((a >> 1)[1], -4);
  EXPECT_EQ((a << 1)[1], -16);
  EXPECT_EQ(shift_right_logical(a, 1)[1], 0x7ffffffc);
  EXPECT_EQ(bitmask(a < b), 0b1010);
  EXPECT_EQ(bitmask(a > b), 0b0101);
  EXPECT_EQ(bitmask(a == a), 0b1111);
  EXPECT_EQ(select(a < b, a, b)[3], INT32_MIN);
  EXPECT_EQ(((a & b) | (a ^ b))[2], (5 | -7));
}

}  // namespace
}  // namespace fovea::simd

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

// Set in NaNs that went through double, which has no signalling ones.
constexpr uint32_t kQuiet = 0x00400000;

template <class To>
Tensor cast_to(const Tensor& in) {
  return run_op({"Cast", 13, {{"to", static_cast<int64_t>(dtype_of<To>)}}}, {in}, 2)[0];
}

template <class To>
std::vector<To> cast_floats(std::initializer_list<float> values) {
  return values_of<To>(
      cast_to<To>(Tensor::of<float>({static_cast<int64_t>(values.size())}, values)));
}

template <class From, class To>
void check_pair() {
  const Tensor in = iota_tensor<From>({3, 400});
  const Tensor out = cast_to<To>(in);
  ASSERT_EQ(out.shape(), in.shape());
  for (size_t i = 0; i < 1200; ++i) {
    ASSERT_EQ(out.as<To>()[i], static_cast<To>(in.as<From>()[i]));
  }
}

template <class From>
void check_from() {
  check_pair<From, float>();
  check_pair<From, double>();
  check_pair<From, int16_t>();
  check_pair<From, uint16_t>();
  check_pair<From, int32_t>();
  check_pair<From, uint32_t>();
  check_pair<From, int64_t>();
  check_pair<From, uint64_t>();
  check_pair<From, bool>();
}

TEST(Cast, EveryPairOfNumericTypes) {
  check_from<float>();
  check_from<double>();
  check_from<int16_t>();
  check_from<uint16_t>();
  check_from<int32_t>();
  check_from<uint32_t>();
  check_from<int64_t>();
  check_from<uint64_t>();
}

TEST(Cast, FloatsTruncateAndSaturate) {
  EXPECT_EQ(cast_floats<int32_t>({1.9f, -1.9f, 3e9f, -3e9f, NAN, INFINITY, -INFINITY}),
            (std::vector<int32_t>{1, -1, INT32_MAX, INT32_MIN, 0, INT32_MAX, INT32_MIN}));
  EXPECT_EQ(cast_floats<uint8_t>({255.9f, 256.0f, -0.5f, -1.0f}),
            (std::vector<uint8_t>{255, 255, 0, 0}));
  EXPECT_EQ(cast_floats<int8_t>({127.9f, 128.0f, -128.9f, -129.0f}),
            (std::vector<int8_t>{127, 127, -128, -128}));
  EXPECT_EQ(cast_floats<int64_t>({9.3e18f, -9.3e18f}),
            (std::vector<int64_t>{INT64_MAX, INT64_MIN}));
  EXPECT_EQ(cast_floats<uint64_t>({0x1p63f, 2e19f, -1.0f}),
            (std::vector<uint64_t>{uint64_t{1} << 63, UINT64_MAX, 0}));
  EXPECT_EQ(cast_floats<bool>({0.0f, -0.0f, 0.25f, NAN}),
            (std::vector<bool>{false, false, true, true}));
}

TEST(Cast, IntegersKeepTheirLowBits) {
  const Tensor in = int64_vector({-1, 256, (int64_t{1} << 53) + 1});
  EXPECT_EQ(values_of<uint8_t>(cast_to<uint8_t>(in)), (std::vector<uint8_t>{255, 0, 1}));
  EXPECT_EQ(values_of<uint64_t>(cast_to<uint64_t>(in))[2], (uint64_t{1} << 53) + 1);
  const Tensor large = Tensor::of<uint64_t>({1}, {UINT64_MAX});
  EXPECT_EQ(values_of<float>(cast_to<float>(large)), std::vector<float>{0x1p64f});
  EXPECT_EQ(values_of<int64_t>(cast_to<int64_t>(large)), std::vector<int64_t>{-1});
}

TEST(Cast, SixteenBitFloats) {
  const Tensor in = Tensor::of<float>({4}, {1.5f, -2.0f, 65504.0f, 1e6f});
  EXPECT_EQ(values_of<float>(cast_to<float>(cast_to<Half>(in))),
            (std::vector<float>{1.5f, -2.0f, 65504.0f, INFINITY}));
  EXPECT_EQ(values_of<float>(cast_to<float>(cast_to<BFloat>(in)))[0], 1.5f);
  EXPECT_EQ(values_of<int32_t>(cast_to<int32_t>(cast_to<Half>(in)))[2], 65504);
}

TEST(Cast, EveryHalfBothWays) {
  std::vector<Half> all;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) all.push_back({static_cast<uint16_t>(bits)});
  const Tensor in = Tensor::of<Half>({256, 256}, all);
  const Tensor wide = cast_to<float>(in);
  const Tensor back = cast_to<Half>(wide);
  for (size_t i = 0; i < all.size(); ++i) {
    const auto expected = std::bit_cast<uint32_t>(to_float(all[i]));
    ASSERT_EQ(std::bit_cast<uint32_t>(wide.as<float>()[i]) & ~kQuiet, expected & ~kQuiet) << i;
    ASSERT_EQ(back.as<Half>()[i].bits, to_half(to_float(all[i])).bits) << i;
  }
}

// Vectors of eight, and what is left of them.
template <class Narrow>
void check_lengths() {
  for (const int64_t count : {0, 1, 7, 8, 9, 31}) {
    const Tensor in = random_tensor({count}, 3, -9.0f, 9.0f);
    const Tensor narrow = cast_to<Narrow>(in), back = cast_to<float>(narrow);
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      const float x = in.as<float>()[i], rounded = to_float(narrow.as<Narrow>()[i]);
      ASSERT_NEAR(rounded, x, std::fabs(x) * 0x1p-8f) << count;
      ASSERT_EQ(back.as<float>()[i], rounded) << count;
    }
  }
}

TEST(Cast, SixteenBitFloatsOfAnyLength) {
  check_lengths<Half>();
  check_lengths<BFloat>();
}

TEST(Cast, LikeAnotherAndToItself) {
  const Tensor in = random_tensor({2, 3}, 1, 0.0f, 9.0f);
  const Tensor out = run_op({"CastLike", 15}, {in, iota_tensor<int32_t>({1})})[0];
  expect_equal(out, cast_to<int32_t>(in));
  expect_equal(cast_to<float>(in), in);
}

TEST(Cast, UnknownTypesAreErrors) {
  const Tensor in = random_tensor({1}, 1);
  for (const int64_t to : {0, 14, 15, 29, 62, -1, 300}) {
    EXPECT_EQ(error_of([&] {
                run_op({"Cast", 13, {{"to", to}}}, {in});
              }),
              ErrorCode::UnsupportedAttribute)
        << to;
  }
}

TEST(Cast, StringsAreNumbersInWords) {
  const Tensor words =
      Tensor::of_strings({8}, {"1", "-2.5", "1e3", "NaN", "inf", "+INF", "-Inf", ""});
  const Tensor good = Tensor::of_strings({7}, {"1", "-2.5", "1e3", "NaN", "inf", "+INF", "-Inf"});
  const Tensor out = cast_to<float>(good);
  EXPECT_EQ(out.as<float>()[0], 1.0f);
  EXPECT_EQ(out.as<float>()[1], -2.5f);
  EXPECT_EQ(out.as<float>()[2], 1000.0f);
  EXPECT_TRUE(std::isnan(out.as<float>()[3]));
  EXPECT_EQ(out.as<float>()[4], INFINITY);
  EXPECT_EQ(out.as<float>()[5], INFINITY);
  EXPECT_EQ(out.as<float>()[6], -INFINITY);
  EXPECT_EQ(error_of([&] { cast_to<float>(words); }), ErrorCode::InvalidInput);
  const Tensor large = Tensor::of_strings({2}, {"9007199254740993", "-9223372036854775808"});
  EXPECT_EQ(values_of<int64_t>(cast_to<int64_t>(large)),
            (std::vector<int64_t>{9007199254740993, INT64_MIN}));
}

TEST(Cast, NumbersAreStringsThatReadBack) {
  const auto words = [](const Tensor& in) {
    const Tensor out = run_op({"Cast", 13, {{"to", int64_t{8}}}}, {in})[0];
    return std::vector<std::string>(out.strings().begin(), out.strings().end());
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(words(Tensor::of<float>({7}, {0.1f, 100, -2.5f, NAN, INFINITY, -INFINITY, 1e20f})),
            (Words{"0.1", "100", "-2.5", "NaN", "INF", "-INF", "1e+20"}));
  EXPECT_EQ(words(Tensor::of<double>({2}, {0.1, 1.0 / 3})), (Words{"0.1", "0.3333333333333333"}));
  EXPECT_EQ(words(Tensor::of<int64_t>({2}, {INT64_MIN, 7})), (Words{"-9223372036854775808", "7"}));
  EXPECT_EQ(words(Tensor::of<uint64_t>({1}, {UINT64_MAX})), Words{"18446744073709551615"});
  EXPECT_EQ(words(Tensor::of<bool>({2}, {true, false})), (Words{"True", "False"}));
}

// Packed as ONNX packs them: the first element in the lowest bits.
TEST(Cast, SmallIntegersKeepTheirLowBits) {
  const Tensor in = Tensor::of<int32_t>({5}, {-9, 7, 8, 15, -1});
  const auto to = [](const Tensor& tensor, DType dtype) {
    return run_op({"Cast", 25, {{"to", static_cast<int64_t>(dtype)}}}, {tensor})[0];
  };
  const Tensor packed = to(in, DType::Int4);
  ASSERT_EQ(packed.bytes(), 3u);
  EXPECT_EQ(packed.data()[0], std::byte{0x77});
  EXPECT_EQ(packed.data()[1], std::byte{0xf8});
  EXPECT_EQ(packed.data()[2], std::byte{0x0f});
  EXPECT_EQ(values_of<int32_t>(to(packed, DType::Int32)), (std::vector<int32_t>{7, 7, -8, -1, -1}));
  EXPECT_EQ(values_of<int32_t>(to(to(in, DType::Uint2), DType::Int32)),
            (std::vector<int32_t>{3, 3, 0, 3, 3}));
  const Tensor floats = Tensor::of<float>({3}, {-9.9f, 2.9f, 8});
  EXPECT_EQ(values_of<float>(to(to(floats, DType::Int4), DType::Float)),
            (std::vector<float>{7, 2, -8}));
}

TEST(Cast, HalvesAreRoundedOnce) {
  // Half way between two float16 in float32, but above in float64.
  const Tensor in = Tensor::of<double>({2}, {1 + 0x1p-11 + 0x1p-40, 1 + 0x1p-11});
  const Tensor out = run_op({"Cast", 13, {{"to", int64_t{10}}}}, {in})[0];
  EXPECT_EQ(to_float(out.as<Half>()[0]), 1 + 0x1p-10f);
  EXPECT_EQ(to_float(out.as<Half>()[1]), 1.0f);
}

}  // namespace
}  // namespace fovea::test

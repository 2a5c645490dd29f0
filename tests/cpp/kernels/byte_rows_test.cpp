// Rows of bytes, bits and comparisons, element by element; lengths with and without tails.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "images.h"
#include "kernels/elementwise/dense_rows.h"
#include "kernels/elementwise/quantize.h"

namespace fovea::kernels {
namespace {

using test::random_floats;

constexpr int64_t kLengths[] = {0, 1, 15, 16, 17, 100, 300, 515};

template <class T>
std::vector<T> random_whole(int64_t count, uint32_t seed, double range) {
  std::vector<T> values;
  for (const float x : random_floats(count, seed)) {
    // Through int64_t, which wraps into unsigned types; a float below 0 has no value there.
    const double whole = std::floor(static_cast<double>(x) * range);
    values.push_back(static_cast<T>(static_cast<int64_t>(whole)));
  }
  return values;
}

template <class T>
void check_quantization(int64_t count, float scale, float point) {
  std::vector<float> x = random_floats(count, 1);
  for (float& value : x) value *= 20;
  std::vector<T> bytes(x.size());
  quantize_row<T>(x.data(), bytes.data(), count, scale, point);
  for (size_t i = 0; i < x.size(); ++i) {
    const double value = std::nearbyint(x[i] / scale) + static_cast<double>(point);
    const double low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
    ASSERT_EQ(bytes[i], std::clamp(value, low, high)) << x[i];
  }
  std::vector<float> back(x.size());
  dequantize_row<T>(bytes.data(), back.data(), count, scale, point);
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_EQ(back[i], (static_cast<float>(bytes[i]) - point) * scale);
  }
}

TEST(QuantizeRow, RoundsAndSaturates) {
  for (const int64_t count : kLengths) {
    check_quantization<uint8_t>(count, 0.1f, 128);
    check_quantization<int8_t>(count, 0.25f, -3);
  }
}

// Quotients are not divided one by one; close to halves the results are those of a division.
TEST(QuantizeRow, DividesWhereItMatters) {
  for (const float scale : {0.1f, 0.0473f, 3.7f, 1e-3f, 1e-38f, 1e-41f, 2e38f, -0.3f}) {
    std::vector<float> x;
    for (int i = -300; i < 300; ++i) {
      const float half = (static_cast<float>(i) + 0.5f) * scale;
      x.insert(x.end(), {half, std::nextafter(half, INFINITY), std::nextafter(half, -INFINITY),
                         half * 1.00001f, half * 0.3f, 1e7f * half});
    }
    std::vector<uint8_t> bytes(x.size());
    quantize_row<uint8_t>(x.data(), bytes.data(), std::ssize(x), scale, 131);
    for (size_t i = 0; i < x.size(); ++i) {
      const float value = std::nearbyint(x[i] / scale) + 131.0f;
      const float whole = std::isnan(value) ? 0.0f : std::clamp(value, 0.0f, 255.0f);
      ASSERT_EQ(bytes[i], whole) << x[i] << " / " << scale;
    }
  }
}

TEST(QuantizeRow, HalvesGoToEvenAndNaNToZero) {
  const float infinity = INFINITY;
  const std::vector<float> x = {0.5f, 1.5f, 2.5f, -0.5f, -1.5f, NAN, infinity, -infinity, 1e30f};
  std::vector<int8_t> bytes(x.size());
  quantize_row<int8_t>(x.data(), bytes.data(), std::ssize(x), 1, 0);
  EXPECT_EQ(bytes, (std::vector<int8_t>{0, 2, 2, 0, -2, 0, 127, -128, 127}));
}

// Longer than what lanes of 32 bits hold of the largest bytes.
TEST(SumRow, IsExact) {
  for (const int64_t count : {int64_t{0}, int64_t{1}, int64_t{15}, int64_t{16}, int64_t{1000},
                              (int64_t{1} << 20) + 17, int64_t{40} << 20}) {
    const auto size = static_cast<size_t>(count);
    EXPECT_EQ(sum_row<uint8_t>(std::vector<uint8_t>(size, 255).data(), count), 255 * count);
    EXPECT_EQ(sum_row<int8_t>(std::vector<int8_t>(size, -128).data(), count), -128 * count);
  }
  const auto mixed = random_whole<int8_t>(1003, 1, 120);
  int64_t expected = 0;
  for (const int8_t byte : mixed) expected += byte;
  EXPECT_EQ(sum_row<int8_t>(mixed.data(), 1003), expected);
}

TEST(LookUp, OfEveryByte) {
  std::vector<uint8_t> table(256);
  for (size_t code = 0; code < table.size(); ++code) table[code] = static_cast<uint8_t>(~code);
  for (const int64_t count : kLengths) {
    const auto in = random_whole<uint8_t>(count, 1, 200);
    std::vector<uint8_t> out(in.size());
    look_up(in.data(), table.data(), out.data(), count);
    for (size_t i = 0; i < in.size(); ++i) ASSERT_EQ(out[i], static_cast<uint8_t>(~in[i]));
  }
}

// Every way that operands may lie; then over the first of them.
template <class T, class Out, class Op>
void check_row(BinaryRow row, bool in_place) {
  for (const int64_t count : kLengths) {
    for (const BinaryStrides& strides :
         {BinaryStrides{1, 1, 1}, {1, 0, 1}, {0, 1, 1}, {0, 0, 1}, {2, 1, 3}, {1, -1, 1}}) {
      auto a = random_whole<T>(2 * count + 1, 1, 3), b = random_whole<T>(2 * count + 1, 2, 3);
      std::vector<Out> out(static_cast<size_t>(3 * count + 1), Out{7});
      const T* right = b.data() + (strides.b < 0 ? count : 0);
      const std::vector<T> left = a;
      const bool over = in_place && strides.a == 1 && strides.out == 1;
      void* to = over ? static_cast<void*>(a.data()) : out.data();
      row(a.data(), right, to, strides, count);
      for (int64_t i = 0; i < count; ++i) {
        const Out result = static_cast<const Out*>(to)[i * strides.out];
        ASSERT_EQ(result, static_cast<Out>(Op()(left[static_cast<size_t>(i * strides.a)],
                                                right[i * strides.b])));
      }
    }
  }
}

template <class Op>
void check_bits() {
  for (const bool in_place : {false, true}) {
    check_row<uint8_t, uint8_t, Op>(bits_row<Op, uint8_t>, in_place);
    check_row<uint16_t, uint16_t, Op>(bits_row<Op, uint16_t>, in_place);
    check_row<uint32_t, uint32_t, Op>(bits_row<Op, uint32_t>, in_place);
    check_row<uint64_t, uint64_t, Op>(bits_row<Op, uint64_t>, in_place);
  }
}

TEST(BitsRow, OfEveryWidth) {
  check_bits<BitAnd>();
  check_bits<BitOr>();
  check_bits<BitXor>();
}

template <class Op>
void check_comparison() {
  check_row<float, uint8_t, Op>(compare_row<Op, float>, false);
  check_row<int64_t, uint8_t, Op>(compare_row<Op, int64_t>, false);
}

TEST(CompareRow, OfEveryType) {
  check_comparison<Equal>();
  check_comparison<Less>();
  check_comparison<LessOrEqual>();
  check_comparison<Greater>();
  check_comparison<GreaterOrEqual>();
}

TEST(CompareRow, NothingIsNaN) {
  const std::vector<float> a(20, NAN);
  std::vector<uint8_t> out(20, 7);
  compare_row<LessOrEqual, float>(a.data(), a.data(), out.data(), {}, 20);
  EXPECT_EQ(out, std::vector<uint8_t>(20, 0));
}

TEST(ComplementRow, AndZeros) {
  for (const int64_t count : kLengths) {
    const auto in = random_whole<uint8_t>(count, 1, 3);
    std::vector<uint8_t> complement(in.size()), zeros(in.size());
    complement_row(in.data(), complement.data(), count);
    is_zero_row(in.data(), zeros.data(), count);
    for (size_t i = 0; i < in.size(); ++i) {
      ASSERT_EQ(complement[i], static_cast<uint8_t>(~in[i]));
      ASSERT_EQ(zeros[i], in[i] == 0 ? 1 : 0);
    }
  }
}

}  // namespace
}  // namespace fovea::kernels

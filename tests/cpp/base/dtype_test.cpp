#include "base/dtype.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace fovea {
namespace {

TEST(DType, NamesAndNumbersAreThoseOfTensorProto) {
  EXPECT_EQ(name_of(DType::Float), "float32");
  EXPECT_EQ(name_of(DType::Double), "float64");
  EXPECT_EQ(name_of(DType::Undefined), "undefined");
  EXPECT_EQ(info_of(17).name, "float8e4m3fn");
  EXPECT_EQ(info_of(21).name, "uint4");
  EXPECT_EQ(info_of(23).name, "float4e2m1");
  EXPECT_EQ(info_of(24).name, "float8e8m0");
  EXPECT_EQ(info_of(26).name, "int2");
  EXPECT_EQ(info_of(28).name, "float6e3m2");
  for (const int64_t number :
       {int64_t{-1}, int64_t{0}, int64_t{29}, int64_t{61}, INT64_MIN, INT64_MAX}) {
    EXPECT_EQ(info_of(number).dtype, DType::Undefined);
    EXPECT_FALSE(is_supported(number));
  }
  std::set<std::string_view> names;
  for (const DTypeInfo& type : all_dtypes()) names.insert(type.name);
  EXPECT_EQ(names.size(), 28u);
}

// Values that no tensor of a file holds have types all the same.
TEST(DType, OtherValuesHaveTypesOfTheirOwn) {
  for (const DType dtype : {DType::Sequence, DType::Map, DType::Absent}) {
    EXPECT_EQ(info_of(dtype).dtype, dtype);
    EXPECT_EQ(info_of(static_cast<int64_t>(dtype)).dtype, DType::Undefined);
    EXPECT_EQ(bytes_of(dtype, 3), 0u);
    EXPECT_EQ(is_object(dtype), dtype != DType::Absent);
  }
}

TEST(DType, BytesOfPackedElementsAreRoundedUp) {
  EXPECT_EQ(bytes_of(DType::Float, 3), 12u);
  EXPECT_EQ(bytes_of(DType::Bool, 3), 3u);
  EXPECT_EQ(bytes_of(DType::Complex128, 3), 48u);
  EXPECT_EQ(bytes_of(DType::String, 3), 0u);
  for (const DType dtype : {DType::Uint4, DType::Int4, DType::Float4E2M1}) {
    EXPECT_EQ(bytes_of(dtype, 0), 0u);
    EXPECT_EQ(bytes_of(dtype, 1), 1u);
    EXPECT_EQ(bytes_of(dtype, 2), 1u);
    EXPECT_EQ(bytes_of(dtype, 7), 4u);
  }
  for (const DType dtype : {DType::Uint2, DType::Int2}) {
    EXPECT_EQ(bytes_of(dtype, 1), 1u);
    EXPECT_EQ(bytes_of(dtype, 4), 1u);
    EXPECT_EQ(bytes_of(dtype, 9), 3u);
  }
  // Beyond what 32 bits count.
  EXPECT_EQ(bytes_of(DType::Double, uint64_t{1} << 53), uint64_t{1} << 56);
}

TEST(DType, OnlyWholeBytesCanBeAddressed) {
  for (const DTypeInfo& type : all_dtypes()) {
    SCOPED_TRACE(type.name);
    if (type.bits > 0 && type.bits % 8 == 0) {
      EXPECT_EQ(element_bytes(type.dtype), static_cast<size_t>(type.bits) / 8);
      continue;
    }
    try {
      element_bytes(type.dtype);
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::UnsupportedAttribute);
      EXPECT_EQ(error.field("dtype"), type.name);
    }
  }
  EXPECT_THROW(element_bytes(DType::Undefined), Error);
}

TEST(DType, AWiderTypeHoldsEveryValueOfItsKind) {
  EXPECT_TRUE(holds(DType::Float, DType::Float16));
  EXPECT_TRUE(holds(DType::Float, DType::BFloat16));
  EXPECT_TRUE(holds(DType::Float16, DType::Float16));
  EXPECT_FALSE(holds(DType::Float16, DType::BFloat16));
  EXPECT_FALSE(holds(DType::BFloat16, DType::Float8E5M2));
  EXPECT_TRUE(holds(DType::Int32, DType::Uint16));
  EXPECT_FALSE(holds(DType::Int32, DType::Uint32));
  EXPECT_FALSE(holds(DType::Uint64, DType::Int8));
  EXPECT_FALSE(holds(DType::Uint8, DType::Bool));
  // Not even where all values would fit.
  EXPECT_FALSE(holds(DType::Double, DType::Int8));
  EXPECT_FALSE(holds(DType::Int64, DType::String));
}

// The definition (IEEE 754-2008, 3.4 and 3.6), case by case.
double value_of(uint32_t bits) {
  const double sign = bits & 0x8000 ? -1 : 1;
  const int exponent = static_cast<int>(bits >> 10 & 31);
  const double fraction = bits & 0x3ff;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

bool is_nan(uint32_t bits) { return (bits & 0x7fff) > 0x7c00; }

TEST(Half, WideningMatchesTheDefinition) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float wide = to_float(Half{static_cast<uint16_t>(bits)});
    ASSERT_EQ(std::signbit(wide), bits >= 0x8000) << bits;
    ASSERT_EQ(std::isnan(wide), is_nan(bits)) << bits;
    if (is_nan(bits)) continue;
    ASSERT_EQ(wide, value_of(bits)) << bits;
  }
}

TEST(Half, EveryValueSurvivesARoundTrip) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const Half back = to_half(to_float(Half{static_cast<uint16_t>(bits)}));
    // A signalling NaN becomes quiet, and no infinity.
    ASSERT_EQ(back.bits, is_nan(bits) ? bits | 0x200 : bits);
  }
}

// Between each value and the next in magnitude, of either sign, infinity counting as 2^16.
TEST(Half, RoundsToNearestEven) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    if ((bits & 0x7fff) >= 0x7c00) continue;
    const double low = value_of(bits);
    const double next = value_of(bits + 1);
    const double high = std::isinf(next) ? std::copysign(0x1p16, low) : next;
    const float middle = static_cast<float>((low + high) / 2);
    ASSERT_EQ(to_half(middle).bits, bits % 2 == 0 ? bits : bits + 1);
    ASSERT_EQ(to_half(std::nextafter(middle, static_cast<float>(low))).bits, bits);
    ASSERT_EQ(to_half(std::nextafter(middle, static_cast<float>(high))).bits, bits + 1);
  }
}

TEST(Half, WhatIsTooLargeBecomesInfinity) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  EXPECT_EQ(to_half(kLargest).bits, 0x7c00);
  EXPECT_EQ(to_half(-kLargest).bits, 0xfc00);
  EXPECT_EQ(to_half(std::numeric_limits<float>::denorm_min()).bits, 0);
}

TEST(BFloat, RoundsToNearestEven) {
  EXPECT_EQ(to_bfloat(std::bit_cast<float>(0x3f808000u)).bits, 0x3f80);
  EXPECT_EQ(to_bfloat(std::bit_cast<float>(0x3f818000u)).bits, 0x3f82);
  EXPECT_EQ(to_bfloat(std::bit_cast<float>(0x3f808001u)).bits, 0x3f81);
  EXPECT_EQ(to_bfloat(std::numeric_limits<float>::max()).bits, 0x7f80);
  EXPECT_TRUE(std::isnan(to_float(to_bfloat(std::numeric_limits<float>::quiet_NaN()))));
}

TEST(Bools, AreBytesOfZeroAndOne) {
  for (const size_t count : {0, 1, 7, 8, 9, 16, 23}) {
    std::vector<std::byte> bytes(count, std::byte{1});
    EXPECT_TRUE(are_bools(bytes));
    for (size_t at = 0; at < count; ++at) {
      for (const int value : {2, 128, 255}) {
        std::vector<std::byte> other(count, std::byte{0});
        other[at] = static_cast<std::byte>(value);
        EXPECT_FALSE(are_bools(other)) << at << " of " << count;
        normalize_bools(other);
        EXPECT_TRUE(are_bools(other));
        EXPECT_EQ(other[at], std::byte{1});
      }
    }
  }
}

}  // namespace
}  // namespace fovea

#include "base/minifloat.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace fovea {
namespace {

// What the largest codes of a format stand for.
enum class Special : uint8_t {
  None,          // numbers
  Nan,           // the largest alone: NaN
  Infinity,      // as IEEE 754 has it
  NegativeZero,  // numbers; the code of -0 is NaN
};

struct Format {
  int exponent_bits = 0;
  int mantissa_bits = 0;
  int bias = 0;
  Special special = Special::None;

  int magnitude_bits() const { return exponent_bits + mantissa_bits; }
  uint8_t sign() const { return static_cast<uint8_t>(1 << magnitude_bits()); }
  // The code of the largest finite value.
  uint8_t largest() const {
    const int all = sign() - 1;
    if (special == Special::Infinity) return static_cast<uint8_t>(all - (1 << mantissa_bits));
    return static_cast<uint8_t>(special == Special::Nan ? all - 1 : all);
  }
};

Format format_of(DType dtype) noexcept {
  switch (dtype) {
    case DType::Float8E4M3FN:
      return {4, 3, 7, Special::Nan};
    case DType::Float8E4M3FNUZ:
      return {4, 3, 8, Special::NegativeZero};
    case DType::Float8E5M2:
      return {5, 2, 15, Special::Infinity};
    case DType::Float8E5M2FNUZ:
      return {5, 2, 16, Special::NegativeZero};
    case DType::Float6E2M3:
      return {2, 3, 1};
    case DType::Float6E3M2:
      return {3, 2, 3};
    case DType::Float4E2M1:
      return {2, 1, 1};
    default:
      return {};
  }
}

constexpr int kScaleBias = 127;
constexpr uint8_t kScaleNan = 0xff;

float scale_to_float(uint8_t code) noexcept {
  if (code == kScaleNan) return std::numeric_limits<float>::quiet_NaN();
  return std::ldexp(1.0f, code - kScaleBias);
}

uint8_t overflowed(const Format& format, bool is_nan, bool saturate) noexcept {
  switch (format.special) {
    case Special::None:
      return is_nan ? format.sign() : format.largest();
    case Special::Nan:
      return static_cast<uint8_t>(saturate && !is_nan ? format.largest() : format.largest() + 1);
    case Special::Infinity:
      if (is_nan) return static_cast<uint8_t>(format.sign() - 1);
      return static_cast<uint8_t>(saturate ? format.largest() : format.largest() + 1);
    default:
      return saturate && !is_nan ? format.largest() : format.sign();
  }
}

}  // namespace

bool is_minifloat(DType dtype) noexcept {
  return dtype == DType::Float8E8M0 || format_of(dtype).exponent_bits > 0;
}

float minifloat_to_float(DType dtype, uint8_t code) noexcept {
  if (dtype == DType::Float8E8M0) return scale_to_float(code);
  const Format format = format_of(dtype);
  const int magnitude = code & (format.sign() - 1);
  const bool negative = (code & format.sign()) != 0;
  const auto signed_value = [&](float value) { return negative ? -value : value; };
  if (magnitude > format.largest()) {
    const bool infinite = format.special == Special::Infinity && magnitude == format.largest() + 1;
    return signed_value(infinite ? std::numeric_limits<float>::infinity()
                                 : std::numeric_limits<float>::quiet_NaN());
  }
  if (format.special == Special::NegativeZero && negative && magnitude == 0) {
    return std::numeric_limits<float>::quiet_NaN();
  }
  const int exponent = magnitude >> format.mantissa_bits;
  const int mantissa = magnitude & ((1 << format.mantissa_bits) - 1);
  const int significand = exponent == 0 ? mantissa : mantissa | 1 << format.mantissa_bits;
  return signed_value(std::ldexp(static_cast<float>(significand),
                                 std::max(exponent, 1) - format.bias - format.mantissa_bits));
}

uint8_t float_to_minifloat(DType dtype, float value, bool saturate) noexcept {
  if (dtype == DType::Float8E8M0) return to_scale(value, ScaleRounding::Up, saturate);
  const Format format = format_of(dtype);
  const uint8_t sign = std::signbit(value) ? format.sign() : uint8_t{0};
  const bool is_nan = std::isnan(value);
  const bool one_zero = format.special == Special::NegativeZero;
  const auto beyond = [&] {
    const uint8_t code = overflowed(format, is_nan, saturate);
    return static_cast<uint8_t>(code == format.sign() ? code : code | sign);
  };
  if (is_nan || std::isinf(value)) return beyond();
  if (value == 0) return one_zero ? uint8_t{0} : sign;
  int exponent = 0;
  std::frexp(value, &exponent);  // |value| in [2^(exponent - 1), 2^exponent)
  // Of the last place that is kept; subnormals share the smallest normal's.
  const int place = std::max(exponent - 1, 1 - format.bias) - format.mantissa_bits;
  const float steps = std::nearbyint(std::ldexp(std::fabs(value), -place));
  // Counting from the smallest value of this exponent, carries reach the next exponent by
  // themselves.
  const int base = (place + format.mantissa_bits + format.bias - 1) << format.mantissa_bits;
  const int magnitude = base + static_cast<int>(steps);
  if (magnitude > format.largest()) return beyond();
  if (magnitude == 0 && one_zero) return 0;
  return static_cast<uint8_t>(magnitude | sign);
}

uint8_t to_scale(float value, ScaleRounding rounding, bool saturate) noexcept {
  if (std::isnan(value)) return kScaleNan;
  const float magnitude = std::fabs(value);
  constexpr uint8_t kLargest = kScaleNan - 1;
  if (std::isinf(magnitude)) return saturate ? kLargest : kScaleNan;
  if (magnitude < 0x1p-127f) return saturate ? uint8_t{0} : kScaleNan;
  int exponent = 0;
  const float significand = 2 * std::frexp(magnitude, &exponent);  // [1, 2)
  const bool up = rounding == ScaleRounding::Up        ? significand > 1
                  : rounding == ScaleRounding::Nearest ? significand >= 1.5f
                                                       : false;
  const int code = exponent - 1 + kScaleBias + (up ? 1 : 0);
  if (code > kLargest) return saturate ? kLargest : kScaleNan;
  return static_cast<uint8_t>(code);
}

float round_to_odd(double value) noexcept {
  const float nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) == value || std::isnan(value)) return nearest;
  auto bits = std::bit_cast<uint32_t>(nearest);
  if (std::fabs(static_cast<double>(nearest)) > std::fabs(value)) --bits;
  return std::bit_cast<float>(bits | 1u);
}

}  // namespace fovea

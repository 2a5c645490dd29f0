#pragma once

#include <cstring>

#include "base/dtype.h"
#include "simd/f32x4.h"

// Rows of 16-bit floats to and from floats, eight at a time, bit for bit as base/dtype.h converts
// one. Integer arithmetic but for subnormals, which an addition of two normal numbers aligns.
namespace fovea::simd {

// The lower 16 bits of each lane as a float, those above being clear.
inline F32x4 widened(Half, I32x4 bits) {
  const I32x4 magnitude = bits & I32x4::splat(0x7fff), shifted = magnitude << 13;
  const I32x4 sign = (bits ^ magnitude) << 16;
  const I32x4 infinite = magnitude > I32x4::splat(0x7bff);
  const I32x4 normal = (shifted + I32x4::splat(112 << 23)) | (infinite & I32x4::splat(0x7f800000));
  // With the exponent of 2^-14, the least normal half, subtracting it leaves a subnormal's value.
  const I32x4 least = I32x4::splat(113 << 23);
  const F32x4 subnormal = bitcast_f32(shifted + least) - bitcast_f32(least);
  const I32x4 is_subnormal = magnitude < I32x4::splat(0x400);
  return bitcast_f32(select(is_subnormal, bitcast_i32(subnormal), normal) | sign);
}

inline F32x4 widened(BFloat, I32x4 bits) { return bitcast_f32(bits << 16); }

// The opposite, rounded to nearest even; NaNs are quieted.
inline I32x4 narrowed(Half, F32x4 value) {
  const I32x4 bits = bitcast_i32(value), magnitude = bits & I32x4::splat(0x7fffffff);
  const I32x4 sign = shift_right_logical(bits ^ magnitude, 16);
  const I32x4 mantissa = magnitude >> 13;
  const I32x4 rounded = magnitude + I32x4::splat(0xfff) + (mantissa & I32x4::splat(1));
  const I32x4 normal = (rounded - I32x4::splat(0x38000000)) >> 13;
  // Adding 0.5 aligns a subnormal's last place with the float's.
  const F32x4 half = F32x4::splat(0.5f);
  const I32x4 subnormal = bitcast_i32(bitcast_f32(magnitude) + half) - bitcast_i32(half);
  I32x4 out = select(magnitude < I32x4::splat(0x38800000), subnormal, normal);
  out = select(magnitude > I32x4::splat(0x477fefff), I32x4::splat(0x7c00), out);
  const I32x4 nan = I32x4::splat(0x7e00) | (mantissa & I32x4::splat(0x1ff));
  return select(magnitude > I32x4::splat(0x7f800000), nan, out) | sign;
}

inline I32x4 narrowed(BFloat, F32x4 value) {
  const I32x4 bits = bitcast_i32(value), high = shift_right_logical(bits, 16);
  const I32x4 rounded = bits + I32x4::splat(0x7fff) + (high & I32x4::splat(1));
  const I32x4 is_nan = (bits & I32x4::splat(0x7fffffff)) > I32x4::splat(0x7f800000);
  return select(is_nan, high | I32x4::splat(0x40), shift_right_logical(rounded, 16));
}

namespace detail {
using ShortVector = uint16_t __attribute__((vector_size(16)));
}  // namespace detail

// Eight of `Narrow`, Half or BFloat, to floats.
template <class Narrow>
inline void widen_eight(const Narrow* from, float* to) {
  detail::ShortVector in;
  std::memcpy(&in, from, sizeof(in));
  const detail::ShortVector zero = {};
  const auto low = __builtin_shufflevector(in, zero, 0, 8, 1, 8, 2, 8, 3, 8);
  const auto high = __builtin_shufflevector(in, zero, 4, 8, 5, 8, 6, 8, 7, 8);
  widened(Narrow(), {(IntVector)low}).store(to);
  widened(Narrow(), {(IntVector)high}).store(to + 4);
}

template <class Narrow>
inline void narrow_eight(const float* from, Narrow* to) {
  const auto low = (detail::ShortVector)narrowed(Narrow(), F32x4::load(from)).v;
  const auto high = (detail::ShortVector)narrowed(Narrow(), F32x4::load(from + 4)).v;
  const auto out = __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14);
  std::memcpy(to, &out, sizeof(out));
}

}  // namespace fovea::simd

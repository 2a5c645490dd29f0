#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/dtype.h"
#include "base/integers.h"
#include "base/minifloat.h"
#include "simd/half.h"

// Conversions between element types, defined for every value: floats truncate toward zero and
// saturate when they become integers (NaN becomes 0), integers keep their low bits when they
// become narrower, whatever is not zero is true.

namespace fovea::kernels {

template <class T>
inline constexpr bool kIsShortFloat = std::is_same_v<T, Half> || std::is_same_v<T, BFloat>;

// As a float that rounds to a 16-bit one as x itself does.
template <class From>
[[gnu::always_inline]] inline float rounded_once(From x) {
  if constexpr (std::is_same_v<From, float> || sizeof(From) < sizeof(int32_t)) {
    return static_cast<float>(x);
  } else {
    return round_to_odd(static_cast<double>(x));
  }
}

// Inlined even where its callers are compiled for size: their loops are over elements.
template <class To, class From>
[[gnu::always_inline]] inline To element_cast(From x) {
  if constexpr (kIsShortFloat<From>) {
    return element_cast<To>(to_float(x));
  } else if constexpr (std::is_same_v<To, Half>) {
    return to_half(rounded_once<From>(x));
  } else if constexpr (std::is_same_v<To, BFloat>) {
    return to_bfloat(rounded_once<From>(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::integral<To> && std::floating_point<From>) {
    return saturating_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

// The integers whose values int32 has, which vectors of floats become.
template <class To, class From>
inline constexpr bool kByVectors =
    std::is_same_v<From, float>&& std::integral<To> && !std::is_same_v<To, bool> &&
    (sizeof(To) < 4 || std::is_same_v<To, int32_t>);

// to[i] = from[i] for i < count.
template <class To, class From>
void convert_row(const From* from, To* to, int64_t count) noexcept {
  int64_t i = 0;
  if constexpr (kByVectors<To, From>) {
    for (; i + 4 <= count; i += 4) {
      const simd::I32x4 whole = simd::to_i32(simd::F32x4::load(from + i));
      for (int lane = 0; lane < 4; ++lane) {
        to[i + lane] = static_cast<To>(std::clamp<int32_t>(
            whole[lane], std::numeric_limits<To>::min(), std::numeric_limits<To>::max()));
      }
    }
  } else if constexpr (std::is_same_v<From, float> && kIsShortFloat<To>) {
    for (; i + 8 <= count; i += 8) simd::narrow_eight(from + i, to + i);
  } else if constexpr (kIsShortFloat<From> && std::is_same_v<To, float>) {
    for (; i + 8 <= count; i += 8) simd::widen_eight(from + i, to + i);
  }
  for (; i < count; ++i) to[i] = element_cast<To>(from[i]);
}

// The same where only the caller knows the types.
using ConvertRow = void (*)(const void* from, void* to, int64_t count) noexcept;

template <class To, class From>
void convert_bytes(const void* from, void* to, int64_t count) noexcept {
  convert_row(static_cast<const From*>(from), static_cast<To*>(to), count);
}

// The conversions of ordinary models: of float to and from float16, bfloat16, int32, int64, uint8
// and bool.
// Null for others.
ConvertRow usual_conversion(DType from, DType to) noexcept;

}  // namespace fovea::kernels

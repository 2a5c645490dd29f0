#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#ifdef __wasm_simd128__
#include <wasm_simd128.h>
#endif

// Four 32-bit lanes. Arithmetic, comparisons and shuffles are the compiler's vector extensions,
// which clang lowers to WebAssembly SIMD one to one; intrinsics (and per-lane loops natively) serve
// only what the extensions cannot say. Loads and stores need no alignment.
namespace fovea::simd {

using FloatVector = float __attribute__((vector_size(16)));
using IntVector = int32_t __attribute__((vector_size(16)));

// Four signed integers, or the mask of a comparison: all bits of a lane set (true) or clear.
struct I32x4 {
  IntVector v;

  static I32x4 load(const int32_t* from) {
    I32x4 out;
    std::memcpy(&out.v, from, sizeof(out.v));
    return out;
  }
  // Two shorts in each lane, the first in its lower half.
  static I32x4 load_shorts(const int16_t* from) {
    I32x4 out;
    std::memcpy(&out.v, from, sizeof(out.v));
    return out;
  }
  // The same two shorts in all lanes.
  static I32x4 load_splat(const int16_t* from) {
#ifdef __wasm_simd128__
    return {(IntVector)wasm_v128_load32_splat(from)};
#else
    int32_t pair;
    std::memcpy(&pair, from, sizeof(pair));
    return splat(pair);
#endif
  }
  static I32x4 splat(int32_t x) { return {IntVector{x, x, x, x}}; }
  static I32x4 set(int32_t a, int32_t b, int32_t c, int32_t d) { return {IntVector{a, b, c, d}}; }
  static I32x4 zero() { return splat(0); }

  void store(int32_t* to) const { std::memcpy(to, &v, sizeof(v)); }
  int32_t operator[](int lane) const { return v[lane]; }
};

inline I32x4 operator&(I32x4 a, I32x4 b) { return {a.v & b.v}; }
inline I32x4 operator|(I32x4 a, I32x4 b) { return {a.v | b.v}; }
inline I32x4 operator^(I32x4 a, I32x4 b) { return {a.v ^ b.v}; }
inline I32x4 operator~(I32x4 a) { return {~a.v}; }
inline I32x4 operator==(I32x4 a, I32x4 b) { return {a.v == b.v}; }
inline I32x4 operator<(I32x4 a, I32x4 b) { return {a.v < b.v}; }
inline I32x4 operator>(I32x4 a, I32x4 b) { return {a.v > b.v}; }
inline I32x4 operator>>(I32x4 a, int bits) { return {a.v >> bits}; }

// Addition, subtraction, multiplication and left shift wrap, as the instructions do; unsigned
// lanes keep that defined in C++.
namespace detail {
using UnsignedVector = uint32_t __attribute__((vector_size(16)));
inline UnsignedVector bits(I32x4 a) { return (UnsignedVector)a.v; }
inline I32x4 lanes(UnsignedVector a) { return {(IntVector)a}; }
}  // namespace detail
inline I32x4 operator+(I32x4 a, I32x4 b) {
  return detail::lanes(detail::bits(a) + detail::bits(b));
}
inline I32x4 operator-(I32x4 a, I32x4 b) {
  return detail::lanes(detail::bits(a) - detail::bits(b));
}
inline I32x4 operator*(I32x4 a, I32x4 b) {
  return detail::lanes(detail::bits(a) * detail::bits(b));
}
inline I32x4 operator<<(I32x4 a, int bits) { return detail::lanes(detail::bits(a) << bits); }

// In each lane the products of both halves, as signed shorts, added up.
inline I32x4 dot_halves(I32x4 a, I32x4 b) {
#ifdef __wasm_simd128__
  return {(IntVector)wasm_i32x4_dot_i16x8((v128_t)a.v, (v128_t)b.v)};
#else
  return ((a << 16) >> 16) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);
#endif
}

// Shift that brings in zeros at the top.
inline I32x4 shift_right_logical(I32x4 a, int bits) {
  return detail::lanes(detail::bits(a) >> bits);
}

// Bit i is the sign bit of lane i.
inline int bitmask(I32x4 mask) {
#ifdef __wasm_simd128__
  return static_cast<int>(wasm_i32x4_bitmask((v128_t)mask.v));
#else
  int out = 0;
  for (int i = 0; i < 4; ++i) out |= (mask.v[i] < 0 ? 1 : 0) << i;
  return out;
#endif
}
inline bool any(I32x4 mask) { return bitmask(mask) != 0; }
inline bool all(I32x4 mask) { return bitmask(mask) == 15; }

struct F32x4 {
  FloatVector v;

  static F32x4 load(const float* from) {
    F32x4 out;
    std::memcpy(&out.v, from, sizeof(out.v));
    return out;
  }
  // One element of memory in all lanes.
  static F32x4 load_splat(const float* from) {
#ifdef __wasm_simd128__
    return {(FloatVector)wasm_v128_load32_splat(from)};
#else
    return splat(*from);
#endif
  }
  // The first `count` (0..4) elements; the other lanes are zero and their memory is not touched.
  static F32x4 load_partial(const float* from, int count) {
    F32x4 out = zero();
    std::memcpy(&out.v, from, static_cast<size_t>(count) * sizeof(float));
    return out;
  }
  static F32x4 splat(float x) { return {FloatVector{x, x, x, x}}; }
  static F32x4 set(float a, float b, float c, float d) { return {FloatVector{a, b, c, d}}; }
  static F32x4 zero() { return splat(0.0f); }

  void store(float* to) const { std::memcpy(to, &v, sizeof(v)); }
  // Stores the first `count` (0..4) lanes.
  void store_partial(float* to, int count) const {
    std::memcpy(to, &v, static_cast<size_t>(count) * sizeof(float));
  }
  float operator[](int lane) const { return v[lane]; }

  F32x4& operator+=(F32x4 b) { return v += b.v, *this; }
  F32x4& operator-=(F32x4 b) { return v -= b.v, *this; }
  F32x4& operator*=(F32x4 b) { return v *= b.v, *this; }
};

inline F32x4 operator+(F32x4 a, F32x4 b) { return {a.v + b.v}; }
inline F32x4 operator-(F32x4 a, F32x4 b) { return {a.v - b.v}; }
inline F32x4 operator*(F32x4 a, F32x4 b) { return {a.v * b.v}; }
inline F32x4 operator/(F32x4 a, F32x4 b) { return {a.v / b.v}; }
inline F32x4 operator-(F32x4 a) { return {-a.v}; }

// Ordered comparisons: false where either side is NaN (and != is true).
inline I32x4 operator==(F32x4 a, F32x4 b) { return {a.v == b.v}; }
inline I32x4 operator!=(F32x4 a, F32x4 b) { return {a.v != b.v}; }
inline I32x4 operator<(F32x4 a, F32x4 b) { return {a.v < b.v}; }
inline I32x4 operator<=(F32x4 a, F32x4 b) { return {a.v <= b.v}; }
inline I32x4 operator>(F32x4 a, F32x4 b) { return {a.v > b.v}; }
inline I32x4 operator>=(F32x4 a, F32x4 b) { return {a.v >= b.v}; }

inline F32x4 bitcast_f32(I32x4 a) { return {(FloatVector)a.v}; }
inline I32x4 bitcast_i32(F32x4 a) { return {(IntVector)a.v}; }

// Lane by lane: mask ? a : b. The mask's lanes must be all ones or all zeros.
inline I32x4 select(I32x4 mask, I32x4 a, I32x4 b) { return (a & mask) | (b & ~mask); }
inline F32x4 select(I32x4 mask, F32x4 a, F32x4 b) {
#ifdef __wasm_simd128__
  return {(FloatVector)wasm_v128_bitselect((v128_t)a.v, (v128_t)b.v, (v128_t)mask.v)};
#else
  return bitcast_f32(select(mask, bitcast_i32(a), bitcast_i32(b)));
#endif
}

// Whether fma is one instruction. There is no answer in layers that are compiled once for all
// engines.
#ifdef FOVEA_KNOWS_INSTRUCTIONS
#ifdef __wasm_relaxed_simd__
inline constexpr bool kFusedMultiplyAdd = true;
#else
inline constexpr bool kFusedMultiplyAdd = false;
#endif
#endif

// a * b + c. Fused (one rounding) or not, as the machine prefers; results may differ by the
// rounding of the product.
inline F32x4 fma(F32x4 a, F32x4 b, F32x4 c) {
#ifdef __wasm_relaxed_simd__
  return {(FloatVector)wasm_f32x4_relaxed_madd((v128_t)a.v, (v128_t)b.v, (v128_t)c.v)};
#else
  return a * b + c;
#endif
}

// c - a * b, rounded like fma.
inline F32x4 fnma(F32x4 a, F32x4 b, F32x4 c) {
#ifdef __wasm_relaxed_simd__
  return {(FloatVector)wasm_f32x4_relaxed_nmadd((v128_t)a.v, (v128_t)b.v, (v128_t)c.v)};
#else
  return c - a * b;
#endif
}

// b < a ? b : a and a < b ? b : a: one instruction on x86, and a NaN in `a` stays while one in `b`
// is dropped.
inline F32x4 pmin(F32x4 a, F32x4 b) {
#ifdef __wasm_simd128__
  return {(FloatVector)wasm_f32x4_pmin((v128_t)a.v, (v128_t)b.v)};
#else
  return select(b < a, b, a);
#endif
}
inline F32x4 pmax(F32x4 a, F32x4 b) {
#ifdef __wasm_simd128__
  return {(FloatVector)wasm_f32x4_pmax((v128_t)a.v, (v128_t)b.v)};
#else
  return select(a < b, b, a);
#endif
}

// IEEE 754-2019 minimum and maximum, which ONNX Min and Max follow: NaN if either is NaN, -0 < +0.
inline F32x4 min(F32x4 a, F32x4 b) {
#ifdef __wasm_simd128__
  return {(FloatVector)wasm_f32x4_min((v128_t)a.v, (v128_t)b.v)};
#else
  const F32x4 equal = bitcast_f32(bitcast_i32(a) | bitcast_i32(b));
  return select(a < b, a, select(b < a, b, select(a == b, equal, a + b)));
#endif
}
inline F32x4 max(F32x4 a, F32x4 b) {
#ifdef __wasm_simd128__
  return {(FloatVector)wasm_f32x4_max((v128_t)a.v, (v128_t)b.v)};
#else
  const F32x4 equal = bitcast_f32(bitcast_i32(a) & bitcast_i32(b));
  return select(a > b, a, select(b > a, b, select(a == b, equal, a + b)));
#endif
}

inline F32x4 abs(F32x4 a) { return bitcast_f32(bitcast_i32(a) & I32x4::splat(0x7fffffff)); }

namespace detail {
template <class Function>
inline F32x4 per_lane(F32x4 a, Function function) {
  return F32x4::set(function(a.v[0]), function(a.v[1]), function(a.v[2]), function(a.v[3]));
}
}  // namespace detail

inline F32x4 sqrt(F32x4 a) {
#ifdef __wasm_simd128__
  return {(FloatVector)wasm_f32x4_sqrt((v128_t)a.v)};
#else
  return detail::per_lane(a, [](float x) { return std::sqrt(x); });
#endif
}
inline F32x4 floor(F32x4 a) {
#ifdef __wasm_simd128__
  return {(FloatVector)wasm_f32x4_floor((v128_t)a.v)};
#else
  return detail::per_lane(a, [](float x) { return std::floor(x); });
#endif
}
inline F32x4 ceil(F32x4 a) {
#ifdef __wasm_simd128__
  return {(FloatVector)wasm_f32x4_ceil((v128_t)a.v)};
#else
  return detail::per_lane(a, [](float x) { return std::ceil(x); });
#endif
}
inline F32x4 trunc(F32x4 a) {
#ifdef __wasm_simd128__
  return {(FloatVector)wasm_f32x4_trunc((v128_t)a.v)};
#else
  return detail::per_lane(a, [](float x) { return std::trunc(x); });
#endif
}
// Rounds to the nearest integer, halves to even.
inline F32x4 nearest(F32x4 a) {
#ifdef __wasm_simd128__
  return {(FloatVector)wasm_f32x4_nearest((v128_t)a.v)};
#else
  return detail::per_lane(a, [](float x) { return std::nearbyint(x); });
#endif
}

inline F32x4 to_f32(I32x4 a) { return {__builtin_convertvector(a.v, FloatVector)}; }

// Truncates toward zero; saturates outside int32, NaN becomes 0.
inline I32x4 to_i32(F32x4 a) {
#ifdef __wasm_simd128__
  return {(IntVector)wasm_i32x4_trunc_sat_f32x4((v128_t)a.v)};
#else
  const auto lane = [](float x) -> int32_t {
    if (x >= 0x1p31f) return INT32_MAX;
    if (x >= -0x1p31f) return static_cast<int32_t>(x);
    return x < 0 ? INT32_MIN : 0;
  };
  return I32x4::set(lane(a.v[0]), lane(a.v[1]), lane(a.v[2]), lane(a.v[3]));
#endif
}

// Lanes chosen by number: 0..3 from a, 4..7 from b.
template <int A, int B, int C, int D>
inline F32x4 shuffle(F32x4 a, F32x4 b) {
  return {__builtin_shufflevector(a.v, b.v, A, B, C, D)};
}

// Rows become columns.
inline void transpose4x4(F32x4& a, F32x4& b, F32x4& c, F32x4& d) {
  const F32x4 ab_low = shuffle<0, 4, 1, 5>(a, b), ab_high = shuffle<2, 6, 3, 7>(a, b);
  const F32x4 cd_low = shuffle<0, 4, 1, 5>(c, d), cd_high = shuffle<2, 6, 3, 7>(c, d);
  a = shuffle<0, 1, 4, 5>(ab_low, cd_low);
  b = shuffle<2, 3, 6, 7>(ab_low, cd_low);
  c = shuffle<0, 1, 4, 5>(ab_high, cd_high);
  d = shuffle<2, 3, 6, 7>(ab_high, cd_high);
}

// The same of memory; rows lie a step apart.
inline void transpose4x4(const float* from, int64_t from_step, float* to, int64_t to_step) {
  F32x4 a = F32x4::load(from), b = F32x4::load(from + from_step);
  F32x4 c = F32x4::load(from + 2 * from_step), d = F32x4::load(from + 3 * from_step);
  transpose4x4(a, b, c, d);
  a.store(to);
  b.store(to + to_step);
  c.store(to + 2 * to_step);
  d.store(to + 3 * to_step);
}

// (a[0] + a[2]) + (a[1] + a[3]).
inline float sum(F32x4 a) {
  const F32x4 pairs = a + shuffle<2, 3, 0, 1>(a, a);
  return pairs.v[0] + pairs.v[1];
}

// Largest and smallest lane; NaN if any lane is NaN.
inline float max_lane(F32x4 a) {
  const F32x4 pairs = max(a, shuffle<2, 3, 0, 1>(a, a));
  return max(pairs, shuffle<1, 0, 3, 2>(pairs, pairs)).v[0];
}
inline float min_lane(F32x4 a) {
  const F32x4 pairs = min(a, shuffle<2, 3, 0, 1>(a, a));
  return min(pairs, shuffle<1, 0, 3, 2>(pairs, pairs)).v[0];
}

}  // namespace fovea::simd

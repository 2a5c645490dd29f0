#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "simd/f32x4.h"

// Element-wise functions of two arguments on rows of memory. Each function object below has the
// meaning of the ONNX operator of its name, also where C++ has none: integers wrap, division by
// zero gives zero.

namespace fovea::kernels {

// Distances between neighbours of a row, in elements.
struct BinaryStrides {
  int64_t a = 1;
  int64_t b = 1;
  int64_t out = 1;
};

// out[i * strides.out] = op(a[i * strides.a], b[i * strides.b]) for i < count. `out` may be `a` or
// `b` where that one's stride is the output's.
using BinaryRow = void (*)(const void* a, const void* b, void* out, const BinaryStrides& strides,
                           int64_t count) noexcept;

// Arithmetic that wraps, whatever the integer promotions would do to T.
template <std::integral T>
using Wrapping = std::conditional_t<(sizeof(T) < 4), uint32_t, std::make_unsigned_t<T>>;

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::integral<T>) {
      return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
    } else {
      return a + b;
    }
  }
};

struct Sub {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::integral<T>) {
      return static_cast<T>(static_cast<Wrapping<T>>(a) - static_cast<Wrapping<T>>(b));
    } else {
      return a - b;
    }
  }
};

struct Mul {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::integral<T>) {
      return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
    } else {
      return a * b;
    }
  }
};

// Truncates; x / 0 is 0 for integers, and the most negative number / -1 wraps to itself.
struct Div {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::integral<T>) {
      if (b == 0) return 0;
      if (std::signed_integral<T> && b == static_cast<T>(-1)) return Sub()(T{0}, a);
      return static_cast<T>(a / b);
    } else {
      return a / b;
    }
  }
};

// The remainder with the sign of the divisor (Python's %); x mod 0 is 0.
struct FloorMod {
  template <std::floating_point T>
  T operator()(T a, T b) const {
    const T remainder = std::fmod(a, b);
    if (remainder == 0) return std::copysign(remainder, b);
    return (remainder < 0) != (b < 0) ? remainder + b : remainder;
  }
  template <std::integral T>
  T operator()(T a, T b) const {
    if (b == 0 || (std::signed_integral<T> && b == static_cast<T>(-1))) return 0;
    const T remainder = static_cast<T>(a % b);
    const bool signs_differ = remainder != 0 && (remainder < 0) != (b < 0);
    return signs_differ ? static_cast<T>(remainder + b) : remainder;
  }
};

// The remainder with the sign of the dividend (C's fmod); x mod 0 is 0 for integers.
struct TruncatedMod {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::integral<T>) {
      if (b == 0 || (std::signed_integral<T> && b == static_cast<T>(-1))) return 0;
      return static_cast<T>(a % b);
    } else {
      return std::fmod(a, b);
    }
  }
};

// NaN where either side is NaN.
struct Min {
  template <class T>
  T operator()(T a, T b) const {
    return a < b || a != a ? a : b;
  }
  simd::F32x4 operator()(simd::F32x4 a, simd::F32x4 b) const { return simd::min(a, b); }
};

struct Max {
  template <class T>
  T operator()(T a, T b) const {
    return a > b || a != a ? a : b;
  }
  simd::F32x4 operator()(simd::F32x4 a, simd::F32x4 b) const { return simd::max(a, b); }
};

// a to the power b. Whole powers of integers wrap; negative ones truncate to 0, 1 or -1.
struct Pow {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::integral<T>) {
      return b < 0 ? inverse(a, b) : whole(a, b);
    } else {
      return std::pow(a, b);
    }
  }

 private:
  template <class T>
  static T inverse(T a, T b) {
    if (a == 1) return 1;
    if (std::signed_integral<T> && a == static_cast<T>(-1)) return b % 2 == 0 ? T{1} : a;
    return 0;
  }
  template <class T>
  static T whole(T a, T b) {
    T result = 1;
    for (; b > 0; b = static_cast<T>(b >> 1), a = Mul()(a, a)) {
      if (b & 1) result = Mul()(result, a);
    }
    return result;
  }
};

struct Equal {
  bool operator()(auto a, auto b) const { return a == b; }
};
struct Less {
  bool operator()(auto a, auto b) const { return a < b; }
};
struct LessOrEqual {
  bool operator()(auto a, auto b) const { return a <= b; }
};
struct Greater {
  bool operator()(auto a, auto b) const { return a > b; }
};
struct GreaterOrEqual {
  bool operator()(auto a, auto b) const { return a >= b; }
};

struct BitAnd {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a & b);
  }
};
struct BitOr {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a | b);
  }
};
struct BitXor {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(a ^ b);
  }
};

// Shifts by the width of T or more give 0.
struct ShiftLeft {
  template <std::unsigned_integral T>
  T operator()(T a, T b) const {
    return b >= std::numeric_limits<T>::digits ? T{0}
                                               : static_cast<T>(static_cast<Wrapping<T>>(a) << b);
  }
};
// Copies of the sign follow, and are all that is left after a shift by too much or less than 0.
struct ShiftRight {
  template <std::integral T>
  T operator()(T a, T b) const {
    constexpr int kBits = static_cast<int>(8 * sizeof(T));
    if (b >= 0 && b < kBits) return static_cast<T>(a >> b);
    return a < 0 ? static_cast<T>(-1) : T{0};
  }
};

// The BinaryRow of Op from A and B to Out, element by element.
template <class Op, class A, class B, class Out>
void binary_row(const void* a, const void* b, void* out, const BinaryStrides& strides,
                int64_t count) noexcept {
  const A* left = static_cast<const A*>(a);
  const B* right = static_cast<const B*>(b);
  Out* to = static_cast<Out*>(out);
  for (int64_t i = 0; i < count; ++i) {
    to[i * strides.out] = Op()(left[i * strides.a], right[i * strides.b]);
  }
}

// The BinaryRow of an Op that takes F32x4: four elements at a time where the operands' strides are
// 0 or 1 and the output's is 1. There is one for Add, Sub, Mul, Div, Min, Max and PRelu.
template <class Op>
void binary_row_f32(const void* a, const void* b, void* out, const BinaryStrides& strides,
                    int64_t count) noexcept;

// Pow of floats; the scalar exponents of ordinary models need no logarithm.
void pow_row_f32(const void* a, const void* b, void* out, const BinaryStrides& strides,
                 int64_t count) noexcept;

}  // namespace fovea::kernels

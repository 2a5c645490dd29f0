#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "simd/math.h"

// Element-wise functions of one argument. Each function object has the meaning of the ONNX operator
// of its name; those with an F32x4 overload work four floats at a time.

namespace fovea::kernels {

// unary_row of floats; there is one for each function object below that takes F32x4.
template <class Op>
void unary_row_f32(const Op& op, const float* in, float* out, int64_t count) noexcept;

// out[i] = op(in[i]) for i < count; `out` may be `in`.
template <class T, class Op>
void unary_row(const Op& op, const T* in, T* out, int64_t count) noexcept {
  if constexpr (std::is_same_v<T, float> && std::is_invocable_v<const Op&, simd::F32x4>) {
    unary_row_f32(op, in, out, count);
  } else {
    for (int64_t i = 0; i < count; ++i) out[i] = op(in[i]);
  }
}

namespace detail {
using simd::F32x4;
inline F32x4 all(float x) { return F32x4::splat(x); }
inline F32x4 clamp(F32x4 x, float low, float high) { return pmin(pmax(x, all(low)), all(high)); }

// ln(1 + x) for x >= 0, accurate also where 1 + x rounds to 1: the rounding of 1 + x is known to be
// (1 + x) - 1 - x and the logarithm is nearly linear over it.
inline F32x4 log_1p(F32x4 x) {
  const F32x4 sum = all(1) + x;
  return select(sum == all(1), x, simd::log(sum) * (x / (sum - all(1))));
}
}  // namespace detail

// ---- arithmetic, also of integers ----

struct Neg {
  simd::F32x4 operator()(simd::F32x4 x) const { return -x; }
  double operator()(double x) const { return -x; }
  template <std::signed_integral T>
  T operator()(T x) const {
    using Bits = std::make_unsigned_t<T>;  // the most negative number stays itself
    return static_cast<T>(static_cast<Bits>(Bits{0} - static_cast<Bits>(x)));
  }
};

struct Abs {
  simd::F32x4 operator()(simd::F32x4 x) const { return simd::abs(x); }
  template <class T>
  T operator()(T x) const {
    if constexpr (std::unsigned_integral<T>) {
      return x;
    } else {
      return x < T{0} ? Neg()(x) : x;
    }
  }
};

struct Sign {
  simd::F32x4 operator()(simd::F32x4 x) const {
    using detail::all;
    return select(x > all(0), all(1), select(x < all(0), all(-1), x));
  }
  template <class T>
  T operator()(T x) const {
    if (x > T{0}) return T{1};
    if constexpr (!std::unsigned_integral<T>) {
      if (x < T{0}) return static_cast<T>(-1);
    }
    return x;
  }
};

struct Relu {
  simd::F32x4 operator()(simd::F32x4 x) const { return pmax(x, simd::F32x4::zero()); }
  template <class T>
  T operator()(T x) const {
    return x < T{0} ? T{0} : x;
  }
};

// min(max(x, low), high), so `high` where low > high; NaN stays.
template <class T>
struct Clip {
  T low, high;
  T operator()(T x) const {
    const T raised = x < low ? low : x;
    return high < raised ? high : raised;
  }
  simd::F32x4 operator()(simd::F32x4 x) const requires std::same_as<T, float> {
    return detail::clamp(x, low, high);
  }
  double operator()(double x) const requires std::same_as<T, float> {
    return Clip<double>{low, high}(x);
  }
};

// ---- mathematics ----

struct Floor {
  simd::F32x4 operator()(simd::F32x4 x) const { return simd::floor(x); }
  double operator()(double x) const { return std::floor(x); }
};
struct Ceil {
  simd::F32x4 operator()(simd::F32x4 x) const { return simd::ceil(x); }
  double operator()(double x) const { return std::ceil(x); }
};
struct Round {  // halves to even
  simd::F32x4 operator()(simd::F32x4 x) const { return simd::nearest(x); }
  double operator()(double x) const { return std::nearbyint(x); }
};
struct Sqrt {
  simd::F32x4 operator()(simd::F32x4 x) const { return simd::sqrt(x); }
  double operator()(double x) const { return std::sqrt(x); }
};
struct Reciprocal {
  simd::F32x4 operator()(simd::F32x4 x) const { return detail::all(1) / x; }
  double operator()(double x) const { return 1 / x; }
};
struct Exp {
  simd::F32x4 operator()(simd::F32x4 x) const { return simd::exp(x); }
  double operator()(double x) const { return std::exp(x); }
};
struct Log {
  simd::F32x4 operator()(simd::F32x4 x) const { return simd::log(x); }
  double operator()(double x) const { return std::log(x); }
};
struct Tanh {
  simd::F32x4 operator()(simd::F32x4 x) const { return simd::tanh(x); }
  double operator()(double x) const { return std::tanh(x); }
};
struct Sigmoid {
  simd::Sigmoid vectors = {};
  simd::F32x4 operator()(simd::F32x4 x) const { return vectors(x); }
  double operator()(double x) const { return 1 / (1 + std::exp(-x)); }
};
struct Erf {
  simd::F32x4 operator()(simd::F32x4 x) const { return simd::erf(x); }
  double operator()(double x) const { return std::erf(x); }
};

// ---- activations ----

struct LeakyRelu {
  float alpha;
  double operator()(double x) const { return x < 0 ? x * alpha : x; }
  simd::F32x4 operator()(simd::F32x4 x) const {
    return select(x < simd::F32x4::zero(), x * detail::all(alpha), x);
  }
};

struct ThresholdedRelu {
  float alpha;
  double operator()(double x) const { return x > alpha ? x : 0; }
  simd::F32x4 operator()(simd::F32x4 x) const {
    return select(x > detail::all(alpha), x, simd::F32x4::zero());
  }
};

// x < 0 ? negative * (e^(x / slope) - 1) : positive * x, which is Elu, Selu and Celu.
struct Exponential {
  double negative;  // in double, because Selu's is a product
  float slope, positive;
  double operator()(double x) const {
    return x < 0 ? (std::exp(x / slope) - 1) * negative : x * positive;
  }
  simd::F32x4 operator()(simd::F32x4 x) const {
    using detail::all;
    const simd::F32x4 scale = all(static_cast<float>(negative));
    const simd::F32x4 below = (simd::exp(x / all(slope)) - all(1)) * scale;
    return select(x < simd::F32x4::zero(), below, x * all(positive));
  }
};

struct HardSigmoid {
  float alpha, beta;
  double operator()(double x) const { return Clip<double>{0, 1}(x * alpha + beta); }
  simd::F32x4 operator()(simd::F32x4 x) const {
    return detail::clamp(fma(x, detail::all(alpha), detail::all(beta)), 0.0f, 1.0f);
  }
};

struct HardSwish {
  double operator()(double x) const { return x * Clip<double>{0, 1}(x / 6 + 0.5); }
  simd::F32x4 operator()(simd::F32x4 x) const { return x * HardSigmoid{1.0f / 6, 0.5f}(x); }
};

struct Swish {
  float alpha;
  Sigmoid sigmoid = {};
  double operator()(double x) const { return x * sigmoid(x * alpha); }
  simd::F32x4 operator()(simd::F32x4 x) const { return x * sigmoid(x * detail::all(alpha)); }
};

// ln(1 + e^x)
struct Softplus {
  double operator()(double x) const { return Relu()(x) + std::log1p(std::exp(-std::fabs(x))); }
  simd::F32x4 operator()(simd::F32x4 x) const {
    return pmax(x, simd::F32x4::zero()) + detail::log_1p(simd::exp(-simd::abs(x)));
  }
};

struct Softsign {
  double operator()(double x) const { return x / (1 + std::fabs(x)); }
  simd::F32x4 operator()(simd::F32x4 x) const { return x / (detail::all(1) + simd::abs(x)); }
};

// x tanh(ln(1 + e^x)); with e = e^x the tangent is (e^2 + 2e) / (e^2 + 2e + 2), which is 1 in float
// long before e^2 overflows, and in double at e^20 already.
struct Mish {
  double operator()(double x) const {
    const double e = std::exp(x > 20 ? 20 : x), t = e * (e + 2);
    return x * (t / (t + 2));
  }
  simd::F32x4 operator()(simd::F32x4 x) const {
    const simd::F32x4 e = simd::exp(pmin(x, detail::all(20)));
    const simd::F32x4 t = e * (e + detail::all(2));
    return x * (t / (t + detail::all(2)));
  }
};

// x times the normal distribution's cumulative function.
struct Gelu {
  double operator()(double x) const { return x * (std::erfc(-x * 0.70710678118654752440) / 2); }
  simd::F32x4 operator()(simd::F32x4 x) const { return simd::gelu(x); }
};

// The same with the function approximated by sqrt(2 / pi) (x + 0.044715 x^3) under a tangent.
// That is x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)), which takes half as long.
struct GeluTanh {
  Sigmoid sigmoid = {};
  double operator()(double x) const {
    return 0.5 * x * (1 + std::tanh(0.79788456080286535588 * x * (1 + 0.044715 * x * x)));
  }
  simd::F32x4 operator()(simd::F32x4 x) const {
    using detail::all;
    const simd::F32x4 factor = fma(x * x, all(1.59576912f * 0.044715f), all(1.59576912f));
    return x * sigmoid(x * factor);
  }
};

// x < -lambda ? x + bias : x > lambda ? x - bias : 0
struct Shrink {
  float lambda, bias;
  double operator()(double x) const { return x < -lambda ? x + bias : x > lambda ? x - bias : 0; }
  simd::F32x4 operator()(simd::F32x4 x) const {
    using detail::all;
    const simd::F32x4 above = select(x > all(lambda), x - all(bias), simd::F32x4::zero());
    return select(x < all(-lambda), x + all(bias), above);
  }
};

// max(x, 0) + min(0, slope x), the two-operand PRelu.
struct PRelu {
  simd::F32x4 operator()(simd::F32x4 x, simd::F32x4 slope) const {
    return select(x < simd::F32x4::zero(), x * slope, x);
  }
  template <class T>
  T operator()(T x, T slope) const {
    return x < T{0} ? static_cast<T>(x * slope) : x;
  }
};

}  // namespace fovea::kernels

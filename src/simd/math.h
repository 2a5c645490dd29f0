#pragma once

#include "simd/f32x4.h"

// Elementary functions on four floats. Each states its largest error over every float, in units in
// the last place (ULP) of the correctly rounded result, subnormal results included; the tests sweep
// the floats against double and hold it, with and without fused multiply-add. NaN gives NaN.
// The polynomials are minimax fits on the reduced ranges, their coefficients rounded one by one.
namespace fovea::simd {

namespace detail {

// Of the functions that whole networks spend their time in. Not constant, so that they are loaded:
// V8 makes a constant vector anew at every use, by three instructions.
struct Constants {
  float inverse_ln2;
  float ln2_high, ln2_low;  // the first short enough for its product with an exponent to be exact
  float exp[5];
  float exp_lowest, exp_magic;  // of ExpNonpositive
  float gelu_numerator[6], gelu_denominator[6];
};
extern Constants constants;

// c[0] + c[1] x + c[2] x^2 + ...
template <int N>
inline F32x4 polynomial(F32x4 x, const float (&c)[N]) {
  F32x4 out = F32x4::load_splat(&c[N - 1]);
  for (int i = N - 2; i >= 0; --i) out = fma(out, x, F32x4::load_splat(&c[i]));
  return out;
}

// 2^n for n in [-126, 127].
inline F32x4 power_of_two(I32x4 n) { return bitcast_f32((n + I32x4::splat(127)) << 23); }

// e^r - 1 for |r| up to half of ln 2.
inline F32x4 exp_minus_1_near_zero(F32x4 r) { return fma(polynomial(r, constants.exp), r * r, r); }

// x - n ln 2 for a small whole n.
inline F32x4 minus_ln2_times(F32x4 n, F32x4 x) {
  const F32x4 high = fnma(n, F32x4::load_splat(&constants.ln2_high), x);
  return fnma(n, F32x4::load_splat(&constants.ln2_low), high);
}

}  // namespace detail

// Magnitude of `a`, sign of `sign`.
inline F32x4 copysign(F32x4 a, F32x4 sign) {
  const I32x4 mask = I32x4::splat(INT32_MIN);
  return bitcast_f32((bitcast_i32(sign) & mask) | (bitcast_i32(a) & ~mask));
}

// e^x within 1.2 ULP. Overflows to +inf above 88.72; underflows gradually to 0 below -103.97.
inline F32x4 exp(F32x4 x) {
  x = pmin(pmax(x, F32x4::splat(-105.0f)), F32x4::splat(89.0f));
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
  const F32x4 magic = F32x4::splat(12582912.0f);
  const F32x4 shifted = fma(x, F32x4::load_splat(&detail::constants.inverse_ln2), magic);
  const F32x4 n = shifted - magic;
  const I32x4 exponent = bitcast_i32(shifted) - bitcast_i32(magic);
  const F32x4 tail = detail::exp_minus_1_near_zero(detail::minus_ln2_times(n, x));
  // 2^n can lie outside the floats where e^x does not, hence two factors.
  const I32x4 half = exponent >> 1;
  return (F32x4::splat(1.0f) + tail) * detail::power_of_two(half) *
         detail::power_of_two(exponent - half);
}

// e^x for x <= 0, at two thirds of the instructions: within 1.2 ULP down to -87.3, where results
// stop being normal floats; below it falls to 0. An object, so that a loop that stores floats,
// which might be the constants, has them in registers.
class ExpNonpositive {
 public:
  F32x4 operator()(F32x4 x) const {
    x = pmax(x, lowest_);
    // As in exp(), but the low bits hold n + 127: shifted to the exponent's place they are 2^n, or
    // 0 for -127.
    const F32x4 shifted = fma(x, inverse_ln2_, magic_), n = shifted - magic_;
    const F32x4 r = fnma(n, ln2_low_, fnma(n, ln2_high_, x));
    F32x4 expansion = exp_[4];
    for (int i = 3; i >= 0; --i) expansion = fma(expansion, r, exp_[i]);
    const F32x4 power = bitcast_f32(bitcast_i32(shifted) << 23);
    return fma(fma(expansion, r * r, r), power, power);
  }

 private:
  static F32x4 load(const float& constant) { return F32x4::load_splat(&constant); }

  F32x4 lowest_ = load(detail::constants.exp_lowest), magic_ = load(detail::constants.exp_magic);
  F32x4 inverse_ln2_ = load(detail::constants.inverse_ln2);
  F32x4 ln2_high_ = load(detail::constants.ln2_high), ln2_low_ = load(detail::constants.ln2_low);
  F32x4 exp_[5] = {load(detail::constants.exp[0]), load(detail::constants.exp[1]),
                   load(detail::constants.exp[2]), load(detail::constants.exp[3]),
                   load(detail::constants.exp[4])};
};

// ln x within 1 ULP. -inf for +-0, NaN below 0, +inf for +inf.
inline F32x4 log(F32x4 x) {
  static constexpr float kExpansion[] = {0x1.555554p-2f,  -0x1.000226p-2f, 0x1.99a01ep-3f,
                                         -0x1.54728cp-3f, 0x1.22d8f8p-3f,  -0x1.0d81f2p-3f,
                                         0x1.05602ep-3f,  -0x1.38cf2p-4f};
  const I32x4 subnormal = x < F32x4::splat(0x1p-126f);
  const F32x4 normal = select(subnormal, x * F32x4::splat(0x1p23f), x);
  // The mantissa is taken from [sqrt(1/2), sqrt(2)), where its logarithm is smallest.
  const I32x4 root_half = I32x4::splat(0x3f3504f3);
  const I32x4 offset = bitcast_i32(normal) - root_half;
  const F32x4 mantissa = bitcast_f32((offset & I32x4::splat(0x7fffff)) + root_half);
  const I32x4 exponent = (offset >> 23) - (subnormal & I32x4::splat(23));

  const F32x4 e = to_f32(exponent);
  const F32x4 f = mantissa - F32x4::splat(1.0f);
  const F32x4 square = f * f;
  F32x4 tail = detail::polynomial(f, kExpansion) * square * f;
  tail = fma(e, F32x4::load_splat(&detail::constants.ln2_low), tail);
  tail = fnma(F32x4::splat(0.5f), square, tail);
  const F32x4 finite = fma(e, F32x4::load_splat(&detail::constants.ln2_high), f + tail);

  const F32x4 infinity = F32x4::splat(INFINITY);
  const F32x4 at_edge = select(x == F32x4::zero(), -infinity, F32x4::splat(NAN));
  return select(x > F32x4::zero(), select(x == infinity, infinity, finite), at_edge);
}

// tanh x within 1.5 ULP. +-1 from about +-9 on.
inline F32x4 tanh(F32x4 x) {
  static constexpr float kOdd[] = {-0x1.555532p-2f, 0x1.1106fap-3f, -0x1.b8367cp-5f, 0x1.51ffcep-6f,
                                   -0x1.753152p-8f};
  const F32x4 one = F32x4::splat(1.0f), two = F32x4::splat(2.0f);
  const F32x4 magnitude = abs(x);
  const F32x4 square = x * x;
  const F32x4 near_zero = fma(detail::polynomial(square, kOdd) * square, x, x);
  const F32x4 far = one - two / (exp(magnitude + magnitude) + one);
  return copysign(select(magnitude < F32x4::splat(0.625f), near_zero, far), x);
}

// 1 / (1 + e^-x) within 2.5 ULP down to -87.3, below which it falls to 0. An object for the reason
// that ExpNonpositive is one.
class Sigmoid {
 public:
  F32x4 operator()(F32x4 x) const {
    const F32x4 one = F32x4::splat(1.0f);
    const F32x4 small = exp_(-abs(x));
    return select(x < F32x4::zero(), small, one) / (one + small);
  }

 private:
  ExpNonpositive exp_;
};

// The error function, 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x, within 1.5 ULP.
inline F32x4 erf(F32x4 x) {
  // erf(x)/x - 1 in powers of x^2, and ln(1 - erf(t)) in powers of t.
  static constexpr float kOdd[] = {0x1.06eba6p-3f, -0x1.8126eep-2f, 0x1.ce1bfp-4f,
                                   -0x1.b6a25p-6f, 0x1.47c73p-8f,   -0x1.3c61c8p-11f};
  static constexpr float kLogComplement[] = {-0x1.5d0c6cp-13f, -0x1.20b752p0f, -0x1.4621bcp-1f,
                                             -0x1.aa730ap-4f,  0x1.6d9ca4p-6f, -0x1.91cc8cp-9f,
                                             0x1.9fb242p-13f};
  const F32x4 t = pmin(abs(x), F32x4::splat(4.0f));  // from 4 on the result rounds to 1
  const F32x4 near_zero = fma(detail::polynomial(x * x, kOdd), x, x);
  const F32x4 far = F32x4::splat(1.0f) - exp(detail::polynomial(t, kLogComplement));
  return copysign(select(t < F32x4::splat(0.9f), near_zero, far), x);
}

// x times the cumulative function of the normal distribution, (1 + erf(x / sqrt(2))) / 2. For
// negative x that is a difference: the error is within 4 ULP of x, not of the result.
inline F32x4 gelu(F32x4 x) {
  // erf(x / sqrt(2)) / x is a quotient of polynomials in x^2, up to where it is 1 as a float.
  const F32x4 square = x * x, half = F32x4::splat(0.5f) * x;
  const F32x4 erf = x * detail::polynomial(square, detail::constants.gelu_numerator) /
                    detail::polynomial(square, detail::constants.gelu_denominator);
  const I32x4 near_zero = abs(x) < F32x4::splat(5.4f);
  return select(near_zero, fma(half, erf, half), pmax(x, F32x4::zero()));
}

}  // namespace fovea::simd

#include "quantise/decibels.h"

#include "simd/math.h"

namespace fovea::quantise {
namespace {

constexpr double kByNatural = 4.3429448190325175;  // 10 / ln 10

}  // namespace

float natural_logarithm(double x) {
  return simd::log(simd::F32x4::splat(static_cast<float>(x)))[0];
}

float exponential(double x) { return simd::exp(simd::F32x4::splat(static_cast<float>(x)))[0]; }

double decibels(double ratio) { return kByNatural * natural_logarithm(ratio); }

double decibels_above_one(double x) {
  if (x > 1e-2) return decibels(1 + x);
  return kByNatural * x * (1 - x * (1.0 / 2 - x * (1.0 / 3 - x / 4)));
}

}  // namespace fovea::quantise

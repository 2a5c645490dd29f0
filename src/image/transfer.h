#pragma once

#include "simd/math.h"

// The transfer function that sRGB and Display-P3 share, IEC 61966-2-1, between levels of 0..255 and
// light of 0..255.
namespace fovea::image {

// What is below 0 stays there.
inline simd::F32x4 to_light(simd::F32x4 level) {
  using simd::F32x4;
  const F32x4 x = (level + F32x4::splat(0.055f * 255)) * F32x4::splat(1 / (1.055f * 255));
  const F32x4 power = exp(simd::log(x) * F32x4::splat(2.4f)) * F32x4::splat(255);
  return select(level > F32x4::splat(0.04045f * 255), power, level * F32x4::splat(1 / 12.92f));
}

inline simd::F32x4 to_level(simd::F32x4 light) {
  using simd::F32x4;
  const F32x4 root = exp(simd::log(light * F32x4::splat(1.0f / 255)) * F32x4::splat(1 / 2.4f));
  const F32x4 level = fma(root, F32x4::splat(1.055f * 255), F32x4::splat(-0.055f * 255));
  return select(light > F32x4::splat(0.0031308f * 255), level, light * F32x4::splat(12.92f));
}

}  // namespace fovea::image

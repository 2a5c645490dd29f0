#pragma once

#include "simd/f32x4.h"

// The transfer function that sRGB and Display-P3 share, IEC 61966-2-1, between levels of 0..255 and
// light of 0..255. The way there and back is off by less than a fifth of 1/65535 of white.
namespace fovea::image {

simd::F32x4 to_light(simd::F32x4 level) noexcept;
// What is brighter than white becomes white.
simd::F32x4 to_level(simd::F32x4 light) noexcept;

}  // namespace fovea::image

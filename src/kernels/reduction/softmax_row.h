#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "simd/f32x4.h"

namespace fovea::kernels {

// The largest of `count` contiguous numbers, NaNs passed over; -inf where there are none.
inline float max_of_row(const float* in, int64_t count) noexcept {
  using simd::F32x4;
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  F32x4 largest = F32x4::splat(kLowest);
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) largest = simd::pmax(largest, F32x4::load(in + i));
  // No lane is NaN by now.
  largest = simd::pmax(largest, simd::shuffle<2, 3, 0, 1>(largest, largest));
  float out = simd::pmax(largest, simd::shuffle<1, 0, 3, 2>(largest, largest))[0];
  for (; i < count; ++i) out = std::max(out, in[i]);
  return out;
}

}  // namespace fovea::kernels

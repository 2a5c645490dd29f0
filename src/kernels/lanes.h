#pragma once

#include <cstdint>

#include "simd/f32x4.h"

namespace fovea::kernels {

// All bits set in the first `lanes` lanes.
inline simd::I32x4 first_lanes(int64_t lanes) noexcept {
  return simd::I32x4::set(0, 1, 2, 3) < simd::I32x4::splat(static_cast<int32_t>(lanes));
}

}  // namespace fovea::kernels

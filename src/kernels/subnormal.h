#pragma once

#include <cmath>
#include <limits>

namespace fovea::kernels {

// Weights below 2^-126, the smallest normal number, count as 0 where they are packed: processors
// multiply by subnormal numbers up to a hundred times slower, and WebAssembly cannot tell them not
// to. What training with weight decay leaves of a weight is far below what a sum of others rounds.
inline float flush_subnormal(float weight) noexcept {
  return std::fabs(weight) < std::numeric_limits<float>::min() ? 0.0f : weight;
}

}  // namespace fovea::kernels

#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace fovea::testing {

// Reproducible floats in [-1, 1).
inline std::vector<float> random_floats(int64_t count, uint32_t seed) {
  std::mt19937 engine(seed);
  std::vector<float> out(static_cast<size_t>(count));
  for (float& x : out) x = static_cast<float>(engine() >> 8) * 0x1p-23f - 1.0f;
  return out;
}

}  // namespace fovea::testing

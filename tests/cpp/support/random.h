#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace fovea::test {

// Reproducible floats in [low, high).
inline std::vector<float> random_floats(int64_t count, uint32_t seed, float low = -1.0f,
                                        float high = 1.0f) {
  std::mt19937 engine(seed);
  std::vector<float> out(static_cast<size_t>(count));
  for (float& x : out) x = low + static_cast<float>(engine() >> 8) * 0x1p-24f * (high - low);
  return out;
}

}  // namespace fovea::test

#pragma once

#include <algorithm>
#include <cstdint>

#include "base/channels_last.h"

namespace fovea {

// Kernels of bytes write four channels at once. How many groups of a convolution have to become one
// for that, the fewest that do, so that no weight is multiplied by more zeros than it takes; 0
// where that is more than pays.
constexpr int64_t groups_at_once(int64_t groups, int64_t outputs) {
  constexpr int64_t kMost = 4;
  if (outputs % groups != 0) return 0;
  for (int64_t count = 1; count <= std::min(kMost, groups); ++count) {
    const bool whole = groups % count == 0;
    if (whole && (count == groups || outputs / groups * count % kLanes == 0)) return count;
  }
  return 0;
}

}  // namespace fovea

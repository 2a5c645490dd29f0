#pragma once

#include <cstdint>

#include "base/integers.h"

namespace fovea {

// Floats of a vector, which is as many channels as a channels-last image has at once.
inline constexpr int64_t kLanes = 4;

// Floats from one pixel of a channels-last image to the next: its channels, rounded up to whole
// vectors.
constexpr int64_t padded_channels(int64_t channels) { return round_up(channels, kLanes); }

}  // namespace fovea

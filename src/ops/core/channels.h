#pragma once

#include <span>

#include "kernels/conv/conv.h"
#include "ops/core/memory.h"

// Channels-last images that are parts of each other's channels.

namespace fovea {

// Images one behind the other, all of `pixels` pixels, as one at `to`.
void join_channels(std::span<const kernels::ConvPart> parts, float* to, int64_t pixels,
                   ThreadPool& pool);

// A range of an image's channels as an image of its own.
struct ChannelRange {
  int64_t first = 0;
  int64_t count = 0;
  int output = 0;  // of the node
};

// Gives each range of input 0, a channels-last image of floats, to its output.
Kernel plan_channel_ranges(const PlanContext& context, std::vector<ChannelRange> ranges);

}  // namespace fovea

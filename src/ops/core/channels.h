#pragma once

#include <span>

#include "ops/core/memory.h"

// Channels-last images that are parts of each other's channels.

namespace fovea {

// Channels of an image, or of one pixel for all where `step` is 0.
struct ChannelsOf {
  const float* data = nullptr;
  int64_t channels = 0;
  int64_t step = padded_channels(channels);  // floats from pixel to pixel
};

// Channels one behind the other, all of `pixels` pixels, as one image at `to`.
void join_channels(std::span<const ChannelsOf> parts, float* to, int64_t pixels, ThreadPool& pool);

// A range of an image's channels as an image of its own.
struct ChannelRange {
  int64_t first = 0;
  int64_t count = 0;
  int output = 0;  // of the node
};

// Gives each range of input 0, a channels-last image of floats, to its output.
Kernel plan_channel_ranges(const PlanContext& context, std::vector<ChannelRange> ranges);

}  // namespace fovea

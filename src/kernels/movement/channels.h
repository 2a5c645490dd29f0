#pragma once

#include <cstdint>
#include <span>

#include "kernels/movement/layout.h"

namespace fovea::kernels {

// Some channels of every pixel of a channels-last image, and where in the pixels of another they
// go. Lanes after them up to a whole vector become 0, as far as the target's pixel has them.
struct ChannelCopy {
  const float* from = nullptr;  // the first pixel's first of these channels
  int64_t from_step = 0;        // floats from pixel to pixel
  float* to = nullptr;
  int64_t to_step = 0;
  int64_t channels = 0;
  int64_t room = 0;  // floats from `to` to the end of its pixel, at least `channels`
};

// Makes all copies of a pixel, in their order, before the next pixel's: what one of them writes as
// 0, a later one may fill. Sources and targets must not overlap.
void copy_channels(std::span<const ChannelCopy> copies, int64_t pixels, ThreadPool& pool) noexcept;

// A channels-last image whose channels are those of `from`, of which there are a multiple of
// `groups`, in turns: channel i * groups + g is channel g * (channels / groups) + i. The two must
// not overlap.
void shuffle_channels(const float* from, float* to, int64_t channels, int64_t groups,
                      int64_t pixels, ThreadPool& pool) noexcept;

}  // namespace fovea::kernels

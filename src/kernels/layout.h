#pragma once

#include <cstdint>

#include "threads/thread_pool.h"

// Two layouts of float32 images. Plain: ONNX's [N][C][H][W]. Channels-last: [N][H][W][Cs], where Cs
// is C rounded up to whole vectors; the lanes beyond C are zero, and every kernel that writes
// channels-last keeps them zero.
namespace fovea::kernels {

inline constexpr int64_t kLanes = 4;

constexpr int64_t round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Cs: floats from one pixel to the next in channels-last.
constexpr int64_t padded_channels(int64_t channels) { return round_up(channels, kLanes); }

// Converts a whole tensor of shape [n, c, h, w].
void to_channels_last(const float* plain, float* channels_last, int64_t n, int64_t c, int64_t h,
                      int64_t w, ThreadPool& pool) noexcept;
void to_plain(const float* channels_last, float* plain, int64_t n, int64_t c, int64_t h, int64_t w,
              ThreadPool& pool) noexcept;

}  // namespace fovea::kernels

#pragma once

#include <cstdint>

#include "base/channels_last.h"
#include "threads/thread_pool.h"

// Two layouts of float32 images. Plain: ONNX's [N][C][H][W]. Channels-last: [N][H][W][Cs] with
// Cs = padded_channels(C); the lanes beyond C are zero, and every kernel that writes channels-last
// keeps them zero.
namespace fovea::kernels {

using fovea::kLanes;
using fovea::padded_channels;
using fovea::round_up;

// Converts a whole tensor of shape [n, c, h, w].
void to_channels_last(const float* plain, float* channels_last, int64_t n, int64_t c, int64_t h,
                      int64_t w, ThreadPool& pool) noexcept;
void to_plain(const float* channels_last, float* plain, int64_t n, int64_t c, int64_t h, int64_t w,
              ThreadPool& pool) noexcept;

// The same of bytes.
void to_channels_last(const uint8_t* plain, uint8_t* channels_last, int64_t n, int64_t c, int64_t h,
                      int64_t w, ThreadPool& pool) noexcept;
void to_plain(const uint8_t* channels_last, uint8_t* plain, int64_t n, int64_t c, int64_t h,
              int64_t w, ThreadPool& pool) noexcept;

}  // namespace fovea::kernels

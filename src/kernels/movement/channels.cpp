#include "kernels/movement/channels.h"

#include <algorithm>

#include "kernels/lanes.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;
using simd::I32x4;

// Floats per parallel chunk: a few microseconds of copying.
constexpr int64_t kGrain = 16384;

// By whole vectors, which may reach into the next pixel of the source and of the target.
void copy_vectors(const ChannelCopy& copy, int64_t pixel) noexcept {
  const float* from = copy.from + pixel * copy.from_step;
  float* to = copy.to + pixel * copy.to_step;
  int64_t left = copy.channels;
  for (; left >= kLanes; left -= kLanes, from += kLanes, to += kLanes) {
    F32x4::load(from).store(to);
  }
  if (left == 0) return;
  const I32x4 mask = first_lanes(left);
  bitcast_f32(bitcast_i32(F32x4::load(from)) & mask).store(to);
}

void copy_elements(const ChannelCopy& copy, int64_t pixel) noexcept {
  float* to = copy.to + pixel * copy.to_step;
  std::copy_n(copy.from + pixel * copy.from_step, copy.channels, to);
  std::fill(to + copy.channels, to + std::min(padded_channels(copy.channels), copy.room), 0.0f);
}

// Elements of two halves in turns; they may touch no more than their own.
void interleave(const float* first, const float* second, int64_t count, float* to) noexcept {
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const F32x4 a = F32x4::load(first + i), b = F32x4::load(second + i);
    simd::shuffle<0, 4, 1, 5>(a, b).store(to + 2 * i);
    simd::shuffle<2, 6, 3, 7>(a, b).store(to + 2 * i + kLanes);
  }
  for (; i < count; ++i) {
    to[2 * i] = first[i];
    to[2 * i + 1] = second[i];
  }
}

void shuffle_pixel(const float* from, float* to, int64_t groups, int64_t count) noexcept {
  if (groups == 2) return interleave(from, from + count, count, to);
  for (int64_t group = 0; group < groups; ++group) {
    for (int64_t i = 0; i < count; ++i) to[i * groups + group] = *from++;
  }
}

}  // namespace

void copy_channels(std::span<const ChannelCopy> copies, int64_t pixels, ThreadPool& pool) noexcept {
  int64_t channels = 1;
  for (const ChannelCopy& copy : copies) channels += copy.channels;
  pool.parallel_for(pixels, kGrain / channels + 1, [&](int64_t begin, int64_t end) {
    // Nothing may be touched beyond the last pixel, where memory ends or another thread writes.
    for (int64_t pixel = begin; pixel < end - 1; ++pixel) {
      for (const ChannelCopy& copy : copies) copy_vectors(copy, pixel);
    }
    for (const ChannelCopy& copy : copies) copy_elements(copy, end - 1);
  });
}

void shuffle_channels(const float* from, float* to, int64_t channels, int64_t groups,
                      int64_t pixels, ThreadPool& pool) noexcept {
  const int64_t step = padded_channels(channels);
  pool.parallel_for(pixels, kGrain / (channels + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      float* target = to + pixel * step;
      shuffle_pixel(from + pixel * step, target, groups, channels / groups);
      std::fill(target + channels, target + step, 0.0f);
    }
  });
}

}  // namespace fovea::kernels

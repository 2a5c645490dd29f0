#pragma once

#include <algorithm>
#include <cstring>

#include "image/pixels.h"
#include "simd/f32x4.h"
#include "threads/thread_pool.h"

// Four RGBA8 pixels in registers: the inner loops of this folder.
namespace fovea::image {

struct Rgb {
  simd::F32x4 r, g, b;
};

// Up to four pixels as little-endian words; lanes beyond `count` are 0.
inline simd::I32x4 load_pixels(const uint8_t* from, int64_t count) {
  simd::I32x4 words = simd::I32x4::zero();
  if (count >= 4) {
    std::memcpy(&words.v, from, 16);
  } else {
    std::memcpy(&words.v, from, static_cast<size_t>(4 * count));
  }
  return words;
}

inline void store_pixels(simd::I32x4 words, uint8_t* to, int64_t count) {
  if (count >= 4) {
    std::memcpy(to, &words.v, 16);
  } else {
    std::memcpy(to, &words.v, static_cast<size_t>(4 * count));
  }
}

inline simd::F32x4 load_floats(const float* from, int64_t count) {
  return count >= 4 ? simd::F32x4::load(from)
                    : simd::F32x4::load_partial(from, static_cast<int>(count));
}

inline void store_floats(simd::F32x4 value, float* to, int64_t count) {
  if (count >= 4) {
    value.store(to);
  } else {
    value.store_partial(to, static_cast<int>(count));
  }
}

inline Rgb unpack(simd::I32x4 words) {
  const simd::I32x4 byte = simd::I32x4::splat(255);
  return {to_f32(words & byte), to_f32((words >> 8) & byte), to_f32((words >> 16) & byte)};
}

// Up to four pixels' colours, as levels of 0..255.
inline Rgb load_colours(const uint8_t* from, int64_t count) {
  return unpack(load_pixels(from, count));
}

inline Rgb load_colours(const float* from, int64_t count) {
  float planes[3][4] = {};
  for (int64_t i = 0; i < count && i < 4; ++i) {
    for (int64_t c = 0; c < 3; ++c) planes[c][i] = from[4 * i + c];
  }
  using simd::F32x4;
  return {F32x4::load(planes[0]), F32x4::load(planes[1]), F32x4::load(planes[2])};
}

inline simd::F32x4 unpack_alpha(simd::I32x4 words) {
  return to_f32(shift_right_logical(words, 24));
}

// Clamped and rounded, halves to even; NaN becomes 0.
inline simd::I32x4 to_bytes(simd::F32x4 x) {
  using simd::F32x4;
  return to_i32(nearest(pmin(pmax(x, F32x4::zero()), F32x4::splat(255))));
}

inline simd::I32x4 pack_opaque(const Rgb& c) {
  return to_bytes(c.r) | (to_bytes(c.g) << 8) | (to_bytes(c.b) << 16) |
         simd::I32x4::splat(static_cast<int32_t>(0xff000000u));
}

// Calls fn(begin, end) or fn(begin, end, worker) for runs of rows worth a thread.
template <class Fn>
void for_rows(int64_t width, int64_t height, ThreadPool& pool, Fn&& fn) {
  constexpr int64_t kGrainPixels = 8192;
  pool.parallel_for(height, kGrainPixels / (width + 1) + 1, fn);
}

}  // namespace fovea::image

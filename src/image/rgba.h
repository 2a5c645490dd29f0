#pragma once

#include <algorithm>
#include <cstring>

#include "image/pixels.h"
#include "simd/f32x4.h"
#include "threads/thread_pool.h"

// Four RGBA pixels in registers: the inner loops of this folder.
namespace fovea::image {

struct Rgb {
  simd::F32x4 r, g, b;
};

struct Rgba {
  simd::F32x4 r, g, b, a;
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

// Up to four pixels, as levels of 0..255; lanes beyond `count` are 0.
inline Rgba load_rgba(const uint8_t* from, int64_t count) {
  const simd::I32x4 words = load_pixels(from, count), byte = simd::I32x4::splat(255);
  return {to_f32(words & byte), to_f32((words >> 8) & byte), to_f32((words >> 16) & byte),
          to_f32(shift_right_logical(words, 24))};
}

inline Rgba load_rgba(const float* from, int64_t count) {
  const auto pixel = [&](int64_t i) {
    return i < count ? simd::F32x4::load(from + 4 * i) : simd::F32x4::zero();
  };
  Rgba c = {pixel(0), pixel(1), pixel(2), pixel(3)};
  transpose4x4(c.r, c.g, c.b, c.a);
  return c;
}

// Clamped to 0..255; NaN becomes 0.
inline simd::F32x4 clamped(simd::F32x4 x) {
  return pmin(pmax(simd::F32x4::zero(), x), simd::F32x4::splat(255));
}

// Clamped and rounded, halves to even.
inline simd::I32x4 to_bytes(simd::F32x4 x) { return to_i32(nearest(clamped(x))); }

inline void store_rgba(const Rgba& c, uint8_t* to, int64_t count) {
  const simd::I32x4 colours = to_bytes(c.r) | (to_bytes(c.g) << 8) | (to_bytes(c.b) << 16);
  store_pixels(colours | (to_bytes(c.a) << 24), to, count);
}

inline void store_rgba(const Rgba& c, float* to, int64_t count) {
  simd::F32x4 pixels[4] = {clamped(c.r), clamped(c.g), clamped(c.b), clamped(c.a)};
  transpose4x4(pixels[0], pixels[1], pixels[2], pixels[3]);
  for (int64_t i = 0; i < std::min<int64_t>(count, 4); ++i) pixels[i].store(to + 4 * i);
}

// Calls fn(begin, end) or fn(begin, end, worker) for runs of rows worth a thread.
template <class Fn>
void for_rows(int64_t width, int64_t height, ThreadPool& pool, Fn&& fn) {
  constexpr int64_t kGrainPixels = 8192;
  pool.parallel_for(height, kGrainPixels / (width + 1) + 1, fn);
}

}  // namespace fovea::image

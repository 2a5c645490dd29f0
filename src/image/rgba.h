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

// The first `count` words of four, which is one instruction where it is all of them.
inline simd::I32x4 load_words(const std::byte* from, int64_t count) {
  simd::I32x4 words = simd::I32x4::zero();
  if (count >= 4) {
    std::memcpy(&words.v, from, 16);
  } else {
    std::memcpy(&words.v, from, static_cast<size_t>(4 * count));
  }
  return words;
}

inline void store_words(simd::I32x4 words, std::byte* to, int64_t count) {
  if (count >= 4) {
    std::memcpy(to, &words.v, 16);
  } else {
    std::memcpy(to, &words.v, static_cast<size_t>(4 * count));
  }
}

// Clamped to 0..255; NaN becomes 0.
inline simd::F32x4 clamped(simd::F32x4 x) {
  return pmin(pmax(simd::F32x4::zero(), x), simd::F32x4::splat(255));
}

// Clamped and rounded, halves to even.
inline simd::I32x4 to_bytes(simd::F32x4 x) { return to_i32(nearest(clamped(x))); }

// Up to four pixels of floats; those beyond `count` are 0. Storing does not clamp.
Rgba load_four(const float* from, int64_t count) noexcept;
void store_four(Rgba c, float* to, int64_t count) noexcept;

// Up to four pixels from (x, y) on, as many as there are to the right, as levels of 0..255. Those
// of floats are loaded and stored by calls, which leaves the loops over bytes short.
inline Rgba load_rgba(const ConstPixels& pixels, int64_t x, int64_t y) {
  const std::byte* from = pixels.at(x, y);
  const int64_t count = pixels.width - x;
  if (pixels.deep) return load_four(reinterpret_cast<const float*>(from), count);
  const simd::I32x4 words = load_words(from, count);  // little-endian
  const simd::I32x4 byte = simd::I32x4::splat(255);
  return {to_f32(words & byte), to_f32((words >> 8) & byte), to_f32((words >> 16) & byte),
          to_f32(shift_right_logical(words, 24))};
}

inline void store_rgba(const Rgba& c, const Pixels& pixels, int64_t x, int64_t y) {
  std::byte* to = pixels.at(x, y);
  const int64_t count = pixels.width - x;
  if (pixels.deep) {
    store_four({clamped(c.r), clamped(c.g), clamped(c.b), clamped(c.a)},
               reinterpret_cast<float*>(to), count);
    return;
  }
  const simd::I32x4 colours = to_bytes(c.r) | (to_bytes(c.g) << 8) | (to_bytes(c.b) << 16);
  store_words(colours | (to_bytes(c.a) << 24), to, count);
}

// Calls fn(begin, end) or fn(begin, end, worker) for runs of rows worth a thread.
template <class Fn>
void for_rows(int64_t width, int64_t height, ThreadPool& pool, Fn&& fn) {
  constexpr int64_t kGrainPixels = 8192;
  pool.parallel_for(height, kGrainPixels / (width + 1) + 1, fn);
}

}  // namespace fovea::image

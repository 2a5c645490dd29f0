#include "kernels/movement/layout.h"

#include <algorithm>

#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;

// `count` <= 4 planes of a row, `plane` floats apart, to one vector column of pixels.
void interleave(const float* from, int64_t plane, int64_t count, float* to, int64_t pixel,
                int64_t width) noexcept {
  int64_t x = 0;
  for (; count == kLanes && x + kLanes <= width;
       x += kLanes, from += kLanes, to += kLanes * pixel) {
    F32x4 a = F32x4::load(from), b = F32x4::load(from + plane);
    F32x4 c = F32x4::load(from + 2 * plane), d = F32x4::load(from + 3 * plane);
    simd::transpose4x4(a, b, c, d);
    a.store(to);
    b.store(to + pixel);
    c.store(to + 2 * pixel);
    d.store(to + 3 * pixel);
  }
  for (; x < width; ++x, ++from, to += pixel) {
    for (int64_t c = 0; c < kLanes; ++c) to[c] = c < count ? from[c * plane] : 0.0f;
  }
}

void deinterleave(const float* from, int64_t pixel, float* to, int64_t plane, int64_t count,
                  int64_t width) noexcept {
  int64_t x = 0;
  for (; count == kLanes && x + kLanes <= width;
       x += kLanes, from += kLanes * pixel, to += kLanes) {
    F32x4 a = F32x4::load(from), b = F32x4::load(from + pixel);
    F32x4 c = F32x4::load(from + 2 * pixel), d = F32x4::load(from + 3 * pixel);
    simd::transpose4x4(a, b, c, d);
    a.store(to);
    b.store(to + plane);
    c.store(to + 2 * plane);
    d.store(to + 3 * plane);
  }
  for (; x < width; ++x, from += pixel, ++to) {
    for (int64_t c = 0; c < count; ++c) to[c * plane] = from[c];
  }
}

// Floats per parallel chunk: a few microseconds of copying.
constexpr int64_t kGrain = 16384;

// Calls convert(plain row, channels-last row) for each image row; rows of planes lie `plane` apart.
template <class Convert>
void for_each_row(int64_t n, int64_t c, int64_t h, int64_t w, ThreadPool& pool,
                  Convert convert) noexcept {
  const int64_t row_size = w * padded_channels(c);
  pool.parallel_for(n * h, kGrain / (row_size + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      convert(row / h * c * h * w + row % h * w, row * row_size);
    }
  });
}

// Of bytes: element by element, as only a network's border has them otherwise.
template <bool kToPlain>
void move_bytes(const uint8_t* from, uint8_t* to, int64_t n, int64_t c, int64_t h, int64_t w,
                ThreadPool& pool) noexcept {
  const int64_t pixel = padded_channels(c), plane = h * w;
  for_each_row(n, c, h, w, pool, [&](int64_t plain, int64_t last) {
    const uint8_t* source = from + (kToPlain ? last : plain);
    uint8_t* target = to + (kToPlain ? plain : last);
    for (int64_t i = 0; i < (kToPlain ? c : pixel); ++i) {
      for (int64_t x = 0; x < w; ++x) {
        if constexpr (kToPlain) {
          target[i * plane + x] = source[x * pixel + i];
        } else {
          target[x * pixel + i] = i < c ? source[i * plane + x] : 0;
        }
      }
    }
  });
}

}  // namespace

void to_channels_last(const uint8_t* plain, uint8_t* channels_last, int64_t n, int64_t c, int64_t h,
                      int64_t w, ThreadPool& pool) noexcept {
  move_bytes<false>(plain, channels_last, n, c, h, w, pool);
}

void to_plain(const uint8_t* channels_last, uint8_t* plain, int64_t n, int64_t c, int64_t h,
              int64_t w, ThreadPool& pool) noexcept {
  move_bytes<true>(channels_last, plain, n, c, h, w, pool);
}

void to_channels_last(const float* plain, float* channels_last, int64_t n, int64_t c, int64_t h,
                      int64_t w, ThreadPool& pool) noexcept {
  const int64_t pixel = padded_channels(c), plane = h * w;
  for_each_row(n, c, h, w, pool, [&](int64_t from, int64_t to) {
    for (int64_t i = 0; i < c; i += kLanes) {
      interleave(plain + from + i * plane, plane, std::min(kLanes, c - i), channels_last + to + i,
                 pixel, w);
    }
  });
}

void to_plain(const float* channels_last, float* plain, int64_t n, int64_t c, int64_t h, int64_t w,
              ThreadPool& pool) noexcept {
  const int64_t pixel = padded_channels(c), plane = h * w;
  for_each_row(n, c, h, w, pool, [&](int64_t to, int64_t from) {
    for (int64_t i = 0; i < c; i += kLanes) {
      deinterleave(channels_last + from + i, pixel, plain + to + i * plane, plane,
                   std::min(kLanes, c - i), w);
    }
  });
}

}  // namespace fovea::kernels

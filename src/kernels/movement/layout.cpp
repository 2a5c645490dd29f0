#include "kernels/movement/layout.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

// Blocks are a vector of pixels of four channels: rows of planes, `plane` apart, on one side, and
// `pixel` apart on the other.
template <class T>
constexpr int64_t kBlockPixels = 16 / sizeof(T);

void interleave_block(const float* from, int64_t plane, float* to, int64_t pixel) noexcept {
  simd::transpose4x4(from, plane, to, pixel);
}

void deinterleave_block(const float* from, int64_t pixel, float* to, int64_t plane) noexcept {
  simd::transpose4x4(from, pixel, to, plane);
}

using Bytes = uint8_t __attribute__((vector_size(16)));

Bytes load_bytes(const uint8_t* from) {
  Bytes bytes;
  std::memcpy(&bytes, from, sizeof(bytes));
  return bytes;
}

// Element i of a before that of b, for the first or the last eight.
template <int kFirst>
Bytes alternate(Bytes a, Bytes b) {
  constexpr int i = kFirst;
  return __builtin_shufflevector(a, b, i, i + 16, i + 1, i + 17, i + 2, i + 18, i + 3, i + 19,
                                 i + 4, i + 20, i + 5, i + 21, i + 6, i + 22, i + 7, i + 23);
}

// The same of pairs.
template <int kFirst>
Bytes alternate_pairs(Bytes a, Bytes b) {
  constexpr int i = kFirst;
  return __builtin_shufflevector(a, b, i, i + 1, i + 16, i + 17, i + 2, i + 3, i + 18, i + 19,
                                 i + 4, i + 5, i + 20, i + 21, i + 6, i + 7, i + 22, i + 23);
}

void interleave_block(const uint8_t* from, int64_t plane, uint8_t* to, int64_t pixel) noexcept {
  const Bytes a = load_bytes(from), b = load_bytes(from + plane);
  const Bytes c = load_bytes(from + 2 * plane), d = load_bytes(from + 3 * plane);
  const Bytes ab[2] = {alternate<0>(a, b), alternate<8>(a, b)};
  const Bytes cd[2] = {alternate<0>(c, d), alternate<8>(c, d)};
  for (int half = 0; half < 2; ++half) {
    const Bytes pixels[2] = {alternate_pairs<0>(ab[half], cd[half]),
                             alternate_pairs<8>(ab[half], cd[half])};
    for (const Bytes& four : pixels) {
      for (int i = 0; i < 4; ++i, to += pixel) {
        std::memcpy(to, reinterpret_cast<const char*>(&four) + 4 * i, 4);
      }
    }
  }
}

void deinterleave_block(const uint8_t* from, int64_t pixel, uint8_t* to, int64_t plane) noexcept {
  uint8_t pixels[64];
  for (int i = 0; i < 16; ++i) std::memcpy(pixels + 4 * i, from + i * pixel, 4);
  // Every other byte twice over is every fourth.
  const auto halves = [](Bytes a, Bytes b) {
    return std::pair(
        __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
        __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31));
  };
  const auto [first_ac, first_bd] = halves(load_bytes(pixels), load_bytes(pixels + 16));
  const auto [last_ac, last_bd] = halves(load_bytes(pixels + 32), load_bytes(pixels + 48));
  const auto [a, c] = halves(first_ac, last_ac);
  const auto [b, d] = halves(first_bd, last_bd);
  for (const Bytes& row : {a, b, c, d}) {
    std::memcpy(to, &row, sizeof(row));
    to += plane;
  }
}

// `count` <= 4 planes of a row to one vector column of pixels.
template <class T>
void interleave(const T* from, int64_t plane, int64_t count, T* to, int64_t pixel,
                int64_t width) noexcept {
  constexpr int64_t kStep = kBlockPixels<T>;
  int64_t x = 0;
  for (; count == kLanes && x + kStep <= width; x += kStep) {
    interleave_block(from + x, plane, to + x * pixel, pixel);
  }
  for (; x < width; ++x) {
    for (int64_t c = 0; c < kLanes; ++c) {
      to[x * pixel + c] = c < count ? from[c * plane + x] : T{0};
    }
  }
}

template <class T>
void deinterleave(const T* from, int64_t pixel, T* to, int64_t plane, int64_t count,
                  int64_t width) noexcept {
  constexpr int64_t kStep = kBlockPixels<T>;
  int64_t x = 0;
  for (; count == kLanes && x + kStep <= width; x += kStep) {
    deinterleave_block(from + x * pixel, pixel, to + x, plane);
  }
  for (; x < width; ++x) {
    for (int64_t c = 0; c < count; ++c) to[c * plane + x] = from[x * pixel + c];
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

template <class T>
void interleave_rows(const T* plain, T* channels_last, int64_t n, int64_t c, int64_t h, int64_t w,
                     ThreadPool& pool) noexcept {
  const int64_t pixel = padded_channels(c), plane = h * w;
  for_each_row(n, c, h, w, pool, [&](int64_t from, int64_t to) {
    for (int64_t i = 0; i < c; i += kLanes) {
      interleave(plain + from + i * plane, plane, std::min(kLanes, c - i), channels_last + to + i,
                 pixel, w);
    }
  });
}

template <class T>
void deinterleave_rows(const T* channels_last, T* plain, int64_t n, int64_t c, int64_t h, int64_t w,
                       ThreadPool& pool) noexcept {
  const int64_t pixel = padded_channels(c), plane = h * w;
  for_each_row(n, c, h, w, pool, [&](int64_t to, int64_t from) {
    for (int64_t i = 0; i < c; i += kLanes) {
      deinterleave(channels_last + from + i, pixel, plain + to + i * plane, plane,
                   std::min(kLanes, c - i), w);
    }
  });
}

}  // namespace

void to_channels_last(const float* plain, float* channels_last, int64_t n, int64_t c, int64_t h,
                      int64_t w, ThreadPool& pool) noexcept {
  interleave_rows(plain, channels_last, n, c, h, w, pool);
}

void to_plain(const float* channels_last, float* plain, int64_t n, int64_t c, int64_t h, int64_t w,
              ThreadPool& pool) noexcept {
  deinterleave_rows(channels_last, plain, n, c, h, w, pool);
}

void to_channels_last(const uint8_t* plain, uint8_t* channels_last, int64_t n, int64_t c, int64_t h,
                      int64_t w, ThreadPool& pool) noexcept {
  interleave_rows(plain, channels_last, n, c, h, w, pool);
}

void to_plain(const uint8_t* channels_last, uint8_t* plain, int64_t n, int64_t c, int64_t h,
              int64_t w, ThreadPool& pool) noexcept {
  deinterleave_rows(channels_last, plain, n, c, h, w, pool);
}

}  // namespace fovea::kernels

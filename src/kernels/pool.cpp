#include "kernels/pool.h"

#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;

struct Sum {
  static F32x4 start() { return F32x4::zero(); }
  static F32x4 combine(F32x4 a, F32x4 b) { return a + b; }
  static float across(F32x4 a) { return simd::sum(a); }
};

struct Maximum {
  static F32x4 start() { return F32x4::splat(-std::numeric_limits<float>::infinity()); }
  static F32x4 combine(F32x4 a, F32x4 b) { return simd::max(a, b); }
  static float across(F32x4 a) { return simd::max_lane(a); }
};

// Combines each window of channels-last rows; finish(vector, window) makes the result of it.
template <class Operation, class Finish>
void pool_rows(const PoolShape& shape, const float* input, float* output, int64_t row_begin,
               int64_t row_end, Finish finish) noexcept {
  const int64_t pixel = padded_channels(shape.channels), width = shape.axes[2].out;
  for (int64_t row = row_begin; row < row_end; ++row) {
    const int64_t image = row / shape.axes[1].out, y = row % shape.axes[1].out;
    const float* from = input + image * shape.in_size() * pixel;
    for (int64_t x = 0; x < width; ++x) {
      const detail::Window window(shape, y * width + x);
      float* to = output + (row * width + x) * pixel;
      for (int64_t c = 0; c < pixel; c += kLanes) {
        F32x4 total = Operation::start();
        window.for_each(shape, [&](int64_t at) {
          total = Operation::combine(total, F32x4::load(from + at * pixel + c));
        });
        finish(total, window).store(to + c);
      }
      // A window wholly outside has a result that is not zero.
      for (int64_t c = shape.channels; c < pixel; ++c) to[c] = 0.0f;
    }
  }
}

constexpr int64_t kBlock = 256;

template <class Operation>
float combine_plane(const float* from, int64_t size) noexcept {
  F32x4 total = Operation::start();
  int64_t i = 0;
  while (i + kLanes <= size) {
    const int64_t end = std::min(i + kBlock * kLanes, size / kLanes * kLanes);
    F32x4 block = Operation::start();
    for (; i < end; i += kLanes) block = Operation::combine(block, F32x4::load(from + i));
    total = Operation::combine(total, block);
  }
  float result = Operation::across(total);
  for (; i < size; ++i) {
    result = Operation::combine(F32x4::splat(result), F32x4::splat(from[i]))[0];
  }
  return result;
}

template <class Operation>
void combine_image(const float* from, float* to, int64_t channels, int64_t size) noexcept {
  const int64_t pixel = padded_channels(channels);
  for (int64_t c = 0; c < pixel; c += kLanes) Operation::start().store(to + c);
  for (int64_t first = 0; first < size; first += kBlock) {
    const int64_t end = std::min(first + kBlock, size);
    for (int64_t c = 0; c < pixel; c += kLanes) {
      F32x4 block = Operation::start();
      for (int64_t i = first; i < end; ++i) {
        block = Operation::combine(block, F32x4::load(from + i * pixel + c));
      }
      Operation::combine(F32x4::load(to + c), block).store(to + c);
    }
  }
}

}  // namespace

void max_pool_rows(const PoolShape& shape, const float* input, float* output, int64_t row_begin,
                   int64_t row_end) noexcept {
  pool_rows<Maximum>(shape, input, output, row_begin, row_end,
                     [](F32x4 total, const detail::Window&) { return total; });
}

void average_pool_rows(const PoolShape& shape, const float* input, float* output, AverageOver over,
                       int64_t row_begin, int64_t row_end) noexcept {
  pool_rows<Sum>(shape, input, output, row_begin, row_end,
                 [&](F32x4 total, const detail::Window& window) {
                   return total / F32x4::splat(static_cast<float>(window.divisor(shape, over)));
                 });
}

void global_average(const float* input, float* output, int64_t size, int64_t begin,
                    int64_t end) noexcept {
  for (int64_t plane = begin; plane < end; ++plane) {
    output[plane] = combine_plane<Sum>(input + plane * size, size) / static_cast<float>(size);
  }
}

void global_max(const float* input, float* output, int64_t size, int64_t begin,
                int64_t end) noexcept {
  for (int64_t plane = begin; plane < end; ++plane) {
    output[plane] = combine_plane<Maximum>(input + plane * size, size);
  }
}

void global_average_images(const float* input, float* output, int64_t channels, int64_t size,
                           int64_t begin, int64_t end) noexcept {
  const int64_t pixel = padded_channels(channels);
  for (int64_t image = begin; image < end; ++image) {
    float* to = output + image * pixel;
    combine_image<Sum>(input + image * size * pixel, to, channels, size);
    for (int64_t c = 0; c < channels; ++c) to[c] /= static_cast<float>(size);
  }
}

void global_max_images(const float* input, float* output, int64_t channels, int64_t size,
                       int64_t begin, int64_t end) noexcept {
  const int64_t pixel = padded_channels(channels);
  for (int64_t image = begin; image < end; ++image) {
    float* to = output + image * pixel;
    combine_image<Maximum>(input + image * size * pixel, to, channels, size);
    for (int64_t c = channels; c < pixel; ++c) to[c] = 0.0f;
  }
}

}  // namespace fovea::kernels

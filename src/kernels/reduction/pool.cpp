#include "kernels/reduction/pool.h"

#include "kernels/movement/layout.h"
#include "kernels/reduction/pool_planes.h"
#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

using namespace pooling;

template <class Operation>
F32x4 start_lanes() {
  return F32x4::splat(Operation::template start<float>());
}

// Combines each window of channels-last rows; finish(vector, y, x) makes the result of it.
template <class Operation, class Finish>
void pool_rows(const PoolShape& shape, const float* input, float* output, int64_t row_begin,
               int64_t row_end, Finish finish) noexcept {
  const int64_t pixel = padded_channels(shape.channels);
  const PoolAxis &height = shape.axes[1], &width = shape.axes[2];
  float* to = output + row_begin * width.out * pixel;
  for (int64_t row = row_begin; row < row_end; ++row) {
    const int64_t image = row / height.out, y = row % height.out;
    const Taps rows = height.inside(y);
    const int64_t first_row = height.first(y) + rows.begin * height.dilation;
    const float* image_row = input + (image * height.in + first_row) * width.in * pixel;
    for (int64_t x = 0; x < width.out; ++x, to += pixel) {
      const Taps columns = width.inside(x);
      const float* window = image_row + (width.first(x) + columns.begin * width.dilation) * pixel;
      for (int64_t c = 0; c < pixel; c += kLanes) {
        F32x4 total = start_lanes<Operation>();
        for (int64_t ky = 0; ky < rows.count(); ++ky) {
          const float* from = window + ky * height.dilation * width.in * pixel + c;
          for (int64_t kx = 0; kx < columns.count(); ++kx, from += width.dilation * pixel) {
            total = Operation::combine(total, F32x4::load(from));
          }
        }
        finish(total, y, x).store(to + c);
      }
      // A window wholly outside has a result that is not zero.
      for (int64_t c = shape.channels; c < pixel; ++c) to[c] = 0.0f;
    }
  }
}

constexpr int64_t kBlock = 256;

template <class Operation>
float combine_plane(const float* from, int64_t size) noexcept {
  F32x4 total = start_lanes<Operation>();
  int64_t i = 0;
  while (i + kLanes <= size) {
    const int64_t end = std::min(i + kBlock * kLanes, size / kLanes * kLanes);
    F32x4 block = start_lanes<Operation>();
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
  for (int64_t c = 0; c < pixel; c += kLanes) start_lanes<Operation>().store(to + c);
  for (int64_t first = 0; first < size; first += kBlock) {
    const int64_t end = std::min(first + kBlock, size);
    for (int64_t c = 0; c < pixel; c += kLanes) {
      F32x4 block = start_lanes<Operation>();
      for (int64_t i = first; i < end; ++i) {
        block = Operation::combine(block, F32x4::load(from + i * pixel + c));
      }
      Operation::combine(F32x4::load(to + c), block).store(to + c);
    }
  }
}

}  // namespace

template void max_pool(const PoolShape&, const float*, float*, int64_t, int64_t) noexcept;
template void max_pool_with_indices(const PoolShape&, const float*, float*, int64_t*, bool, int64_t,
                                    int64_t) noexcept;
template void average_pool(const PoolShape&, const float*, float*, AverageOver, int64_t,
                           int64_t) noexcept;

void max_pool_rows(const PoolShape& shape, const float* input, float* output, int64_t row_begin,
                   int64_t row_end) noexcept {
  pool_rows<Maximum>(shape, input, output, row_begin, row_end,
                     [](F32x4 total, int64_t, int64_t) { return total; });
}

void average_pool_rows(const PoolShape& shape, const float* input, float* output, AverageOver over,
                       int64_t row_begin, int64_t row_end) noexcept {
  const PoolAxis &height = shape.axes[1], &width = shape.axes[2];
  pool_rows<Sum>(shape, input, output, row_begin, row_end, [&](F32x4 total, int64_t y, int64_t x) {
    const double count = product(height.count(y, over), width.count(x, over));
    return total / F32x4::splat(static_cast<float>(count));
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

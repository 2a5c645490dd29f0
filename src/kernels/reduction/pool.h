#pragma once

#include <array>
#include <cstdint>

#include "kernels/conv/taps.h"

// Pooling of up to three spatial axes (ONNX MaxPool, AveragePool and their global forms). Fewer
// axes are leading ones of size 1.
namespace fovea::kernels {

// What an average divides by.
enum class AverageOver : uint8_t { Inside, InsideAndPadding };

struct PoolAxis {
  int64_t in = 1;
  int64_t out = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad_begin = 0;
  int64_t pad_end = 0;

  int64_t first(int64_t at) const { return at * stride - pad_begin; }
  // Taps inside the input for the output at `at`, and how many fall inside input and padding
  // together: with ceil_mode a window may reach beyond both.
  Taps inside(int64_t at) const { return taps_inside(first(at), kernel, dilation, in); }
  int64_t padded_count(int64_t at) const {
    return taps_inside(at * stride, kernel, dilation, pad_begin + in + pad_end).count();
  }
  // Outputs whose windows are wholly inside the input.
  Taps interior() const { return windows_inside(first(0), stride, out, kernel, dilation, in); }
  int64_t count(int64_t at, AverageOver over) const {
    return over == AverageOver::Inside ? inside(at).count() : padded_count(at);
  }
};

struct PoolShape {
  int64_t batch = 1;
  int64_t channels = 1;
  std::array<PoolAxis, 3> axes;

  int64_t planes() const { return batch * channels; }
  int64_t in_size() const { return axes[0].in * axes[1].in * axes[2].in; }
  int64_t out_size() const { return axes[0].out * axes[1].out * axes[2].out; }
};

// Planes [plane_begin, plane_end) of batch * channels plain ones. A NaN in a window is its maximum;
// a window wholly outside gives the type's lowest value (-inf). For float, double, int8_t, uint8_t.
template <class T>
void max_pool(const PoolShape& shape, const T* input, T* output, int64_t plane_begin,
              int64_t plane_end) noexcept;

// The same with the flat index of each (first) maximum in the whole input tensor (-1 for a window
// wholly outside), the axes of a plane in reverse order when `column_major` (ONNX storage_order 1).
template <class T>
void max_pool_with_indices(const PoolShape& shape, const T* input, T* output, int64_t* indices,
                           bool column_major, int64_t plane_begin, int64_t plane_end) noexcept;

// NaN where the divisor is zero. For float and double.
template <class T>
void average_pool(const PoolShape& shape, const T* input, T* output, AverageOver over,
                  int64_t plane_begin, int64_t plane_end) noexcept;

// Channels-last images (axes[0] of size 1): rows [row_begin, row_end) of batch * axes[1].out.
void max_pool_rows(const PoolShape& shape, const float* input, float* output, int64_t row_begin,
                   int64_t row_end) noexcept;
void average_pool_rows(const PoolShape& shape, const float* input, float* output, AverageOver over,
                       int64_t row_begin, int64_t row_end) noexcept;

// One result per plane of `size` elements: planes [begin, end) of plain tensors, or images
// [begin, end) of channels-last ones, whose results are one pixel each. Sums are taken 256 terms at
// a time, so that rounding errors grow by 256 + size / 256 terms instead of by all.
void global_average(const float* input, float* output, int64_t size, int64_t begin,
                    int64_t end) noexcept;
void global_max(const float* input, float* output, int64_t size, int64_t begin,
                int64_t end) noexcept;
void global_average_images(const float* input, float* output, int64_t channels, int64_t size,
                           int64_t begin, int64_t end) noexcept;
void global_max_images(const float* input, float* output, int64_t channels, int64_t size,
                       int64_t begin, int64_t end) noexcept;

}  // namespace fovea::kernels

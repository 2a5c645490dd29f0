#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "kernels/layout.h"
#include "kernels/taps.h"

// Pooling of up to three spatial axes (ONNX MaxPool, AveragePool and their global forms). Fewer
// axes are leading ones of size 1.
namespace fovea::kernels {

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
};

struct PoolShape {
  int64_t batch = 1;
  int64_t channels = 1;
  std::array<PoolAxis, 3> axes;

  int64_t planes() const { return batch * channels; }
  int64_t in_size() const { return axes[0].in * axes[1].in * axes[2].in; }
  int64_t out_size() const { return axes[0].out * axes[1].out * axes[2].out; }
};

// What an average divides by.
enum class AverageOver : uint8_t { Inside, InsideAndPadding };

namespace detail {

// One output position of a plane and the taps inside the input.
struct Window {
  std::array<int64_t, 3> at;
  std::array<Taps, 3> taps;

  Window(const PoolShape& shape, int64_t out) {
    at = {out / (shape.axes[1].out * shape.axes[2].out),
          out / shape.axes[2].out % shape.axes[1].out, out % shape.axes[2].out};
    for (size_t a = 0; a < 3; ++a) taps[a] = shape.axes[a].inside(at[a]);
  }

  int64_t divisor(const PoolShape& shape, AverageOver over) const {
    int64_t count = 1;
    for (size_t a = 0; a < 3; ++a) {
      count *= over == AverageOver::Inside ? taps[a].count() : shape.axes[a].padded_count(at[a]);
    }
    return count;
  }

  // Calls visit(index into the input plane) for every tap inside, in row-major order.
  template <class Visit>
  void for_each(const PoolShape& shape, Visit visit) const {
    const auto& [az, ay, ax] = shape.axes;
    for (int64_t kz = taps[0].begin; kz < taps[0].end; ++kz) {
      const int64_t z = az.first(at[0]) + kz * az.dilation;
      for (int64_t ky = taps[1].begin; ky < taps[1].end; ++ky) {
        const int64_t row = (z * ay.in + ay.first(at[1]) + ky * ay.dilation) * ax.in;
        for (int64_t kx = taps[2].begin; kx < taps[2].end; ++kx) {
          visit(row + ax.first(at[2]) + kx * ax.dilation);
        }
      }
    }
  }
};

}  // namespace detail

// Planes [plane_begin, plane_end) of batch * channels plain ones. A NaN in a window is its maximum;
// a window wholly outside gives the type's lowest value (-inf).
// `indices`, null if not wanted, receives the flat index of each (first) maximum in the whole input
// tensor (-1 for a window wholly outside), with the last two axes of a plane swapped when
// `column_major` (ONNX storage_order 1).
template <class T>
void max_pool(const PoolShape& shape, const T* input, T* output, int64_t* indices,
              bool column_major, int64_t plane_begin, int64_t plane_end) noexcept {
  const int64_t height = shape.axes[1].in, width = shape.axes[2].in;
  for (int64_t plane = plane_begin; plane < plane_end; ++plane) {
    const T* from = input + plane * shape.in_size();
    for (int64_t out = 0; out < shape.out_size(); ++out) {
      T best = std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity()
                                           : std::numeric_limits<T>::lowest();
      int64_t best_at = -1;
      detail::Window(shape, out).for_each(shape, [&](int64_t at) {
        const T x = from[at];
        // `x != x` is NaN, and integers are never.
        if (best_at < 0 || x > best || (x != x && best == best)) {
          best = x;
          best_at = at;
        }
      });
      output[plane * shape.out_size() + out] = best;
      if (indices == nullptr) continue;
      if (column_major && best_at >= 0) {
        const int64_t y = best_at / width % height, x = best_at % width;
        best_at += x * height + y - (y * width + x);
      }
      indices[plane * shape.out_size() + out] =
          best_at < 0 ? -1 : plane * shape.in_size() + best_at;
    }
  }
}

// NaN where the divisor is zero.
template <class T>
void average_pool(const PoolShape& shape, const T* input, T* output, AverageOver over,
                  int64_t plane_begin, int64_t plane_end) noexcept {
  for (int64_t plane = plane_begin; plane < plane_end; ++plane) {
    const T* from = input + plane * shape.in_size();
    for (int64_t out = 0; out < shape.out_size(); ++out) {
      const detail::Window window(shape, out);
      T total{0};
      window.for_each(shape, [&](int64_t at) { total += from[at]; });
      output[plane * shape.out_size() + out] = total / static_cast<T>(window.divisor(shape, over));
    }
  }
}

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

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "kernels/conv/taps.h"

// Convolution and transposed convolution of plain tensors [N][C][D][H][W], straightforward, for the
// ranks and types that have no faster kernel. Fewer spatial axes are leading axes of size 1.
namespace fovea::kernels {

struct ConvAxis {
  int64_t in = 1;
  int64_t out = 1;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad = 0;  // at the beginning; the end's follows from `out`
};

struct Conv3dShape {
  int64_t batch = 1;
  int64_t in_channels = 1;
  int64_t out_channels = 1;
  int64_t groups = 1;
  std::array<ConvAxis, 3> axes;

  int64_t group_inputs() const { return in_channels / groups; }
  int64_t group_outputs() const { return out_channels / groups; }
  int64_t taps() const { return axes[0].kernel * axes[1].kernel * axes[2].kernel; }
  // Rows of the output, each axes[2].out long.
  int64_t rows() const { return batch * out_channels * axes[0].out * axes[1].out; }
};

namespace detail {

// Which output row a row number means.
struct Conv3dRow {
  int64_t image, channel, z, y;
};

inline Conv3dRow conv_3d_row(const Conv3dShape& shape, int64_t row) {
  const int64_t y = row % shape.axes[1].out, zs = row / shape.axes[1].out;
  const int64_t z = zs % shape.axes[0].out, channels = zs / shape.axes[0].out;
  return {channels / shape.out_channels, channels % shape.out_channels, z, y};
}

// Inputs that meet output `at` of a transposed axis through tap k: one or none (-1).
inline int64_t transposed_source(const ConvAxis& axis, int64_t at, int64_t k) {
  const int64_t distance = at + axis.pad - k * axis.dilation;
  if (distance < 0 || distance % axis.stride != 0) return -1;
  return distance / axis.stride < axis.in ? distance / axis.stride : -1;
}

// Positions p in [0, count) for which p * stride + offset lies in [0, size).
inline Taps positions_inside(int64_t count, int64_t stride, int64_t offset, int64_t size) {
  return taps_inside(offset, count, stride, size);
}

}  // namespace detail

// Output rows [row_begin, row_end). Weights are ONNX Conv's; bias may be null.
template <class T>
void conv_3d(const Conv3dShape& shape, const T* input, const T* weights, const T* bias, T* output,
             int64_t row_begin, int64_t row_end) noexcept {
  const auto& [az, ay, ax] = shape.axes;
  const int64_t inputs = shape.group_inputs();
  for (int64_t row = row_begin; row < row_end; ++row) {
    const auto [image, channel, z, y] = detail::conv_3d_row(shape, row);
    T* out = output + row * ax.out;
    std::fill_n(out, ax.out, bias != nullptr ? bias[channel] : T{0});
    const int64_t first_z = z * az.stride - az.pad, first_y = y * ay.stride - ay.pad;
    const Taps tz = taps_inside(first_z, az.kernel, az.dilation, az.in);
    const Taps ty = taps_inside(first_y, ay.kernel, ay.dilation, ay.in);
    const int64_t first_input =
        image * shape.in_channels + channel / shape.group_outputs() * inputs;
    for (int64_t i = 0; i < inputs; ++i) {
      const T* plane = input + (first_input + i) * az.in * ay.in * ax.in;
      const T* taps = weights + (channel * inputs + i) * shape.taps();
      for (int64_t kz = tz.begin; kz < tz.end; ++kz) {
        for (int64_t ky = ty.begin; ky < ty.end; ++ky) {
          const T* from =
              plane + ((first_z + kz * az.dilation) * ay.in + first_y + ky * ay.dilation) * ax.in;
          for (int64_t kx = 0; kx < ax.kernel; ++kx) {
            const T weight = taps[(kz * ay.kernel + ky) * ax.kernel + kx];
            const int64_t offset = kx * ax.dilation - ax.pad;
            const Taps xs = detail::positions_inside(ax.out, ax.stride, offset, ax.in);
            for (int64_t x = xs.begin; x < xs.end; ++x) {
              out[x] += weight * from[x * ax.stride + offset];
            }
          }
        }
      }
    }
  }
}

// The same for transposed convolution; stride, dilation and pad place taps in the output. Weights
// are ONNX ConvTranspose's.
template <class T>
void conv_transpose_3d(const Conv3dShape& shape, const T* input, const T* weights, const T* bias,
                       T* output, int64_t row_begin, int64_t row_end) noexcept {
  const auto& [az, ay, ax] = shape.axes;
  const int64_t inputs = shape.group_inputs(), outputs = shape.group_outputs();
  for (int64_t row = row_begin; row < row_end; ++row) {
    const auto [image, channel, z, y] = detail::conv_3d_row(shape, row);
    T* out = output + row * ax.out;
    std::fill_n(out, ax.out, bias != nullptr ? bias[channel] : T{0});
    const int64_t group = channel / outputs;
    for (int64_t i = group * inputs; i < (group + 1) * inputs; ++i) {
      const T* plane = input + (image * shape.in_channels + i) * az.in * ay.in * ax.in;
      const T* taps = weights + (i * outputs + channel % outputs) * shape.taps();
      for (int64_t kz = 0; kz < az.kernel; ++kz) {
        const int64_t from_z = detail::transposed_source(az, z, kz);
        for (int64_t ky = 0; from_z >= 0 && ky < ay.kernel; ++ky) {
          const int64_t from_y = detail::transposed_source(ay, y, ky);
          if (from_y < 0) continue;
          const T* from = plane + (from_z * ay.in + from_y) * ax.in;
          for (int64_t kx = 0; kx < ax.kernel; ++kx) {
            const T weight = taps[(kz * ay.kernel + ky) * ax.kernel + kx];
            const int64_t offset = kx * ax.dilation - ax.pad;
            const Taps xs = detail::positions_inside(ax.in, ax.stride, offset, ax.out);
            for (int64_t x = xs.begin; x < xs.end; ++x) {
              out[x * ax.stride + offset] += weight * from[x];
            }
          }
        }
      }
    }
  }
}

}  // namespace fovea::kernels

#include <algorithm>

#include "kernels/conv_algorithms.h"
#include "kernels/lanes.h"
#include "kernels/taps.h"
#include "simd/f32x4.h"
#include "simd/loops.h"

// Depthwise convolution: every channel by itself, so vectors run over channels and nothing is
// copied. Weights are packed [1 + kernel_h * kernel_w][Cs], row 0 the bias. Where the kernel hangs
// over the border, only the taps inside are visited.
namespace fovea::kernels {
namespace {

using simd::F32x4;
using simd::I32x4;

constexpr int kPixels = 4;

int64_t packed_size(const ConvShape& shape) noexcept {
  return (1 + shape.kernel_h * shape.kernel_w) * padded_channels(shape.out_channels);
}

void pack_weights(const ConvShape& shape, const ConvWeights& weights, float* packed) noexcept {
  const int64_t taps = shape.kernel_h * shape.kernel_w, channels = shape.out_channels;
  const int64_t step = padded_channels(channels);
  std::fill_n(packed, packed_size(shape), 0.0f);
  for (int64_t c = 0; c < channels; ++c) {
    packed[c] = weights.bias(c);
    for (int64_t tap = 0; tap < taps; ++tap) {
      packed[(tap + 1) * step + c] =
          weights.at(c, 0, 0, tap / shape.kernel_w, tap % shape.kernel_w);
    }
  }
}

int64_t scratch_size(const ConvShape&) noexcept { return 0; }

// One output row of one image. Pointers are those of the first channel.
struct Row {
  const ConvShape& shape;
  const float* input;  // where tap 0 of output pixel 0 would read; may lie outside the image
  const float* packed;
  ConvOutput out;
  const Epilogue& epilogue;
  Taps ky;
  int64_t pixel;     // floats per input pixel
  int64_t row_size;  // floats per input row
};

template <int Pixels>
void run_pixels(const Row& row, int64_t x, Taps kx, int64_t channel, I32x4 mask) noexcept {
  const ConvShape& shape = row.shape;
  const int64_t step = shape.stride_w * row.pixel;
  F32x4 sums[Pixels];
  FOVEA_UNROLL for (int p = 0; p < Pixels; ++p) sums[p] = F32x4::load(row.packed + channel);
  for (int64_t ky = row.ky.begin; ky < row.ky.end; ++ky) {
    const float* from = row.input + ky * shape.dilation_h * row.row_size + x * step +
                        kx.begin * shape.dilation_w * row.pixel + channel;
    const float* weights = row.packed + (1 + ky * shape.kernel_w + kx.begin) * row.pixel + channel;
    for (int64_t k = kx.begin; k < kx.end; ++k) {
      const F32x4 weight = F32x4::load(weights);
      FOVEA_UNROLL for (int p = 0; p < Pixels; ++p) {
        sums[p] = fma(F32x4::load(from + p * step), weight, sums[p]);
      }
      from += shape.dilation_w * row.pixel;
      weights += row.pixel;
    }
  }
  const int64_t to = x * row.out.pixel_step + channel;
  FOVEA_UNROLL for (int p = 0; p < Pixels; ++p) {
    const int64_t at = to + p * row.out.pixel_step;
    if (row.out.residual != nullptr) sums[p] += F32x4::load(row.out.residual + at);
    const F32x4 result = activate(row.epilogue, sums[p], channel);
    bitcast_f32(bitcast_i32(result) & mask).store(row.out.data + at);
  }
}

// Output pixels [begin, end) of a row whose taps are all inside.
struct Interior {
  int64_t begin = 0;
  int64_t end = 0;
};

Interior interior_of(const ConvShape& shape) {
  const int64_t stride = shape.stride_w, pad = shape.pad_left;
  const int64_t begin = std::min(std::max<int64_t>(pad + stride - 1, 0) / stride, shape.out_w);
  const int64_t room = shape.in_w + pad - (shape.kernel_w - 1) * shape.dilation_w;
  const int64_t end = room > 0 ? std::min((room + stride - 1) / stride, shape.out_w) : 0;
  return {begin, std::max(begin, end)};
}

void run_vector(const Row& row, const Interior& interior, int64_t channel) noexcept {
  const ConvShape& shape = row.shape;
  const int64_t lanes = std::min(shape.out_channels - channel, kLanes);
  const I32x4 mask = first_lanes(lanes);
  const auto run_border = [&](int64_t begin, int64_t end) {
    for (int64_t x = begin; x < end; ++x) {
      const Taps kx = taps_inside(x * shape.stride_w - shape.pad_left, shape.kernel_w,
                                  shape.dilation_w, shape.in_w);
      run_pixels<1>(row, x, kx, channel, mask);
    }
  };
  run_border(0, interior.begin);
  int64_t x = interior.begin;
  for (; x + kPixels <= interior.end; x += kPixels) {
    run_pixels<kPixels>(row, x, {0, shape.kernel_w}, channel, mask);
  }
  run_border(x, shape.out_w);
}

void run_rows(const ConvShape& shape, const float* input, const float* packed,
              const ConvOutput& output, const Epilogue& epilogue, float*, int64_t row_begin,
              int64_t row_end) noexcept {
  const int64_t pixel = padded_channels(shape.in_channels), row_size = shape.in_w * pixel;
  const Interior interior = interior_of(shape);
  for (int64_t r = row_begin; r < row_end; ++r) {
    const int64_t image = r / shape.out_h, y = r % shape.out_h;
    const int64_t first_y = y * shape.stride_h - shape.pad_top;
    const int64_t from = (image * shape.in_h + first_y) * row_size - shape.pad_left * pixel;
    const Taps ky = taps_inside(first_y, shape.kernel_h, shape.dilation_h, shape.in_h);
    const Row row = {shape,    input + from, packed, output.at(image, y),
                     epilogue, ky,           pixel,  row_size};
    for (int64_t c = 0; c < shape.out_channels; c += kLanes) run_vector(row, interior, c);
  }
}

}  // namespace

const ConvKernel kDepthwiseConv = {packed_size, pack_weights, scratch_size, run_rows};

}  // namespace fovea::kernels

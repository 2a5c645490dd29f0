#include <algorithm>
#include <cstddef>

#include "kernels/conv/algorithms.h"
#include "kernels/conv/strip.h"
#include "kernels/lanes.h"
#include "simd/f32x4.h"
#include "simd/loops.h"

// Convolution to one, two or three channels, as the last of a network: with vectors over output
// channels lanes would be idle, so they run over the sum instead and are added up at its end.
// Weights are packed [kernel_h][kernel_w][Cs / 4][outputs][4], then the bias in four lanes.
namespace fovea::kernels {
namespace {

using simd::F32x4;
using simd::I32x4;

// Pixels at a time by outputs - 1: accumulators, weights, the input and a product must fit into 15
// registers (see kernels/matmul/tile.cpp).
constexpr int kPixels[] = {8, 5, 3};
constexpr int kMaxPixels = 8;

int64_t depth(const ConvShape& shape) {
  return shape.kernel_h * shape.kernel_w * padded_channels(shape.in_channels);
}

int64_t packed_size(const ConvShape& shape) noexcept {
  return depth(shape) * shape.out_channels + kLanes;
}

void pack_weights(const ConvShape& shape, const ConvWeights& weights, float* packed) noexcept {
  const int64_t taps = shape.kernel_h * shape.kernel_w, inputs = shape.in_channels;
  const int64_t pitch = padded_channels(inputs);
  std::fill_n(packed, packed_size(shape), 0.0f);
  for (int64_t o = 0; o < shape.out_channels; ++o) {
    packed[depth(shape) * shape.out_channels + o] = weights.bias(o);
    for (int64_t k = 0; k < taps * inputs; ++k) {
      const int64_t tap = k / inputs, i = k % inputs, vector = (tap * pitch + i) / kLanes;
      packed[(vector * shape.out_channels + o) * kLanes + i % kLanes] =
          weights.at(0, o, i, tap / shape.kernel_w, tap % shape.kernel_w);
    }
  }
}

StripPlan strip_of(const ConvShape& shape) {
  return plan_strip(shape, padded_channels(shape.in_channels));
}

int64_t scratch_size(const ConvShape& shape) noexcept {
  return strip_of(shape).scratch_size(shape);
}

template <int Pixels, int Outputs>
void run_pixels(const ConvShape& shape, const float* input, int64_t pixel, int64_t row_step,
                const float* weights, F32x4* results) noexcept {
  const int64_t step = shape.stride_w * pixel;
  // One kernel row is one stretch of memory unless it is dilated.
  const bool dense = shape.dilation_w == 1;
  const int64_t stretches = dense ? 1 : shape.kernel_w;
  const int64_t vectors = (dense ? shape.kernel_w : 1) * pixel / kLanes;
  F32x4 sums[Pixels][Outputs];
  FOVEA_UNROLL for (int p = 0; p < Pixels; ++p) {
    FOVEA_UNROLL for (int o = 0; o < Outputs; ++o) sums[p][o] = F32x4::zero();
  }
  for (int64_t ky = 0; ky < shape.kernel_h; ++ky) {
    for (int64_t kx = 0; kx < stretches; ++kx) {
      const float* from[Pixels];
      FOVEA_UNROLL for (int p = 0; p < Pixels; ++p) {
        from[p] =
            input + ky * shape.dilation_h * row_step + kx * shape.dilation_w * pixel + p * step;
      }
      FOVEA_NO_UNROLL for (auto k = static_cast<ptrdiff_t>(vectors); k != 0; --k) {
        F32x4 weight[Outputs];
        FOVEA_UNROLL for (int o = 0; o < Outputs; ++o) weight[o] =
            F32x4::load(weights + o * kLanes);
        weights += Outputs * kLanes;
        FOVEA_UNROLL for (int p = 0; p < Pixels; ++p) {
          const F32x4 x = F32x4::load(from[p]);
          from[p] += kLanes;
          FOVEA_UNROLL for (int o = 0; o < Outputs; ++o) sums[p][o] = fma(x, weight[o], sums[p][o]);
        }
      }
    }
  }
  const F32x4 bias = F32x4::load(weights);
  FOVEA_UNROLL for (int p = 0; p < Pixels; ++p) {
    float totals[kLanes] = {};
    FOVEA_UNROLL for (int o = 0; o < Outputs; ++o) totals[o] = sum(sums[p][o]);
    results[p] = F32x4::set(totals[0], totals[1], totals[2], totals[3]) + bias;
  }
}

using RunPixels = void (*)(const ConvShape&, const float*, int64_t, int64_t, const float*,
                           F32x4*) noexcept;

// By outputs - 1; for several pixels and for one.
constexpr RunPixels kSeveral[] = {run_pixels<kPixels[0], 1>, run_pixels<kPixels[1], 2>,
                                  run_pixels<kPixels[2], 3>};
constexpr RunPixels kOne[] = {run_pixels<1, 1>, run_pixels<1, 2>, run_pixels<1, 3>};

void run_row(const ConvShape& shape, const Strip& strip, const float* input, const float* packed,
             const ConvOutput& out, const Epilogue& epilogue) noexcept {
  const I32x4 mask = first_lanes(shape.out_channels);
  const int64_t step = shape.stride_w * strip.pixel_step, outputs = shape.out_channels;
  for (int64_t x = 0, pixels = 0; x < shape.out_w; x += pixels) {
    const bool several = x + kPixels[outputs - 1] <= shape.out_w;
    pixels = several ? kPixels[outputs - 1] : 1;
    F32x4 results[kMaxPixels];
    (several ? kSeveral : kOne)[outputs - 1](shape, input + x * step, strip.pixel_step,
                                             strip.row_step, packed, results);
    for (int64_t p = 0; p < pixels; ++p) {
      const int64_t to = (x + p) * out.pixel_step;
      if (out.residual != nullptr) results[p] += F32x4::load(out.residual + to);
      const F32x4 result = activate(epilogue, results[p], 0);
      bitcast_f32(bitcast_i32(result) & mask).store(out.data + to);
    }
  }
}

void run_rows(const ConvShape& shape, std::span<const ConvPart> parts, const float* packed,
              const ConvOutput& output, const Epilogue& epilogue, float* scratch, int64_t row_begin,
              int64_t row_end) noexcept {
  const float* input = parts[0].data;
  const StripPlan plan = strip_of(shape);
  const int64_t image_size = shape.in_h * shape.in_w * padded_channels(shape.in_channels);
  for (int64_t row = row_begin, rows = 0; row < row_end; row += rows) {
    const int64_t image = row / shape.out_h, y = row % shape.out_h;
    rows = std::min({plan.output_rows, shape.out_h - y, row_end - row});
    const Strip strip = gather_strip(shape, plan, input + image * image_size, 0, y, rows, scratch);
    for (int64_t r = 0; r < rows; ++r) {
      run_row(shape, strip, strip.data + r * shape.stride_h * strip.row_step, packed,
              output.at(image, y + r), epilogue);
    }
  }
}

}  // namespace

constinit const ConvAlgorithm kFewOutputsConv = {
    .name = "direct, few outputs",
    .applies =
        [](const ConvShape& shape, Precision) noexcept {
          return shape.groups == 1 && shape.out_channels <= 3 && shape.in_channels >= 8;
        },
    .cost = direct_cost,
    .pays = nullptr,
    .packed_size = packed_size,
    .pack_weights = pack_weights,
    .scratch_size = scratch_size,
    .run_rows = run_rows,
};

}  // namespace fovea::kernels

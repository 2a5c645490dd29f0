#include <algorithm>

#include "kernels/conv/algorithms.h"
#include "kernels/conv/taps.h"
#include "kernels/lanes.h"
#include "simd/f32x4.h"
#include "simd/loops.h"

// Depthwise convolution: every channel by itself, so vectors run over channels and nothing is
// copied. Weights are packed [1 + kernel_h * kernel_w][Cs], row 0 the bias. Where the kernel hangs
// over the border, only the taps inside are visited.
namespace fovea::kernels {
namespace {

using simd::F32x4;
using simd::I32x4;

// Sums that are made at once: as many as hide the latency of fused multiply-add.
constexpr int kPixels = 8;

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

// Whether all that follows the sums of whole vectors of channels is to clip them.
bool only_clips(const ConvShape& shape, const ConvOutput& output, Activation activation) {
  return shape.out_channels % kLanes == 0 && output.residual == nullptr &&
         activation <= Activation::Clip;
}

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
  bool clips;        // only_clips(), to `range`
  ClipRange range;
};

template <int Pixels>
void store_clipped(const Row& row, int64_t x, int64_t channel,
                   const F32x4 (&sums)[Pixels]) noexcept {
  // Loaded for each vector of channels: over the loop there are no registers left for them.
  const F32x4 low = F32x4::load_splat(&row.range.low);
  const F32x4 high = F32x4::load_splat(&row.range.high);
  float* to = row.out.data + x * row.out.pixel_step + channel;
  FOVEA_UNROLL for (int p = 0; p < Pixels; ++p, to += row.out.pixel_step) {
    pmin(pmax(sums[p], low), high).store(to);
  }
}

// Adds the residual, applies the activation and stores the sums of neighbouring pixels.
template <int Pixels>
void finish(const Row& row, int64_t x, int64_t channel, F32x4 (&sums)[Pixels]) noexcept {
  if (row.clips) return store_clipped(row, x, channel, sums);
  const I32x4 mask = first_lanes(std::min(row.shape.out_channels - channel, kLanes));
  const int64_t to = x * row.out.pixel_step + channel;
  FOVEA_UNROLL for (int p = 0; p < Pixels; ++p) {
    const int64_t at = to + p * row.out.pixel_step;
    if (row.out.residual != nullptr) sums[p] += F32x4::load(row.out.residual + at);
    const F32x4 result = activate(row.epilogue, sums[p], channel);
    bitcast_f32(bitcast_i32(result) & mask).store(row.out.data + at);
  }
}

// Output pixels [x, x + Pixels) of any kernel, with taps kx of every row of it.
template <int Pixels>
void run_any(const Row& row, int64_t x, Taps kx) noexcept {
  const ConvShape& shape = row.shape;
  const int64_t step = shape.stride_w * row.pixel;
  for (int64_t channel = 0; channel < shape.out_channels; channel += kLanes) {
    F32x4 sums[Pixels];
    FOVEA_UNROLL for (int p = 0; p < Pixels; ++p) sums[p] = F32x4::load(row.packed + channel);
    for (int64_t ky = row.ky.begin; ky < row.ky.end; ++ky) {
      const float* from = row.input + ky * shape.dilation_h * row.row_size + x * step +
                          kx.begin * shape.dilation_w * row.pixel + channel;
      const float* weights =
          row.packed + (1 + ky * shape.kernel_w + kx.begin) * row.pixel + channel;
      for (int64_t k = kx.begin; k < kx.end; ++k) {
        const F32x4 weight = F32x4::load(weights);
        FOVEA_UNROLL for (int p = 0; p < Pixels; ++p) {
          sums[p] = fma(F32x4::load(from + p * step), weight, sums[p]);
        }
        from += shape.dilation_w * row.pixel;
        weights += row.pixel;
      }
    }
    finish(row, x, channel, sums);
  }
}

// Adds what Count taps, neighbours whose weights stay in registers, contribute to pixels Stride
// apart: every input is loaded once for all of them. Returns where the weights end.
template <int Count, int Stride>
const float* add_taps(const float* from, const float* weights, int64_t pixel,
                      F32x4 (&sums)[kPixels]) noexcept {
  F32x4 weight[Count];
  FOVEA_UNROLL for (int k = 0; k < Count; ++k) {
    weight[k] = F32x4::load(weights);
    weights += pixel;
  }
  FOVEA_UNROLL for (int i = 0; i < (kPixels - 1) * Stride + Count; ++i) {
    const F32x4 input = F32x4::load(from);
    from += pixel;
    FOVEA_UNROLL for (int p = 0; p < kPixels; ++p) {
      const int k = i - p * Stride;
      if (k >= 0 && k < Count) sums[p] = fma(input, weight[k], sums[p]);
    }
  }
  return weights;
}

// kPixels output pixels from x on of a kernel First + Second wide, all of whose taps are inside.
// The parts are as many taps as fit x86's registers beside the sums.
template <int First, int Second, int Stride>
void run_neighbours(const Row& row, int64_t x) noexcept {
  for (int64_t channel = 0; channel < row.shape.out_channels; channel += kLanes) {
    F32x4 sums[kPixels];
    FOVEA_UNROLL for (F32x4& sum : sums) sum = F32x4::load(row.packed + channel);
    const int64_t line_step = row.shape.dilation_h * row.row_size;
    const float* line = row.input + x * Stride * row.pixel + row.ky.begin * line_step + channel;
    const float* weights = row.packed + (1 + row.ky.begin * (First + Second)) * row.pixel + channel;
    for (int64_t ky = row.ky.count(); ky > 0; --ky) {
      weights = add_taps<First, Stride>(line, weights, row.pixel, sums);
      if constexpr (Second > 0) {
        weights = add_taps<Second, Stride>(line + First * row.pixel, weights, row.pixel, sums);
      }
      line += line_step;
    }
    finish(row, x, channel, sums);
  }
}

void run_block_of_any(const Row& row, int64_t x) noexcept {
  run_any<kPixels>(row, x, {0, row.shape.kernel_w});
}

using RunBlock = void (*)(const Row& row, int64_t x) noexcept;

// What computes kPixels neighbouring outputs whose taps are all inside.
RunBlock block_for(const ConvShape& shape) noexcept {
  const bool steps_once = shape.stride_w == 1;
  if (shape.dilation_w != 1 || shape.stride_w > 2) return run_block_of_any;
  switch (shape.kernel_w) {
    case 3:
      return steps_once ? run_neighbours<3, 0, 1> : run_neighbours<3, 0, 2>;
    case 5:
      return steps_once ? run_neighbours<3, 2, 1> : run_neighbours<3, 2, 2>;
    case 7:
      return steps_once ? run_neighbours<4, 3, 1> : run_neighbours<4, 3, 2>;
    default:
      return run_block_of_any;
  }
}

// All channels of a few pixels before the next pixels: what they read stays in the first-level
// cache.
void run_row(const Row& row, Taps interior, RunBlock run_block) noexcept {
  const ConvShape& shape = row.shape;
  const auto run_singly = [&](int64_t begin, int64_t end) {
    for (int64_t x = begin; x < end; ++x) {
      run_any<1>(row, x,
                 taps_inside(x * shape.stride_w - shape.pad_left, shape.kernel_w, shape.dilation_w,
                             shape.in_w));
    }
  };
  constexpr int kFew = 3;
  run_singly(0, interior.begin);
  int64_t x = interior.begin;
  for (; x + kPixels <= interior.end; x += kPixels) run_block(row, x);
  for (; x + kFew <= interior.end; x += kFew) run_any<kFew>(row, x, {0, shape.kernel_w});
  run_singly(x, shape.out_w);
}

void run_rows(const ConvShape& shape, std::span<const ConvPart> parts, const float* packed,
              const ConvOutput& output, const Epilogue& epilogue, float*, int64_t row_begin,
              int64_t row_end) noexcept {
  const float* input = parts[0].data;
  const int64_t pixel = padded_channels(shape.in_channels), row_size = shape.in_w * pixel;
  const Taps interior = windows_inside(-shape.pad_left, shape.stride_w, shape.out_w, shape.kernel_w,
                                       shape.dilation_w, shape.in_w);
  const RunBlock run_block = block_for(shape);
  const bool clips = only_clips(shape, output, epilogue.activation.kind);
  const ClipRange range = clip_range(epilogue.activation);
  for (int64_t r = row_begin; r < row_end; ++r) {
    const int64_t image = r / shape.out_h, y = r % shape.out_h;
    const int64_t first_y = y * shape.stride_h - shape.pad_top;
    const int64_t from = (image * shape.in_h + first_y) * row_size - shape.pad_left * pixel;
    const Taps ky = taps_inside(first_y, shape.kernel_h, shape.dilation_h, shape.in_h);
    const Row row = {shape,    input + from, packed, output.at(image, y), epilogue, ky, pixel,
                     row_size, clips,        range};
    run_row(row, interior, run_block);
  }
}

}  // namespace

constinit const ConvAlgorithm kDepthwiseConv = {
    .name = "depthwise",
    .applies =
        [](const ConvShape& shape, Precision) noexcept {
          return shape.groups > 1 && shape.group_inputs() == 1 && shape.group_outputs() == 1;
        },
    .cost = direct_cost,
    .pays = nullptr,
    .packed_size = packed_size,
    .pack_weights = pack_weights,
    .scratch_size = scratch_size,
    .run_rows = run_rows,
};

}  // namespace fovea::kernels

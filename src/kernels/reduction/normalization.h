#pragma once

#include <cstdint>

#include "threads/thread_pool.h"

// Normalisation of float32 tensors. Means and variances are taken in two passes, so that a large
// mean does not drown a small variance; sums run in blocks and grow in double. `out` may be `in`.
namespace fovea::kernels {

// out = in * scale[c] + shift[c] on [n][channels][spatial].
void scale_channels(const float* in, const float* scale, const float* shift, float* out, int64_t n,
                    int64_t channels, int64_t spatial, ThreadPool& pool) noexcept;

// The same on `pixels` channels-last pixels of `lanes` floats, a multiple of 4; scale and shift
// have as many and are zero in the padding.
void scale_channels_last(const float* in, const float* scale, const float* shift, float* out,
                         int64_t pixels, int64_t lanes, ThreadPool& pool) noexcept;

// Each of `rows` rows of `count`: (x - mean) / sqrt(variance + epsilon) * scale[i] + bias[i].
// `bias` may be null, and so may `mean` and `inverse_deviation`, which take [rows].
struct LayerNorm {
  const float* scale;
  const float* bias;
  float epsilon;
  float* mean;
  float* inverse_deviation;
};
void layer_norm(const LayerNorm& norm, const float* in, float* out, int64_t rows, int64_t count,
                ThreadPool& pool) noexcept;

// [n][channels][spatial]: mean and variance over each group of channels / groups channels, then
// scale and bias per channel. groups == channels is instance normalisation.
void group_norm(const float* in, const float* scale, const float* bias, float epsilon, float* out,
                int64_t n, int64_t channels, int64_t spatial, int64_t groups,
                ThreadPool& pool) noexcept;

}  // namespace fovea::kernels

#pragma once

#include <cstdint>

#include "threads/thread_pool.h"

// Normalisation of tensors of float and double. Means and variances are taken in two passes, so
// that a large mean does not drown a small variance; sums run in blocks and grow in double. `out`
// may be `in`.
namespace fovea::kernels {

// out = in * scale[c] + shift[c] on [n][channels][spatial].
template <class T>
void scale_channels(const T* in, const T* scale, const T* shift, T* out, int64_t n,
                    int64_t channels, int64_t spatial, ThreadPool& pool) noexcept;

// The same of floats on `pixels` channels-last pixels of `lanes` floats, a multiple of 4; scale and
// shift have as many and are zero in the padding.
void scale_channels_last(const float* in, const float* scale, const float* shift, float* out,
                         int64_t pixels, int64_t lanes, ThreadPool& pool) noexcept;

// Each of `rows` rows of `count`: (x - mean) / sqrt(variance + epsilon) * scale[i] + bias[i].
// `bias` may be null, and so may `mean` and `inverse_deviation`, which take [rows]. `padding`
// elements follow each row, those of floats zeros in and out.
template <class T>
struct LayerNorm {
  const T* scale;
  const T* bias;
  float epsilon;
  float* mean = nullptr;
  float* inverse_deviation = nullptr;
  int64_t padding = 0;
};
template <class T>
void layer_norm(const LayerNorm<T>& norm, const T* in, T* out, int64_t rows, int64_t count,
                ThreadPool& pool) noexcept;

// [n][channels][spatial]: mean and variance over each group of channels / groups channels, then
// scale and bias per channel. groups == channels is instance normalisation.
template <class T>
void group_norm(const T* in, const T* scale, const T* bias, float epsilon, T* out, int64_t n,
                int64_t channels, int64_t spatial, int64_t groups, ThreadPool& pool) noexcept;

}  // namespace fovea::kernels

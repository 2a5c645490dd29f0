#include "kernels/reduction/normalization.h"

#include <algorithm>
#include <cmath>

#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;

constexpr int64_t kGrain = 8192;
constexpr int64_t kBlock = 1024;

// Sum of term(x) over a row.
template <class Term>
double sum_of(const float* in, int64_t count, Term term) {
  double total = 0;
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, count);
    F32x4 sum = F32x4::zero();
    int64_t i = begin;
    for (; i + 4 <= end; i += 4) sum += term(F32x4::load(in + i));
    total += static_cast<double>(simd::sum(sum));
    for (; i < end; ++i) total += static_cast<double>(term(F32x4::load_splat(in + i))[0]);
  }
  return total;
}

// Doubles are too rare for vectors, and need no blocks.
template <class Term>
double sum_of(const double* in, int64_t count, Term term) {
  double total = 0;
  for (int64_t i = 0; i < count; ++i) total += term(in[i]);
  return total;
}

template <class T>
struct Moments {
  T mean;
  T inverse_deviation;
};

Moments<float> moments(const float* in, int64_t count, float epsilon) {
  const double sum = sum_of(in, count, [](F32x4 x) { return x; });
  const auto mean = static_cast<float>(sum / static_cast<double>(count));
  const F32x4 center = F32x4::splat(mean);
  const double squares = sum_of(in, count, [center](F32x4 x) {
    const F32x4 d = x - center;
    return d * d;
  });
  const double variance = squares / static_cast<double>(count);
  return {mean, static_cast<float>(1 / std::sqrt(variance + static_cast<double>(epsilon)))};
}

Moments<double> moments(const double* in, int64_t count, float epsilon) {
  const auto size = static_cast<double>(count);
  const double mean = sum_of(in, count, [](double x) { return x; }) / size;
  const double squares = sum_of(in, count, [mean](double x) { return (x - mean) * (x - mean); });
  return {mean, 1 / std::sqrt(squares / size + static_cast<double>(epsilon))};
}

// out = (in - center) * scale + shift
void affine(const float* in, float center, float scale, float shift, float* out, int64_t count) {
  const F32x4 c = F32x4::splat(center), s = F32x4::splat(scale), t = F32x4::splat(shift);
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) fma(F32x4::load(in + i) - c, s, t).store(out + i);
  for (; i < count; ++i) out[i] = fma(F32x4::load_splat(in + i) - c, s, t)[0];
}

void affine(const double* in, double center, double scale, double shift, double* out,
            int64_t count) {
  for (int64_t i = 0; i < count; ++i) out[i] = (in[i] - center) * scale + shift;
}

void layer_row(const LayerNorm<float>& norm, Moments<float> m, const float* in, float* out,
               int64_t count) {
  const F32x4 mean = F32x4::splat(m.mean), inverse = F32x4::splat(m.inverse_deviation);
  const auto four = [&](int64_t i, auto load) {
    const F32x4 bias = norm.bias ? load(norm.bias + i) : F32x4::zero();
    return fma((load(in + i) - mean) * inverse, load(norm.scale + i), bias);
  };
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) four(i, F32x4::load).store(out + i);
  for (; i < count; ++i) out[i] = four(i, F32x4::load_splat)[0];
}

void layer_row(const LayerNorm<double>& norm, Moments<double> m, const double* in, double* out,
               int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const double bias = norm.bias ? norm.bias[i] : 0;
    out[i] = (in[i] - m.mean) * m.inverse_deviation * norm.scale[i] + bias;
  }
}

}  // namespace

template <class T>
void scale_channels(const T* in, const T* scale, const T* shift, T* out, int64_t n,
                    int64_t channels, int64_t spatial, ThreadPool& pool) noexcept {
  pool.parallel_for(n * channels, kGrain / (spatial + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t c = row % channels;
      affine(in + row * spatial, T{0}, scale[c], shift[c], out + row * spatial, spatial);
    }
  });
}

void scale_channels_last(const float* in, const float* scale, const float* shift, float* out,
                         int64_t pixels, int64_t lanes, ThreadPool& pool) noexcept {
  pool.parallel_for(pixels, kGrain / (lanes + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      const int64_t offset = pixel * lanes;
      for (int64_t c = 0; c < lanes; c += 4) {
        fma(F32x4::load(in + offset + c), F32x4::load(scale + c), F32x4::load(shift + c))
            .store(out + offset + c);
      }
    }
  });
}

template <class T>
void layer_norm(const LayerNorm<T>& norm, const T* in, T* out, int64_t rows, int64_t count,
                ThreadPool& pool) noexcept {
  pool.parallel_for(rows, kGrain / (count + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const Moments<T> m = moments(in + row * count, count, norm.epsilon);
      layer_row(norm, m, in + row * count, out + row * count, count);
      if (norm.mean) norm.mean[row] = static_cast<float>(m.mean);
      if (norm.inverse_deviation) {
        norm.inverse_deviation[row] = static_cast<float>(m.inverse_deviation);
      }
    }
  });
}

template <class T>
void group_norm(const T* in, const T* scale, const T* bias, float epsilon, T* out, int64_t n,
                int64_t channels, int64_t spatial, int64_t groups, ThreadPool& pool) noexcept {
  const int64_t group_channels = channels / groups;
  const int64_t count = group_channels * spatial;
  pool.parallel_for(n * groups, kGrain / (count + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; ++group) {
      const T* from = in + group * count;
      T* to = out + group * count;
      const Moments<T> m = moments(from, count, epsilon);
      const int64_t first = group % groups * group_channels;
      for (int64_t c = 0; c < group_channels; ++c) {
        affine(from + c * spatial, m.mean, m.inverse_deviation * scale[first + c], bias[first + c],
               to + c * spatial, spatial);
      }
    }
  });
}

template void scale_channels(const float*, const float*, const float*, float*, int64_t, int64_t,
                             int64_t, ThreadPool&) noexcept;
template void scale_channels(const double*, const double*, const double*, double*, int64_t, int64_t,
                             int64_t, ThreadPool&) noexcept;
template void layer_norm(const LayerNorm<float>&, const float*, float*, int64_t, int64_t,
                         ThreadPool&) noexcept;
template void layer_norm(const LayerNorm<double>&, const double*, double*, int64_t, int64_t,
                         ThreadPool&) noexcept;
template void group_norm(const float*, const float*, const float*, float, float*, int64_t, int64_t,
                         int64_t, int64_t, ThreadPool&) noexcept;
template void group_norm(const double*, const double*, const double*, float, double*, int64_t,
                         int64_t, int64_t, int64_t, ThreadPool&) noexcept;

}  // namespace fovea::kernels

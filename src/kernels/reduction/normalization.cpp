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

struct Moments {
  float mean;
  float inverse_deviation;
};

Moments moments(const float* in, int64_t count, float epsilon) {
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

// out = (in - center) * scale + shift
void affine(const float* in, float center, float scale, float shift, float* out, int64_t count) {
  const F32x4 c = F32x4::splat(center), s = F32x4::splat(scale), t = F32x4::splat(shift);
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) fma(F32x4::load(in + i) - c, s, t).store(out + i);
  for (; i < count; ++i) out[i] = fma(F32x4::load_splat(in + i) - c, s, t)[0];
}

void layer_row(const LayerNorm& norm, Moments m, const float* in, float* out, int64_t count) {
  const F32x4 mean = F32x4::splat(m.mean), inverse = F32x4::splat(m.inverse_deviation);
  const auto four = [&](int64_t i, auto load) {
    const F32x4 bias = norm.bias ? load(norm.bias + i) : F32x4::zero();
    return fma((load(in + i) - mean) * inverse, load(norm.scale + i), bias);
  };
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) four(i, F32x4::load).store(out + i);
  for (; i < count; ++i) out[i] = four(i, F32x4::load_splat)[0];
}

}  // namespace

void scale_channels(const float* in, const float* scale, const float* shift, float* out, int64_t n,
                    int64_t channels, int64_t spatial, ThreadPool& pool) noexcept {
  pool.parallel_for(n * channels, kGrain / (spatial + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t c = row % channels;
      affine(in + row * spatial, 0.0f, scale[c], shift[c], out + row * spatial, spatial);
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

void layer_norm(const LayerNorm& norm, const float* in, float* out, int64_t rows, int64_t count,
                ThreadPool& pool) noexcept {
  pool.parallel_for(rows, kGrain / (count + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const Moments m = moments(in + row * count, count, norm.epsilon);
      layer_row(norm, m, in + row * count, out + row * count, count);
      if (norm.mean) norm.mean[row] = m.mean;
      if (norm.inverse_deviation) norm.inverse_deviation[row] = m.inverse_deviation;
    }
  });
}

void group_norm(const float* in, const float* scale, const float* bias, float epsilon, float* out,
                int64_t n, int64_t channels, int64_t spatial, int64_t groups,
                ThreadPool& pool) noexcept {
  const int64_t group_channels = channels / groups;
  const int64_t count = group_channels * spatial;
  pool.parallel_for(n * groups, kGrain / (count + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t group = begin; group < end; ++group) {
      const float* from = in + group * count;
      float* to = out + group * count;
      const Moments m = moments(from, count, epsilon);
      const int64_t first = group % groups * group_channels;
      for (int64_t c = 0; c < group_channels; ++c) {
        affine(from + c * spatial, m.mean, m.inverse_deviation * scale[first + c], bias[first + c],
               to + c * spatial, spatial);
      }
    }
  });
}

}  // namespace fovea::kernels

#include "kernels/reduction/normalization.h"

#include <algorithm>
#include <cmath>

#include "simd/f32x4.h"
#include "simd/loops.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;
using simd::I32x4;

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

// Short rows of whole vectors, four at a time: so their statistics are computed side by side.
class FourRows {
 public:
  static bool fit(const LayerNorm<float>& norm, int64_t count) {
    return count <= kBlock && (count + norm.padding) % 4 == 0 && !norm.mean &&
           !norm.inverse_deviation;
  }

  FourRows(const LayerNorm<float>& norm, int64_t count)
      : norm_(norm), whole_(count / 4 * 4), count_(count), step_(count + norm.padding) {
    // What of the last vector is no padding.
    for (int64_t i = whole_; i < count; ++i) {
      scale_[i - whole_] = norm.scale[i];
      bias_[i - whole_] = norm.bias ? norm.bias[i] : 0.0f;
      mask_[i - whole_] = -1;
    }
  }

  void run(const float* in, float* out) const;

 private:
  // Sums over each row of term(x, row), which is 0 in the padding.
  template <class Term>
  F32x4 sums(const float* in, Term term) const;

  const LayerNorm<float>& norm_;
  int64_t whole_, count_, step_;
  float scale_[4] = {}, bias_[4] = {};
  int32_t mask_[4] = {};
};

template <class Term>
F32x4 FourRows::sums(const float* in, Term term) const {
  F32x4 sum[4] = {F32x4::zero(), F32x4::zero(), F32x4::zero(), F32x4::zero()};
  for (int64_t i = 0; i < whole_; i += 4) {
    FOVEA_UNROLL for (int row = 0; row < 4; ++row) {
      sum[row] += term(F32x4::load(in + row * step_ + i), row);
    }
  }
  if (whole_ < count_) {
    const I32x4 mask = I32x4::load(mask_);
    FOVEA_UNROLL for (int row = 0; row < 4; ++row) {
      sum[row] += select(mask, term(F32x4::load(in + row * step_ + whole_), row), F32x4::zero());
    }
  }
  transpose4x4(sum[0], sum[1], sum[2], sum[3]);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

void FourRows::run(const float* in, float* out) const {
  const F32x4 count = F32x4::splat(static_cast<float>(count_));
  const F32x4 means = sums(in, [](F32x4 x, int) { return x; }) / count;
  const F32x4 mean[4] = {F32x4::splat(means[0]), F32x4::splat(means[1]), F32x4::splat(means[2]),
                         F32x4::splat(means[3])};
  const F32x4 squares = sums(in, [&](F32x4 x, int row) {
    const F32x4 d = x - mean[row];
    return d * d;
  });
  const F32x4 inverses = F32x4::splat(1.0f) / sqrt(squares / count + F32x4::splat(norm_.epsilon));
  const F32x4 inverse[4] = {F32x4::splat(inverses[0]), F32x4::splat(inverses[1]),
                            F32x4::splat(inverses[2]), F32x4::splat(inverses[3])};
  const auto normal = [&](int row, int64_t i, F32x4 scale, F32x4 bias) {
    return fma((F32x4::load(in + row * step_ + i) - mean[row]) * inverse[row], scale, bias);
  };
  for (int64_t i = 0; i < whole_; i += 4) {
    const F32x4 scale = F32x4::load(norm_.scale + i);
    const F32x4 bias = norm_.bias ? F32x4::load(norm_.bias + i) : F32x4::zero();
    FOVEA_UNROLL for (int row = 0; row < 4; ++row) {
      normal(row, i, scale, bias).store(out + row * step_ + i);
    }
  }
  if (whole_ == count_) return;
  const F32x4 scale = F32x4::load(scale_), bias = F32x4::load(bias_);
  const I32x4 mask = I32x4::load(mask_);
  FOVEA_UNROLL for (int row = 0; row < 4; ++row) {
    select(mask, normal(row, whole_, scale, bias), F32x4::zero()).store(out + row * step_ + whole_);
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
  const int64_t step = count + norm.padding;
  pool.parallel_for(rows, kGrain / (count + 1) + 1, [&](int64_t begin, int64_t end) {
    int64_t row = begin;
    if constexpr (std::is_same_v<T, float>) {
      const FourRows four(norm, count);
      const int64_t last = FourRows::fit(norm, count) ? end : begin;
      for (; row + 4 <= last; row += 4) four.run(in + row * step, out + row * step);
    }
    for (; row < end; ++row) {
      const Moments<T> m = moments(in + row * step, count, norm.epsilon);
      layer_row(norm, m, in + row * step, out + row * step, count);
      std::fill_n(out + row * step + count, norm.padding, T{0});
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

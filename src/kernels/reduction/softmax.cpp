#include "kernels/reduction/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/reduction/softmax_row.h"
#include "simd/math.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;

constexpr int64_t kGrain = 4096;

// What to do with x - m: keep e^(x - m) and divide by the sum, or keep it and subtract the sum's
// logarithm.
enum class Form { Plain, Log };

// What is kept, without the sum. `total` grows by the exponentials.
template <Form kForm>
F32x4 start(const simd::ExpNonpositive& exp, F32x4 x, F32x4 m, F32x4& total) {
  const F32x4 shifted = x - m;
  const F32x4 exponential = exp(shifted);
  total += exponential;
  return kForm == Form::Plain ? exponential : shifted;
}

// What the sum contributes to every element.
template <Form kForm>
F32x4 norm_of(F32x4 sum) {
  return kForm == Form::Plain ? F32x4::splat(1.0f) / sum : simd::log(sum);
}

template <Form kForm>
F32x4 finish(F32x4 kept, F32x4 norm) {
  return kForm == Form::Plain ? kept * norm : kept - norm;
}

// A contiguous line: lanes are neighbours.
template <Form kForm>
void row(const float* in, float* out, int64_t count) {
  const F32x4 m = F32x4::splat(max_of_row(in, count));
  const simd::ExpNonpositive exp;
  F32x4 total = F32x4::zero(), single = F32x4::zero();
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) start<kForm>(exp, F32x4::load(in + i), m, total).store(out + i);
  for (; i < count; ++i) out[i] = start<kForm>(exp, F32x4::load_splat(in + i), m, single)[0];
  const F32x4 norm = norm_of<kForm>(F32x4::splat(simd::sum(total)) + single);
  for (i = 0; i + 4 <= count; i += 4) finish<kForm>(F32x4::load(out + i), norm).store(out + i);
  for (; i < count; ++i) out[i] = finish<kForm>(F32x4::load_splat(out + i), norm)[0];
}

// Loads and stores of four lines side by side, or of one line in all lanes.
struct FourLines {
  static F32x4 load(const float* from) { return F32x4::load(from); }
  static void store(F32x4 value, float* to) { value.store(to); }
};
struct OneLine {
  static F32x4 load(const float* from) { return F32x4::load_splat(from); }
  static void store(F32x4 value, float* to) { *to = value[0]; }
};

// `stride` between the elements of a line.
template <Form kForm, class Lines>
void columns(const float* in, float* out, int64_t count, int64_t stride) {
  F32x4 m = F32x4::splat(-std::numeric_limits<float>::infinity());
  for (int64_t i = 0; i < count; ++i) m = simd::pmax(m, Lines::load(in + i * stride));
  const simd::ExpNonpositive exp;
  F32x4 total = F32x4::zero();
  for (int64_t i = 0; i < count; ++i) {
    Lines::store(start<kForm>(exp, Lines::load(in + i * stride), m, total), out + i * stride);
  }
  const F32x4 norm = norm_of<kForm>(total);
  for (int64_t i = 0; i < count; ++i) {
    float* at = out + i * stride;
    Lines::store(finish<kForm>(Lines::load(at), norm), at);
  }
}

template <Form kForm>
void run(const float* in, float* out, int64_t outer, int64_t count, int64_t inner,
         ThreadPool& pool) {
  if (inner == 1) {
    pool.parallel_for(outer, kGrain / (count + 1) + 1, [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) row<kForm>(in + o * count, out + o * count, count);
    });
    return;
  }
  const int64_t groups = (inner + 3) / 4;
  pool.parallel_for(outer * groups, kGrain / (4 * count + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i % groups * 4, last = std::min(first + 4, inner);
      const int64_t image = i / groups * count * inner;
      if (last - first == 4) {
        columns<kForm, FourLines>(in + image + first, out + image + first, count, inner);
        continue;
      }
      for (int64_t line = image + first; line < image + last; ++line) {
        columns<kForm, OneLine>(in + line, out + line, count, inner);
      }
    }
  });
}

// The same in double, which is too rare for vectors.
template <Form kForm>
void run(const double* in, double* out, int64_t outer, int64_t count, int64_t inner,
         ThreadPool& pool) {
  pool.parallel_for(outer * inner, kGrain / (count + 1) + 1, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t first = line / inner * count * inner + line % inner;
      double m = -std::numeric_limits<double>::infinity(), sum = 0;
      for (int64_t i = 0; i < count; ++i) m = std::max(m, in[first + i * inner]);
      for (int64_t i = 0; i < count; ++i) sum += std::exp(in[first + i * inner] - m);
      for (int64_t i = 0; i < count; ++i) {
        const int64_t at = first + i * inner;
        out[at] = kForm == Form::Plain ? std::exp(in[at] - m) / sum : in[at] - m - std::log(sum);
      }
    }
  });
}

// The largest of `count` elements, in vectors where they are neighbours.
template <class T>
T largest(const T* from, int64_t count, int64_t stride) {
  T most = *from;
  int64_t i = 0;
  if constexpr (std::is_same_v<T, float>) {
    if (stride == 1) {
      F32x4 lanes = F32x4::splat(most);
      for (; i + 4 <= count; i += 4) lanes = simd::pmax(lanes, F32x4::load(from + i));
      for (int lane = 0; lane < 4; ++lane) most = most < lanes[lane] ? lanes[lane] : most;
    }
  }
  for (; i < count; ++i) most = most < from[i * stride] ? from[i * stride] : most;
  return most;
}

template <class T>
void run_hardmax(const T* in, T* out, int64_t outer, int64_t count, int64_t inner,
                 ThreadPool& pool) {
  if (count == 0) return;
  pool.parallel_for(outer * inner, kGrain / count + 1, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const int64_t first = line / inner * count * inner + line % inner;
      const T* from = in + first;
      const T most = largest(from, count, inner);
      int64_t at = 0;
      // Nothing is equal to NaN: it stays with the first.
      while (most == most && from[at * inner] != most) ++at;
      for (int64_t i = 0; i < count; ++i) out[first + i * inner] = 0;
      out[first + at * inner] = 1;
    }
  });
}

}  // namespace

void hardmax(const float* in, float* out, int64_t outer, int64_t count, int64_t inner,
             ThreadPool& pool) noexcept {
  run_hardmax(in, out, outer, count, inner, pool);
}

void hardmax(const double* in, double* out, int64_t outer, int64_t count, int64_t inner,
             ThreadPool& pool) noexcept {
  run_hardmax(in, out, outer, count, inner, pool);
}

void softmax(const float* in, float* out, int64_t outer, int64_t count, int64_t inner,
             ThreadPool& pool) noexcept {
  run<Form::Plain>(in, out, outer, count, inner, pool);
}

void log_softmax(const float* in, float* out, int64_t outer, int64_t count, int64_t inner,
                 ThreadPool& pool) noexcept {
  run<Form::Log>(in, out, outer, count, inner, pool);
}

void softmax(const double* in, double* out, int64_t outer, int64_t count, int64_t inner,
             ThreadPool& pool) noexcept {
  run<Form::Plain>(in, out, outer, count, inner, pool);
}

void log_softmax(const double* in, double* out, int64_t outer, int64_t count, int64_t inner,
                 ThreadPool& pool) noexcept {
  run<Form::Log>(in, out, outer, count, inner, pool);
}

}  // namespace fovea::kernels

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

// What is kept until the sum is known: e^(x - m), which is divided by it, or x - m, from which its
// logarithm is subtracted. `total` grows by the exponentials.
template <Softmax kKind>
F32x4 start(const simd::ExpNonpositive& exp, F32x4 x, F32x4 m, F32x4& total) {
  const F32x4 shifted = x - m;
  const F32x4 exponential = exp(shifted);
  total += exponential;
  return kKind == Softmax::Plain ? exponential : shifted;
}

// What the sum contributes to every element.
template <Softmax kKind>
F32x4 norm_of(F32x4 sum) {
  return kKind == Softmax::Plain ? F32x4::splat(1.0f) / sum : simd::log(sum);
}

template <Softmax kKind>
F32x4 finish(F32x4 kept, F32x4 norm) {
  return kKind == Softmax::Plain ? kept * norm : kept - norm;
}

// A contiguous line: lanes are neighbours.
template <Softmax kKind>
void row(const float* in, float* out, int64_t count) {
  const simd::ExpNonpositive exp;
  const F32x4 m = F32x4::splat(max_of_row(in, count));
  F32x4 total = F32x4::zero(), single = F32x4::zero();
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) start<kKind>(exp, F32x4::load(in + i), m, total).store(out + i);
  for (; i < count; ++i) out[i] = start<kKind>(exp, F32x4::load_splat(in + i), m, single)[0];
  const F32x4 norm = norm_of<kKind>(F32x4::splat(simd::sum(total)) + single);
  for (i = 0; i + 4 <= count; i += 4) finish<kKind>(F32x4::load(out + i), norm).store(out + i);
  for (; i < count; ++i) out[i] = finish<kKind>(F32x4::load_splat(out + i), norm)[0];
}

// Four lines side by side, in place; `stride` between the elements of a line.
template <Softmax kKind>
void columns(float* data, int64_t count, int64_t stride) {
  const simd::ExpNonpositive exp;
  F32x4 m = F32x4::splat(-std::numeric_limits<float>::infinity());
  for (int64_t i = 0; i < count; ++i) m = simd::pmax(m, F32x4::load(data + i * stride));
  F32x4 total = F32x4::zero();
  for (int64_t i = 0; i < count; ++i) {
    float* at = data + i * stride;
    start<kKind>(exp, F32x4::load(at), m, total).store(at);
  }
  const F32x4 norm = norm_of<kKind>(total);
  for (int64_t i = 0; i < count; ++i) {
    float* at = data + i * stride;
    finish<kKind>(F32x4::load(at), norm).store(at);
  }
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
void hardmax(const T* in, T* out, int64_t count, int64_t stride) {
  const T most = largest(in, count, stride);
  int64_t at = 0;
  // Nothing is equal to NaN: it stays with the first.
  while (most == most && in[at * stride] != most) ++at;
  for (int64_t i = 0; i < count; ++i) out[i * stride] = 0;
  out[at * stride] = 1;
}

void contiguous_lines(Softmax kind, const SoftmaxShape& shape, const float* in, float* out,
                      int64_t lines) {
  const int64_t count = shape.count, step = count + shape.padding;
  for (int64_t line = 0; line < lines; ++line, in += step, out += step) {
    if (kind == Softmax::Plain) row<Softmax::Plain>(in, out, count);
    if (kind == Softmax::Log) row<Softmax::Log>(in, out, count);
    if (kind == Softmax::Hard) hardmax(in, out, count, 1);
    std::fill_n(out + count, shape.padding, 0.0f);
  }
}

// `width` lines side by side, `stride` between the elements of each. What is between the last one
// and a whole vector is computed, too.
void lines_side_by_side(Softmax kind, float* data, int64_t count, int64_t width, int64_t stride) {
  for (int64_t line = 0; line < width; line += 4) {
    float* at = data + line;
    if (kind == Softmax::Plain) columns<Softmax::Plain>(at, count, stride);
    if (kind == Softmax::Log) columns<Softmax::Log>(at, count, stride);
    for (int lane = 0; kind == Softmax::Hard && lane < 4; ++lane) {
      hardmax(at + lane, at + lane, count, stride);
    }
  }
}

void copy_row(const float* from, float* to, int64_t count) {
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) F32x4::load(from + i).store(to + i);
  for (; i < count; ++i) to[i] = from[i];
}

// How many lines are taken together where they lie side by side. Their elements may be so far apart
// that all fall into the same few places of a cache: a strip of them is copied to where they do
// not, and stays in the first-level cache.
int64_t strip_width(const SoftmaxShape& shape) {
  constexpr int64_t kStrip = 4096, kCacheLine = 16;  // floats
  const int64_t fitting = kStrip / shape.count / kCacheLine * kCacheLine;
  return std::min(std::max(fitting, kCacheLine), (shape.inner + 3) / 4 * 4);
}

int64_t strip_count(const SoftmaxShape& shape) {
  const int64_t width = strip_width(shape);
  return shape.outer * ((shape.inner + width - 1) / width);
}

void strip(Softmax kind, const SoftmaxShape& shape, int64_t index, const float* in, float* out,
           float* scratch) {
  const int64_t width = strip_width(shape), in_image = strip_count(shape) / shape.outer;
  const int64_t first = index % in_image * width, used = std::min(width, shape.inner - first);
  const int64_t from = index / in_image * shape.count * shape.inner + first;
  for (int64_t i = 0; i < shape.count; ++i) {
    copy_row(in + from + i * shape.inner, scratch + i * width, used);
    std::fill(scratch + i * width + used, scratch + i * width + (used + 3) / 4 * 4, 0.0f);
  }
  lines_side_by_side(kind, scratch, shape.count, used, width);
  for (int64_t i = 0; i < shape.count; ++i) {
    copy_row(scratch + i * width, out + from + i * shape.inner, used);
  }
}

void line(Softmax kind, const double* in, double* out, int64_t count, int64_t stride) {
  if (kind == Softmax::Hard) return hardmax(in, out, count, stride);
  double m = -std::numeric_limits<double>::infinity(), sum = 0;
  for (int64_t i = 0; i < count; ++i) m = std::max(m, in[i * stride]);
  for (int64_t i = 0; i < count; ++i) sum += std::exp(in[i * stride] - m);
  for (int64_t i = 0; i < count; ++i) {
    const double x = in[i * stride] - m;
    out[i * stride] = kind == Softmax::Plain ? std::exp(x) / sum : x - std::log(sum);
  }
}

}  // namespace

int64_t softmax_scratch_floats(const SoftmaxShape& shape, int threads) noexcept {
  if (shape.inner <= 1 || shape.elements() == 0) return 0;
  return std::min<int64_t>(threads, strip_count(shape)) * strip_width(shape) * shape.count;
}

void softmax(Softmax kind, const SoftmaxShape& shape, const float* in, float* out, float* scratch,
             ThreadPool& pool) noexcept {
  if (shape.elements() == 0) return;
  if (shape.inner == 1) {
    const int64_t step = shape.count + shape.padding;
    pool.parallel_for(shape.outer, kGrain / step + 1, [&](int64_t begin, int64_t end) {
      contiguous_lines(kind, shape, in + begin * step, out + begin * step, end - begin);
    });
    return;
  }
  const int64_t strips = strip_count(shape), size = strip_width(shape) * shape.count;
  pool.parallel_for(strips, kGrain / size + 1, [&](int64_t begin, int64_t end, int worker) {
    // Of fewer strips than threads, each has a place.
    float* place = scratch + (strips < pool.size() ? begin : worker) * size;
    for (int64_t i = begin; i < end; ++i) strip(kind, shape, i, in, out, place);
  });
}

void softmax(Softmax kind, const SoftmaxShape& shape, const double* in, double* out,
             ThreadPool& pool) noexcept {
  if (shape.elements() == 0) return;
  const int64_t count = shape.count, inner = shape.inner;
  pool.parallel_for(shape.outer * inner, kGrain / count + 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i / inner * count * inner + i % inner;
      line(kind, in + first, out + first, count, inner);
    }
  });
}

}  // namespace fovea::kernels

#include "kernels/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "simd/math.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;

constexpr int64_t kGrain = 4096;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// What to do with x - m: keep e^(x - m) and divide by the sum, or keep it and subtract the sum's
// logarithm.
enum class Form { Plain, Log };

template <Form kForm>
F32x4 finish(F32x4 kept, F32x4 sum) {
  return kForm == Form::Plain ? kept / sum : kept - simd::log(sum);
}

// Lanes beyond `count` are given a value that changes neither the maximum nor the sum.
F32x4 load_line(const float* from, int64_t count) {
  if (count >= 4) return F32x4::load(from);
  F32x4 out = F32x4::splat(-kInfinity);
  for (int64_t i = 0; i < count; ++i) out.v[i] = from[i];
  return out;
}

void store_line(F32x4 value, float* to, int64_t count) {
  value.store_partial(to, static_cast<int>(std::min<int64_t>(count, 4)));
}

// A contiguous line: lanes are neighbours.
template <Form kForm>
void row(const float* in, float* out, int64_t count) {
  F32x4 largest = F32x4::splat(-kInfinity);
  for (int64_t i = 0; i < count; i += 4) largest = max(largest, load_line(in + i, count - i));
  const F32x4 m = F32x4::splat(max_lane(largest));
  F32x4 total = F32x4::zero();
  for (int64_t i = 0; i < count; i += 4) {
    const F32x4 shifted = load_line(in + i, count - i) - m;
    const F32x4 exponential = exp(shifted);
    total += exponential;
    store_line(kForm == Form::Plain ? exponential : shifted, out + i, count - i);
  }
  const F32x4 sum = F32x4::splat(simd::sum(total));
  for (int64_t i = 0; i < count; i += 4) {
    store_line(finish<kForm>(load_line(out + i, count - i), sum), out + i, count - i);
  }
}

// Up to four lines side by side, `stride` between the elements of each.
template <Form kForm>
void columns(const float* in, float* out, int64_t count, int64_t stride, int64_t lines) {
  F32x4 m = F32x4::splat(-kInfinity);
  for (int64_t i = 0; i < count; ++i) m = max(m, load_line(in + i * stride, lines));
  F32x4 sum = F32x4::zero();
  for (int64_t i = 0; i < count; ++i) {
    const F32x4 shifted = load_line(in + i * stride, lines) - m;
    const F32x4 exponential = exp(shifted);
    sum += exponential;
    store_line(kForm == Form::Plain ? exponential : shifted, out + i * stride, lines);
  }
  for (int64_t i = 0; i < count; ++i) {
    float* at = out + i * stride;
    store_line(finish<kForm>(load_line(at, lines), sum), at, lines);
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
      const int64_t line = i % groups * 4;
      const int64_t offset = i / groups * count * inner + line;
      columns<kForm>(in + offset, out + offset, count, inner, inner - line);
    }
  });
}

}  // namespace

void softmax(const float* in, float* out, int64_t outer, int64_t count, int64_t inner,
             ThreadPool& pool) noexcept {
  run<Form::Plain>(in, out, outer, count, inner, pool);
}

void log_softmax(const float* in, float* out, int64_t outer, int64_t count, int64_t inner,
                 ThreadPool& pool) noexcept {
  run<Form::Log>(in, out, outer, count, inner, pool);
}

}  // namespace fovea::kernels

#include <algorithm>
#include <array>
#include <cstring>

#include "bench.h"
#include "simd/f32x4.h"
#include "simd/loops.h"

namespace fovea::bench {
namespace {

using simd::F32x4;

volatile float factor = 0.999f, summand = 0.001f, sink = 0;

// Each accumulator is a chain of its own; there must be as many as hide the instructions' latency,
// and no more than there are registers.
template <size_t Accumulators>
void multiply_add(int64_t count) {
  const F32x4 a = F32x4::splat(factor), b = F32x4::splat(summand);
  std::array<F32x4, Accumulators> sums;
  for (size_t i = 0; i < Accumulators; ++i) sums[i] = F32x4::splat(static_cast<float>(i));
  FOVEA_NO_UNROLL
  for (int64_t n = 0; n < count; ++n) {
    FOVEA_UNROLL
    for (size_t i = 0; i < Accumulators; ++i) sums[i] = fma(sums[i], a, b);
  }
  F32x4 total = F32x4::zero();
  for (const F32x4& x : sums) total += x;
  sink = sum(total);
}

template <size_t Accumulators>
double gflops_with() {
  constexpr int64_t kCount = 1'000'000;
  const double milliseconds = median_milliseconds([] { multiply_add<Accumulators>(kCount); });
  return 2.0 * 4 * Accumulators * kCount / (milliseconds * 1e6);
}

}  // namespace

double peak_gflops() {
  return std::max({gflops_with<8>(), gflops_with<10>(), gflops_with<12>(), gflops_with<13>()});
}

double copy_gigabytes_per_second() {
  constexpr size_t kBytes = size_t{64} << 20;
  const std::vector<char> from(kBytes, 1);
  std::vector<char> to(kBytes);
  const double milliseconds = median_milliseconds([&] {
    std::memcpy(to.data(), from.data(), kBytes);
    sink = to[kBytes / 2];
  });
  return 2.0 * kBytes / (milliseconds * 1e6);
}

}  // namespace fovea::bench

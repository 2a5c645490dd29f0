#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

#include "bench.h"

namespace fovea::bench {
namespace {

constexpr double kWarmUp = 200;  // milliseconds
constexpr double kSample = 5;    // at least, so that the clock's steps do not matter
constexpr int kSamples = 9;

double milliseconds_of(const Run& run, int64_t repetitions) {
  const auto begin = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < repetitions; ++i) run();
  const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - begin;
  return passed.count();
}

// Runs for a while; how long the last run took.
double warm_up(const Run& run) {
  double last = 0;
  for (double total = 0; total < kWarmUp; total += std::max(last, 1e-6)) {
    last = milliseconds_of(run, 1);
  }
  return last;
}

}  // namespace

double median_milliseconds(const Run& run) {
  const double once = std::max(warm_up(run), 1e-4);
  const auto repetitions = static_cast<int64_t>(std::ceil(kSample / once));
  std::vector<double> samples(kSamples);
  for (double& sample : samples) {
    sample = milliseconds_of(run, repetitions) / static_cast<double>(repetitions);
  }
  std::nth_element(samples.begin(), samples.begin() + kSamples / 2, samples.end());
  return samples[kSamples / 2];
}

Floats random_floats(int64_t count) {
  std::minstd_rand generator(1);
  Floats out(static_cast<size_t>(count));
  for (float& x : out) x = 2 * static_cast<float>(generator()) / 2147483647.0f - 1;
  return out;
}

ThreadPool& one_thread() {
  static ThreadPool pool(1);
  return pool;
}

}  // namespace fovea::bench

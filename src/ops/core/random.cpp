#include "ops/core/random.h"

#include <atomic>
#include <cmath>

#include "base/clock.h"

namespace fovea {
namespace {

// Neither the clock, which may tick slowly, nor the count of those before is enough by itself.
uint32_t any_seed() {
  static std::atomic<uint32_t> before = 0;
  const auto now = static_cast<uint64_t>(Clock::now().time_since_epoch().count());
  const uint64_t both = now + (uint64_t{before++} << 32);
  return static_cast<uint32_t>((both * 0x9E3779B97F4A7C15u) >> 32);
}

}  // namespace

Random::Random(std::optional<int64_t> seed)
    : engine_(seed ? static_cast<uint32_t>(*seed) : any_seed()) {}

double Random::uniform() {
  const uint32_t high = static_cast<uint32_t>(engine_()) >> 5;
  const uint32_t low = static_cast<uint32_t>(engine_()) >> 6;
  return (high * 0x1p26 + low) * 0x1p-53;
}

// Marsaglia's polar method: points in the unit circle.
double Random::normal() {
  if (spare_) {
    const double value = *spare_;
    spare_.reset();
    return value;
  }
  double x = 0, y = 0, square = 0;
  do {
    x = 2 * uniform() - 1;
    y = 2 * uniform() - 1;
    square = x * x + y * y;
  } while (square >= 1 || square == 0);
  const double factor = std::sqrt(-2 * std::log(square) / square);
  spare_ = factor * x;
  return factor * y;
}

}  // namespace fovea

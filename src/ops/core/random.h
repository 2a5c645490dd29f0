#pragma once

#include <cstdint>
#include <optional>
#include <random>

namespace fovea {

// Random numbers: the same for the same seed, as NumPy's RandomState makes them, and others for
// every object without one.
class Random {
 public:
  explicit Random(std::optional<int64_t> seed);
  // Its 624 words are copied by nobody.
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;

  // Uniform in [0, 1).
  double uniform();
  // Of mean 0 and deviation 1.
  double normal();

 private:
  std::mt19937 engine_;
  std::optional<double> spare_;
};

}  // namespace fovea

#pragma once

#include <cstdint>

namespace fovea {

// a / b rounded down, for b > 0.
constexpr int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

// The least multiple that is at least as large, of values >= 0.
constexpr int64_t round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

}  // namespace fovea

#pragma once

#include <algorithm>
#include <cstdint>

namespace fovea::kernels {

// Taps [begin, end) of a window.
struct Taps {
  int64_t begin = 0;
  int64_t end = 0;

  int64_t count() const { return end - begin; }
};

// Those taps of a window of `kernel` that fall into [0, size) when its first is at `first`.
inline Taps taps_inside(int64_t first, int64_t kernel, int64_t dilation, int64_t size) {
  const auto taps_before = [&](int64_t position) {
    return std::clamp<int64_t>((position - first + dilation - 1) / dilation, 0, kernel);
  };
  const int64_t begin = first >= 0 ? 0 : taps_before(0);
  return {begin, std::max(begin, first >= size ? 0 : taps_before(size))};
}

}  // namespace fovea::kernels

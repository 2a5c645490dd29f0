#pragma once

#include <algorithm>
#include <cstdint>

namespace fovea::kernels {

// Taps [begin, end) of a window, or outputs [begin, end) of a row of them.
struct Taps {
  int64_t begin = 0;
  int64_t end = 0;

  int64_t count() const { return end - begin; }
};

// Those taps of a window of `kernel` that fall into [0, size) when its first is at `first`.
inline Taps taps_inside(int64_t first, int64_t kernel, int64_t dilation, int64_t size) {
  // Mostly it is all of them; divisions take longer than many a window.
  if (first >= 0 && first + (kernel - 1) * dilation < size) return {0, kernel};
  const auto taps_before = [&](int64_t position) {
    return std::clamp<int64_t>((position - first + dilation - 1) / dilation, 0, kernel);
  };
  const int64_t begin = first >= 0 ? 0 : taps_before(0);
  return {begin, std::max(begin, first >= size ? 0 : taps_before(size))};
}

// Those of `outputs` windows `stride` apart that lie wholly in [0, size) when the first begins at
// `first`.
inline Taps windows_inside(int64_t first, int64_t stride, int64_t outputs, int64_t kernel,
                           int64_t dilation, int64_t size) {
  const int64_t begin = std::min(std::max<int64_t>(stride - 1 - first, 0) / stride, outputs);
  const int64_t room = size - first - (kernel - 1) * dilation;
  const int64_t end = room > 0 ? std::min((room + stride - 1) / stride, outputs) : 0;
  return {begin, std::max(begin, end)};
}

}  // namespace fovea::kernels

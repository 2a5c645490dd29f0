#pragma once

#include <cstdint>
#include <vector>

#include "kernels/resize/resize_axis.h"

namespace fovea::image {

// A plane of floats at its own size, which gives rows at another: Keys' bicubic with a = -1/2,
// half-pixel centres, weights renormalised at the borders, widened when it shrinks. That is
// Pillow's BICUBIC, here without rounding between its two passes.
class BicubicPlane {
 public:
  // `plane` is [height][width]; all sizes >= 1.
  BicubicPlane(std::vector<float> plane, int64_t width, int64_t height, int64_t out_width,
               int64_t out_height);

  int64_t out_width() const { return columns_.out; }
  int64_t out_height() const { return rows_.out; }
  // Floats that row() needs for itself.
  int64_t scratch_size() const { return columns_.in; }

  // Columns [x, x + count) of output row y.
  void row(int64_t x, int64_t y, int64_t count, float* scratch, float* out) const noexcept;

 private:
  std::vector<float> plane_;
  kernels::AxisFilter columns_;
  kernels::AxisFilter rows_;
};

}  // namespace fovea::image

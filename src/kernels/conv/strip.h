#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/conv/conv.h"

// The part of an image under a few rows of output, with zeros where the convolution reaches beyond
// it, so that the kernels have no borders.
namespace fovea::kernels {

struct StripPlan {
  int64_t pitch = 0;        // floats per pixel of the strip
  int64_t width = 0;        // pixels per row of the strip
  int64_t output_rows = 1;  // rows of output that one strip serves, at most
  bool in_place = false;    // no position lies outside: the image itself is the strip

  // Rows of the strip under `rows` rows of output.
  static int64_t rows_under(const ConvShape& shape, int64_t rows) {
    return (rows - 1) * shape.stride_h + (shape.kernel_h - 1) * shape.dilation_h + 1;
  }
  // Floats of scratch; a few more than the strip, as pixels are copied in whole vectors. At most
  // 2^52, which no memory has: a large dilation may span more than int64 counts.
  int64_t scratch_size(const ConvShape& shape) const {
    if (in_place) return 0;
    const double size = static_cast<double>(rows_under(shape, output_rows)) *
                        static_cast<double>(width) * static_cast<double>(pitch);
    return static_cast<int64_t>(std::min(size, 0x1p52)) + kLanes;
  }
};

// `pitch` is the floats of a pixel that the kernel wants, from group_inputs() up to
// padded_channels(group_inputs()).
StripPlan plan_strip(const ConvShape& shape, int64_t pitch) noexcept;

struct Strip {
  const float* data = nullptr;  // under the first pixel of the output
  int64_t pixel_step = 0;
  int64_t row_step = 0;
};

// The strip under output rows [y, y + rows) of an image, for one group; rows <= plan.output_rows.
// `image` is the image's first pixel.
Strip gather_strip(const ConvShape& shape, const StripPlan& plan, const float* image, int64_t group,
                   int64_t y, int64_t rows, float* scratch) noexcept;

// The strip under one output row with its rows interleaved: [x][kernel_h][in_channels], so that all
// taps of a pixel are one stretch of memory. For groups == 1.
struct ColumnPlan {
  int64_t pitch = 0;  // floats per column of the strip: kernel_h * in_channels
  int64_t width = 0;

  int64_t scratch_size() const { return pitch * width; }
};

ColumnPlan plan_columns(const ConvShape& shape) noexcept;

Strip gather_columns(const ConvShape& shape, const ColumnPlan& plan, const float* image, int64_t y,
                     float* scratch) noexcept;

}  // namespace fovea::kernels

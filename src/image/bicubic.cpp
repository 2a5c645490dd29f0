#include "image/bicubic.h"

#include <utility>

#include "kernels/resize/resize.h"

namespace fovea::image {
namespace {

kernels::AxisFilter bicubic_filter(int64_t in, int64_t out) {
  const kernels::ResizeMethod method = {.interpolation = kernels::Interpolation::Cubic,
                                        .coordinates = kernels::CoordinateMode::HalfPixel,
                                        .cubic_a = -0.5f,
                                        .antialias = true,
                                        .exclude_outside = true};
  return kernels::make_axis_filter(
      method, {.in = in, .out = out, .ratio = kernels::LengthRatio{.to = out, .from = in}});
}

}  // namespace

BicubicPlane::BicubicPlane(std::vector<float> plane, int64_t width, int64_t height,
                           int64_t out_width, int64_t out_height)
    : plane_(std::move(plane)),
      columns_(bicubic_filter(width, out_width).padded_to_vectors()),
      rows_(bicubic_filter(height, out_height)) {}

void BicubicPlane::row(int64_t x, int64_t y, int64_t count, float* scratch,
                       float* out) const noexcept {
  if (count <= 0) return;
  // Windows move to the right only, so those of the first and the last column bound the rest.
  const int64_t begin = columns_.first[static_cast<size_t>(x)];
  const int64_t end = columns_.first[static_cast<size_t>(x + count - 1)] + columns_.taps;
  const int64_t first_row = rows_.first[static_cast<size_t>(y)];
  kernels::combine_rows(&rows_.weights[static_cast<size_t>(y * rows_.taps)], rows_.taps,
                        plane_.data() + first_row * columns_.in + begin, columns_.in, end - begin,
                        scratch + begin);
  kernels::resample_row(columns_, x, x + count, scratch, out);
}

}  // namespace fovea::image

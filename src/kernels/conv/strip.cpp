#include "kernels/conv/strip.h"

#include <algorithm>

#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;

// A strip stays in the second-level cache while every panel of weights passes over it.
constexpr int64_t kStripFloats = 48 * 1024;
constexpr int64_t kMaxOutputRows = 16;

int64_t reach(int64_t outputs, int64_t stride, int64_t kernel, int64_t dilation) {
  return (outputs - 1) * stride + (kernel - 1) * dilation;
}

bool stays_inside(const ConvShape& shape) {
  return shape.pad_top <= 0 && shape.pad_left <= 0 &&
         reach(shape.out_h, shape.stride_h, shape.kernel_h, shape.dilation_h) - shape.pad_top <
             shape.in_h &&
         reach(shape.out_w, shape.stride_w, shape.kernel_w, shape.dilation_w) - shape.pad_left <
             shape.in_w;
}

// Copies `count` pixels' channels. Whole vectors spill into the next pixel, which is written after;
// `spill` tells whether the source may be read that far.
void copy_pixels(const float* from, int64_t from_step, int64_t channels, int64_t count, bool spill,
                 float* to, int64_t to_step) noexcept {
  if (spill && from_step == to_step) {
    std::copy_n(from, count * from_step, to);
    return;
  }
  for (int64_t i = 0; i < count; ++i, from += from_step, to += to_step) {
    int64_t c = 0;
    for (; c + kLanes <= channels; c += kLanes) F32x4::load(from + c).store(to + c);
    if (c == channels) continue;
    if (spill) {
      F32x4::load(from + c).store(to + c);
    } else {
      for (; c < channels; ++c) to[c] = from[c];
      for (; c < to_step; ++c) to[c] = 0.0f;
    }
  }
}

}  // namespace

StripPlan plan_strip(const ConvShape& shape, int64_t pitch) noexcept {
  StripPlan plan;
  plan.pitch = pitch;
  plan.width = reach(shape.out_w, shape.stride_w, shape.kernel_w, shape.dilation_w) + 1;
  const bool dense = pitch == padded_channels(shape.in_channels) || shape.kernel_w == 1;
  plan.in_place = shape.groups == 1 && dense && stays_inside(shape);
  if (plan.in_place) plan.pitch = padded_channels(shape.in_channels);

  const int64_t row = std::min(plan.width, kStripFloats) * plan.pitch;
  const int64_t rows = kStripFloats / std::max<int64_t>(row, 1);
  const int64_t spare = rows - StripPlan::rows_under(shape, 1);
  plan.output_rows = spare <= 0 ? 1 : std::min(spare / shape.stride_h + 1, kMaxOutputRows);
  return plan;
}

Strip gather_strip(const ConvShape& shape, const StripPlan& plan, const float* image, int64_t group,
                   int64_t y, int64_t rows, float* scratch) noexcept {
  const int64_t pixel = padded_channels(shape.in_channels), row_size = shape.in_w * pixel;
  const int64_t first_y = y * shape.stride_h - shape.pad_top, first_x = -shape.pad_left;
  if (plan.in_place) return {image + first_y * row_size + first_x * pixel, pixel, row_size};

  const int64_t channel = group * shape.group_inputs();
  const bool spill = channel + padded_channels(shape.group_inputs()) <= pixel &&
                     (shape.groups == 1 || plan.pitch == shape.group_inputs());
  // Pixels of a row before, inside and after the image.
  const int64_t before = std::clamp<int64_t>(-first_x, 0, plan.width);
  const int64_t inside = std::clamp(shape.in_w - first_x, before, plan.width) - before;
  const int64_t after = plan.width - before - inside;

  const int64_t strip_rows = StripPlan::rows_under(shape, rows), step = plan.width * plan.pitch;
  for (int64_t r = 0; r < strip_rows; ++r) {
    float* to = scratch + r * step;
    const int64_t from_y = first_y + r;
    if (from_y < 0 || from_y >= shape.in_h) {
      std::fill_n(to, step, 0.0f);
      continue;
    }
    const float* from = image + from_y * row_size + (first_x + before) * pixel + channel;
    std::fill_n(to, before * plan.pitch, 0.0f);
    copy_pixels(from, pixel, shape.group_inputs(), inside, spill, to + before * plan.pitch,
                plan.pitch);
    std::fill_n(to + (before + inside) * plan.pitch, after * plan.pitch, 0.0f);
  }
  return {scratch, plan.pitch, step};
}

ColumnPlan plan_columns(const ConvShape& shape) noexcept {
  return {shape.kernel_h * shape.in_channels,
          reach(shape.out_w, shape.stride_w, shape.kernel_w, shape.dilation_w) + 1};
}

Strip gather_columns(const ConvShape& shape, const ColumnPlan& plan, const float* image, int64_t y,
                     float* scratch) noexcept {
  const int64_t channels = shape.in_channels, pixel = padded_channels(channels);
  const int64_t first_x = -shape.pad_left;
  const int64_t begin = std::clamp<int64_t>(-first_x, 0, plan.width);
  const int64_t end = std::clamp(shape.in_w - first_x, begin, plan.width);
  for (int64_t ky = 0; ky < shape.kernel_h; ++ky) {
    const int64_t from_y = y * shape.stride_h + ky * shape.dilation_h - shape.pad_top;
    const bool inside = from_y >= 0 && from_y < shape.in_h;
    const float* row = inside ? image + (from_y * shape.in_w + first_x) * pixel : nullptr;
    for (int64_t c = 0; c < channels; ++c) {
      float* to = scratch + ky * channels + c;
      for (int64_t x = 0; x < (inside ? begin : plan.width); ++x) to[x * plan.pitch] = 0.0f;
      for (int64_t x = begin; inside && x < end; ++x) to[x * plan.pitch] = row[x * pixel + c];
      for (int64_t x = end; inside && x < plan.width; ++x) to[x * plan.pitch] = 0.0f;
    }
  }
  return {scratch, plan.pitch, 0};
}

}  // namespace fovea::kernels

#include "image/resample.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "base/integers.h"
#include "image/alpha.h"
#include "image/rgba.h"
#include "image/transfer.h"
#include "kernels/resize/resize.h"

namespace fovea::image {
namespace {

using simd::F32x4;

// What is summed: levels or light, and as much of it as shows. Where all pixels have the same alpha
// that is all of it.
class Summands {
 public:
  Summands(bool linear, std::optional<float> shared_alpha)
      : linear_(linear), shared_alpha_(shared_alpha) {
    for (int i = 0; i < 256; i += 4) {
      const F32x4 levels = to_f32(simd::I32x4::set(i, i + 1, i + 2, i + 3));
      to_light(levels).store(&light_of_bytes_[static_cast<size_t>(i)]);
    }
  }

  Rgba load(const ConstPixels& pixels, int64_t x, int64_t y) const {
    Rgba c = load_rgba(pixels, x, y);
    if (linear_ && pixels.deep) c = {to_light(c.r), to_light(c.g), to_light(c.b), c.a};
    if (linear_ && !pixels.deep) c = {light_of(c.r), light_of(c.g), light_of(c.b), c.a};
    if (shared_alpha_) return c;
    const F32x4 share = c.a * F32x4::splat(1.0f / 255);
    return {c.r * share, c.g * share, c.b * share, c.a};
  }

  void store(Rgba c, const Pixels& pixels, int64_t x, int64_t y) const {
    if (shared_alpha_) {
      c.a = F32x4::splat(*shared_alpha_);
    } else {
      // Where nothing shows there is no colour.
      const F32x4 whole = F32x4::splat(255) / c.a;
      const F32x4 share = select(c.a > F32x4::zero(), whole, F32x4::zero());
      c = {c.r * share, c.g * share, c.b * share, c.a};
    }
    if (linear_) c = {to_level(c.r), to_level(c.g), to_level(c.b), c.a};
    store_rgba(c, pixels, x, y);
  }

 private:
  F32x4 light_of(F32x4 bytes) const {
    const simd::I32x4 at = to_i32(bytes);
    const auto light = [&](int lane) { return light_of_bytes_[static_cast<size_t>(at[lane])]; };
    return F32x4::set(light(0), light(1), light(2), light(3));
  }

  bool linear_;
  std::optional<float> shared_alpha_;
  std::array<float, 256> light_of_bytes_;
};

// Outputs of one row of pixels of four floats.
void filter_columns(const kernels::AxisFilter& filter, const float* in, float* out) {
  const float* weights = filter.weights.data();
  for (int64_t x = 0; x < filter.out; ++x, weights += filter.taps) {
    const float* window = in + 4 * filter.first[static_cast<size_t>(x)];
    F32x4 sum = F32x4::load_splat(weights) * F32x4::load(window);
    for (int t = 1; t < filter.taps; ++t) {
      sum = fma(F32x4::load_splat(weights + t), F32x4::load(window + 4 * t), sum);
    }
    sum.store(out + 4 * x);
  }
}

// All pixels that a filter reads, of four floats.
class Source {
 public:
  Source(ConstPixels window, const Placement& placement, const PartFilter& filter,
         const Summands& summands, ThreadPool& pool)
      : filter_(filter), row_floats_(4 * filter.source.width) {
    const Rect& source = filter.source;
    const Rect known = known_source(filter, placement);
    const Rect from = relative_to(placement.window, known), to = relative_to(source, known);
    const ConstPixels pixels = window.crop(from.x, from.y, from.width, from.height);
    const int64_t bytes =
        saturating_product(row_floats_ * static_cast<int64_t>(sizeof(float)), source.height);
    floats_ = std::make_unique_for_overwrite<float[]>(checked_size(static_cast<uint64_t>(bytes)) /
                                                      sizeof(float));
    for_rows(source.width, source.height, pool, [&](int64_t begin, int64_t end) {
      for (int64_t y = begin; y < end; ++y) {
        load_row(pixels, std::clamp<int64_t>(y - to.y, 0, to.height - 1), to, summands,
                 floats_.get() + y * row_floats_);
      }
    });
  }

  void filter_to(Pixels out, const Summands& summands, ThreadPool& pool) const {
    const kernels::AxisFilter& rows = filter_.rows;
    const int64_t worker_floats = row_floats_ + 4 * out.width;
    std::vector<float> scratch(static_cast<size_t>(worker_floats * pool.size()));
    for_rows(out.width, out.height, pool, [&](int64_t begin, int64_t end, int worker) {
      float* row = scratch.data() + worker * worker_floats;
      float* made = row + row_floats_;
      for (int64_t y = begin; y < end; ++y) {
        kernels::combine_rows(&rows.weights[static_cast<size_t>(y * rows.taps)], rows.taps,
                              floats_.get() + rows.first[static_cast<size_t>(y)] * row_floats_,
                              row_floats_, row_floats_, row);
        filter_columns(filter_.columns, row, made);
        for (int64_t x = 0; x < out.width; x += 4) {
          summands.store(load_four(made + 4 * x, out.width - x), out, x, y);
        }
      }
    });
  }

 private:
  // Row y of the pixels, to their place in a row; what is around them goes on as they end.
  void load_row(const ConstPixels& pixels, int64_t y, const Rect& place, const Summands& summands,
                float* out) const {
    float* inside = out + 4 * place.x;
    for (int64_t x = 0; x < pixels.width; x += 4) {
      store_four(summands.load(pixels, x, y), inside + 4 * x, pixels.width - x);
    }
    const F32x4 first = F32x4::load(inside), last = F32x4::load(inside + 4 * (pixels.width - 1));
    for (float* to = out; to < inside; to += 4) first.store(to);
    for (float* to = inside + 4 * pixels.width; to < out + row_floats_; to += 4) last.store(to);
  }

  const PartFilter& filter_;
  int64_t row_floats_;
  std::unique_ptr<float[]> floats_;
};

// Pixels as they are.
void copy_nearest(ConstPixels window, const Rect& place, const PartFilter& filter, Pixels out,
                  ThreadPool& pool) {
  const Rect from = relative_to(place, filter.source);
  const auto position = [](int64_t from_begin, int32_t first, int64_t size) {
    return std::clamp<int64_t>(from_begin + first, 0, size - 1);
  };
  for_rows(out.width, out.height, pool, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      const int64_t row =
          position(from.y, filter.rows.first[static_cast<size_t>(y)], window.height);
      for (int64_t x = 0; x < out.width; ++x) {
        const int32_t first = filter.columns.first[static_cast<size_t>(x)];
        const std::byte* pixel = window.at(position(from.x, first, window.width), row);
        if (out.deep) {
          std::memcpy(out.at(x, y), pixel, 4 * sizeof(float));
        } else {
          std::memcpy(out.at(x, y), pixel, 4);
        }
      }
    }
  });
}

}  // namespace

void check_resampling(const ResampleSettings& settings, uint64_t pixel_bytes) {
  check_placement(settings.placement);
  check_pixels(settings.placement, settings.deep, pixel_bytes);
  check_part(settings.placement, settings.part);
}

void resample(const std::byte* window, const ResampleSettings& settings, std::byte* out,
              ThreadPool& pool) {
  const auto& [placement, part, kernel, linear, deep] = settings;
  const PartFilter filter = make_part_filter(kernel, placement, part, ColumnTaps::AsNeeded);
  const Rect& place = placement.window;
  const ConstPixels pixels = whole_pixels(window, place.width, place.height, deep);
  const Pixels made = whole_pixels(out, part.width, part.height, deep);
  if (kernel == Kernel::Nearest) {
    copy_nearest(pixels, place, filter, made, pool);
    return;
  }
  const Summands summands(linear, constant_alpha(pixels));
  Source(pixels, placement, filter, summands, pool).filter_to(made, summands, pool);
}

}  // namespace fovea::image

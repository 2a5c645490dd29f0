#include "image/resample.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/integers.h"
#include "image/alpha.h"
#include "image/rgba.h"
#include "image/transfer.h"
#include "kernels/resize/resize.h"

namespace fovea::image {
namespace {

using simd::F32x4;

// The light of every byte.
std::array<float, 256> light_of_bytes() {
  std::array<float, 256> light;
  for (int i = 0; i < 256; i += 4) {
    to_light(to_f32(simd::I32x4::set(i, i + 1, i + 2, i + 3)))
        .store(&light[static_cast<size_t>(i)]);
  }
  return light;
}

// What is summed: levels or light, and as much of it as shows.
template <class Component>
class Summands {
 public:
  Summands(const ResampleSettings& settings, std::optional<float> constant_alpha)
      : linear_(settings.linear), alpha_(constant_alpha) {
    if (linear_ && sizeof(Component) == 1) light_ = light_of_bytes();
  }

  Rgba load(const Component* from, int64_t count) const {
    Rgba c = load_rgba(from, count);
    if (linear_) c = {light(c.r), light(c.g), light(c.b), c.a};
    if (alpha_) return c;
    const F32x4 share = c.a * F32x4::splat(1.0f / 255);
    return {c.r * share, c.g * share, c.b * share, c.a};
  }

  void store(Rgba c, Component* to, int64_t count) const {
    if (alpha_) {
      c.a = F32x4::splat(*alpha_);
    } else {
      // Where nothing shows there is no colour.
      const F32x4 whole = F32x4::splat(255) / c.a;
      const F32x4 share = select(c.a > F32x4::zero(), whole, F32x4::zero());
      c = {c.r * share, c.g * share, c.b * share, c.a};
    }
    if (linear_) c = {to_level(c.r), to_level(c.g), to_level(c.b), c.a};
    store_rgba(c, to, count);
  }

 private:
  F32x4 light(F32x4 level) const {
    if constexpr (sizeof(Component) == 1) {
      const auto of = [&](int lane) { return light_[static_cast<size_t>(level[lane])]; };
      return F32x4::set(of(0), of(1), of(2), of(3));
    } else {
      return to_light(level);
    }
  }

  bool linear_;
  std::optional<float> alpha_;
  std::array<float, 256> light_ = {};
};

void store_four(Rgba c, float* to, int64_t count) {
  transpose4x4(c.r, c.g, c.b, c.a);
  const F32x4 pixels[] = {c.r, c.g, c.b, c.a};
  for (int64_t i = 0; i < std::min<int64_t>(count, 4); ++i) pixels[i].store(to + 4 * i);
}

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

// The pixels that a filter reads, of four floats, and what they are made into.
template <class Component>
class Resampling {
 public:
  Resampling(PixelsOf<const Component> window, const ResampleSettings& settings,
             const PartFilter& filter, ThreadPool& pool)
      : filter_(filter), summands_(settings, constant_alpha(window)), pool_(pool) {
    const Rect& source = filter.source;
    const Rect known = known_source(filter, settings.placement);
    const Rect from = relative_to(settings.placement.window, known);
    row_floats_ = 4 * source.width;
    checked_size(static_cast<uint64_t>(saturating_product(row_floats_ * 4, source.height)));
    floats_ =
        std::make_unique_for_overwrite<float[]>(static_cast<size_t>(row_floats_ * source.height));
    const int64_t left = known.x - source.x, right = source.right() - known.right();
    for_rows(source.width, source.height, pool, [&](int64_t begin, int64_t end) {
      for (int64_t y = begin; y < end; ++y) {
        const int64_t row = std::clamp<int64_t>(y + source.y - known.y, 0, known.height - 1);
        const Component* pixels = window.at(from.x, from.y + row);
        float* to = floats_.get() + y * row_floats_;
        float* inside = to + 4 * left;
        for (int64_t x = 0; x < known.width; x += 4) {
          store_four(summands_.load(pixels + 4 * x, known.width - x), inside + 4 * x,
                     known.width - x);
        }
        const F32x4 first = F32x4::load(inside), last = F32x4::load(inside + 4 * (known.width - 1));
        for (int64_t x = 0; x < left; ++x) first.store(to + 4 * x);
        for (int64_t x = 0; x < right; ++x) last.store(inside + 4 * (known.width + x));
      }
    });
  }

  void write(PixelsOf<Component> out) const {
    const kernels::AxisFilter& rows = filter_.rows;
    const int64_t worker_floats = row_floats_ + 4 * out.width;
    std::vector<float> scratch(static_cast<size_t>(worker_floats * pool_.size()));
    for_rows(out.width, out.height, pool_, [&](int64_t begin, int64_t end, int worker) {
      float* row = scratch.data() + worker * worker_floats;
      float* made = row + row_floats_;
      for (int64_t y = begin; y < end; ++y) {
        const auto at = static_cast<size_t>(y);
        kernels::combine_rows(&rows.weights[at * static_cast<size_t>(rows.taps)], rows.taps,
                              floats_.get() + rows.first[at] * row_floats_, row_floats_,
                              row_floats_, row);
        filter_columns(filter_.columns, row, made);
        for (int64_t x = 0; x < out.width; x += 4) {
          const int64_t count = out.width - x;
          summands_.store(load_rgba(made + 4 * x, count), out.at(x, y), count);
        }
      }
    });
  }

 private:
  const PartFilter& filter_;
  Summands<Component> summands_;
  ThreadPool& pool_;
  int64_t row_floats_ = 0;
  std::unique_ptr<float[]> floats_;
};

// Pixels as they are.
void select(const std::byte* pixels, const ResampleSettings& settings, const PartFilter& filter,
            std::byte* out, ThreadPool& pool) {
  const Rect& window = settings.placement.window;
  const Rect& part = settings.part;
  const size_t size = settings.deep ? 4 * sizeof(float) : 4;
  const Rect from = relative_to(window, filter.source);
  for_rows(part.width, part.height, pool, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      const int64_t row = std::clamp<int64_t>(from.y + filter.rows.first[static_cast<size_t>(y)], 0,
                                              window.height - 1);
      std::byte* to = out + static_cast<size_t>(y * part.width) * size;
      for (int64_t x = 0; x < part.width; ++x, to += size) {
        const int64_t column = std::clamp<int64_t>(
            from.x + filter.columns.first[static_cast<size_t>(x)], 0, window.width - 1);
        std::memcpy(to, pixels + static_cast<size_t>(row * window.width + column) * size, size);
      }
    }
  });
}

template <class Component>
void resample_components(const std::byte* window, const ResampleSettings& settings,
                         const PartFilter& filter, std::byte* out, ThreadPool& pool) {
  const auto& [x, y, width, height] = settings.placement.window;
  const auto pixels = whole_pixels(reinterpret_cast<const Component*>(window), width, height);
  Resampling<Component>(pixels, settings, filter, pool)
      .write(whole_pixels(reinterpret_cast<Component*>(out), settings.part.width,
                          settings.part.height));
}

}  // namespace

void check_resampling(const ResampleSettings& settings, uint64_t pixel_bytes) {
  const auto& [placement, part, kernel, linear, deep] = settings;
  check_placement(placement);
  const Rect& window = placement.window;
  if (pixel_bytes != rgba_bytes(window.width, window.height, deep)) {
    fail(ErrorCode::InvalidInput, window.width, " x ", window.height, " pixels do not have ",
         pixel_bytes, " bytes");
  }
  if (part.is_empty() || !contains({0, 0, placement.out_width, placement.out_height}, part)) {
    fail(ErrorCode::InvalidInput, "the ", part.width, " x ", part.height, " pixels at (", part.x,
         ", ", part.y, ") are no part of a picture of ", placement.out_width, " x ",
         placement.out_height);
  }
}

void resample(const std::byte* window, const ResampleSettings& settings, std::byte* out,
              ThreadPool& pool) {
  const PartFilter filter =
      make_part_filter(settings.kernel, settings.placement, settings.part, ColumnTaps::AsNeeded);
  if (settings.kernel == Kernel::Nearest) {
    select(window, settings, filter, out, pool);
  } else if (settings.deep) {
    resample_components<float>(window, settings, filter, out, pool);
  } else {
    resample_components<uint8_t>(window, settings, filter, out, pool);
  }
}

}  // namespace fovea::image

#include "image/alpha.h"

#include "image/border.h"
#include "image/rgba.h"

namespace fovea::image {

std::optional<float> constant_alpha(ConstPixels pixels) noexcept {
  if (pixels.width == 0 || pixels.height == 0) return std::nullopt;
  const float shared = load_rgba(pixels, 0, 0).a[0];
  for (int64_t y = 0; y < pixels.height; ++y) {
    for (int64_t x = 0; x < pixels.width; x += 4) {
      const int64_t count = pixels.width - x;
      const int beyond = count < 4 ? 15 << count : 0;
      const simd::I32x4 same = load_rgba(pixels, x, y).a == simd::F32x4::splat(shared);
      if (((bitmask(same) | beyond) & 15) != 15) return std::nullopt;
    }
  }
  return shared;
}

std::vector<float> alpha_of(ConstPixels window, const Placement& placement,
                            const PartFilter& filter) {
  const Rect& source = filter.source;
  const Rect known = known_source(filter, placement);
  const Rect from = relative_to(placement.window, known), to = relative_to(source, known);
  const ConstPixels pixels = window.crop(from.x, from.y, from.width, from.height);
  std::vector<float> alpha(static_cast<size_t>(source.width * source.height));
  const Planes plane = whole_planes(alpha.data(), source.width, source.height);
  for (int64_t y = 0; y < to.height; ++y) {
    float* row = plane.row(0, to.y + y) + to.x;
    for (int64_t x = 0; x < to.width; x += 4) {
      store_floats(load_rgba(pixels, x, y).a, row + x, to.width - x);
    }
  }
  extend_edges(plane, 1, source.width, source.height, to, to, Border::Replicate);
  return alpha;
}

void merge_alpha(const std::vector<float>& alpha, const PartFilter& filter, Pixels pixels,
                 ThreadPool& pool) {
  const int64_t width = pixels.width;
  const int64_t worker_floats = width + filter.source.width;
  std::vector<float> scratch(static_cast<size_t>(worker_floats * pool.size()));
  for_rows(width, pixels.height, pool, [&](int64_t begin, int64_t end, int worker) {
    float* values = scratch.data() + worker * worker_floats;
    for (int64_t y = begin; y < end; ++y) {
      filter_row(filter, alpha.data(), y, values + width, values);
      for (int64_t x = 0; x < width; x += 4) {
        Rgba c = load_rgba(pixels, x, y);
        c.a = load_floats(values + x, width - x);
        store_rgba(c, pixels, x, y);
      }
    }
  });
}

}  // namespace fovea::image

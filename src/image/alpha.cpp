#include "image/alpha.h"

#include "image/border.h"
#include "image/rgba.h"

namespace fovea::image {
namespace {

constexpr int kAlpha = 3;

template <class Component>
std::optional<float> shared_alpha(PixelsOf<const Component> pixels) noexcept {
  if (pixels.width == 0 || pixels.height == 0) return std::nullopt;
  const Component first = pixels.data[kAlpha];
  for (int64_t y = 0; y < pixels.height; ++y) {
    for (int64_t x = 0; x < pixels.width; ++x) {
      if (pixels.at(x, y)[kAlpha] != first) return std::nullopt;
    }
  }
  return static_cast<float>(first);
}

template <class Component>
std::vector<float> alpha_plane(PixelsOf<const Component> window, const Placement& placement,
                               const PartFilter& filter) {
  const Rect& source = filter.source;
  const Rect known = known_source(filter, placement);
  const Rect from = relative_to(placement.window, known), to = relative_to(source, known);
  std::vector<float> alpha(static_cast<size_t>(source.width * source.height));
  const Planes plane = whole_planes(alpha.data(), source.width, source.height);
  for (int64_t y = 0; y < to.height; ++y) {
    float* row = plane.row(0, to.y + y) + to.x;
    for (int64_t x = 0; x < to.width; ++x) row[x] = window.at(from.x + x, from.y + y)[kAlpha];
  }
  extend_edges(plane, 1, source.width, source.height, to, to, Border::Replicate);
  return alpha;
}

template <class Component>
void merge(const std::vector<float>& alpha, const PartFilter& filter, PixelsOf<Component> pixels,
           ThreadPool& pool) {
  const int64_t width = pixels.width;
  const int64_t worker_floats = width + filter.source.width;
  std::vector<float> scratch(static_cast<size_t>(worker_floats * pool.size()));
  for_rows(width, pixels.height, pool, [&](int64_t begin, int64_t end, int worker) {
    float* values = scratch.data() + worker * worker_floats;
    for (int64_t y = begin; y < end; ++y) {
      filter_row(filter, alpha.data(), y, values + width, values);
      for (int64_t x = 0; x < width; x += 4) {
        Rgba c = load_rgba(pixels.at(x, y), width - x);
        c.a = load_floats(values + x, width - x);
        store_rgba(c, pixels.at(x, y), width - x);
      }
    }
  });
}

}  // namespace

std::optional<float> constant_alpha(ConstPixels pixels) noexcept { return shared_alpha(pixels); }

std::optional<float> constant_alpha(ConstDeepPixels pixels) noexcept {
  return shared_alpha(pixels);
}

std::vector<float> alpha_of(ConstPixels window, const Placement& placement,
                            const PartFilter& filter) {
  return alpha_plane(window, placement, filter);
}

std::vector<float> alpha_of(ConstDeepPixels window, const Placement& placement,
                            const PartFilter& filter) {
  return alpha_plane(window, placement, filter);
}

void merge_alpha(const std::vector<float>& alpha, const PartFilter& filter, Pixels pixels,
                 ThreadPool& pool) {
  merge(alpha, filter, pixels, pool);
}

void merge_alpha(const std::vector<float>& alpha, const PartFilter& filter, DeepPixels pixels,
                 ThreadPool& pool) {
  merge(alpha, filter, pixels, pool);
}

}  // namespace fovea::image

#include "image/alpha.h"

#include "image/border.h"
#include "image/rgba.h"

namespace fovea::image {
namespace {

constexpr int kAlpha = 3;

// Calls fn(alpha) for the pixels of a row, until it says no.
template <class Fn>
bool for_alphas(const ConstPixels& pixels, int64_t y, Fn fn) {
  const auto each = [&](const auto* row) {
    for (int64_t x = 0; x < pixels.width; ++x) {
      if (!fn(static_cast<float>(row[4 * x + kAlpha]))) return false;
    }
    return true;
  };
  const std::byte* row = pixels.at(0, y);
  return pixels.deep ? each(reinterpret_cast<const float*>(row))
                     : each(reinterpret_cast<const uint8_t*>(row));
}

}  // namespace

std::optional<float> constant_alpha(ConstPixels pixels) noexcept {
  std::optional<float> shared;
  for (int64_t y = 0; y < pixels.height; ++y) {
    const bool same = for_alphas(pixels, y, [&](float alpha) {
      if (!shared) shared = alpha;
      return alpha == *shared;
    });
    if (!same) return std::nullopt;
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
    for_alphas(pixels, y, [&](float value) {
      *row++ = value;
      return true;
    });
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

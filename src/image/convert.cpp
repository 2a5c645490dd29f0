#include "image/convert.h"

#include "image/border.h"
#include "image/rgba.h"

namespace fovea::image {
namespace {

using simd::F32x4;

constexpr float kRed = 0.299f, kGreen = 0.587f, kBlue = 0.114f;
constexpr float kBlueRange = 1.772f, kRedRange = 1.402f;  // 2 (1 - kBlue), 2 (1 - kRed)

F32x4 splat(float x) { return F32x4::splat(x); }

F32x4 apply(const Levels& levels, F32x4 x) {
  return fma(x, splat(levels.scale), splat(levels.offset));
}

F32x4 luma_of(const Rgba& c) {
  return fma(c.r, splat(kRed), fma(c.g, splat(kGreen), c.b * splat(kBlue)));
}

// Green is what makes the luma of the result the one given.
Rgb colour_of(F32x4 luma, F32x4 cb, F32x4 cr) {
  const F32x4 green = fnma(cb, splat(kBlue * kBlueRange / kGreen),
                           fnma(cr, splat(kRed * kRedRange / kGreen), luma));
  return {fma(cr, splat(kRedRange), luma), green, fma(cb, splat(kBlueRange), luma)};
}

// Calls fn(x, y, count) for up to four pixels after the other. `fn` should hold what it reads, of
// which each thread has a copy of its own: what lies elsewhere might be what is stored, and would
// be loaded again and again.
template <class Fn>
void for_pixels(int64_t width, int64_t height, ThreadPool& pool, Fn fn) {
  for_rows(width, height, pool, [&](int64_t begin, int64_t end) {
    const Fn each = fn;
    const int64_t row = width;
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < row; x += 4) each(x, y, row - x);
    }
  });
}

void colours_to_planes(ConstPixels pixels, const ColourFormat& format, const Levels& levels,
                       Planes out, ThreadPool& pool) noexcept {
  const int red = format.blue_first ? 2 : 0, blue = 2 - red;
  const bool has_alpha = format.colour == Colour::Rgba;
  for_pixels(pixels.width, pixels.height, pool, [=](int64_t x, int64_t y, int64_t count) {
    const Rgba c = load_rgba(pixels, x, y);
    store_floats(apply(levels, c.r), out.row(red, y) + x, count);
    store_floats(apply(levels, c.g), out.row(1, y) + x, count);
    store_floats(apply(levels, c.b), out.row(blue, y) + x, count);
    if (has_alpha) store_floats(apply(levels, c.a), out.row(3, y) + x, count);
  });
}

void brightness_to_plane(ConstPixels pixels, const Levels& levels, Planes out,
                         ThreadPool& pool) noexcept {
  for_pixels(pixels.width, pixels.height, pool, [=](int64_t x, int64_t y, int64_t count) {
    const F32x4 luma = luma_of(load_rgba(pixels, x, y));
    store_floats(apply(levels, luma), out.row(0, y) + x, count);
  });
}

}  // namespace

void to_planes(ConstPixels pixels, const ColourFormat& format, const Levels& levels, Planes out,
               ThreadPool& pool) noexcept {
  if (format.channels() == 1) {
    brightness_to_plane(pixels, levels, out, pool);
  } else {
    colours_to_planes(pixels, format, levels, out, pool);
  }
}

void from_planes(ConstPlanes planes, const ColourFormat& format, const Levels& levels, float alpha,
                 Pixels pixels, ThreadPool& pool) noexcept {
  const bool gray = format.channels() == 1, has_alpha = format.colour == Colour::Rgba;
  const int red = gray ? 0 : format.blue_first ? 2 : 0, green = gray ? 0 : 1;
  const int blue = gray ? 0 : 2 - red;
  for_pixels(pixels.width, pixels.height, pool, [=](int64_t x, int64_t y, int64_t count) {
    const auto get = [&](int plane) {
      return apply(levels, load_floats(planes.row(plane, y) + x, count));
    };
    const F32x4 a = has_alpha ? get(3) : splat(alpha);
    store_rgba({get(red), get(green), get(blue), a}, pixels, x, y);
  });
}

Chroma chroma_of(ConstPixels window, const Placement& placement, const PartFilter& filter,
                 ThreadPool& pool) {
  const Rect& source = filter.source;
  const Rect known = known_source(filter, placement);
  const Rect from = relative_to(placement.window, known), to = relative_to(source, known);
  const ConstPixels pixels = window.crop(from.x, from.y, from.width, from.height);
  const auto size = static_cast<size_t>(source.width * source.height);
  Chroma chroma{std::vector<float>(size), std::vector<float>(size)};
  const Planes cb = whole_planes(chroma.cb.data(), source.width, source.height);
  const Planes cr = whole_planes(chroma.cr.data(), source.width, source.height);
  for_pixels(to.width, to.height, pool, [=](int64_t x, int64_t y, int64_t count) {
    const Rgba c = load_rgba(pixels, x, y);
    const F32x4 luma = luma_of(c);
    store_floats((c.b - luma) * splat(1 / kBlueRange), cb.row(0, to.y + y) + to.x + x, count);
    store_floats((c.r - luma) * splat(1 / kRedRange), cr.row(0, to.y + y) + to.x + x, count);
  });
  for (const Planes& plane : {cb, cr}) {
    extend_edges(plane, 1, source.width, source.height, to, to, Border::Replicate);
  }
  return chroma;
}

void merge_luma(ConstPlanes luma, const Levels& levels, const Chroma& chroma,
                const PartFilter& filter, float alpha, Pixels pixels, ThreadPool& pool) {
  const int64_t width = pixels.width;
  const int64_t worker_floats = 2 * width + filter.source.width;
  std::vector<float> scratch(static_cast<size_t>(worker_floats * pool.size()));
  for_rows(width, pixels.height, pool, [&](int64_t begin, int64_t end, int worker) {
    float* cb = scratch.data() + worker * worker_floats;
    float* cr = cb + width;
    // Of its own, since what is stored might be what is captured.
    const Pixels out = pixels;
    const F32x4 scale = splat(levels.scale), offset = splat(levels.offset), a = splat(alpha);
    for (int64_t y = begin; y < end; ++y) {
      filter_row(filter, chroma.cb.data(), y, cr + width, cb);
      filter_row(filter, chroma.cr.data(), y, cr + width, cr);
      const float* row = luma.row(0, y);
      for (int64_t x = 0; x < out.width; x += 4) {
        const int64_t count = out.width - x;
        const F32x4 level = fma(load_floats(row + x, count), scale, offset);
        const Rgb c = colour_of(level, load_floats(cb + x, count), load_floats(cr + x, count));
        store_rgba({c.r, c.g, c.b, a}, out, x, y);
      }
    }
  });
}

}  // namespace fovea::image

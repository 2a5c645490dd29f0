#include "image/convert.h"

#include <vector>

#include "image/rgba.h"

namespace fovea::image {
namespace {

using simd::F32x4;

constexpr float kRed = 0.299f, kGreen = 0.587f, kBlue = 0.114f;
constexpr float kBlueRange = 1.772f, kRedRange = 1.402f;  // 2 (1 - kBlue), 2 (1 - kRed)

F32x4 splat(float x) { return F32x4::splat(x); }

F32x4 luma_of(const Rgb& c) {
  return fma(c.r, splat(kRed), fma(c.g, splat(kGreen), c.b * splat(kBlue)));
}

// Green is what makes the luma of the result the one given.
Rgb colour_of(F32x4 luma, F32x4 cb, F32x4 cr) {
  const F32x4 green = fnma(cb, splat(kBlue * kBlueRange / kGreen),
                           fnma(cr, splat(kRed * kRedRange / kGreen), luma));
  return {fma(cr, splat(kRedRange), luma), green, fma(cb, splat(kBlueRange), luma)};
}

// Where red and blue are among the planes.
int red_plane(const ColourFormat& format) { return format.order == ChannelOrder::Rgb ? 0 : 2; }

template <class Component>
void colours_to_tensor(PixelsOf<const Component> pixels, const ColourFormat& format, Planes out,
                       ThreadPool& pool) noexcept {
  const int red = red_plane(format), blue = 2 - red;
  for_rows(pixels.width, pixels.height, pool, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < pixels.width; x += 4) {
        const int64_t count = pixels.width - x;
        const Rgb c = load_colours(pixels.at(x, y), count);
        const auto put = [&](int plane, F32x4 level) {
          const auto i = static_cast<size_t>(plane);
          store_floats(fma(level, splat(format.scale[i]), splat(format.offset[i])),
                       out.row(plane, y) + x, count);
        };
        put(red, c.r);
        put(1, c.g);
        put(blue, c.b);
      }
    }
  });
}

template <class Component>
void colours_to_luma(PixelsOf<const Component> pixels, const LumaFormat& format, Planes out,
                     ThreadPool& pool) noexcept {
  for_rows(pixels.width, pixels.height, pool, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < pixels.width; x += 4) {
        const int64_t count = pixels.width - x;
        const F32x4 luma = luma_of(load_colours(pixels.at(x, y), count));
        store_floats(fma(luma, splat(format.scale), splat(format.offset)), out.row(0, y) + x,
                     count);
      }
    }
  });
}

template <class Component>
Chroma chroma_of_colours(PixelsOf<const Component> pixels, int64_t out_width, int64_t out_height,
                         ThreadPool& pool) {
  const int64_t width = pixels.width, height = pixels.height;
  std::vector<float> cb(static_cast<size_t>(width * height)), cr(cb.size());
  for_rows(width, height, pool, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < width; x += 4) {
        const Rgb c = load_colours(pixels.at(x, y), width - x);
        const F32x4 luma = luma_of(c);
        const int64_t at = y * width + x;
        store_floats((c.b - luma) * splat(1 / kBlueRange), cb.data() + at, width - x);
        store_floats((c.r - luma) * splat(1 / kRedRange), cr.data() + at, width - x);
      }
    }
  });
  return {BicubicPlane(std::move(cb), width, height, out_width, out_height),
          BicubicPlane(std::move(cr), width, height, out_width, out_height)};
}

}  // namespace

void to_tensor(ConstPixels pixels, const ColourFormat& format, Planes out,
               ThreadPool& pool) noexcept {
  colours_to_tensor(pixels, format, out, pool);
}

void to_tensor(ConstDeepPixels pixels, const ColourFormat& format, Planes out,
               ThreadPool& pool) noexcept {
  colours_to_tensor(pixels, format, out, pool);
}

void from_tensor(ConstPlanes planes, const ColourFormat& format, Pixels pixels,
                 ThreadPool& pool) noexcept {
  const int red = red_plane(format), blue = 2 - red;
  for_rows(pixels.width, pixels.height, pool, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < pixels.width; x += 4) {
        const int64_t count = pixels.width - x;
        const auto get = [&](int plane) {
          const auto i = static_cast<size_t>(plane);
          const F32x4 element = load_floats(planes.row(plane, y) + x, count);
          return (element - splat(format.offset[i])) / splat(format.scale[i]);
        };
        store_pixels(pack_opaque({get(red), get(1), get(blue)}), pixels.at(x, y), count);
      }
    }
  });
}

void to_luma(ConstPixels pixels, const LumaFormat& format, Planes out, ThreadPool& pool) noexcept {
  colours_to_luma(pixels, format, out, pool);
}

void to_luma(ConstDeepPixels pixels, const LumaFormat& format, Planes out,
             ThreadPool& pool) noexcept {
  colours_to_luma(pixels, format, out, pool);
}

void extend_edges(Planes planes, int64_t channels, const Rect& known, int64_t width,
                  int64_t height) noexcept {
  const auto [left, top, known_width, known_height] = known;
  const int64_t right = left + known_width, bottom = top + known_height;
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t y = top; y < bottom; ++y) {
      float* row = planes.row(c, y);
      std::fill(row, row + left, row[left]);
      std::fill(row + right, row + width, row[right - 1]);
    }
    for (int64_t y = 0; y < top; ++y) std::copy_n(planes.row(c, top), width, planes.row(c, y));
    const float* last = planes.row(c, bottom - 1);
    for (int64_t y = bottom; y < height; ++y) std::copy_n(last, width, planes.row(c, y));
  }
}

Chroma chroma_of(ConstPixels pixels, int64_t out_width, int64_t out_height, ThreadPool& pool) {
  return chroma_of_colours(pixels, out_width, out_height, pool);
}

Chroma chroma_of(ConstDeepPixels pixels, int64_t out_width, int64_t out_height, ThreadPool& pool) {
  return chroma_of_colours(pixels, out_width, out_height, pool);
}

void merge_luma(ConstPlanes luma, const LumaFormat& format, const Chroma& chroma, int64_t x,
                int64_t y, Pixels pixels, ThreadPool& pool) {
  const int64_t width = pixels.width;
  const int64_t worker_floats = 2 * width + chroma.cb.scratch_size();
  const F32x4 to_level = splat(1 / format.scale), black = splat(-format.offset / format.scale);
  std::vector<float> scratch(static_cast<size_t>(worker_floats * pool.size()));
  for_rows(width, pixels.height, pool, [&](int64_t begin, int64_t end, int worker) {
    float* cb = scratch.data() + worker * worker_floats;
    float* cr = cb + width;
    for (int64_t row = begin; row < end; ++row) {
      chroma.cb.row(x, y + row, width, cr + width, cb);
      chroma.cr.row(x, y + row, width, cr + width, cr);
      for (int64_t i = 0; i < width; i += 4) {
        const int64_t count = width - i;
        const F32x4 element = load_floats(luma.row(0, row) + i, count);
        const F32x4 level = fma(element, to_level, black);
        const Rgb c = colour_of(level, load_floats(cb + i, count), load_floats(cr + i, count));
        store_pixels(pack_opaque(c), pixels.at(i, row), count);
      }
    }
  });
}

}  // namespace fovea::image

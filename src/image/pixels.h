#pragma once

#include <cstddef>
#include <cstdint>

namespace fovea::image {

// The alpha of what covers all behind it.
inline constexpr uint8_t kOpaque = 255;

// A rectangle of RGBA with straight alpha, as canvas ImageData holds it: bytes, or floats of the
// same levels (0..255) where there is more to tell than bytes do. Rows lie `stride` bytes apart.
template <class Byte>
struct PixelsOf {
  Byte* data = nullptr;
  int64_t width = 0;
  int64_t height = 0;
  int64_t stride = 0;
  bool deep = false;  // floats

  int64_t pixel_bytes() const { return deep ? 4 * static_cast<int64_t>(sizeof(float)) : 4; }
  Byte* at(int64_t x, int64_t y) const { return data + y * stride + x * pixel_bytes(); }
  // The part from (x, y) on; it must lie inside.
  PixelsOf crop(int64_t x, int64_t y, int64_t w, int64_t h) const {
    return {at(x, y), w, h, stride, deep};
  }
  operator PixelsOf<const Byte>() const { return {data, width, height, stride, deep}; }
};
using Pixels = PixelsOf<std::byte>;
using ConstPixels = PixelsOf<const std::byte>;

// All of a picture whose rows lie one after the other.
template <class Byte>
PixelsOf<Byte> whole_pixels(Byte* data, int64_t width, int64_t height, bool deep) {
  return {data, width, height, width * (deep ? 4 * static_cast<int64_t>(sizeof(float)) : 4), deep};
}

// A part of a picture, in pixels.
struct Rect {
  int64_t x = 0, y = 0, width = 0, height = 0;

  int64_t right() const { return x + width; }
  int64_t bottom() const { return y + height; }
  bool is_empty() const { return width <= 0 || height <= 0; }
  bool operator==(const Rect&) const = default;
};

// What both have; empty where that is nothing.
Rect intersection(const Rect& a, const Rect& b);
bool contains(const Rect& outer, const Rect& inner);
// `rect` as seen from the corner of `origin`.
Rect relative_to(const Rect& origin, const Rect& rect);

// A picture of which the pixels of `window` are given, and what the whole of it becomes.
struct Placement {
  Rect window;
  int64_t width, height;
  int64_t out_width, out_height;
};

// Throws Error(InvalidInput) unless all sizes are at least 1 and below 2^31 and the window lies in
// the picture.
void check_placement(const Placement& placement);
// Throws Error(InvalidInput) unless `part` is one of what the picture becomes.
void check_part(const Placement& placement, const Rect& part);
// Throws Error(InvalidInput) unless the window's pixels are so many bytes.
void check_pixels(const Placement& placement, bool deep, uint64_t bytes);

// The bytes of so many pixels. Throws Error(OutOfMemory) for more than there can be.
uint64_t rgba_bytes(int64_t width, int64_t height, bool deep);

// Planes of floats, [channel][y][x]: a tensor's image or a rectangle of it. Strides in floats.
template <class Float>
struct PlanesOf {
  Float* data = nullptr;
  int64_t row_stride = 0;
  int64_t plane_stride = 0;

  Float* row(int64_t channel, int64_t y) const {
    return data + channel * plane_stride + y * row_stride;
  }
  PlanesOf from(int64_t x, int64_t y) const {
    return {data + y * row_stride + x, row_stride, plane_stride};
  }
  operator PlanesOf<const Float>() const { return {data, row_stride, plane_stride}; }
};
using Planes = PlanesOf<float>;
using ConstPlanes = PlanesOf<const float>;

// All of a contiguous [channels][height][width] tensor.
template <class Float>
PlanesOf<Float> whole_planes(Float* data, int64_t width, int64_t height) {
  return {data, width, width * height};
}

}  // namespace fovea::image

#pragma once

#include <cstdint>
#include <type_traits>

namespace fovea::image {

// The alpha of what covers all behind it.
inline constexpr uint8_t kOpaque = 255;

// A rectangle of RGBA with straight alpha, as canvas ImageData holds it: bytes, or floats of the
// same levels (0..255) where there is more to tell than bytes do. Rows lie `stride` components
// apart, a multiple of 4; the address is that of a whole pixel.
template <class Component>
struct PixelsOf {
  Component* data = nullptr;
  int64_t width = 0;
  int64_t height = 0;
  int64_t stride = 0;

  Component* row(int64_t y) const { return data + y * stride; }
  Component* at(int64_t x, int64_t y) const { return row(y) + 4 * x; }
  // The part from (x, y) on; it must lie inside.
  PixelsOf crop(int64_t x, int64_t y, int64_t w, int64_t h) const {
    return {at(x, y), w, h, stride};
  }
  operator PixelsOf<const Component>() const { return {data, width, height, stride}; }
};
using Pixels = PixelsOf<uint8_t>;
using ConstPixels = PixelsOf<const uint8_t>;
using DeepPixels = PixelsOf<float>;
using ConstDeepPixels = PixelsOf<const float>;

// A part of a picture, in pixels.
struct Rect {
  int64_t x, y, width, height;
};

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

#pragma once

#include <array>

#include "image/bicubic.h"
#include "image/pixels.h"
#include "threads/thread_pool.h"

// Between RGBA pixels and the tensors of networks. Results are bytes: floats become those by
// clamping to 0..255 and rounding to nearest, halves to even; NaN becomes 0.
namespace fovea::image {

enum class ChannelOrder : uint8_t { Rgb, Bgr };

// A network of three colours: element = level * scale[i] + offset[i] for channel i of the tensor.
// The default is RGB in 0..1.
struct ColourFormat {
  ChannelOrder order = ChannelOrder::Rgb;
  std::array<float, 3> scale = {1.0f / 255, 1.0f / 255, 1.0f / 255};
  std::array<float, 3> offset = {0.0f, 0.0f, 0.0f};
};

// A network of luma alone, the Y of full-range YCbCr (ITU-T T.871, "JFIF"):
//   Y = 0.299 R + 0.587 G + 0.114 B, Cb = (B - Y) / 1.772, Cr = (R - Y) / 1.402
// element = Y * scale + offset, with Y in 0..255 and not rounded.
struct LumaFormat {
  float scale = 1.0f / 255;
  float offset = 0.0f;
};

// All of `pixels` to three planes; alpha is ignored.
void to_tensor(ConstPixels pixels, const ColourFormat& format, Planes out,
               ThreadPool& pool) noexcept;
void to_tensor(ConstDeepPixels pixels, const ColourFormat& format, Planes out,
               ThreadPool& pool) noexcept;

// Three planes to all of `pixels`, opaque.
void from_tensor(ConstPlanes planes, const ColourFormat& format, Pixels pixels,
                 ThreadPool& pool) noexcept;

// All of `pixels` to one plane of luma.
void to_luma(ConstPixels pixels, const LumaFormat& format, Planes out, ThreadPool& pool) noexcept;
void to_luma(ConstDeepPixels pixels, const LumaFormat& format, Planes out,
             ThreadPool& pool) noexcept;

// Fills `channels` planes of width x height around the part of them that is known, which is not
// empty, by repeating its outermost elements: a picture goes on beyond its borders.
void extend_edges(Planes planes, int64_t channels, const Rect& known, int64_t width,
                  int64_t height) noexcept;

// Cb and Cr of a picture, centred on 0, on their way to a larger size.
struct Chroma {
  BicubicPlane cb;
  BicubicPlane cr;
};
Chroma chroma_of(ConstPixels pixels, int64_t out_width, int64_t out_height, ThreadPool& pool);
Chroma chroma_of(ConstDeepPixels pixels, int64_t out_width, int64_t out_height, ThreadPool& pool);

// A rectangle of the enlarged picture, whose corner is (x, y) there: luma from the network, chroma
// enlarged, to all of `pixels`, opaque.
void merge_luma(ConstPlanes luma, const LumaFormat& format, const Chroma& chroma, int64_t x,
                int64_t y, Pixels pixels, ThreadPool& pool);

}  // namespace fovea::image

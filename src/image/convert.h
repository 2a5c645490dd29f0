#pragma once

#include <vector>

#include "image/filter.h"
#include "image/pixels.h"
#include "threads/thread_pool.h"

// Between RGBA pixels and planes of floats, the elements of networks. Results are clamped to
// 0..255; bytes are rounded, halves to even; NaN becomes 0.
namespace fovea::image {

// What a network works on. Luma and grey are the Y of full-range YCbCr (ITU-T T.871, "JFIF"):
//   Y = 0.299 R + 0.587 G + 0.114 B, Cb = (B - Y) / 1.772, Cr = (R - Y) / 1.402
enum class Colour : uint8_t {
  Luma,  // whose chroma is enlarged apart
  Gray,  // without any colour
  Rgb,
  Rgba,
};

struct ColourFormat {
  Colour colour = Colour::Rgb;
  bool blue_first = false;  // BGR; alpha comes last all the same

  int channels() const { return colour == Colour::Rgba ? 4 : colour == Colour::Rgb ? 3 : 1; }
};

// y = x * scale + offset.
struct Levels {
  float scale = 1;
  float offset = 0;

  // From 0..255 to elements whose black and white these are, and back.
  static Levels to_elements(float black, float white) { return {(white - black) / 255, black}; }
  static Levels from_elements(float black, float white) {
    return {255 / (white - black), -255 * black / (white - black)};
  }
};

// All of `pixels` to the planes of a format, rounded to nothing coarser than float.
void to_planes(ConstPixels pixels, const ColourFormat& format, const Levels& levels, Planes out,
               ThreadPool& pool) noexcept;

// The planes of a format to all of `pixels`, with one alpha unless a plane has it. Luma comes out
// as grey.
void from_planes(ConstPlanes planes, const ColourFormat& format, const Levels& levels, float alpha,
                 Pixels pixels, ThreadPool& pool) noexcept;

// Cb and Cr, centred on 0, of all that a filter reads of a picture.
struct Chroma {
  std::vector<float> cb, cr;
};
// `window` are the pixels that are given of the picture.
Chroma chroma_of(ConstPixels window, const Placement& placement, const PartFilter& filter,
                 ThreadPool& pool);

// The part of an enlarged picture that a filter makes: luma from the network, chroma filtered, to
// all of `pixels`, with one alpha.
void merge_luma(ConstPlanes luma, const Levels& levels, const Chroma& chroma,
                const PartFilter& filter, float alpha, Pixels pixels, ThreadPool& pool);

}  // namespace fovea::image

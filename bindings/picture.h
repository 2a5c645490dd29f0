#pragma once

#include <emscripten/val.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

#include "buffer.h"
#include "image/alpha.h"
#include "image/convert.h"
#include "session/session.h"

namespace fovea::bindings {

// What a picture is enlarged to, and what the network that does it takes and gives.
struct PictureSettings {
  int64_t width, height;  // of the picture
  bool deep;              // its components are floats of 0..255, not bytes
  int64_t out_width, out_height;
  bool luma;        // a network of luma alone, not of three colours
  float range;      // what 255 is for the network: 1 or 255
  bool blue_first;  // BGR
};

// {width, height, deep, outWidth, outHeight, luma, range, blueFirst}
PictureSettings to_picture_settings(const emscripten::val& object);

// A picture that is being enlarged tile by tile: pixels to a network's input, its output to pixels.
class Picture {
 public:
  // `rgba` holds the pixels and is written to. Throws Error(InvalidInput) when it has another size,
  // Error(OutOfMemory) when the enlarged picture is more than there can be.
  Picture(std::shared_ptr<ThreadPool> pool, const Buffer& rgba, const PictureSettings& settings);

  // The part `from` of the picture as the elements of a tensor [1,C,from.height,from.width]. Beyond
  // its borders the picture goes on with its outermost pixels. Throws Error(InvalidInput) for a
  // part without a pixel of the picture.
  std::unique_ptr<Buffer> input(const image::Rect& from) const;

  // Puts the part of the run's only output that begins at (x, y) to `to` in the enlarged picture.
  // Throws Error(InvalidInput) when that output is no such picture.
  void place(const Run& run, int64_t x, int64_t y, const image::Rect& to);

  // Gives the enlarged picture its alpha; all tiles must be in place.
  void finish();

  // The enlarged picture's RGBA bytes, valid until the engine's memory grows.
  emscripten::val view() { return result_.view(); }

 private:
  int channels() const { return settings_.luma ? 1 : 3; }
  image::ColourFormat colour_format() const;
  image::LumaFormat luma_format() const { return {settings_.range / 255, 0.0f}; }
  image::Pixels result_pixels();
  image::ConstPlanes output_planes(const Run& run, int64_t x, int64_t y,
                                   const image::Rect& to) const;

  std::shared_ptr<ThreadPool> pool_;
  PictureSettings settings_;
  std::shared_ptr<std::byte> memory_;
  std::variant<image::Pixels, image::DeepPixels> source_;
  std::optional<float> constant_alpha_;
  std::optional<image::BicubicPlane> alpha_;
  std::optional<image::Chroma> chroma_;
  Buffer result_;
};

}  // namespace fovea::bindings

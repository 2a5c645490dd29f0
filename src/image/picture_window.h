#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "image/border.h"
#include "image/convert.h"
#include "image/elements.h"
#include "image/pixels.h"
#include "threads/thread_pool.h"

namespace fovea::image {

// What a picture becomes, and what the network that does it takes and gives.
struct EnlargingSettings {
  Placement placement;
  bool deep = false;  // components are floats, of the picture and of the result
  ColourFormat format;
  float black = 0, white = 1;  // as elements of floats; those of uint8 are 0 and 255
  DType type = DType::Float;   // of what the network takes
  bool channels_last = false;
  Border border = Border::Replicate;
};

// The window of a picture that a tile of the enlarged one is made of. All positions are those of
// the whole pictures.
class PictureWindow {
 public:
  // Keeps `pixels`, the window's, and writes to them. Throws Error(InvalidInput) when they are
  // not as many bytes as the settings say or the settings are none.
  PictureWindow(std::span<std::byte> pixels, const EnlargingSettings& settings, ThreadPool& pool);

  // The bytes of what input() writes.
  uint64_t input_bytes(const Rect& from) const;
  // The part `from` of the picture as the network's input [1,C,h,w] or, channels last, [1,h,w,C];
  // turned pictures may have w and h swapped. What of the picture lies in `from` must lie in the
  // window, and be at least a pixel: Error(InvalidInput).
  void input(const Rect& from, Orientation orientation, std::byte* out) const;

  // Takes the part of a network's output that begins at (x, y), in the output as it is when it is
  // turned back, for the tile `to` of the enlarged picture. Where that is done several times, the
  // tile is the mean; another tile takes its place. Throws Error(InvalidInput) when `to` lies
  // outside of the enlarged picture. The output must have been checked by has_part().
  void place(const TensorImage& output, int64_t x, int64_t y, const Rect& to,
             Orientation orientation);
  static bool has_part(const TensorImage& output, int64_t x, int64_t y, const Rect& to,
                       Orientation orientation);

  // The RGBA of the tile. Throws Error(InvalidInput) before there is one.
  std::span<std::byte> result();

  const EnlargingSettings& settings() const { return settings_; }

 private:
  void finish(Pixels pixels);
  Levels levels_to(DType type) const;
  Levels levels_of_mean() const;

  EnlargingSettings settings_;
  ThreadPool& pool_;
  Pixels window_;
  std::optional<float> constant_alpha_;

  Rect tile_;
  DType placed_type_ = DType::Undefined;
  int placed_ = 0;                 // outputs that `sums_` are of
  std::unique_ptr<float[]> sums_;  // planes of the tile's elements
  std::unique_ptr<std::byte[]> result_;
};

}  // namespace fovea::image

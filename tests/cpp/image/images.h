#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "image/pixels.h"

namespace fovea::image {

// A picture with its memory; rows are `gap` pixels longer than they show, as in a crop.
class Picture {
 public:
  Picture(int64_t width, int64_t height, int64_t gap = 0)
      : bytes_(static_cast<size_t>(4 * (width + gap) * height)),
        pixels_{bytes_.data(), width, height, 4 * (width + gap)} {}

  static Picture random(int64_t width, int64_t height, uint32_t seed, int64_t gap = 0) {
    Picture picture(width, height, gap);
    std::mt19937 engine(seed);
    for (uint8_t& byte : picture.bytes_) byte = static_cast<uint8_t>(engine() >> 24);
    return picture;
  }

  Picture(Picture&&) = default;
  Pixels pixels() const { return pixels_; }
  // Channel 0..3 of a pixel.
  uint8_t& at(int64_t x, int64_t y, int channel) const { return pixels_.at(x, y)[channel]; }
  const std::vector<uint8_t>& bytes() const { return bytes_; }

 private:
  std::vector<uint8_t> bytes_;
  Pixels pixels_;
};

}  // namespace fovea::image

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "image/pixels.h"

namespace fovea::image {

// A picture with its memory; rows are `gap` pixels longer than they show, as in a crop.
class Picture {
 public:
  Picture(int64_t width, int64_t height, bool deep = false, int64_t gap = 0)
      : bytes_(static_cast<size_t>((deep ? 16 : 4) * (width + gap) * height)),
        pixels_(whole_pixels(bytes_.data(), width + gap, height, deep)) {
    pixels_.width = width;
  }

  // Any bytes, or levels in between.
  static Picture random(int64_t width, int64_t height, uint32_t seed, bool deep = false,
                        int64_t gap = 0) {
    Picture picture(width, height, deep, gap);
    std::mt19937 engine(seed);
    for (size_t i = 0; i < picture.components(); ++i) {
      const auto bits = static_cast<float>(engine() >> 8);
      picture.put(i, deep ? bits * 0x1p-24f * 255 : std::floor(bits * 0x1p-16f));
    }
    return picture;
  }

  Picture(Picture&&) = default;
  Picture copy() const {
    Picture other(pixels_.width, pixels_.height, pixels_.deep, gap());
    std::copy(bytes_.begin(), bytes_.end(), other.bytes_.begin());
    return other;
  }

  // The pixels of a part, one row after the other.
  Picture part(const Rect& rect) const {
    Picture out(rect.width, rect.height, pixels_.deep);
    for (int64_t y = 0; y < rect.height; ++y) {
      for (int64_t x = 0; x < rect.width; ++x) {
        for (int c = 0; c < 4; ++c) out.set(x, y, c, at(rect.x + x, rect.y + y, c));
      }
    }
    return out;
  }

  Pixels pixels() const { return pixels_; }
  int64_t width() const { return pixels_.width; }
  int64_t height() const { return pixels_.height; }
  std::vector<std::byte>& memory() { return bytes_; }
  const std::vector<std::byte>& memory() const { return bytes_; }

  // Channel 0..3 of a pixel.
  float at(int64_t x, int64_t y, int channel) const { return get(index(x, y, channel)); }
  double level(int64_t x, int64_t y, int channel) const {
    return static_cast<double>(at(x, y, channel));
  }
  void set(int64_t x, int64_t y, int channel, float level) { put(index(x, y, channel), level); }
  void fill(int channel, float level) {
    for (int64_t y = 0; y < height(); ++y) {
      for (int64_t x = 0; x < width(); ++x) set(x, y, channel, level);
    }
  }
  bool operator==(const Picture& other) const { return bytes_ == other.bytes_; }

 private:
  size_t components() const { return bytes_.size() / (pixels_.deep ? 4 : 1); }
  int64_t gap() const { return pixels_.stride / pixels_.pixel_bytes() - pixels_.width; }
  size_t index(int64_t x, int64_t y, int channel) const {
    return static_cast<size_t>(y * (width() + gap()) + x) * 4 + static_cast<size_t>(channel);
  }
  float get(size_t i) const {
    return pixels_.deep ? reinterpret_cast<const float*>(bytes_.data())[i]
                        : static_cast<float>(bytes_[i]);
  }
  void put(size_t i, float level) {
    if (pixels_.deep) {
      reinterpret_cast<float*>(bytes_.data())[i] = level;
    } else {
      bytes_[i] = static_cast<std::byte>(level);
    }
  }

  std::vector<std::byte> bytes_;
  Pixels pixels_;
};

}  // namespace fovea::image

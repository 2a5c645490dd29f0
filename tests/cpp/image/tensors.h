#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/elements.h"

namespace fovea::image {

inline constexpr DType kElementTypes[] = {DType::Float, DType::Float16, DType::Uint8};

struct Position {
  int64_t x, y;
};

// Where a pixel of a picture is once it is mirrored and turned.
inline Position turned(int64_t x, int64_t y, int64_t width, int64_t height, int orientation) {
  if (orientation & 1) x = width - 1 - x;
  if (orientation & 2) y = height - 1 - y;
  return orientation & 4 ? Position{y, x} : Position{x, y};
}

// A tensor for a picture of width x height that is turned.
class TestTensor {
 public:
  TestTensor(DType type, bool channels_last, int64_t channels, int64_t width, int64_t height,
             Orientation orientation)
      : memory_(static_cast<size_t>(channels * width * height * bits_of(type) / 8)),
        image_{memory_.data(),
               type,
               channels_last,
               channels,
               orientation.swaps() ? height : width,
               orientation.swaps() ? width : height} {}

  const TensorImage& image() const { return image_; }
  std::byte* data() { return memory_.data(); }

  float at(int64_t channel, Position p) const {
    const size_t i = index(channel, p);
    if (image_.type == DType::Float) return reinterpret_cast<const float*>(image_.data)[i];
    if (image_.type == DType::Float16)
      return to_float(reinterpret_cast<const Half*>(image_.data)[i]);
    return static_cast<float>(image_.data[i]);
  }

  void set(int64_t channel, Position p, float value) {
    const size_t i = index(channel, p);
    if (image_.type == DType::Float) {
      reinterpret_cast<float*>(image_.data)[i] = value;
    } else if (image_.type == DType::Float16) {
      reinterpret_cast<Half*>(image_.data)[i] = to_half(value);
    } else {
      image_.data[i] = static_cast<std::byte>(value);
    }
  }

 private:
  size_t index(int64_t channel, Position p) const {
    const auto& [data, type, channels_last, channels, width, height] = image_;
    return static_cast<size_t>(channels_last ? (p.y * width + p.x) * channels + channel
                                             : (channel * height + p.y) * width + p.x);
  }

  std::vector<std::byte> memory_;
  TensorImage image_;
};

}  // namespace fovea::image

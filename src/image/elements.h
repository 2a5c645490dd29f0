#pragma once

#include <cstddef>
#include <cstdint>

#include "base/dtype.h"
#include "image/pixels.h"
#include "threads/thread_pool.h"

// The elements of networks' inputs and outputs, in any of the types and orders that they have.
namespace fovea::image {

// float32, float16 or uint8.
bool is_element_type(DType type) noexcept;

// How a picture is flipped and turned: the bits are done one after the other.
class Orientation {
 public:
  Orientation() = default;
  // Throws Error(InvalidInput) unless it is one of 0..7.
  explicit Orientation(int bits);

  bool mirrors_x() const { return (bits_ & 1) != 0; }
  bool mirrors_y() const { return (bits_ & 2) != 0; }
  bool swaps() const { return (bits_ & 4) != 0; }
  bool is_none() const { return bits_ == 0; }

 private:
  int bits_ = 0;
};

// The images of a tensor [1,channels,height,width] or, channels last, [1,height,width,channels].
struct TensorImage {
  std::byte* data;
  DType type;
  bool channels_last;
  int64_t channels, width, height;
};

// A tensor's image as it was before it was turned, or the part of it from some pixel on. Steps are
// in elements.
struct ElementView {
  std::byte* data;
  DType type;
  int64_t x_step, y_step, channel_step;

  std::byte* row(int64_t channel, int64_t y) const;
  ElementView from(int64_t x, int64_t y) const;
  // Whether it is rows of floats.
  bool has_float_rows() const { return type == DType::Float && x_step == 1; }
};
ElementView unturned(const TensorImage& tensor, Orientation orientation) noexcept;

// planes -> view. Integers are rounded, halves to even, and clamped; NaN becomes 0.
void store_elements(ConstPlanes planes, const ElementView& view, int64_t channels, int64_t width,
                    int64_t height, ThreadPool& pool) noexcept;

// view -> planes, or, to `add`, the sums of both.
void load_elements(const ElementView& view, Planes planes, int64_t channels, int64_t width,
                   int64_t height, bool add, ThreadPool& pool) noexcept;

}  // namespace fovea::image

#pragma once

#include <cstdint>

#include "image/pixels.h"

// How a picture goes on beyond its borders.
namespace fovea::image {

enum class Border : uint8_t {
  Replicate,  // by its outermost pixels
  Reflect,    // mirrored at the centres of these, which are not repeated, and so on without end
};

// Which of the positions [0, size) of an axis stands for `at`.
int64_t border_position(Border border, int64_t at, int64_t size) noexcept;

// The positions that stand for [begin, end), as a range [first, last + 1).
struct Range {
  int64_t begin, end;
};
Range border_range(Border border, Range range, int64_t size) noexcept;

// Fills `channels` planes of width x height around the part of them that is known, which is not
// empty. `picture` is the rectangle of the picture among them. Where what stands for an element is
// not known, the known one next to it does.
void extend_edges(Planes planes, int64_t channels, int64_t width, int64_t height, const Rect& known,
                  const Rect& picture, Border border);

}  // namespace fovea::image

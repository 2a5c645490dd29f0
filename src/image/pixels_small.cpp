#include <algorithm>

#include "base/error.h"
#include "base/integers.h"
#include "image/pixels.h"

namespace fovea::image {

Rect intersection(const Rect& a, const Rect& b) {
  const int64_t x = std::max(a.x, b.x), y = std::max(a.y, b.y);
  return {x, y, std::min(a.right(), b.right()) - x, std::min(a.bottom(), b.bottom()) - y};
}

bool contains(const Rect& outer, const Rect& inner) {
  return inner.x >= outer.x && inner.y >= outer.y && inner.right() <= outer.right() &&
         inner.bottom() <= outer.bottom();
}

Rect relative_to(const Rect& origin, const Rect& rect) {
  return {rect.x - origin.x, rect.y - origin.y, rect.width, rect.height};
}

void check_placement(const Placement& placement) {
  const auto& [window, width, height, out_width, out_height] = placement;
  const auto [least, most] = std::minmax({width, height, out_width, out_height});
  if (least < 1 || most > INT32_MAX) {
    fail(ErrorCode::InvalidInput, "a picture of ", width, " x ", height,
         " pixels cannot become one of ", out_width, " x ", out_height);
  }
  if (window.is_empty() || !contains({0, 0, width, height}, window)) {
    fail(ErrorCode::InvalidInput, "the ", window.width, " x ", window.height, " pixels at (",
         window.x, ", ", window.y, ") are no part of a picture of ", width, " x ", height);
  }
}

void check_part(const Placement& placement, const Rect& part) {
  const auto& [window, width, height, out_width, out_height] = placement;
  if (part.is_empty() || !contains({0, 0, out_width, out_height}, part)) {
    fail(ErrorCode::InvalidInput, "the ", part.width, " x ", part.height, " pixels at (", part.x,
         ", ", part.y, ") are no part of a picture of ", out_width, " x ", out_height);
  }
}

void check_pixels(const Placement& placement, bool deep, uint64_t bytes) {
  const Rect& window = placement.window;
  if (bytes != rgba_bytes(window.width, window.height, deep)) {
    fail(ErrorCode::InvalidInput, window.width, " x ", window.height, " pixels do not have ", bytes,
         " bytes");
  }
}

uint64_t rgba_bytes(int64_t width, int64_t height, bool deep) {
  const int64_t bytes =
      saturating_product(saturating_product(width, height), deep ? 4 * sizeof(float) : 4);
  checked_size(static_cast<uint64_t>(bytes));
  return static_cast<uint64_t>(bytes);
}

}  // namespace fovea::image

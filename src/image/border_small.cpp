#include <algorithm>
#include <vector>

#include "image/border.h"

namespace fovea::image {
namespace {

// The known position that stands for each of an axis.
std::vector<int64_t> sources(Border border, int64_t length, Range known, Range picture) {
  std::vector<int64_t> from(static_cast<size_t>(length));
  for (int64_t i = 0; i < length; ++i) {
    const int64_t at =
        picture.begin + border_position(border, i - picture.begin, picture.end - picture.begin);
    // What is known stands for itself.
    const bool is_known = i >= known.begin && i < known.end;
    from[static_cast<size_t>(i)] = is_known ? i : std::clamp(at, known.begin, known.end - 1);
  }
  return from;
}

}  // namespace

int64_t border_position(Border border, int64_t at, int64_t size) noexcept {
  if (border == Border::Replicate || size == 1) return std::clamp<int64_t>(at, 0, size - 1);
  const int64_t period = 2 * (size - 1);
  const int64_t phase = (at % period + period) % period;
  return std::min(phase, period - phase);
}

Range border_range(Border border, Range range, int64_t size) noexcept {
  Range out = {size, 0};
  for (int64_t at = range.begin; at < range.end; ++at) {
    const int64_t position = border_position(border, at, size);
    out = {std::min(out.begin, position), std::max(out.end, position + 1)};
  }
  return out;
}

void extend_edges(Planes planes, int64_t channels, int64_t width, int64_t height, const Rect& known,
                  const Rect& picture, Border border) {
  if (known == Rect{0, 0, width, height}) return;
  const auto columns =
      sources(border, width, {known.x, known.right()}, {picture.x, picture.right()});
  const auto rows =
      sources(border, height, {known.y, known.bottom()}, {picture.y, picture.bottom()});
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t y = known.y; y < known.bottom(); ++y) {
      float* row = planes.row(c, y);
      for (int64_t x = 0; x < known.x; ++x) row[x] = row[columns[static_cast<size_t>(x)]];
      for (int64_t x = known.right(); x < width; ++x) row[x] = row[columns[static_cast<size_t>(x)]];
    }
    for (int64_t y = 0; y < height; ++y) {
      const int64_t from = rows[static_cast<size_t>(y)];
      if (from != y) std::copy_n(planes.row(c, from), width, planes.row(c, y));
    }
  }
}

}  // namespace fovea::image

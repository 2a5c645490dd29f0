#include "image/picture_window.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/integers.h"
#include "image/alpha.h"

namespace fovea::image {
namespace {

// The bytes of planes of so large elements. Throws Error(OutOfMemory) for more than there can be.
uint64_t planes_bytes(const Rect& rect, int64_t channels, int64_t element) {
  const int64_t elements =
      saturating_product(saturating_product(rect.width, rect.height), channels);
  return checked_size(static_cast<uint64_t>(saturating_product(elements, element)));
}

std::unique_ptr<float[]> floats_for(const Rect& rect, int64_t channels) {
  return std::make_unique_for_overwrite<float[]>(
      static_cast<size_t>(planes_bytes(rect, channels, sizeof(float)) / sizeof(float)));
}

// The least rectangle around both, of which `b` may be empty.
Rect hull(const Rect& a, const Rect& b) {
  if (b.is_empty()) return a;
  const int64_t x = std::min(a.x, b.x), y = std::min(a.y, b.y);
  return {x, y, std::max(a.right(), b.right()) - x, std::max(a.bottom(), b.bottom()) - y};
}

void check_settings(std::span<std::byte> pixels, const EnlargingSettings& settings) {
  check_placement(settings.placement);
  check_pixels(settings.placement, settings.deep, pixels.size());
  if (!std::isfinite(settings.black) || !std::isfinite(settings.white) ||
      settings.black == settings.white) {
    fail(ErrorCode::InvalidInput, "black and white cannot be ", settings.black, " and ",
         settings.white);
  }
}

}  // namespace

PictureWindow::PictureWindow(std::span<std::byte> pixels, const EnlargingSettings& settings,
                             ThreadPool& pool)
    : settings_((check_settings(pixels, settings), settings)), pool_(pool) {
  const Rect& window = settings.placement.window;
  window_ = whole_pixels(pixels.data(), window.width, window.height, settings.deep);
  if (settings.format.colour == Colour::Rgba) return;
  constant_alpha_ = constant_alpha(window_);
  if (!constant_alpha_) bleed_colour(window_);
}

uint64_t PictureWindow::input_bytes(const Rect& from) const {
  return planes_bytes(from, settings_.format.channels(), bits_of(settings_.type) / 8);
}

void PictureWindow::input(const Rect& from, Orientation orientation, std::byte* out) const {
  const Placement& placement = settings_.placement;
  const Rect picture = {0, 0, placement.width, placement.height};
  const Rect inside = intersection(from, picture);
  if (inside.is_empty()) fail(ErrorCode::InvalidInput, "a tile lies outside of the picture");
  if (!contains(placement.window, inside)) {
    fail(ErrorCode::InvalidInput, "the ", inside.width, " x ", inside.height, " pixels at (",
         inside.x, ", ", inside.y, ") are not among those that are given");
  }
  // What stands for pixels beyond the border may lie outside of `from`.
  const Range columns = border_range(settings_.border, {from.x, from.right()}, picture.width);
  const Range rows = border_range(settings_.border, {from.y, from.bottom()}, picture.height);
  const Rect read = {columns.begin, rows.begin, columns.end - columns.begin, rows.end - rows.begin};
  const Rect known = intersection(read, placement.window);
  const Rect made = hull(from, known);

  const int channels = settings_.format.channels();
  const TensorImage tensor = {out,
                              settings_.type,
                              settings_.channels_last,
                              channels,
                              orientation.swaps() ? from.height : from.width,
                              orientation.swaps() ? from.width : from.height};
  const bool in_place = made == from && settings_.type == DType::Float && orientation.is_none() &&
                        (!settings_.channels_last || channels == 1);
  const auto scratch = in_place ? nullptr : floats_for(made, channels);
  float* data = in_place ? reinterpret_cast<float*>(out) : scratch.get();
  const Planes planes = whole_planes(data, made.width, made.height);

  const Rect source = relative_to(placement.window, known), target = relative_to(made, known);
  to_planes(window_.crop(source.x, source.y, source.width, source.height), settings_.format,
            levels_to(settings_.type), planes.from(target.x, target.y), pool_);
  extend_edges(planes, channels, made.width, made.height, target, relative_to(made, picture),
               settings_.border);
  if (in_place) return;
  const Rect part = relative_to(made, from);
  store_elements(planes.from(part.x, part.y), unturned(tensor, orientation), channels, from.width,
                 from.height, pool_);
}

bool PictureWindow::has_part(const TensorImage& output, int64_t x, int64_t y, const Rect& to,
                             Orientation orientation) {
  const int64_t width = orientation.swaps() ? output.height : output.width;
  const int64_t height = orientation.swaps() ? output.width : output.height;
  return contains({0, 0, width, height}, {x, y, to.width, to.height});
}

void PictureWindow::place(const TensorImage& output, int64_t x, int64_t y, const Rect& to,
                          Orientation orientation) {
  check_part(settings_.placement, to);
  const bool add = placed_ > 0 && to == tile_ && output.type == placed_type_;
  if (!add) {
    placed_ = 0;
    tile_ = to;
    placed_type_ = output.type;
    sums_ = floats_for(to, output.channels);
  }
  load_elements(unturned(output, orientation).from(x, y),
                whole_planes(sums_.get(), to.width, to.height), output.channels, to.width,
                to.height, add, pool_);
  ++placed_;
}

std::span<std::byte> PictureWindow::result() {
  if (placed_ == 0) fail(ErrorCode::InvalidInput, "no tile has been placed");
  const auto bytes = static_cast<size_t>(rgba_bytes(tile_.width, tile_.height, settings_.deep));
  result_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
  finish(whole_pixels(result_.get(), tile_.width, tile_.height, settings_.deep));
  return {result_.get(), bytes};
}

void PictureWindow::finish(Pixels pixels) {
  const Placement& placement = settings_.placement;
  const ConstPlanes planes = whole_planes<const float>(sums_.get(), tile_.width, tile_.height);
  const bool has_chroma = settings_.format.colour == Colour::Luma;
  const bool has_alpha = settings_.format.colour != Colour::Rgba && !constant_alpha_;
  const float alpha = constant_alpha_.value_or(kOpaque);
  std::optional<PartFilter> filter;
  if (has_chroma || has_alpha) {
    filter = make_part_filter(Kernel::Bicubic, placement, tile_, ColumnTaps::InVectors);
  }
  if (has_chroma) {
    merge_luma(planes, levels_of_mean(), chroma_of(window_, placement, *filter, pool_), *filter,
               alpha, pixels, pool_);
  } else {
    from_planes(planes, settings_.format, levels_of_mean(), alpha, pixels, pool_);
  }
  if (has_alpha) merge_alpha(alpha_of(window_, placement, *filter), *filter, pixels, pool_);
}

Levels PictureWindow::levels_to(DType type) const {
  if (type == DType::Uint8) return {};
  return Levels::to_elements(settings_.black, settings_.white);
}

Levels PictureWindow::levels_of_mean() const {
  Levels levels;
  if (placed_type_ != DType::Uint8) {
    levels = Levels::from_elements(settings_.black, settings_.white);
  }
  levels.scale /= static_cast<float>(placed_);
  return levels;
}

}  // namespace fovea::image

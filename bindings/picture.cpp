#include "picture.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/integers.h"

namespace fovea::bindings {
namespace {

using emscripten::val;

template <class Component>
image::PixelsOf<Component> pixels_in(std::byte* memory, int64_t width, int64_t height) {
  return {reinterpret_cast<Component*>(memory), width, height, 4 * width};
}

int64_t int_in(const val& object, const char* key) {
  return static_cast<int64_t>(object[key].as<double>());
}

// The bytes of so many pixels: more than any memory holds where 64 bits do not hold their number.
uint64_t rgba_bytes(uint64_t width, uint64_t height, uint64_t component) {
  const double bytes = 4.0 * static_cast<double>(component) * static_cast<double>(width) *
                       static_cast<double>(height);
  return bytes < 0x1p63 ? 4 * component * width * height : UINT64_MAX;
}

// Throws unless the pixels can be counted by size_t, in bytes and as a plane of floats.
void check_sizes(const Buffer& rgba, const PictureSettings& settings) {
  const auto [width, height, deep, out_width, out_height, luma, range, blue_first] = settings;
  if (std::min({width, height, out_width, out_height}) < 1) {
    fail(ErrorCode::InvalidInput, "a picture of ", width, " x ", height,
         " pixels cannot become one of ", out_width, " x ", out_height);
  }
  checked_size(rgba_bytes(out_width, out_height, 1));
  if (rgba.size() != rgba_bytes(width, height, deep ? sizeof(float) : 1)) {
    fail(ErrorCode::InvalidInput, "a picture of ", width, " x ", height, " pixels does not have ",
         rgba.size(), " bytes");
  }
}

// What two ranges [begin, begin + length) have in common.
std::pair<int64_t, int64_t> common(int64_t begin, int64_t length, int64_t size) {
  const int64_t first = std::clamp<int64_t>(begin, 0, size);
  return {first, std::clamp<int64_t>(begin + length, 0, size) - first};
}

}  // namespace

PictureSettings to_picture_settings(const val& object) {
  return {int_in(object, "width"),     int_in(object, "height"),      object["deep"].as<bool>(),
          int_in(object, "outWidth"),  int_in(object, "outHeight"),   object["luma"].as<bool>(),
          object["range"].as<float>(), object["blueFirst"].as<bool>()};
}

Picture::Picture(std::shared_ptr<ThreadPool> pool, const Buffer& rgba,
                 const PictureSettings& settings)
    : pool_(std::move(pool)),
      settings_((check_sizes(rgba, settings), settings)),
      memory_(rgba.memory()),
      result_(rgba_bytes(settings.out_width, settings.out_height, 1)) {
  const auto [width, height, deep, out_width, out_height, luma, range, blue_first] = settings;
  if (deep) {
    source_ = pixels_in<float>(memory_.get(), width, height);
  } else {
    source_ = pixels_in<uint8_t>(memory_.get(), width, height);
  }
  std::visit(
      [&](auto pixels) {
        const image::PixelsOf<const std::remove_pointer_t<decltype(pixels.data)>> fixed = pixels;
        if (const auto alpha = image::constant_alpha(fixed)) {
          constant_alpha_ = *alpha;
        } else {
          alpha_ = image::alpha_of(fixed, out_width, out_height);
          image::bleed_colour(pixels);
        }
        if (luma) chroma_ = image::chroma_of(fixed, out_width, out_height, *pool_);
      },
      source_);
}

std::unique_ptr<Buffer> Picture::input(const image::Rect& from) const {
  const auto [left, width] = common(from.x, from.width, settings_.width);
  const auto [top, height] = common(from.y, from.height, settings_.height);
  if (width < 1 || height < 1) fail(ErrorCode::InvalidInput, "a tile lies outside of the picture");
  const uint64_t plane_bytes = rgba_bytes(from.width, from.height, 1);
  checked_size(plane_bytes);
  auto buffer = std::make_unique<Buffer>(plane_bytes * channels());
  const auto planes =
      image::whole_planes(reinterpret_cast<float*>(buffer->data()), from.width, from.height);
  const image::Rect known = {left - from.x, top - from.y, width, height};
  const auto inside = planes.from(known.x, known.y);
  std::visit(
      [&, x = left, y = top, w = width, h = height](auto pixels) {
        if (settings_.luma) {
          image::to_luma(pixels.crop(x, y, w, h), luma_format(), inside, *pool_);
        } else {
          image::to_tensor(pixels.crop(x, y, w, h), colour_format(), inside, *pool_);
        }
      },
      source_);
  image::extend_edges(planes, channels(), known, from.width, from.height);
  return buffer;
}

void Picture::place(const Run& run, int64_t x, int64_t y, const image::Rect& to) {
  const image::ConstPlanes planes = output_planes(run, x, y, to);
  const image::Pixels part = result_pixels().crop(to.x, to.y, to.width, to.height);
  if (chroma_) {
    image::merge_luma(planes, luma_format(), *chroma_, to.x, to.y, part, *pool_);
  } else {
    image::from_tensor(planes, colour_format(), part, *pool_);
  }
}

void Picture::finish() {
  if (!constant_alpha_) {
    image::merge_alpha(*alpha_, 0, 0, result_pixels(), *pool_);
  } else if (*constant_alpha_ != image::kOpaque) {
    image::fill_alpha(static_cast<uint8_t>(std::nearbyint(*constant_alpha_)), result_pixels());
  }
}

image::ColourFormat Picture::colour_format() const {
  image::ColourFormat format;
  format.order = settings_.blue_first ? image::ChannelOrder::Bgr : image::ChannelOrder::Rgb;
  format.scale.fill(settings_.range / 255);
  return format;
}

image::Pixels Picture::result_pixels() {
  return pixels_in<uint8_t>(result_.data(), settings_.out_width, settings_.out_height);
}

image::ConstPlanes Picture::output_planes(const Run& run, int64_t x, int64_t y,
                                          const image::Rect& to) const {
  const Tensor& output = run.outputs().at(0);
  const Shape& shape = output.shape();
  const bool fits = output.dtype() == DType::Float && shape.rank() == 4 && shape[0] == 1 &&
                    shape[1] == channels() && shape[2] >= y + to.height && shape[3] >= x + to.width;
  if (!fits) {
    fail(ErrorCode::InvalidInput, "the network's output ", name_of(output.dtype()), " ", shape,
         " is not the enlarged picture: float32 [1,", channels(), ",>=", y + to.height,
         ",>=", x + to.width, "]");
  }
  const float* data = output.as<float>().data();
  return image::ConstPlanes(image::whole_planes(data, shape[3], shape[2])).from(x, y);
}

}  // namespace fovea::bindings

#include "picture.h"

#include <utility>

#include "base/error.h"

namespace fovea::bindings {
namespace {

using emscripten::val;

image::Pixels pixels_in(std::byte* memory, int64_t width, int64_t height) {
  return {reinterpret_cast<uint8_t*>(memory), width, height, 4 * width};
}

int64_t int_in(const val& object, const char* key) {
  return static_cast<int64_t>(object[key].as<double>());
}

}  // namespace

PictureSettings to_picture_settings(const val& object) {
  return {int_in(object, "width"),     int_in(object, "height"),      int_in(object, "margin"),
          int_in(object, "outWidth"),  int_in(object, "outHeight"),   object["luma"].as<bool>(),
          object["range"].as<float>(), object["blueFirst"].as<bool>()};
}

Picture::Picture(std::shared_ptr<ThreadPool> pool, const Buffer& rgba,
                 const PictureSettings& settings)
    : pool_(std::move(pool)),
      settings_(settings),
      memory_(rgba.memory()),
      result_(static_cast<size_t>(4 * settings.out_width * settings.out_height)) {
  const auto [width, height, margin, out_width, out_height, luma, range, blue_first] = settings;
  const int64_t padded_width = width + 2 * margin, padded_height = height + 2 * margin;
  if (static_cast<int64_t>(rgba.size()) != 4 * padded_width * padded_height) {
    fail(ErrorCode::InvalidInput, "a picture of ", padded_width, " x ", padded_height,
         " pixels does not have ", rgba.size(), " bytes");
  }
  padded_ = pixels_in(memory_.get(), padded_width, padded_height);
  source_ = padded_.crop(margin, margin, width, height);
  constant_alpha_ = image::constant_alpha(source_);
  if (!constant_alpha_) {
    alpha_ = image::alpha_of(source_, out_width, out_height);
    image::bleed_colour(padded_);
  }
  if (luma) chroma_ = image::chroma_of(source_, out_width, out_height, *pool_);
}

std::unique_ptr<Buffer> Picture::input(const Rect& from, int64_t to_width,
                                       int64_t to_height) const {
  const int64_t elements = channels() * to_width * to_height;
  auto buffer = std::make_unique<Buffer>(static_cast<size_t>(elements) * sizeof(float));
  const auto planes =
      image::whole_planes(reinterpret_cast<float*>(buffer->data()), to_width, to_height);
  const auto part = padded_.crop(from.x, from.y, from.width, from.height);
  if (settings_.luma) {
    image::to_luma(part, luma_format(), planes, *pool_);
  } else {
    image::to_tensor(part, colour_format(), planes, *pool_);
  }
  image::extend_edges(planes, channels(), from.width, from.height, to_width, to_height);
  return buffer;
}

void Picture::place(const Run& run, int64_t x, int64_t y, const Rect& to) {
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
    image::fill_alpha(*constant_alpha_, result_pixels());
  }
}

image::ColourFormat Picture::colour_format() const {
  image::ColourFormat format;
  format.order = settings_.blue_first ? image::ChannelOrder::Bgr : image::ChannelOrder::Rgb;
  format.scale.fill(settings_.range / 255);
  return format;
}

image::Pixels Picture::result_pixels() {
  return pixels_in(result_.data(), settings_.out_width, settings_.out_height);
}

image::ConstPlanes Picture::output_planes(const Run& run, int64_t x, int64_t y,
                                          const Rect& to) const {
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

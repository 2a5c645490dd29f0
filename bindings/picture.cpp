#include "picture.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace fovea::bindings {
namespace {

using emscripten::val;

// The place of a property's value among the words that it may be.
size_t word_in(const val& object, const char* key, std::span<const std::string_view> words) {
  const auto word = object[key].as<std::string>();
  const size_t i = static_cast<size_t>(std::ranges::find(words, word) - words.begin());
  if (i == words.size()) {
    fail(ErrorCode::InvalidInput, "a picture's ", key, " cannot be '", word, "'");
  }
  return i;
}

int64_t int_in(const val& object, const char* key) {
  return static_cast<int64_t>(object[key].as<double>());
}

image::Placement to_placement(const val& object) {
  return {to_rect(object["window"]), int_in(object, "width"), int_in(object, "height"),
          int_in(object, "outWidth"), int_in(object, "outHeight")};
}

[[noreturn]] void fail_for(const Tensor& output, const image::EnlargingSettings& settings,
                           int64_t least_width, int64_t least_height) {
  const int channels = settings.format.channels();
  const auto fail_with = [&](auto... taken) {
    fail(ErrorCode::InvalidInput, "the network's output ", name_of(output.dtype()), " ",
         output.shape(), " is not the enlarged picture: float32, float16 or uint8 ", taken...);
  };
  if (settings.channels_last) {
    fail_with("[1,>=", least_height, ",>=", least_width, ",", channels, "] (NHWC)");
  }
  fail_with("[1,", channels, ",>=", least_height, ",>=", least_width, "] (NCHW)");
}

}  // namespace

image::Rect to_rect(const val& object) {
  return {int_in(object, "x"), int_in(object, "y"), int_in(object, "width"),
          int_in(object, "height")};
}

image::EnlargingSettings to_picture_settings(const val& object) {
  static constexpr std::string_view kColours[] = {"luma", "gray", "rgb", "rgba"};
  static constexpr std::string_view kTypes[] = {"float32", "float16", "uint8"};
  static constexpr DType kDTypes[] = {DType::Float, DType::Float16, DType::Uint8};
  static constexpr std::string_view kBorders[] = {"replicate", "reflect"};
  image::EnlargingSettings settings;
  settings.placement = to_placement(object);
  settings.deep = object["deep"].as<bool>();
  settings.format.colour = static_cast<image::Colour>(word_in(object, "color", kColours));
  settings.format.blue_first = object["blueFirst"].as<bool>();
  settings.black = object["black"].as<float>();
  settings.white = object["white"].as<float>();
  settings.type = kDTypes[word_in(object, "type", kTypes)];
  settings.channels_last = object["channelsLast"].as<bool>();
  settings.border = static_cast<image::Border>(word_in(object, "border", kBorders));
  return settings;
}

image::ResampleSettings to_resample_settings(const val& object) {
  static constexpr std::string_view kKernels[] = {"nearest", "bicubic", "mitchell", "lanczos3"};
  image::ResampleSettings settings;
  settings.placement = to_placement(object);
  settings.part = to_rect(object["part"]);
  settings.kernel = static_cast<image::Kernel>(word_in(object, "kernel", kKernels));
  settings.linear = object["linear"].as<bool>();
  settings.deep = object["deep"].as<bool>();
  return settings;
}

Picture::Picture(std::shared_ptr<ThreadPool> pool, Buffer& pixels,
                 const image::EnlargingSettings& settings)
    : pool_(std::move(pool)),
      memory_(pixels.memory()),
      window_({pixels.data(), pixels.size()}, settings, *pool_) {}

std::unique_ptr<Buffer> Picture::input(const image::Rect& from,
                                       image::Orientation orientation) const {
  auto buffer = std::make_unique<Buffer>(window_.input_bytes(from));
  window_.input(from, orientation, buffer->data());
  return buffer;
}

void Picture::place(const Run& run, int64_t x, int64_t y, const image::Rect& to,
                    image::Orientation orientation) {
  const Tensor& output = run.outputs().at(0);
  const image::EnlargingSettings& settings = window_.settings();
  const Shape& shape = output.shape();
  const int channel = settings.channels_last ? 3 : 1, row = settings.channels_last ? 1 : 2;
  const bool swaps = orientation.swaps();
  if (image::is_element_type(output.dtype()) && shape.rank() == 4 && shape[0] == 1 &&
      shape[channel] == settings.format.channels()) {
    // Only read, as place() does.
    auto* data = const_cast<std::byte*>(output.data());
    const image::TensorImage tensor = {data,           output.dtype(), settings.channels_last,
                                       shape[channel], shape[row + 1], shape[row]};
    if (image::PictureWindow::has_part(tensor, x, y, to, orientation)) {
      window_.place(tensor, x, y, to, orientation);
      return;
    }
  }
  const int64_t width = x + to.width, height = y + to.height;
  fail_for(output, settings, swaps ? height : width, swaps ? width : height);
}

val Picture::view() {
  const std::span<std::byte> bytes = window_.result();
  return val(
      emscripten::typed_memory_view(bytes.size(), reinterpret_cast<unsigned char*>(bytes.data())));
}

std::unique_ptr<Buffer> resampled(Buffer& pixels, const image::ResampleSettings& settings,
                                  ThreadPool& pool) {
  image::check_resampling(settings, pixels.size());
  const image::Rect& part = settings.part;
  auto buffer = std::make_unique<Buffer>(image::rgba_bytes(part.width, part.height, settings.deep));
  image::resample(pixels.data(), settings, buffer->data(), pool);
  return buffer;
}

}  // namespace fovea::bindings

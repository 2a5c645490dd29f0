#include "image/elements.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "image/rgba.h"
#include "kernels/elementwise/convert.h"

namespace fovea::image {
namespace {

size_t bytes_of_element(DType type) {
  return type == DType::Float ? sizeof(float) : type == DType::Float16 ? sizeof(Half) : 1;
}

uint8_t to_byte(float x) {
  return x > 0 ? static_cast<uint8_t>(std::nearbyint(std::min(x, 255.0f))) : uint8_t{0};
}

void store_row(const float* from, int64_t count, DType type, std::byte* to, int64_t step) {
  if (type == DType::Float) {
    auto* out = reinterpret_cast<float*>(to);
    for (int64_t i = 0; i < count; ++i) out[i * step] = from[i];
  } else if (type == DType::Float16) {
    auto* out = reinterpret_cast<Half*>(to);
    if (step == 1) return kernels::convert_row(from, out, count);
    for (int64_t i = 0; i < count; ++i) out[i * step] = to_half(from[i]);
  } else {
    auto* out = reinterpret_cast<uint8_t*>(to);
    for (int64_t i = 0; i < count; ++i) out[i * step] = to_byte(from[i]);
  }
}

// Calls put(i, element) for every element.
template <class Put>
void load_row(const std::byte* from, DType type, int64_t step, int64_t count, Put put) {
  if (type == DType::Float) {
    const auto* in = reinterpret_cast<const float*>(from);
    for (int64_t i = 0; i < count; ++i) put(i, in[i * step]);
  } else if (type == DType::Float16) {
    const auto* in = reinterpret_cast<const Half*>(from);
    for (int64_t i = 0; i < count; ++i) put(i, to_float(in[i * step]));
  } else {
    const auto* in = reinterpret_cast<const uint8_t*>(from);
    for (int64_t i = 0; i < count; ++i) put(i, static_cast<float>(in[i * step]));
  }
}

}  // namespace

bool is_element_type(DType type) noexcept {
  return type == DType::Float || type == DType::Float16 || type == DType::Uint8;
}

Orientation::Orientation(int bits) : bits_(bits) {
  if (bits < 0 || bits > 7) {
    fail(ErrorCode::InvalidInput, "the orientation ", bits, " is none of 0 to 7");
  }
}

std::byte* ElementView::row(int64_t channel, int64_t y) const {
  return data +
         (channel * channel_step + y * y_step) * static_cast<int64_t>(bytes_of_element(type));
}

ElementView ElementView::from(int64_t x, int64_t y) const {
  ElementView view = *this;
  view.data += (x * x_step + y * y_step) * static_cast<int64_t>(bytes_of_element(type));
  return view;
}

ElementView unturned(const TensorImage& tensor, Orientation orientation) noexcept {
  ElementView view = {tensor.data, tensor.type, 1, tensor.width, tensor.width * tensor.height};
  if (tensor.channels_last) {
    view.x_step = tensor.channels;
    view.y_step = tensor.width * tensor.channels;
    view.channel_step = 1;
  }
  int64_t width = tensor.width, height = tensor.height;
  if (orientation.swaps()) {
    std::swap(view.x_step, view.y_step);
    std::swap(width, height);
  }
  if (orientation.mirrors_x()) {
    view = view.from(width - 1, 0);
    view.x_step = -view.x_step;
  }
  if (orientation.mirrors_y()) {
    view = view.from(0, height - 1);
    view.y_step = -view.y_step;
  }
  return view;
}

void store_elements(ConstPlanes planes, const ElementView& view, int64_t channels, int64_t width,
                    int64_t height, ThreadPool& pool) noexcept {
  for_rows(width, height, pool, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t c = 0; c < channels; ++c) {
        store_row(planes.row(c, y), width, view.type, view.row(c, y), view.x_step);
      }
    }
  });
}

void load_elements(const ElementView& view, Planes planes, int64_t channels, int64_t width,
                   int64_t height, bool add, ThreadPool& pool) noexcept {
  const bool copies = view.has_float_rows() && !add;
  for_rows(width, height, pool, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t c = 0; c < channels; ++c) {
        const std::byte* from = view.row(c, y);
        float* to = planes.row(c, y);
        if (copies) {
          std::memcpy(to, from, static_cast<size_t>(width) * sizeof(float));
        } else {
          load_row(from, view.type, view.x_step, width,
                   [&](int64_t i, float x) { to[i] = add ? to[i] + x : x; });
        }
      }
    }
  });
}

}  // namespace fovea::image

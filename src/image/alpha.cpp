#include "image/alpha.h"

#include <vector>

#include "image/rgba.h"

namespace fovea::image {
namespace {

constexpr int kAlpha = 3;

template <class Component>
std::optional<Component> shared_alpha(PixelsOf<const Component> pixels) noexcept {
  if (pixels.width == 0 || pixels.height == 0) return std::nullopt;
  const Component first = pixels.data[kAlpha];
  for (int64_t y = 0; y < pixels.height; ++y) {
    for (int64_t x = 0; x < pixels.width; ++x) {
      if (pixels.at(x, y)[kAlpha] != first) return std::nullopt;
    }
  }
  return first;
}

template <class Component>
BicubicPlane alpha_plane(PixelsOf<const Component> pixels, int64_t out_width, int64_t out_height) {
  std::vector<float> plane(static_cast<size_t>(pixels.width * pixels.height));
  float* to = plane.data();
  for (int64_t y = 0; y < pixels.height; ++y) {
    for (int64_t x = 0; x < pixels.width; ++x) *to++ = pixels.at(x, y)[kAlpha];
  }
  return BicubicPlane(std::move(plane), pixels.width, pixels.height, out_width, out_height);
}

}  // namespace

std::optional<uint8_t> constant_alpha(ConstPixels pixels) noexcept { return shared_alpha(pixels); }

std::optional<float> constant_alpha(ConstDeepPixels pixels) noexcept {
  return shared_alpha(pixels);
}

BicubicPlane alpha_of(ConstPixels pixels, int64_t out_width, int64_t out_height) {
  return alpha_plane(pixels, out_width, out_height);
}

BicubicPlane alpha_of(ConstDeepPixels pixels, int64_t out_width, int64_t out_height) {
  return alpha_plane(pixels, out_width, out_height);
}

void merge_alpha(const BicubicPlane& alpha, int64_t x, int64_t y, Pixels pixels, ThreadPool& pool) {
  const int64_t width = pixels.width;
  const int64_t worker_floats = width + alpha.scratch_size();
  std::vector<float> scratch(static_cast<size_t>(worker_floats * pool.size()));
  for_rows(width, pixels.height, pool, [&](int64_t begin, int64_t end, int worker) {
    float* values = scratch.data() + worker * worker_floats;
    for (int64_t row = begin; row < end; ++row) {
      alpha.row(x, y + row, width, values + width, values);
      for (int64_t i = 0; i < width; i += 4) {
        const int64_t count = width - i;
        const simd::I32x4 colour =
            load_pixels(pixels.at(i, row), count) & simd::I32x4::splat(0xffffff);
        const simd::I32x4 bytes = to_bytes(load_floats(values + i, count));
        store_pixels(colour | (bytes << 24), pixels.at(i, row), count);
      }
    }
  });
}

void fill_alpha(uint8_t alpha, Pixels pixels) noexcept {
  for (int64_t y = 0; y < pixels.height; ++y) {
    for (int64_t x = 0; x < pixels.width; ++x) pixels.at(x, y)[kAlpha] = alpha;
  }
}

}  // namespace fovea::image

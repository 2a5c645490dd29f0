#include "image/rgba.h"

namespace fovea::image {

using simd::F32x4;

Rgba load_four(const float* from, int64_t count) noexcept {
  const auto pixel = [&](int64_t i) {
    return i < count ? F32x4::load(from + 4 * i) : F32x4::zero();
  };
  Rgba c = {pixel(0), pixel(1), pixel(2), pixel(3)};
  transpose4x4(c.r, c.g, c.b, c.a);
  return c;
}

void store_four(Rgba c, float* to, int64_t count) noexcept {
  transpose4x4(c.r, c.g, c.b, c.a);
  const F32x4 pixels[] = {c.r, c.g, c.b, c.a};
  for (int64_t i = 0; i < std::min<int64_t>(count, 4); ++i) pixels[i].store(to + 4 * i);
}

}  // namespace fovea::image

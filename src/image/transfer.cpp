#include "image/transfer.h"

#include "simd/math.h"

namespace fovea::image {

using simd::F32x4;

F32x4 to_light(F32x4 level) noexcept {
  const F32x4 x = (level + F32x4::splat(0.055f * 255)) * F32x4::splat(1 / (1.055f * 255));
  const F32x4 power = exp(simd::log(x) * F32x4::splat(2.4f)) * F32x4::splat(255);
  return select(level > F32x4::splat(0.04045f * 255), power, level * F32x4::splat(1 / 12.92f));
}

F32x4 to_level(F32x4 light) noexcept {
  // u^(5/3) from where the curve begins to 1, within 0.1/65535 (a minimax fit); u is the fourth
  // root of light, so that is x^(1/2.4).
  static constexpr float kPower[] = {-0x1.1a6ecap-8f, 0x1.0f010ap-3f, 0x1.4b723cp+0f,
                                     -0x1.9df276p-1f, 0x1.3ef052p-1f, -0x1.350f46p-2f,
                                     0x1.08d0a6p-4f};
  const F32x4 x = pmin(light * F32x4::splat(1.0f / 255), F32x4::splat(1));
  const F32x4 power = simd::detail::polynomial(sqrt(sqrt(x)), kPower);
  const F32x4 level = fma(power, F32x4::splat(1.055f * 255), F32x4::splat(-0.055f * 255));
  return select(light > F32x4::splat(0.0031308f * 255), level, light * F32x4::splat(12.92f));
}

}  // namespace fovea::image

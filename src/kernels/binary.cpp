#include "kernels/binary.h"

namespace fovea::kernels {
namespace {

template <class Fn>
void map_row(const float* from, int64_t stride, float* to, int64_t count, Fn fn) noexcept {
  for (int64_t i = 0; i < count; ++i) to[i] = fn(from[i * stride]);
}

// pow(x, 1/2) differs from sqrt at -0 and at minus infinity.
float square_root(float x) { return x == -INFINITY ? INFINITY : std::sqrt(x + 0.0f); }

}  // namespace

void pow_row_f32(const void* a, int64_t a_stride, const void* b, int64_t b_stride, void* out,
                 int64_t count) noexcept {
  const float* base = static_cast<const float*>(a);
  float* to = static_cast<float*>(out);
  const float exponent = *static_cast<const float*>(b);
  if (b_stride != 0) {
    binary_row<Pow, float, float, float>(a, a_stride, b, b_stride, out, count);
  } else if (exponent == 2.0f) {
    map_row(base, a_stride, to, count, [](float x) { return x * x; });
  } else if (exponent == 3.0f) {
    map_row(base, a_stride, to, count, [](float x) { return x * x * x; });
  } else if (exponent == 0.5f) {
    map_row(base, a_stride, to, count, square_root);
  } else {
    map_row(base, a_stride, to, count, [exponent](float x) { return std::pow(x, exponent); });
  }
}

}  // namespace fovea::kernels

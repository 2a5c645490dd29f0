#include "kernels/elementwise/binary.h"

#include "kernels/elementwise/unary.h"

namespace fovea::kernels {
namespace {

template <class Fn>
void map_row(const float* from, float* to, const BinaryStrides& strides, int64_t count,
             Fn fn) noexcept {
  for (int64_t i = 0; i < count; ++i) to[i * strides.out] = fn(from[i * strides.a]);
}

// pow(x, 1/2) differs from sqrt at -0 and at minus infinity.
float square_root(float x) { return x == -INFINITY ? INFINITY : std::sqrt(x + 0.0f); }

}  // namespace

template <class Op>
void binary_row_f32(const void* a, const void* b, void* out, const BinaryStrides& strides,
                    int64_t count) noexcept {
  using simd::F32x4;
  const float* left = static_cast<const float*>(a);
  const float* right = static_cast<const float*>(b);
  float* to = static_cast<float*>(out);
  const bool dense = strides.out == 1;
  int64_t i = 0;
  if (dense && strides.a == 1 && strides.b == 1) {
    for (; i + 4 <= count; i += 4)
      Op()(F32x4::load(left + i), F32x4::load(right + i)).store(to + i);
  } else if (dense && strides.a == 1 && strides.b == 0) {
    const F32x4 scalar = F32x4::load_splat(right);
    for (; i + 4 <= count; i += 4) Op()(F32x4::load(left + i), scalar).store(to + i);
  } else if (dense && strides.a == 0 && strides.b == 1) {
    const F32x4 scalar = F32x4::load_splat(left);
    for (; i + 4 <= count; i += 4) Op()(scalar, F32x4::load(right + i)).store(to + i);
  }
  for (; i < count; ++i) {
    const F32x4 x = F32x4::load_splat(left + i * strides.a);
    to[i * strides.out] = Op()(x, F32x4::load_splat(right + i * strides.b))[0];
  }
}

template void binary_row_f32<Add>(const void*, const void*, void*, const BinaryStrides&,
                                  int64_t) noexcept;
template void binary_row_f32<Sub>(const void*, const void*, void*, const BinaryStrides&,
                                  int64_t) noexcept;
template void binary_row_f32<Mul>(const void*, const void*, void*, const BinaryStrides&,
                                  int64_t) noexcept;
template void binary_row_f32<Div>(const void*, const void*, void*, const BinaryStrides&,
                                  int64_t) noexcept;
template void binary_row_f32<Min>(const void*, const void*, void*, const BinaryStrides&,
                                  int64_t) noexcept;
template void binary_row_f32<Max>(const void*, const void*, void*, const BinaryStrides&,
                                  int64_t) noexcept;
template void binary_row_f32<PRelu>(const void*, const void*, void*, const BinaryStrides&,
                                    int64_t) noexcept;

void pow_row_f32(const void* a, const void* b, void* out, const BinaryStrides& strides,
                 int64_t count) noexcept {
  const float* base = static_cast<const float*>(a);
  float* to = static_cast<float*>(out);
  const float exponent = *static_cast<const float*>(b);
  if (strides.b != 0) {
    binary_row<Pow, float, float, float>(a, b, out, strides, count);
  } else if (exponent == 2.0f) {
    binary_row_f32<Mul>(a, a, out, {strides.a, strides.a, strides.out}, count);
  } else if (exponent == 3.0f) {
    map_row(base, to, strides, count, [](float x) { return x * x * x; });
  } else if (exponent == 0.5f) {
    map_row(base, to, strides, count, square_root);
  } else {
    map_row(base, to, strides, count, [exponent](float x) { return std::pow(x, exponent); });
  }
}

}  // namespace fovea::kernels

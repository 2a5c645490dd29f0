#include <algorithm>
#include <cstring>
#include <limits>

#include "kernels/elementwise/quantize.h"
#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;
using simd::I32x4;

// Four vectors of integers as bytes, one after the other.
template <class T>
void store_bytes(const I32x4 (&values)[4], T* to) {
#ifdef __wasm_simd128__
  const auto low = wasm_i16x8_narrow_i32x4((v128_t)values[0].v, (v128_t)values[1].v);
  const auto high = wasm_i16x8_narrow_i32x4((v128_t)values[2].v, (v128_t)values[3].v);
  wasm_v128_store(to, std::numeric_limits<T>::is_signed ? wasm_i8x16_narrow_i16x8(low, high)
                                                        : wasm_u8x16_narrow_i16x8(low, high));
#else
  for (int i = 0; i < 16; ++i) to[i] = static_cast<T>(values[i / 4][i % 4]);
#endif
}

}  // namespace

template <class T>
void dequantize_row(const void* from, float* to, int64_t count, float scale, float point) noexcept {
  const T* bytes = static_cast<const T*>(from);
  int64_t i = 0;
#ifdef __wasm_simd128__
  const F32x4 factor = F32x4::splat(scale), shift = F32x4::splat(point);
  const auto store = [&](v128_t whole, float* out) {
    ((simd::to_f32(I32x4{(simd::IntVector)whole}) - shift) * factor).store(out);
  };
  constexpr bool is_signed = std::numeric_limits<T>::is_signed;
  for (; i + 8 <= count; i += 8) {
    const v128_t shorts = is_signed ? wasm_i16x8_load8x8(bytes + i) : wasm_u16x8_load8x8(bytes + i);
    store(wasm_i32x4_extend_low_i16x8(shorts), to + i);
    store(wasm_i32x4_extend_high_i16x8(shorts), to + i + 4);
  }
#endif
  for (; i < count; ++i) to[i] = (static_cast<float>(bytes[i]) - point) * scale;
}

template <class T>
void quantize_row(const float* from, void* to, int64_t count, float scale, float point) noexcept {
  const F32x4 low = F32x4::splat(std::numeric_limits<T>::min());
  const F32x4 high = F32x4::splat(std::numeric_limits<T>::max());
  const F32x4 divisor = F32x4::splat(scale), shift = F32x4::splat(point);
  // Added to a whole number it leaves it in the lowest bits: a conversion is many instructions.
  const F32x4 magic = F32x4::splat(12582912.0f);
  const auto quantize = [&](const float* x, T* out) {
    I32x4 values[4];
    for (int i = 0; i < 4; ++i) {
      const F32x4 value = simd::nearest(F32x4::load(x + 4 * i) / divisor) + shift;
      const F32x4 inside = simd::pmin(simd::pmax(value, low), high);
      values[i] = (simd::bitcast_i32(inside + magic) - simd::bitcast_i32(magic)) & (value == value);
    }
    store_bytes(values, out);
  };
  T* bytes = static_cast<T*>(to);
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) quantize(from + i, bytes + i);
  if (i == count) return;
  const auto rest = static_cast<size_t>(count - i);
  float last[16] = {};
  T results[16];
  std::memcpy(last, from + i, rest * sizeof(float));
  quantize(last, results);
  std::memcpy(bytes + i, results, rest);
}

template <class T>
int64_t sum_row(const void* from, int64_t count) noexcept {
  const T* bytes = static_cast<const T*>(from);
  int64_t sum = 0, i = 0;
#ifdef __wasm_simd128__
  // Lanes of 32 bits hold the sums of so many.
  constexpr int64_t kBlock = 1 << 20;
  const bool is_signed = std::numeric_limits<T>::is_signed;
  while (i + 16 <= count) {
    v128_t lanes = wasm_i32x4_splat(0);
    for (const int64_t end = std::min(count - 15, i + kBlock); i < end; i += 16) {
      const v128_t x = wasm_v128_load(bytes + i);
      lanes = wasm_i32x4_add(
          lanes, wasm_i32x4_extadd_pairwise_i16x8(is_signed ? wasm_i16x8_extadd_pairwise_i8x16(x)
                                                            : wasm_u16x8_extadd_pairwise_u8x16(x)));
    }
    for (int lane = 0; lane < 4; ++lane) sum += I32x4{(simd::IntVector)lanes}[lane];
  }
#endif
  for (; i < count; ++i) sum += bytes[i];
  return sum;
}

template int64_t sum_row<int8_t>(const void*, int64_t) noexcept;
template int64_t sum_row<uint8_t>(const void*, int64_t) noexcept;
template void dequantize_row<int8_t>(const void*, float*, int64_t, float, float) noexcept;
template void dequantize_row<uint8_t>(const void*, float*, int64_t, float, float) noexcept;
template void quantize_row<int8_t>(const float*, void*, int64_t, float, float) noexcept;
template void quantize_row<uint8_t>(const float*, void*, int64_t, float, float) noexcept;

void look_up(const uint8_t* from, const uint8_t* table, uint8_t* to, int64_t count) noexcept {
  for (int64_t i = 0; i < count; ++i) to[i] = table[from[i]];
}

}  // namespace fovea::kernels

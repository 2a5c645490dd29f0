#include <algorithm>
#include <cstring>
#include <type_traits>

#include "kernels/elementwise/dense_rows.h"
#include "simd/f32x4.h"

namespace fovea::kernels {
namespace {

using Bytes = uint8_t __attribute__((vector_size(16)));

Bytes load(const uint8_t* from) {
  Bytes bytes;
  std::memcpy(&bytes, from, sizeof(bytes));
  return bytes;
}

void store(Bytes bytes, uint8_t* to) { std::memcpy(to, &bytes, sizeof(bytes)); }

// Calls dense(a, b, out, n) for parts of a row in which neighbours lie side by side, and returns
// true: one element for all is written out. False where operands lie otherwise.
template <class T, class Out, class Dense>
bool by_parts(const T* a, const T* b, Out* out, const BinaryStrides& strides, int64_t count,
              Dense dense) {
  constexpr int64_t kPart = 256;
  const bool a_dense = strides.a == 1, b_dense = strides.b == 1;
  if (strides.out != 1 || !(a_dense || strides.a == 0) || !(b_dense || strides.b == 0) ||
      !(a_dense || b_dense)) {
    return false;
  }
  if (a_dense && b_dense) {
    dense(a, b, out, count);
    return true;
  }
  T same[kPart];
  std::fill_n(same, std::min(count, kPart), a_dense ? *b : *a);
  for (int64_t i = 0; i < count; i += kPart) {
    dense(a_dense ? a + i : same, b_dense ? b + i : same, out + i, std::min(kPart, count - i));
  }
  return true;
}

template <class Op>
[[gnu::noinline]] void combine_bytes(const uint8_t* a, const uint8_t* b, uint8_t* out,
                                     int64_t count) noexcept {
  int64_t i = 0;
  for (; i + 16 <= count; i += 16) store(Op()(load(a + i), load(b + i)), out + i);
  for (; i < count; ++i) out[i] = Op()(a[i], b[i]);
}

#ifdef __wasm_simd128__
// Op of four floats or two integers, all bits of a lane set where it holds.
template <class Op, class T>
v128_t mask_of(const T* a, const T* b) {
  using Vector = T __attribute__((vector_size(16)));
  Vector left, right;
  std::memcpy(&left, a, sizeof(left));
  std::memcpy(&right, b, sizeof(right));
  if constexpr (std::is_same_v<Op, Equal>) return (v128_t)(left == right);
  if constexpr (std::is_same_v<Op, Less>) return (v128_t)(left < right);
  if constexpr (std::is_same_v<Op, LessOrEqual>) return (v128_t)(left <= right);
}

// The same of four elements.
template <class Op, class T>
v128_t mask_of_four(const T* a, const T* b) {
  if constexpr (sizeof(T) == 4) return mask_of<Op>(a, b);
  return wasm_i32x4_shuffle(mask_of<Op>(a, b), mask_of<Op>(a + 2, b + 2), 0, 2, 4, 6);
}

// Sixteen bytes of 0 and 1.
template <class Op, class T>
v128_t compare_sixteen(const T* a, const T* b) {
  const v128_t low =
      wasm_i16x8_narrow_i32x4(mask_of_four<Op>(a, b), mask_of_four<Op>(a + 4, b + 4));
  const v128_t high =
      wasm_i16x8_narrow_i32x4(mask_of_four<Op>(a + 8, b + 8), mask_of_four<Op>(a + 12, b + 12));
  return wasm_v128_and(wasm_i8x16_narrow_i16x8(low, high), wasm_i8x16_splat(1));
}
#endif

// The result never lies where an operand does, which has larger elements.
template <class Op, class T>
[[gnu::noinline]] void compare_dense(const T* __restrict a, const T* __restrict b,
                                     uint8_t* __restrict out, int64_t count) noexcept {
  int64_t i = 0;
#ifdef __wasm_simd128__
  for (; i + 16 <= count; i += 16) wasm_v128_store(out + i, compare_sixteen<Op>(a + i, b + i));
#endif
  for (; i < count; ++i) out[i] = Op()(a[i], b[i]);
}

}  // namespace

template <class Op, class T>
void bits_row(const void* a, const void* b, void* out, const BinaryStrides& strides,
              int64_t count) noexcept {
  const auto *left = static_cast<const uint8_t*>(a), *right = static_cast<const uint8_t*>(b);
  auto* to = static_cast<uint8_t*>(out);
  if (strides.a == 1 && strides.b == 1 && strides.out == 1) {
    combine_bytes<Op>(left, right, to, count * static_cast<int64_t>(sizeof(T)));
  } else if (sizeof(T) > 1 || !by_parts(left, right, to, strides, count, combine_bytes<Op>)) {
    binary_row<Op, T, T, T>(a, b, out, strides, count);
  }
}

template <class Op, class T>
void compare_row(const void* a, const void* b, void* out, const BinaryStrides& strides,
                 int64_t count) noexcept {
  const BinaryStrides swapped = {strides.b, strides.a, strides.out};
  if constexpr (std::is_same_v<Op, Greater>) {
    compare_row<Less, T>(b, a, out, swapped, count);
  } else if constexpr (std::is_same_v<Op, GreaterOrEqual>) {
    compare_row<LessOrEqual, T>(b, a, out, swapped, count);
  } else {
    const bool done = by_parts(static_cast<const T*>(a), static_cast<const T*>(b),
                               static_cast<uint8_t*>(out), strides, count, compare_dense<Op, T>);
    if (!done) binary_row<Op, T, T, bool>(a, b, out, strides, count);
  }
}

void complement_row(const void* in, void* out, int64_t bytes) noexcept {
  const auto* from = static_cast<const uint8_t*>(in);
  auto* to = static_cast<uint8_t*>(out);
  int64_t i = 0;
  for (; i + 16 <= bytes; i += 16) store(~load(from + i), to + i);
  for (; i < bytes; ++i) to[i] = static_cast<uint8_t>(~from[i]);
}

void is_zero_row(const void* in, void* out, int64_t bytes) noexcept {
  const auto* from = static_cast<const uint8_t*>(in);
  auto* to = static_cast<uint8_t*>(out);
  int64_t i = 0;
  for (; i + 16 <= bytes; i += 16) {
    // All bits of a byte are set where it is zero.
    store(reinterpret_cast<Bytes>(load(from + i) == 0) & 1, to + i);
  }
  for (; i < bytes; ++i) to[i] = from[i] == 0;
}

#define FOVEA_BITS(Op)                                                                        \
  template void bits_row<Op, uint8_t>(const void*, const void*, void*, const BinaryStrides&,  \
                                      int64_t) noexcept;                                      \
  template void bits_row<Op, uint16_t>(const void*, const void*, void*, const BinaryStrides&, \
                                       int64_t) noexcept;                                     \
  template void bits_row<Op, uint32_t>(const void*, const void*, void*, const BinaryStrides&, \
                                       int64_t) noexcept;                                     \
  template void bits_row<Op, uint64_t>(const void*, const void*, void*, const BinaryStrides&, \
                                       int64_t) noexcept;
FOVEA_BITS(BitAnd)
FOVEA_BITS(BitOr)
FOVEA_BITS(BitXor)
#undef FOVEA_BITS

#define FOVEA_COMPARISON(Op)                                                                    \
  template void compare_row<Op, float>(const void*, const void*, void*, const BinaryStrides&,   \
                                       int64_t) noexcept;                                       \
  template void compare_row<Op, int64_t>(const void*, const void*, void*, const BinaryStrides&, \
                                         int64_t) noexcept;
FOVEA_COMPARISON(Equal)
FOVEA_COMPARISON(Less)
FOVEA_COMPARISON(LessOrEqual)
FOVEA_COMPARISON(Greater)
FOVEA_COMPARISON(GreaterOrEqual)
#undef FOVEA_COMPARISON

}  // namespace fovea::kernels

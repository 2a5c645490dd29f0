#pragma once

#include <cstdint>

// Bytes and the numbers that they stand for: (byte - point) * scale.
namespace fovea::kernels {

// to[i] = (from[i] - point) * scale for i < count; T is int8_t or uint8_t.
template <class T>
void dequantize_row(const void* from, float* to, int64_t count, float scale, float point) noexcept;

// The other way: from[i] / scale is rounded, halves to even, and what T does not hold becomes its
// nearest; NaN becomes 0.
template <class T>
void quantize_row(const float* from, void* to, int64_t count, float scale, float point) noexcept;

// The sum of `count` bytes, as T.
template <class T>
int64_t sum_row(const void* from, int64_t count) noexcept;

// to[i] = table[from[i]].
void look_up(const uint8_t* from, const uint8_t* table, uint8_t* to, int64_t count) noexcept;

}  // namespace fovea::kernels

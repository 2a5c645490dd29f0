#pragma once

#include "kernels/elementwise/binary.h"

// Rows of bits and of comparisons with neighbours side by side or one element for all, by vectors.
namespace fovea::kernels {

// The BinaryRow of BitAnd, BitOr or BitXor, for unsigned integers T.
template <class Op, class T>
void bits_row(const void* a, const void* b, void* out, const BinaryStrides& strides,
              int64_t count) noexcept;

// The BinaryRow of Equal, Less, LessOrEqual, Greater or GreaterOrEqual from float or int64
// to bool.
template <class Op, class T>
void compare_row(const void* a, const void* b, void* out, const BinaryStrides& strides,
                 int64_t count) noexcept;

// out[i] = ~in[i] of so many bytes, and whether in[i] is 0.
void complement_row(const void* in, void* out, int64_t bytes) noexcept;
void is_zero_row(const void* in, void* out, int64_t bytes) noexcept;

}  // namespace fovea::kernels

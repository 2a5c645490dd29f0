#pragma once

#include <cstdint>

// Gauss's elimination with the largest pivots, of row-major square matrices, in double.
namespace fovea::kernels {

// The determinant; the matrix becomes a triangular one.
double determinant(double* matrix, int64_t size) noexcept;

// The matrix becomes its inverse; false where it has none. `pivots` is room for `size` numbers.
bool invert(double* matrix, int64_t* pivots, int64_t size) noexcept;

}  // namespace fovea::kernels

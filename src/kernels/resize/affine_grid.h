#pragma once

#include <cstdint>

namespace fovea::kernels {

// Positions on a straight line through an image of `axes` (2 or 3) axes, one pixel's coordinates
// after the other: to[i][axis] = along[i] * slope[axis] + start[axis]. T is float or double.
template <class T>
void affine_row(const T* along, int64_t count, const T* slope, const T* start, int axes,
                T* to) noexcept;

}  // namespace fovea::kernels

#include "kernels/resize/affine_grid.h"

namespace fovea::kernels {
namespace {

template <int Axes, class T>
void row_of(const T* along, int64_t count, const T* slope, const T* start, T* to) {
  for (int64_t i = 0; i < count; ++i) {
    for (int axis = 0; axis < Axes; ++axis) *to++ = along[i] * slope[axis] + start[axis];
  }
}

}  // namespace

template <class T>
void affine_row(const T* along, int64_t count, const T* slope, const T* start, int axes,
                T* to) noexcept {
  const auto row = axes == 2 ? row_of<2, T> : row_of<3, T>;
  row(along, count, slope, start, to);
}

template void affine_row(const float*, int64_t, const float*, const float*, int, float*) noexcept;
template void affine_row(const double*, int64_t, const double*, const double*, int,
                         double*) noexcept;

}  // namespace fovea::kernels

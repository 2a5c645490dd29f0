#include "kernels/winograd_pack.h"

namespace fovea::kernels::winograd {
namespace {

template <int Kernel>
inline double dot(const double (&factors)[Kernel], const double* from, int64_t step) noexcept {
  double sum = factors[0] * from[0];
  for (int k = 1; k < Kernel; ++k) sum += factors[k] * from[k * step];
  return sum;
}

}  // namespace

template <int Kernel>
void transform_taps(std::span<const double[Kernel]> down, std::span<const double[Kernel]> across,
                    const PanelTaps<Kernel>& taps, int64_t lanes, float* to,
                    int64_t step) noexcept {
  for (const double(&column_factors)[Kernel] : down) {
    double row[Kernel][kLastPanel];
    for (int x = 0; x < Kernel; ++x) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        row[x][lane] = dot(column_factors, &taps[0][x][lane], Kernel * kLastPanel);
      }
    }
    for (const double(&row_factors)[Kernel] : across) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        to[lane] = static_cast<float>(dot(row_factors, &row[0][lane], kLastPanel));
      }
      to += step;
    }
  }
}

template void transform_taps<3>(std::span<const double[3]>, std::span<const double[3]>,
                                const PanelTaps<3>&, int64_t, float*, int64_t) noexcept;
template void transform_taps<5>(std::span<const double[5]>, std::span<const double[5]>,
                                const PanelTaps<5>&, int64_t, float*, int64_t) noexcept;

}  // namespace fovea::kernels::winograd

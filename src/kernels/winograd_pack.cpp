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
void transform_taps(std::span<const double[Kernel]> weight_matrix, const PanelTaps<Kernel>& taps,
                    int64_t lanes, float* to, int64_t step) noexcept {
  for (const double(&down)[Kernel] : weight_matrix) {
    double row[Kernel][kLastPanel];
    for (int x = 0; x < Kernel; ++x) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        row[x][lane] = dot(down, &taps[0][x][lane], Kernel * kLastPanel);
      }
    }
    for (const double(&across)[Kernel] : weight_matrix) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        to[lane] = static_cast<float>(dot(across, &row[0][lane], kLastPanel));
      }
      to += step;
    }
  }
}

template void transform_taps<3>(std::span<const double[3]>, const PanelTaps<3>&, int64_t, float*,
                                int64_t) noexcept;
template void transform_taps<5>(std::span<const double[5]>, const PanelTaps<5>&, int64_t, float*,
                                int64_t) noexcept;

}  // namespace fovea::kernels::winograd

#include "kernels/winograd_pack.h"

namespace fovea::kernels::winograd {

void transform_taps(std::span<const double[3]> weight_matrix, const PanelTaps& taps, int64_t lanes,
                    float* to, int64_t step) noexcept {
  for (const double(&down)[3] : weight_matrix) {
    double row[3][kLastPanel];
    for (int x = 0; x < 3; ++x) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        row[x][lane] =
            down[0] * taps[0][x][lane] + down[1] * taps[1][x][lane] + down[2] * taps[2][x][lane];
      }
    }
    for (const double(&across)[3] : weight_matrix) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        to[lane] = static_cast<float>(row[0][lane] * across[0] + row[1][lane] * across[1] +
                                      row[2][lane] * across[2]);
      }
      to += step;
    }
  }
}

}  // namespace fovea::kernels::winograd

#pragma once

#include "kernels/tile.h"
#include "kernels/winograd.h"

namespace fovea::kernels::winograd {

// Length of the sum that a panel of packed weights stands for.
constexpr int64_t packed_depth(int64_t inputs) { return kPositions * inputs; }

// Panels of G weights G^T, computed in double and rounded once, from tap(output, input, y, x) of
// 3 x 3 taps. `bias` has an element for each output or is null.
template <class Tap>
void pack(int64_t outputs, int64_t inputs, Tap tap, const float* bias, float* packed) noexcept {
  const auto value = [&](int64_t k, int64_t output) {
    const int64_t position = k / inputs, input = k % inputs;
    const double* down = kWeightMatrix[position / kPatch];
    const double* across = kWeightMatrix[position % kPatch];
    double sum = 0;
    for (int y = 0; y < 3; ++y) {
      for (int x = 0; x < 3; ++x) {
        sum += down[y] * across[x] * static_cast<double>(tap(output, input, y, x));
      }
    }
    return static_cast<float>(sum);
  };
  const auto bias_of = [&](int64_t output) { return bias ? bias[output] : 0.0f; };
  pack_panels(packed, outputs, packed_depth(inputs), value, bias_of);
}

}  // namespace fovea::kernels::winograd

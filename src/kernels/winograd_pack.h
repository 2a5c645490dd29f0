#pragma once

#include "kernels/tile.h"
#include "kernels/winograd.h"

namespace fovea::kernels::winograd {

// Length of the sum that a panel of packed weights stands for.
template <class F>
constexpr int64_t packed_depth(int64_t inputs) {
  return F::kPositions * inputs;
}

// Writes G taps G^T, computed in double and rounded once, to `to` and every `step` floats further.
template <class F>
void transform_taps(const double (&taps)[3][3], float* to, int64_t step) noexcept {
  for (const double(&down)[3] : F::kWeightMatrix) {
    double row[3];
    for (int x = 0; x < 3; ++x) {
      row[x] = down[0] * taps[0][x] + down[1] * taps[1][x] + down[2] * taps[2][x];
    }
    for (const double(&across)[3] : F::kWeightMatrix) {
      *to = static_cast<float>(row[0] * across[0] + row[1] * across[1] + row[2] * across[2]);
      to += step;
    }
  }
}

// Fills the panels from tap(output, input, y, x) of 3 x 3 taps and weights.bias(output).
template <class F, class Tap>
void pack(int64_t outputs, int64_t inputs, Tap tap, const ConvWeights& weights,
          float* packed) noexcept {
  for (int64_t first = 0, count = 0; first < outputs; first += count) {
    count = panel_columns(outputs, first);
    const int64_t lanes = round_up(count, kLanes);
    float* panel = packed + panels_size(first, packed_depth<F>(inputs));
    for (int64_t lane = 0; lane < lanes; ++lane) {
      const bool exists = lane < count;
      panel[lane] = exists ? weights.bias(first + lane) : 0.0f;
      for (int64_t i = 0; i < inputs; ++i) {
        double taps[3][3] = {};
        for (int k = 0; exists && k < 9; ++k) {
          taps[k / 3][k % 3] = static_cast<double>(tap(first + lane, i, k / 3, k % 3));
        }
        transform_taps<F>(taps, panel + (1 + i) * lanes + lane, inputs * lanes);
      }
    }
  }
}

}  // namespace fovea::kernels::winograd

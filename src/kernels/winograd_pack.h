#pragma once

#include <span>

#include "kernels/tile.h"
#include "kernels/winograd.h"

namespace fovea::kernels::winograd {

// Length of the sum that a panel of packed weights stands for.
template <class F>
constexpr int64_t packed_depth(int64_t inputs) {
  return F::kPositions * inputs;
}

// The taps of a kernel of 3x3 or 5x5 from one input to the outputs of a panel, [y][x][lane].
template <int Kernel>
using PanelTaps = double[Kernel][Kernel][kLastPanel];

// Writes G taps G^T, by the G of each side, of `lanes` lanes, a multiple of 4, computed in double
// and rounded once: position by position, `step` floats apart.
template <int Kernel>
void transform_taps(std::span<const double[Kernel]> down, std::span<const double[Kernel]> across,
                    const PanelTaps<Kernel>& taps, int64_t lanes, float* to, int64_t step) noexcept;

// Fills the panels from tap(output, input, y, x) of F::kKernel squared taps and
// weights.bias(output).
template <class F, class Tap>
void pack(int64_t outputs, int64_t inputs, Tap tap, const ConvWeights& weights,
          float* packed) noexcept {
  for (int64_t first = 0, count = 0; first < outputs; first += count) {
    count = panel_columns(outputs, first);
    const int64_t lanes = round_up(count, kLanes);
    float* panel = packed + panels_size(first, packed_depth<F>(inputs));
    for (int64_t lane = 0; lane < lanes; ++lane) {
      panel[lane] = lane < count ? weights.bias(first + lane) : 0.0f;
    }
    PanelTaps<F::kKernel> taps = {};
    for (int64_t i = 0; i < inputs; ++i) {
      for (int64_t lane = 0; lane < count; ++lane) {
        for (int y = 0; y < F::kKernel; ++y) {
          for (int x = 0; x < F::kKernel; ++x) {
            taps[y][x][lane] = static_cast<double>(tap(first + lane, i, y, x));
          }
        }
      }
      transform_taps<F::kKernel>(F::Down::kWeightMatrix, F::Across::kWeightMatrix, taps, lanes,
                                 panel + (1 + i) * lanes, inputs * lanes);
    }
  }
}

}  // namespace fovea::kernels::winograd

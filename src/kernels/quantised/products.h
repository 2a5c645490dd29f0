#pragma once

#include <algorithm>

#include "kernels/quantised/requantise.h"

// What the quantised convolutions are made from: a tile of sums in registers.
namespace fovea::kernels::quantised {

// Rows of a tile by the two vectors of a panel: more would not leave room for the products.
inline constexpr int kRows = 5;
inline constexpr int kVectors = kQuantisedPanel / kLanes;

template <int Rows>
struct Sums {
  I32x4 at[Rows][kVectors];

  Sums() {
    FOVEA_UNROLL for (int row = 0; row < Rows; ++row) {
      FOVEA_UNROLL for (int v = 0; v < kVectors; ++v) at[row][v] = I32x4::zero();
    }
  }
};

// Adds the products of `pairs` pairs of numbers of each row by a panel of weights,
// [pair][output][2], and returns where the weights end.
template <int Rows>
[[gnu::always_inline]] inline const int16_t* accumulate(const int16_t* from, ptrdiff_t step,
                                                        ptrdiff_t pairs, const int16_t* weights,
                                                        Sums<Rows>& sums) {
  const int16_t* input[Rows] = {from};
  FOVEA_UNROLL for (int row = 1; row < Rows; ++row) input[row] = input[row - 1] + step;
  FOVEA_NO_UNROLL for (ptrdiff_t k = pairs; k != 0; --k) {
    I32x4 weight[kVectors];
    FOVEA_UNROLL for (int v = 0; v < kVectors; ++v) {
      weight[v] = I32x4::load_shorts(weights + 2 * kLanes * v);
    }
    weights += 2 * kQuantisedPanel;
    FOVEA_UNROLL for (int row = 0; row < Rows; ++row) {
      const I32x4 x = I32x4::load_splat(input[row]);
      input[row] += 2;
      FOVEA_UNROLL for (int v = 0; v < kVectors; ++v) {
        sums.at[row][v] = sums.at[row][v] + dot_halves(x, weight[v]);
      }
    }
  }
  return weights;
}

// Writes channels channel .. channel + 7 of four pixels, as bytes.
inline void finish_panel(const Requantisation& to, const Sums<4>& sums, int64_t channel,
                         void* output, int64_t at, int64_t pixel_step) {
  I32x4 whole[kVectors][4];
  FOVEA_UNROLL for (int v = 0; v < kVectors; ++v) {
    I32x4 column[4];
    FOVEA_UNROLL for (int i = 0; i < 4; ++i) column[i] = sums.at[i][v];
    requantise_plainly(to, column, channel + v * kLanes, whole[v]);
  }
  const Pixels pixels = {to.codes, static_cast<uint8_t*>(output) + at, pixel_step, 4};
  pixels.store_pairs(whole[0], whole[1]);
}

// Writes the first `lanes` channels, rounded up to 4, of a panel from `channel` on, of `count`
// neighbouring pixels: of four, unless what follows is Anything.
template <Following kFollowing>
[[gnu::always_inline]] inline void finish_tile(const Requantisation& to, const Sums<4>& sums,
                                               int64_t channel, int64_t lanes, void* output,
                                               int64_t at, int64_t pixel_step, int count) {
  if constexpr (kFollowing == Following::Plain) {
    if (lanes > kLanes) return finish_panel(to, sums, channel, output, at, pixel_step);
  }
  FOVEA_UNROLL for (int v = 0; v < kVectors; ++v) {
    if (v * kLanes >= lanes) return;
    I32x4 values[4];
    FOVEA_UNROLL for (int i = 0; i < 4; ++i) values[i] = sums.at[i][v];
    const int64_t first = v * kLanes;
    requantise_any(to, values, channel + first, {at + first, pixel_step, 0, 1, count}, output);
  }
}

// Where the numbers lie that the sums of neighbouring pixels are made of: rows of runs.
struct Taps {
  const int16_t* first = nullptr;  // of the first pixel, in slot 0
  int64_t first_slot = 0;  // that the first row is in; the others follow, and slot 0 the last
  int64_t slots = 1;
  int64_t slot_size = 0;
  int64_t runs = 1;  // in a row
  int64_t run_step = 0;
  int64_t pairs = 0;  // of numbers in a run
  int64_t step = 0;   // from a pixel to the next
};

struct Target {
  const Requantisation& to;
  void* output;
  int64_t pixel_step;
};

// Four pixels of a panel, of which `count` are written, the first at `at`; all are read.
using RunTile = void (*)(const Taps&, const int16_t* weights, const Target&, int64_t channel,
                         int64_t lanes, int64_t at, int count) noexcept;

// By what follows: the first for four pixels, the second for less.
struct RunTiles {
  RunTile four;
  RunTile fewer;
};
RunTiles tiles_for(const Requantisation& to) noexcept;

}  // namespace fovea::kernels::quantised

#pragma once

#include <cstdint>

#include "kernels/epilogue.h"
#include "kernels/movement/layout.h"

// The register tile under convolution and matrix product: a few rows (output pixels, or rows of A)
// by one panel of columns (output channels). Panels are 8 columns wide, but the last takes up to
// 12: 4 columns by themselves are too few sums to hide the latency of multiply-add. Weights are
// packed
//
//   [panel][1 + depth][columns of the panel, zero-padded to whole vectors]
//
// where row 0 of a panel is the bias and `depth` is the length of the sum.
namespace fovea::kernels {

inline constexpr int64_t kPanel = 8;
inline constexpr int64_t kLastPanel = 12;

constexpr int64_t panel_count(int64_t columns) {
  return columns <= kLastPanel ? int64_t{columns > 0} : (columns - kLastPanel - 1) / kPanel + 2;
}

// The first column of a panel; of the one after the last, `columns`.
constexpr int64_t panel_begin(int64_t columns, int64_t panel) {
  return panel < panel_count(columns) ? panel * kPanel : columns;
}

// Columns of the panel that begins at column `first`.
constexpr int64_t panel_columns(int64_t columns, int64_t first) {
  return columns - first <= kLastPanel ? columns - first : kPanel;
}

// Vectors that hold a panel of so many columns.
constexpr int panel_vectors(int64_t panel_columns) {
  return static_cast<int>(round_up(panel_columns, kLanes) / kLanes);
}

// Floats of all panels for that many columns; also where the panel that begins at column `columns`
// lies.
constexpr int64_t panels_size(int64_t columns, int64_t depth) {
  return round_up(columns, kLanes) * (depth + 1);
}

// Fills panels from row(depth index)(column) and bias(column).
template <class Row, class Bias>
void pack_panels(float* panels, int64_t columns, int64_t depth, Row row, Bias bias) noexcept {
  for (int64_t first = 0, count = 0; first < columns; first += count) {
    count = panel_columns(columns, first);
    const int64_t lanes = round_up(count, kLanes);
    for (int64_t lane = 0; lane < lanes; ++lane) {
      *panels++ = lane < count ? bias(first + lane) : 0.0f;
    }
    for (int64_t k = 0; k < depth; ++k) {
      const auto value = row(k);
      for (int64_t lane = 0; lane < lanes; ++lane) {
        *panels++ = lane < count ? value(first + lane) : 0.0f;
      }
    }
  }
}

struct ConvPart;

// One panel applied to a run of rows. The sum goes over stretches of `run` inputs, counted by two
// indices (of a convolution: kernel rows and columns). Row r reads
// input[r * input_step + i * outer_step + j * inner_step + k * depth_step]
// for i < outer, j < inner, k < run, and the panel's rows in that order.
struct Tile {
  const float* input = nullptr;
  int64_t input_step = 0;
  int64_t outer = 1;
  int64_t outer_step = 0;
  int64_t inner = 1;
  int64_t inner_step = 0;
  int64_t run = 0;
  int64_t depth_step = 1;
  // Other than null: the stretches, `outer` of them, are the pixels from `first_pixel` on of as
  // many images, in place of all above.
  const ConvPart* parts = nullptr;
  int64_t first_pixel = 0;

  const float* panel = nullptr;
  int64_t columns = kPanel;  // of the panel

  float* output = nullptr;
  int64_t output_step = 0;
  // Added before the activation; steps like the output and may be the output. Null for none.
  const float* residual = nullptr;
  // True: the last vector's lanes beyond `columns` are there and become zero. False: they belong to
  // somebody else.
  bool pad_with_zeros = true;

  const Epilogue* epilogue = nullptr;
  int64_t channel = 0;  // the panel's first column, by which the epilogue finds its slopes
};

// Applies the panel to `rows` rows.
void run_tiles(const Tile& tile, int64_t rows) noexcept;

}  // namespace fovea::kernels

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/conv/conv.h"
#include "kernels/register_tile.h"

// Winograd's minimal filtering F(m x m, r x r) (Lavin and Gray, "Fast algorithms for convolutional
// neural networks", 2016): a tile of m x m outputs takes one product for each of p x p positions,
// p = m + r - 1, instead of (m r)^2,
//
//   outputs = A^T [ (G weights G^T) * (B^T patch B) ] A      (* element by element)
//
// where the patch is the p x p inputs under the tile. This is polynomial multiplication by
// evaluation and interpolation (Toom-Cook) at p - 1 points and infinity. All entries of A and B are
// exact in binary. F(m x n, r x r) has the matrices of F(m, r) on the left, which go down columns,
// and those of F(n, r) on the right, which go across rows.
namespace fovea::kernels::winograd {

// Tiles that are multiplied together, at most, by any panel.
inline constexpr int kGroup = max_tile_rows(2);

// The patches of neighbouring tiles: as many rows of a channels-last image as a patch has. Columns
// before `begin` and from `end` on, counted from the first patch's, are zeros.
struct PatchRow {
  const float* data = nullptr;  // at column `begin`
  ptrdiff_t row_step = 0;
  ptrdiff_t begin = 0;
  ptrdiff_t end = 0;
  ptrdiff_t channels = 0;  // of a pixel, a multiple of 4
};

// Where transform_output writes a panel of channels of a tile.
struct OutputTile {
  const float* bias = nullptr;  // of the panel
  float* data = nullptr;
  const float* residual = nullptr;  // null for none
  ptrdiff_t row_step = 0;
  ptrdiff_t pixel_step = 0;
  // The part of the tile that is wanted.
  int row_begin = 0;
  int row_end = 0;
  int column_end = 0;
  int64_t channel = 0;   // the panel's first
  int64_t channels = 0;  // of the panel that exist; lanes beyond them become zero
};

// The transformed patches of a block of tiles are [position][tile][channel].
struct Block {
  ptrdiff_t channels = 0;  // a multiple of 4
  ptrdiff_t position_step = 0;
  int positions = 0;
};

// The three steps for a few tiles of a block. The products of a panel are [tile][vector][position]
// vectors.
struct Steps {
  // Neighbouring patches, all channels of the block's tiles or some. `half` is scratch of
  // Filter::half_size.
  void (*transform_input)(const PatchRow&, ptrdiff_t tiles, const Block&, float* half,
                          float* transformed) noexcept;
  // products = transformed * weights at every position for as many tiles as the index + 1; weights
  // are [position][depth][4 * vectors], depth > 0.
  using Multiply = void (*)(const float* transformed, const Block&, const float* weights,
                            ptrdiff_t depth, float* products) noexcept;
  Multiply multiply[3][kGroup];  // by vectors - 1 and tiles - 1
  // One tile: any part of it, or a whole one by simple activation.
  using TransformOutput = void (*)(const float* products, const OutputTile&,
                                   const Epilogue&) noexcept;
  TransformOutput transform_part;
  BySimpleActivation<TransformOutput> transform_whole;

  // For whole tiles of a panel of that many channels.
  TransformOutput transform_whole_for(Activation activation, int64_t channels) const {
    const bool exact = activation == Activation::None || channels % kLanes == 0;
    return exact && is_simple(activation) ? transform_whole[activation] : transform_part;
  }
};

// What the code around the steps knows of an F(m x n, r x r).
struct Filter {
  int kernel = 0;                // r
  int tile_h = 0, tile_w = 0;    // m and n
  int patch_h = 0, patch_w = 0;  // of inputs, m + r - 1 and n + r - 1
  // Tiles whose patches are transformed before the first is multiplied.
  int block_tiles = 0;
  // Of half transformed patches, those that stay in the first-level cache with the ones before.
  int strip_floats = 0;
  // G of each side.
  const double* weights_down = nullptr;    // [patch_h][kernel]
  const double* weights_across = nullptr;  // [patch_w][kernel]
  // The fastest for so many channels of a block; for parts of them, those of 0.
  const Steps& (*steps)(ptrdiff_t channels) = nullptr;

  constexpr int positions() const { return patch_h * patch_w; }

  // Blocks of r x r taps that a kernel is cut into.
  constexpr int64_t blocks(const ConvShape& shape) const {
    return parts_of(shape.kernel_h, kernel) * blocks_across(shape);
  }
  constexpr int64_t blocks_across(const ConvShape& shape) const {
    return parts_of(shape.kernel_w, kernel);
  }
  constexpr int64_t tiles_down(int64_t rows) const { return parts_of(rows, tile_h); }
  constexpr int64_t tiles_across(int64_t columns) const { return parts_of(columns, tile_w); }

  // The positions of one tile and channel are written together: a little more than a multiple of
  // the cache's sets lie between them.
  constexpr Block block(ptrdiff_t channels) const {
    return {channels, block_tiles * channels + 16, positions()};
  }

  // Tiles whose patches are transformed together, at most.
  constexpr ptrdiff_t strip_tiles(ptrdiff_t channels) const {
    return std::clamp<ptrdiff_t>(strip_floats / half_tile(channels), 1, block_tiles);
  }
  // Floats of scratch for the transform of patches of so many channels or fewer.
  constexpr ptrdiff_t half_size(ptrdiff_t channels) const {
    return 2 * std::max<ptrdiff_t>(half_tile(channels), strip_floats);
  }

 private:
  constexpr ptrdiff_t half_tile(ptrdiff_t channels) const { return patch_h * tile_w * channels; }
  static constexpr int64_t parts_of(int64_t size, int64_t part) {
    return round_up(size, part) / part;
  }
};

// F(4x4, 3x3).
extern const Filter kF4x4;
// F(4x6, 3x3): a ninth fewer products than F(4x4, 3x3) for twice its error.
extern const Filter kF4x6;
// F(6x6, 3x3): a fifth fewer products than F(4x4, 3x3) for four times its error.
extern const Filter kF6x6;
// F(4x4, 5x5): less than half the products of the four blocks of 3x3 that a 5x5 kernel is cut into.
extern const Filter kF4x4For5x5;

}  // namespace fovea::kernels::winograd

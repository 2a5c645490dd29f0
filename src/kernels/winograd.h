#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "kernels/conv.h"
#include "kernels/register_tile.h"

namespace fovea::kernels {
struct ConvKernel;
}

// Winograd's minimal filtering F(m x m, r x r) (Lavin and Gray, "Fast algorithms for convolutional
// neural networks", 2016): a tile of m x m outputs takes one product for each of n x n positions,
// n = m + r - 1, instead of (m r)^2,
//
//   outputs = A^T [ (G weights G^T) * (B^T patch B) ] A      (* element by element)
//
// where the patch is the n x n inputs under the tile. This is polynomial multiplication by
// evaluation and interpolation (Toom-Cook) at n - 1 points and infinity. All entries of A and B are
// exact in binary. A, B and G may be those of another m down columns than across rows.
//
// What depends on m and r is in a class for each, by which everything else is a template.
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
  // half_size.
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

// F(m, r) along one side.
template <int Tile, int Kernel>
struct Side {
  static constexpr int kTile = Tile;
  static constexpr int kKernel = Kernel;
  static constexpr int kPatch = Tile + Kernel - 1;
};

// F(m, 3) and F(n, 3), or F(m, 5) and F(n, 5), nested: the one down columns, the other across rows.
template <class DownSide, class AcrossSide>
struct Nested {
  using Down = DownSide;
  using Across = AcrossSide;
  static_assert(Down::kKernel == Across::kKernel);
  static constexpr int kKernel = Down::kKernel;
  static constexpr int kTileH = Down::kTile, kTileW = Across::kTile;
  static constexpr int kPatchH = Down::kPatch, kPatchW = Across::kPatch;
  static constexpr int kPositions = kPatchH * kPatchW;
};

// The positions of one tile and channel are written together: a little more than a multiple of the
// cache's sets lie between them.
template <class F>
constexpr Block block_of(ptrdiff_t channels) {
  return {channels, F::kBlockTiles * channels + 16, F::kPositions};
}

// Blocks of r taps, or tiles of m outputs, along one side.
template <class Side>
constexpr int64_t blocks_along(int64_t kernel) {
  return round_up(kernel, Side::kKernel) / Side::kKernel;
}
template <class Side>
constexpr int64_t tiles_along(int64_t outputs) {
  return round_up(outputs, Side::kTile) / Side::kTile;
}

// Tiles whose patches are transformed together, at most: half transformed, those and the ones
// before stay in the first-level cache.
template <class F>
constexpr ptrdiff_t strip_tiles(ptrdiff_t channels) {
  const ptrdiff_t tiles = F::kStripFloats / (F::kPatchH * F::kTileW * channels);
  return std::clamp<ptrdiff_t>(tiles, 1, F::kBlockTiles);
}

// Floats of scratch for the transform of patches of so many channels or fewer.
template <class F>
constexpr ptrdiff_t half_size(ptrdiff_t channels) {
  const ptrdiff_t tile = F::kPatchH * F::kTileW * channels;
  return 2 * std::max<ptrdiff_t>(tile, F::kStripFloats);
}

// F(4, 3) at the points 0, +-a, +-b with a = 3/4 and b = 3/2, which lose a third of what the
// usual 0, +-1, +-2 lose in float.
struct F4 : Side<4, 3> {
  // G; the row of a point p is (1, p, p^2) over the product of its distances to the other points.
  static constexpr double kWeightMatrix[kPatch][kKernel] = {
      {64.0 / 81, 0, 0},
      {-128.0 / 243, -32.0 / 81, -8.0 / 27},
      {-128.0 / 243, 32.0 / 81, -8.0 / 27},
      {32.0 / 243, 16.0 / 81, 8.0 / 27},
      {32.0 / 243, -16.0 / 81, 8.0 / 27},
      {0, 0, 1},
  };

  // What the transforms multiply with: powers of the points, a^2 + b^2 and a^2 * b^2. Never
  // written, but a variable that is defined elsewhere: of constants, V8 makes vectors anew wherever
  // they are used, by three instructions each.
  struct Factors {
    float a, a2, a3;
    float b, b2, b3;
    float sum, product;
  };
  static Factors factors;
};

// The points 0, +-1, +-2 and +-1/2, of eight positions the most accurate of all multiples of 1/16.
// So that the transforms multiply by few numbers, those of +-2 have 4 times their row of B^T, and
// those of +-1/2 twice (-1/2: minus twice) theirs and a power of two times their column of A^T;
// rows of G make up for that.
struct EightPositions {
  // See F4: powers of two, and sums of the squares of points: 1 + 4, 4 + 1/4, and of all three.
  struct Factors {
    float two, four, eight, sixteen, thirty_two;
    float five, seventeen_quarters, twenty_one_quarters;
  };
  static Factors factors;
};

// Columns of A^T for +-1/2 are multiplied by 32.
struct F6 : Side<6, 3>, EightPositions {
  static constexpr double kWeightMatrix[kPatch][kKernel] = {
      {-1, 0, 0},
      {-2.0 / 9, -2.0 / 9, -2.0 / 9},
      {-2.0 / 9, 2.0 / 9, -2.0 / 9},
      {1.0 / 360, 1.0 / 180, 1.0 / 90},
      {1.0 / 360, -1.0 / 180, 1.0 / 90},
      {1.0 / 90, 1.0 / 180, 1.0 / 360},
      {-1.0 / 90, 1.0 / 180, -1.0 / 360},
      {0, 0, 1},
  };
};

// Columns of A^T for +-1/2 are multiplied by 8.
struct F4For5 : Side<4, 5>, EightPositions {
  static constexpr double kWeightMatrix[kPatch][kKernel] = {
      {-1, 0, 0, 0, 0},
      {-2.0 / 9, -2.0 / 9, -2.0 / 9, -2.0 / 9, -2.0 / 9},
      {-2.0 / 9, 2.0 / 9, -2.0 / 9, 2.0 / 9, -2.0 / 9},
      {1.0 / 360, 1.0 / 180, 1.0 / 90, 1.0 / 45, 2.0 / 45},
      {1.0 / 360, -1.0 / 180, 1.0 / 90, -1.0 / 45, 2.0 / 45},
      {2.0 / 45, 1.0 / 45, 1.0 / 90, 1.0 / 180, 1.0 / 360},
      {-2.0 / 45, 1.0 / 45, -1.0 / 90, 1.0 / 180, -1.0 / 360},
      {0, 0, 0, 0, 1},
  };
};

// Counts of channels for which there are steps of their own, with what follows from the count built
// into their instructions, up to 5% faster: for the algorithm that most layers of 3x3 take.
template <bool kMostLayers>
using UsualChannelsIf = std::conditional_t<
    kMostLayers, std::integer_sequence<ptrdiff_t, 12, 16, 24, 32, 48, 56, 64, 96, 128, 160, 192>,
    std::integer_sequence<ptrdiff_t>>;

// F(4x4, 3x3).
struct F4x4 : Nested<F4, F4> {
  // Tiles whose patches are transformed before the first is multiplied.
  static constexpr int kBlockTiles = 2 * kGroup;
  // Of half transformed patches.
  static constexpr int kStripFloats = 2 * 1024;

  using UsualChannels = UsualChannelsIf<simd::kFusedMultiplyAdd>;

  // Tables in a file of their own, so that no step is inlined into a long-running caller, where V8
  // would leave it in baseline code.
  static const Steps& steps(ptrdiff_t channels);

  static const ConvKernel kConv;
  static const ConvKernel kBlocksConv;
};

// F(4x6, 3x3): a ninth fewer products than F(4x4, 3x3) for twice its error.
struct F4x6 : Nested<F4, F6> {
  static constexpr int kBlockTiles = kGroup;
  static constexpr int kStripFloats = 2 * 1024;

  using UsualChannels = UsualChannelsIf<!simd::kFusedMultiplyAdd>;

  static const Steps& steps(ptrdiff_t channels);
  static const ConvKernel kConv;
  static const ConvKernel kBlocksConv;
};

// F(6x6, 3x3): a fifth fewer products than F(4x4, 3x3) for four times its error.
struct F6x6 : Nested<F6, F6> {
  static constexpr int kBlockTiles = kGroup;
  static constexpr int kStripFloats = 2 * 1024;

  using UsualChannels = std::integer_sequence<ptrdiff_t, 12, 16, 24, 32, 64>;

  static const Steps& steps(ptrdiff_t channels);
  static const ConvKernel kConv;
  static const ConvKernel kBlocksConv;
};

// F(4x4, 5x5): less than half the products of the four blocks of 3x3 that a 5x5 kernel is cut into.
struct F4x4For5x5 : Nested<F4For5, F4For5> {
  static constexpr int kBlockTiles = kGroup;
  static constexpr int kStripFloats = 4 * 1024;

  using UsualChannels = std::integer_sequence<ptrdiff_t, 12, 32, 64>;

  static const Steps& steps(ptrdiff_t channels);
  static const ConvKernel kConv;
  static const ConvKernel kBlocksConv;
};

}  // namespace fovea::kernels::winograd

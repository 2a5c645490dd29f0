#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "kernels/register_tile.h"
#include "kernels/winograd/winograd.h"

// What the steps of each F(m x n, r x r) are made from.
namespace fovea::kernels::winograd {

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
};

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

struct F4x4 : Nested<F4, F4> {
  static constexpr int kBlockTiles = 2 * kGroup;
  static constexpr int kStripFloats = 2 * 1024;

  using UsualChannels = UsualChannelsIf<simd::kFusedMultiplyAdd>;
};

struct F4x6 : Nested<F4, F6> {
  static constexpr int kBlockTiles = kGroup;
  static constexpr int kStripFloats = 2 * 1024;

  using UsualChannels = UsualChannelsIf<!simd::kFusedMultiplyAdd>;
};

struct F6x6 : Nested<F6, F6> {
  static constexpr int kBlockTiles = kGroup;
  static constexpr int kStripFloats = 2 * 1024;

  using UsualChannels = std::integer_sequence<ptrdiff_t, 12, 16, 24, 32, 64>;
};

struct F4x4For5x5 : Nested<F4For5, F4For5> {
  static constexpr int kBlockTiles = kGroup;
  static constexpr int kStripFloats = 4 * 1024;

  using UsualChannels = std::integer_sequence<ptrdiff_t, 12, 32, 64>;
};

}  // namespace fovea::kernels::winograd

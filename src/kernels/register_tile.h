#pragma once

#include <cstddef>

#include "simd/f32x4.h"
#include "simd/loops.h"

// The innermost loop of everything that multiplies matrices: a tile of rows by vectors of columns
// whose sums stay in registers.
namespace fovea::kernels {

// Rows of a tile that is `vectors` (1 to 3) wide, at most. Fused multiply-add needs no temporary,
// so that two more accumulators fit into x86's 16 registers before V8 spills.
constexpr int max_tile_rows(int vectors) {
  constexpr int kRows[] = {8, simd::kFusedMultiplyAdd ? 6 : 5, 3};
  return kRows[vectors - 1];
}

// Whether elements of a row are loaded four at once and each spread over a vector by an instruction
// of its own. Else loads spread, for nothing on x86; on ARM64 each takes two more for its address.
#ifdef FOVEA_SPREAD_LANES
inline constexpr bool kSpreadLanes = true;
#else
inline constexpr bool kSpreadLanes = false;
#endif

// The accumulators of a tile, which the compiler keeps in registers.
template <int Rows, int Vectors>
struct Accumulators {
  simd::F32x4 at[Rows][Vectors];

  // function(value, row, vector) returns the new value.
  template <class Function>
  void each(Function function) {
    FOVEA_UNROLL for (int row = 0; row < Rows; ++row) {
      FOVEA_UNROLL for (int v = 0; v < Vectors; ++v) at[row][v] = function(at[row][v], row, v);
    }
  }
};

// As accumulate() with a depth_step of 1, four steps at once.
template <ptrdiff_t InputStep, int Rows, int Vectors>
inline const float* accumulate_fours(const float* from, ptrdiff_t input_step, ptrdiff_t fours,
                                     const float* weights, Accumulators<Rows, Vectors>& sums) {
  using simd::F32x4;
  const ptrdiff_t step = InputStep != 0 ? InputStep : input_step;
  FOVEA_NO_UNROLL for (; fours != 0; --fours, from += 4) {
    F32x4 x[Rows];
    FOVEA_UNROLL for (int row = 0; row < Rows; ++row) x[row] = F32x4::load(from + row * step);
    const auto add = [&]<int Lane>() {
      FOVEA_UNROLL for (int row = 0; row < Rows; ++row) {
        const F32x4 spread = simd::shuffle<Lane, Lane, Lane, Lane>(x[row], x[row]);
        FOVEA_UNROLL for (int v = 0; v < Vectors; ++v) {
          sums.at[row][v] = fma(spread, F32x4::load(weights + 4 * v), sums.at[row][v]);
        }
      }
      weights += 4 * Vectors;
    };
    add.template operator()<0>();
    add.template operator()<1>();
    add.template operator()<2>();
    add.template operator()<3>();
  }
  return weights;
}

// Adds, for k < depth, input[row * input_step + k * depth_step] times the k-th row of weights, and
// returns where the weights end. Pointers are moved by hand, one per row: indices would be
// recomputed at every step. With an `InputStep` in place of input_step, other than 0, rows are
// offsets of one pointer, which are part of the instructions: 5 of 29 less for 6 rows by 2 vectors.
template <ptrdiff_t InputStep = 0, int Rows, int Vectors>
inline const float* accumulate(const float* from, ptrdiff_t input_step, ptrdiff_t depth_step,
                               ptrdiff_t depth, const float* weights,
                               Accumulators<Rows, Vectors>& sums) {
  using simd::F32x4;
  if (kSpreadLanes && depth_step == 1) {
    const ptrdiff_t fours = depth / 4;
    weights = accumulate_fours<InputStep>(from, input_step, fours, weights, sums);
    from += 4 * fours;
    depth -= 4 * fours;
  }
  constexpr int kPointers = InputStep != 0 ? 1 : Rows;
  const float* input[kPointers] = {from};
  FOVEA_UNROLL for (int row = 1; row < kPointers; ++row) input[row] = input[row - 1] + input_step;
  FOVEA_NO_UNROLL for (ptrdiff_t k = depth; k != 0; --k) {
    F32x4 weight[Vectors];
    FOVEA_UNROLL for (int v = 0; v < Vectors; ++v) weight[v] = F32x4::load(weights + 4 * v);
    weights += 4 * Vectors;
    FOVEA_UNROLL for (int row = 0; row < Rows; ++row) {
      const F32x4 x = F32x4::load_splat(InputStep != 0 ? *input + row * InputStep : input[row]);
      if constexpr (InputStep == 0) input[row] += depth_step;
      FOVEA_UNROLL for (int v = 0; v < Vectors; ++v) {
        sums.at[row][v] = fma(x, weight[v], sums.at[row][v]);
      }
    }
    if constexpr (InputStep != 0) *input += depth_step;
  }
  return weights;
}

}  // namespace fovea::kernels

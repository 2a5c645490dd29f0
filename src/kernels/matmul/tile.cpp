#include "kernels/matmul/tile.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "kernels/conv/conv.h"
#include "kernels/lanes.h"
#include "kernels/register_tile.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;
using simd::I32x4;

// Not inlined: there would be a copy for each accumulator of each kernel.
[[gnu::noinline]] F32x4 activate_one(const Epilogue& epilogue, F32x4 x, int64_t channel) noexcept {
  return activate(epilogue, x, channel);
}

// The switch stands outside the loop over accumulators where the activation is an instruction or
// two.
template <int Rows, int Vectors>
inline void activate_all(const Tile& tile, Accumulators<Rows, Vectors>& sums) {
  const Epilogue& epilogue = *tile.epilogue;
  switch (epilogue.activation.kind) {
    case Activation::None:
      break;
    case Activation::Relu:
    case Activation::Clip: {
      const SimpleActivation<Activation::Clip> clip(epilogue, tile.channel);
      sums.each([&](F32x4 x, int, int) { return clip(x); });
      break;
    }
    case Activation::LeakyRelu:
    case Activation::PRelu: {
      F32x4 slopes[Vectors];
      FOVEA_UNROLL for (int v = 0; v < Vectors; ++v) {
        slopes[v] = negative_slopes(epilogue, tile.channel + 4 * v);
      }
      sums.each([&](F32x4 x, int, int v) { return scale_negatives(x, slopes[v]); });
      break;
    }
    default:
      sums.each(
          [&](F32x4 x, int, int v) { return activate_one(epilogue, x, tile.channel + 4 * v); });
      break;
  }
}

// For panels whose last vector is shared with other columns: element by element.
void finish_by_element(const Tile& tile, const float* residual, float* output, const float* sums,
                       int64_t rows, int64_t vectors) noexcept {
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < tile.columns; ++column) {
      const int64_t to = row * tile.output_step + column;
      float x = sums[row * vectors * kLanes + column];
      if (residual != nullptr) x += residual[to];
      Epilogue lane = *tile.epilogue;
      float slopes[kLanes] = {};
      if (lane.slopes != nullptr) slopes[0] = lane.slopes[tile.channel + column];
      lane.slopes = slopes;
      output[to] = activate(lane, F32x4::splat(x), 0)[0];
    }
  }
}

// As accumulate() for one row, of which each addition would wait for the one before it: products of
// `Parts` neighbours in depth are added to sums of their own.
template <int Parts, int Vectors>
inline const float* accumulate_row(const float* from, ptrdiff_t depth_step, ptrdiff_t depth,
                                   const float* weights, Accumulators<Parts, Vectors>& sums) {
  const auto add = [&](int part) {
    const F32x4 x = F32x4::load_splat(from);
    from += depth_step;
    FOVEA_UNROLL for (int v = 0; v < Vectors; ++v) {
      sums.at[part][v] = fma(x, F32x4::load(weights + kLanes * v), sums.at[part][v]);
    }
    weights += kLanes * Vectors;
  };
  FOVEA_NO_UNROLL for (; depth >= Parts; depth -= Parts) {
    FOVEA_UNROLL for (int part = 0; part < Parts; ++part) add(part);
  }
  FOVEA_NO_UNROLL for (; depth > 0; --depth) add(0);
  return weights;
}

// Of the rows from `first` on.
template <int Rows, int Vectors>
void multiply(const Tile& tile, int64_t first, Accumulators<Rows, Vectors>& sums) {
  constexpr int kParts = Rows == 1 ? 4 : 1;
  auto input_step = static_cast<ptrdiff_t>(tile.input_step);
  const auto depth_step = static_cast<ptrdiff_t>(tile.depth_step);
  auto run = static_cast<ptrdiff_t>(tile.run);
  const float* from = tile.input + first * tile.input_step;
  const ConvPart* part = tile.parts;
  sums.each([&](F32x4, int, int v) { return F32x4::load(tile.panel + 4 * v); });
  Accumulators<kParts, Vectors> parts;
  parts.each([](F32x4, int, int) { return F32x4::zero(); });
  const float* weights = tile.panel + 4 * Vectors;
  // One loop for both indices: V8 unrolls a loop the more the deeper it is nested, and at a depth
  // of two the innermost one so far that accumulators are spilled.
  int64_t inner = tile.inner;
  for (int64_t stretches = tile.outer * tile.inner; stretches > 0; --stretches) {
    if (part != nullptr) {
      run = static_cast<ptrdiff_t>(part->channels);
      input_step = static_cast<ptrdiff_t>(padded_channels(part->channels));
      from = part->data + (tile.first_pixel + first) * input_step;
      ++part;
    }
    if constexpr (kParts > 1) {
      weights = accumulate_row(from, depth_step, run, weights, parts);
    } else {
      weights = accumulate(from, input_step, depth_step, run, weights, sums);
    }
    from += tile.inner_step;
    if (--inner == 0) {
      inner = tile.inner;
      from += tile.outer_step - tile.inner * tile.inner_step;
    }
  }
  if constexpr (kParts > 1) {
    sums.each([&](F32x4 x, int, int v) {
      return x + ((parts.at[0][v] + parts.at[1][v]) + (parts.at[2][v] + parts.at[3][v]));
    });
  }
}

template <int Rows, int Vectors>
void finish(const Tile& tile, const float* residual, float* output,
            Accumulators<Rows, Vectors>& sums) {
  const auto output_step = static_cast<ptrdiff_t>(tile.output_step);
  const int64_t last_lanes = tile.columns - kLanes * (Vectors - 1);
  if (last_lanes < kLanes && !tile.pad_with_zeros) {
    float values[Rows * Vectors * kLanes];
    sums.each([&](F32x4 x, int row, int v) {
      x.store(values + (row * Vectors + v) * kLanes);
      return x;
    });
    return finish_by_element(tile, residual, output, values, Rows, Vectors);
  }

  if (residual != nullptr) {
    sums.each([&](F32x4 x, int row, int v) {
      return x + F32x4::load(residual + row * output_step + 4 * v);
    });
  }
  activate_all(tile, sums);
  if (last_lanes < kLanes) {
    const I32x4 mask = first_lanes(last_lanes);
    sums.each([&](F32x4 x, int, int v) {
      return v == Vectors - 1 ? bitcast_f32(bitcast_i32(x) & mask) : x;
    });
  }
  sums.each([&](F32x4 x, int row, int v) {
    x.store(output + row * output_step + 4 * v);
    return x;
  });
}

// `tiles` of them, one below the other.
template <int Rows, int Vectors>
void run_tile(const Tile& tile, int64_t first, int64_t tiles) noexcept {
  float* output = tile.output + first * tile.output_step;
  const float* residual =
      tile.residual != nullptr ? tile.residual + first * tile.output_step : nullptr;
  for (; tiles > 0; --tiles) {
    Accumulators<Rows, Vectors> sums;
    multiply(tile, first, sums);
    finish(tile, residual, output, sums);
    first += Rows;
    output += Rows * tile.output_step;
    if (residual != nullptr) residual += Rows * tile.output_step;
  }
}

// Full tiles whose sum is over one stretch, with whole vectors of columns and a simple activation:
// where sums are short, the cases of run_tile take longer than these do.
template <int Vectors, Activation kActivation>
void run_simple_tile(const Tile& tile, int64_t first, int64_t tiles) noexcept {
  constexpr int kRows = max_tile_rows(Vectors);
  const auto input_step = static_cast<ptrdiff_t>(tile.input_step);
  const auto depth_step = static_cast<ptrdiff_t>(tile.depth_step);
  const auto output_step = static_cast<ptrdiff_t>(tile.output_step);
  const auto run = static_cast<ptrdiff_t>(tile.run);
  // Else the compiler keeps a case for sums of nothing.
  if (run == 0) __builtin_unreachable();
  const float* panel = tile.panel;
  const float* input = tile.input + first * input_step;
  float* output = tile.output + first * output_step;
  const float* residual = tile.residual != nullptr ? tile.residual + first * output_step : nullptr;
  SimpleActivation<kActivation> activate[Vectors];
  FOVEA_UNROLL for (int v = 0; v < Vectors; ++v) {
    activate[v] = SimpleActivation<kActivation>(*tile.epilogue, tile.channel + kLanes * v);
  }
  for (; tiles > 0; --tiles) {
    Accumulators<kRows, Vectors> sums;
    sums.each([&](F32x4, int, int v) { return F32x4::load(panel + kLanes * v); });
    accumulate(input, input_step, depth_step, run, panel + kLanes * Vectors, sums);
    if (residual != nullptr) {
      sums.each([&](F32x4 x, int row, int v) {
        return x + F32x4::load(residual + row * output_step + kLanes * v);
      });
      residual += kRows * output_step;
    }
    sums.each([&](F32x4 x, int row, int v) {
      x = activate[v](x);
      x.store(output + row * output_step + kLanes * v);
      return x;
    });
    input += kRows * input_step;
    output += kRows * output_step;
  }
}

using RunTile = void (*)(const Tile&, int64_t first, int64_t tiles) noexcept;

// By vectors - 1 and rows - 1. Reached through pointers so that no kernel is inlined into a
// long-running caller, where V8 would leave it in baseline code.
constexpr RunTile kRunTile[3][8] = {
    {run_tile<1, 1>, run_tile<2, 1>, run_tile<3, 1>, run_tile<4, 1>, run_tile<5, 1>, run_tile<6, 1>,
     run_tile<7, 1>, run_tile<8, 1>},
    {run_tile<1, 2>, run_tile<2, 2>, run_tile<3, 2>, run_tile<4, 2>, run_tile<5, 2>,
#ifdef __wasm_relaxed_simd__
     run_tile<6, 2>
#endif
    },
    {run_tile<1, 3>, run_tile<2, 3>, run_tile<3, 3>}};

template <int Vectors>
constexpr auto kRunSimpleTileOf = BySimpleActivation<RunTile>::of(
    []<Activation kActivation>() -> RunTile { return run_simple_tile<Vectors, kActivation>; });

// By vectors - 2.
constexpr std::array kRunSimpleTile = {kRunSimpleTileOf<2>, kRunSimpleTileOf<3>};

bool is_simple(const Tile& tile, int vectors) {
  return vectors > 1 && tile.columns == vectors * kLanes && tile.outer * tile.inner == 1 &&
         tile.parts == nullptr && tile.run > 0 && is_simple(tile.epilogue->activation.kind);
}

RunTile kernel_for(const Tile& tile, int vectors, int64_t rows) {
  if (rows == max_tile_rows(vectors) && is_simple(tile, vectors)) {
    return kRunSimpleTile[static_cast<size_t>(vectors) - 2][tile.epilogue->activation.kind];
  }
  return kRunTile[vectors - 1][rows - 1];
}

}  // namespace

void run_tiles(const Tile& tile, int64_t rows) noexcept {
  const int vectors = panel_vectors(tile.columns);
  const int64_t tiles = (rows + max_tile_rows(vectors) - 1) / max_tile_rows(vectors);
  if (tiles == 0) return;
  // Tiles of nearly equal height: 13 rows by at most 6 are 5 + 4 + 4, not 6 + 6 + 1.
  const int64_t height = rows / tiles, higher = rows % tiles;
  if (higher > 0) kernel_for(tile, vectors, height + 1)(tile, 0, higher);
  if (higher == tiles) return;
  kernel_for(tile, vectors, height)(tile, higher * (height + 1), tiles - higher);
}

}  // namespace fovea::kernels

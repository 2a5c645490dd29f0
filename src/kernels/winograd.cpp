#include "kernels/winograd.h"

#include "kernels/lanes.h"
#include "kernels/tile.h"

namespace fovea::kernels::winograd {
namespace {

using simd::F32x4;
using simd::I32x4;

// The factors of the transforms in registers, or at least in memory.
struct InputFactors {
  F32x4 sum = F32x4::load_splat(&factors.sum), product = F32x4::load_splat(&factors.product);
  F32x4 a = F32x4::load_splat(&factors.a), a2 = F32x4::load_splat(&factors.a2);
  F32x4 b = F32x4::load_splat(&factors.b), b2 = F32x4::load_splat(&factors.b2);
};

struct OutputFactors {
  F32x4 a = F32x4::load_splat(&factors.a), b = F32x4::load_splat(&factors.b);
  F32x4 a2 = F32x4::load_splat(&factors.a2), b2 = F32x4::load_splat(&factors.b2);
  F32x4 a3 = F32x4::load_splat(&factors.a3), b3 = F32x4::load_splat(&factors.b3);
};

// to = B^T from. The row of a point p holds the coefficients of the polynomial whose roots are the
// other points; those of p and -p differ in the signs of their odd ones.
inline void transform_inputs(const InputFactors& f, const F32x4 from[kPatch], F32x4 to[kPatch]) {
  to[0] = fma(from[0], f.product, fnma(from[2], f.sum, from[4]));
  const F32x4 even_a = fnma(from[2], f.b2, from[4]), odd_a = fnma(from[1], f.b2, from[3]);
  to[1] = fma(odd_a, f.a, even_a);
  to[2] = fnma(odd_a, f.a, even_a);
  const F32x4 even_b = fnma(from[2], f.a2, from[4]), odd_b = fnma(from[1], f.a2, from[3]);
  to[3] = fma(odd_b, f.b, even_b);
  to[4] = fnma(odd_b, f.b, even_b);
  to[5] = fma(from[1], f.product, fnma(from[3], f.sum, from[5]));
}

// to = A^T from. Row i holds the points' i-th powers.
inline void transform_products(const OutputFactors& f, const F32x4 from[kPatch], F32x4 to[kTile]) {
  const F32x4 sum_a = from[1] + from[2], difference_a = from[1] - from[2];
  const F32x4 sum_b = from[3] + from[4], difference_b = from[3] - from[4];
  to[0] = from[0] + (sum_a + sum_b);
  to[1] = fma(difference_a, f.a, difference_b * f.b);
  to[2] = fma(sum_a, f.a2, sum_b * f.b2);
  to[3] = fma(difference_a, f.a3, fma(difference_b, f.b3, from[5]));
}

// B^T applied to kPatch vectors that lie `from_step` apart, for all channels.
inline void transform_line(const float* from, ptrdiff_t from_step, ptrdiff_t channels, float* to,
                           ptrdiff_t to_step) {
  const InputFactors f;
  FOVEA_NO_UNROLL for (ptrdiff_t c = 0; c < channels; c += kLanes, from += kLanes, to += kLanes) {
    F32x4 line[kPatch], transformed[kPatch];
    FOVEA_UNROLL for (int i = 0; i < kPatch; ++i) line[i] = F32x4::load(from + i * from_step);
    transform_inputs(f, line, transformed);
    FOVEA_UNROLL for (int i = 0; i < kPatch; ++i) transformed[i].store(to + i * to_step);
  }
}

// The image is read row by row, in the order of its memory, so that the processor fetches ahead.
void transform_input(const Patch& patch, ptrdiff_t channels, float* rows, float* transformed,
                     ptrdiff_t position_step) noexcept {
  for (int y = 0; y < kPatch; ++y) {
    transform_line(patch.data + y * patch.row_step, patch.pixel_step, channels,
                   rows + y * kPatch * channels, channels);
  }
  for (int x = 0; x < kPatch; ++x) {
    transform_line(rows + x * channels, kPatch * channels, channels,
                   transformed + x * position_step, kPatch * position_step);
  }
}

template <int Tiles, int Vectors>
void multiply(const float* transformed, ptrdiff_t tile_step, ptrdiff_t position_step,
              const float* weights, ptrdiff_t depth, float* products) noexcept {
  // Else the compiler writes out the zeros of every position.
  if (depth == 0) __builtin_unreachable();
  for (int position = 0; position < kPositions; ++position) {
    Accumulators<Tiles, Vectors> sums;
    sums.each([](F32x4, int, int) { return F32x4::zero(); });
    weights = accumulate(transformed, tile_step, 1, depth, weights, sums);
    sums.each([&](F32x4 x, int tile, int v) {
      x.store(products + (tile * Vectors + v) * kPositions * kLanes);
      return x;
    });
    transformed += position_step;
    products += kLanes;
  }
}

// A row of outputs. The switch stands outside the loop where the activation is an instruction or
// two.
inline void activate_row(const Epilogue& epilogue, F32x4 (&values)[kTile], int64_t channel) {
  const auto each = [&](auto function) { FOVEA_UNROLL for (F32x4& x : values) x = function(x); };
  const F32x4 zero = F32x4::zero();
  switch (epilogue.activation) {
    case Activation::None:
      break;
    case Activation::Relu:
      each([&](F32x4 x) { return simd::pmax(x, zero); });
      break;
    case Activation::LeakyRelu:
    case Activation::PRelu: {
      const F32x4 slopes = negative_slopes(epilogue, channel);
      each([&](F32x4 x) { return scale_negatives(x, slopes); });
      break;
    }
    default:
      for (F32x4& x : values) x = activate(epilogue, x, channel);
      break;
  }
}

void transform_output(const float* products, const OutputTile& tile,
                      const Epilogue& epilogue) noexcept {
  const OutputFactors f;
  for (ptrdiff_t c = 0; c < tile.channels; c += kLanes, products += kPositions * kLanes) {
    F32x4 rows[kTile][kPatch];
    for (int x = 0; x < kPatch; ++x) {
      F32x4 column[kPatch], to[kTile];
      const float* from = products + x * kLanes;
      FOVEA_UNROLL for (int y = 0; y < kPatch; ++y) {
        column[y] = F32x4::load(from + y * kPatch * kLanes);
      }
      transform_products(f, column, to);
      FOVEA_UNROLL for (int y = 0; y < kTile; ++y) rows[y][x] = to[y];
    }
    const F32x4 bias = F32x4::load(tile.bias + c);
    const I32x4 mask = first_lanes(tile.channels - c);
    for (int y = tile.row_begin; y < tile.row_end; ++y) {
      F32x4 values[kTile];
      transform_products(f, rows[y], values);
      FOVEA_UNROLL for (F32x4& x : values) x += bias;
      const ptrdiff_t offset = c + y * tile.row_step;
      if (tile.residual != nullptr) {
        const float* from = tile.residual + offset;
        FOVEA_UNROLL for (int x = 0; x < kTile; ++x, from += tile.pixel_step) {
          if (x < tile.column_end) values[x] += F32x4::load(from);
        }
      }
      activate_row(epilogue, values, tile.channel + c);
      float* to = tile.data + offset;
      FOVEA_UNROLL for (int x = 0; x < kTile; ++x, to += tile.pixel_step) {
        if (x < tile.column_end) bitcast_f32(bitcast_i32(values[x]) & mask).store(to);
      }
    }
  }
}

}  // namespace

const Steps kSteps = {
    transform_input,
    {{multiply<1, 1>, multiply<2, 1>, multiply<3, 1>, multiply<4, 1>, multiply<5, 1>,
#ifdef __wasm_relaxed_simd__
      multiply<6, 1>
#endif
     },
     {multiply<1, 2>, multiply<2, 2>, multiply<3, 2>, multiply<4, 2>, multiply<5, 2>,
#ifdef __wasm_relaxed_simd__
      multiply<6, 2>
#endif
     },
     {multiply<1, 3>, multiply<2, 3>, multiply<3, 3>}},
    transform_output};

}  // namespace fovea::kernels::winograd

#include <algorithm>
#include <array>

#include "kernels/lanes.h"
#include "kernels/matmul/tile.h"
#include "kernels/winograd/filters.h"

// A file of its own, so that no step is inlined into a long-running caller, where V8 would leave it
// in baseline code.

namespace fovea::kernels::winograd {
namespace {

using simd::F32x4;
using simd::I32x4;

// to = B^T from and to = A^T from along a side, with their factors in registers, or at least in
// memory.
//
// The row of B^T of a point p holds the coefficients of the polynomial whose roots are the other
// points; those of p and -p differ in the signs of their odd ones. Row i of A^T holds the points'
// i-th powers.
template <class Side>
struct InputTransform;
template <class Side>
struct OutputTransform;

template <>
struct InputTransform<F4> {
  static constexpr const F4::Factors& f = F4::factors;
  F32x4 sum = F32x4::load_splat(&f.sum), product = F32x4::load_splat(&f.product);
  F32x4 a = F32x4::load_splat(&f.a), a2 = F32x4::load_splat(&f.a2);
  F32x4 b = F32x4::load_splat(&f.b), b2 = F32x4::load_splat(&f.b2);

  void operator()(const F32x4 (&from)[6], F32x4 (&to)[6]) const {
    to[0] = fma(from[0], product, fnma(from[2], sum, from[4]));
    const F32x4 even_a = fnma(from[2], b2, from[4]), odd_a = fnma(from[1], b2, from[3]);
    to[1] = fma(odd_a, a, even_a);
    to[2] = fnma(odd_a, a, even_a);
    const F32x4 even_b = fnma(from[2], a2, from[4]), odd_b = fnma(from[1], a2, from[3]);
    to[3] = fma(odd_b, b, even_b);
    to[4] = fnma(odd_b, b, even_b);
    to[5] = fma(from[1], product, fnma(from[3], sum, from[5]));
  }
};

template <>
struct OutputTransform<F4> {
  static constexpr const F4::Factors& f = F4::factors;
  F32x4 a = F32x4::load_splat(&f.a), b = F32x4::load_splat(&f.b);
  F32x4 a2 = F32x4::load_splat(&f.a2), b2 = F32x4::load_splat(&f.b2);
  F32x4 a3 = F32x4::load_splat(&f.a3), b3 = F32x4::load_splat(&f.b3);

  void operator()(const F32x4 (&from)[6], F32x4 (&to)[4]) const {
    const F32x4 sum_a = from[1] + from[2], difference_a = from[1] - from[2];
    const F32x4 sum_b = from[3] + from[4], difference_b = from[3] - from[4];
    to[0] = from[0] + (sum_a + sum_b);
    to[1] = fma(difference_a, a, difference_b * b);
    to[2] = fma(sum_a, a2, sum_b * b2);
    to[3] = fma(difference_a, a3, fma(difference_b, b3, from[5]));
  }
};

struct EightPositionsInput {
  static constexpr const EightPositions::Factors& f = EightPositions::factors;
  F32x4 two = F32x4::load_splat(&f.two), four = F32x4::load_splat(&f.four);
  F32x4 five = F32x4::load_splat(&f.five);
  F32x4 seventeen_quarters = F32x4::load_splat(&f.seventeen_quarters);
  F32x4 twenty_one_quarters = F32x4::load_splat(&f.twenty_one_quarters);

  void operator()(const F32x4 (&from)[8], F32x4 (&to)[8]) const {
    to[0] = fma(from[2] - from[4], twenty_one_quarters, from[6] - from[0]);
    to[7] = fma(from[3] - from[5], twenty_one_quarters, from[7] - from[1]);
    const F32x4 even = fnma(from[4], seventeen_quarters, from[2] + from[6]);
    const F32x4 odd = fnma(from[3], seventeen_quarters, from[1] + from[5]);
    to[1] = even + odd;
    to[2] = even - odd;
    const F32x4 even_two = fma(from[6], four, fnma(from[4], five, from[2]));
    const F32x4 odd_two = fma(from[5], four, fnma(from[3], five, from[1]));
    to[3] = fma(odd_two, two, even_two);
    to[4] = fnma(odd_two, two, even_two);
    const F32x4 even_half = fma(from[2], four, fnma(from[4], five, from[6]));
    const F32x4 odd_half = fma(from[1], four, fnma(from[3], five, from[5]));
    to[5] = fma(even_half, two, odd_half);
    to[6] = fnma(even_half, two, odd_half);
  }
};

template <>
struct InputTransform<F6> : EightPositionsInput {};
template <>
struct InputTransform<F4For5> : EightPositionsInput {};

template <>
struct OutputTransform<F6> {
  static constexpr const EightPositions::Factors& f = EightPositions::factors;
  F32x4 two = F32x4::load_splat(&f.two), four = F32x4::load_splat(&f.four);
  F32x4 eight = F32x4::load_splat(&f.eight), sixteen = F32x4::load_splat(&f.sixteen);
  F32x4 thirty_two = F32x4::load_splat(&f.thirty_two);

  void operator()(const F32x4 (&from)[8], F32x4 (&to)[6]) const {
    const F32x4 sum_one = from[1] + from[2], difference_one = from[1] - from[2];
    const F32x4 sum_two = from[3] + from[4], difference_two = from[3] - from[4];
    const F32x4 sum_half = from[5] + from[6], difference_half = from[5] - from[6];
    to[0] = fma(sum_half, thirty_two, sum_two + (sum_one + from[0]));
    to[2] = fma(sum_half, eight, fma(sum_two, four, sum_one));
    to[4] = fma(sum_half, two, fma(sum_two, sixteen, sum_one));
    to[1] = fma(difference_half, sixteen, fma(difference_two, two, difference_one));
    to[3] = fma(difference_half, four, fma(difference_two, eight, difference_one));
    to[5] = fma(difference_two, thirty_two, difference_half + (difference_one + from[7]));
  }
};

template <>
struct OutputTransform<F4For5> {
  static constexpr const EightPositions::Factors& f = EightPositions::factors;
  F32x4 two = F32x4::load_splat(&f.two), four = F32x4::load_splat(&f.four);
  F32x4 eight = F32x4::load_splat(&f.eight);

  void operator()(const F32x4 (&from)[8], F32x4 (&to)[4]) const {
    const F32x4 sum_one = from[1] + from[2], difference_one = from[1] - from[2];
    const F32x4 sum_two = from[3] + from[4], difference_two = from[3] - from[4];
    const F32x4 sum_half = from[5] + from[6], difference_half = from[5] - from[6];
    to[0] = fma(sum_half, eight, sum_two + (sum_one + from[0]));
    to[1] = fma(difference_half, four, fma(difference_two, two, difference_one));
    to[2] = fma(sum_half, two, fma(sum_two, four, sum_one));
    to[3] = fma(difference_two, eight, difference_half + (difference_one + from[7]));
  }
};

// Reads one float of every cache line of `Stretches` stretches of `count` floats that are about to
// be written. Stores to lines outside the first-level cache wait for each other; loads, which bring
// the lines there, do not.
template <int Stretches>
inline void fetch(const float* at, ptrdiff_t step, ptrdiff_t count) {
  constexpr ptrdiff_t kLineFloats = 16;
  FOVEA_NO_UNROLL for (ptrdiff_t i = 0; i < count; i += kLineFloats) {
    FOVEA_UNROLL for (int k = 0; k < Stretches; ++k) {
      static_cast<void>(*static_cast<const volatile float*>(at + k * step + i));
    }
  }
}

// Multiplies a matrix of Side::kPatch rows and `count` columns by B^T, from the left. Rows lie
// `from_step` floats apart, those of the result `to_step`.
template <class Side>
inline void transform_line(const InputTransform<Side>& transform, const float* from,
                           ptrdiff_t from_step, ptrdiff_t count, float* to, ptrdiff_t to_step) {
  constexpr int kPatch = Side::kPatch;
  FOVEA_NO_UNROLL for (ptrdiff_t i = 0; i < count; i += kLanes, from += kLanes, to += kLanes) {
    F32x4 line[kPatch], transformed[kPatch];
    FOVEA_UNROLL for (int k = 0; k < kPatch; ++k) line[k] = F32x4::load(from + k * from_step);
    transform(line, transformed);
    FOVEA_UNROLL for (int k = 0; k < kPatch; ++k) transformed[k].store(to + k * to_step);
  }
}

// Applies B^T to one row of a patch, for each channel. The row's first pixels are `shared` with the
// tile before it; the others are its `own`.
template <class Side>
inline void transform_across(const InputTransform<Side>& transform, const float* shared,
                             const float* own, ptrdiff_t channels, float* to, ptrdiff_t to_step) {
  constexpr int kShared = Side::kKernel - 1, kPatch = Side::kPatch;
  FOVEA_NO_UNROLL for (ptrdiff_t c = 0; c < channels; c += kLanes) {
    F32x4 line[kPatch], transformed[kPatch];
    FOVEA_UNROLL for (int k = 0; k < kPatch; ++k) {
      const bool is_shared = k < kShared;
      line[k] =
          F32x4::load((is_shared ? shared + k * channels : own + (k - kShared) * channels) + c);
    }
    transform(line, transformed);
    FOVEA_UNROLL for (int k = 0; k < kPatch; ++k) transformed[k].store(to + k * to_step + c);
  }
}

template <class F>
const Steps& steps_for(ptrdiff_t channels);

template <class F>
constexpr Filter filter_of() {
  return {.kernel = F::kKernel,
          .tile_h = F::kTileH,
          .tile_w = F::kTileW,
          .patch_h = F::kPatchH,
          .patch_w = F::kPatchW,
          .block_tiles = F::kBlockTiles,
          .strip_floats = F::kStripFloats,
          .weights_down = F::Down::kWeightMatrix[0],
          .weights_across = F::Across::kWeightMatrix[0],
          .steps = steps_for<F>};
}

// The block that a step works on: that of its template, whose sizes are then constants in its
// instructions, or, where the template has none, the one it is given.
constexpr const Block& known(const Block& usual, const Block& any) {
  return usual.channels != 0 ? usual : any;
}

// Transforms columns [first, first + count) of the patches from top to bottom. Rows of the result
// lie `step` floats apart.
template <class Side>
[[gnu::noinline]] void transform_down(const PatchRow& patches, ptrdiff_t first, ptrdiff_t count,
                                      float* to, ptrdiff_t step) {
  const ptrdiff_t channels = patches.channels;
  const ptrdiff_t begin = std::clamp(patches.begin - first, ptrdiff_t{0}, count) * channels;
  const ptrdiff_t end = std::clamp(patches.end - first, ptrdiff_t{0}, count) * channels;
  if (begin < end) {
    const float* from = patches.data + (first - patches.begin) * channels + begin;
    transform_line(InputTransform<Side>(), from, patches.row_step, end - begin, to + begin, step);
  }
  if (end - begin == count * channels) return;
  FOVEA_NO_UNROLL for (int y = 0; y < Side::kPatch; ++y, to += step) {
    std::fill(to, to + begin, 0.0f);
    std::fill(to + end, to + count * channels, 0.0f);
  }
}

// Takes a strip of a few tiles at a time: transforms all its columns from top to bottom, in the
// order of the image's memory, and then its rows. The first columns of a tile are the last ones of
// the tile before it. So the half transformed strip before is kept: strips alternate between two
// places in `half`.
template <class F, Block kUsual>
void transform_input(const PatchRow& patches, ptrdiff_t tiles, const Block& any, float* half,
                     float* transformed) noexcept {
  constexpr ptrdiff_t kShared = F::kKernel - 1;
  const InputTransform<typename F::Across> across;
  const auto [tile_step, position_step, positions] = known(kUsual, any);
  const ptrdiff_t channels = kUsual.channels != 0 ? kUsual.channels : patches.channels;
  const ptrdiff_t most = filter_of<F>().strip_tiles(channels), step = most * F::kTileW * channels;
  const ptrdiff_t shared = kShared * channels;
  float *before = half, *strip = half + F::kPatchH * step;
  transform_down<typename F::Down>(patches, 0, kShared, before + step - shared, step);
  for (ptrdiff_t first = 0; first < tiles; first += most) {
    const ptrdiff_t count = std::min(most, tiles - first);
    transform_down<typename F::Down>(patches, first * F::kTileW + kShared, count * F::kTileW, strip,
                                     step);
    FOVEA_NO_UNROLL for (int y = 0; y < F::kPatchH; ++y) {
      const float* from = strip + y * step;
      const float* shared_from = before + (y + 1) * step - shared;
      float* to = transformed + y * F::kPatchW * position_step + first * tile_step;
      FOVEA_NO_UNROLL for (ptrdiff_t i = 0; i < count;
                           ++i, from += F::kTileW * channels, to += tile_step) {
        fetch<F::kPatchW>(to, position_step, channels);
        transform_across(across, shared_from, from, channels, to, position_step);
        shared_from = from + F::kTileW * channels - shared;
      }
    }
    std::swap(before, strip);
  }
}

template <Block kUsual, int Tiles, int Vectors>
void multiply(const float* transformed, const Block& any, const float* weights, ptrdiff_t depth,
              float* products) noexcept {
  const auto [channels, position_step, positions] = known(kUsual, any);
  // Else the compiler writes out the zeros of every position.
  if (depth == 0) __builtin_unreachable();
  for (int position = 0; position < positions; ++position) {
    Accumulators<Tiles, Vectors> sums;
    sums.each([](F32x4, int, int) { return F32x4::zero(); });
    weights = accumulate<kUsual.channels>(transformed, channels, 1, depth, weights, sums);
    sums.each([&](F32x4 x, int tile, int v) {
      x.store(products + (tile * Vectors + v) * positions * kLanes);
      return x;
    });
    transformed += position_step;
    products += kLanes;
  }
}

// Products of one vector of channels, transformed down their columns.
template <class F>
inline void transform_columns(const OutputTransform<typename F::Down>& transform,
                              const float* products, F32x4 (&rows)[F::kTileH][F::kPatchW]) {
  FOVEA_NO_UNROLL for (int x = 0; x < F::kPatchW; ++x) {
    F32x4 column[F::kPatchH], to[F::kTileH];
    const float* from = products + x * kLanes;
    FOVEA_UNROLL for (int y = 0; y < F::kPatchH; ++y) {
      column[y] = F32x4::load(from + y * F::kPatchW * kLanes);
    }
    transform(column, to);
    FOVEA_UNROLL for (int y = 0; y < F::kTileH; ++y) rows[y][x] = to[y];
  }
}

// Any part of a tile, any activation.
template <class F>
void transform_part(const float* products, const OutputTile& tile,
                    const Epilogue& epilogue) noexcept {
  const OutputTransform<typename F::Down> down;
  const OutputTransform<typename F::Across> across;
  for (ptrdiff_t c = 0; c < tile.channels;
       c += kLanes, products += F::kPatchH * F::kPatchW * kLanes) {
    F32x4 rows[F::kTileH][F::kPatchW];
    transform_columns<F>(down, products, rows);
    const F32x4 bias = F32x4::load(tile.bias + c);
    const I32x4 mask = first_lanes(tile.channels - c);
    for (int y = tile.row_begin; y < tile.row_end; ++y) {
      F32x4 values[F::kTileW];
      across(rows[y], values);
      ptrdiff_t offset = c + y * tile.row_step;
      for (int x = 0; x < tile.column_end; ++x, offset += tile.pixel_step) {
        F32x4 value = values[x] + bias;
        if (tile.residual != nullptr) value += F32x4::load(tile.residual + offset);
        value = activate(epilogue, value, tile.channel + c);
        bitcast_f32(bitcast_i32(value) & mask).store(tile.data + offset);
      }
    }
  }
}

// A whole tile with a simple activation and, unless there is none, whole vectors of channels: most
// tiles of most networks. Without the other step's cases, V8 keeps nearly everything in registers.
template <class F, Activation kActivation>
void transform_whole(const float* products, const OutputTile& tile,
                     const Epilogue& epilogue) noexcept {
  const OutputTransform<typename F::Down> down;
  const OutputTransform<typename F::Across> across;
  const ptrdiff_t row_step = tile.row_step, pixel_step = tile.pixel_step;
  for (ptrdiff_t c = 0; c < tile.channels;
       c += kLanes, products += F::kPatchH * F::kPatchW * kLanes) {
    F32x4 rows[F::kTileH][F::kPatchW];
    transform_columns<F>(down, products, rows);
    const F32x4 bias = F32x4::load(tile.bias + c);
    const I32x4 mask = first_lanes(tile.channels - c);
    const SimpleActivation<kActivation> activate(epilogue, tile.channel + c);
    float* to = tile.data + c;
    const float* residual = tile.residual != nullptr ? tile.residual + c : nullptr;
    FOVEA_NO_UNROLL for (int y = 0; y < F::kTileH; ++y) {
      F32x4 values[F::kTileW];
      across(rows[y], values);
      FOVEA_UNROLL for (F32x4& x : values) x += bias;
      if (residual != nullptr) {
        const float* from = residual + y * row_step;
        FOVEA_UNROLL for (F32x4& x : values) {
          x += F32x4::load(from);
          from += pixel_step;
        }
      }
      float* pixel = to + y * row_step;
      FOVEA_UNROLL for (F32x4 x : values) {
        if constexpr (kActivation == Activation::None) x = bitcast_f32(bitcast_i32(x) & mask);
        activate(x).store(pixel);
        pixel += pixel_step;
      }
    }
  }
}

// Most groups of tiles are full, so only full ones have kernels of their own for the usual numbers
// of channels.
template <int Tiles, int Vectors, Block kUsual>
constexpr Steps::Multiply multiply_of() {
  constexpr bool kFull = Vectors > 1 && Tiles == max_tile_rows(Vectors);
  constexpr Block kBlock = kFull ? kUsual : Block();
  if constexpr (Tiles > max_tile_rows(Vectors)) {
    return nullptr;
  } else {
    return multiply<kBlock, Tiles, Vectors>;
  }
}

template <int Vectors, Block kUsual, int... Index>
constexpr void set_multiply(Steps& steps, std::integer_sequence<int, Index...>) {
  ((steps.multiply[Vectors - 1][Index] = multiply_of<Index + 1, Vectors, kUsual>()), ...);
}

template <class F, Block kUsual = Block()>
constexpr Steps make_steps() {
  constexpr auto kGroups = std::make_integer_sequence<int, kGroup>();
  using TransformOutput = Steps::TransformOutput;
  constexpr auto kTransformWhole = BySimpleActivation<TransformOutput>::of(
      []<Activation kActivation>() -> TransformOutput { return transform_whole<F, kActivation>; });
  Steps steps = {transform_input<F, kUsual>, {}, transform_part<F>, kTransformWhole};
  set_multiply<1, kUsual>(steps, kGroups);
  set_multiply<2, kUsual>(steps, kGroups);
  set_multiply<3, kUsual>(steps, kGroups);
  return steps;
}

template <class F, ptrdiff_t... Usual>
const Steps& steps_for(ptrdiff_t channels, std::integer_sequence<ptrdiff_t, Usual...>) {
  static constexpr Steps kAny = make_steps<F>();
  static constexpr std::array<Steps, sizeof...(Usual)> kUsual = {
      make_steps<F, filter_of<F>().block(Usual)>()...};
  size_t index = 0;
  const bool usual = ((channels == Usual || (++index, false)) || ...);
  return usual ? kUsual[index] : kAny;
}

template <class F>
const Steps& steps_for(ptrdiff_t channels) {
  return steps_for<F>(channels, typename F::UsualChannels());
}

}  // namespace

constinit const Filter kF4x4 = filter_of<F4x4>();
constinit const Filter kF4x6 = filter_of<F4x6>();
constinit const Filter kF6x6 = filter_of<F6x6>();
constinit const Filter kF4x4For5x5 = filter_of<F4x4For5x5>();

}  // namespace fovea::kernels::winograd

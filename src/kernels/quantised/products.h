#pragma once

#include <algorithm>

#include "kernels/epilogue.h"
#include "kernels/quantised/conv.h"
#include "simd/loops.h"

// What the quantised convolutions are made from: a tile of sums in registers, and what becomes of
// it.
namespace fovea::kernels::quantised {

using simd::F32x4;
using simd::I32x4;

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

// Numbers as the bytes of up to four pixels, those of pixel i being values[i] and, where there are
// eight of each, values[i + 4]. Numbers are 128 more where bytes are signed, and saturate.
struct Pixels {
  ByteCodes codes;
  uint8_t* to;
  int64_t step;
  int count;

  // Four neighbouring bytes to each pixel.
  [[gnu::always_inline]] void store(const I32x4 (&values)[4]) const {
#ifdef __wasm_simd128__
    const v128_t all = narrowed(shorts(values[0], values[1]), shorts(values[2], values[3]));
    if (count == 4) {
      wasm_v128_store32_lane(to, all, 0);
      wasm_v128_store32_lane(to + step, all, 1);
      wasm_v128_store32_lane(to + 2 * step, all, 2);
      wasm_v128_store32_lane(to + 3 * step, all, 3);
      return;
    }
    uint32_t bytes[4];
    wasm_v128_store(bytes, all);
    for (int i = 0; i < count; ++i) std::memcpy(to + i * step, bytes + i, sizeof(bytes[i]));
#else
    for (int i = 0; i < count; ++i) store_bytes(values[i], to + i * step);
#endif
  }

  // Eight neighbouring bytes to each of four pixels.
  void store_pairs(const I32x4 (&low)[4], const I32x4 (&high)[4]) const {
#ifdef __wasm_simd128__
    const v128_t first = narrowed(shorts(low[0], high[0]), shorts(low[1], high[1]));
    const v128_t second = narrowed(shorts(low[2], high[2]), shorts(low[3], high[3]));
    wasm_v128_store64_lane(to, first, 0);
    wasm_v128_store64_lane(to + step, first, 1);
    wasm_v128_store64_lane(to + 2 * step, second, 0);
    wasm_v128_store64_lane(to + 3 * step, second, 1);
#else
    for (int i = 0; i < 4; ++i) {
      store_bytes(low[i], to + i * step);
      store_bytes(high[i], to + i * step + kLanes);
    }
#endif
  }

 private:
#ifdef __wasm_simd128__
  static v128_t shorts(I32x4 a, I32x4 b) {
    return wasm_i16x8_narrow_i32x4((v128_t)a.v, (v128_t)b.v);
  }
  v128_t narrowed(v128_t a, v128_t b) const {
    return wasm_v128_xor(wasm_u8x16_narrow_i16x8(a, b),
                         wasm_i8x16_splat(static_cast<int8_t>(codes.flip)));
  }
#else
  void store_bytes(I32x4 values, uint8_t* at) const {
    for (int i = 0; i < kLanes; ++i) {
      at[i] = static_cast<uint8_t>(std::clamp(values[i], 0, 255)) ^ codes.flip;
    }
  }
#endif
};

inline void round(const Rounding& rounding, F32x4 (&values)[4]) {
  const F32x4 factor = F32x4::splat(rounding.factor);
  const F32x4 low = F32x4::splat(rounding.low), high = F32x4::splat(rounding.high);
  FOVEA_UNROLL for (F32x4& value : values) {
    value = nearest(pmin(high, pmax(low, value))) * factor;
  }
}

inline F32x4 dequantised(const Requantisation& to, const uint8_t* from) {
  uint8_t bytes __attribute__((vector_size(kLanes)));
  std::memcpy(&bytes, from, sizeof(bytes));
  bytes ^= to.addend_codes.flip;
  const I32x4 whole = {__builtin_convertvector(bytes, simd::IntVector)};
  return to_f32(whole - I32x4::splat(to.addend_point)) * F32x4::splat(to.addend_scale);
}

// Adds what is added to a channel's vector of each pixel.
inline void add_addend(const Requantisation& to, F32x4 (&values)[4], int64_t channel, int64_t at,
                       int64_t pixel_step, int count) {
  const F32x4 factor = F32x4::load(to.addend_factors + channel);
  if (to.addend && count == 4) {
    const float* from = to.addend + at;
    FOVEA_UNROLL for (int i = 0; i < 4; ++i) {
      values[i] += F32x4::load(from) * factor;
      from += pixel_step;
    }
    return;
  }
  for (int i = 0; i < count; ++i) {
    const int64_t place = at + i * pixel_step;
    const F32x4 addend =
        to.addend ? F32x4::load(to.addend + place) : dequantised(to, to.addend_bytes + place);
    values[i] += addend * factor;
  }
}

// What may be done to the scaled sums of a channel's vector before an activation.
inline void adjust(const Requantisation& to, F32x4 (&values)[4], int64_t channel, int64_t at,
                   int64_t pixel_step, int count) {
  if (to.shift) {
    const F32x4 shift = F32x4::load(to.shift + channel);
    FOVEA_UNROLL for (F32x4& value : values) value += shift;
  }
  if (to.rounds) round(to.rounding, values);
  if (to.addend || to.addend_bytes) add_addend(to, values, channel, at, pixel_step, count);
  if (to.rounds_sum) round(to.sum_rounding, values);
}

// What may follow sums: each question less is time saved.
enum class Following {
  Anything,
  Plain,    // an activation and rounding, as in most layers
  Rounded,  // the same of what is rounded before
};

inline Following following(const Requantisation& to) {
  const bool adds = to.shift || to.addend || to.addend_bytes;
  const bool simple = to.to_bytes && !adds && !to.has_high;
  if (!simple) return Following::Anything;
  return to.rounds ? Following::Rounded : Following::Plain;
}

// The numbers that the sums of channels channel .. channel + 3 of the first `count` of up to four
// neighbouring pixels become, `at` being the first one's place in the image.
template <Following kFollowing>
[[gnu::always_inline]] inline void scale_sums(const Requantisation& to, const I32x4 (&sums)[4],
                                              int64_t channel, int64_t at, int64_t pixel_step,
                                              int count, F32x4 (&values)[4]) {
  const I32x4 bias = I32x4::load(to.bias + channel);
  const F32x4 scale = F32x4::load(to.scale + channel);
  FOVEA_UNROLL for (int i = 0; i < 4; ++i) values[i] = to_f32(sums[i] + bias) * scale;
  if (kFollowing == Following::Anything) adjust(to, values, channel, at, pixel_step, count);
  if (kFollowing == Following::Rounded) round(to.rounding, values);
  if (!to.bends) return;
  const F32x4 slopes = F32x4::load(to.slopes + channel);
  if (to.shrinks) {
    FOVEA_UNROLL for (F32x4& value : values) value = pmax(value, value * slopes);
  } else {
    FOVEA_UNROLL for (F32x4& value : values) value = scale_negatives(value, slopes);
  }
}

// Numbers rounded, as Pixels takes them.
template <Following kFollowing>
[[gnu::always_inline]] inline void round_values(const Requantisation& to, F32x4 (&values)[4],
                                                I32x4 (&whole)[4]) {
  if (to.has_low) {
    const F32x4 low = F32x4::splat(to.low);
    FOVEA_UNROLL for (F32x4& value : values) value = pmax(low, value);
  }
  if (kFollowing == Following::Anything && to.has_high) {
    const F32x4 high = F32x4::splat(to.high);
    FOVEA_UNROLL for (F32x4& value : values) value = pmin(value, high);
  }
  // Added to a number it leaves it, rounded, in the lowest bits; what is larger than those hold
  // stays larger than a byte; what is less than -kLeast may not stay less.
  const F32x4 magic = F32x4::splat(12582912.0f);
  const I32x4 offset = bitcast_i32(magic) - I32x4::splat(to.point + to.codes.flip);
  FOVEA_UNROLL for (int i = 0; i < 4; ++i) whole[i] = bitcast_i32(values[i] + magic) - offset;
}

// Writes channels channel .. channel + 3.
template <Following kFollowing>
[[gnu::always_inline]] inline void finish(const Requantisation& to, const I32x4 (&sums)[4],
                                          int64_t channel, void* output, int64_t at,
                                          int64_t pixel_step, int count) {
  F32x4 values[4];
  scale_sums<kFollowing>(to, sums, channel, at, pixel_step, count, values);
  if (kFollowing == Following::Anything && !to.to_bytes) {
    const F32x4 low = F32x4::splat(to.low), high = F32x4::splat(to.high);
    float* floats = static_cast<float*>(output) + at;
    FOVEA_UNROLL for (F32x4& value : values) value = pmin(pmax(value, low), high);
    if (count == 4) {
      FOVEA_UNROLL for (int i = 0; i < 4; ++i, floats += pixel_step) values[i].store(floats);
    } else {
      for (int i = 0; i < count; ++i) values[i].store(floats + i * pixel_step);
    }
    return;
  }
  I32x4 whole[4];
  round_values<kFollowing>(to, values, whole);
  const Pixels pixels = {to.codes, static_cast<uint8_t*>(output) + at, pixel_step, count};
  pixels.store(whole);
}

// The same whatever follows, as one function for all who need it.
void finish_anything(const Requantisation& to, const I32x4 (&sums)[4], int64_t channel,
                     void* output, int64_t at, int64_t pixel_step, int count) noexcept;

// Writes channels channel .. channel + 7 of four pixels, as bytes.
template <Following kFollowing>
inline void finish_panel(const Requantisation& to, const Sums<4>& sums, int64_t channel,
                         void* output, int64_t at, int64_t pixel_step) {
  I32x4 whole[kVectors][4];
  FOVEA_UNROLL for (int v = 0; v < kVectors; ++v) {
    I32x4 column[4];
    F32x4 values[4];
    FOVEA_UNROLL for (int i = 0; i < 4; ++i) column[i] = sums.at[i][v];
    const int64_t first = v * kLanes;
    scale_sums<kFollowing>(to, column, channel + first, at + first, pixel_step, 4, values);
    round_values<kFollowing>(to, values, whole[v]);
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
  if constexpr (kFollowing != Following::Anything) {
    if (lanes > kLanes) {
      return finish_panel<kFollowing>(to, sums, channel, output, at, pixel_step);
    }
  }
  FOVEA_UNROLL for (int v = 0; v < kVectors; ++v) {
    if (v * kLanes >= lanes) return;
    I32x4 values[4];
    FOVEA_UNROLL for (int i = 0; i < 4; ++i) values[i] = sums.at[i][v];
    const int64_t first = v * kLanes;
    finish_anything(to, values, channel + first, output, at + first, pixel_step, count);
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

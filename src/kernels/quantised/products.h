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
inline const int16_t* accumulate(const int16_t* from, ptrdiff_t step, ptrdiff_t pairs,
                                 const int16_t* weights, Sums<Rows>& sums) {
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

// Four neighbouring bytes to each of `count` <= 4 pixels. Numbers are 128 more where bytes are
// signed, and saturate.
inline void store_pixels(const I32x4 (&values)[4], ByteCodes codes, uint8_t* to, int64_t step,
                         int count) {
  uint32_t bytes[4];
#ifdef __wasm_simd128__
  const auto narrow = [&](int i) {
    return wasm_i16x8_narrow_i32x4((v128_t)values[i].v, (v128_t)values[i + 1].v);
  };
  const v128_t all = wasm_v128_xor(wasm_u8x16_narrow_i16x8(narrow(0), narrow(2)),
                                   wasm_i8x16_splat(static_cast<int8_t>(codes.flip)));
  if (count == 4) {
    wasm_v128_store32_lane(to, all, 0);
    wasm_v128_store32_lane(to + step, all, 1);
    wasm_v128_store32_lane(to + 2 * step, all, 2);
    wasm_v128_store32_lane(to + 3 * step, all, 3);
    return;
  }
  wasm_v128_store(bytes, all);
#else
  for (int i = 0; i < 16; ++i) {
    const int32_t value = std::clamp(values[i / 4][i % 4], 0, 255);
    reinterpret_cast<uint8_t*>(bytes)[i] = static_cast<uint8_t>(value) ^ codes.flip;
  }
#endif
  for (int i = 0; i < count; ++i) std::memcpy(to + i * step, bytes + i, sizeof(bytes[i]));
}

inline void round_first(const Requantisation& to, F32x4 (&values)[4]) {
  const F32x4 factor = F32x4::splat(to.factor);
  const F32x4 low = F32x4::splat(to.first_low), high = F32x4::splat(to.first_high);
  FOVEA_UNROLL for (F32x4& value : values) {
    value = nearest(pmin(high, pmax(low, value))) * factor;
  }
}

// What may be done to the scaled sums of a channel's vector before an activation.
inline void adjust(const Requantisation& to, F32x4 (&values)[4], int64_t channel, int64_t at,
                   int64_t pixel_step, int count) {
  if (to.shift) {
    const F32x4 shift = F32x4::load(to.shift + channel);
    FOVEA_UNROLL for (F32x4& value : values) value += shift;
  }
  if (to.rounds) round_first(to, values);
  if (!to.addend) return;
  const F32x4 factor = F32x4::splat(to.addend_factor);
  for (int i = 0; i < count; ++i) {
    values[i] += F32x4::load(to.addend + at + i * pixel_step) * factor;
  }
}

// What may follow sums: each question less is time saved.
enum class Following {
  Anything,
  Plain,    // an activation and rounding, as in most layers
  Rounded,  // the same of what is rounded before
};

inline Following following(const Requantisation& to) {
  const bool simple = to.to_bytes && !to.shift && !to.addend && !to.has_high;
  if (!simple) return Following::Anything;
  return to.rounds ? Following::Rounded : Following::Plain;
}

// Writes channels channel .. channel + 3 of the first `count` of up to four neighbouring pixels,
// `at` being the first one's place in the image.
template <Following kFollowing>
inline void finish(const Requantisation& to, const I32x4 (&sums)[4], int64_t channel, void* output,
                   int64_t at, int64_t pixel_step, int count) {
  constexpr bool kAny = kFollowing == Following::Anything;
  const I32x4 bias = I32x4::load(to.bias + channel);
  const F32x4 scale = F32x4::load(to.scale + channel), slopes = F32x4::load(to.slopes + channel);
  const F32x4 low = F32x4::splat(to.low), high = F32x4::splat(to.high);
  F32x4 values[4];
  FOVEA_UNROLL for (int i = 0; i < 4; ++i) values[i] = to_f32(sums[i] + bias) * scale;
  if (kAny) adjust(to, values, channel, at, pixel_step, count);
  if (kFollowing == Following::Rounded) round_first(to, values);
  if (to.shrinks) {
    FOVEA_UNROLL for (F32x4& value : values) value = pmax(value, value * slopes);
  } else {
    FOVEA_UNROLL for (F32x4& value : values) value = scale_negatives(value, slopes);
  }
  if (kAny && !to.to_bytes) {
    float* floats = static_cast<float*>(output) + at;
    for (int i = 0; i < count; ++i) pmin(pmax(values[i], low), high).store(floats + i * pixel_step);
    return;
  }
  FOVEA_UNROLL for (F32x4& value : values) value = pmax(low, value);
  if (kAny && to.has_high) {
    FOVEA_UNROLL for (F32x4& value : values) value = pmin(value, high);
  }
  // Added to a number it leaves it, rounded, in the lowest bits; what is larger than those hold
  // stays larger than a byte.
  const F32x4 magic = F32x4::splat(12582912.0f);
  const I32x4 offset = bitcast_i32(magic) - I32x4::splat(to.point + to.codes.flip);
  I32x4 whole[4];
  FOVEA_UNROLL for (int i = 0; i < 4; ++i) whole[i] = bitcast_i32(values[i] + magic) - offset;
  store_pixels(whole, to.codes, static_cast<uint8_t*>(output) + at, pixel_step, count);
}

}  // namespace fovea::kernels::quantised

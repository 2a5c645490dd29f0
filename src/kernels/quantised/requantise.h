#pragma once

#include "kernels/epilogue.h"
#include "kernels/quantised/conv.h"
#include "simd/loops.h"

// What becomes of the sums of quantised products (Requantisation).
namespace fovea::kernels::quantised {

using simd::F32x4;
using simd::I32x4;

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

// What may follow sums: each question less is time saved.
enum class Following {
  Anything,
  Plain,  // a shift, an activation and rounding, as in most layers
};

inline Following following(const Requantisation& to) {
  const bool more =
      to.rounds || to.addend || to.addend_bytes || to.rounds_sum || to.has_high || !to.to_bytes;
  return more ? Following::Anything : Following::Plain;
}

// Four pixels' sums of channels channel .. channel + 3, scaled.
[[gnu::always_inline]] inline void scale_sums(const Requantisation& to, const I32x4* sums,
                                              int64_t channel, F32x4* values) {
  const I32x4 bias = I32x4::load(to.bias + channel);
  const F32x4 scale = F32x4::load(to.scale + channel), shift = F32x4::load(to.shift + channel);
  FOVEA_UNROLL for (int i = 0; i < 4; ++i) values[i] = to_f32(sums[i] + bias) * scale + shift;
}

[[gnu::always_inline]] inline void bend(const Requantisation& to, int64_t channel, F32x4* values) {
  const F32x4 slopes = F32x4::load(to.slopes + channel);
  if (to.shrinks) {
    FOVEA_UNROLL for (int i = 0; i < 4; ++i) values[i] = pmax(values[i], values[i] * slopes);
  } else {
    FOVEA_UNROLL for (int i = 0; i < 4; ++i) values[i] = scale_negatives(values[i], slopes);
  }
}

// Numbers rounded, as Pixels takes them.
[[gnu::always_inline]] inline void round_values(const Requantisation& to, const F32x4* values,
                                                I32x4 (&whole)[4]) {
  // Added to a number it leaves it, rounded, in the lowest bits; what is larger than those hold
  // stays larger than a byte; what is less than -kLeast may not stay less.
  const F32x4 magic = F32x4::splat(12582912.0f);
  const I32x4 offset = bitcast_i32(magic) - I32x4::splat(to.point + to.codes.flip);
  FOVEA_UNROLL for (int i = 0; i < 4; ++i) whole[i] = bitcast_i32(values[i] + magic) - offset;
}

// The bytes of four pixels' channels channel .. channel + 3, where what follows is Plain.
[[gnu::always_inline]] inline void requantise_plainly(const Requantisation& to,
                                                      const I32x4 (&sums)[4], int64_t channel,
                                                      I32x4 (&whole)[4]) {
  F32x4 values[4];
  scale_sums(to, sums, channel, values);
  if (to.bends) bend(to, channel, values);
  if (to.has_low) {
    const F32x4 low = F32x4::splat(to.low);
    FOVEA_UNROLL for (F32x4& value : values) value = pmax(low, value);
  }
  round_values(to, values, whole);
}

// Pixels of an image: rows of up to four neighbours. Steps are those of elements.
struct Region {
  int64_t at;  // of the first one's channel
  int64_t pixel_step;
  int64_t row_step;
  int rows;  // up to four
  int columns;
};

// Writes channels channel .. channel + 3 of a region, sums being [row][4], whatever follows.
void requantise_any(const Requantisation& to, const I32x4* sums, int64_t channel,
                    const Region& region, void* output) noexcept;

}  // namespace fovea::kernels::quantised

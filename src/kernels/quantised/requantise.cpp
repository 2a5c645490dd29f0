#include "kernels/quantised/requantise.h"

namespace fovea::kernels::quantised {
namespace {

// Done step by step to all pixels of a region, so that each question is asked once.
class Requantiser {
 public:
  Requantiser(const Requantisation& to, const I32x4* sums, int64_t channel, const Region& region)
      : to_(to), channel_(channel), region_(region), count_(4 * region.rows) {
    each_row([&](F32x4* values, int i) { scale_sums(to, sums + i, channel, values); });
  }

  void adjust() {
    if (to_.rounds) round(to_.rounding);
    if (to_.addend || to_.addend_bytes) add_addend();
    if (to_.rounds_sum) round(to_.sum_rounding);
    if (to_.bends) each_row([&](F32x4* values, int) { bend(to_, channel_, values); });
  }

  void write_floats(float* output) {
    const F32x4 low = F32x4::splat(to_.low), high = F32x4::splat(to_.high);
    each_pixel([&](F32x4 value, int64_t at) { pmin(pmax(value, low), high).store(output + at); });
  }

  void write_bytes(uint8_t* output) {
    if (to_.has_low || to_.has_high) {
      const F32x4 low = F32x4::splat(to_.low), high = F32x4::splat(to_.high);
      each([&](F32x4 value) { return pmin(high, pmax(low, value)); });
    }
    each_row([&](const F32x4* values, int i) {
      I32x4 whole[4];
      round_values(to_, values, whole);
      uint8_t* row = output + region_.at + i / 4 * region_.row_step;
      Pixels{to_.codes, row, region_.pixel_step, region_.columns}.store(whole);
    });
  }

 private:
  template <class F>
  [[gnu::always_inline]] void each_row(F f) {
    FOVEA_NO_UNROLL for (int i = 0; i < count_; i += 4) f(values_ + i, i);
  }
  template <class F>
  [[gnu::always_inline]] void each(F f) {
    each_row([&](F32x4* values, int) {
      FOVEA_UNROLL for (int i = 0; i < 4; ++i) values[i] = f(values[i]);
    });
  }
  // Of those that are there, with their places in the image.
  template <class F>
  [[gnu::always_inline]] void each_pixel(F f) {
    int64_t row = region_.at;
    each_row([&](F32x4* values, int) {
      int64_t at = row;
      for (int i = 0; i < region_.columns; ++i, at += region_.pixel_step) f(values[i], at);
      row += region_.row_step;
    });
  }

  void round(const Rounding& rounding) {
    const F32x4 factor = F32x4::splat(rounding.factor);
    const F32x4 low = F32x4::splat(rounding.low), high = F32x4::splat(rounding.high);
    each([&](F32x4 value) { return nearest(pmin(high, pmax(low, value))) * factor; });
  }

  void add_addend() {
    const F32x4 factor = F32x4::load(to_.addend_factors + channel_);
    if (to_.addend) {
      each_pixel([&](F32x4& value, int64_t at) { value += F32x4::load(to_.addend + at) * factor; });
      return;
    }
    const I32x4 point = I32x4::splat(to_.addend_point);
    const F32x4 scale = F32x4::splat(to_.addend_scale);
    each_pixel([&](F32x4& value, int64_t at) {
      value += to_f32(codes(to_.addend_bytes + at) - point) * scale * factor;
    });
  }

  I32x4 codes(const uint8_t* from) const {
    uint8_t bytes __attribute__((vector_size(kLanes)));
    std::memcpy(&bytes, from, sizeof(bytes));
    bytes ^= to_.addend_codes.flip;
    return {__builtin_convertvector(bytes, simd::IntVector)};
  }

  const Requantisation& to_;
  int64_t channel_;
  const Region& region_;
  int count_;
  F32x4 values_[16];
};

}  // namespace

void requantise_any(const Requantisation& to, const I32x4* sums, int64_t channel,
                    const Region& region, void* output) noexcept {
  Requantiser pixels(to, sums, channel, region);
  pixels.adjust();
  if (to.to_bytes) {
    pixels.write_bytes(static_cast<uint8_t*>(output));
  } else {
    pixels.write_floats(static_cast<float*>(output));
  }
}

}  // namespace fovea::kernels::quantised

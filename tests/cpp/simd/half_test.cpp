#include "simd/half.h"

#include <gtest/gtest.h>

#include <bit>
#include <vector>

namespace fovea::simd {
namespace {

template <class Narrow>
Narrow scalar(float value) {
  if constexpr (std::is_same_v<Narrow, Half>) {
    return to_half(value);
  } else {
    return to_bfloat(value);
  }
}

template <class Narrow>
void check_widening() {
  for (uint32_t first = 0; first < 0x10000; first += 8) {
    Narrow in[8];
    float out[8];
    for (uint32_t i = 0; i < 8; ++i) in[i] = {static_cast<uint16_t>(first + i)};
    widen_eight(in, out);
    for (int i = 0; i < 8; ++i) {
      ASSERT_EQ(std::bit_cast<uint32_t>(out[i]), std::bit_cast<uint32_t>(to_float(in[i])))
          << in[i].bits;
    }
  }
}

template <class Narrow>
void check_eight(const float* in) {
  Narrow out[8];
  narrow_eight(in, out);
  for (int i = 0; i < 8; ++i) {
    ASSERT_EQ(out[i].bits, scalar<Narrow>(in[i]).bits) << std::bit_cast<uint32_t>(in[i]);
  }
}

// A sweep in bit order over all signs, exponents and NaNs, and around each narrow value what is
// exact, half way to the next one, and next to both.
template <class Narrow>
void check_narrowing() {
  float in[8];
  constexpr uint32_t kStride = 1021;
  for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += 8 * kStride) {
    for (uint32_t i = 0; i < 8; ++i) {
      in[i] = std::bit_cast<float>(static_cast<uint32_t>(bits) + i * kStride);
    }
    check_eight<Narrow>(in);
  }
  const uint32_t half_way = std::is_same_v<Narrow, Half> ? 0x1000 : 0x8000;
  for (uint32_t narrow = 0; narrow < 0x10000; ++narrow) {
    const auto bits = std::bit_cast<uint32_t>(to_float(Narrow{static_cast<uint16_t>(narrow)}));
    const uint32_t offsets[] = {0, 1, 0u - 1u, half_way, half_way + 1, half_way - 1, 2, 3};
    for (int i = 0; i < 8; ++i) in[i] = std::bit_cast<float>(bits + offsets[i]);
    check_eight<Narrow>(in);
  }
}

TEST(Half, EveryHalfIsWidenedAsByItself) { check_widening<Half>(); }
TEST(Half, EveryBFloatIsWidenedAsByItself) { check_widening<BFloat>(); }
TEST(Half, FloatsAreNarrowedAsByThemselves) { check_narrowing<Half>(); }
TEST(Half, FloatsAreNarrowedToBFloatAsByThemselves) { check_narrowing<BFloat>(); }

// Half way between two subnormal halves a float's own last place is far below.
TEST(Half, SubnormalHalvesRoundToEven) {
  std::vector<float> in;
  for (int i = 0; i < 4096; ++i) in.push_back(static_cast<float>(i) * 0x1p-26f);
  for (size_t i = 0; i < in.size(); i += 8) check_eight<Half>(in.data() + i);
}

}  // namespace
}  // namespace fovea::simd

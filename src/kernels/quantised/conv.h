#pragma once

#include <cstdint>

#include "kernels/conv/conv.h"
#include "kernels/matmul/byte_product.h"

// Convolution of channels-last images of bytes, less their zero points: exact sums in int32, and
// what follows them in float. A pixel has padded_channels() bytes; those beyond the channels may be
// anything, since their weights are 0. Outside the image is the zero point.
namespace fovea::kernels {

// A panel of outputs is computed at once; scales, biases, shifts, slopes and addends' factors are
// there for whole panels, those beyond the outputs being 0.
inline constexpr int64_t kQuantisedPanel = 8;

// Clamped, rounded, halves to even, and multiplied by a factor: bytes on the way.
struct Rounding {
  float low = 0.0f;
  float high = 0.0f;
  float factor = 1.0f;
};

// What becomes of a sum: (sum + bias) * scale + shift; where `rounds`, rounded; plus an addend
// times its factor; where `rounds_sum`, rounded; negative values times a slope; clamped. Then it is
// rounded and has the zero point added, or is a float.
struct Requantisation {
  const int32_t* bias = nullptr;
  const float* scale = nullptr;
  const float* shift = nullptr;
  const float* slopes = nullptr;  // 1 where negative values stay
  bool bends = true;              // some slope is not 1
  bool shrinks = false;           // no slope is larger than 1
  bool rounds = false;
  Rounding rounding = {};
  const float* addend = nullptr;  // an image like the output; null for none
  const float* addend_factors = nullptr;
  // Or one of bytes, (byte - point) * scale each, the point being as unsigned bytes have it.
  const uint8_t* addend_bytes = nullptr;
  float addend_scale = 1.0f;
  int32_t addend_point = 0;
  ByteCodes addend_codes = {};
  bool rounds_sum = false;
  Rounding sum_rounding = {};
  // NaN, which an addend may be, stays it or becomes the lowest byte.
  float low = 0.0f;
  float high = 0.0f;
  // Else those of bytes, which saturate: values as low as -kLeast do.
  static constexpr float kLeast = 1e7f;
  bool has_low = true;
  bool has_high = true;
  bool to_bytes = true;
  // Of bytes.
  int32_t point = 0;  // as the number it is
  ByteCodes codes = {};
};

// One way to compute the sums. Each is a constant.
struct QuantisedAlgorithm {
  const char* name;  // in words, for people
  // Shorts that `pack` writes.
  int64_t (*packed_size)(const ConvShape&) noexcept;
  // Weights less their zero points, [outputs][inputs / groups][kernel_h][kernel_w]. False where the
  // algorithm is not exact for them and images of lowest .. lowest + 255, zero points taken off.
  bool (*pack)(const ConvShape&, int lowest, const int16_t* weights, int16_t* packed) noexcept;
  // Shorts of scratch for each thread.
  int64_t (*scratch_size)(const ConvShape&) noexcept;
  // Output rows [row_begin, row_end) of the batch * out_h, to an image of bytes or of floats.
  void (*run_rows)(const ConvShape&, ByteCodes codes, uint8_t point, const uint8_t* input,
                   const int16_t* packed, const Requantisation&, void* output, int16_t* scratch,
                   int64_t row_begin, int64_t row_end) noexcept;
  int64_t rows_at_once;
};

// Winograd's F(4x4, 3x3) and F(2x2, 3x3) with factors that make all of their matrices whole.
extern const QuantisedAlgorithm kQuantisedWinograd4, kQuantisedWinograd2;
// Those of is_depthwise().
extern const QuantisedAlgorithm kQuantisedDepthwise;
// Any shape whose groups have a multiple of 4 outputs, or are one.
extern const QuantisedAlgorithm kQuantisedDirect;

// Whether Winograd's algorithms compute the shape: of more than 4 channels, and no strides.
bool is_for_winograd(const ConvShape& shape) noexcept;

// Whether each output is of one channel, and rows of taps are neighbours.
bool is_depthwise(const ConvShape& shape) noexcept;

}  // namespace fovea::kernels

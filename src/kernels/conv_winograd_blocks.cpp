#include <algorithm>

#include "kernels/conv_algorithms.h"
#include "kernels/winograd_pack.h"
#include "simd/f32x4.h"

// Convolution of stride 1 by a kernel cut into blocks of r x r taps: it is an r x r convolution of
// an image in which every pixel holds, for each block, the channels of the pixel under the block's
// first tap. That image is made a few rows at a time. Taps beyond the kernel are zero.
namespace fovea::kernels {
namespace {

using simd::F32x4;
using winograd::blocks_along;

// Rows of output a strip serves: its rows of overlap are copied again for the next.
template <class F>
constexpr int64_t kStripRows = 2 * F::kTileH;

// The r x r convolution of a strip, which covers whole tiles.
template <class F>
ConvShape strip_shape(const ConvShape& shape, int64_t rows) {
  ConvShape strip;
  strip.in_channels = blocks_along<typename F::Down>(shape.kernel_h) *
                      blocks_along<typename F::Across>(shape.kernel_w) * shape.in_channels;
  strip.out_channels = shape.out_channels;
  strip.kernel_h = strip.kernel_w = F::kKernel;
  strip.out_h = round_up(rows, F::kTileH);
  strip.out_w = shape.out_w;
  strip.in_h = strip.out_h + F::kKernel - 1;
  strip.in_w = round_up(shape.out_w, F::kTileW) + F::kKernel - 1;
  return strip;
}

int64_t strip_size(const ConvShape& strip) {
  // A pixel's last vector may spill into the next.
  return strip.in_h * strip.in_w * padded_channels(strip.in_channels) + kLanes;
}

template <class F>
int64_t packed_size(const ConvShape& shape) noexcept {
  return F::kConv.packed_size(strip_shape<F>(shape, kStripRows<F>));
}

template <class F>
void pack_weights(const ConvShape& shape, const ConvWeights& weights, float* packed) noexcept {
  const int64_t across = blocks_along<typename F::Across>(shape.kernel_w);
  const auto tap = [&](int64_t output, int64_t input, int64_t y, int64_t x) {
    const int64_t block = input / shape.in_channels, channel = input % shape.in_channels;
    const int64_t ky = block / across * F::kKernel + y, kx = block % across * F::kKernel + x;
    if (ky >= shape.kernel_h || kx >= shape.kernel_w) return 0.0f;
    return weights.at(0, output, channel, ky, kx);
  };
  const int64_t inputs = strip_shape<F>(shape, kStripRows<F>).in_channels;
  winograd::pack<F>(shape.out_channels, inputs, tap, weights, packed);
}

template <class F>
int64_t scratch_size(const ConvShape& shape) noexcept {
  const ConvShape strip = strip_shape<F>(shape, kStripRows<F>);
  return strip_size(strip) + F::kConv.scratch_size(strip);
}

void copy_channels(const float* from, int64_t channels, float* to) noexcept {
  for (int64_t c = 0; c < channels; c += kLanes) F32x4::load(from + c).store(to + c);
}

// Row y of the image of blocks; `image` is the input's first pixel.
template <class F>
void gather_row(const ConvShape& shape, const ConvShape& strip, const float* image, int64_t y,
                float* to) noexcept {
  const int64_t channels = shape.in_channels, pixel = padded_channels(channels);
  const int64_t first_y = y - shape.pad_top, end_y = first_y + round_up(shape.kernel_h, F::kKernel);
  const int64_t step = padded_channels(strip.in_channels);
  for (int64_t x = 0; x < strip.in_w; ++x, to += step) {
    const int64_t first_x = x - shape.pad_left,
                  end_x = first_x + round_up(shape.kernel_w, F::kKernel);
    float* block = to;
    for (int64_t from_y = first_y; from_y < end_y; from_y += F::kKernel) {
      const bool row_inside = from_y >= 0 && from_y < shape.in_h;
      const float* row = row_inside ? image + from_y * shape.in_w * pixel : nullptr;
      for (int64_t from_x = first_x; from_x < end_x; from_x += F::kKernel, block += channels) {
        if (row != nullptr && from_x >= 0 && from_x < shape.in_w) {
          copy_channels(row + from_x * pixel, channels, block);
        } else {
          std::fill_n(block, channels, 0.0f);
        }
      }
    }
    std::fill(block, to + step, 0.0f);
  }
}

// Output rows [row_begin, row_end) of one image, all within one strip.
template <class F>
void run_strip(const ConvShape& shape, const float* image, const float* packed,
               const ConvOutput& output, const Epilogue& epilogue, float* scratch,
               int64_t row_begin, int64_t row_end) noexcept {
  const int64_t first = row_begin / F::kTileH * F::kTileH;
  const ConvShape strip = strip_shape<F>(shape, row_end - first);
  const int64_t row = strip.in_w * padded_channels(strip.in_channels);
  for (int64_t y = 0; y < strip.in_h; ++y) {
    gather_row<F>(shape, strip, image, first + y, scratch + y * row);
  }
  const ConvPart gathered = {scratch, strip.in_channels};
  F::kConv.run_rows(strip, {&gathered, 1}, packed, output.at(0, first), epilogue,
                    scratch + strip_size(strip), row_begin - first, row_end - first);
}

template <class F>
void run_rows(const ConvShape& shape, std::span<const ConvPart> parts, const float* packed,
              const ConvOutput& output, const Epilogue& epilogue, float* scratch, int64_t row_begin,
              int64_t row_end) noexcept {
  const float* input = parts[0].data;
  const int64_t image_size = shape.in_h * shape.in_w * padded_channels(shape.in_channels);
  for (int64_t row = row_begin, next = 0; row < row_end; row = next) {
    const int64_t image = row / shape.out_h, top = image * shape.out_h, y = row - top;
    const int64_t end = std::min(y / F::kTileH * F::kTileH + kStripRows<F>, shape.out_h);
    next = std::min(top + end, row_end);
    run_strip<F>(shape, input + image * image_size, packed, output.at(image, 0), epilogue, scratch,
                 y, next - top);
  }
}

template <class F>
constexpr ConvKernel kConvOf = {packed_size<F>, pack_weights<F>, scratch_size<F>, run_rows<F>,
                                F::kTileH};

}  // namespace

const ConvKernel winograd::F4x4::kBlocksConv = kConvOf<winograd::F4x4>;
const ConvKernel winograd::F4x6::kBlocksConv = kConvOf<winograd::F4x6>;
const ConvKernel winograd::F6x6::kBlocksConv = kConvOf<winograd::F6x6>;
const ConvKernel winograd::F4x4For5x5::kBlocksConv = kConvOf<winograd::F4x4For5x5>;

}  // namespace fovea::kernels

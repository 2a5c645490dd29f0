#include <algorithm>

#include "kernels/conv_algorithms.h"
#include "kernels/winograd_pack.h"
#include "simd/f32x4.h"

// Convolution of stride 1 by a kernel larger than 3x3, cut into blocks of 3x3 taps: it is a 3x3
// convolution of an image in which every pixel holds, for each block, the channels of the pixel
// under the block's first tap. That image is made a few rows at a time. Taps beyond the kernel are
// zero.
namespace fovea::kernels {
namespace {

using simd::F32x4;

constexpr int64_t kBlock = 3;
// Rows of output a strip serves: its two rows of overlap are copied again for the next.
template <class F>
constexpr int64_t kStripRows = 2 * F::kTile;

int64_t blocks_down(const ConvShape& shape) { return round_up(shape.kernel_h, kBlock) / kBlock; }
int64_t blocks_across(const ConvShape& shape) { return round_up(shape.kernel_w, kBlock) / kBlock; }

// The 3x3 convolution of a strip, which covers whole tiles.
template <class F>
ConvShape strip_shape(const ConvShape& shape, int64_t rows) {
  ConvShape strip;
  strip.in_channels = blocks_down(shape) * blocks_across(shape) * shape.in_channels;
  strip.out_channels = shape.out_channels;
  strip.kernel_h = strip.kernel_w = kBlock;
  strip.out_h = round_up(rows, F::kTile);
  strip.out_w = shape.out_w;
  strip.in_h = strip.out_h + kBlock - 1;
  strip.in_w = round_up(shape.out_w, F::kTile) + kBlock - 1;
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
  const int64_t across = blocks_across(shape);
  const auto tap = [&](int64_t output, int64_t input, int64_t y, int64_t x) {
    const int64_t block = input / shape.in_channels, channel = input % shape.in_channels;
    const int64_t ky = block / across * kBlock + y, kx = block % across * kBlock + x;
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
void gather_row(const ConvShape& shape, const ConvShape& strip, const float* image, int64_t y,
                float* to) noexcept {
  const int64_t channels = shape.in_channels, pixel = padded_channels(channels);
  const int64_t first_y = y - shape.pad_top, end_y = first_y + blocks_down(shape) * kBlock;
  const int64_t step = padded_channels(strip.in_channels);
  for (int64_t x = 0; x < strip.in_w; ++x, to += step) {
    const int64_t first_x = x - shape.pad_left, end_x = first_x + blocks_across(shape) * kBlock;
    float* block = to;
    for (int64_t from_y = first_y; from_y < end_y; from_y += kBlock) {
      const bool row_inside = from_y >= 0 && from_y < shape.in_h;
      const float* row = row_inside ? image + from_y * shape.in_w * pixel : nullptr;
      for (int64_t from_x = first_x; from_x < end_x; from_x += kBlock, block += channels) {
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
  const int64_t first = row_begin / F::kTile * F::kTile;
  const ConvShape strip = strip_shape<F>(shape, row_end - first);
  const int64_t row = strip.in_w * padded_channels(strip.in_channels);
  for (int64_t y = 0; y < strip.in_h; ++y) {
    gather_row(shape, strip, image, first + y, scratch + y * row);
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
    const int64_t end = std::min(y / F::kTile * F::kTile + kStripRows<F>, shape.out_h);
    next = std::min(top + end, row_end);
    run_strip<F>(shape, input + image * image_size, packed, output.at(image, 0), epilogue, scratch,
                 y, next - top);
  }
}

template <class F>
constexpr ConvKernel kConvOf = {packed_size<F>, pack_weights<F>, scratch_size<F>, run_rows<F>,
                                F::kTile};

}  // namespace

const ConvKernel winograd::F4x4::kBlocksConv = kConvOf<winograd::F4x4>;
const ConvKernel winograd::F6x6::kBlocksConv = kConvOf<winograd::F6x6>;

}  // namespace fovea::kernels

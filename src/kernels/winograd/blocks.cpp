#include <algorithm>

#include "kernels/winograd/conv_winograd.h"
#include "simd/f32x4.h"

// Convolution of stride 1 by a kernel cut into blocks of r x r taps: it is an r x r convolution of
// an image in which every pixel holds, for each block, the channels of the pixel under the block's
// first tap. That image is made a few rows at a time. Taps beyond the kernel are zero.
namespace fovea::kernels::winograd {
namespace {

using simd::F32x4;

// Rows of output a strip serves: its rows of overlap are copied again for the next.
int64_t strip_rows(const Filter& filter) { return 2 * int64_t{filter.tile_h}; }

// The r x r convolution of a strip, which covers whole tiles.
ConvShape strip_shape(const Filter& filter, const ConvShape& shape, int64_t rows) {
  ConvShape strip;
  strip.in_channels = filter.blocks(shape) * shape.in_channels;
  strip.out_channels = shape.out_channels;
  strip.kernel_h = strip.kernel_w = filter.kernel;
  strip.out_h = round_up(rows, filter.tile_h);
  strip.out_w = shape.out_w;
  strip.in_h = strip.out_h + filter.kernel - 1;
  strip.in_w = round_up(shape.out_w, filter.tile_w) + filter.kernel - 1;
  return strip;
}

int64_t strip_size(const ConvShape& strip) {
  // A pixel's last vector may spill into the next.
  return strip.in_h * strip.in_w * padded_channels(strip.in_channels) + kLanes;
}

void copy_channels(const float* from, int64_t channels, float* to) noexcept {
  for (int64_t c = 0; c < channels; c += kLanes) F32x4::load(from + c).store(to + c);
}

// Row y of the image of blocks; `image` is the input's first pixel.
void gather_row(const Filter& filter, const ConvShape& shape, const ConvShape& strip,
                const float* image, int64_t y, float* to) noexcept {
  const int64_t channels = shape.in_channels, pixel = padded_channels(channels);
  const int64_t first_y = y - shape.pad_top,
                end_y = first_y + round_up(shape.kernel_h, filter.kernel);
  const int64_t step = padded_channels(strip.in_channels);
  for (int64_t x = 0; x < strip.in_w; ++x, to += step) {
    const int64_t first_x = x - shape.pad_left,
                  end_x = first_x + round_up(shape.kernel_w, filter.kernel);
    float* block = to;
    for (int64_t from_y = first_y; from_y < end_y; from_y += filter.kernel) {
      const bool row_inside = from_y >= 0 && from_y < shape.in_h;
      const float* row = row_inside ? image + from_y * shape.in_w * pixel : nullptr;
      for (int64_t from_x = first_x; from_x < end_x; from_x += filter.kernel, block += channels) {
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
void run_strip(const Filter& filter, const ConvShape& shape, const float* image,
               const float* packed, const ConvOutput& output, const Epilogue& epilogue,
               float* scratch, int64_t row_begin, int64_t row_end) noexcept {
  const int64_t first = row_begin / filter.tile_h * filter.tile_h;
  const ConvShape strip = strip_shape(filter, shape, row_end - first);
  const int64_t row = strip.in_w * padded_channels(strip.in_channels);
  for (int64_t y = 0; y < strip.in_h; ++y) {
    gather_row(filter, shape, strip, image, first + y, scratch + y * row);
  }
  const ConvPart gathered = {scratch, strip.in_channels};
  run_rows(filter, strip, {&gathered, 1}, packed, output.at(0, first), epilogue,
           scratch + strip_size(strip), row_begin - first, row_end - first);
}

}  // namespace

int64_t scratch_size_in_blocks(const Filter& filter, const ConvShape& shape) noexcept {
  const ConvShape strip = strip_shape(filter, shape, strip_rows(filter));
  return strip_size(strip) + scratch_size(filter, strip);
}

void run_rows_in_blocks(const Filter& filter, const ConvShape& shape,
                        std::span<const ConvPart> parts, const float* packed,
                        const ConvOutput& output, const Epilogue& epilogue, float* scratch,
                        int64_t row_begin, int64_t row_end) noexcept {
  const float* input = parts[0].data;
  const int64_t image_size = shape.in_h * shape.in_w * padded_channels(shape.in_channels);
  for (int64_t row = row_begin, next = 0; row < row_end; row = next) {
    const int64_t image = row / shape.out_h, top = image * shape.out_h, y = row - top;
    const int64_t end =
        std::min(y / filter.tile_h * filter.tile_h + strip_rows(filter), shape.out_h);
    next = std::min(top + end, row_end);
    run_strip(filter, shape, input + image * image_size, packed, output.at(image, 0), epilogue,
              scratch, y, next - top);
  }
}

}  // namespace fovea::kernels::winograd

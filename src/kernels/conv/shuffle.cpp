#include "kernels/conv/shuffle.h"

#include <algorithm>

#include "kernels/lanes.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;
using simd::I32x4;

// A strip of the convolution's result stays in the second-level cache.
constexpr int64_t kStripFloats = 64 * 1024;

int64_t conv_pixel(const ConvShuffleShape& shape) {
  return padded_channels(shape.conv.out_channels);
}

int64_t conv_row(const ConvShuffleShape& shape) { return shape.conv.out_w * conv_pixel(shape); }

int64_t strip_rows(const ConvShuffleShape& shape, const ConvAlgorithm& algorithm) {
  const int64_t unit = algorithm.rows_at_once();
  return std::max(kStripFloats / std::max<int64_t>(conv_row(shape), 1) / unit, int64_t{1}) * unit;
}

// Vectors are read up to this many floats beyond the strip.
constexpr int64_t kSlack = kLanes;

int64_t strip_size(const ConvShuffleShape& shape, const ConvAlgorithm& algorithm) {
  const int64_t rows =
      std::min(strip_rows(shape, algorithm), round_up(shape.conv.out_h, algorithm.rows_at_once()));
  return rows * conv_row(shape) + kSlack;
}

// The convolution of rows [first, first + rows) of one image alone.
ConvShape strip_of(const ConvShape& conv, int64_t first, int64_t rows) {
  ConvShape strip = conv;
  strip.batch = 1;
  strip.pad_top -= first * conv.stride_h;
  strip.out_h = rows;
  return strip;
}

// Where the parts of one row of blocks lie that are within an output row.
struct Row {
  const float* blocks;  // the convolution's row, at the row of the block
  int64_t begin;        // pixels of the row of blocks before the output's first
  int64_t width;        // of the output
};

// Channels-last output: whole pixels are copied.
void shuffle_pixels(const ConvShuffleShape& shape, const Row& row, float* to) noexcept {
  const int64_t channels = shape.channels, pixel = padded_channels(channels);
  const int64_t whole = channels / kLanes * kLanes;
  const I32x4 mask = first_lanes(channels - whole);
  int64_t dx = row.begin;
  const float* block = row.blocks;
  for (int64_t x = 0; x < row.width; ++x, to += pixel) {
    const float* from = block + dx * channels;
    for (int64_t c = 0; c < whole; c += kLanes) F32x4::load(from + c).store(to + c);
    if (whole < channels) {
      bitcast_f32(bitcast_i32(F32x4::load(from + whole)) & mask).store(to + whole);
    }
    if (++dx == shape.block_w) {
      dx = 0;
      block += conv_pixel(shape);
    }
  }
}

// Plain output: a row of a block is a stretch of the output's. Whole vectors spill into the next
// block's place, which is written after.
void shuffle_plane(const ConvShuffleShape& shape, const Row& row, float* to) noexcept {
  const int64_t pixel = conv_pixel(shape);
  const float* block = row.blocks;
  float* const end = to + row.width;
  for (int64_t dx = row.begin; to < end; dx = 0, block += pixel) {
    if (dx == 0 && shape.block_w <= kLanes) {
      for (; end - to >= kLanes; to += shape.block_w, block += pixel) F32x4::load(block).store(to);
    }
    const int64_t count = std::min(shape.block_w - dx, int64_t{end - to});
    int64_t i = 0;
    for (; i < count && end - to >= i + kLanes; i += kLanes) {
      F32x4::load(block + dx + i).store(to + i);
    }
    for (; i < count; ++i) to[i] = block[dx + i];
    to += count;
  }
}

// The output under one row of the convolution's result; `output` is the image's first pixel.
void shuffle_row(const ConvShuffleShape& shape, const float* from, int64_t y,
                 float* output) noexcept {
  const int64_t plane = shape.out_h * shape.out_w;
  for (int64_t dy = 0; dy < shape.block_h; ++dy) {
    const int64_t out_y = y * shape.block_h + dy - shape.crop_top;
    if (out_y < 0 || out_y >= shape.out_h) continue;
    const int64_t to = out_y * shape.out_w;
    Row row = {from, shape.crop_left, shape.out_w};
    if (!shape.plain_output) {
      row.blocks += dy * shape.block_w * shape.channels;
      shuffle_pixels(shape, row, output + to * padded_channels(shape.channels));
      continue;
    }
    row.blocks += dy * shape.block_w;
    for (int64_t c = 0; c < shape.channels; ++c) {
      shuffle_plane(shape, row, output + c * plane + to);
      row.blocks += shape.block_h * shape.block_w;
    }
  }
}

int64_t out_image(const ConvShuffleShape& shape) {
  const int64_t pixel = shape.plain_output ? shape.channels : padded_channels(shape.channels);
  return shape.out_h * shape.out_w * pixel;
}

}  // namespace

BlockChannel block_channel(const ConvShuffleShape& shape, int64_t conv_output) noexcept {
  const int64_t block = shape.block_h * shape.block_w;
  const int64_t at = shape.plain_output ? conv_output % block : conv_output / shape.channels;
  return {shape.plain_output ? conv_output / block : conv_output % shape.channels,
          at / shape.block_w, at % shape.block_w};
}

int64_t shuffled_scratch_size(const ConvShuffleShape& shape,
                              const ConvAlgorithm& algorithm) noexcept {
  return strip_size(shape, algorithm) + algorithm.scratch_size(shape.conv);
}

void run_shuffled_rows(const ConvShuffleShape& shape, const ConvAlgorithm& algorithm,
                       const float* input, const float* packed, float* output,
                       const Epilogue& epilogue, float* scratch, int64_t row_begin,
                       int64_t row_end) noexcept {
  const ConvShape& conv = shape.conv;
  const int64_t image_size = conv.in_h * conv.in_w * padded_channels(conv.in_channels);
  const int64_t unit = algorithm.rows_at_once(), step = strip_rows(shape, algorithm);
  const ConvOutput to = {scratch, nullptr, conv_pixel(shape), conv_row(shape), 0};
  for (int64_t row = row_begin, next = 0; row < row_end; row = next) {
    const int64_t image = row / conv.out_h, y = row % conv.out_h, first = y / unit * unit;
    const int64_t end = std::min({first + step, conv.out_h, y + row_end - row});
    next = row + end - y;
    const ConvPart whole = {input + image * image_size, conv.in_channels};
    algorithm.run_rows(strip_of(conv, first, end - first), {&whole, 1}, packed, to, epilogue,
                       scratch + strip_size(shape, algorithm), y - first, end - first);
    for (int64_t at = y; at < end; ++at) {
      shuffle_row(shape, scratch + (at - first) * conv_row(shape), at,
                  output + image * out_image(shape));
    }
  }
}

}  // namespace fovea::kernels

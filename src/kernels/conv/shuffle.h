#pragma once

#include "kernels/conv/conv.h"

// Convolution to blocks of pixels: each pixel of the convolution's result holds the channels of a
// whole block of the output,
//
//   out[n, c, y*block_h + dy - crop_top, x*block_w + dx - crop_left] = conv[n, channel of (c, dy,
//   dx), y, x]
//
// as in ONNX Conv followed by DepthToSpace, and in transposed convolution (see
// kernels/conv_transpose/conv_transpose.h). The convolution is computed a strip of rows at a time,
// which stays in the cache.
namespace fovea::kernels {

struct ConvShuffleShape {
  ConvShape conv;  // to channels * block_h * block_w channels
  int64_t channels = 0;
  int64_t block_h = 1;
  int64_t block_w = 1;
  int64_t out_h = 0;
  int64_t out_w = 0;
  // Pixels of the first blocks that lie outside the output.
  int64_t crop_top = 0;
  int64_t crop_left = 0;
  // The output is plain, [batch][channels][out_h][out_w], else channels-last.
  bool plain_output = false;

  int64_t rows() const { return conv.batch * conv.out_h; }
};

// What an output channel of the convolution holds.
struct BlockChannel {
  int64_t channel;
  int64_t y;  // within the block
  int64_t x;
};
BlockChannel block_channel(const ConvShuffleShape& shape, int64_t conv_output) noexcept;

// Floats of scratch run_shuffled_rows needs, for each thread that runs it.
int64_t shuffled_scratch_size(const ConvShuffleShape& shape,
                              const ConvAlgorithm& algorithm) noexcept;

// Computes the output under rows [row_begin, row_end) of the shape's rows(). `packed` is made by
// its pack_weights for shape.conv with outputs as block_channel says; `epilogue` is the
// convolution's.
void run_shuffled_rows(const ConvShuffleShape& shape, const ConvAlgorithm& algorithm,
                       const float* input, const float* packed, float* output,
                       const Epilogue& epilogue, float* scratch, int64_t row_begin,
                       int64_t row_end) noexcept;

}  // namespace fovea::kernels

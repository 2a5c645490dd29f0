#pragma once

#include "kernels/conv/conv.h"
#include "kernels/matmul/byte_product.h"

// Convolution of plain images of bytes, less their zero points: exact sums in int32, which wrap.
namespace fovea::kernels {

struct ByteConv {
  ConvShape shape;
  ByteCodes codes;    // of the image
  uint8_t point = 0;  // of the image
  // Rows of A (see matmul/byte_product.h), one an output channel.
  const int16_t* weights = nullptr;
  const int32_t* bias = nullptr;  // an element an output channel, or null

  // Products that are added up for each output.
  int64_t depth() const { return shape.group_inputs() * shape.kernel_h * shape.kernel_w; }
  // Elements of scratch that a thread needs.
  int64_t scratch_size() const { return paired(depth()) * kPanelColumns; }
  // Rows of the output: out_h in each group of each image.
  int64_t rows() const { return shape.batch * shape.groups * shape.out_h; }
};

void run_byte_conv(const ByteConv& conv, const uint8_t* input, int32_t* output, int16_t* scratch,
                   int64_t row_begin, int64_t row_end) noexcept;

}  // namespace fovea::kernels

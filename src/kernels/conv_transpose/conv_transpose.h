#pragma once

#include <cstdint>

#include "kernels/conv/conv.h"

// Two-dimensional transposed convolution of channels-last images (ONNX ConvTranspose):
//
//   out[n, y*stride_h + ky*dilation_h - pad_top, x*stride_w + kx*dilation_w - pad_left, o] +=
//       weights[i,o,ky,kx] * in[n,y,x,i]
//
// It is computed as its polyphase components: the output pixels that share their residues modulo
// the strides are an ordinary convolution of stride 1 with every stride-th tap.
namespace fovea::kernels {

// A ConvShape read backwards: stride, dilation and pad say where taps land in the output, whose
// size output padding or output_shape may have changed.
using ConvTransposeShape = ConvShape;

// ONNX ConvTranspose's [in_channels][out_channels / groups][kernel_h][kernel_w].
StridedWeights dense_transposed_weights(const ConvTransposeShape& shape, const float* data,
                                        const float* biases) noexcept;

// The functions of kernels/conv/conv.h, for transposed convolution. Row ranges are best multiples
// of stride_h.
int64_t transposed_packed_size(const ConvTransposeShape& shape) noexcept;
void pack_transposed_weights(const ConvTransposeShape& shape, const StridedWeights& weights,
                             float* packed) noexcept;
int64_t transposed_scratch_size(const ConvTransposeShape& shape) noexcept;
void run_transposed_rows(const ConvTransposeShape& shape, const float* input, const float* packed,
                         const ConvOutput& output, const Epilogue& epilogue, float* scratch,
                         int64_t row_begin, int64_t row_end) noexcept;

}  // namespace fovea::kernels

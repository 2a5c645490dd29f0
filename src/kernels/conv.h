#pragma once

#include <cstdint>
#include <span>

#include "base/precision.h"
#include "kernels/epilogue.h"
#include "kernels/layout.h"

// Two-dimensional convolution of channels-last images (ONNX Conv; a 1-D one has height 1):
//
//   out[n,y,x,o] = activation(bias[o] + residual[n,y,x,o] +
//                  sum over i, ky, kx of weights[o,i,ky,kx] *
//                  in[n, y*stride_h + ky*dilation_h - pad_top, x*stride_w + kx*dilation_w -
//                  pad_left,
//                     group of o * in_channels / groups + i])
//
// with zeros outside the input. Use: choose_algorithm, pack_weights once, run_rows for disjoint
// ranges of rows, each on a scratch of its own.
namespace fovea::kernels {

struct ConvShape {
  int64_t batch = 1;
  int64_t in_channels = 0;
  int64_t in_h = 0;
  int64_t in_w = 0;
  int64_t out_channels = 0;
  // Padding at the bottom and right is what these sizes ask for.
  int64_t out_h = 0;
  int64_t out_w = 0;
  int64_t kernel_h = 1;
  int64_t kernel_w = 1;
  int64_t stride_h = 1;
  int64_t stride_w = 1;
  int64_t dilation_h = 1;
  int64_t dilation_w = 1;
  int64_t pad_top = 0;
  int64_t pad_left = 0;
  int64_t groups = 1;

  int64_t group_inputs() const { return in_channels / groups; }
  int64_t group_outputs() const { return out_channels / groups; }
};

enum class ConvAlgorithm : uint8_t {
  Direct,             // register tiles over a zero-haloed copy of a strip of rows
  Depthwise,          // one input and one output channel per group, vectors over channels
  FewOutputs,         // at most three output channels: vectors over the sum instead of the outputs
  Winograd,           // 3x3 of stride 1 with a quarter of the multiplications, F(4x4, 3x3)
  WinogradBlocks,     // the same for larger kernels, cut into blocks of 3x3
  Winograd4x6,        // 3x3 of stride 1 with two ninths of the multiplications, F(4x6, 3x3)
  Winograd4x6Blocks,  // the same for larger kernels, cut into blocks of 3x3
  Winograd6x6,        // 3x3 of stride 1 with a fifth of the multiplications, F(6x6, 3x3)
  Winograd6x6Blocks,  // the same for larger kernels, cut into blocks of 3x3
  Winograd5x5,        // 5x5 of stride 1 with a sixth of the multiplications, F(4x4, 5x5)
  Winograd5x5Blocks,  // the same for larger kernels, cut into blocks of 5x5
};

// In words, for people.
const char* name_of(ConvAlgorithm algorithm) noexcept;

// The fastest of that precision.
ConvAlgorithm choose_algorithm(const ConvShape& shape,
                               Precision precision = Precision::Default) noexcept;
// The fastest of those that are so for images of any size.
ConvAlgorithm choose_algorithm_for_any_size(const ConvShape& shape) noexcept;

// Where results go, and the tensor that is added to them; both step alike.
struct ConvOutput {
  float* data = nullptr;            // the first pixel of the first image
  const float* residual = nullptr;  // may be `data`; null for none
  int64_t pixel_step = 0;
  int64_t row_step = 0;
  int64_t image_step = 0;

  // The same from row y of an image on.
  ConvOutput at(int64_t image, int64_t y) const {
    const int64_t offset = image * image_step + y * row_step;
    ConvOutput moved = *this;
    moved.data += offset;
    if (residual != nullptr) moved.residual += offset;
    return moved;
  }
};

// A whole channels-last tensor of the shape's output size.
ConvOutput dense_output(const ConvShape& shape, float* data,
                        const float* residual = nullptr) noexcept;

// Where weights to be packed come from.
class ConvWeights {
 public:
  // The weight of an output and an input, both counted within their group, at a tap.
  virtual float at(int64_t group, int64_t output, int64_t input, int64_t ky,
                   int64_t kx) const noexcept = 0;
  // Of an output counted over all groups.
  virtual float bias(int64_t output) const noexcept = 0;

 protected:
  ~ConvWeights() = default;
};

// Weights in memory, a step apart for each index. `biases` has an element for each output or is
// null.
struct StridedWeights final : ConvWeights {
  const float* data = nullptr;
  const float* biases = nullptr;
  int64_t group_step = 0;
  int64_t output_step = 0;
  int64_t input_step = 0;
  int64_t row_step = 0;
  int64_t column_step = 1;

  float at(int64_t group, int64_t output, int64_t input, int64_t ky,
           int64_t kx) const noexcept override {
    return data[group * group_step + output * output_step + input * input_step + ky * row_step +
                kx * column_step];
  }
  float bias(int64_t output) const noexcept override {
    return biases != nullptr ? biases[output] : 0.0f;
  }
};

// ONNX Conv's [out_channels][in_channels / groups][kernel_h][kernel_w].
StridedWeights dense_weights(const ConvShape& shape, const float* data,
                             const float* biases) noexcept;

// Floats pack_weights writes.
int64_t packed_size(const ConvShape& shape, ConvAlgorithm algorithm) noexcept;
void pack_weights(const ConvShape& shape, ConvAlgorithm algorithm, const ConvWeights& weights,
                  float* packed) noexcept;

// Floats of scratch run_rows needs, for each thread that runs it.
int64_t scratch_size(const ConvShape& shape, ConvAlgorithm algorithm) noexcept;

// Ranges of rows that begin at multiples of this many rows are the fastest.
int64_t rows_at_once(ConvAlgorithm algorithm) noexcept;

// An image whose channels are part of a convolution's.
struct ConvPart {
  const float* data = nullptr;
  int64_t channels = 0;
};

// Whether run_rows takes an input in several parts.
bool takes_parts(ConvAlgorithm algorithm) noexcept;

// Computes output rows [row_begin, row_end) of the batch * out_h. The input is one image, or, as
// takes_parts says, several whose channels follow each other like those of ONNX Concat, each of a
// multiple of 4 channels.
void run_rows(const ConvShape& shape, ConvAlgorithm algorithm, std::span<const ConvPart> parts,
              const float* packed, const ConvOutput& output, const Epilogue& epilogue,
              float* scratch, int64_t row_begin, int64_t row_end) noexcept;
void run_rows(const ConvShape& shape, ConvAlgorithm algorithm, const float* input,
              const float* packed, const ConvOutput& output, const Epilogue& epilogue,
              float* scratch, int64_t row_begin, int64_t row_end) noexcept;

}  // namespace fovea::kernels

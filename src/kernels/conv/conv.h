#pragma once

#include <cstdint>
#include <span>

#include "base/precision.h"
#include "kernels/epilogue.h"
#include "kernels/movement/layout.h"
#include "kernels/subnormal.h"

// Two-dimensional convolution of channels-last images (ONNX Conv; a 1-D one has height 1):
//
//   out[n,y,x,o] = activation(bias[o] + residual[n,y,x,o] +
//                  sum over i, ky, kx of weights[o,i,ky,kx] *
//                  in[n, y*stride_h + ky*dilation_h - pad_top, x*stride_w + kx*dilation_w -
//                  pad_left,
//                     group of o * in_channels / groups + i])
//
// with zeros outside the input. Use: choose_algorithm, its pack_weights once, and its run_rows for
// disjoint ranges of rows, each on a scratch of its own.
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

// Where weights to be packed come from, subnormal ones as 0.
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
    return flush_subnormal(data[group * group_step + output * output_step + input * input_step +
                                ky * row_step + kx * column_step]);
  }
  float bias(int64_t output) const noexcept override {
    return biases != nullptr ? flush_subnormal(biases[output]) : 0.0f;
  }
};

// ONNX Conv's [out_channels][in_channels / groups][kernel_h][kernel_w].
StridedWeights dense_weights(const ConvShape& shape, const float* data,
                             const float* biases) noexcept;

// An image whose channels are part of a convolution's.
struct ConvPart {
  const float* data = nullptr;
  int64_t channels = 0;
};

// In how many images an algorithm takes a convolution's channels.
enum class ConvParts : uint8_t {
  One,
  WholeVectors,  // any number, each of a multiple of 4 channels
  Any,
};

// One way to compute a convolution. Each is a constant: users compare and keep addresses.
struct ConvAlgorithm {
  const char* name;  // in words, for people; no two have the same
  // Whether it computes the shape, and rounds no more than the precision allows.
  bool (*applies)(const ConvShape&, Precision) noexcept;
  // What the products take, in units that all algorithms share.
  double (*cost)(const ConvShape&) noexcept;
  // Whether the image and its channels are large enough to make up for what the cost leaves out,
  // such as copies. Null: images of any size are.
  bool (*pays)(const ConvShape&) noexcept;
  // Floats that pack_weights writes.
  int64_t (*packed_size)(const ConvShape&) noexcept;
  void (*pack_weights)(const ConvShape&, const ConvWeights&, float* packed) noexcept;
  // Floats of scratch that run_rows needs, for each thread that runs it.
  int64_t (*scratch_size)(const ConvShape&) noexcept;
  // Computes output rows [row_begin, row_end) of the batch * out_h. The input is one image, or, as
  // `parts` allows, several whose channels follow each other like those of ONNX Concat.
  void (*run_rows)(const ConvShape&, std::span<const ConvPart>, const float* packed,
                   const ConvOutput&, const Epilogue&, float* scratch, int64_t row_begin,
                   int64_t row_end) noexcept;
  // Ranges of rows that begin at multiples of this many rows are the fastest.
  int64_t (*rows_at_once)() noexcept = []() noexcept { return int64_t{1}; };
  ConvParts (*parts)(const ConvShape&) noexcept = [](const ConvShape&) noexcept {
    return ConvParts::One;
  };
};

// The cheapest that applies, if it pays; else the one for any size.
const ConvAlgorithm& choose_algorithm(const ConvShape& shape,
                                      Precision precision = Precision::Default) noexcept;
// The one for images so large that no tile reaches over their edges, whatever sizes the shape has:
// that of the least work for each pixel.
const ConvAlgorithm& choose_algorithm_for_large_images(const ConvShape& shape) noexcept;
// The cheapest of those that pay for images of any size.
const ConvAlgorithm& choose_algorithm_for_any_size(const ConvShape& shape) noexcept;

}  // namespace fovea::kernels

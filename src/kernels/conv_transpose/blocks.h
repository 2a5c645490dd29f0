#pragma once

#include <optional>

#include "kernels/conv/shuffle.h"
#include "kernels/conv_transpose/conv_transpose.h"

// Transposed convolution as one convolution to blocks of stride_h x stride_w pixels: with
// u = y + pad_top, all outputs of the same u / stride_h sum the same rows of the input, each with
// its own rows of the kernel.
namespace fovea::kernels {

// nullopt where the phases of kernels/conv_transpose/conv_transpose.h are the better way: with
// groups or dilation, or where much of the blocks' kernels would be zeros.
std::optional<ConvShuffleShape> transposed_as_shuffle(const ConvTransposeShape& shape) noexcept;

// The weights of that convolution.
class TransposedBlockWeights final : public ConvWeights {
 public:
  // Both must outlive this.
  TransposedBlockWeights(const ConvTransposeShape& shape, const ConvShuffleShape& shuffle,
                         const ConvWeights& weights)
      : shape_(shape), shuffle_(shuffle), weights_(weights) {}

  float at(int64_t group, int64_t output, int64_t input, int64_t ky,
           int64_t kx) const noexcept override;
  float bias(int64_t output) const noexcept override;

 private:
  const ConvTransposeShape& shape_;
  const ConvShuffleShape& shuffle_;
  const ConvWeights& weights_;
};

}  // namespace fovea::kernels

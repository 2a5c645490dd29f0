#include "kernels/conv_transpose/blocks.h"

#include "base/integers.h"

namespace fovea::kernels {
namespace {

// One axis. Block b holds the outputs at stride * b + 0 .. stride - 1 less crop.
struct BlockAxis {
  int64_t blocks;
  int64_t taps;
  int64_t pad;  // of the convolution
  int64_t crop;
};

BlockAxis block_axis(int64_t out, int64_t kernel, int64_t stride, int64_t pad) {
  const int64_t first = floor_div(pad, stride), last = floor_div(out - 1 + pad, stride);
  const int64_t taps = (kernel + stride - 1) / stride;
  return {last - first + 1, taps, taps - 1 - first, pad - first * stride};
}

}  // namespace

std::optional<ConvShuffleShape> transposed_as_shuffle(const ConvTransposeShape& shape) noexcept {
  const bool dilated = (shape.dilation_h != 1 && shape.kernel_h != 1) ||
                       (shape.dilation_w != 1 && shape.kernel_w != 1);
  if (shape.groups != 1 || dilated || shape.out_h < 1 || shape.out_w < 1) return std::nullopt;
  const BlockAxis y = block_axis(shape.out_h, shape.kernel_h, shape.stride_h, shape.pad_top);
  const BlockAxis x = block_axis(shape.out_w, shape.kernel_w, shape.stride_w, shape.pad_left);
  const int64_t computed = y.taps * shape.stride_h * x.taps * shape.stride_w;
  if (2 * computed > 3 * shape.kernel_h * shape.kernel_w) return std::nullopt;

  ConvShuffleShape shuffle;
  shuffle.conv = shape;
  shuffle.conv.out_channels = shape.out_channels * shape.stride_h * shape.stride_w;
  shuffle.conv.out_h = y.blocks;
  shuffle.conv.out_w = x.blocks;
  shuffle.conv.kernel_h = y.taps;
  shuffle.conv.kernel_w = x.taps;
  shuffle.conv.stride_h = shuffle.conv.stride_w = 1;
  shuffle.conv.dilation_h = shuffle.conv.dilation_w = 1;
  shuffle.conv.pad_top = y.pad;
  shuffle.conv.pad_left = x.pad;
  shuffle.channels = shape.out_channels;
  shuffle.block_h = shape.stride_h;
  shuffle.block_w = shape.stride_w;
  shuffle.out_h = shape.out_h;
  shuffle.out_w = shape.out_w;
  shuffle.crop_top = y.crop;
  shuffle.crop_left = x.crop;
  return shuffle;
}

float TransposedBlockWeights::at(int64_t group, int64_t output, int64_t input, int64_t ky,
                                 int64_t kx) const noexcept {
  const BlockChannel at = block_channel(shuffle_, output);
  // Later taps meet later inputs, which earlier elements of the kernel scatter.
  const int64_t y = at.y + (shuffle_.conv.kernel_h - 1 - ky) * shape_.stride_h;
  const int64_t x = at.x + (shuffle_.conv.kernel_w - 1 - kx) * shape_.stride_w;
  if (y >= shape_.kernel_h || x >= shape_.kernel_w) return 0.0f;
  return weights_.at(group, at.channel, input, y, x);
}

float TransposedBlockWeights::bias(int64_t output) const noexcept {
  return weights_.bias(block_channel(shuffle_, output).channel);
}

}  // namespace fovea::kernels

#include "kernels/conv.h"

#include "kernels/conv_algorithms.h"
#include "kernels/winograd.h"

namespace fovea::kernels {
namespace {

const ConvKernel& kernel_of(ConvAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case ConvAlgorithm::Depthwise:
      return kDepthwiseConv;
    case ConvAlgorithm::FewOutputs:
      return kFewOutputsConv;
    case ConvAlgorithm::Winograd:
      return winograd::F4x4::kConv;
    case ConvAlgorithm::WinogradBlocks:
      return winograd::F4x4::kBlocksConv;
    case ConvAlgorithm::Winograd6x6:
      return winograd::F6x6::kConv;
    case ConvAlgorithm::Winograd6x6Blocks:
      return winograd::F6x6::kBlocksConv;
    case ConvAlgorithm::Direct:
      break;
  }
  return kDirectConv;
}

bool is_dense(const ConvShape& shape) noexcept {
  return shape.stride_h == 1 && shape.stride_w == 1 && shape.dilation_h == 1 &&
         shape.dilation_w == 1 && shape.groups == 1;
}

// Elsewhere, transforms and unused parts of tiles cost more than the products saved.
bool suits_winograd(const ConvShape& shape) noexcept {
  return is_dense(shape) && shape.kernel_h == 3 && shape.kernel_w == 3 && shape.in_channels >= 3 &&
         shape.out_channels >= 3 && shape.out_h >= 4 && shape.out_w >= 4;
}

// The same for kernels cut into blocks of 3x3, where few of the blocks' taps are beyond the kernel.
bool suits_winograd_blocks(const ConvShape& shape) noexcept {
  const int64_t down = round_up(shape.kernel_h, 3), across = round_up(shape.kernel_w, 3);
  const int64_t taps = shape.kernel_h * shape.kernel_w,
                inputs = down * across / 9 * shape.in_channels;
  return is_dense(shape) && shape.kernel_h > 3 && shape.kernel_w > 3 &&
         5 * down * across <= 9 * taps && inputs >= 8 && shape.out_channels >= 8 &&
         shape.out_h >= 8 && shape.out_w >= 8;
}

// Of all positions of all tiles, for each pair of channels.
template <class F>
int64_t winograd_products(const ConvShape& shape) noexcept {
  return round_up(shape.out_h, F::kTile) * round_up(shape.out_w, F::kTile) / (F::kTile * F::kTile) *
         F::kPositions;
}

// Whether F(6x6, 3x3) is faster than F(4x4, 3x3). Their transforms take about as long, for any
// number of channels; where much of the larger tiles would be outside the image, they have more
// products.
bool suits_large_tiles(const ConvShape& shape) noexcept {
  return winograd_products<winograd::F6x6>(shape) < winograd_products<winograd::F4x4>(shape);
}

}  // namespace

const char* name_of(ConvAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case ConvAlgorithm::Depthwise:
      return "depthwise";
    case ConvAlgorithm::FewOutputs:
      return "direct, few outputs";
    case ConvAlgorithm::Winograd:
      return "Winograd F(4x4, 3x3)";
    case ConvAlgorithm::WinogradBlocks:
      return "Winograd F(4x4, 3x3), in blocks";
    case ConvAlgorithm::Winograd6x6:
      return "Winograd F(6x6, 3x3)";
    case ConvAlgorithm::Winograd6x6Blocks:
      return "Winograd F(6x6, 3x3), in blocks";
    case ConvAlgorithm::Direct:
      break;
  }
  return "direct";
}

ConvAlgorithm choose_algorithm_for_any_size(const ConvShape& shape) noexcept {
  if (shape.groups > 1 && shape.group_inputs() == 1 && shape.group_outputs() == 1) {
    return ConvAlgorithm::Depthwise;
  }
  if (shape.groups == 1 && shape.out_channels <= 3 && shape.in_channels >= 8) {
    return ConvAlgorithm::FewOutputs;
  }
  return ConvAlgorithm::Direct;
}

ConvAlgorithm choose_algorithm(const ConvShape& shape, Precision precision) noexcept {
  const bool large = precision == Precision::Fast && suits_large_tiles(shape);
  if (suits_winograd(shape)) return large ? ConvAlgorithm::Winograd6x6 : ConvAlgorithm::Winograd;
  if (suits_winograd_blocks(shape)) {
    return large ? ConvAlgorithm::Winograd6x6Blocks : ConvAlgorithm::WinogradBlocks;
  }
  return choose_algorithm_for_any_size(shape);
}

ConvOutput dense_output(const ConvShape& shape, float* data, const float* residual) noexcept {
  const int64_t pixel = padded_channels(shape.out_channels), row = shape.out_w * pixel;
  return {data, residual, pixel, row, shape.out_h * row};
}

StridedWeights dense_weights(const ConvShape& shape, const float* data,
                             const float* biases) noexcept {
  StridedWeights weights;
  weights.data = data;
  weights.biases = biases;
  weights.row_step = shape.kernel_w;
  weights.input_step = shape.kernel_h * shape.kernel_w;
  weights.output_step = shape.group_inputs() * weights.input_step;
  weights.group_step = shape.group_outputs() * weights.output_step;
  return weights;
}

int64_t packed_size(const ConvShape& shape, ConvAlgorithm algorithm) noexcept {
  return kernel_of(algorithm).packed_size(shape);
}

void pack_weights(const ConvShape& shape, ConvAlgorithm algorithm, const ConvWeights& weights,
                  float* packed) noexcept {
  kernel_of(algorithm).pack_weights(shape, weights, packed);
}

int64_t scratch_size(const ConvShape& shape, ConvAlgorithm algorithm) noexcept {
  return kernel_of(algorithm).scratch_size(shape);
}

int64_t rows_at_once(ConvAlgorithm algorithm) noexcept { return kernel_of(algorithm).rows_at_once; }

bool takes_parts(ConvAlgorithm algorithm) noexcept { return kernel_of(algorithm).takes_parts; }

void run_rows(const ConvShape& shape, ConvAlgorithm algorithm, std::span<const ConvPart> parts,
              const float* packed, const ConvOutput& output, const Epilogue& epilogue,
              float* scratch, int64_t row_begin, int64_t row_end) noexcept {
  kernel_of(algorithm).run_rows(shape, parts, packed, output, epilogue, scratch, row_begin,
                                row_end);
}

void run_rows(const ConvShape& shape, ConvAlgorithm algorithm, const float* input,
              const float* packed, const ConvOutput& output, const Epilogue& epilogue,
              float* scratch, int64_t row_begin, int64_t row_end) noexcept {
  const ConvPart whole = {input, shape.in_channels};
  run_rows(shape, algorithm, {&whole, 1}, packed, output, epilogue, scratch, row_begin, row_end);
}

}  // namespace fovea::kernels

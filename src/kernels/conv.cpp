#include "kernels/conv.h"

#include "kernels/conv_algorithms.h"
#include "kernels/conv_winograd.h"

namespace fovea::kernels {
namespace {

const ConvKernel& kernel_of(ConvAlgorithm algorithm) noexcept {
  switch (algorithm) {
    case ConvAlgorithm::Depthwise:
      return kDepthwiseConv;
    case ConvAlgorithm::FewOutputs:
      return kFewOutputsConv;
    case ConvAlgorithm::Winograd:
      return winograd::kConv<winograd::kF4x4, false>;
    case ConvAlgorithm::WinogradBlocks:
      return winograd::kConv<winograd::kF4x4, true>;
    case ConvAlgorithm::Winograd4x6:
      return winograd::kConv<winograd::kF4x6, false>;
    case ConvAlgorithm::Winograd4x6Blocks:
      return winograd::kConv<winograd::kF4x6, true>;
    case ConvAlgorithm::Winograd6x6:
      return winograd::kConv<winograd::kF6x6, false>;
    case ConvAlgorithm::Winograd6x6Blocks:
      return winograd::kConv<winograd::kF6x6, true>;
    case ConvAlgorithm::Winograd5x5:
      return winograd::kConv<winograd::kF4x4For5x5, false>;
    case ConvAlgorithm::Winograd5x5Blocks:
      return winograd::kConv<winograd::kF4x4For5x5, true>;
    case ConvAlgorithm::Direct:
      break;
  }
  return kDirectConv;
}

bool is_dense(const ConvShape& shape) noexcept {
  return shape.stride_h == 1 && shape.stride_w == 1 && shape.dilation_h == 1 &&
         shape.dilation_w == 1 && shape.groups == 1;
}

// One way of Winograd's for a shape.
struct WinogradCandidate {
  ConvAlgorithm algorithm;
  int64_t blocks;    // that the kernel is cut into
  int64_t products;  // for each pair of channels, those outside the image or the kernel included
};

WinogradCandidate winograd_candidate(const winograd::Filter& filter, const ConvShape& shape,
                                     ConvAlgorithm whole, ConvAlgorithm in_blocks) noexcept {
  const int64_t blocks = filter.blocks(shape);
  const int64_t tiles = filter.tiles_down(shape.out_h) * filter.tiles_across(shape.out_w);
  return {blocks == 1 ? whole : in_blocks, blocks, blocks * tiles * filter.positions()};
}

// The transforms of all take about as long, for any number of channels. Without fused multiply-add,
// products take longer: larger tiles save enough of them to round twice as much.
WinogradCandidate fastest_winograd(const ConvShape& shape, Precision precision) noexcept {
  using enum ConvAlgorithm;
  WinogradCandidate best = winograd_candidate(winograd::kF4x4, shape, Winograd, WinogradBlocks);
  const auto consider = [&](const winograd::Filter& filter, ConvAlgorithm whole,
                            ConvAlgorithm in_blocks) {
    const WinogradCandidate other = winograd_candidate(filter, shape, whole, in_blocks);
    if (other.products < best.products) best = other;
  };
  consider(winograd::kF4x4For5x5, Winograd5x5, Winograd5x5Blocks);
  if (precision == Precision::Fast || !simd::kFusedMultiplyAdd) {
    consider(winograd::kF4x6, Winograd4x6, Winograd4x6Blocks);
  }
  if (precision == Precision::Fast) consider(winograd::kF6x6, Winograd6x6, Winograd6x6Blocks);
  return best;
}

// Elsewhere, the transforms, the copies of blocks, or weights that are read for few tiles cost more
// than the products saved.
bool suits(const ConvShape& shape, const WinogradCandidate& winograd) noexcept {
  const int64_t products = shape.out_h * shape.out_w * shape.kernel_h * shape.kernel_w;
  const bool whole = winograd.blocks == 1;
  const int64_t least_channels = whole ? 3 : 8, least_size = whole ? 4 : 8;
  return is_dense(shape) && 20 * winograd.products <= 9 * products &&
         winograd.blocks * shape.in_channels >= least_channels &&
         shape.out_channels >= least_channels && shape.out_h >= least_size &&
         shape.out_w >= least_size;
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
    case ConvAlgorithm::Winograd4x6:
      return "Winograd F(4x6, 3x3)";
    case ConvAlgorithm::Winograd4x6Blocks:
      return "Winograd F(4x6, 3x3), in blocks";
    case ConvAlgorithm::Winograd6x6:
      return "Winograd F(6x6, 3x3)";
    case ConvAlgorithm::Winograd6x6Blocks:
      return "Winograd F(6x6, 3x3), in blocks";
    case ConvAlgorithm::Winograd5x5:
      return "Winograd F(4x4, 5x5)";
    case ConvAlgorithm::Winograd5x5Blocks:
      return "Winograd F(4x4, 5x5), in blocks";
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
  const WinogradCandidate winograd = fastest_winograd(shape, precision);
  return suits(shape, winograd) ? winograd.algorithm : choose_algorithm_for_any_size(shape);
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

int64_t rows_at_once(ConvAlgorithm algorithm) noexcept {
  return kernel_of(algorithm).rows_at_once();
}

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

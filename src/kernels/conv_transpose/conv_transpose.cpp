#include "kernels/conv_transpose/conv_transpose.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace fovea::kernels {
namespace {

// One residue of one output axis. An output at residue + stride * q sums the inputs at
// q + tap * dilation - pad times the kernel's element first + step * tap.
struct PhaseAxis {
  int64_t taps = 0;
  int64_t dilation = 1;
  int64_t pad = 0;
  int64_t first = 0;
  int64_t step = 0;
  int64_t outputs = 0;
};

PhaseAxis phase_axis(int64_t residue, int64_t out, int64_t kernel, int64_t stride, int64_t dilation,
                     int64_t pad) {
  PhaseAxis axis;
  axis.outputs = out > residue ? (out - residue + stride - 1) / stride : 0;
  // The elements k with residue + pad - k * dilation divisible by the stride: every period-th.
  const int64_t period = stride / std::gcd(stride, dilation);
  for (int64_t k = 0; k < std::min(period, kernel); ++k) {
    const int64_t distance = residue + pad - k * dilation;
    if (distance % stride != 0) continue;
    axis.taps = (kernel - 1 - k) / period + 1;
    axis.dilation = dilation / std::gcd(stride, dilation);
    // Later elements meet earlier inputs: the kernel is turned round.
    axis.first = k + (axis.taps - 1) * period;
    axis.step = -period;
    axis.pad = (axis.taps - 1) * axis.dilation - distance / stride;
    break;
  }
  return axis;
}

struct Phase {
  ConvShape conv;
  const ConvAlgorithm* algorithm;
  PhaseAxis y;
  PhaseAxis x;
  int64_t residue_y;
  int64_t residue_x;
};

Phase phase_at(const ConvTransposeShape& shape, int64_t residue_y, int64_t residue_x) {
  Phase phase;
  phase.residue_y = residue_y;
  phase.residue_x = residue_x;
  phase.y = phase_axis(residue_y, shape.out_h, shape.kernel_h, shape.stride_h, shape.dilation_h,
                       shape.pad_top);
  phase.x = phase_axis(residue_x, shape.out_w, shape.kernel_w, shape.stride_w, shape.dilation_w,
                       shape.pad_left);
  phase.conv = shape;
  phase.conv.out_h = phase.y.outputs;
  phase.conv.out_w = phase.x.outputs;
  // Without taps in one axis there are none at all, and the outputs are the bias.
  const bool any = phase.y.taps > 0 && phase.x.taps > 0;
  phase.conv.kernel_h = any ? phase.y.taps : 0;
  phase.conv.kernel_w = any ? phase.x.taps : 0;
  phase.conv.stride_h = phase.conv.stride_w = 1;
  phase.conv.dilation_h = phase.y.dilation;
  phase.conv.dilation_w = phase.x.dilation;
  phase.conv.pad_top = phase.y.pad;
  phase.conv.pad_left = phase.x.pad;
  // Weights that are packed once serve images of any size.
  phase.algorithm = &choose_algorithm_for_any_size(phase.conv);
  return phase;
}

template <class Visit>
void for_each_phase(const ConvTransposeShape& shape, Visit visit) {
  for (int64_t y = 0; y < std::min(shape.stride_h, shape.out_h); ++y) {
    for (int64_t x = 0; x < std::min(shape.stride_w, shape.out_w); ++x)
      visit(phase_at(shape, y, x));
  }
}

}  // namespace

// Conv's weights with inputs and outputs in each other's places.
StridedWeights dense_transposed_weights(const ConvTransposeShape& shape, const float* data,
                                        const float* biases) noexcept {
  ConvShape turned = shape;
  std::swap(turned.in_channels, turned.out_channels);
  StridedWeights weights = dense_weights(turned, data, biases);
  std::swap(weights.input_step, weights.output_step);
  return weights;
}

int64_t transposed_packed_size(const ConvTransposeShape& shape) noexcept {
  int64_t size = 0;
  for_each_phase(shape,
                 [&](const Phase& phase) { size += phase.algorithm->packed_size(phase.conv); });
  return size;
}

void pack_transposed_weights(const ConvTransposeShape& shape, const StridedWeights& weights,
                             float* packed) noexcept {
  for_each_phase(shape, [&](const Phase& phase) {
    StridedWeights taps = weights;
    taps.data += phase.y.first * weights.row_step + phase.x.first * weights.column_step;
    taps.row_step *= phase.y.step;
    taps.column_step *= phase.x.step;
    phase.algorithm->pack_weights(phase.conv, taps, packed);
    packed += phase.algorithm->packed_size(phase.conv);
  });
}

int64_t transposed_scratch_size(const ConvTransposeShape& shape) noexcept {
  int64_t size = 0;
  for_each_phase(shape, [&](const Phase& phase) {
    size = std::max(size, phase.algorithm->scratch_size(phase.conv));
  });
  return size;
}

void run_transposed_rows(const ConvTransposeShape& shape, const float* input, const float* packed,
                         const ConvOutput& output, const Epilogue& epilogue, float* scratch,
                         int64_t row_begin, int64_t row_end) noexcept {
  const ConvPart whole = {input, shape.in_channels};
  for_each_phase(shape, [&](const Phase& phase) {
    const int64_t offset = phase.residue_y * output.row_step + phase.residue_x * output.pixel_step;
    const ConvOutput pixels = {
        output.data + offset, output.residual != nullptr ? output.residual + offset : nullptr,
        shape.stride_w * output.pixel_step, shape.stride_h * output.row_step, output.image_step};
    // The phase's row that is the first at or after a row of the whole output.
    const auto phase_row = [&](int64_t row) {
      const int64_t image = row / shape.out_h, y = row % shape.out_h - phase.residue_y;
      return image * phase.conv.out_h + (y > 0 ? (y + shape.stride_h - 1) / shape.stride_h : 0);
    };
    phase.algorithm->run_rows(phase.conv, {&whole, 1}, packed, pixels, epilogue, scratch,
                              phase_row(row_begin), phase_row(row_end));
    packed += phase.algorithm->packed_size(phase.conv);
  });
}

}  // namespace fovea::kernels

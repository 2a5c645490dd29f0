#include <algorithm>

#include "kernels/matmul/tile.h"
#include "kernels/winograd/conv_winograd.h"

namespace fovea::kernels::winograd {
namespace {

// Side lengths of the largest kernel and patch.
constexpr int kMostTaps = 5, kMostPositions = 8;

// Inputs that are transformed together, so that lines of memory are written whole: positions lie
// far apart.
constexpr int kInputsAtOnce = 2;
constexpr int kMostLanes = kInputsAtOnce * kLastPanel;

// The functions of this file are small, and most sizes are known at run time only: a browser
// optimises first what has run longest, and packing, which runs while a model is loaded, is not to
// keep it from optimising the kernels.

// Sums of the kDepth rows of `from`, `count` elements each, a multiple of kLanes, by a row of
// factors for each row of `to`.
template <int kDepth>
[[gnu::noinline]] void combine_rows(const double* factors, int rows, const double* from,
                                    int64_t count, double* to) noexcept {
  for (int row = 0; row < rows; ++row, factors += kDepth) {
    for (int64_t i = 0; i < count; i += kLanes, to += kLanes) {
      double sums[kLanes];
      for (int lane = 0; lane < kLanes; ++lane) sums[lane] = factors[0] * from[i + lane];
      for (int k = 1; k < kDepth; ++k) {
        for (int lane = 0; lane < kLanes; ++lane) {
          sums[lane] += factors[k] * from[k * count + i + lane];
        }
      }
      std::copy_n(sums, kLanes, to);
    }
  }
}

// Writes G taps G^T, with each side's own G, for taps [y][x][lane] of a multiple of 4 lanes. The
// results are computed in double and rounded once. Positions lie `step` floats apart.
[[gnu::noinline]] void transform_taps(const Filter& filter, const double* taps, int64_t lanes,
                                      float* to, int64_t step) noexcept {
  const auto combine = filter.kernel == 3 ? combine_rows<3> : combine_rows<kMostTaps>;
  double half[kMostPositions * kMostTaps * kMostLanes], row[kMostPositions * kMostLanes];
  combine(filter.weights_down, filter.patch_h, taps, filter.kernel * lanes, half);
  for (int y = 0; y < filter.patch_h; ++y) {
    combine(filter.weights_across, filter.patch_w, half + y * filter.kernel * lanes, lanes, row);
    for (int x = 0; x < filter.patch_w; ++x, to += step) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        to[lane] = flush_subnormal(static_cast<float>(row[x * lanes + lane]));
      }
    }
  }
}

// The channels under each block of the kernel are inputs of their own.
int64_t input_count(const Filter& filter, const ConvShape& shape) {
  return filter.blocks(shape) * shape.group_inputs();
}

// Taps [y][x][lane], pixels `step` apart, from one input of a group to its outputs
// [first, first + count). Those beyond the kernel, and those that fill the last vector, are zeros.
[[gnu::noinline]] void load_taps(const Filter& filter, const ConvShape& shape,
                                 const ConvWeights& weights, int64_t group, int64_t input,
                                 int64_t first, int64_t count, int64_t step,
                                 double* taps) noexcept {
  const int64_t block = input / shape.group_inputs(), channel = input % shape.group_inputs();
  const int64_t across = filter.blocks_across(shape), kernel = filter.kernel;
  const int64_t top = block / across * kernel, left = block % across * kernel;
  for (int64_t y = top; y < top + kernel; ++y) {
    for (int64_t x = left; x < left + kernel; ++x, taps += step) {
      const bool inside = y < shape.kernel_h && x < shape.kernel_w;
      for (int64_t lane = 0; lane < round_up(count, kLanes); ++lane) {
        const bool is_tap = inside && lane < count;
        taps[lane] = is_tap ? double{weights.at(group, first + lane, channel, y, x)} : 0.0;
      }
    }
  }
}

}  // namespace

int64_t packed_size(const Filter& filter, const ConvShape& shape) noexcept {
  return panels_size(shape.out_channels, filter.positions() * input_count(filter, shape));
}

void pack_weights(const Filter& filter, const ConvShape& shape, const ConvWeights& weights,
                  float* packed) noexcept {
  const int64_t inputs = input_count(filter, shape), outputs = shape.group_outputs();
  for (int64_t output = 0, count = 0; output < shape.out_channels; output += count) {
    const int64_t group = output / outputs, first = output % outputs;
    count = panel_columns(outputs, first);
    const int64_t lanes = round_up(count, kLanes);
    for (int64_t lane = 0; lane < lanes; ++lane) {
      packed[lane] = lane < count ? weights.bias(output + lane) : 0.0f;
    }
    packed += lanes;
    double taps[kMostTaps * kMostTaps * kMostLanes];
    for (int64_t i = 0; i < inputs; i += kInputsAtOnce) {
      const int64_t together = std::min<int64_t>(kInputsAtOnce, inputs - i) * lanes;
      for (int64_t at = 0; at < together; at += lanes) {
        load_taps(filter, shape, weights, group, i + at / lanes, first, count, together, taps + at);
      }
      transform_taps(filter, taps, together, packed + i * lanes, inputs * lanes);
    }
    packed += filter.positions() * inputs * lanes;
  }
}

}  // namespace fovea::kernels::winograd

#include <algorithm>

#include "kernels/matmul/tile.h"
#include "kernels/winograd/conv_winograd.h"

namespace fovea::kernels::winograd {
namespace {

// Side lengths of the largest kernel and patch.
constexpr int kMostTaps = 5, kMostPositions = 8;

// The functions of this file are small, and their sizes are known at run time only: a browser
// optimises first what has run longest, and packing, which runs while a model is loaded, is not to
// keep it from optimising the kernels.

// Sums of the rows of `from`, `count` elements each, a multiple of kLanes, by a row of factors for
// each row of `to`.
[[gnu::noinline]] void combine_rows(const double* factors, int rows, int depth, const double* from,
                                    int64_t count, double* to) noexcept {
  for (int row = 0; row < rows; ++row, factors += depth) {
    for (int64_t i = 0; i < count; i += kLanes, to += kLanes) {
      double sums[kLanes] = {};
      for (int k = 0; k < depth; ++k) {
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
  double half[kMostPositions * kMostTaps * kLastPanel], row[kMostPositions * kLastPanel];
  combine_rows(filter.weights_down, filter.patch_h, filter.kernel, taps, filter.kernel * lanes,
               half);
  for (int y = 0; y < filter.patch_h; ++y) {
    combine_rows(filter.weights_across, filter.patch_w, filter.kernel,
                 half + y * filter.kernel * lanes, lanes, row);
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

// Taps [y][x][lane] from one input of a group to its outputs [first, first + count). Those beyond
// the kernel are zeros.
[[gnu::noinline]] void load_taps(const Filter& filter, const ConvShape& shape,
                                 const ConvWeights& weights, int64_t group, int64_t input,
                                 int64_t first, int64_t count, int64_t lanes,
                                 double* taps) noexcept {
  const int64_t block = input / shape.group_inputs(), channel = input % shape.group_inputs();
  const int64_t across = filter.blocks_across(shape), kernel = filter.kernel;
  const int64_t top = block / across * kernel, left = block % across * kernel;
  for (int64_t y = top; y < top + kernel; ++y) {
    for (int64_t x = left; x < left + kernel; ++x, taps += lanes) {
      const bool inside = y < shape.kernel_h && x < shape.kernel_w;
      for (int64_t lane = 0; lane < count; ++lane) {
        const float tap = inside ? weights.at(group, first + lane, channel, y, x) : 0.0f;
        taps[lane] = static_cast<double>(tap);
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
    double taps[kMostTaps * kMostTaps * kLastPanel] = {};
    for (int64_t i = 0; i < inputs; ++i) {
      load_taps(filter, shape, weights, group, i, first, count, lanes, taps);
      transform_taps(filter, taps, lanes, packed + i * lanes, inputs * lanes);
    }
    packed += filter.positions() * inputs * lanes;
  }
}

}  // namespace fovea::kernels::winograd

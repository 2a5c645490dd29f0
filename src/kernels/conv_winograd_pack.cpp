#include "kernels/conv_winograd.h"
#include "kernels/tile.h"

namespace fovea::kernels::winograd {
namespace {

// The taps of a block from one input to the outputs of a panel, [y][x][lane].
template <int Kernel>
using PanelTaps = double[Kernel][Kernel][kLastPanel];

template <int Kernel>
inline double dot(const double* factors, const double* from, int64_t step) noexcept {
  double sum = factors[0] * from[0];
  for (int k = 1; k < Kernel; ++k) sum += factors[k] * from[k * step];
  return sum;
}

// Writes G taps G^T, by the G of each side, of `lanes` lanes, a multiple of 4, computed in double
// and rounded once: position by position, `step` floats apart.
template <int Kernel>
void transform_taps(const Filter& filter, const PanelTaps<Kernel>& taps, int64_t lanes, float* to,
                    int64_t step) noexcept {
  for (int y = 0; y < filter.patch_h; ++y) {
    double row[Kernel][kLastPanel];
    for (int x = 0; x < Kernel; ++x) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        row[x][lane] =
            dot<Kernel>(filter.weights_down + y * Kernel, &taps[0][x][lane], Kernel * kLastPanel);
      }
    }
    for (int x = 0; x < filter.patch_w; ++x) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        to[lane] = static_cast<float>(
            dot<Kernel>(filter.weights_across + x * Kernel, &row[0][lane], kLastPanel));
      }
      to += step;
    }
  }
}

// Of blocks, each is as many inputs as there are channels.
int64_t input_count(const Filter& filter, const ConvShape& shape) {
  return filter.blocks(shape) * shape.in_channels;
}

// From one input to outputs [first, first + count). Taps beyond the kernel are zeros.
template <int Kernel>
void load_taps(const Filter& filter, const ConvShape& shape, const ConvWeights& weights,
               int64_t input, int64_t first, int64_t count, PanelTaps<Kernel>& taps) noexcept {
  const int64_t block = input / shape.in_channels, channel = input % shape.in_channels;
  const int64_t across = filter.blocks_across(shape);
  const int64_t top = block / across * Kernel, left = block % across * Kernel;
  for (int64_t lane = 0; lane < count; ++lane) {
    for (int64_t y = 0; y < Kernel; ++y) {
      for (int64_t x = 0; x < Kernel; ++x) {
        const bool inside = top + y < shape.kernel_h && left + x < shape.kernel_w;
        const float tap = inside ? weights.at(0, first + lane, channel, top + y, left + x) : 0.0f;
        taps[y][x][lane] = static_cast<double>(tap);
      }
    }
  }
}

template <int Kernel>
void pack(const Filter& filter, const ConvShape& shape, const ConvWeights& weights,
          float* packed) noexcept {
  const int64_t inputs = input_count(filter, shape);
  for (int64_t first = 0, count = 0; first < shape.out_channels; first += count) {
    count = panel_columns(shape.out_channels, first);
    const int64_t lanes = round_up(count, kLanes);
    for (int64_t lane = 0; lane < lanes; ++lane) {
      packed[lane] = lane < count ? weights.bias(first + lane) : 0.0f;
    }
    packed += lanes;
    PanelTaps<Kernel> taps = {};
    for (int64_t i = 0; i < inputs; ++i) {
      load_taps<Kernel>(filter, shape, weights, i, first, count, taps);
      transform_taps<Kernel>(filter, taps, lanes, packed + i * lanes, inputs * lanes);
    }
    packed += filter.positions() * inputs * lanes;
  }
}

}  // namespace

int64_t packed_size(const Filter& filter, const ConvShape& shape) noexcept {
  return panels_size(shape.out_channels, filter.positions() * input_count(filter, shape));
}

void pack_weights(const Filter& filter, const ConvShape& shape, const ConvWeights& weights,
                  float* packed) noexcept {
  (filter.kernel == 3 ? pack<3> : pack<5>)(filter, shape, weights, packed);
}

}  // namespace fovea::kernels::winograd

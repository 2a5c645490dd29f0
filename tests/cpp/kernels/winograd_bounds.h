#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "kernels/conv/algorithms.h"

// How far Winograd's algorithm in float may lie from the exact convolution, from its own
// definition: the matrices of Toom-Cook's algorithm.
namespace fovea::kernels {

using Matrix = std::vector<std::vector<double>>;

inline Matrix product(const Matrix& a, const Matrix& b) {
  Matrix out(a.size(), std::vector<double>(b[0].size()));
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b[0].size(); ++j) {
      for (size_t k = 0; k < b.size(); ++k) out[i][j] += a[i][k] * b[k][j];
    }
  }
  return out;
}

inline Matrix transposed(const Matrix& a) {
  Matrix out(a[0].size(), std::vector<double>(a.size()));
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < a[0].size(); ++j) out[j][i] = a[i][j];
  }
  return out;
}

inline Matrix magnitudes(Matrix a) {
  for (auto& row : a) {
    for (double& x : row) x = std::fabs(x);
  }
  return a;
}

// Lowest power first, of the polynomial with these roots.
inline std::vector<double> polynomial(const std::vector<double>& roots) {
  std::vector<double> out = {1};
  for (const double root : roots) {
    out.insert(out.begin(), 0);
    for (size_t i = 0; i + 1 < out.size(); ++i) out[i] -= root * out[i + 1];
  }
  return out;
}

// Along one side, at some points and infinity.
struct ToomCook {
  size_t kernel, tile, patch;
  Matrix output, weights, input;  // tile x patch, patch x kernel, patch x patch

  ToomCook(const std::vector<double>& points, size_t kernel)
      : kernel(kernel),
        tile(points.size() + 2 - kernel),
        patch(points.size() + 1),
        output(tile, std::vector<double>(patch)),
        weights(patch, std::vector<double>(kernel)) {
    for (size_t j = 0; j < points.size(); ++j) {
      std::vector<double> others = points;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(j));
      double distances = 1;
      for (const double other : others) distances *= points[j] - other;
      for (size_t i = 0; i < kernel; ++i) {
        weights[j][i] = std::pow(points[j], static_cast<double>(i)) / distances;
      }
      for (size_t i = 0; i < tile; ++i) output[i][j] = std::pow(points[j], static_cast<double>(i));
      input.push_back(polynomial(others));
      input.back().push_back(0);
    }
    weights[patch - 1][kernel - 1] = output[tile - 1][patch - 1] = 1;
    input.push_back(polynomial(points));
  }
};

// outputs = down.output * [(down.weights w across.weights^T) * (down.input patch across.input^T)] *
// across.output^T, where both have kernels of one size.
struct Winograd {
  ToomCook down, across;

  // nullopt for an algorithm that sums the products of the definition.
  static std::optional<Winograd> of(const ConvAlgorithm& algorithm) {
    const std::vector<double> five = {0, 0.75, -0.75, 1.5, -1.5},
                              seven = {0, 0.5, -0.5, 1, -1, 2, -2};
    const ToomCook f4(five, 3), f6(seven, 3), f4_for_5(seven, 5);
    const auto is = [&](const ConvAlgorithm& whole, const ConvAlgorithm& in_blocks) {
      return &algorithm == &whole || &algorithm == &in_blocks;
    };
    if (is(kWinograd4x4, kWinograd4x4Blocks)) return Winograd{f4, f4};
    if (is(kWinograd4x6, kWinograd4x6Blocks)) return Winograd{f4, f6};
    if (is(kWinograd6x6, kWinograd6x6Blocks)) return Winograd{f6, f6};
    if (is(kWinograd4x4For5x5, kWinograd4x4For5x5Blocks)) return Winograd{f4_for_5, f4_for_5};
    return std::nullopt;
  }

  // a of each side: a m a^T.
  static Matrix nested(const Matrix& down, const Matrix& m, const Matrix& across) {
    return product(product(down, m), transposed(across));
  }
};

// Every output for [n][c][h][w] input and [o][c / groups][kernel][kernel] weights. Roundings on the
// way of one product: one in the transformed weight, at most 4 in each direction of the input's
// transform, the product's own and those of the sum over channels, at most 4 in each direction of
// the output's transform, and the bias's. Each is at most 2^-24 of what it rounds, which the
// magnitudes bound. Products by powers of two do not round, so that scales of the matrices' rows do
// not matter.
inline std::vector<double> winograd_bounds(const Winograd& winograd, const ConvShape& shape,
                                           const std::vector<float>& input,
                                           const std::vector<float>& weights,
                                           const std::vector<float>& bias) {
  const auto& [down, across] = winograd;
  const size_t height = down.patch, width = across.patch;
  const auto step_h = static_cast<int64_t>(down.tile), step_w = static_cast<int64_t>(across.tile);
  const auto kernel = static_cast<int64_t>(down.kernel);
  const Matrix output_h = magnitudes(down.output), output_w = magnitudes(across.output);
  const Matrix input_h = magnitudes(down.input), input_w = magnitudes(across.input);
  const double factor = static_cast<double>(shape.group_inputs() + 20) * 0x1p-24;
  std::vector<Matrix> transformed;
  for (int64_t i = 0; i < shape.out_channels * shape.group_inputs(); ++i) {
    Matrix taps;
    for (auto row = weights.begin() + i * kernel * kernel; taps.size() < down.kernel;
         row += kernel) {
      taps.emplace_back(row, row + kernel);
    }
    transformed.push_back(magnitudes(Winograd::nested(down.weights, taps, across.weights)));
  }
  const auto pixel = [&](int64_t plane, int64_t y, int64_t x) -> double {
    const bool inside = y >= 0 && x >= 0 && y < shape.in_h && x < shape.in_w;
    return inside ? input[static_cast<size_t>((plane * shape.in_h + y) * shape.in_w + x)] : 0.0;
  };
  std::vector<double> bounds(
      static_cast<size_t>(shape.batch * shape.out_channels * shape.out_h * shape.out_w));
  const auto tile = [&](int64_t n, int64_t top, int64_t left) {
    std::vector<Matrix> patches;
    for (int64_t c = 0; c < shape.in_channels; ++c) {
      Matrix patch(height, std::vector<double>(width));
      for (size_t y = 0; y < height; ++y) {
        for (size_t x = 0; x < width; ++x) {
          patch[y][x] =
              pixel(n * shape.in_channels + c, top + static_cast<int64_t>(y) - shape.pad_top,
                    left + static_cast<int64_t>(x) - shape.pad_left);
        }
      }
      patches.push_back(Winograd::nested(input_h, magnitudes(patch), input_w));
    }
    for (int64_t o = 0; o < shape.out_channels; ++o) {
      Matrix sums(height, std::vector<double>(width));
      const int64_t inputs = shape.group_inputs(), first = o / shape.group_outputs() * inputs;
      for (int64_t c = 0; c < inputs; ++c) {
        const Matrix& u = transformed[static_cast<size_t>(o * inputs + c)];
        const Matrix& v = patches[static_cast<size_t>(first + c)];
        for (size_t i = 0; i < height; ++i) {
          for (size_t j = 0; j < width; ++j) sums[i][j] += u[i][j] * v[i][j];
        }
      }
      const Matrix sizes = Winograd::nested(output_h, sums, output_w);
      const double added = bias.empty() ? 0.0 : std::fabs(bias[static_cast<size_t>(o)]);
      for (int64_t y = top; y < std::min(top + step_h, shape.out_h); ++y) {
        for (int64_t x = left; x < std::min(left + step_w, shape.out_w); ++x) {
          const int64_t at = ((n * shape.out_channels + o) * shape.out_h + y) * shape.out_w + x;
          bounds[static_cast<size_t>(at)] =
              factor * (sizes[static_cast<size_t>(y - top)][static_cast<size_t>(x - left)] + added);
        }
      }
    }
  };
  for (int64_t n = 0; n < shape.batch; ++n) {
    for (int64_t y = 0; y < shape.out_h; y += step_h) {
      for (int64_t x = 0; x < shape.out_w; x += step_w) tile(n, y, x);
    }
  }
  return bounds;
}

// A convolution of stride 1 as the one over blocks of its kernel, filled up with zeros; of groups,
// where there is one block.
struct Blocks {
  ConvShape shape;
  std::vector<float> input, weights;
};

inline Blocks blocks_of(const ConvShape& conv, const Winograd& winograd,
                        const std::vector<float>& input, const std::vector<float>& weights) {
  const auto tile_h = static_cast<int64_t>(winograd.down.tile);
  const auto tile_w = static_cast<int64_t>(winograd.across.tile);
  const auto size = static_cast<int64_t>(winograd.down.kernel);
  const int64_t down = (conv.kernel_h + size - 1) / size;
  const int64_t across = (conv.kernel_w + size - 1) / size;
  const auto pixel = [&](int64_t plane, int64_t y, int64_t x) {
    const bool inside = y >= 0 && x >= 0 && y < conv.in_h && x < conv.in_w;
    return inside ? input[static_cast<size_t>((plane * conv.in_h + y) * conv.in_w + x)] : 0.0f;
  };
  const auto tap = [&](int64_t plane, int64_t y, int64_t x) {
    const bool inside = y < conv.kernel_h && x < conv.kernel_w;
    return inside ? weights[static_cast<size_t>((plane * conv.kernel_h + y) * conv.kernel_w + x)]
                  : 0.0f;
  };
  Blocks out{conv, {}, {}};
  ConvShape& shape = out.shape;
  shape.in_channels = down * across * conv.in_channels;
  shape.kernel_h = shape.kernel_w = size;
  shape.pad_top = shape.pad_left = 0;
  // Whole tiles are computed, from what lies under them.
  shape.in_h = (conv.out_h + tile_h - 1) / tile_h * tile_h + size - 1;
  shape.in_w = (conv.out_w + tile_w - 1) / tile_w * tile_w + size - 1;
  for (int64_t n = 0; n < conv.batch; ++n) {
    for (int64_t i = 0; i < shape.in_channels; ++i) {
      const int64_t block = i / conv.in_channels;
      const int64_t plane = n * conv.in_channels + i % conv.in_channels;
      for (int64_t y = 0; y < shape.in_h; ++y) {
        for (int64_t x = 0; x < shape.in_w; ++x) {
          out.input.push_back(pixel(plane, y + block / across * size - conv.pad_top,
                                    x + block % across * size - conv.pad_left));
        }
      }
    }
  }
  for (int64_t o = 0; o < conv.out_channels; ++o) {
    for (int64_t i = 0; i < shape.group_inputs(); ++i) {
      const int64_t block = i / conv.group_inputs();
      for (int64_t k = 0; k < size * size; ++k) {
        out.weights.push_back(tap(o * conv.group_inputs() + i % conv.group_inputs(),
                                  block / across * size + k / size,
                                  block % across * size + k % size));
      }
    }
  }
  return out;
}

// How far each output of an algorithm may lie from the exact convolution, where that is more than
// for a plain sum; `bounds` are those of the sum.
inline void widen_bounds(const ConvShape& shape, const ConvAlgorithm& algorithm,
                         const std::vector<float>& input, const std::vector<float>& weights,
                         const std::vector<float>& bias, std::vector<double>& bounds) {
  const std::optional<Winograd> winograd = Winograd::of(algorithm);
  if (!winograd) return;
  const Blocks blocks = blocks_of(shape, *winograd, input, weights);
  bounds = winograd_bounds(*winograd, blocks.shape, blocks.input, blocks.weights, bias);
}

}  // namespace fovea::kernels

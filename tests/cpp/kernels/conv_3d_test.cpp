#include "kernels/conv/conv_3d.h"

#include <gtest/gtest.h>

#include "images.h"

namespace fovea::kernels {
namespace {

using test::Axis;
using test::random_floats;
using test::ReferenceConv;

Conv3dShape shape_of(const ReferenceConv& conv, const std::vector<int64_t>& out) {
  Conv3dShape shape;
  shape.batch = conv.batch;
  shape.in_channels = conv.in_channels;
  shape.out_channels = conv.out_channels;
  shape.groups = conv.groups;
  for (size_t a = 0; a < 3; ++a) {
    const Axis& axis = conv.axes[a];
    shape.axes[a] = {axis.in, out[a], axis.kernel, axis.stride, axis.dilation, axis.pad_begin};
  }
  return shape;
}

std::vector<ReferenceConv> cases() {
  std::vector<ReferenceConv> out;
  for (int64_t stride = 1; stride <= 3; ++stride) {
    for (int64_t dilation = 1; dilation <= 2; ++dilation) {
      for (const int64_t groups : {1, 2, 4}) {
        const Axis z{.in = 5, .kernel = 2, .stride = stride, .dilation = dilation, .pad_begin = 1};
        const Axis y{.in = 6, .kernel = 3, .stride = 1, .dilation = dilation, .pad_end = 1};
        const Axis x{.in = 7, .kernel = 3, .stride = stride, .pad_begin = 1, .pad_end = 2};
        out.push_back(
            {.batch = 2, .in_channels = 4, .out_channels = 8, .groups = groups, .axes = {z, y, x}});
      }
    }
  }
  const Axis wide{.in = 2, .kernel = 5, .stride = 2, .pad_begin = 6, .pad_end = 4};
  out.push_back({.in_channels = 3, .out_channels = 2, .axes = {Axis{}, wide, wide}});
  return out;
}

template <class T>
std::vector<T> to(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

// Runs in two parts, so that the row range counts.
template <class T, class Kernel>
std::vector<float> run(const Conv3dShape& shape, const std::vector<float>& input,
                       const std::vector<float>& weights, const std::vector<float>& bias,
                       Kernel kernel) {
  const auto in = to<T>(input), w = to<T>(weights), b = to<T>(bias);
  std::vector<T> out(static_cast<size_t>(shape.rows() * shape.axes[2].out), T{77});
  const int64_t middle = shape.rows() / 3;
  kernel(shape, in.data(), w.data(), b.empty() ? nullptr : b.data(), out.data(), int64_t{0},
         middle);
  kernel(shape, in.data(), w.data(), b.empty() ? nullptr : b.data(), out.data(), middle,
         shape.rows());
  std::vector<float> floats(out.size());
  std::transform(out.begin(), out.end(), floats.begin(), [](T x) { return static_cast<float>(x); });
  return floats;
}

TEST(Conv3d, MatchesTheDefinition) {
  for (const ReferenceConv& conv : cases()) {
    const Conv3dShape shape = shape_of(conv, test::output_dims(conv.axes));
    const auto input = random_floats(
        conv.batch * conv.in_channels * shape.axes[0].in * shape.axes[1].in * shape.axes[2].in, 1);
    const auto weights = random_floats(conv.out_channels * shape.group_inputs() * shape.taps(), 2);
    for (const int64_t biases : {int64_t{0}, conv.out_channels}) {
      const auto bias = random_floats(biases, 3);
      const auto expected = test::reference_conv(conv, input, weights, bias);
      expect_close(run<float>(shape, input, weights, bias, conv_3d<float>), expected);
      expect_close(run<double>(shape, input, weights, bias, conv_3d<double>), expected);
    }
  }
}

TEST(ConvTranspose3d, MatchesTheDefinition) {
  for (const ReferenceConv& conv : cases()) {
    for (const int64_t output_padding : {0, 1}) {
      std::vector<int64_t> out = test::transposed_dims(conv.axes);
      for (int64_t& dim : out) dim = std::max<int64_t>(dim + output_padding, 1);
      const Conv3dShape shape = shape_of(conv, out);
      const auto input = random_floats(
          conv.batch * conv.in_channels * shape.axes[0].in * shape.axes[1].in * shape.axes[2].in,
          1);
      const auto weights =
          random_floats(conv.in_channels * shape.group_outputs() * shape.taps(), 2);
      const auto bias = random_floats(conv.out_channels, 3);
      const auto expected = test::reference_conv_transpose(conv, out, input, weights, bias);
      expect_close(run<float>(shape, input, weights, bias, conv_transpose_3d<float>), expected);
      expect_close(run<double>(shape, input, weights, bias, conv_transpose_3d<double>), expected);
    }
  }
}

}  // namespace
}  // namespace fovea::kernels

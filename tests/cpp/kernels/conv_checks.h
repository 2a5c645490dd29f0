#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "images.h"
#include "kernels/conv/conv.h"
#include "winograd_bounds.h"

// A convolution held to its definition.
namespace fovea::kernels {

using test::Axis;
using test::random_floats;
using test::ReferenceConv;

struct Options {
  Epilogue epilogue = {};
  bool bias = true;
  bool residual = false;
  bool in_place_residual = false;
  bool in_pieces = true;
  // Channels of the parts the input comes in; none: whole.
  std::vector<int64_t> parts = {};
};

inline ConvShape shape_of(const ReferenceConv& conv) {
  const Axis &y = conv.axes[0], &x = conv.axes[1];
  ConvShape shape;
  shape.batch = conv.batch;
  shape.in_channels = conv.in_channels;
  shape.in_h = y.in;
  shape.in_w = x.in;
  shape.out_channels = conv.out_channels;
  shape.out_h = y.out();
  shape.out_w = x.out();
  shape.kernel_h = y.kernel;
  shape.kernel_w = x.kernel;
  shape.stride_h = y.stride;
  shape.stride_w = x.stride;
  shape.dilation_h = y.dilation;
  shape.dilation_w = x.dilation;
  shape.pad_top = y.pad_begin;
  shape.pad_left = x.pad_begin;
  shape.groups = conv.groups;
  return shape;
}

// Channels-last images of so many channels each, in `memory`, which together are `input`.
inline std::vector<ConvPart> split(const ConvShape& shape, const std::vector<float>& input,
                                   const std::vector<int64_t>& channels,
                                   std::vector<std::vector<float>>& memory) {
  std::vector<ConvPart> parts;
  int64_t first = 0;
  for (const int64_t count : channels) {
    std::vector<float>& part = memory.emplace_back();
    for (int64_t i = 0; i < shape.batch * shape.in_h * shape.in_w; ++i) {
      const float* pixel = input.data() + i * padded_channels(shape.in_channels) + first;
      part.insert(part.end(), pixel, pixel + count);
      part.resize(static_cast<size_t>((i + 1) * padded_channels(count)), 0.0f);
    }
    parts.push_back({part.data(), count});
    first += count;
  }
  return parts;
}

// Runs the kernel, by default in pieces of few rows, over buffers of exactly the stated sizes.
inline std::vector<float> run(const ConvShape& shape, const ConvAlgorithm& algorithm,
                              const std::vector<float>& input, const std::vector<float>& weights,
                              const float* bias, std::vector<float> residual,
                              const Options& options) {
  std::vector<float> packed(static_cast<size_t>(algorithm.packed_size(shape)));
  algorithm.pack_weights(shape, dense_weights(shape, weights.data(), bias), packed.data());
  std::vector<float> scratch(static_cast<size_t>(algorithm.scratch_size(shape)));
  const ConvOutput sizes = dense_output(shape, nullptr);
  std::vector<float> output(static_cast<size_t>(shape.batch * sizes.image_step),
                            std::numeric_limits<float>::quiet_NaN());
  if (options.in_place_residual) output = residual;
  const float* added = options.in_place_residual ? output.data()
                       : options.residual        ? residual.data()
                                                 : nullptr;
  std::vector<std::vector<float>> memory;
  std::vector<ConvPart> parts = split(shape, input, options.parts, memory);
  if (parts.empty()) parts.push_back({input.data(), shape.in_channels});
  const int64_t rows = shape.batch * shape.out_h;
  for (int64_t row = 0, piece = options.in_pieces ? 1 : rows; row < rows;
       row += piece, piece = piece * 3 % 7 + 1) {
    algorithm.run_rows(shape, parts, packed.data(), dense_output(shape, output.data(), added),
                       options.epilogue, scratch.data(), row, std::min(row + piece, rows));
  }
  return output;
}

inline void check(const ReferenceConv& conv, Options options = {},
                  const ConvAlgorithm* forced = nullptr) {
  const ConvShape shape = shape_of(conv);
  ASSERT_GT(shape.out_h, 0);
  ASSERT_GT(shape.out_w, 0);
  SCOPED_TRACE(::testing::Message()
               << shape.in_channels << "->" << shape.out_channels << "/" << shape.groups << " of "
               << shape.in_h << "x" << shape.in_w << " kernel " << shape.kernel_h << "x"
               << shape.kernel_w << " stride " << shape.stride_h << "," << shape.stride_w
               << " dilation " << shape.dilation_h << "," << shape.dilation_w << " pad "
               << shape.pad_top << "," << shape.pad_left);
  const int64_t in_size = shape.in_h * shape.in_w, out_size = shape.out_h * shape.out_w;
  const auto input = random_floats(shape.batch * shape.in_channels * in_size, 1);
  const auto weights =
      random_floats(shape.out_channels * shape.group_inputs() * shape.kernel_h * shape.kernel_w, 2);
  const auto bias = random_floats(options.bias ? shape.out_channels : 0, 3);
  const bool residual = options.residual || options.in_place_residual;
  const auto added = random_floats(residual ? shape.batch * shape.out_channels * out_size : 0, 4);

  const ConvAlgorithm& algorithm = forced != nullptr ? *forced : choose_algorithm(shape);
  const auto output = run(
      shape, algorithm, channels_last(input, shape.batch, shape.in_channels, in_size), weights,
      options.bias ? bias.data() : nullptr,
      residual ? channels_last(added, shape.batch, shape.out_channels, out_size) : added, options);
  test::Expected expected = test::reference_conv(conv, input, weights, bias);
  widen_bounds(shape, algorithm, input, weights, bias, expected.bounds);
  finish(expected, added, options.epilogue, shape.out_channels, out_size);
  expect_close(plain(output, shape.batch, shape.out_channels, out_size), expected);
}

inline ReferenceConv square(int64_t in, int64_t out, int64_t size, int64_t kernel, int64_t pad) {
  const Axis axis{.in = size, .kernel = kernel, .pad_begin = pad, .pad_end = pad};
  return {.in_channels = in, .out_channels = out, .axes = {axis, axis}};
}

// test(epilogue) for every activation, of up to 24 channels.
template <class Test>
void for_each_epilogue(Test test) {
  const auto slopes = random_floats(24, 9);
  using enum Activation;
  const ActivationSpec specs[] = {
      {},
      {Relu},
      {LeakyRelu, 0.2f},
      {PRelu},
      {Clip, 0.25f, 0.75f},
      {Clip, 1.0f, -1.0f},
      {HardSigmoid, 0.3f, 0.4f},
      {HardSwish},
      {Sigmoid},
      {Tanh},
      {Swish, 1.0f},
      {Gelu},
      {Elu, 0.5f},
      {Softplus},
  };
  for (const ActivationSpec& activation : specs) {
    SCOPED_TRACE(static_cast<int>(activation.kind));
    test(Epilogue{activation, activation.kind == PRelu ? slopes.data() : nullptr});
  }
}

}  // namespace fovea::kernels

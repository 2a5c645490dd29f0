#include "kernels/conv.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "images.h"

namespace fovea::kernels {
namespace {

using test::Axis;
using test::random_floats;
using test::ReferenceConv;

struct Options {
  Epilogue epilogue = {};
  bool bias = true;
  bool residual = false;
  bool in_place_residual = false;
};

ConvShape shape_of(const ReferenceConv& conv) {
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

// Runs the kernel in pieces of few rows over buffers of exactly the stated sizes.
std::vector<float> run(const ConvShape& shape, ConvAlgorithm algorithm,
                       const std::vector<float>& input, const std::vector<float>& weights,
                       const float* bias, std::vector<float> residual, const Options& options) {
  std::vector<float> packed(static_cast<size_t>(packed_size(shape, algorithm)));
  pack_weights(shape, algorithm, dense_weights(shape, weights.data()), bias, packed.data());
  std::vector<float> scratch(static_cast<size_t>(scratch_size(shape, algorithm)));
  const ConvOutput sizes = dense_output(shape, nullptr);
  std::vector<float> output(static_cast<size_t>(shape.batch * sizes.image_step),
                            std::numeric_limits<float>::quiet_NaN());
  if (options.in_place_residual) output = residual;
  const float* added = options.in_place_residual ? output.data()
                       : options.residual        ? residual.data()
                                                 : nullptr;
  const int64_t rows = shape.batch * shape.out_h;
  for (int64_t row = 0, piece = 1; row < rows; row += piece, piece = piece * 3 % 7 + 1) {
    run_rows(shape, algorithm, input.data(), packed.data(),
             dense_output(shape, output.data(), added), options.epilogue, scratch.data(), row,
             std::min(row + piece, rows));
  }
  return output;
}

void check(const ReferenceConv& conv, Options options = {},
           std::optional<ConvAlgorithm> forced = std::nullopt) {
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

  const auto output = run(
      shape, forced.value_or(choose_algorithm(shape)),
      channels_last(input, shape.batch, shape.in_channels, in_size), weights,
      options.bias ? bias.data() : nullptr,
      residual ? channels_last(added, shape.batch, shape.out_channels, out_size) : added, options);
  test::Expected expected = test::reference_conv(conv, input, weights, bias);
  finish(expected, added, options.epilogue, shape.out_channels, out_size);
  expect_close(plain(output, shape.batch, shape.out_channels, out_size), expected);
}

ReferenceConv square(int64_t in, int64_t out, int64_t size, int64_t kernel, int64_t pad) {
  const Axis axis{.in = size, .kernel = kernel, .pad_begin = pad, .pad_end = pad};
  return {.in_channels = in, .out_channels = out, .axes = {axis, axis}};
}

TEST(Conv, EveryNumberOfChannels) {
  for (int64_t c = 1; c <= 37; ++c) {
    check(square(c, 5, 7, 3, 1));
    check(square(5, c, 7, 3, 1));
    check(square(c, 3, 6, 1, 0));
    check(square(c, 11, 6, 3, 0));
  }
  check(square(64, 64, 13, 3, 1));
  check(square(130, 66, 5, 3, 1));
  check(square(64, 130, 9, 1, 0));
}

TEST(Conv, EveryWidthAndHeight) {
  for (int64_t width = 1; width <= 30; ++width) {
    for (const int64_t out : {1, 2, 3, 4, 8, 12}) {
      ReferenceConv conv = square(9, out, 4, 3, 1);
      conv.axes[1].in = width;
      check(conv);
      std::swap(conv.axes[0], conv.axes[1]);
      check(conv);
    }
  }
}

TEST(Conv, StridesDilationsAndUnequalPads) {
  for (const int64_t channels : {3, 8}) {
    for (const int64_t outputs : {2, 3, 7}) {
      for (int64_t stride = 1; stride <= 3; ++stride) {
        for (int64_t dilation = 1; dilation <= 3; ++dilation) {
          for (int64_t pads = 0; pads < 4; ++pads) {
            const Axis y{.in = 9,
                         .kernel = 3,
                         .stride = stride,
                         .dilation = dilation,
                         .pad_begin = pads % 2,
                         .pad_end = pads / 2};
            const Axis x{.in = 14,
                         .kernel = 4,
                         .stride = 4 - stride,
                         .dilation = dilation,
                         .pad_begin = 3 - pads,
                         .pad_end = pads};
            check({.batch = 2, .in_channels = channels, .out_channels = outputs, .axes = {y, x}});
          }
        }
      }
    }
  }
}

TEST(Conv, Groups) {
  for (const int64_t groups : {2, 3, 5}) {
    for (const auto& [in, out] : {std::pair{1, 3}, {4, 8}, {3, 5}, {8, 4}, {2, 13}, {9, 1}}) {
      for (const int64_t pad : {0, 1}) {
        ReferenceConv conv = square(groups * in, groups * out, 6, 3, pad);
        conv.groups = groups;
        check(conv);
        check(conv, {.residual = true});
      }
    }
  }
}

TEST(Conv, Depthwise) {
  for (int64_t channels = 2; channels <= 19; ++channels) {
    for (int64_t stride = 1; stride <= 3; ++stride) {
      for (int64_t dilation = 1; dilation <= 2; ++dilation) {
        const Axis y{.in = 7, .kernel = 3, .stride = stride, .dilation = dilation, .pad_begin = 2};
        const Axis x{.in = 13,
                     .kernel = 5,
                     .stride = stride,
                     .dilation = dilation,
                     .pad_begin = 1,
                     .pad_end = 6};
        check({.batch = 2,
               .in_channels = channels,
               .out_channels = channels,
               .groups = channels,
               .axes = {y, x}});
      }
    }
  }
}

TEST(Conv, KernelsLargerThanTheImageAndPadsLargerThanTheKernel) {
  check(square(3, 9, 2, 9, 4));
  check(square(8, 1, 2, 9, 4));
  check(square(9, 3, 2, 9, 4));
  check(square(3, 9, 2, 2, 5));
  check(square(16, 2, 2, 2, 5));
  ReferenceConv depthwise = square(6, 6, 2, 3, 7);
  depthwise.groups = 6;
  check(depthwise);
}

TEST(Conv, EveryEpilogueInEveryAlgorithm) {
  const auto slopes = random_floats(16, 9);
  const Epilogue epilogues[] = {
      {},
      {.activation = Activation::Relu},
      {.activation = Activation::LeakyRelu, .alpha = 0.2f},
      {.activation = Activation::PRelu, .slopes = slopes.data()},
      {.activation = Activation::Clip, .low = 0.25f, .high = 0.75f},
      {.activation = Activation::Clip, .low = 1.0f, .high = -1.0f},
      {.activation = Activation::Sigmoid},
      {.activation = Activation::Tanh},
      {.activation = Activation::HardSigmoid, .alpha = 0.3f, .beta = 0.4f},
      {.activation = Activation::HardSwish},
  };
  for (const Epilogue& epilogue : epilogues) {
    SCOPED_TRACE(static_cast<int>(epilogue.activation));
    for (const bool residual : {false, true}) {
      const Options options{.epilogue = epilogue, .residual = residual};
      check(square(6, 13, 7, 3, 1), options);
      check(square(6, 3, 9, 3, 1), options);
      check(square(8, 1, 7, 3, 1), options);
      check(square(8, 2, 7, 3, 1), options);
      check(square(8, 3, 9, 3, 1), options);
      ReferenceConv grouped = square(9, 15, 6, 3, 1);
      grouped.groups = 3;
      check(grouped, options);
      ReferenceConv depthwise = square(13, 13, 6, 3, 1);
      depthwise.groups = 13;
      check(depthwise, options);
    }
  }
}

TEST(Conv, WithoutBiasAndWithResidualInPlace) {
  for (const int64_t out : {1, 3, 13}) {
    check(square(8, out, 7, 3, 1), {.bias = false});
    check(square(8, out, 7, 3, 1),
          {.epilogue = {.activation = Activation::Relu}, .in_place_residual = true});
  }
  ReferenceConv depthwise = square(7, 7, 6, 3, 1);
  depthwise.groups = 7;
  check(depthwise, {.bias = false, .in_place_residual = true});
}

TEST(Conv, DirectAlsoDoesWhatOthersAreChosenFor) {
  check(square(16, 1, 9, 3, 1), {}, ConvAlgorithm::Direct);
  ReferenceConv depthwise = square(6, 6, 9, 3, 1);
  depthwise.groups = 6;
  check(depthwise, {}, ConvAlgorithm::Direct);
}

TEST(Conv, StripsOfSeveralRows) {
  check(square(4, 4, 40, 3, 1));
  check(square(16, 1, 45, 5, 2));
  check(square(130, 9, 30, 3, 1));
}

}  // namespace
}  // namespace fovea::kernels

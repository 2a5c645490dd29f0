#include "kernels/conv_transpose.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "images.h"

namespace fovea::kernels {
namespace {

using test::Axis;
using test::random_floats;
using test::ReferenceConv;

ConvTransposeShape shape_of(const ReferenceConv& conv, const std::vector<int64_t>& out) {
  const Axis &y = conv.axes[0], &x = conv.axes[1];
  return {.batch = conv.batch,
          .in_channels = conv.in_channels,
          .in_h = y.in,
          .in_w = x.in,
          .out_channels = conv.out_channels,
          .out_h = out[0],
          .out_w = out[1],
          .kernel_h = y.kernel,
          .kernel_w = x.kernel,
          .stride_h = y.stride,
          .stride_w = x.stride,
          .dilation_h = y.dilation,
          .dilation_w = x.dilation,
          .pad_top = y.pad_begin,
          .pad_left = x.pad_begin,
          .groups = conv.groups};
}

struct Options {
  Epilogue epilogue = {};
  bool bias = true;
  bool residual = false;
  int64_t output_padding = 0;
};

void check(const ReferenceConv& conv, const Options& options = {}) {
  std::vector<int64_t> out = test::transposed_dims(conv.axes);
  for (int64_t& dim : out) dim += options.output_padding;
  ASSERT_GT(std::min(out[0], out[1]), 0);
  const ConvTransposeShape shape = shape_of(conv, out);
  SCOPED_TRACE(::testing::Message()
               << shape.in_channels << "->" << shape.out_channels << "/" << shape.groups << " of "
               << shape.in_h << "x" << shape.in_w << " kernel " << shape.kernel_h << "x"
               << shape.kernel_w << " stride " << shape.stride_h << "," << shape.stride_w
               << " dilation " << shape.dilation_h << "," << shape.dilation_w << " pad "
               << shape.pad_top << "," << shape.pad_left << " out " << out[0] << "x" << out[1]);
  const int64_t in_size = shape.in_h * shape.in_w, out_size = out[0] * out[1];
  const auto input = random_floats(shape.batch * shape.in_channels * in_size, 1);
  const auto weights =
      random_floats(shape.in_channels * shape.group_outputs() * shape.kernel_h * shape.kernel_w, 2);
  const auto bias = random_floats(options.bias ? shape.out_channels : 0, 3);
  const auto residual =
      random_floats(options.residual ? shape.batch * shape.out_channels * out_size : 0, 4);
  const auto packed_input = channels_last(input, shape.batch, shape.in_channels, in_size);
  const auto packed_residual =
      options.residual ? channels_last(residual, shape.batch, shape.out_channels, out_size)
                       : residual;

  std::vector<float> packed(static_cast<size_t>(transposed_packed_size(shape)));
  pack_transposed_weights(shape, dense_transposed_weights(shape, weights.data()),
                          options.bias ? bias.data() : nullptr, packed.data());
  std::vector<float> scratch(static_cast<size_t>(transposed_scratch_size(shape)));
  std::vector<float> output(
      static_cast<size_t>(shape.batch * dense_output(shape, nullptr).image_step),
      std::numeric_limits<float>::quiet_NaN());
  const ConvOutput to =
      dense_output(shape, output.data(), options.residual ? packed_residual.data() : nullptr);
  const int64_t rows = shape.batch * shape.out_h;
  for (int64_t row = 0, piece = 1; row < rows; row += piece, piece = piece * 3 % 7 + 1) {
    run_transposed_rows(shape, packed_input.data(), packed.data(), to, options.epilogue,
                        scratch.data(), row, std::min(row + piece, rows));
  }

  test::Expected expected = test::reference_conv_transpose(conv, out, input, weights, bias);
  finish(expected, residual, options.epilogue, shape.out_channels, out_size);
  expect_close(plain(output, shape.batch, shape.out_channels, out_size), expected);
}

ReferenceConv square(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t pad) {
  const Axis axis{.in = 5, .kernel = kernel, .stride = stride, .pad_begin = pad, .pad_end = pad};
  return {.in_channels = in, .out_channels = out, .axes = {axis, axis}};
}

TEST(ConvTranspose, EveryKernelStrideAndPad) {
  for (int64_t kernel = 1; kernel <= 6; ++kernel) {
    for (int64_t stride = 1; stride <= 5; ++stride) {
      for (int64_t pad = 0; pad < kernel && pad < 3; ++pad)
        check(square(5, 6, kernel, stride, pad));
    }
  }
}

TEST(ConvTranspose, DilationsUnequalPadsAndOutputPadding) {
  for (int64_t stride = 1; stride <= 4; ++stride) {
    for (int64_t dilation = 1; dilation <= 4; ++dilation) {
      for (int64_t output_padding = 0; output_padding < stride; ++output_padding) {
        const Axis y{.in = 4, .kernel = 3, .stride = stride, .dilation = dilation, .pad_end = 1};
        const Axis x{
            .in = 7, .kernel = 2, .stride = 5 - stride, .dilation = dilation, .pad_begin = 2};
        check({.batch = 2, .in_channels = 3, .out_channels = 9, .axes = {y, x}},
              {.output_padding = output_padding});
      }
    }
  }
}

TEST(ConvTranspose, EveryNumberOfChannels) {
  for (int64_t c = 1; c <= 17; ++c) {
    check(square(c, 3, 4, 2, 1));
    check(square(3, c, 4, 2, 1));
    check(square(12, c, 9, 3, 3), {.output_padding = 1});
  }
}

TEST(ConvTranspose, Groups) {
  for (const auto& [in, out] : {std::pair{1, 1}, {2, 3}, {4, 4}, {3, 1}}) {
    ReferenceConv conv = square(3 * in, 3 * out, 4, 2, 1);
    conv.groups = 3;
    check(conv);
    check(conv, {.residual = true});
  }
}

TEST(ConvTranspose, EpilogueAndResidual) {
  const auto slopes = random_floats(12, 9);
  const Epilogue epilogues[] = {{.activation = Activation::Relu},
                                {.activation = Activation::PRelu, .slopes = slopes.data()},
                                {.activation = Activation::Sigmoid}};
  for (const Epilogue& epilogue : epilogues) {
    check(square(8, 11, 3, 2, 0), {.epilogue = epilogue});
    check(square(8, 1, 3, 2, 0), {.epilogue = epilogue, .residual = true});
    check(square(8, 5, 2, 3, 0), {.epilogue = epilogue, .bias = false});
  }
}

}  // namespace
}  // namespace fovea::kernels

#include "kernels/conv_transpose/conv_transpose.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "images.h"
#include "kernels/conv_transpose/blocks.h"
#include "winograd_bounds.h"

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

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Calls run_rows(begin, end) for pieces of few rows.
template <class RunRows>
void in_pieces(int64_t rows, RunRows run_rows) {
  for (int64_t row = 0, piece = 1; row < rows; row += piece, piece = piece * 3 % 7 + 1) {
    run_rows(row, std::min(row + piece, rows));
  }
}

// A transposed convolution to be computed; the input is channels-last.
struct Problem {
  const ConvTransposeShape& shape;
  const std::vector<float>& input;
  const StridedWeights& weights;
  const Epilogue& epilogue;
};

// The result by phases, channels-last.
std::vector<float> run_phases(const Problem& problem, const float* residual) {
  const ConvTransposeShape& shape = problem.shape;
  std::vector<float> packed(static_cast<size_t>(transposed_packed_size(shape)));
  pack_transposed_weights(shape, problem.weights, packed.data());
  std::vector<float> scratch(static_cast<size_t>(transposed_scratch_size(shape)));
  std::vector<float> output(
      static_cast<size_t>(shape.batch * dense_output(shape, nullptr).image_step), kNaN);
  const ConvOutput to = dense_output(shape, output.data(), residual);
  in_pieces(shape.batch * shape.out_h, [&](int64_t begin, int64_t end) {
    run_transposed_rows(shape, problem.input.data(), packed.data(), to, problem.epilogue,
                        scratch.data(), begin, end);
  });
  return output;
}

// The result by blocks, in the layout the shuffle asks for.
std::vector<float> run_blocks(const Problem& problem, const ConvShuffleShape& shuffle,
                              const ConvAlgorithm& algorithm) {
  std::vector<float> packed(static_cast<size_t>(algorithm.packed_size(shuffle.conv)));
  const TransposedBlockWeights weights(problem.shape, shuffle, problem.weights);
  algorithm.pack_weights(shuffle.conv, weights, packed.data());
  std::vector<float> slopes(static_cast<size_t>(round_up(shuffle.conv.out_channels, 4)));
  Epilogue epilogue = problem.epilogue;
  for (int64_t o = 0; epilogue.slopes != nullptr && o < shuffle.conv.out_channels; ++o) {
    slopes[static_cast<size_t>(o)] = problem.epilogue.slopes[block_channel(shuffle, o).channel];
  }
  if (epilogue.slopes != nullptr) epilogue.slopes = slopes.data();
  std::vector<float> scratch(static_cast<size_t>(shuffled_scratch_size(shuffle, algorithm)));
  const int64_t pixel = shuffle.plain_output ? shuffle.channels : padded_channels(shuffle.channels);
  std::vector<float> output(
      static_cast<size_t>(problem.shape.batch * shuffle.out_h * shuffle.out_w * pixel), kNaN);
  in_pieces(shuffle.rows(), [&](int64_t begin, int64_t end) {
    run_shuffled_rows(shuffle, algorithm, problem.input.data(), packed.data(), output.data(),
                      epilogue, scratch.data(), begin, end);
  });
  return output;
}

// How far the convolution to blocks may lie from the exact result, for every output.
std::vector<double> block_bounds(const ConvShuffleShape& shuffle, const ConvAlgorithm& algorithm,
                                 const TransposedBlockWeights& blocks,
                                 const std::vector<float>& input, std::vector<double> bounds) {
  const ConvShape& conv = shuffle.conv;
  std::vector<float> weights, bias;
  for (int64_t o = 0; o < conv.out_channels; ++o) {
    bias.push_back(blocks.bias(o));
    for (int64_t i = 0; i < conv.in_channels; ++i) {
      for (int64_t k = 0; k < conv.kernel_h * conv.kernel_w; ++k) {
        weights.push_back(blocks.at(0, o, i, k / conv.kernel_w, k % conv.kernel_w));
      }
    }
  }
  std::vector<double> wide;
  widen_bounds(conv, algorithm, input, weights, bias, wide);
  const int64_t size = conv.out_h * conv.out_w;
  for (int64_t at = 0; at < static_cast<int64_t>(wide.size()); ++at) {
    const int64_t plane = at / size, n = plane / conv.out_channels;
    const BlockChannel block = block_channel(shuffle, plane % conv.out_channels);
    const int64_t y = at % size / conv.out_w * shuffle.block_h + block.y - shuffle.crop_top;
    const int64_t x = at % conv.out_w * shuffle.block_w + block.x - shuffle.crop_left;
    if (y < 0 || x < 0 || y >= shuffle.out_h || x >= shuffle.out_w) continue;
    const int64_t to =
        ((n * shuffle.channels + block.channel) * shuffle.out_h + y) * shuffle.out_w + x;
    bounds[static_cast<size_t>(to)] += wide[static_cast<size_t>(at)];
  }
  return bounds;
}

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
  const auto image = channels_last(input, shape.batch, shape.in_channels, in_size);
  const auto addend = options.residual
                          ? channels_last(residual, shape.batch, shape.out_channels, out_size)
                          : residual;
  const auto strided =
      dense_transposed_weights(shape, weights.data(), options.bias ? bias.data() : nullptr);
  const Problem problem = {shape, image, strided, options.epilogue};

  const test::Expected exact = test::reference_conv_transpose(conv, out, input, weights, bias);
  test::Expected expected = exact;
  finish(expected, residual, options.epilogue, shape.out_channels, out_size);
  const auto phases = run_phases(problem, options.residual ? addend.data() : nullptr);
  expect_close(plain(phases, shape.batch, shape.out_channels, out_size), expected);

  auto shuffle = transposed_as_shuffle(shape);
  if (!shuffle || options.residual) return;
  for (const bool plain_output : {false, true}) {
    SCOPED_TRACE(plain_output ? "blocks, plain" : "blocks");
    shuffle->plain_output = plain_output;
    const ConvAlgorithm& algorithm = choose_algorithm(shuffle->conv);
    const TransposedBlockWeights blocks(shape, *shuffle, strided);
    expected = exact;
    expected.bounds = block_bounds(*shuffle, algorithm, blocks, input, exact.bounds);
    finish(expected, {}, options.epilogue, shape.out_channels, out_size);
    const auto result = run_blocks(problem, *shuffle, algorithm);
    expect_close(plain_output ? result : plain(result, shape.batch, shape.out_channels, out_size),
                 expected);
  }
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

TEST(ConvTranspose, LargeEnoughForWinograd) {
  for (const int64_t size : {9, 17, 40}) {
    ReferenceConv conv = square(9, 1, 9, 3, 4);
    conv.batch = 2;
    conv.axes[0].in = size;
    conv.axes[1].in = size + 3;
    check(conv, {.output_padding = 2});
    conv.out_channels = 5;
    check(conv, {.output_padding = 1});
  }
}

TEST(ConvTranspose, BlocksWhereTheyPay) {
  const auto blocks = [](const ReferenceConv& conv) {
    return transposed_as_shuffle(shape_of(conv, test::transposed_dims(conv.axes))).has_value();
  };
  EXPECT_TRUE(blocks(square(56, 1, 9, 3, 4)));
  EXPECT_TRUE(blocks(square(8, 8, 4, 2, 1)));
  EXPECT_TRUE(blocks(square(8, 8, 2, 2, 0)));
  EXPECT_FALSE(blocks(square(8, 8, 3, 2, 1)));
  EXPECT_FALSE(blocks(square(8, 8, 1, 2, 0)));
  ReferenceConv grouped = square(8, 8, 4, 2, 1), dilated = grouped;
  grouped.groups = 4;
  dilated.axes[0].dilation = 2;
  EXPECT_FALSE(blocks(grouped) || blocks(dilated));
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
  const Epilogue epilogues[] = {{.activation = {Activation::Relu}},
                                {.activation = {Activation::PRelu}, .slopes = slopes.data()},
                                {.activation = {Activation::Sigmoid}}};
  for (const Epilogue& epilogue : epilogues) {
    check(square(8, 11, 3, 2, 0), {.epilogue = epilogue});
    check(square(8, 1, 3, 2, 0), {.epilogue = epilogue, .residual = true});
    check(square(8, 5, 2, 3, 0), {.epilogue = epilogue, .bias = false});
  }
}

}  // namespace
}  // namespace fovea::kernels

#include <numeric>

#include "conv_checks.h"
#include "kernels/matmul/tile.h"
#include "kernels/winograd/filters.h"

// Winograd's algorithm wherever it is possible, chosen or not.
namespace fovea::kernels {
namespace {

void expect_division_of_rows_not_to_matter(const ReferenceConv& conv,
                                           const ConvAlgorithm& algorithm) {
  const ConvShape shape = shape_of(conv);
  const int64_t pixels = shape.in_h * shape.in_w;
  const auto input = channels_last(random_floats(shape.batch * shape.in_channels * pixels, 1),
                                   shape.batch, shape.in_channels, pixels);
  const auto weights =
      random_floats(shape.out_channels * shape.in_channels * shape.kernel_h * shape.kernel_w, 2);
  const auto pieces = run(shape, algorithm, input, weights, nullptr, {}, {});
  const auto whole = run(shape, algorithm, input, weights, nullptr, {}, {.in_pieces = false});
  EXPECT_EQ(pieces, whole);
}

std::string name_of_test(const ::testing::TestParamInfo<const ConvAlgorithm*>& info) {
  const Winograd winograd = Winograd::of(*info.param).value();
  const std::string name =
      "F" + std::to_string(winograd.down.tile) + "x" + std::to_string(winograd.across.tile);
  return winograd.down.kernel == 3 ? name : name + "For5x5";
}

class ConvWinograd : public ::testing::TestWithParam<const ConvAlgorithm*> {
 protected:
  static void check(const ReferenceConv& conv, const Options& options = {}) {
    kernels::check(conv, options, GetParam());
  }
  // Of the kernel, or of the blocks it is cut into.
  static int64_t kernel() {
    return static_cast<int64_t>(Winograd::of(*GetParam()).value().down.kernel);
  }
  // A convolution by that kernel which keeps the image's size.
  static ReferenceConv same(int64_t in, int64_t out, int64_t size) {
    return square(in, out, size, kernel(), kernel() / 2);
  }
};

// The same for larger kernels.
class ConvWinogradBlocks : public ConvWinograd {
 protected:
  // The smallest kernel of odd size that is cut in two along each side; it keeps the image's size.
  static ReferenceConv two_blocks(int64_t in, int64_t out, int64_t size) {
    return square(in, out, size, kernel() + 2, kernel() / 2 + 1);
  }
};

INSTANTIATE_TEST_SUITE_P(Tiles, ConvWinograd,
                         ::testing::Values(&kWinograd4x4, &kWinograd4x6, &kWinograd6x6,
                                           &kWinograd4x4For5x5),
                         name_of_test);
INSTANTIATE_TEST_SUITE_P(Tiles, ConvWinogradBlocks,
                         ::testing::Values(&kWinograd4x4Blocks, &kWinograd4x6Blocks,
                                           &kWinograd6x6Blocks, &kWinograd4x4For5x5Blocks),
                         name_of_test);

TEST_P(ConvWinograd, EveryNumberOfChannels) {
  for (int64_t c = 1; c <= 37; ++c) {
    check(same(c, 5, 7));
    check(same(5, c, 7));
  }
  check(same(64, 64, 13));
  check(same(130, 66, 5));
  check(same(66, 130, 5));
}

// Blocks of full tiles, by panels of two vectors and of three.
TEST_P(ConvWinograd, UsualChannels) {
  const auto check_all = []<ptrdiff_t... Usual>(std::integer_sequence<ptrdiff_t, Usual...>) {
    (check(same(Usual, kPanel + kLastPanel, 26)), ...);
  };
  if (GetParam() == &kWinograd4x4) check_all(winograd::F4x4::UsualChannels());
  if (GetParam() == &kWinograd4x6) check_all(winograd::F4x6::UsualChannels());
  if (GetParam() == &kWinograd6x6) check_all(winograd::F6x6::UsualChannels());
  if (GetParam() == &kWinograd4x4For5x5) check_all(winograd::F4x4For5x5::UsualChannels());
}

TEST_P(ConvWinograd, InputsInParts) {
  EXPECT_EQ(GetParam()->parts({}), ConvParts::WholeVectors);
  for (const std::vector<int64_t>& parts : std::vector<std::vector<int64_t>>{
           {4, 4}, {4, 12, 8}, {20, 4, 4, 4}, {64, 32}, {32, 96}, {64, 32, 32, 32, 32}}) {
    const int64_t channels = std::accumulate(parts.begin(), parts.end(), int64_t{0});
    check(same(channels, 9, 7), {.parts = parts});
    check(same(channels, 5, 26), {.parts = parts});
    const Axis y{.in = 9, .kernel = kernel(), .pad_begin = 2},
        x{.in = 13, .kernel = kernel(), .pad_end = 1};
    check({.batch = 3, .in_channels = channels, .out_channels = 6, .axes = {y, x}},
          {.residual = true, .parts = parts});
  }
}

TEST_P(ConvWinograd, EveryWidthAndHeight) {
  for (int64_t width = 1; width <= 30; ++width) {
    ReferenceConv conv = same(9, 12, 6);
    conv.axes[1].in = width;
    check(conv);
    std::swap(conv.axes[0], conv.axes[1]);
    check(conv);
  }
  // More tiles than a block takes.
  check(same(6, 9, 45));
}

TEST_P(ConvWinograd, SmallerKernels) {
  for (int64_t h = 1; h <= kernel(); ++h) {
    for (int64_t w = 1; w <= kernel(); ++w) {
      const Axis y{.in = 12, .kernel = h, .pad_begin = h / 2};
      const Axis x{.in = 17, .kernel = w, .pad_begin = w / 2, .pad_end = 1};
      check({.batch = 2, .in_channels = 5, .out_channels = 9, .axes = {y, x}});
    }
  }
}

TEST_P(ConvWinograd, PadsAndBatches) {
  const int64_t step = kernel() / 2;
  for (int64_t pads = 0; pads < 81; ++pads) {
    const Axis y{
        .in = 6, .kernel = kernel(), .pad_begin = pads % 3 * step, .pad_end = pads / 3 % 3 * step};
    const Axis x{.in = 11,
                 .kernel = kernel(),
                 .pad_begin = pads / 9 % 3 * step,
                 .pad_end = pads / 27 * step};
    check({.batch = 3, .in_channels = 5, .out_channels = 9, .axes = {y, x}});
  }
  check(square(5, 9, 2, kernel(), 7));
}

TEST_P(ConvWinograd, EveryEpilogue) {
  for_each_epilogue([](const Epilogue& epilogue) {
    for (const int64_t outputs : {4, 11, 12, 13}) {
      check(same(8, outputs, 9), {.epilogue = epilogue});
      check(same(8, outputs, 9), {.epilogue = epilogue, .residual = true});
      check(same(8, outputs, 9), {.epilogue = epilogue, .bias = false, .in_place_residual = true});
    }
  });
}

TEST_P(ConvWinograd, HowRowsAreDividedDoesNotMatter) {
  ReferenceConv conv = same(7, 10, 14);
  conv.batch = 3;
  expect_division_of_rows_not_to_matter(conv, *GetParam());
}

TEST_P(ConvWinogradBlocks, EveryKernel) {
  for (int64_t h = kernel() + 1; h <= 2 * kernel() + 1; ++h) {
    for (int64_t w = kernel() + 1; w <= 2 * kernel() + 1; ++w) {
      const Axis y{.in = 12, .kernel = h, .pad_begin = h / 2, .pad_end = h / 3};
      const Axis x{.in = 17, .kernel = w, .pad_begin = w / 3, .pad_end = w / 2};
      check({.batch = 2, .in_channels = 3, .out_channels = 9, .axes = {y, x}});
    }
  }
}

TEST_P(ConvWinogradBlocks, EveryNumberOfChannels) {
  for (int64_t c = 1; c <= 13; ++c) {
    check(two_blocks(c, 8, 9));
    check(two_blocks(3, c, 9));
  }
  check(square(32, 64, 11, 9, 4));
}

TEST_P(ConvWinogradBlocks, EverySizeAndPad) {
  for (int64_t size = 1; size <= 21; ++size) {
    check(square(2, 8, size, 2 * kernel() - 1, 2 * kernel() - 2));
    if (size > 2 * kernel()) check(square(2, 8, size, 2 * kernel() + 1, 0));
  }
}

TEST_P(ConvWinogradBlocks, EveryEpilogue) {
  for_each_epilogue([](const Epilogue& epilogue) {
    check(two_blocks(3, 13, 9), {.epilogue = epilogue, .residual = true});
  });
}

TEST_P(ConvWinogradBlocks, HowRowsAreDividedDoesNotMatter) {
  expect_division_of_rows_not_to_matter(two_blocks(3, 10, 23), *GetParam());
}

}  // namespace
}  // namespace fovea::kernels

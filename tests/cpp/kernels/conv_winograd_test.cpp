#include "conv_checks.h"

// Winograd's algorithm wherever it is possible, chosen or not.
namespace fovea::kernels {
namespace {

void check_winograd(const ReferenceConv& conv, const Options& options = {}) {
  check(conv, options, ConvAlgorithm::Winograd);
}

TEST(ConvWinograd, EveryNumberOfChannels) {
  for (int64_t c = 1; c <= 37; ++c) {
    check_winograd(square(c, 5, 7, 3, 1));
    check_winograd(square(5, c, 7, 3, 1));
  }
  check_winograd(square(64, 64, 13, 3, 1));
  check_winograd(square(130, 66, 5, 3, 1));
  check_winograd(square(66, 130, 5, 3, 1));
}

TEST(ConvWinograd, EveryWidthAndHeight) {
  for (int64_t width = 1; width <= 30; ++width) {
    ReferenceConv conv = square(9, 12, 6, 3, 1);
    conv.axes[1].in = width;
    check_winograd(conv);
    std::swap(conv.axes[0], conv.axes[1]);
    check_winograd(conv);
  }
  // More tiles than a block takes.
  check_winograd(square(6, 9, 45, 3, 1));
}

TEST(ConvWinograd, PadsAndBatches) {
  for (int64_t pads = 0; pads < 81; ++pads) {
    const Axis y{.in = 6, .kernel = 3, .pad_begin = pads % 3, .pad_end = pads / 3 % 3};
    const Axis x{.in = 11, .kernel = 3, .pad_begin = pads / 9 % 3, .pad_end = pads / 27};
    check_winograd({.batch = 3, .in_channels = 5, .out_channels = 9, .axes = {y, x}});
  }
  check_winograd(square(5, 9, 2, 3, 7));
}

TEST(ConvWinograd, EveryEpilogue) {
  for_each_epilogue([](const Epilogue& epilogue) {
    for (const int64_t outputs : {4, 11, 13}) {
      check_winograd(square(8, outputs, 9, 3, 1), {.epilogue = epilogue});
      check_winograd(square(8, outputs, 9, 3, 1), {.epilogue = epilogue, .residual = true});
      check_winograd(square(8, outputs, 9, 3, 1),
                     {.epilogue = epilogue, .bias = false, .in_place_residual = true});
    }
  });
}

TEST(ConvWinograd, HowRowsAreDividedDoesNotMatter) {
  ReferenceConv conv = square(7, 10, 14, 3, 1);
  conv.batch = 3;
  const ConvShape shape = shape_of(conv);
  const auto input = channels_last(random_floats(3 * 7 * 14 * 14, 1), 3, 7, 14 * 14);
  const auto weights = random_floats(10 * 7 * 9, 2);
  const auto pieces = run(shape, ConvAlgorithm::Winograd, input, weights, nullptr, {}, {});
  const auto whole =
      run(shape, ConvAlgorithm::Winograd, input, weights, nullptr, {}, {.in_pieces = false});
  EXPECT_EQ(pieces, whole);
}

TEST(ConvWinogradBlocks, EveryKernel) {
  for (int64_t h = 4; h <= 9; ++h) {
    for (int64_t w = 4; w <= 9; ++w) {
      const Axis y{.in = 12, .kernel = h, .pad_begin = h / 2, .pad_end = h / 3};
      const Axis x{.in = 17, .kernel = w, .pad_begin = w / 3, .pad_end = w / 2};
      check({.batch = 2, .in_channels = 3, .out_channels = 9, .axes = {y, x}}, {},
            ConvAlgorithm::WinogradBlocks);
    }
  }
}

TEST(ConvWinogradBlocks, EveryNumberOfChannels) {
  for (int64_t c = 1; c <= 13; ++c) {
    check(square(c, 8, 9, 5, 2), {}, ConvAlgorithm::WinogradBlocks);
    check(square(3, c, 9, 5, 2), {}, ConvAlgorithm::WinogradBlocks);
  }
  check(square(32, 64, 11, 9, 4), {}, ConvAlgorithm::WinogradBlocks);
}

TEST(ConvWinogradBlocks, EverySizeAndPad) {
  for (int64_t size = 1; size <= 21; ++size) {
    check(square(2, 8, size, 5, 4), {}, ConvAlgorithm::WinogradBlocks);
    if (size > 6) check(square(2, 8, size, 7, 0), {}, ConvAlgorithm::WinogradBlocks);
  }
}

TEST(ConvWinogradBlocks, EveryEpilogue) {
  for_each_epilogue([](const Epilogue& epilogue) {
    check(square(3, 13, 9, 5, 2), {.epilogue = epilogue, .residual = true},
          ConvAlgorithm::WinogradBlocks);
  });
}

TEST(ConvWinogradBlocks, HowRowsAreDividedDoesNotMatter) {
  const ConvShape shape = shape_of(square(3, 10, 23, 5, 2));
  const auto input = channels_last(random_floats(3 * 23 * 23, 1), 1, 3, 23 * 23);
  const auto weights = random_floats(10 * 3 * 25, 2);
  const auto algorithm = ConvAlgorithm::WinogradBlocks;
  const auto pieces = run(shape, algorithm, input, weights, nullptr, {}, {});
  const auto whole = run(shape, algorithm, input, weights, nullptr, {}, {.in_pieces = false});
  EXPECT_EQ(pieces, whole);
}

TEST(ConvWinogradBlocks, ChosenWhereItPays) {
  const auto chosen = [](const ReferenceConv& conv) {
    return choose_algorithm(shape_of(conv)) == ConvAlgorithm::WinogradBlocks;
  };
  EXPECT_TRUE(chosen(square(3, 64, 32, 9, 4)));
  EXPECT_TRUE(chosen(square(32, 16, 32, 5, 2)));
  EXPECT_FALSE(chosen(square(1, 64, 32, 5, 2)));
  EXPECT_FALSE(chosen(square(64, 3, 32, 5, 2)));
  EXPECT_FALSE(chosen(square(64, 64, 32, 4, 1)));
  EXPECT_FALSE(chosen(square(64, 64, 6, 5, 2)));
}

TEST(ConvWinograd, ChosenWhereItPays) {
  const auto chosen = [](const ReferenceConv& conv) {
    return choose_algorithm(shape_of(conv)) == ConvAlgorithm::Winograd;
  };
  EXPECT_TRUE(chosen(square(64, 64, 32, 3, 1)));
  EXPECT_TRUE(chosen(square(16, 16, 32, 3, 0)));
  EXPECT_FALSE(chosen(square(64, 64, 32, 5, 1)));
  EXPECT_FALSE(chosen(square(64, 1, 32, 3, 1)));
  EXPECT_FALSE(chosen(square(64, 64, 2, 3, 1)));
  for (const bool across : {false, true}) {
    ReferenceConv strided = square(64, 64, 32, 3, 1), dilated = strided, grouped = strided;
    strided.axes[across].stride = 2;
    dilated.axes[across].dilation = 2;
    grouped.groups = 4;
    EXPECT_FALSE(chosen(strided) || chosen(dilated) || chosen(grouped));
  }
}

}  // namespace
}  // namespace fovea::kernels

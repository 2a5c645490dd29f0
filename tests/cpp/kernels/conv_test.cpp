#include <numeric>

#include "conv_checks.h"
#include "kernels/conv/algorithms.h"

namespace fovea::kernels {
namespace {

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
    for (const auto& [in, out] :
         {std::pair{1, 3}, {4, 8}, {3, 5}, {8, 4}, {2, 11}, {2, 13}, {2, 20}, {3, 16}, {9, 1}}) {
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
  for_each_epilogue([](const Epilogue& epilogue) {
    for (const bool residual : {false, true}) {
      const Options options{.epilogue = epilogue, .residual = residual};
      check(square(6, 11, 7, 3, 1), options);
      check(square(6, 12, 8, 3, 1), options);
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
      ReferenceConv whole = square(8, 8, 21, 3, 1);
      whole.groups = 8;
      check(whole, options);
    }
  });
}

// 1x1, and kernels whose taps are gathered: rows of full tiles, of whole vectors and not.
TEST(Conv, ShortSums) {
  for_each_epilogue([](const Epilogue& epilogue) {
    for (const int64_t outputs : {8, 11, 12, 20, 24}) {
      check(square(7, outputs, 30, 1, 0), {.epilogue = epilogue});
      check(square(4, outputs, 30, 1, 0), {.epilogue = epilogue, .residual = true});
      check(square(1, outputs, 30, 5, 2), {.epilogue = epilogue, .in_place_residual = true});
    }
  });
  for (int64_t width = 1; width <= 40; ++width) {
    ReferenceConv conv = square(2, 20, 3, 3, 1);
    conv.axes[1].in = width;
    check(conv);
  }
}

// One row of tiles over several rows of pixels, and over each by itself.
TEST(Conv, PointwiseOfSmallImages) {
  for (int64_t height = 1; height <= 4; ++height) {
    for (int64_t width = 1; width <= 9; ++width) {
      for (const bool in_pieces : {false, true}) {
        ReferenceConv conv = square(5, 11, height, 1, 0);
        conv.batch = 2;
        conv.axes[1].in = width;
        check(conv, {.residual = true, .in_pieces = in_pieces});
        conv.axes[0].pad_begin = conv.axes[1].pad_end = 1;
        check(conv, {.in_pieces = in_pieces});
        conv.axes[0].stride = 2;
        check(conv, {.in_pieces = in_pieces});
      }
    }
  }
  // More rows than a strip has.
  check(square(3, 9, 40, 1, 0), {.in_pieces = false});
}

TEST(Conv, PointwiseOfInputsInParts) {
  for (const std::vector<int64_t>& parts : std::vector<std::vector<int64_t>>{
           {1, 1}, {4, 8}, {9, 9, 9, 9}, {3, 16, 1}, {25, 25}, {0, 5}, {5, 0, 2}}) {
    const int64_t channels = std::accumulate(parts.begin(), parts.end(), int64_t{0});
    for (const int64_t outputs : {1, 4, 8, 11, 12, 21}) {
      ReferenceConv conv = square(channels, outputs, 9, 1, 0);
      conv.batch = 2;
      conv.axes[1].in = 7;
      EXPECT_EQ(kDirectConv.parts(shape_of(conv)), ConvParts::Any);
      for (const bool in_pieces : {false, true}) {
        check(conv, {.in_pieces = in_pieces, .parts = parts}, &kDirectConv);
      }
      check(conv, {.in_place_residual = true, .parts = parts}, &kDirectConv);
    }
  }
  check(square(8, 1, 1, 1, 0), {.parts = {3, 5}}, &kDirectConv);
}

TEST(Conv, OthersTakeOneImage) {
  const ReferenceConv padded = square(8, 8, 9, 1, 1), larger = square(8, 8, 9, 3, 1);
  ReferenceConv strided = square(8, 8, 9, 1, 0), grouped = square(8, 8, 9, 1, 0);
  strided.axes[1].stride = 2;
  grouped.groups = 2;
  for (const ReferenceConv& conv : {padded, larger, strided, grouped}) {
    EXPECT_EQ(kDirectConv.parts(shape_of(conv)), ConvParts::One);
  }
}

TEST(Conv, WithoutBiasAndWithResidualInPlace) {
  for (const int64_t out : {1, 3, 13}) {
    check(square(8, out, 7, 3, 1), {.bias = false});
    check(square(8, out, 7, 3, 1),
          {.epilogue = {.activation = {Activation::Relu}}, .in_place_residual = true});
  }
  ReferenceConv depthwise = square(7, 7, 6, 3, 1);
  depthwise.groups = 7;
  check(depthwise, {.bias = false, .in_place_residual = true});
}

TEST(Conv, DirectAlsoDoesWhatOthersAreChosenFor) {
  check(square(16, 1, 9, 3, 1), {}, &kDirectConv);
  ReferenceConv depthwise = square(6, 6, 9, 3, 1);
  depthwise.groups = 6;
  check(depthwise, {}, &kDirectConv);
}

TEST(Conv, StripsOfSeveralRows) {
  check(square(4, 4, 40, 3, 1));
  check(square(16, 1, 45, 5, 2));
  check(square(130, 9, 30, 3, 1));
}

}  // namespace
}  // namespace fovea::kernels

#include <set>
#include <string>

#include "conv_checks.h"
#include "kernels/conv/algorithms.h"

// Which algorithm computes which convolution.
namespace fovea::kernels {
namespace {

TEST(ConvAlgorithms, HaveNamesOfTheirOwn) {
  std::set<std::string> names;
  for (const ConvAlgorithm* algorithm : conv_algorithms()) names.insert(algorithm->name);
  EXPECT_EQ(names.size(), conv_algorithms().size());
}

struct Layer {
  int64_t in, out, kernel, side;
  int64_t stride = 1, dilation = 1, groups = 1;
};

// Of an output as large as the input, as far as the stride leaves it so.
ConvShape shape_of_layer(const Layer& layer) {
  ReferenceConv conv = square(layer.in, layer.out, layer.side, layer.kernel,
                              layer.dilation * (layer.kernel - 1) / 2);
  conv.groups = layer.groups;
  for (Axis& axis : conv.axes) {
    axis.stride = layer.stride;
    axis.dilation = layer.dilation;
  }
  return shape_of(conv);
}

std::string chosen(const Layer& layer, Precision precision = Precision::Default) {
  return choose_algorithm(shape_of_layer(layer), precision).name;
}

// Without fused multiply-add, larger tiles are the usual ones of 3x3.
const std::string kUsual =
    simd::kFusedMultiplyAdd ? "Winograd F(4x4, 3x3)" : "Winograd F(4x6, 3x3)";

TEST(ConvAlgorithms, OfUsualLayers) {
  const std::string for_5x5 = "Winograd F(4x4, 5x5)", few = "direct, few outputs";
  // First layers, bodies, and last layers of networks for super-resolution.
  EXPECT_EQ(chosen({1, 64, 5, 224}), "direct");
  EXPECT_EQ(chosen({3, 64, 3, 128}), kUsual);
  EXPECT_EQ(chosen({3, 24, 3, 256}), kUsual);
  EXPECT_EQ(chosen({3, 64, 9, 384}), for_5x5 + ", in blocks");
  EXPECT_EQ(chosen({1, 64, 9, 384}), "direct");
  EXPECT_EQ(chosen({64, 64, 3, 36}), kUsual);
  EXPECT_EQ(chosen({16, 16, 3, 128}), kUsual);
  EXPECT_EQ(chosen({64, 32, 5, 224}), for_5x5);
  EXPECT_EQ(chosen({64, 64, 7, 64}), for_5x5 + ", in blocks");
  EXPECT_EQ(chosen({64, 32, 1, 384}), "direct");
  EXPECT_EQ(chosen({12, 56, 1, 224}), "direct");
  EXPECT_EQ(chosen({64, 9, 3, 128}), kUsual);
  EXPECT_EQ(chosen({64, 48, 3, 128}), kUsual);
  EXPECT_EQ(chosen({64, 3, 3, 128}), kUsual);
  EXPECT_EQ(chosen({64, 2, 3, 128}), few);
  EXPECT_EQ(chosen({64, 1, 9, 128}), few);
  EXPECT_EQ(chosen({32, 3, 5, 384}), for_5x5);
  EXPECT_EQ(chosen({4, 1, 3, 128}), "direct");
  EXPECT_EQ(chosen({64, 64, 3, 128, 1, 1, 4}), kUsual);
  // What minimal filtering cannot do.
  EXPECT_EQ(chosen({32, 64, 3, 128, 2}), "direct");
  EXPECT_EQ(chosen({64, 64, 3, 128, 1, 2}), "direct");
  EXPECT_EQ(chosen({64, 64, 3, 128, 1, 1, 64}), "depthwise");
  EXPECT_EQ(chosen({64, 64, 5, 128, 2, 1, 64}), "depthwise");
  EXPECT_EQ(chosen({64, 128, 3, 128, 1, 1, 64}), "direct");
  // Small images.
  EXPECT_EQ(chosen({64, 64, 3, 2}), "direct");
  EXPECT_EQ(chosen({64, 64, 9, 6}), "direct");
}

TEST(ConvAlgorithms, OfUsualLayersWhereFastIsAskedFor) {
  EXPECT_EQ(chosen({16, 16, 3, 128}, Precision::Fast), "Winograd F(6x6, 3x3)");
  EXPECT_EQ(chosen({16, 16, 5, 128}, Precision::Fast), "Winograd F(4x4, 5x5)");
  EXPECT_EQ(chosen({16, 16, 1, 128}, Precision::Fast), "direct");
  EXPECT_EQ(chosen({16, 16, 3, 128, 2}, Precision::Fast), "direct");
  EXPECT_EQ(chosen({64, 64, 3, 128, 1, 1, 64}, Precision::Fast), "depthwise");
}

// The rules once more, by names: what the descriptors say together.
struct Tiles {
  const char* name;
  int64_t kernel, height, width;
  bool for_default;
};
constexpr Tiles kTiles[] = {{"Winograd F(4x4, 3x3)", 3, 4, 4, true},
                            {"Winograd F(4x4, 5x5)", 5, 4, 4, true},
                            {"Winograd F(4x6, 3x3)", 3, 4, 6, !simd::kFusedMultiplyAdd},
                            {"Winograd F(6x6, 3x3)", 3, 6, 6, false}};

int64_t parts(int64_t size, int64_t part) { return (size + part - 1) / part; }

std::string for_any_size(const ConvShape& shape) {
  const bool one_each = shape.in_channels == shape.groups && shape.out_channels == shape.groups;
  if (shape.groups > 1 && one_each) return "depthwise";
  const bool few = shape.groups == 1 && shape.out_channels <= 3 && shape.in_channels >= 8;
  return few ? "direct, few outputs" : "direct";
}

std::string expected(const ConvShape& shape, Precision precision) {
  const bool dense =
      shape.stride_h == 1 && shape.stride_w == 1 && shape.dilation_h == 1 && shape.dilation_w == 1;
  if (!dense || (shape.groups > 1 && shape.group_outputs() % 4 != 0)) return for_any_size(shape);
  const Tiles* best = nullptr;
  int64_t least = 0, blocks = 0;
  for (const Tiles& tiles : kTiles) {
    if (precision == Precision::Default && !tiles.for_default) continue;
    const int64_t count = parts(shape.kernel_h, tiles.kernel) * parts(shape.kernel_w, tiles.kernel);
    if (count > 1 && shape.groups > 1) continue;
    const int64_t products = count * parts(shape.out_h, tiles.height) *
                             parts(shape.out_w, tiles.width) * (tiles.height + tiles.kernel - 1) *
                             (tiles.width + tiles.kernel - 1);
    if (best != nullptr && products >= least) continue;
    best = &tiles;
    least = products;
    blocks = count;
  }
  if (best == nullptr) return for_any_size(shape);
  const int64_t least_channels = blocks == 1 ? 3 : 8, least_size = blocks == 1 ? 4 : 8;
  const bool pays = 20 * least <= 9 * shape.out_h * shape.out_w * shape.kernel_h * shape.kernel_w &&
                    blocks * shape.group_inputs() >= least_channels &&
                    shape.group_outputs() >= least_channels && shape.out_h >= least_size &&
                    shape.out_w >= least_size;
  if (!pays) return for_any_size(shape);
  return blocks == 1 ? best->name : std::string(best->name) + ", in blocks";
}

TEST(ConvAlgorithms, AreChosenByTheRules) {
  int64_t wrong = 0;
  const auto compare = [&](const ConvShape& shape) {
    for (const Precision precision : {Precision::Default, Precision::Fast}) {
      if (choose_algorithm(shape, precision).name == expected(shape, precision)) continue;
      ++wrong;
      ADD_FAILURE() << shape.in_channels << "->" << shape.out_channels << " to " << shape.out_h
                    << "x" << shape.out_w << " by " << shape.kernel_h << "x" << shape.kernel_w;
    }
    EXPECT_EQ(choose_algorithm_for_any_size(shape).name, for_any_size(shape));
  };
  for (const int64_t kernel_h : {1, 2, 3, 4, 5, 6, 7, 9, 11}) {
    for (const int64_t kernel_w : {1, 2, 3, 4, 5, 6, 7, 9, 11}) {
      for (const int64_t h : {1, 3, 4, 5, 7, 8, 12, 17, 36, 64}) {
        for (const int64_t w : {1, 3, 4, 6, 8, 9, 12, 17, 36, 64}) {
          for (const int64_t in : {1, 2, 3, 4, 7, 8, 64}) {
            for (const int64_t out : {1, 3, 4, 8}) {
              compare({.in_channels = in,
                       .in_h = h,
                       .in_w = w,
                       .out_channels = out,
                       .out_h = h,
                       .out_w = w,
                       .kernel_h = kernel_h,
                       .kernel_w = kernel_w});
            }
          }
        }
      }
      if (wrong > 10) return;
    }
  }
  for (const int64_t stride : {1, 2}) {
    for (const int64_t dilation : {1, 2}) {
      for (const int64_t groups : {1, 2, 8, 16}) {
        for (const int64_t kernel : {1, 3, 5, 9}) {
          compare(shape_of_layer({16, 16, kernel, 40, stride, dilation, groups}));
          compare(shape_of_layer({32, 16, kernel, 40, stride, dilation, groups}));
        }
      }
    }
  }
}

// However many tiles of whatever sides reach over the edges of the shape it is asked about.
TEST(ConvAlgorithms, OfLargeImagesDoNotDependOnTheirSize) {
  for (const int64_t kernel : {1, 3, 5, 7}) {
    for (const int64_t channels : {1, 3, 4, 16}) {
      for (const int64_t stride : {1, 2}) {
        const auto of_side = [&](int64_t side) {
          return shape_of_layer({channels, channels, kernel, side, stride, 1, 1});
        };
        const std::string large = choose_algorithm(of_side(1200 * stride)).name;
        for (const int64_t side : {7, 13, 64, 1201}) {
          EXPECT_EQ(choose_algorithm_for_large_images(of_side(side)).name, large)
              << kernel << "x" << kernel << " of " << channels << " at " << side;
        }
      }
    }
  }
}

// A third of larger tiles would be empty.
TEST(ConvAlgorithms, LargeTilesOnlyWhereFull) {
  const auto chosen_for = [](int64_t h, int64_t w) {
    ReferenceConv conv = square(16, 16, h, 3, 1);
    conv.axes[1].in = w;
    return std::string(choose_algorithm(shape_of(conv), Precision::Fast).name);
  };
  EXPECT_EQ(chosen_for(12, 640), "Winograd F(6x6, 3x3)");
  EXPECT_EQ(chosen_for(8, 640), "Winograd F(4x6, 3x3)");
  EXPECT_EQ(chosen_for(640, 8), "Winograd F(4x4, 3x3)");
}

}  // namespace
}  // namespace fovea::kernels

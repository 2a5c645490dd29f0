#include "kernels/subnormal.h"

#include "conv_checks.h"
#include "kernels/conv/algorithms.h"
#include "kernels/matmul/gemm.h"

// Weights too small for normal numbers are packed as 0, by every algorithm.
namespace fovea::kernels {
namespace {

constexpr float kSmallest = std::numeric_limits<float>::min();
constexpr float kSubnormal = 1e-40f;

bool is_subnormal(float x) { return std::fpclassify(x) == FP_SUBNORMAL; }

TEST(Subnormal, OnlySubnormalNumbersBecomeZero) {
  for (const float x : {0.0f, 1.0f, -1.0f, kSmallest, -kSmallest, INFINITY, -INFINITY}) {
    EXPECT_EQ(flush_subnormal(x), x);
  }
  EXPECT_TRUE(std::isnan(flush_subnormal(NAN)));
  for (const float x : {kSubnormal, -kSubnormal, std::nextafter(kSmallest, 0.0f)}) {
    EXPECT_EQ(flush_subnormal(x), 0.0f);
  }
}

// A twentieth subnormal, as weight decay leaves them, and some that a transform could make so.
std::vector<float> decayed(int64_t count, uint32_t seed) {
  std::vector<float> weights = random_floats(count, seed);
  for (size_t i = 0; i < weights.size(); i += 20) weights[i] = kSubnormal;
  for (size_t i = 7; i < weights.size(); i += 20) weights[i] *= 4 * kSmallest;
  return weights;
}

TEST(Subnormal, NoneIsPackedForConvolutions) {
  std::vector<ConvShape> shapes;
  for (const int64_t kernel : {1, 3, 5, 7}) {
    shapes.push_back(shape_of(square(24, 20, 40, kernel, kernel / 2)));
    shapes.push_back(shape_of(square(24, 2, 40, kernel, kernel / 2)));
    ReferenceConv depthwise = square(8, 8, 40, kernel, kernel / 2);
    depthwise.groups = 8;
    shapes.push_back(shape_of(depthwise));
  }
  std::vector<const ConvAlgorithm*> unused(conv_algorithms().begin(), conv_algorithms().end());
  for (const ConvShape& shape : shapes) {
    const auto weights =
        decayed(shape.out_channels * shape.group_inputs() * shape.kernel_h * shape.kernel_w, 1);
    const auto bias = decayed(shape.out_channels, 2);
    for (const ConvAlgorithm* algorithm : conv_algorithms()) {
      if (!algorithm->applies(shape, Precision::Fast)) continue;
      std::erase(unused, algorithm);
      std::vector<float> packed(static_cast<size_t>(algorithm->packed_size(shape)));
      algorithm->pack_weights(shape, dense_weights(shape, weights.data(), bias.data()),
                              packed.data());
      EXPECT_TRUE(std::ranges::none_of(packed, is_subnormal)) << algorithm->name;
      EXPECT_TRUE(std::ranges::any_of(packed, [](float x) { return std::fabs(x) > 0.1f; }));
    }
  }
  EXPECT_TRUE(unused.empty());
}

TEST(Subnormal, NoneIsPackedForMatrices) {
  const GemmShape shape = {.m = 1, .n = 21, .k = 40};
  const auto b = decayed(shape.n * shape.k, 1), bias = decayed(shape.n, 2);
  for (const float scale : {1.0f, 0.01f}) {
    std::vector<float> packed(static_cast<size_t>(gemm_packed_size(shape)));
    pack_gemm(shape, {b.data(), shape.n, 1}, scale, bias.data(), packed.data(), 0, shape.n);
    EXPECT_TRUE(std::ranges::none_of(packed, is_subnormal));
  }
}

}  // namespace
}  // namespace fovea::kernels

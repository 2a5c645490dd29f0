// Multiply-accumulates, which nothing but the shapes bounds.

#include <gtest/gtest.h>

#include <limits>

#include "support/op_runner.h"

namespace fovea::test {
namespace {

constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
constexpr int64_t kWide = int64_t{1} << 26;  // a square of so many elements is a tensor's limit

OpCase same_conv(const std::string& op_type, int64_t groups = 1) {
  return {op_type, 17, {{"auto_pad", std::string("SAME_UPPER")}, {"group", groups}}};
}

TEST(Macs, AreCountedByDefinition) {
  EXPECT_EQ(macs_of(same_conv("Conv"), {{2, 4, 5, 6}, {8, 4, 3, 3}}), 2 * 8 * 5 * 6 * 4 * 3 * 3);
  EXPECT_EQ(macs_of(same_conv("Conv", 4), {{2, 4, 5, 6}, {8, 1, 3, 3}}), 2 * 8 * 5 * 6 * 3 * 3);
  EXPECT_EQ(macs_of(same_conv("ConvTranspose"), {{2, 4, 5, 6}, {4, 8, 3, 3}}),
            2 * 4 * 5 * 6 * 8 * 3 * 3);
  EXPECT_EQ(macs_of({"MatMul"}, {{7, 2, 3}, {3, 5}}), 7 * 2 * 3 * 5);
  EXPECT_EQ(macs_of({"Gemm"}, {{2, 3}, {3, 5}}), 2 * 3 * 5);
  const OpCase both = fused("FusedMatMul", 3, {{{"MatMul"}, {0, 1}}, {{"MatMul"}, {kBefore, 2}}});
  EXPECT_EQ(macs_of(both, {{2, 3}, {3, 5}, {5, 7}}), 2 * 3 * 5 + 2 * 5 * 7);
}

TEST(Macs, ThatNoInt64HoldsAreTheLargest) {
  const int64_t side = int64_t{1} << 16, channels = int64_t{1} << 20;
  EXPECT_EQ(macs_of(same_conv("Conv"), {{1, channels, side, side}, {channels, channels, 3, 3}}),
            kLargest);
  EXPECT_EQ(
      macs_of(same_conv("ConvTranspose"), {{1, channels, side, side}, {channels, channels, 3, 3}}),
      kLargest);
  const Shape square = {kWide, kWide};
  EXPECT_EQ(macs_of({"MatMul"}, {square, square}), kLargest);
  EXPECT_EQ(macs_of({"Gemm"}, {square, square}), kLargest);
  // Each of the products alone fits.
  const Shape row = {int64_t{1} << 10, kWide};
  const OpCase both = fused("FusedMatMul", 3, {{{"MatMul"}, {0, 1}}, {{"MatMul"}, {kBefore, 2}}});
  EXPECT_EQ(macs_of({"MatMul"}, {row, square}), int64_t{1} << 62);
  EXPECT_EQ(macs_of(both, {row, square, square}), kLargest);
}

}  // namespace
}  // namespace fovea::test

#include "image/bicubic.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/random.h"

namespace fovea::image {
namespace {

double keys(double x) {
  x = std::fabs(x);
  if (x <= 1) return 1.5 * x * x * x - 2.5 * x * x + 1;
  return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

// Weights of one output over a whole line of inputs, normalised over the inside.
std::vector<double> weights(int64_t in, int64_t out, int64_t index) {
  const double scale = static_cast<double>(in) / static_cast<double>(out);
  const double center = (static_cast<double>(index) + 0.5) * scale - 0.5;
  std::vector<double> w;
  double total = 0;
  for (int64_t i = 0; i < in; ++i) {
    w.push_back(keys((static_cast<double>(i) - center) / std::max(scale, 1.0)));
    total += w.back();
  }
  for (double& weight : w) weight /= total;
  return w;
}

void check(int64_t width, int64_t height, int64_t out_width, int64_t out_height) {
  const std::vector<float> in = test::random_floats(width * height, 1, 0.0f, 255.0f);
  const BicubicPlane plane(in, width, height, out_width, out_height);
  std::vector<float> scratch(static_cast<size_t>(plane.scratch_size()));
  std::vector<float> got(static_cast<size_t>(out_width)), part(got.size());
  for (int64_t y = 0; y < out_height; ++y) {
    plane.row(0, y, out_width, scratch.data(), got.data());
    const auto rows = weights(height, out_height, y);
    for (int64_t x = 0; x < out_width; ++x) {
      const auto columns = weights(width, out_width, x);
      double want = 0;
      for (int64_t j = 0; j < height; ++j) {
        for (int64_t i = 0; i < width; ++i) {
          want += rows[static_cast<size_t>(j)] * columns[static_cast<size_t>(i)] *
                  static_cast<double>(in[static_cast<size_t>(j * width + i)]);
        }
      }
      // Positions are floats: off by a few ULP of the axis, times a slope of at most 2 * 255.
      const double position_error = static_cast<double>(width + height) * 0x1p-23;
      ASSERT_NEAR(static_cast<double>(got[static_cast<size_t>(x)]), want,
                  2 * 255 * (position_error + 16 * 0x1p-24));
    }
    const int64_t from = out_width / 3, count = (out_width - from + 1) / 2;
    plane.row(from, y, count, scratch.data(), part.data());
    for (int64_t x = 0; x < count; ++x) {
      ASSERT_EQ(part[static_cast<size_t>(x)], got[static_cast<size_t>(from + x)]);
    }
  }
}

TEST(BicubicPlane, EnlargesAndShrinksLikeTheDefinition) {
  check(7, 5, 14, 10);
  check(7, 5, 21, 15);
  check(9, 6, 13, 11);
  check(12, 13, 5, 4);
  check(3, 2, 12, 8);
  check(1, 1, 4, 4);
  check(40, 3, 31, 7);
}

TEST(BicubicPlane, KeepsAConstantAndItsOwnSize) {
  std::vector<float> scratch(6), out(17);
  const BicubicPlane constant(std::vector<float>(24, 77.0f), 6, 4, 17, 9);
  for (int64_t y = 0; y < 9; ++y) {
    constant.row(0, y, 17, scratch.data(), out.data());
    for (const float value : out) EXPECT_NEAR(value, 77.0f, 77 * 8 * 0x1p-24f);
  }
  const std::vector<float> in = test::random_floats(24, 2);
  const BicubicPlane same(in, 6, 4, 6, 4);
  for (size_t y = 0; y < 4; ++y) {
    same.row(0, static_cast<int64_t>(y), 6, scratch.data(), out.data());
    for (size_t x = 0; x < 6; ++x) EXPECT_EQ(out[x], in[y * 6 + x]);
  }
}

}  // namespace
}  // namespace fovea::image

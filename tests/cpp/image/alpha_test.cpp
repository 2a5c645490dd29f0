#include "image/alpha.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "image/images.h"

namespace fovea::image {
namespace {

TEST(Alpha, ConstantIsFoundUnlessOnePixelDiffers) {
  Picture picture = Picture::random(5, 4, 1, 3);
  fill_alpha(200, picture.pixels());
  EXPECT_EQ(constant_alpha(picture.pixels()), 200);
  picture.at(4, 3, 3) = 199;
  EXPECT_EQ(constant_alpha(picture.pixels()), std::nullopt);
  EXPECT_EQ(constant_alpha(picture.pixels().crop(0, 0, 0, 0)), std::nullopt);
}

TEST(Alpha, FillingLeavesColours) {
  const Picture picture = Picture::random(5, 4, 2, 1);
  const std::vector<uint8_t> before = picture.bytes();
  fill_alpha(9, picture.pixels());
  for (size_t i = 0; i < before.size(); ++i) {
    const bool inside = i % 24 < 20;
    EXPECT_EQ(picture.bytes()[i], inside && i % 4 == 3 ? 9 : before[i]);
  }
}

// A black hidden frame around a grey square: every hidden pixel turns grey, the square stays.
TEST(Alpha, HiddenPixelsTakeTheColourOfTheirSurroundings) {
  Picture picture(9, 8);
  for (int64_t y = 3; y < 5; ++y) {
    for (int64_t x = 4; x < 6; ++x) {
      for (int c = 0; c < 3; ++c) picture.at(x, y, c) = static_cast<uint8_t>(100 + c);
      picture.at(x, y, 3) = 1;
    }
  }
  bleed_colour(picture.pixels());
  for (int64_t y = 0; y < 8; ++y) {
    for (int64_t x = 0; x < 9; ++x) {
      for (int c = 0; c < 3; ++c) EXPECT_EQ(picture.at(x, y, c), 100 + c);
      EXPECT_EQ(picture.at(x, y, 3), (y == 3 || y == 4) && (x == 4 || x == 5) ? 1 : 0);
    }
  }
}

TEST(Alpha, ARingIsTheMeanOfTheRingsInside) {
  Picture picture(5, 1);
  const uint8_t colours[] = {10, 0, 0, 0, 21};
  for (int x = 0; x < 5; ++x) picture.at(x, 0, 0) = colours[x];
  picture.at(0, 0, 3) = picture.at(4, 0, 3) = 255;
  bleed_colour(picture.pixels());
  const uint8_t want[] = {10, 10, 16, 21, 21};  // the middle: (10 + 21) / 2, half up
  for (int x = 0; x < 5; ++x) EXPECT_EQ(picture.at(x, 0, 0), want[x]);
}

TEST(Alpha, OfFloatsIsThatOfBytes) {
  Picture picture = Picture::random(7, 6, 8);
  for (int64_t x = 1; x < 5; ++x) picture.at(x, 2, 3) = 0;
  std::vector<float> levels(picture.bytes().begin(), picture.bytes().end());
  const DeepPixels deep = {levels.data(), 7, 6, 28};
  EXPECT_EQ(constant_alpha(ConstDeepPixels(deep)), std::nullopt);
  const BicubicPlane want = alpha_of(ConstPixels(picture.pixels()), 14, 12);
  const BicubicPlane got = alpha_of(ConstDeepPixels(deep), 14, 12);
  std::vector<float> scratch(static_cast<size_t>(want.scratch_size())), row(14), deep_row(14);
  want.row(0, 5, 14, scratch.data(), row.data());
  got.row(0, 5, 14, scratch.data(), deep_row.data());
  EXPECT_EQ(deep_row, row);
  bleed_colour(picture.pixels());
  bleed_colour(deep);
  // Bytes round each ring's means, of which there are two here.
  for (size_t i = 0; i < levels.size(); ++i) EXPECT_NEAR(levels[i], picture.bytes()[i], 1.0);
  std::fill(levels.begin(), levels.end(), 0.5f);
  EXPECT_EQ(constant_alpha(ConstDeepPixels(deep)), 0.5f);
}

TEST(Alpha, VisiblePixelsAndInvisiblePicturesStay) {
  Picture picture = Picture::random(12, 9, 3);
  for (int64_t y = 0; y < 9; ++y) {
    for (int64_t x = 0; x < 12; ++x) picture.at(x, y, 3) = (x * y) % 3 == 0 ? 0 : 128;
  }
  const std::vector<uint8_t> before = picture.bytes();
  bleed_colour(picture.pixels());
  for (size_t i = 0; i < before.size(); ++i) {
    const bool visible = before[i / 4 * 4 + 3] != 0;
    EXPECT_TRUE(!visible || picture.bytes()[i] == before[i]) << i;
  }
  fill_alpha(0, picture.pixels());
  const std::vector<uint8_t> hidden = picture.bytes();
  bleed_colour(picture.pixels());
  EXPECT_EQ(picture.bytes(), hidden);
}

TEST(Alpha, IsEnlargedByItself) {
  const Picture picture = Picture::random(6, 5, 4);
  const BicubicPlane alpha = alpha_of(picture.pixels(), 17, 11);
  Picture out = Picture::random(17, 11, 5);
  const std::vector<uint8_t> before = out.bytes();
  ThreadPool pool(2);
  merge_alpha(alpha, 0, 0, out.pixels(), pool);
  std::vector<float> scratch(6), row(17);
  for (int64_t y = 0; y < 11; ++y) {
    alpha.row(0, y, 17, scratch.data(), row.data());
    for (int64_t x = 0; x < 17; ++x) {
      const auto at = static_cast<size_t>(4 * (y * 17 + x));
      for (size_t c = 0; c < 3; ++c) ASSERT_EQ(out.bytes()[at + c], before[at + c]);
      const float want = std::nearbyint(std::clamp(row[static_cast<size_t>(x)], 0.0f, 255.0f));
      ASSERT_EQ(static_cast<float>(out.bytes()[at + 3]), want);
    }
  }
}

}  // namespace
}  // namespace fovea::image

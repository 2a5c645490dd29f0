#include "image/alpha.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "image/images.h"
#include "image/reference.h"

namespace fovea::image {
namespace {

constexpr int kAlpha = 3;

TEST(Alpha, ConstantIsFoundUnlessOnePixelDiffers) {
  for (const bool deep : {false, true}) {
    Picture picture = Picture::random(5, 4, 1, deep, 3);
    picture.fill(kAlpha, 200);
    EXPECT_EQ(constant_alpha(picture.pixels()), 200);
    picture.set(4, 3, kAlpha, 199);
    EXPECT_EQ(constant_alpha(picture.pixels()), std::nullopt);
    EXPECT_EQ(constant_alpha(picture.pixels().crop(0, 0, 0, 0)), std::nullopt);
  }
}

// A black hidden frame around a grey square: every hidden pixel turns grey, the square stays.
TEST(Alpha, HiddenPixelsTakeTheColourOfTheirSurroundings) {
  Picture picture(9, 8);
  for (int64_t y = 3; y < 5; ++y) {
    for (int64_t x = 4; x < 6; ++x) {
      for (int c = 0; c < 3; ++c) picture.set(x, y, c, static_cast<float>(100 + c));
      picture.set(x, y, kAlpha, 1);
    }
  }
  bleed_colour(picture.pixels());
  for (int64_t y = 0; y < 8; ++y) {
    for (int64_t x = 0; x < 9; ++x) {
      for (int c = 0; c < 3; ++c) EXPECT_EQ(picture.at(x, y, c), 100 + c);
      EXPECT_EQ(picture.at(x, y, kAlpha), (y == 3 || y == 4) && (x == 4 || x == 5) ? 1 : 0);
    }
  }
}

TEST(Alpha, ARingIsTheMeanOfTheRingsInside) {
  for (const bool deep : {false, true}) {
    Picture picture(5, 1, deep);
    const float colours[] = {10, 0, 0, 0, 21};
    for (int x = 0; x < 5; ++x) picture.set(x, 0, 0, colours[x]);
    picture.set(0, 0, kAlpha, 255);
    picture.set(4, 0, kAlpha, 255);
    bleed_colour(picture.pixels());
    // The middle: (10 + 21) / 2, of bytes half up.
    const float want[] = {10, 10, deep ? 15.5f : 16, 21, 21};
    for (int x = 0; x < 5; ++x) EXPECT_EQ(picture.at(x, 0, 0), want[x]);
  }
}

TEST(Alpha, VisiblePixelsAndInvisiblePicturesStay) {
  for (const bool deep : {false, true}) {
    Picture picture = Picture::random(12, 9, 3, deep);
    for (int64_t y = 0; y < 9; ++y) {
      for (int64_t x = 0; x < 12; ++x) picture.set(x, y, kAlpha, (x * y) % 3 == 0 ? 0 : 128);
    }
    const Picture before = picture.copy();
    bleed_colour(picture.pixels());
    for (int64_t y = 0; y < 9; ++y) {
      for (int64_t x = 0; x < 12; ++x) {
        EXPECT_EQ(picture.at(x, y, kAlpha), before.at(x, y, kAlpha));
        if (before.at(x, y, kAlpha) == 0) continue;
        for (int c = 0; c < 3; ++c) EXPECT_EQ(picture.at(x, y, c), before.at(x, y, c));
      }
    }
    picture.fill(kAlpha, 0);
    const Picture hidden = picture.copy();
    bleed_colour(picture.pixels());
    EXPECT_EQ(picture, hidden);
  }
}

TEST(Alpha, IsEnlargedByItself) {
  ThreadPool pool(2);
  const Rect all = {0, 0, 17, 11};
  const Placement placement = {{0, 0, 6, 5}, 6, 5, 17, 11};
  const PartFilter filter =
      make_part_filter(Kernel::Bicubic, placement, all, ColumnTaps::InVectors);
  for (const bool deep : {false, true}) {
    const Picture picture = Picture::random(6, 5, 4, deep);
    Picture out = Picture::random(17, 11, 5, deep);
    for (int c = 0; c < 3; ++c) out.fill(c, 99);
    const Picture before = out.copy();
    merge_alpha(alpha_of(picture.pixels(), placement, filter), filter, out.pixels(), pool);
    for (int64_t y = 0; y < 11; ++y) {
      const auto rows = reference_weights(Kernel::Bicubic, 5, 11, y);
      for (int64_t x = 0; x < 17; ++x) {
        const auto columns = reference_weights(Kernel::Bicubic, 6, 17, x);
        double want = 0;
        for (int64_t j = 0; j < 5; ++j) {
          for (int64_t i = 0; i < 6; ++i) {
            want += rows[static_cast<size_t>(j)] * columns[static_cast<size_t>(i)] *
                    picture.level(i, j, kAlpha);
          }
        }
        ASSERT_NEAR(out.level(x, y, kAlpha), std::clamp(want, 0.0, 255.0),
                    (deep ? 0 : 0.5) + 32 * 256 * 0x1p-24);
        for (int c = 0; c < 3; ++c) ASSERT_EQ(out.at(x, y, c), before.at(x, y, c));
      }
    }
  }
}

}  // namespace
}  // namespace fovea::image

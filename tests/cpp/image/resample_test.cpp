#include "image/resample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "image/images.h"
#include "image/reference.h"
#include "image/transfer.h"

namespace fovea::image {
namespace {

// Of the transfer function's way there and back, with white as 1.
constexpr double kTransferError = 0.2 / 65535;

double light_of(double level) {
  level /= 255;
  return level <= 0.04045 ? level / 12.92 : std::pow((level + 0.055) / 1.055, 2.4);
}

double level_of(double light) {
  return 255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * std::pow(light, 1 / 2.4) - 0.055);
}

ResampleSettings settings_for(const Picture& picture, int64_t out_width, int64_t out_height,
                              Kernel kernel, bool linear = false) {
  const int64_t width = picture.width(), height = picture.height();
  return {.placement = {{0, 0, width, height}, width, height, out_width, out_height},
          .part = {0, 0, out_width, out_height},
          .kernel = kernel,
          .linear = linear,
          .deep = picture.pixels().deep};
}

// `picture` holds the window's pixels.
Picture resampled(const Picture& picture, const ResampleSettings& settings) {
  ThreadPool pool(2);
  check_resampling(settings, picture.memory().size());
  Picture out(settings.part.width, settings.part.height, settings.deep);
  resample(picture.memory().data(), settings, out.memory().data(), pool);
  return out;
}

// A pixel as the definition has it, and how far a level may be from it.
struct Want {
  double levels[4];
  double tolerance;
};

Want reference(const Picture& picture, const ResampleSettings& settings, int64_t x, int64_t y) {
  const auto& [window, width, height, out_width, out_height] = settings.placement;
  const auto columns = reference_weights(settings.kernel, width, out_width, x);
  const auto rows = reference_weights(settings.kernel, height, out_height, y);
  double sums[4] = {0, 0, 0, 0};
  for (int64_t j = 0; j < height; ++j) {
    for (int64_t i = 0; i < width; ++i) {
      const double weight = rows[static_cast<size_t>(j)] * columns[static_cast<size_t>(i)];
      const double alpha = picture.level(i, j, 3);
      for (int c = 0; c < 3; ++c) {
        const double level = picture.level(i, j, c);
        sums[c] += weight * alpha * (settings.linear ? 255 * light_of(level) : level);
      }
      sums[3] += weight * alpha;
    }
  }
  Want want = {{0, 0, 0, sums[3]}, 0};
  for (int c = 0; c < 3; ++c) {
    const double mean = sums[3] > 0 ? sums[c] / sums[3] : 0;
    want.levels[c] = settings.linear ? level_of(mean / 255) : mean;
  }
  for (double& level : want.levels) level = std::clamp(level, 0.0, 255.0);
  // Sums are off by roundings of what is added; the quotient grows as alpha shrinks, and the
  // transfer function has a slope of up to 12.92.
  const auto taps = static_cast<double>(width + height + 16);
  want.tolerance =
      4 * 255 * taps * 0x1p-24 * 255 / std::max(sums[3], 1e-6) * (settings.linear ? 12.92 : 1);
  if (settings.linear) want.tolerance += 255 * kTransferError;
  if (!settings.deep) want.tolerance += 0.5;
  return want;
}

void check(const Picture& picture, const ResampleSettings& settings) {
  const Picture got = resampled(picture, settings);
  for (int64_t y = 0; y < got.height(); ++y) {
    for (int64_t x = 0; x < got.width(); ++x) {
      const Want want = reference(picture, settings, x, y);
      for (int c = 0; c < 4; ++c) {
        ASSERT_NEAR(got.level(x, y, c), want.levels[c], want.tolerance)
            << "kernel " << static_cast<int>(settings.kernel) << " at " << x << ", " << y;
      }
    }
  }
}

TEST(Resample, IsTheDefinition) {
  for (const Kernel kernel : kSmoothKernels) {
    for (const bool deep : {false, true}) {
      for (const bool linear : {false, true}) {
        for (const auto& [in, out] : kAxes) {
          Picture wide = Picture::random(in, 3, 1, deep), high = Picture::random(4, in, 2, deep);
          check(wide, settings_for(wide, out, 5, kernel, linear));
          wide.fill(3, 255);
          high.fill(3, 128);
          check(wide, settings_for(wide, out, 2, kernel, linear));
          check(high, settings_for(high, 6, out, kernel, linear));
        }
      }
    }
  }
}

TEST(Resample, NearestCopiesPixels) {
  for (const bool deep : {false, true}) {
    const Picture picture = Picture::random(9, 7, 3, deep);
    const Picture got = resampled(picture, settings_for(picture, 20, 4, Kernel::Nearest, true));
    for (int64_t y = 0; y < 4; ++y) {
      for (int64_t x = 0; x < 20; ++x) {
        for (int c = 0; c < 4; ++c) {
          EXPECT_EQ(got.at(x, y, c), picture.at((2 * x + 1) * 9 / 40, (2 * y + 1) * 7 / 8, c));
        }
      }
    }
  }
}

// To the last bit, where the window has all that the kernel reads.
TEST(Resample, AWindowGivesWhatTheWholeDoes) {
  for (const Kernel kernel :
       {Kernel::Nearest, Kernel::Bicubic, Kernel::Mitchell, Kernel::Lanczos3}) {
    for (const bool deep : {false, true}) {
      for (const bool linear : {false, true}) {
        const Picture picture = Picture::random(40, 36, 4, deep);
        for (const auto& [out_width, out_height] : {std::pair(90, 61), std::pair(17, 20)}) {
          ResampleSettings settings = settings_for(picture, out_width, out_height, kernel, linear);
          const Picture whole = resampled(picture, settings);
          settings.part = {out_width / 2, out_height / 2, 5, 6};
          settings.placement.window = {12, 9, 28, 27};
          EXPECT_EQ(resampled(picture.part(settings.placement.window), settings),
                    whole.part(settings.part));
          settings.part = {0, 0, 4, 3};
          settings.placement.window = {0, 0, 23, 25};
          EXPECT_EQ(resampled(picture.part(settings.placement.window), settings),
                    whole.part(settings.part));
        }
      }
    }
  }
}

TEST(Resample, WhatAWindowLacksIsItsOutermostPixels) {
  const Picture picture = Picture::random(12, 9, 5, true);
  ResampleSettings settings = settings_for(picture, 24, 18, Kernel::Lanczos3);
  settings.placement.window = {4, 3, 4, 3};
  settings.part = {9, 7, 6, 4};
  Picture padded(12, 9, true);
  for (int64_t y = 0; y < 9; ++y) {
    for (int64_t x = 0; x < 12; ++x) {
      for (int c = 0; c < 4; ++c) {
        padded.set(x, y, c,
                   picture.at(std::clamp<int64_t>(x, 4, 7), std::clamp<int64_t>(y, 3, 5), c));
      }
    }
  }
  const Picture got = resampled(picture.part(settings.placement.window), settings);
  settings.placement.window = {0, 0, 12, 9};
  EXPECT_EQ(got, resampled(padded, settings));
}

TEST(Resample, FlatPicturesStayFlat) {
  for (const Kernel kernel : kSmoothKernels) {
    for (const bool linear : {false, true}) {
      for (const bool deep : {false, true}) {
        for (const float alpha : {255.0f, 100.0f, 0.0f}) {
          Picture picture(21, 17, deep);
          for (int c = 0; c < 3; ++c) picture.fill(c, static_cast<float>(3 + 100 * c));
          picture.fill(3, alpha);
          for (const auto& [width, height] : {std::pair(50, 31), std::pair(8, 5)}) {
            const Picture got =
                resampled(picture, settings_for(picture, width, height, kernel, linear));
            for (int64_t y = 0; y < height; ++y) {
              for (int64_t x = 0; x < width; ++x) {
                EXPECT_EQ(got.at(x, y, 3), alpha);
                for (int c = 0; c < 3; ++c) {
                  const double tolerance = 255 * (32 * 0x1p-24 + (linear ? kTransferError : 0));
                  ASSERT_NEAR(got.level(x, y, c), 3 + 100 * c, deep ? tolerance : 0);
                }
              }
            }
          }
        }
      }
    }
  }
}

TEST(Resample, WhatDoesNotShowDoesNotBleed) {
  for (const Kernel kernel : kSmoothKernels) {
    for (const bool linear : {false, true}) {
      // Grey that shows beside white that does not.
      Picture picture(16, 8);
      for (int64_t y = 0; y < 8; ++y) {
        for (int64_t x = 0; x < 16; ++x) {
          for (int c = 0; c < 3; ++c) picture.set(x, y, c, x < 8 ? 60 : 255);
          picture.set(x, y, 3, x < 8 ? 255 : 0);
        }
      }
      for (const int64_t width : {37, 9}) {
        const Picture got = resampled(picture, settings_for(picture, width, 5, kernel, linear));
        for (int64_t y = 0; y < 5; ++y) {
          for (int64_t x = 0; x < width; ++x) {
            if (got.at(x, y, 3) == 0) continue;
            for (int c = 0; c < 3; ++c) EXPECT_NEAR(got.at(x, y, c), 60, 1e-6) << x;
          }
        }
      }
    }
  }
}

TEST(Resample, RefusesPartsAndPixelsThatThereAreNot) {
  const Picture picture(8, 6);
  const auto refuses = [&](auto change) {
    ResampleSettings settings = settings_for(picture, 16, 12, Kernel::Bicubic);
    change(settings);
    EXPECT_THROW(resampled(picture, settings), Error);
  };
  refuses([](auto& settings) { settings.part = {10, 0, 7, 12}; });
  refuses([](auto& settings) { settings.part.width = 0; });
  refuses([](auto& settings) { settings.deep = true; });
  refuses([](auto& settings) { settings.placement.window.height = 7; });
}

TEST(Transfer, IsThatOfSrgb) {
  double worst = 0;
  for (int i = 0; i <= 65535; ++i) {
    const double level = 255.0 * i / 65535;
    const double light =
        static_cast<double>(to_light(simd::F32x4::splat(static_cast<float>(level)))[0]);
    ASSERT_NEAR(light / 255, light_of(level), 0x1p-21);
    const double back =
        static_cast<double>(to_level(simd::F32x4::splat(static_cast<float>(light)))[0]);
    worst = std::max(worst, std::fabs(back - level) / 255);
  }
  EXPECT_LT(worst, kTransferError);
  for (const float light : {255.0f, 300.0f, 1e30f}) {
    EXPECT_NEAR(to_level(simd::F32x4::splat(light))[0], 255, 255 * kTransferError);
  }
  EXPECT_LE(to_level(simd::F32x4::splat(-3.0f))[0], 0);
}

}  // namespace
}  // namespace fovea::image

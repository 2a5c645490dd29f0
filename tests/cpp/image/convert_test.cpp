#include "image/convert.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "image/images.h"
#include "image/reference.h"

namespace fovea::image {
namespace {

constexpr double kHalfUlp = 0x1p-24;

struct Blacks {
  float black, white;
};
constexpr Blacks kBlacks[] = {{0, 1}, {0, 255}, {-1, 1}, {2, -3}};

double luma_of(const Picture& picture, int64_t x, int64_t y) {
  return 0.299 * picture.level(x, y, 0) + 0.587 * picture.level(x, y, 1) +
         0.114 * picture.level(x, y, 2);
}

std::vector<float> planes_of(const Picture& picture, const ColourFormat& format,
                             const Levels& levels, ThreadPool& pool) {
  const auto elements = picture.width() * picture.height() * format.channels();
  std::vector<float> planes(static_cast<size_t>(elements), NAN);
  to_planes(picture.pixels(), format, levels,
            whole_planes(planes.data(), picture.width(), picture.height()), pool);
  return planes;
}

TEST(ColourPlanes, EveryFormatAndWidthThereAndBack) {
  const ColourFormat formats[] = {
      {}, {Colour::Rgb, true}, {Colour::Rgba, false}, {Colour::Rgba, true}};
  ThreadPool pool(2);
  for (const bool deep : {false, true}) {
    for (int64_t width = 1; width <= 9; ++width) {
      const Picture picture = Picture::random(width, 3, 1, deep, 2);
      for (const ColourFormat& format : formats) {
        for (const auto& [black, white] : kBlacks) {
          const Levels levels = Levels::to_elements(black, white);
          std::vector<float> tensor = planes_of(picture, format, levels, pool);
          const Planes planes = whole_planes(tensor.data(), width, 3);
          Picture back(width, 3, deep, 1);
          from_planes(planes, format, Levels::from_elements(black, white), 255, back.pixels(),
                      pool);
          for (int64_t y = 0; y < 3; ++y) {
            for (int64_t x = 0; x < width; ++x) {
              for (int c = 0; c < 4; ++c) {
                const int plane = format.blue_first && c < 3 ? 2 - c : c;
                const bool has_plane = plane < format.channels();
                const double level = has_plane ? picture.level(x, y, c) : 255;
                if (has_plane) {
                  const auto b = static_cast<double>(black), w = static_cast<double>(white);
                  ASSERT_NEAR(static_cast<double>(planes.row(plane, y)[x]),
                              b + level / 255 * (w - b), 4 * 256 * kHalfUlp);
                }
                ASSERT_NEAR(back.level(x, y, c), level, deep ? 8 * 256 * kHalfUlp : 0);
              }
            }
          }
        }
      }
    }
  }
}

TEST(ColourPlanes, LevelsAreClampedAndRoundedToEven) {
  const float levels[] = {-3.0f, 0.5f, 1.5f, 2.49f, 254.5f, 255.4f, 1e9f, NAN, -INFINITY};
  const float bytes[] = {0, 0, 2, 2, 254, 255, 255, 0, 0};
  const float floats[] = {0, 0.5f, 1.5f, 2.49f, 254.5f, 255, 255, 0, 0};
  std::vector<float> tensor;
  for (int plane = 0; plane < 4; ++plane) tensor.insert(tensor.end(), levels, levels + 9);
  ThreadPool pool(1);
  for (const bool deep : {false, true}) {
    for (const Colour colour : {Colour::Gray, Colour::Luma, Colour::Rgb, Colour::Rgba}) {
      Picture picture(9, 1, deep);
      from_planes(whole_planes(tensor.data(), 9, 1), {colour}, {}, 7, picture.pixels(), pool);
      for (int x = 0; x < 9; ++x) {
        const float want = (deep ? floats : bytes)[x];
        for (int c = 0; c < 3; ++c) EXPECT_EQ(picture.at(x, 0, c), want) << levels[x];
        EXPECT_EQ(picture.at(x, 0, 3), colour == Colour::Rgba ? want : 7);
      }
    }
  }
}

TEST(ColourPlanes, CropsTouchNothingElse) {
  for (const bool deep : {false, true}) {
    const Picture picture = Picture::random(11, 7, 2, deep);
    const Picture before = picture.copy();
    std::vector<float> tensor(3 * 5 * 4);
    const Planes planes = whole_planes(tensor.data(), 5, 4);
    ThreadPool pool(1);
    to_planes(picture.pixels().crop(3, 2, 5, 4), {}, {}, planes, pool);
    from_planes(planes.from(1, 1), {}, {}, 255, picture.pixels().crop(4, 3, 3, 2), pool);
    for (int64_t y = 0; y < 7; ++y) {
      for (int64_t x = 0; x < 11; ++x) {
        const bool inside = x >= 4 && x < 7 && y >= 3 && y < 5;
        for (int c = 0; c < 4; ++c) {
          const float old = before.at(x, y, c);
          const float want = inside && c == 3 ? 255 : old;
          EXPECT_EQ(picture.at(x, y, c), want);
        }
      }
    }
  }
}

TEST(Luma, IsTheOneOfJpeg) {
  ThreadPool pool(2);
  for (const bool deep : {false, true}) {
    for (const Colour colour : {Colour::Luma, Colour::Gray}) {
      const Picture picture = Picture::random(13, 5, 3, deep, 1);
      const std::vector<float> luma =
          planes_of(picture, {colour}, Levels::to_elements(-1, 1), pool);
      for (int64_t y = 0; y < 5; ++y) {
        for (int64_t x = 0; x < 13; ++x) {
          ASSERT_NEAR(static_cast<double>(luma[static_cast<size_t>(y * 13 + x)]),
                      luma_of(picture, x, y) * 2 / 255 - 1, 8 * kHalfUlp);
        }
      }
    }
  }
}

Picture merged(const Picture& picture, const Placement& placement, const Rect& part,
               const std::vector<float>& luma, bool deep, ThreadPool& pool) {
  const PartFilter filter =
      make_part_filter(Kernel::Bicubic, placement, part, ColumnTaps::InVectors);
  Picture out(part.width, part.height, deep);
  merge_luma(whole_planes(luma.data(), part.width, part.height), {},
             chroma_of(picture.pixels(), placement, filter, pool), filter, 255, out.pixels(), pool);
  return out;
}

TEST(Luma, TheSamePictureComesBackAtItsOwnSize) {
  ThreadPool pool(2);
  for (const bool deep : {false, true}) {
    for (const int64_t width : {1, 3, 4, 21}) {
      const int64_t height = 6;
      const Picture picture = Picture::random(width, height, 4, deep);
      const Rect all = {0, 0, width, height};
      const std::vector<float> luma = planes_of(picture, {Colour::Luma}, {}, pool);
      const Picture back =
          merged(picture, {all, width, height, width, height}, all, luma, deep, pool);
      for (int64_t y = 0; y < height; ++y) {
        for (int64_t x = 0; x < width; ++x) {
          for (int c = 0; c < 3; ++c) {
            ASSERT_NEAR(back.level(x, y, c), picture.level(x, y, c),
                        deep ? 16 * 256 * kHalfUlp : 0);
          }
        }
      }
    }
  }
}

// Chroma by the formulas, enlarged and merged in double.
TEST(Luma, MergesEnlargedChroma) {
  const int64_t w = 7, h = 5, scale = 3;
  const Rect part = {0, 0, w * scale, h * scale};
  ThreadPool pool(2);
  const Picture picture = Picture::random(w, h, 5);
  const std::vector<float> luma(static_cast<size_t>(part.width * part.height), 127.5f);
  const Picture got =
      merged(picture, {{0, 0, w, h}, w, h, part.width, part.height}, part, luma, true, pool);
  for (int64_t y = 0; y < part.height; ++y) {
    const auto rows = reference_weights(Kernel::Bicubic, h, part.height, y);
    for (int64_t x = 0; x < part.width; ++x) {
      const auto columns = reference_weights(Kernel::Bicubic, w, part.width, x);
      double blue = 0, red = 0;
      for (int64_t j = 0; j < h; ++j) {
        for (int64_t i = 0; i < w; ++i) {
          const double weight = rows[static_cast<size_t>(j)] * columns[static_cast<size_t>(i)];
          blue += weight * (picture.level(i, j, 2) - luma_of(picture, i, j)) / 1.772;
          red += weight * (picture.level(i, j, 0) - luma_of(picture, i, j)) / 1.402;
        }
      }
      const double want[] = {127.5 + 1.402 * red,
                             127.5 - 0.114 * 1.772 / 0.587 * blue - 0.299 * 1.402 / 0.587 * red,
                             127.5 + 1.772 * blue};
      for (int c = 0; c < 3; ++c) {
        ASSERT_NEAR(got.level(x, y, c), std::clamp(want[c], 0.0, 255.0), 64 * 256 * kHalfUlp);
      }
    }
  }
}

TEST(Luma, AWindowGivesWhatTheWholeDoes) {
  const Rect all = {0, 0, 19, 18}, window = {4, 3, 11, 12}, part = {16, 13, 7, 9};
  ThreadPool pool(2);
  for (const bool deep : {false, true}) {
    const Picture picture = Picture::random(19, 18, 6, deep);
    const std::vector<float> luma(static_cast<size_t>(part.width * part.height), 100.0f);
    const Picture want = merged(picture, {all, 19, 18, 38, 36}, part, luma, deep, pool);
    EXPECT_EQ(merged(picture.part(window), {window, 19, 18, 38, 36}, part, luma, deep, pool), want);
  }
}

}  // namespace
}  // namespace fovea::image

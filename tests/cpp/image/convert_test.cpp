#include "image/convert.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "image/images.h"

namespace fovea::image {
namespace {

constexpr double kHalfUlp = 0x1p-24;

double luma_of(const Picture& picture, int64_t x, int64_t y) {
  return 0.299 * picture.at(x, y, 0) + 0.587 * picture.at(x, y, 1) + 0.114 * picture.at(x, y, 2);
}

TEST(ColourTensors, EveryFormatAndWidth) {
  const ColourFormat formats[] = {{},
                                  {ChannelOrder::Bgr, {1, 1, 1}, {0, 0, 0}},
                                  {ChannelOrder::Rgb, {2 / 255.0f, 1 / 50.0f, 0.5f}, {-1, -2, 3}}};
  ThreadPool pool(2);
  for (int64_t width = 1; width <= 9; ++width) {
    const int64_t height = 3;
    const Picture picture = Picture::random(width, height, 1, 2);
    for (const ColourFormat& format : formats) {
      std::vector<float> tensor(static_cast<size_t>(3 * width * height), NAN);
      const Planes planes = whole_planes(tensor.data(), width, height);
      to_tensor(picture.pixels(), format, planes, pool);
      for (int64_t y = 0; y < height; ++y) {
        for (int64_t x = 0; x < width; ++x) {
          for (int plane = 0; plane < 3; ++plane) {
            const int channel = format.order == ChannelOrder::Rgb ? plane : 2 - plane;
            const auto i = static_cast<size_t>(plane);
            const double want = picture.at(x, y, channel) * static_cast<double>(format.scale[i]) +
                                static_cast<double>(format.offset[i]);
            ASSERT_NEAR(static_cast<double>(planes.row(plane, y)[x]), want, 2 * 256 * kHalfUlp);
          }
        }
      }
      Picture back(width, height, 1);
      from_tensor(planes, format, back.pixels(), pool);
      for (int64_t y = 0; y < height; ++y) {
        for (int64_t x = 0; x < width; ++x) {
          for (int c = 0; c < 3; ++c) ASSERT_EQ(back.at(x, y, c), picture.at(x, y, c));
          ASSERT_EQ(back.at(x, y, 3), 255);
        }
      }
    }
  }
}

TEST(ColourTensors, BytesAreClampedAndRoundedToEven) {
  const float levels[] = {-3.0f, 0.5f, 1.5f, 2.49f, 254.5f, 255.4f, 1e9f, NAN};
  const uint8_t want[] = {0, 0, 2, 2, 254, 255, 255, 0};
  std::vector<float> tensor;
  for (int plane = 0; plane < 3; ++plane) tensor.insert(tensor.end(), levels, levels + 8);
  Picture picture(8, 1);
  ThreadPool pool(1);
  from_tensor(whole_planes(tensor.data(), 8, 1), {ChannelOrder::Rgb, {1, 1, 1}, {0, 0, 0}},
              picture.pixels(), pool);
  for (int x = 0; x < 8; ++x) {
    for (int c = 0; c < 3; ++c) EXPECT_EQ(picture.at(x, 0, c), want[x]) << levels[x];
  }
}

TEST(ColourTensors, CropsTouchNothingElse) {
  const Picture picture = Picture::random(11, 7, 2);
  const std::vector<uint8_t> before = picture.bytes();
  std::vector<float> tensor(3 * 5 * 4);
  const Planes planes = whole_planes(tensor.data(), 5, 4);
  ThreadPool pool(1);
  to_tensor(picture.pixels().crop(3, 2, 5, 4), {}, planes, pool);
  from_tensor(planes.from(1, 1), {}, picture.pixels().crop(4, 3, 3, 2), pool);
  for (int64_t y = 0; y < 7; ++y) {
    for (int64_t x = 0; x < 11; ++x) {
      const bool inside = x >= 4 && x < 7 && y >= 3 && y < 5;
      const auto at = static_cast<size_t>(4 * (y * 11 + x));
      for (size_t c = 0; c < 3; ++c) EXPECT_EQ(picture.bytes()[at + c], before[at + c]);
      EXPECT_EQ(picture.bytes()[at + 3], inside ? 255 : before[at + 3]);
    }
  }
}

// Every part of a small image that can be known, empty ones excepted.
TEST(ExtendEdges, RepeatTheOutermostElementsOfWhatIsKnown) {
  const int64_t width = 5, height = 4;
  for (const Rect known :
       {Rect{0, 0, 2, 3}, Rect{3, 1, 2, 3}, Rect{1, 2, 1, 1}, Rect{0, 0, 5, 4}}) {
    std::vector<float> planes(2 * width * height, -1.0f);
    const Planes view = whole_planes(planes.data(), width, height);
    const auto element = [](int64_t c, int64_t x, int64_t y) {
      return static_cast<float>(100 * c + 10 * y + x);
    };
    for (int64_t c = 0; c < 2; ++c) {
      for (int64_t y = known.y; y < known.y + known.height; ++y) {
        for (int64_t x = known.x; x < known.x + known.width; ++x)
          view.row(c, y)[x] = element(c, x, y);
      }
    }
    extend_edges(view, 2, known, width, height);
    for (int64_t c = 0; c < 2; ++c) {
      for (int64_t y = 0; y < height; ++y) {
        for (int64_t x = 0; x < width; ++x) {
          const int64_t from_x = std::clamp(x, known.x, known.x + known.width - 1);
          const int64_t from_y = std::clamp(y, known.y, known.y + known.height - 1);
          EXPECT_EQ(view.row(c, y)[x], element(c, from_x, from_y)) << x << ", " << y;
        }
      }
    }
  }
}

// Pixels of floats that happen to be those of bytes, and others in between.
TEST(DeepPixels, AreLevelsAsBytesAre) {
  ThreadPool pool(2);
  for (int64_t width = 1; width <= 6; ++width) {
    const Picture picture = Picture::random(width, 2, 7);
    std::vector<float> levels(picture.bytes().begin(), picture.bytes().end());
    const ConstDeepPixels deep = {levels.data(), width, 2, 4 * width};
    const auto elements = static_cast<size_t>(3 * width * 2);
    std::vector<float> want(elements), got(elements);
    to_tensor(picture.pixels(), {}, whole_planes(want.data(), width, 2), pool);
    to_tensor(deep, {}, whole_planes(got.data(), width, 2), pool);
    EXPECT_EQ(got, want);
    to_luma(picture.pixels(), {}, whole_planes(want.data(), width, 2), pool);
    to_luma(deep, {}, whole_planes(got.data(), width, 2), pool);
    EXPECT_EQ(got, want);
    for (float& level : levels) level = std::min(level + 0.25f, 255.0f);
    to_tensor(deep, {ChannelOrder::Rgb, {1, 1, 1}, {0, 0, 0}}, whole_planes(got.data(), width, 2),
              pool);
    EXPECT_EQ(got[0], levels[0]);
  }
}

TEST(Luma, IsTheOneOfJpeg) {
  const Picture picture = Picture::random(13, 5, 3, 1);
  std::vector<float> luma(13 * 5);
  ThreadPool pool(2);
  to_luma(picture.pixels(), {2.0f / 255, -1.0f}, whole_planes(luma.data(), 13, 5), pool);
  for (int64_t y = 0; y < 5; ++y) {
    for (int64_t x = 0; x < 13; ++x) {
      ASSERT_NEAR(static_cast<double>(luma[static_cast<size_t>(y * 13 + x)]),
                  luma_of(picture, x, y) * 2 / 255 - 1, 8 * kHalfUlp);
    }
  }
}

TEST(Luma, TheSamePictureComesBackAtItsOwnSize) {
  for (const int64_t width : {1, 3, 4, 21}) {
    const int64_t height = 6;
    const Picture picture = Picture::random(width, height, 4);
    std::vector<float> luma(static_cast<size_t>(width * height));
    const Planes plane = whole_planes(luma.data(), width, height);
    ThreadPool pool(2);
    to_luma(picture.pixels(), {}, plane, pool);
    Picture back(width, height);
    merge_luma(plane, {}, chroma_of(picture.pixels(), width, height, pool), 0, 0, back.pixels(),
               pool);
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        for (int c = 0; c < 3; ++c) ASSERT_EQ(back.at(x, y, c), picture.at(x, y, c));
      }
    }
  }
}

// Chroma by the formulas, enlarged as BicubicPlane does (which has its own test), merged in double.
TEST(Luma, MergesEnlargedChroma) {
  const int64_t w = 7, h = 5, scale = 3;
  const Picture picture = Picture::random(w, h, 5);
  std::vector<float> cb, cr;
  for (int64_t y = 0; y < h; ++y) {
    for (int64_t x = 0; x < w; ++x) {
      cb.push_back(static_cast<float>((picture.at(x, y, 2) - luma_of(picture, x, y)) / 1.772));
      cr.push_back(static_cast<float>((picture.at(x, y, 0) - luma_of(picture, x, y)) / 1.402));
    }
  }
  const BicubicPlane cb_plane(cb, w, h, w * scale, h * scale);
  const BicubicPlane cr_plane(cr, w, h, w * scale, h * scale);
  std::vector<float> luma(static_cast<size_t>(w * scale * h * scale), 0.5f);
  ThreadPool pool(2);
  Picture merged(w * scale, h * scale);
  merge_luma(whole_planes(luma.data(), w * scale, h * scale), {},
             chroma_of(picture.pixels(), w * scale, h * scale, pool), 0, 0, merged.pixels(), pool);
  std::vector<float> scratch(static_cast<size_t>(w)), b(static_cast<size_t>(w * scale)),
      r(b.size());
  for (int64_t y = 0; y < h * scale; ++y) {
    cb_plane.row(0, y, w * scale, scratch.data(), b.data());
    cr_plane.row(0, y, w * scale, scratch.data(), r.data());
    for (int64_t x = 0; x < w * scale; ++x) {
      const double blue = static_cast<double>(b[static_cast<size_t>(x)]);
      const double red = static_cast<double>(r[static_cast<size_t>(x)]);
      const double want[] = {127.5 + 1.402 * red,
                             127.5 - 0.114 * 1.772 / 0.587 * blue - 0.299 * 1.402 / 0.587 * red,
                             127.5 + 1.772 * blue};
      for (int c = 0; c < 3; ++c) {
        ASSERT_NEAR(merged.at(x, y, c), std::clamp(want[c], 0.0, 255.0), 0.5 + 1e-3);
      }
    }
  }
}

TEST(Luma, ATileIsACropOfTheWhole) {
  const Picture picture = Picture::random(9, 8, 6);
  ThreadPool pool(2);
  const Chroma chroma = chroma_of(picture.pixels(), 18, 16, pool);
  std::vector<float> luma(18 * 16);
  for (size_t i = 0; i < luma.size(); ++i) luma[i] = static_cast<float>(i % 97) / 97;
  const Planes plane = whole_planes(luma.data(), 18, 16);
  Picture whole(18, 16), tile(18, 16);
  merge_luma(plane, {}, chroma, 0, 0, whole.pixels(), pool);
  merge_luma(plane.from(5, 3), {}, chroma, 5, 3, tile.pixels().crop(5, 3, 7, 9), pool);
  for (int64_t y = 3; y < 12; ++y) {
    for (int64_t x = 5; x < 12; ++x) {
      for (int c = 0; c < 4; ++c) ASSERT_EQ(tile.at(x, y, c), whole.at(x, y, c));
    }
  }
}

}  // namespace
}  // namespace fovea::image

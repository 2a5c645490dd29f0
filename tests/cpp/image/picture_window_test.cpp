#include "image/picture_window.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "image/images.h"
#include "image/tensors.h"

namespace fovea::image {
namespace {

constexpr double kHalfUlp = 0x1p-24;
constexpr Colour kColours[] = {Colour::Luma, Colour::Gray, Colour::Rgb, Colour::Rgba};

EnlargingSettings settings_for(const Picture& picture, int64_t scale) {
  const int64_t width = picture.width(), height = picture.height();
  EnlargingSettings settings;
  settings.placement = {{0, 0, width, height}, width, height, scale * width, scale * height};
  settings.deep = picture.pixels().deep;
  return settings;
}

// The level of a network's channel at a position of the picture, which may lie beyond its border.
double level_of(const Picture& picture, const EnlargingSettings& settings, int channel, int64_t x,
                int64_t y) {
  x = border_position(settings.border, x, picture.width());
  y = border_position(settings.border, y, picture.height());
  if (settings.format.channels() == 1) {
    return 0.299 * picture.level(x, y, 0) + 0.587 * picture.level(x, y, 1) +
           0.114 * picture.level(x, y, 2);
  }
  return picture.level(x, y, settings.format.blue_first && channel < 3 ? 2 - channel : channel);
}

void check_input(const Picture& picture, const EnlargingSettings& settings, const Rect& from,
                 int bits) {
  ThreadPool pool(2);
  const Orientation orientation(bits);
  Picture given = picture.part(settings.placement.window);
  const PictureWindow window(given.memory(), settings, pool);
  TestTensor tensor(settings.type, settings.channels_last, settings.format.channels(), from.width,
                    from.height, orientation);
  window.input(from, orientation, tensor.data());
  const bool bytes = settings.type == DType::Uint8;
  const double black = bytes ? 0 : static_cast<double>(settings.black);
  const double white = bytes ? 255 : static_cast<double>(settings.white);
  const double ulps = settings.type == DType::Float16 ? 0x1p-11 : 8 * kHalfUlp;
  const double tolerance = bytes ? 0.5 + 1e-4 : 1.1 * (std::fabs(black) + std::fabs(white)) * ulps;
  for (int c = 0; c < settings.format.channels(); ++c) {
    for (int64_t y = 0; y < from.height; ++y) {
      for (int64_t x = 0; x < from.width; ++x) {
        const double level = level_of(picture, settings, c, from.x + x, from.y + y);
        const double want = black + level / 255 * (white - black);
        const Position at = turned(x, y, from.width, from.height, bits);
        ASSERT_NEAR(static_cast<double>(tensor.at(c, at)), want, tolerance)
            << "channel " << c << " at " << x << ", " << y;
      }
    }
  }
}

TEST(PictureInput, EveryFormTypeOrderAndOrientation) {
  for (const bool deep : {false, true}) {
    Picture picture = Picture::random(9, 7, 1, deep);
    for (const Colour colour : kColours) {
      if (colour != Colour::Rgba) picture.fill(3, 255);
      for (const DType type : kElementTypes) {
        for (int bits = 0; bits < 8; ++bits) {
          EnlargingSettings settings = settings_for(picture, 2);
          settings.format = {colour, bits % 3 == 0};
          settings.type = type;
          settings.channels_last = bits % 2 == 1;
          settings.border = bits < 4 ? Border::Replicate : Border::Reflect;
          settings.black = -1;
          settings.white = bits == 2 ? 255.0f : 1.0f;
          check_input(picture, settings, {-2, -3, 12, 14}, bits);
          settings.channels_last = bits % 2 == 0;
          check_input(picture, settings, {2, 1, 6, 5}, bits);
        }
      }
    }
  }
}

TEST(PictureInput, GoesOnAtAnyDistance) {
  for (const Border border : {Border::Replicate, Border::Reflect}) {
    for (const auto& [width, height] : {std::pair(1, 1), std::pair(1, 4), std::pair(5, 2)}) {
      Picture picture = Picture::random(width, height, 2);
      picture.fill(3, 255);
      EnlargingSettings settings = settings_for(picture, 2);
      settings.border = border;
      check_input(picture, settings, {-11, -9, 25, 27}, 0);
      // What is mirrored lies outside of what is asked for.
      check_input(picture, settings, {width - 1, height - 1, 9, 8}, 0);
      check_input(picture, settings, {-6, -6, 7, 7}, 5);
    }
  }
}

TEST(PictureInput, AWindowIsEnough) {
  Picture picture = Picture::random(30, 20, 3);
  picture.fill(3, 255);
  EnlargingSettings settings = settings_for(picture, 2);
  settings.placement.window = {18, 9, 12, 11};
  settings.border = Border::Reflect;
  check_input(picture, settings, {18, 9, 5, 4}, 0);
  check_input(picture, settings, {24, 14, 10, 10}, 0);
  check_input(picture, settings, {27, 17, 10, 9}, 6);
}

TEST(PictureInput, AsksForPixelsThatAreGiven) {
  Picture picture = Picture::random(30, 20, 3);
  EnlargingSettings settings = settings_for(picture, 2);
  settings.placement.window = {4, 4, 10, 10};
  ThreadPool pool(1);
  Picture given = picture.part(settings.placement.window);
  const PictureWindow window(given.memory(), settings, pool);
  std::vector<std::byte> out(window.input_bytes({0, 0, 40, 40}));
  EXPECT_THROW(window.input({3, 4, 4, 4}, Orientation(), out.data()), Error);
  EXPECT_THROW(window.input({10, 10, 4, 5}, Orientation(), out.data()), Error);
  EXPECT_THROW(window.input({30, 4, 4, 4}, Orientation(), out.data()), Error);
  EXPECT_THROW(window.input({5, 5, 0, 4}, Orientation(), out.data()), Error);
}

TEST(PictureWindow, RefusesSettingsThatAreNone) {
  Picture picture(6, 5);
  ThreadPool pool(1);
  const auto refuses = [&](auto change) {
    EnlargingSettings settings = settings_for(picture, 2);
    change(settings);
    EXPECT_THROW(PictureWindow(picture.memory(), settings, pool), Error);
  };
  refuses([](auto& settings) { settings.deep = true; });
  refuses([](auto& settings) { settings.placement.window.width = 5; });
  refuses([](auto& settings) { settings.placement.window.x = 1; });
  refuses([](auto& settings) { settings.placement.out_width = 0; });
  refuses([](auto& settings) { settings.placement.width = int64_t{1} << 31; });
  refuses([](auto& settings) { settings.white = settings.black; });
  refuses([](auto& settings) { settings.white = INFINITY; });
}

// A network's output that is a picture, turned, at (x, y) of a larger one.
TestTensor output_of(const Picture& picture, const EnlargingSettings& settings, DType type,
                     int64_t x, int64_t y, int bits) {
  const int64_t width = picture.width() + x + 2, height = picture.height() + y + 1;
  TestTensor tensor(type, settings.channels_last, settings.format.channels(), width, height,
                    Orientation(bits));
  const bool bytes = type == DType::Uint8;
  const double black = bytes ? 0 : static_cast<double>(settings.black);
  const double white = bytes ? 255 : static_cast<double>(settings.white);
  for (int c = 0; c < settings.format.channels(); ++c) {
    for (int64_t j = 0; j < picture.height(); ++j) {
      for (int64_t i = 0; i < picture.width(); ++i) {
        const double level = level_of(picture, settings, c, i, j);
        const double element = black + level / 255 * (white - black);
        tensor.set(c, turned(x + i, y + j, width, height, bits),
                   static_cast<float>(bytes ? std::nearbyint(element) : element));
      }
    }
  }
  return tensor;
}

Picture result_of(PictureWindow& window, int64_t width, int64_t height) {
  const std::span<std::byte> bytes = window.result();
  Picture out(width, height, window.settings().deep);
  EXPECT_EQ(bytes.size(), out.memory().size());
  std::copy(bytes.begin(), bytes.end(), out.memory().begin());
  return out;
}

// A network that changes nothing, of pixels 1:1: the picture comes back.
TEST(PictureTile, ComesBackFromEveryTypeOrderAndOrientation) {
  ThreadPool pool(2);
  for (const bool deep : {false, true}) {
    for (const Colour colour : {Colour::Luma, Colour::Rgb, Colour::Rgba}) {
      Picture picture = Picture::random(9, 8, 4, deep);
      if (colour != Colour::Rgba) picture.fill(3, 90);
      for (const DType type : kElementTypes) {
        for (int bits = 0; bits < 8; ++bits) {
          EnlargingSettings settings = settings_for(picture, 1);
          settings.format = {colour, bits % 3 == 1};
          settings.channels_last = bits % 2 == 1;
          settings.black = -1;
          Picture given = picture.copy();
          PictureWindow window(given.memory(), settings, pool);
          const Rect to = {2, 1, 7, 6};
          const TestTensor output = output_of(picture.part(to), settings, type, 3, 2, bits);
          ASSERT_TRUE(PictureWindow::has_part(output.image(), 3, 2, to, Orientation(bits)));
          window.place(output.image(), 3, 2, to, Orientation(bits));
          const Picture got = result_of(window, 7, 6);
          // Luma, and floats as bytes, are rounded once more.
          const double element = type == DType::Uint8     ? 0.5
                                 : type == DType::Float16 ? 256 * 0x1p-11
                                                          : 16 * 256 * kHalfUlp;
          const bool rounds = !deep && type == DType::Uint8 && colour != Colour::Luma;
          const double tolerance = rounds ? 0 : element + (deep ? 1e-4 : 0.51);
          for (int64_t y = 0; y < 6; ++y) {
            for (int64_t x = 0; x < 7; ++x) {
              for (int c = 0; c < 4; ++c) {
                const double want = picture.level(to.x + x, to.y + y, c);
                ASSERT_NEAR(got.level(x, y, c), want, tolerance);
              }
            }
          }
        }
      }
    }
  }
}

TEST(PictureTile, IsTheMeanOfAllThatAreForIt) {
  ThreadPool pool(2);
  Picture picture(6, 5, true);
  picture.fill(3, 255);
  for (const Colour colour : {Colour::Gray, Colour::Rgb}) {
    EnlargingSettings settings = settings_for(picture, 1);
    settings.format = {colour, false};
    PictureWindow window(picture.memory(), settings, pool);
    const Rect to = {0, 0, 6, 5};
    // Another tile, which is forgotten.
    const Picture other(4, 4, true);
    window.place(output_of(other, settings, DType::Float, 0, 0, 0).image(), 0, 0, {1, 1, 4, 4},
                 Orientation());
    std::vector<Picture> eight;
    for (int bits = 0; bits < 8; ++bits) {
      eight.push_back(Picture::random(6, 5, static_cast<uint32_t>(bits)));
      if (colour == Colour::Gray) {
        for (int c = 1; c < 3; ++c) {
          for (int i = 0; i < 30; ++i) {
            eight.back().set(i % 6, i / 6, c, eight.back().at(i % 6, i / 6, 0));
          }
        }
      }
      window.place(output_of(eight.back(), settings, DType::Float, 1, 2, bits).image(), 1, 2, to,
                   Orientation(bits));
    }
    const Picture got = result_of(window, 6, 5);
    for (int64_t y = 0; y < 5; ++y) {
      for (int64_t x = 0; x < 6; ++x) {
        for (int c = 0; c < 3; ++c) {
          double want = 0;
          for (const Picture& one : eight) want += one.level(x, y, c) / 8;
          ASSERT_NEAR(got.level(x, y, c), want, 16 * 256 * kHalfUlp);
        }
      }
    }
  }
}

TEST(PictureTile, FromAWindowIsThatOfTheWhole) {
  ThreadPool pool(2);
  const Rect to = {20, 18, 15, 13};
  for (const bool deep : {false, true}) {
    for (const Colour colour : kColours) {
      Picture picture = Picture::random(24, 23, 7, deep);
      for (int64_t x = 0; x < 24; ++x) picture.set(x, 11, 3, 0);
      EnlargingSettings settings = settings_for(picture, 2);
      settings.format = {colour, false};
      const Picture tile = Picture::random(to.width, to.height, 8);
      const TestTensor output = output_of(tile, settings, DType::Float, 0, 0, 0);
      const auto enlarged = [&](const Rect& given) {
        settings.placement.window = given;
        Picture pixels = picture.part(given);
        PictureWindow window(pixels.memory(), settings, pool);
        window.place(output.image(), 0, 0, to, Orientation());
        return result_of(window, to.width, to.height);
      };
      EXPECT_EQ(enlarged({6, 5, 15, 14}), enlarged({0, 0, 24, 23}));
    }
  }
}

TEST(PictureTile, AlphaIsEnlargedApartUnlessTheNetworkGivesIt) {
  ThreadPool pool(1);
  for (const Colour colour : kColours) {
    Picture picture = Picture::random(8, 8, 9);
    for (int i = 0; i < 64; ++i) picture.set(i % 8, i / 8, 3, i % 8 < 4 ? 255 : 0);
    const EnlargingSettings settings = [&] {
      EnlargingSettings out = settings_for(picture, 1);
      out.format = {colour, false};
      return out;
    }();
    Picture output_picture = Picture::random(8, 8, 10);
    output_picture.fill(3, 33);
    PictureWindow window(picture.memory(), settings, pool);
    window.place(output_of(output_picture, settings, DType::Float, 0, 0, 0).image(), 0, 0,
                 {0, 0, 8, 8}, Orientation());
    const Picture got = result_of(window, 8, 8);
    for (int i = 0; i < 64; ++i) {
      const float want = colour == Colour::Rgba ? 33 : i % 8 < 4 ? 255 : 0;
      EXPECT_EQ(got.at(i % 8, i / 8, 3), want);
    }
  }
}

TEST(PictureTile, LiesInThePictureAndInTheOutput) {
  ThreadPool pool(1);
  Picture picture = Picture::random(8, 6, 9);
  const EnlargingSettings settings = settings_for(picture, 1);
  PictureWindow window(picture.memory(), settings, pool);
  EXPECT_THROW(window.result(), Error);
  const TestTensor output(DType::Float, false, 3, 8, 6, Orientation());
  EXPECT_THROW(window.place(output.image(), 0, 0, {1, 0, 8, 6}, Orientation()), Error);
  EXPECT_THROW(window.place(output.image(), 0, 0, {0, 0, 0, 6}, Orientation()), Error);
  EXPECT_TRUE(PictureWindow::has_part(output.image(), 3, 2, {0, 0, 5, 4}, Orientation()));
  EXPECT_FALSE(PictureWindow::has_part(output.image(), 3, 2, {0, 0, 6, 4}, Orientation()));
  EXPECT_FALSE(PictureWindow::has_part(output.image(), -1, 2, {0, 0, 5, 4}, Orientation()));
  EXPECT_FALSE(PictureWindow::has_part(output.image(), 0, 0, {0, 0, 8, 6}, Orientation(4)));
  EXPECT_TRUE(PictureWindow::has_part(output.image(), 0, 0, {0, 0, 6, 8}, Orientation(4)));
}

}  // namespace
}  // namespace fovea::image

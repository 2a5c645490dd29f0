#include "kernels/movement/layout.h"

#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "images.h"

namespace fovea::kernels {
namespace {

TEST(Layout, ConvertsThereAndBack) {
  ThreadPool pool(3);
  for (int64_t c = 1; c <= 9; ++c) {
    for (int64_t w = 1; w <= 9; ++w) {
      const int64_t n = 2, h = 3;
      const auto input = test::random_floats(n * c * h * w, 7);
      std::vector<float> packed(static_cast<size_t>(n * h * w * padded_channels(c)),
                                std::numeric_limits<float>::quiet_NaN());
      to_channels_last(input.data(), packed.data(), n, c, h, w, pool);
      EXPECT_EQ(packed, channels_last(input, n, c, h * w));
      std::vector<float> back(input.size());
      to_plain(packed.data(), back.data(), n, c, h, w, pool);
      EXPECT_EQ(back, input);
    }
  }
}

TEST(Layout, ConvertsBytesThereAndBack) {
  ThreadPool pool(2);
  for (int64_t c = 1; c <= 9; ++c) {
    for (const int64_t w : {1, 7, 15, 16, 17, 33}) {
      const int64_t n = 2, h = 3, pixel = padded_channels(c);
      std::vector<uint8_t> input(static_cast<size_t>(n * c * h * w));
      std::iota(input.begin(), input.end(), uint8_t{1});
      std::vector<uint8_t> packed(static_cast<size_t>(n * h * w * pixel), 77), expected = packed;
      for (int64_t i = 0; i < n * h * w * pixel; ++i) {
        const int64_t image = i / (h * w * pixel), place = i / pixel % (h * w), channel = i % pixel;
        expected[static_cast<size_t>(i)] =
            channel < c ? input[static_cast<size_t>((image * c + channel) * h * w + place)] : 0;
      }
      to_channels_last(input.data(), packed.data(), n, c, h, w, pool);
      EXPECT_EQ(packed, expected);
      std::vector<uint8_t> back(input.size());
      to_plain(packed.data(), back.data(), n, c, h, w, pool);
      EXPECT_EQ(back, input);
    }
  }
}

TEST(Layout, SplitsLargeTensorsAmongThreads) {
  ThreadPool pool(4);
  const int64_t c = 5, h = 200, w = 67;
  const auto input = test::random_floats(c * h * w, 8);
  std::vector<float> packed(static_cast<size_t>(h * w * 8)), back(input.size());
  to_channels_last(input.data(), packed.data(), 1, c, h, w, pool);
  EXPECT_EQ(packed, channels_last(input, 1, c, h * w));
  to_plain(packed.data(), back.data(), 1, c, h, w, pool);
  EXPECT_EQ(back, input);
}

}  // namespace
}  // namespace fovea::kernels

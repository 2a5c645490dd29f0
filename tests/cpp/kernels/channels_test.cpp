#include "kernels/movement/channels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/random.h"

namespace fovea::kernels {
namespace {

constexpr float kUnset = std::numeric_limits<float>::quiet_NaN();

std::vector<float> unset(int64_t size) {
  return std::vector<float>(static_cast<size_t>(size), kUnset);
}

// Every range of an image into a buffer of exactly its size, so that sanitizers see what is touched
// beyond.
TEST(CopyChannels, TakesAnyRange) {
  ThreadPool pool(1);
  for (const int64_t pixels : {1, 2, 7}) {
    for (int64_t channels = 1; channels <= 9; ++channels) {
      const int64_t step = padded_channels(channels);
      const auto image = test::random_floats(pixels * step, 1);
      for (int64_t first = 0; first < channels; ++first) {
        for (int64_t count = 0; first + count <= channels; ++count) {
          const int64_t own = padded_channels(count);
          auto out = unset(pixels * own);
          const ChannelCopy copy = {image.data() + first, step, out.data(), own, count, own};
          copy_channels({&copy, 1}, pixels, pool);
          for (int64_t i = 0; i < pixels * own; ++i) {
            const int64_t pixel = i / own, channel = i % own;
            const float expected =
                channel < count ? image[static_cast<size_t>(pixel * step + first + channel)] : 0.0f;
            ASSERT_EQ(out[static_cast<size_t>(i)], expected)
                << channels << " channels, " << first << " + " << count << ", element " << i;
          }
        }
      }
    }
  }
}

// Images side by side in one, whose padding lanes the last of them need not reach.
void check_joined(int64_t pixels, const std::vector<int64_t>& counts, ThreadPool& pool) {
  int64_t channels = 0;
  for (const int64_t count : counts) channels += count;
  const int64_t step = padded_channels(channels);
  auto out = unset(pixels * step);
  std::vector<std::vector<float>> images;
  std::vector<ChannelCopy> copies;
  int64_t first = 0;
  for (const int64_t count : counts) {
    images.push_back(
        test::random_floats(pixels * padded_channels(count), 1 + static_cast<uint32_t>(first)));
    copies.push_back({images.back().data(), padded_channels(count), out.data() + first, step, count,
                      step - first});
    first += count;
  }
  copy_channels(copies, pixels, pool);
  for (int64_t pixel = 0; pixel < pixels; ++pixel) {
    int64_t at = pixel * step;
    for (size_t i = 0; i < counts.size(); ++i) {
      for (int64_t c = 0; c < counts[i]; ++c, ++at) {
        const int64_t from = pixel * padded_channels(counts[i]) + c;
        ASSERT_EQ(out[static_cast<size_t>(at)], images[i][static_cast<size_t>(from)])
            << "pixel " << pixel << " of " << pixels << ", part " << i << ", channel " << c;
      }
    }
  }
}

TEST(CopyChannels, PutsImagesSideBySide) {
  ThreadPool pool(1);
  for (const int64_t pixels : {1, 2, 5}) {
    for (int64_t a = 0; a <= 5; ++a) {
      for (int64_t b = 1; b <= 9; ++b) check_joined(pixels, {a, b, 3}, pool);
    }
  }
}

TEST(CopyChannels, LeavesNothingAsItIs) {
  ThreadPool pool(2);
  float to = 1.0f;
  const ChannelCopy copy = {nullptr, 4, &to, 1, 1, 1};
  copy_channels({&copy, 1}, 0, pool);
  copy_channels({}, 3, pool);
  EXPECT_EQ(to, 1.0f);
}

TEST(CopyChannels, DividesPixelsAmongThreads) {
  ThreadPool pool(4);
  check_joined(20'011, {9, 3, 25}, pool);
}

TEST(ShuffleChannels, TakesGroupsInTurns) {
  for (const int64_t pixels : {0, 1, 3, 3001}) {
    ThreadPool pool(pixels > 3 ? 3 : 1);
    for (const int64_t groups : {1, 2, 3, 4}) {
      for (const int64_t count : {1, 2, 3, 4, 5, 9}) {
        const int64_t channels = groups * count, step = padded_channels(channels);
        const auto image = test::random_floats(pixels * step + 1, 1);
        auto out = unset(pixels * step + 1);
        shuffle_channels(image.data(), out.data(), channels, groups, pixels, pool);
        for (int64_t i = 0; i < pixels * step; ++i) {
          const int64_t channel = i % step, from = channel % groups * count + channel / groups;
          const float expected =
              channel < channels ? image[static_cast<size_t>(i - channel + from)] : 0.0f;
          ASSERT_EQ(out[static_cast<size_t>(i)], expected)
              << groups << " groups of " << count << ", element " << i;
        }
        EXPECT_TRUE(std::isnan(out.back()));
      }
    }
  }
}

}  // namespace
}  // namespace fovea::kernels

#include "kernels/reduction/normalization.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/random.h"

namespace fovea::kernels {
namespace {

constexpr float kEpsilon = 1e-5f;

struct Statistics {
  double mean = 0;
  double variance = 0;
};

Statistics statistics(const float* in, int64_t count) {
  Statistics s;
  for (int64_t i = 0; i < count; ++i) s.mean += static_cast<double>(in[i]);
  s.mean /= static_cast<double>(count);
  for (int64_t i = 0; i < count; ++i) {
    const double d = static_cast<double>(in[i]) - s.mean;
    s.variance += d * d;
  }
  s.variance /= static_cast<double>(count);
  return s;
}

double normalized(float x, const Statistics& s) {
  return (static_cast<double>(x) - s.mean) / std::sqrt(s.variance + static_cast<double>(kEpsilon));
}

// Error of (x - mean) / deviation * scale + bias with the mean rounded to float: an ULP of the mean
// over the deviation, and a few roundings of a result of size |unit| + 1. The variance's own sum
// adds an ULP for each of a block's 256 additions a lane at worst.
double tolerance(const Statistics& s, double unit) {
  const double deviation = std::sqrt(s.variance + static_cast<double>(kEpsilon));
  return 0x1p-23 * (std::fabs(s.mean) / deviation + 4 + (4 + 128) * std::fabs(unit));
}

void check_layer(int64_t rows, int64_t count, float offset, bool with_bias, int threads = 1,
                 bool statistics_too = true) {
  const auto in = test::random_floats(rows * count, 5, offset - 1, offset + 1);
  const auto scale = test::random_floats(count, 6), bias = test::random_floats(count, 7);
  std::vector<float> out(in.size()), mean(static_cast<size_t>(rows)), inverse(mean.size());
  ThreadPool pool(threads);
  LayerNorm<float> norm = {scale.data(), with_bias ? bias.data() : nullptr, kEpsilon};
  if (statistics_too) {
    norm.mean = mean.data();
    norm.inverse_deviation = inverse.data();
  }
  layer_norm(norm, in.data(), out.data(), rows, count, pool);
  for (int64_t r = 0; r < rows; ++r) {
    const Statistics s = statistics(&in[static_cast<size_t>(r * count)], count);
    if (statistics_too) {
      EXPECT_NEAR(static_cast<double>(mean[static_cast<size_t>(r)]), s.mean,
                  128 * 0x1p-24 * (std::fabs(static_cast<double>(offset)) + 1));
      EXPECT_NEAR(static_cast<double>(inverse[static_cast<size_t>(r)]),
                  1 / std::sqrt(s.variance + static_cast<double>(kEpsilon)),
                  tolerance(s, 1) / std::sqrt(s.variance + static_cast<double>(kEpsilon)));
    }
    for (int64_t i = 0; i < count; ++i) {
      const auto at = static_cast<size_t>(r * count + i), c = static_cast<size_t>(i);
      const double unit = normalized(in[at], s);
      const double want =
          unit * static_cast<double>(scale[c]) + (with_bias ? static_cast<double>(bias[c]) : 0.0);
      ASSERT_NEAR(static_cast<double>(out[at]), want, tolerance(s, unit)) << rows << "x" << count;
    }
  }
}

TEST(LayerNorm, RowsOfEverySmallSize) {
  for (int64_t count = 1; count <= 21; ++count) check_layer(3, count, 0.0f, count % 2 == 0);
  check_layer(5, 3001, 0.0f, true, 3);
}

// Four at a time, where nobody asks for statistics.
TEST(LayerNorm, ManyShortRows) {
  for (const int64_t count : {4, 60, 1024}) {
    for (const int64_t rows : {3, 4, 9}) check_layer(rows, count, 2.0f, rows == 4, 2, false);
  }
}

// Pixels of channels-last images: whatever is near, padding stays 0 and counts for nothing.
TEST(LayerNorm, RowsWithPadding) {
  for (int64_t count = 1; count <= 21; ++count) {
    for (const int64_t rows : {0, 1, 4, 7}) {
      const int64_t padding = (4 - count % 4) % 4, step = count + padding;
      const auto scale = test::random_floats(count, 6), bias = test::random_floats(count, 7);
      std::vector<float> in = test::random_floats(rows * step, 5, 8, 10);
      for (int64_t i = 0; i < rows * step; ++i) {
        if (i % step >= count) in[static_cast<size_t>(i)] = 0;
      }
      // A pixel that is not a number is none of its neighbours' business.
      if (rows == 7) in[static_cast<size_t>(5 * step)] = NAN;
      std::vector<float> out = in;
      ThreadPool pool(1);
      LayerNorm<float> norm = {scale.data(), count % 2 ? nullptr : bias.data(), kEpsilon};
      norm.padding = padding;
      layer_norm(norm, out.data(), out.data(), rows, count, pool);
      for (int64_t i = 0; i < rows * step; ++i) {
        const int64_t row = i / step, c = i % step;
        const auto at = static_cast<size_t>(i), channel = static_cast<size_t>(c);
        if (c >= count) {
          ASSERT_EQ(out[at], 0.0f) << count;
        } else if (rows == 7 && row == 5) {
          ASSERT_TRUE(std::isnan(out[at]));
        } else {
          const Statistics s = statistics(&in[static_cast<size_t>(row * step)], count);
          const double unit = normalized(in[at], s);
          const double want = unit * static_cast<double>(scale[channel]) +
                              (norm.bias ? static_cast<double>(bias[channel]) : 0.0);
          ASSERT_NEAR(static_cast<double>(out[at]), want, tolerance(s, unit))
              << rows << "x" << count;
        }
      }
    }
  }
}

TEST(LayerNorm, ALargeMeanDoesNotDrownTheVariance) { check_layer(2, 2000, 1000.0f, true); }

void check_group(int64_t n, int64_t channels, int64_t spatial, int64_t groups, int threads = 1) {
  const auto in = test::random_floats(n * channels * spatial, 8);
  const auto scale = test::random_floats(channels, 9), bias = test::random_floats(channels, 10);
  std::vector<float> out = in;
  ThreadPool pool(threads);
  group_norm(out.data(), scale.data(), bias.data(), kEpsilon, out.data(), n, channels, spatial,
             groups, pool);
  const int64_t count = channels / groups * spatial;
  for (int64_t i = 0; i < n * channels * spatial; ++i) {
    const Statistics s = statistics(&in[static_cast<size_t>(i / count * count)], count);
    const auto c = static_cast<size_t>(i / spatial % channels);
    const double unit = normalized(in[static_cast<size_t>(i)], s);
    ASSERT_NEAR(static_cast<double>(out[static_cast<size_t>(i)]),
                unit * static_cast<double>(scale[c]) + static_cast<double>(bias[c]),
                tolerance(s, unit));
  }
}

TEST(GroupNorm, GroupsFromAllToSingleChannels) {
  for (const int64_t groups : {1, 2, 3, 6}) {
    for (const int64_t spatial : {1, 2, 3, 5, 8, 35}) check_group(2, 6, spatial, groups);
  }
  check_group(2, 6, 700, 3, 3);
}

TEST(ScaleChannels, PlainAndChannelsLast) {
  for (const int64_t channels : {1, 3, 4, 6}) {
    const int64_t n = 2, spatial = 7, lanes = (channels + 3) / 4 * 4;
    const auto in = test::random_floats(n * channels * spatial, 11);
    auto scale = test::random_floats(lanes, 12), shift = test::random_floats(lanes, 13);
    for (auto c = static_cast<size_t>(channels); c < scale.size(); ++c) scale[c] = shift[c] = 0;
    std::vector<float> plain(in.size()), last(static_cast<size_t>(n * spatial * lanes));
    for (int64_t i = 0; i < n * spatial * lanes; ++i) {
      const int64_t c = i % lanes, pixel = i / lanes;
      if (c < channels) {
        last[static_cast<size_t>(i)] =
            in[static_cast<size_t>((pixel / spatial * channels + c) * spatial + pixel % spatial)];
      }
    }
    ThreadPool pool(1);
    scale_channels(in.data(), scale.data(), shift.data(), plain.data(), n, channels, spatial, pool);
    scale_channels_last(last.data(), scale.data(), shift.data(), last.data(), n * spatial, lanes,
                        pool);
    for (int64_t i = 0; i < n * spatial * lanes; ++i) {
      const int64_t c = i % lanes, pixel = i / lanes;
      const float got = last[static_cast<size_t>(i)];
      if (c >= channels) {
        ASSERT_EQ(got, 0.0f);
        continue;
      }
      const auto at =
          static_cast<size_t>((pixel / spatial * channels + c) * spatial + pixel % spatial);
      const double want =
          static_cast<double>(in[at]) * static_cast<double>(scale[static_cast<size_t>(c)]) +
          static_cast<double>(shift[static_cast<size_t>(c)]);
      ASSERT_NEAR(static_cast<double>(got), want, 2 * 0x1p-24 * 2);
      ASSERT_EQ(plain[at], got);
    }
  }
}

}  // namespace
}  // namespace fovea::kernels

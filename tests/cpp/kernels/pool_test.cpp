#include "kernels/reduction/pool.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>

#include "images.h"

namespace fovea::kernels {
namespace {

using test::Expected;
using test::random_floats;

// Calls visit(position in the input plane, or nullopt in the padding) for the taps of a window.
template <class Visit>
void for_each_tap(const PoolShape& shape, int64_t out, Visit visit) {
  std::array<int64_t, 3> at{}, kernel{};
  for (size_t a = 3; a-- > 0; out /= shape.axes[a].out) at[a] = out % shape.axes[a].out;
  for (kernel[0] = 0; kernel[0] < shape.axes[0].kernel; ++kernel[0]) {
    for (kernel[1] = 0; kernel[1] < shape.axes[1].kernel; ++kernel[1]) {
      for (kernel[2] = 0; kernel[2] < shape.axes[2].kernel; ++kernel[2]) {
        int64_t index = 0;
        bool inside = true, padding = true;
        for (size_t a = 0; a < 3; ++a) {
          const PoolAxis& axis = shape.axes[a];
          const int64_t p = at[a] * axis.stride + kernel[a] * axis.dilation - axis.pad_begin;
          inside = inside && p >= 0 && p < axis.in;
          padding = padding && p < axis.in + axis.pad_end;
          index = index * axis.in + p;
        }
        if (inside) {
          visit(std::optional(index));
        } else if (padding) {
          visit(std::optional<int64_t>());
        }
      }
    }
  }
}

std::vector<double> reference_max(const PoolShape& shape, const std::vector<float>& input) {
  std::vector<double> result;
  for (int64_t i = 0; i < shape.planes() * shape.out_size(); ++i) {
    double best = -std::numeric_limits<double>::infinity();
    for_each_tap(shape, i % shape.out_size(), [&](std::optional<int64_t> at) {
      if (!at) return;
      const int64_t index = i / shape.out_size() * shape.in_size() + *at;
      best = std::fmax(best, static_cast<double>(input[static_cast<size_t>(index)]));
    });
    result.push_back(best);
  }
  return result;
}

Expected reference_average(const PoolShape& shape, const std::vector<float>& input,
                           AverageOver over) {
  Expected out;
  for (int64_t i = 0; i < shape.planes() * shape.out_size(); ++i) {
    double total = 0, magnitude = 0;
    int64_t count = 0;
    for_each_tap(shape, i % shape.out_size(), [&](std::optional<int64_t> at) {
      if (at || over == AverageOver::InsideAndPadding) ++count;
      if (!at) return;
      const int64_t index = i / shape.out_size() * shape.in_size() + *at;
      total += input[static_cast<size_t>(index)];
      magnitude += std::fabs(input[static_cast<size_t>(index)]);
    });
    const auto n = static_cast<double>(count);
    out.values.push_back(total / n);
    out.bounds.push_back(test::sum_bound(count, magnitude / n));
  }
  return out;
}

PoolAxis pool_axis(int64_t in, int64_t kernel, int64_t stride, int64_t dilation, int64_t pad_begin,
                   int64_t pad_end, bool ceil) {
  PoolAxis axis{in, 1, kernel, stride, dilation, pad_begin, pad_end};
  const int64_t room = in + pad_begin + pad_end - (kernel - 1) * dilation - 1;
  axis.out = (room + (ceil ? stride - 1 : 0)) / stride + 1;
  return axis;
}

// 1-D, 2-D and 3-D pools of two images.
std::vector<PoolShape> cases(int64_t channels) {
  std::vector<PoolShape> out;
  for (int64_t stride = 1; stride <= 3; ++stride) {
    for (int64_t dilation = 1; dilation <= 2; ++dilation) {
      for (const bool ceil : {false, true}) {
        const PoolAxis x = pool_axis(21, 3, stride, dilation, 1, 2, ceil);
        const PoolAxis y = pool_axis(8, 2, stride, dilation, 1, 0, ceil);
        out.push_back({2, channels, {PoolAxis{}, PoolAxis{}, x}});
        out.push_back({2, channels, {PoolAxis{}, y, x}});
        out.push_back({2, channels, {pool_axis(5, 2, stride, 1, 0, 1, ceil), y, x}});
      }
    }
  }
  // Rows of every length that vectors begin and end in.
  for (int64_t in = 1; in <= 20; ++in) {
    for (int64_t kernel = 1; kernel <= std::min<int64_t>(in + 1, 5); ++kernel) {
      for (const int64_t stride : {1, 2}) {
        const PoolAxis x = pool_axis(in, kernel, stride, 1, kernel / 2, kernel / 2, false);
        out.push_back({1, channels, {PoolAxis{}, pool_axis(3, 2, 1, 1, 0, 0, false), x}});
      }
    }
  }
  // Rows that are made in several parts, and steps and reaches that few have.
  for (const auto& [kernel, stride, dilation] : {std::array<int64_t, 3>{5, 1, 1},
                                                 {5, 2, 1},
                                                 {3, 3, 2},
                                                 {4, 7, 50},
                                                 {2, 130, 1},
                                                 {2, 1, 600}}) {
    const PoolAxis x = pool_axis(2100, kernel, stride, dilation, 2, 1, true);
    out.push_back({1, channels, {PoolAxis{}, pool_axis(4, 3, 1, 1, 1, 1, false), x}});
  }
  return out;
}

void expect_equal(const std::vector<float>& actual, const std::vector<double>& expected) {
  expect_close(actual, {expected, std::vector<double>(expected.size(), 0.0)});
}

TEST(MaxPool, PlainInEveryRank) {
  for (const PoolShape& shape : cases(3)) {
    const auto input = random_floats(shape.planes() * shape.in_size(), 1);
    std::vector<float> output(static_cast<size_t>(shape.planes() * shape.out_size()));
    std::vector<int64_t> indices(output.size());
    max_pool_with_indices(shape, input.data(), output.data(), indices.data(), false, 0, 2);
    max_pool_with_indices(shape, input.data(), output.data(), indices.data(), false, 2,
                          shape.planes());
    expect_equal(output, reference_max(shape, input));
    for (size_t i = 0; i < output.size(); ++i) {
      if (std::isinf(output[i])) {
        EXPECT_EQ(indices[i], -1);
      } else {
        EXPECT_EQ(input[static_cast<size_t>(indices[i])], output[i]);
      }
    }
  }
}

// Of equal elements and of several NaN, the first in the order of the window.
TEST(MaxPool, IndicesAreOfTheFirstMaximum) {
  const PoolAxis axis = pool_axis(9, 3, 2, 1, 1, 1, false);
  const PoolShape shape{1, 2, {PoolAxis{}, axis, axis}};
  std::vector<float> input;
  for (int i = 0; i < 162; ++i) {
    input.push_back(i % 13 == 0 ? std::numeric_limits<float>::quiet_NaN()
                                : static_cast<float>(i * 7 % 3));
  }
  std::vector<float> output(static_cast<size_t>(shape.planes() * shape.out_size()));
  std::vector<int64_t> indices(output.size());
  max_pool_with_indices(shape, input.data(), output.data(), indices.data(), false, 0, 2);
  for (int64_t i = 0; i < std::ssize(output); ++i) {
    int64_t best = -1;
    for_each_tap(shape, i % shape.out_size(), [&](std::optional<int64_t> tap) {
      if (!tap) return;
      const int64_t at = i / shape.out_size() * shape.in_size() + *tap;
      const auto value = [&](int64_t of) { return input[static_cast<size_t>(of)]; };
      if (best < 0 || value(at) > value(best) ||
          (std::isnan(value(at)) && !std::isnan(value(best))))
        best = at;
    });
    EXPECT_EQ(indices[static_cast<size_t>(i)], best);
    EXPECT_EQ(std::isnan(output[static_cast<size_t>(i)]),
              std::isnan(input[static_cast<size_t>(best)]));
  }
}

TEST(MaxPool, ColumnMajorIndicesOfIntegers) {
  const PoolShape shape{
      1, 2, {PoolAxis{}, pool_axis(2, 2, 1, 1, 0, 0, false), pool_axis(3, 2, 1, 1, 0, 0, false)}};
  const std::vector<int8_t> input = {-5, -7, -9, -8, -3, -128, 1, 1, 1, 1, 1, 1};
  std::vector<int8_t> output(4);
  std::vector<int64_t> indices(4);
  max_pool_with_indices(shape, input.data(), output.data(), indices.data(), true, 0, 2);
  EXPECT_EQ(output, (std::vector<int8_t>{-3, -3, 1, 1}));
  // -3 is at row 1, column 1 of 2x3: 1 * 2 + 1. Of equals, the first.
  EXPECT_EQ(indices, (std::vector<int64_t>{3, 3, 6, 8}));
}

// In vectors and in what is left of a row.
TEST(MaxPool, KeepsNan) {
  const PoolShape shape{1, 1, {PoolAxis{}, PoolAxis{}, pool_axis(12, 2, 1, 1, 0, 0, false)}};
  for (size_t at = 0; at < 12; ++at) {
    auto input = random_floats(12, 1);
    input[at] = std::nanf("");
    std::vector<float> output(11);
    std::vector<int64_t> indices(11);
    max_pool_with_indices(shape, input.data(), output.data(), indices.data(), false, 0, 1);
    for (size_t i = 0; i < output.size(); ++i) {
      const bool sees_nan = i + 1 == at || i == at;
      EXPECT_EQ(std::isnan(output[i]), sees_nan) << i << " with NaN at " << at;
      EXPECT_TRUE(!sees_nan || indices[i] == static_cast<int64_t>(at)) << i;
    }
  }
}

TEST(AveragePool, PlainInEveryRank) {
  for (const PoolShape& shape : cases(2)) {
    for (const AverageOver over : {AverageOver::Inside, AverageOver::InsideAndPadding}) {
      const auto input = random_floats(shape.planes() * shape.in_size(), 1);
      std::vector<float> output(static_cast<size_t>(shape.planes() * shape.out_size()));
      average_pool(shape, input.data(), output.data(), over, 0, 1);
      average_pool(shape, input.data(), output.data(), over, 1, shape.planes());
      expect_close(output, reference_average(shape, input, over));
    }
  }
}

TEST(ChannelsLastPool, MatchesTheDefinition) {
  for (const int64_t channels : {1, 3, 4, 9}) {
    for (const PoolShape& shape : cases(channels)) {
      if (shape.axes[0].in != 1) continue;
      const auto input = random_floats(shape.planes() * shape.in_size(), 1);
      const auto pixels = channels_last(input, shape.batch, channels, shape.in_size());
      std::vector<float> output(
          static_cast<size_t>(shape.batch * shape.out_size() * padded_channels(channels)));
      const int64_t rows = shape.batch * shape.axes[1].out;
      const auto result = [&] { return plain(output, shape.batch, channels, shape.out_size()); };
      max_pool_rows(shape, pixels.data(), output.data(), 0, 1);
      max_pool_rows(shape, pixels.data(), output.data(), 1, rows);
      expect_equal(result(), reference_max(shape, input));
      for (const AverageOver over : {AverageOver::Inside, AverageOver::InsideAndPadding}) {
        average_pool_rows(shape, pixels.data(), output.data(), over, 0, 1);
        average_pool_rows(shape, pixels.data(), output.data(), over, 1, rows);
        expect_close(result(), reference_average(shape, input, over));
      }
    }
  }
}

TEST(GlobalPool, BothLayouts) {
  for (const int64_t channels : {1, 5, 8}) {
    for (const int64_t size : {1, 2, 3, 4, 7, 255, 1025, 4099}) {
      const int64_t n = 2;
      const PoolShape shape{n, channels, {PoolAxis{}, PoolAxis{}, PoolAxis{size, 1, size}}};
      const auto input = random_floats(n * channels * size, 1);
      const auto pixels = channels_last(input, n, channels, size);
      std::vector<float> planes(static_cast<size_t>(n * channels));
      std::vector<float> images(static_cast<size_t>(n * padded_channels(channels)), 7.0f);
      const auto average = reference_average(shape, input, AverageOver::Inside);

      global_average(input.data(), planes.data(), size, 0, n * channels);
      expect_close(planes, average);
      global_average_images(pixels.data(), images.data(), channels, size, 0, n);
      expect_close(plain(images, n, channels, 1), average);
      global_max(input.data(), planes.data(), size, 0, n * channels);
      expect_equal(planes, reference_max(shape, input));
      global_max_images(pixels.data(), images.data(), channels, size, 0, n);
      expect_equal(plain(images, n, channels, 1), reference_max(shape, input));
    }
  }
}

}  // namespace
}  // namespace fovea::kernels

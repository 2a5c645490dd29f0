#include "kernels/reduction/softmax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "support/random.h"

namespace fovea::kernels {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

std::vector<float> softmax_of(Softmax kind, const SoftmaxShape& shape, std::vector<float> data,
                              int threads = 1) {
  ThreadPool pool(threads);
  std::vector<float> scratch(static_cast<size_t>(softmax_scratch_floats(shape, threads)));
  softmax(kind, shape, data.data(), data.data(), scratch.data(), pool);
  return data;
}

std::vector<float> softmax_of_line(Softmax kind, std::vector<float> line) {
  const auto count = static_cast<int64_t>(line.size());
  return softmax_of(kind, {1, count}, std::move(line));
}

// The place of the first of the largest.
int64_t place_of_largest(const std::vector<float>& line) {
  return std::max_element(line.begin(), line.end()) - line.begin();
}

void check(int64_t outer, int64_t count, int64_t inner, int threads = 1, int64_t padding = 0) {
  const SoftmaxShape shape = {outer, count, inner, padding};
  const int64_t step = count + padding;
  const std::vector<float> in = test::random_floats(outer * step * inner, 3, -20.0f, 20.0f);
  const std::vector<float> plain = softmax_of(Softmax::Plain, shape, in, threads);
  const std::vector<float> logarithm = softmax_of(Softmax::Log, shape, in, threads);
  const std::vector<float> hard = softmax_of(Softmax::Hard, shape, in, threads);
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t j = 0; j < inner; ++j) {
      const auto at = [&](int64_t i) { return static_cast<size_t>((o * step + i) * inner + j); };
      double sum = 0;
      std::vector<float> line;
      for (int64_t i = 0; i < count; ++i) line.push_back(in[at(i)]);
      for (const float x : line) sum += std::exp(static_cast<double>(x));
      for (int64_t i = 0; i < count; ++i) {
        const double want = static_cast<double>(in[at(i)]) - std::log(sum);
        // x - m is off by half an ULP of up to 40; the sum of terms by half an ULP a term.
        const double slack = 40 * 0x1p-24 + (static_cast<double>(count) + 8) * 0x1p-24;
        ASSERT_NEAR(static_cast<double>(plain[at(i)]), std::exp(want), slack * std::exp(want))
            << outer << "x" << count << "x" << inner;
        ASSERT_NEAR(static_cast<double>(logarithm[at(i)]), want, slack + 2 * 40 * 0x1p-24);
        ASSERT_EQ(hard[at(i)], place_of_largest(line) == i ? 1.0f : 0.0f);
      }
      for (int64_t i = count; i < step; ++i) {
        for (const auto& out : {plain, logarithm, hard}) ASSERT_EQ(out[at(i)], 0.0f);
      }
    }
  }
}

TEST(Softmax, RowsAndColumnsOfEverySmallSize) {
  for (int64_t count = 1; count <= 19; ++count) {
    check(3, count, 1);
    for (const int64_t inner : {2, 3, 4, 5, 9}) check(2, count, inner);
  }
}

TEST(Softmax, PaddingBecomesZero) {
  for (int64_t count = 1; count <= 9; ++count) check(5, count, 1, 2, (4 - count % 4) % 4);
}

TEST(Softmax, LargeAndThreaded) {
  check(40, 1000, 1, 3);
  check(2, 21, 1000, 3);
}

// Whole strips and parts of one, more and fewer than threads, and lines too long for a strip.
TEST(Softmax, StripsOfNeighbours) {
  check(1, 64, 130, 1);
  check(2, 64, 64, 3);
  check(1, 1, 5000, 2);
  check(1, 5000, 17, 3);
  check(3, 300, 2, 8);
}

TEST(Softmax, NothingOfNothing) {
  for (const SoftmaxShape& shape : {SoftmaxShape{3, 0, 1}, {3, 0, 5}, {0, 3, 5}, {3, 2, 0}}) {
    for (const Softmax kind : {Softmax::Plain, Softmax::Log, Softmax::Hard}) {
      EXPECT_TRUE(softmax_of(kind, shape, {}).empty());
    }
  }
}

TEST(Softmax, ExtremesNeitherOverflowNorVanish) {
  const std::vector<float> in = {1000.0f, 1000.0f, -1000.0f, -kInf, 1000.0f};
  std::vector<float> out = softmax_of_line(Softmax::Plain, in);
  for (const size_t i : {0, 1, 4}) EXPECT_FLOAT_EQ(out[i], 1.0f / 3);
  EXPECT_EQ(out[2], 0.0f);
  EXPECT_EQ(out[3], 0.0f);
  out = softmax_of_line(Softmax::Log, in);
  EXPECT_NEAR(out[2], -2000.0 - std::log(3.0), 2e-4);
  EXPECT_EQ(out[3], -kInf);
}

TEST(Softmax, NanFillsItsLineAlone) {
  const std::vector<float> in = {1.0f, std::nanf(""), 2.0f, 3.0f, 1.0f, 2.0f};
  std::vector<float> out = softmax_of(Softmax::Plain, {2, 3}, in);
  for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(std::isnan(out[i]));
  for (size_t i = 3; i < 6; ++i) EXPECT_FALSE(std::isnan(out[i]));
  out = softmax_of(Softmax::Plain, {1, 3, 2}, in);
  for (const size_t i : {0, 2, 4}) EXPECT_FALSE(std::isnan(out[i]));
  for (const size_t i : {1, 3, 5}) EXPECT_TRUE(std::isnan(out[i]));
}

}  // namespace
}  // namespace fovea::kernels

#include "kernels/reduction/softmax.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/random.h"

namespace fovea::kernels {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

void check(int64_t outer, int64_t count, int64_t inner, int threads = 1) {
  const std::vector<float> in = test::random_floats(outer * count * inner, 3, -20.0f, 20.0f);
  std::vector<float> plain(in.size()), logarithm = in;
  ThreadPool pool(threads);
  softmax(in.data(), plain.data(), outer, count, inner, pool);
  log_softmax(logarithm.data(), logarithm.data(), outer, count, inner, pool);
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t j = 0; j < inner; ++j) {
      const auto at = [&](int64_t i) { return static_cast<size_t>((o * count + i) * inner + j); };
      double sum = 0;
      for (int64_t i = 0; i < count; ++i) sum += std::exp(static_cast<double>(in[at(i)]));
      for (int64_t i = 0; i < count; ++i) {
        const double want = static_cast<double>(in[at(i)]) - std::log(sum);
        // x - m is off by half an ULP of up to 40; the sum of terms by half an ULP a term.
        const double slack = 40 * 0x1p-24 + (static_cast<double>(count) + 8) * 0x1p-24;
        ASSERT_NEAR(static_cast<double>(plain[at(i)]), std::exp(want), slack * std::exp(want))
            << outer << "x" << count << "x" << inner;
        ASSERT_NEAR(static_cast<double>(logarithm[at(i)]), want, slack + 2 * 40 * 0x1p-24);
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

TEST(Softmax, LargeAndThreaded) {
  check(40, 1000, 1, 3);
  check(2, 21, 1000, 3);
}

TEST(Softmax, ExtremesNeitherOverflowNorVanish) {
  const float in[] = {1000.0f, 1000.0f, -1000.0f, -kInf, 1000.0f};
  float out[5];
  ThreadPool pool(1);
  softmax(in, out, 1, 5, 1, pool);
  for (const int i : {0, 1, 4}) EXPECT_FLOAT_EQ(out[i], 1.0f / 3);
  EXPECT_EQ(out[2], 0.0f);
  EXPECT_EQ(out[3], 0.0f);
  log_softmax(in, out, 1, 5, 1, pool);
  EXPECT_NEAR(out[2], -2000.0 - std::log(3.0), 2e-4);
  EXPECT_EQ(out[3], -kInf);
}

TEST(Softmax, NanFillsItsLineAlone) {
  const float in[] = {1.0f, std::nanf(""), 2.0f, 3.0f, 1.0f, 2.0f};
  float out[6];
  ThreadPool pool(1);
  softmax(in, out, 2, 3, 1, pool);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(std::isnan(out[i]));
  for (int i = 3; i < 6; ++i) EXPECT_FALSE(std::isnan(out[i]));
}

}  // namespace
}  // namespace fovea::kernels

#include "quantise/range.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "support/random.h"

namespace fovea::quantise {
namespace {

using test::random_floats;

uint64_t sum_of(const Histogram& histogram) {
  const auto counts = histogram.counts();
  return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
}

TEST(Histogram, CountsEveryValueInTheBinThatReachesIt) {
  Histogram histogram;
  std::vector<float> all;
  // Each part lies farther out than those before, at either end.
  for (const float reach : {0.5f, 1.0f, 40.0f, 3000.0f}) {
    for (const auto& [low, high] : {std::pair(-reach, 0.0f), std::pair(0.0f, 2 * reach)}) {
      const auto part = random_floats(999, 7, low, high);
      ASSERT_TRUE(histogram.add(part));
      all.insert(all.end(), part.begin(), part.end());
    }
  }
  EXPECT_EQ(sum_of(histogram), all.size());
  EXPECT_EQ(histogram.total(), all.size());
  EXPECT_EQ(histogram.seen().low, *std::ranges::min_element(all));
  EXPECT_EQ(histogram.seen().high, *std::ranges::max_element(all));
  // Values on a border may be counted on either side of it.
  const double width = histogram.width();
  for (int bin = 0; bin < Histogram::kBins; bin += 97) {
    const double end = histogram.middle(bin) + width / 2;
    const auto below = [&](double limit) {
      return static_cast<uint64_t>(std::ranges::count_if(all, [&](float x) { return x < limit; }));
    };
    uint64_t counted = 0;
    for (int i = 0; i <= bin; ++i) counted += histogram.counts()[static_cast<size_t>(i)];
    EXPECT_GE(counted, below(end - 1e-3 * width)) << bin;
    EXPECT_LE(counted, below(end + 1e-3 * width)) << bin;
  }
}

TEST(Histogram, TakesOneValueAndNone) {
  for (const float value : {0.0f, 1.0f, -3e30f, 1e-38f}) {
    Histogram histogram;
    EXPECT_TRUE(histogram.add({}));
    EXPECT_TRUE(histogram.empty());
    ASSERT_TRUE(histogram.add(std::vector<float>{value, value}));
    EXPECT_EQ(sum_of(histogram), 2u);
    EXPECT_EQ(histogram.seen(), (Range{value, value}));
  }
}

TEST(Histogram, RefusesWhatIsNotFinite) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    Histogram histogram;
    EXPECT_FALSE(histogram.add(std::vector<float>{1, bad, 2}));
    EXPECT_TRUE(histogram.empty());
  }
}

TEST(Parameters, ReachAllOfARangeAndHaveZeroAmongThem) {
  for (const DType dtype : {DType::Uint8, DType::Int8}) {
    const int least = dtype == DType::Int8 ? -128 : 0;
    for (const Range& range : {Range{-1, 1}, Range{-0.3, 0.9}, Range{0, 5}, Range{-7, 0},
                               Range{2, 3}, Range{-3, -2}, Range{-1e-30, 1e-30}}) {
      const Parameters parameters = parameters_of(range, dtype);
      ASSERT_GT(parameters.scale, 0);
      EXPECT_GE(parameters.zero_point, least);
      EXPECT_LE(parameters.zero_point, least + 255);
      const Quantiser quantise(parameters, dtype);
      EXPECT_EQ(quantise(0), 0);
      for (const double x : {range.low, range.high}) {
        EXPECT_NEAR(quantise(static_cast<float>(x)), x, parameters.scale) << x;
      }
    }
  }
}

TEST(Parameters, OfNothingButZerosAreOfAnyScale) {
  EXPECT_EQ(parameters_of({0, 0}, DType::Uint8), (Parameters{1, 0}));
  EXPECT_EQ(parameters_of({0, 1e-44}, DType::Int8), (Parameters{1, -128}));
}

TEST(Quantiser, RoundsHalfToEvenAndCuts) {
  const Quantiser quantise({0.5f, 10}, DType::Uint8);
  EXPECT_EQ(quantise(0.25f), 0);
  EXPECT_EQ(quantise(0.75f), 1);
  EXPECT_EQ(quantise(-100), -5);
  EXPECT_EQ(quantise(1000), 122.5f);
}

// A thousandth of the values lies far outside of where the others are.
Histogram with_outliers() {
  Histogram histogram;
  auto values = random_floats(200000, 1, -1, 1);
  for (float& x : values) x *= x * x;
  EXPECT_TRUE(histogram.add(values));
  EXPECT_TRUE(histogram.add(random_floats(10, 2, 90, 100)));
  return histogram;
}

TEST(ChooseRange, LeavesOutliersOutWhereThatIsAsked) {
  const Histogram histogram = with_outliers();
  EXPECT_EQ(choose_range(histogram, Method::MinMax).high, histogram.seen().high);
  EXPECT_LT(choose_range(histogram, Method::Percentile).high, 2);
  EXPECT_LT(choose_range(histogram, Method::Entropy).high, 90);
  for (const Method method : {Method::Percentile, Method::Mse, Method::Entropy}) {
    const Range range = choose_range(histogram, method);
    EXPECT_LE(range.low, 0);
    EXPECT_GT(range.high, 0.25);
    EXPECT_LE(range.high, histogram.seen().high);
  }
}

TEST(ChooseRange, ByLeastSquaresLosesNoMoreThanAllThatWasSeen) {
  for (const float outlier : {1.5f, 5.0f, 30.0f, 1000.0f}) {
    auto values = random_floats(20000, 3, -1, 1);
    values.push_back(outlier);
    Histogram histogram;
    ASSERT_TRUE(histogram.add(values));
    const auto loss = [&](Method method) {
      const Quantiser quantise(parameters_of(choose_range(histogram, method), DType::Uint8),
                               DType::Uint8);
      double sum = 0;
      for (const float x : values) sum += std::pow(x - quantise(x), 2);
      return sum;
    };
    // A histogram's bins do not tell everything.
    EXPECT_LE(loss(Method::Mse), 1.05 * loss(Method::MinMax)) << outlier;
  }
}

TEST(ChooseRange, TakesWhatIsAllAlike) {
  for (const float value : {0.0f, 2.0f, -2.0f}) {
    Histogram histogram;
    ASSERT_TRUE(histogram.add(std::vector<float>(100, value)));
    for (const Method method : {Method::MinMax, Method::Percentile, Method::Mse, Method::Entropy}) {
      const Range range = choose_range(histogram, method);
      EXPECT_LE(range.low, std::min(value, 0.0f) + 1e-6);
      EXPECT_GE(range.high, std::max(value, 0.0f) - 1e-6);
    }
  }
}

}  // namespace
}  // namespace fovea::quantise

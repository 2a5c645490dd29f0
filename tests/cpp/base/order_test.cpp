#include "base/order.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace fovea {
namespace {

TEST(Order, IsThatOfAStableSort) {
  std::mt19937 random(1);
  for (const int64_t count : {0, 1, 2, 3, 100, 1000}) {
    std::vector<int> values(static_cast<size_t>(count));
    for (int& value : values) value = static_cast<int>(random() % 10);
    const auto at = [&](int64_t place) { return values[static_cast<size_t>(place)]; };
    std::vector<int64_t> expected(values.size());
    std::iota(expected.begin(), expected.end(), int64_t{0});
    std::ranges::stable_sort(expected, {}, at);
    EXPECT_EQ(order_of(values.size(), [&](int64_t a, int64_t b) { return at(a) < at(b); }),
              expected);
    std::vector<int> sorted = values;
    sort_values(sorted);
    std::ranges::sort(values);
    EXPECT_EQ(sorted, values);
  }
}

TEST(Order, SortsSomeOfThePlaces) {
  const double scores[] = {0.5, 0.9, 0.1, 0.9};
  int64_t places[] = {3, 0, 1};
  sort_places(places, [&](int64_t a, int64_t b) { return scores[a] > scores[b]; });
  EXPECT_EQ(std::vector<int64_t>(places, places + 3), (std::vector<int64_t>{1, 3, 0}));
}

}  // namespace
}  // namespace fovea

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

// Keys whose low, middle or high digits differ, or none.
TEST(Order, ByKeysIsThatOfAStableSort) {
  std::mt19937_64 random(1);
  for (const size_t count : {0, 1, 2, 3, 40, 41, 1000}) {
    for (const uint64_t mask :
         {uint64_t{0}, uint64_t{7}, uint64_t{0xff00ff00}, uint64_t{3} << 60, ~uint64_t{0}}) {
      std::vector<Keyed> items, scratch(count);
      for (size_t i = 0; i < count; ++i) {
        items.push_back({random() & mask, static_cast<int64_t>(i)});
      }
      std::vector<Keyed> expected = items;
      std::ranges::stable_sort(expected, {}, &Keyed::key);
      sort_by_keys(items, scratch);
      for (size_t i = 0; i < count; ++i) {
        EXPECT_EQ(items[i].key, expected[i].key);
        EXPECT_EQ(items[i].place, expected[i].place);
      }
    }
  }
}

}  // namespace
}  // namespace fovea

#include "plan/band_geometry.h"

#include <gtest/gtest.h>

namespace fovea {
namespace {

constexpr int64_t kHeight = int64_t{1} << 20;

// Steps that read each other, the first an image that is whole, all by the same rule.
BandGeometry geometry_of(const BandInput& rule, int steps = 3) {
  std::vector<BandShape> shapes;
  for (int i = 0; i < steps; ++i) {
    shapes.push_back({{{0, rule, i - 1}}, kHeight, 64, i == steps - 1});
  }
  return find_geometry(shapes, 4, 1 << 20, 8);
}

TEST(BandGeometry, StepsAreAheadByTheirReach) {
  const BandGeometry geometry = geometry_of({.whole = false, .before = 2, .after = 1});
  ASSERT_EQ(geometry.values.size(), 3u);
  EXPECT_EQ(geometry.values[0].lead, 2);
  EXPECT_EQ(geometry.values[1].lead, 1);
  EXPECT_EQ(geometry.values[2].lead, 0);
  EXPECT_EQ(geometry.values[0].history, 3);
  EXPECT_EQ(geometry.values[0].rows, geometry.values[2].rows);
}

// Their products are beyond 64 bits.
TEST(BandGeometry, OfAbsurdStridesAndWindowsIsNone) {
  for (const int64_t absurd : {int64_t{1} << 20, (int64_t{1} << 31) - 1, int64_t{1} << 33}) {
    for (const int steps : {2, 3, 7}) {
      EXPECT_TRUE(geometry_of({.whole = false, .num = absurd}, steps).values.empty());
      EXPECT_TRUE(geometry_of({.whole = false, .den = absurd}, steps).values.empty());
      EXPECT_TRUE(geometry_of({.whole = false, .before = absurd}, steps).values.empty());
      EXPECT_TRUE(geometry_of({.whole = false, .after = absurd}, steps).values.empty());
    }
  }
}

TEST(BandGeometry, OfManyHalvingsIsNone) {
  EXPECT_FALSE(geometry_of({.whole = false, .num = 2}, 8).values.empty());
  EXPECT_TRUE(geometry_of({.whole = false, .num = 2}, 100).values.empty());
  EXPECT_TRUE(geometry_of({.whole = false, .den = 2}, 100).values.empty());
}

}  // namespace
}  // namespace fovea

#include "image/border.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace fovea::image {
namespace {

TEST(Border, PositionsGoOnWithoutEnd) {
  const auto positions = [](Border border, int64_t begin, int64_t end, int64_t size) {
    std::vector<int64_t> out;
    for (int64_t at = begin; at < end; ++at) out.push_back(border_position(border, at, size));
    return out;
  };
  using Positions = std::vector<int64_t>;
  EXPECT_EQ(positions(Border::Replicate, -3, 6, 3), (Positions{0, 0, 0, 0, 1, 2, 2, 2, 2}));
  // numpy.pad([0, 1, 2], 6, 'reflect')
  EXPECT_EQ(positions(Border::Reflect, -6, 9, 3),
            (Positions{2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2, 1, 0}));
  EXPECT_EQ(positions(Border::Reflect, -3, 4, 2), (Positions{1, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(positions(Border::Reflect, -2, 3, 1), (Positions{0, 0, 0, 0, 0}));
}

TEST(Border, RangesAreWhatStandsForThem) {
  using Pair = std::pair<int64_t, int64_t>;
  const auto range = [](Border border, int64_t begin, int64_t end) {
    const Range out = border_range(border, {begin, end}, 10);
    return Pair(out.begin, out.end);
  };
  EXPECT_EQ(range(Border::Replicate, -4, 3), Pair(0, 3));
  EXPECT_EQ(range(Border::Reflect, -4, 3), Pair(0, 5));
  EXPECT_EQ(range(Border::Reflect, 9, 14), Pair(5, 10));
  EXPECT_EQ(range(Border::Reflect, 2, 4), Pair(2, 4));
}

float element(int64_t c, int64_t x, int64_t y) { return static_cast<float>(100 * c + 10 * y + x); }

// Every part of a small image that can be known, empty ones excepted.
TEST(Border, ExtendsWhatIsKnown) {
  const int64_t width = 5, height = 4;
  for (const Border border : {Border::Replicate, Border::Reflect}) {
    for (const Rect known :
         {Rect{0, 0, 2, 3}, Rect{3, 1, 2, 3}, Rect{1, 2, 1, 1}, Rect{0, 0, 5, 4}}) {
      std::vector<float> planes(2 * width * height, -1.0f);
      const Planes view = whole_planes(planes.data(), width, height);
      for (int64_t c = 0; c < 2; ++c) {
        for (int64_t y = known.y; y < known.bottom(); ++y) {
          for (int64_t x = known.x; x < known.right(); ++x) view.row(c, y)[x] = element(c, x, y);
        }
      }
      extend_edges(view, 2, width, height, known, known, border);
      for (int64_t c = 0; c < 2; ++c) {
        for (int64_t y = 0; y < height; ++y) {
          for (int64_t x = 0; x < width; ++x) {
            const int64_t from_x = known.x + border_position(border, x - known.x, known.width);
            const int64_t from_y = known.y + border_position(border, y - known.y, known.height);
            EXPECT_EQ(view.row(c, y)[x], element(c, from_x, from_y)) << x << ", " << y;
          }
        }
      }
    }
  }
}

// A picture of which only [2, 5) is known, mirrored at 0 and 7.
TEST(Border, ReflectsThePictureNotWhatIsKnown) {
  std::vector<float> row = {-1, -1, 2, 3, 4, -1, -1, -1, -1, -1};
  extend_edges(whole_planes(row.data(), 10, 1), 1, 10, 1, {2, 0, 3, 1}, {0, 0, 7, 1},
               Border::Reflect);
  EXPECT_EQ(row, (std::vector<float>{2, 2, 2, 3, 4, 4, 4, 4, 4, 3}));
}

}  // namespace
}  // namespace fovea::image

#include "base/shape.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace fovea {
namespace {

TEST(Shape, CountsElements) {
  EXPECT_EQ(Shape({}).elements(), 1);
  EXPECT_EQ(Shape({2, 3, 4}).elements(), 24);
  EXPECT_EQ(Shape({int64_t{1} << 40, 0, int64_t{1} << 40}).elements(0, 2), 0);
  EXPECT_EQ(Shape({2, 3, 4}).elements(1, 3), 12);
}

TEST(Shape, RejectsAbsurdSizes) {
  EXPECT_THROW(Shape({int64_t{1} << 40, int64_t{1} << 40}).elements(), Error);
  EXPECT_THROW(Shape({int64_t{1} << 40, 0, int64_t{1} << 40}).elements(), Error);
}

TEST(Shape, RejectsMoreDimensionsThanAnyTensorHas) {
  const auto ones = [](int rank) { return Shape(std::vector<int64_t>(rank, 1)); };
  EXPECT_EQ(ones(kMaxRank).elements(), 1);
  EXPECT_THROW(ones(kMaxRank + 1).elements(), Error);
}

TEST(Shape, HasNoAxisOutsideItsRank) {
  Shape shape{2, 3};
  EXPECT_EQ(shape[1], 3);
  EXPECT_THROW(shape[2] = 1, Error);
  const Shape scalar;
  for (const int axis : {0, -1, 1}) {
    try {
      EXPECT_EQ(scalar[axis], 1);
      ADD_FAILURE() << axis;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::Internal);
    }
  }
}

TEST(Shape, NormalizesAxes) {
  EXPECT_EQ(normalize_axis(-1, 4), 3);
  EXPECT_EQ(normalize_axis(0, 4), 0);
  EXPECT_THROW(normalize_axis(4, 4), Error);
  EXPECT_THROW(normalize_axis(-5, 4), Error);
}

TEST(Shape, Broadcasts) {
  EXPECT_EQ(broadcast({2, 1, 4}, {3, 1}), Shape({2, 3, 4}));
  EXPECT_EQ(broadcast({}, {5}), Shape({5}));
  EXPECT_EQ(broadcast({0, 1}, {1, 7}), Shape({0, 7}));
  EXPECT_THROW(broadcast({2}, {3}), Error);
}

TEST(Shape, StridesAreRowMajor) {
  EXPECT_EQ(strides_of({2, 3, 4}), (std::vector<int64_t>{12, 4, 1}));
}

}  // namespace
}  // namespace fovea

#include <gtest/gtest.h>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

// Three pairs of boxes that overlap within the pair only; the second of each is shifted by 0.1.
Tensor boxes() {
  return Tensor::of<float>({1, 6, 4}, {0, 0,  1, 1,  0, 0.1f,  1, 1.1f,  0, -0.1f, 1, 0.9f,
                                       0, 10, 1, 11, 0, 10.1f, 1, 11.1f, 0, 100,   1, 101});
}

Ints select(const Tensor& all, const Tensor& scores, int64_t limit, float overlap, float score,
            int64_t center = 0) {
  return values_of<int64_t>(
      run_op({"NonMaxSuppression", 11, {{"center_point_box", center}}},
             {all, scores, int64_vector({limit}), Tensor::of<float>({1}, {overlap}),
              Tensor::of<float>({1}, {score})})[0]);
}

TEST(NonMaxSuppression, KeepsTheBestOfOverlappingBoxes) {
  const Tensor scores = Tensor::of<float>({1, 1, 6}, {0.9f, 0.75f, 0.6f, 0.95f, 0.5f, 0.3f});
  EXPECT_EQ(select(boxes(), scores, 3, 0.5f, 0.0f), (Ints{0, 0, 3, 0, 0, 0, 0, 0, 5}));
  EXPECT_EQ(select(boxes(), scores, 2, 0.5f, 0.0f), (Ints{0, 0, 3, 0, 0, 0}));
  EXPECT_EQ(select(boxes(), scores, 6, 0.5f, 0.4f), (Ints{0, 0, 3, 0, 0, 0}));
  EXPECT_EQ(select(boxes(), scores, 6, 1.0f, 0.7f), (Ints{0, 0, 3, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(select(boxes(), scores, 0, 0.5f, 0.0f), Ints{});
  EXPECT_EQ(run_op({"NonMaxSuppression", 11}, {boxes(), scores})[0].shape(), Shape({0, 3}));
}

TEST(NonMaxSuppression, CornersInAnyOrderAndCentres) {
  const Tensor flipped = Tensor::of<float>({1, 2, 4}, {1, 1, 0, 0, 0, 0.1f, 1, 1.1f});
  const Tensor scores = Tensor::of<float>({1, 1, 2}, {0.5f, 0.9f});
  EXPECT_EQ(select(flipped, scores, 9, 0.5f, 0.0f), (Ints{0, 0, 1}));
  const Tensor centres = Tensor::of<float>({1, 2, 4}, {0.5f, 0.5f, 1, 1, 0.5f, 5, 1, 1});
  EXPECT_EQ(select(centres, scores, 9, 0.5f, 0.0f, 1), (Ints{0, 0, 1, 0, 0, 0}));
}

TEST(NonMaxSuppression, EveryBatchAndClassByItself) {
  const Tensor two = Tensor::of<float>({2, 1, 4}, {0, 0, 1, 1, 0, 0, 1, 1});
  const Tensor scores = Tensor::of<float>({2, 2, 1}, {0.1f, 0.9f, 0.9f, 0.1f});
  EXPECT_EQ(select(two, scores, 1, 0.5f, 0.5f), (Ints{0, 1, 0, 1, 0, 0}));
}

TEST(NonMaxSuppression, WrongShapesAreErrors) {
  EXPECT_EQ(error_of([] {
              run_op({"NonMaxSuppression", 11}, {boxes(), random_tensor({1, 1, 5}, 1)});
            }),
            ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test

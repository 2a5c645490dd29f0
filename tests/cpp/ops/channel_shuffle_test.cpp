#include <gtest/gtest.h>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

OpCase shuffle() {
  return fused("ChannelShuffle", 3,
               {{{"Reshape"}, {0, 1}},
                {{"Transpose", 17, {{"perm", Ints{0, 2, 1, 3, 4}}}}, {kBefore}},
                {{"Reshape"}, {kBefore, 2}}});
}

Tensor one_by_one(const Tensor& image, const Ints& split, const Ints& merged) {
  const Tensor groups = run_op({"Reshape"}, {image, int64_vector(split)})[0];
  const OpCase transpose = {"Transpose", 17, {{"perm", Ints{0, 2, 1, 3, 4}}}};
  return run_op({"Reshape"}, {run_op(transpose, {groups})[0], int64_vector(merged)})[0];
}

TEST(ChannelShuffle, TakesGroupsInTurns) {
  for (const int64_t groups : {1, 2, 3, 4}) {
    for (const int64_t count : {1, 2, 5, 8}) {
      const Tensor image = random_tensor({2, groups * count, 3, 5}, 1);
      const Ints split = {2, groups, count, 3, 5}, merged = {2, groups * count, 3, 5};
      const Tensor expected = one_by_one(image, split, merged);
      for (int64_t channel = 0; channel < groups * count; ++channel) {
        const auto from = static_cast<size_t>(channel % groups * count + channel / groups);
        ASSERT_EQ(expected.as<float>()[static_cast<size_t>(channel) * 15],
                  image.as<float>()[from * 15]);
      }
      const std::vector<Tensor> inputs = {image, int64_vector(split), int64_vector(merged)};
      bool used = false;
      for (const int threads : {1, 3}) {
        expect_equal(run_op_channels_last(shuffle(), inputs, &used, threads)[0], expected);
        EXPECT_TRUE(used);
      }
    }
  }
}

}  // namespace
}  // namespace fovea::test

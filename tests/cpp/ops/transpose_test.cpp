#include <gtest/gtest.h>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

TEST(Transpose, ReversesByDefaultAndPermutesByAttribute) {
  const Tensor in = iota_tensor<int64_t>({2, 3, 4});
  const Tensor reversed = run_op({"Transpose", 13}, {in})[0];
  const Tensor rotated =
      run_op({"Transpose", 13, {{"perm", std::vector<int64_t>{2, 0, 1}}}}, {in})[0];
  ASSERT_EQ(reversed.shape(), (Shape{4, 3, 2}));
  ASSERT_EQ(rotated.shape(), (Shape{4, 2, 3}));
  for (const Index& i : indices_of(in.shape())) {
    const int64_t value = in.as<int64_t>()[flat_index(in.shape(), i)];
    EXPECT_EQ(reversed.as<int64_t>()[flat_index(reversed.shape(), {i[2], i[1], i[0]})], value);
    EXPECT_EQ(rotated.as<int64_t>()[flat_index(rotated.shape(), {i[2], i[0], i[1]})], value);
  }
}

TEST(Transpose, ScalarsAndBadPermutations) {
  expect_equal(run_op({"Transpose", 13}, {iota_tensor<float>({})})[0], iota_tensor<float>({}));
  for (const std::vector<int64_t>& perm : {std::vector<int64_t>{0, 0}, {0}, {1, 2}, {0, -1}}) {
    EXPECT_EQ(error_of([&] {
                run_op({"Transpose", 13, {{"perm", perm}}}, {iota_tensor<float>({2, 3})});
              }),
              ErrorCode::MalformedModel);
  }
}

// Where DepthToSpace finds channel c of the pixel at (in_y, in_x) of a block.
int64_t deep_channel(const std::string& mode, int64_t block, int64_t channels, int64_t c,
                     int64_t in_y, int64_t in_x) {
  return mode == "DCR" ? (in_y * block + in_x) * channels + c : (c * block + in_y) * block + in_x;
}

template <class T>
void check_depth_to_space(int64_t block, int64_t channels, const std::string& mode) {
  const Shape deep = {2, channels * block * block, 3, 5};
  const Tensor in = iota_tensor<T>(deep);
  Tensor expected = Tensor::allocate(dtype_of<T>, {2, channels, 3 * block, 5 * block});
  for (const Index& i : indices_of(expected.shape())) {
    const int64_t c = deep_channel(mode, block, channels, i[1], i[2] % block, i[3] % block);
    expected.mutable_as<T>()[flat_index(expected.shape(), i)] =
        in.template as<T>()[flat_index(deep, {i[0], c, i[2] / block, i[3] / block})];
  }
  const OpCase op = {"DepthToSpace", 13, {{"blocksize", block}, {"mode", mode}}};
  expect_equal(run_op(op, {in}, 2)[0], expected);
  bool used = false;
  expect_equal(run_op_channels_last(op, {in}, &used, 2)[0], expected);
  EXPECT_EQ(used, (std::is_same_v<T, float>));
}

TEST(DepthToSpace, BothModesInBothLayouts) {
  for (const std::string mode : {"DCR", "CRD"}) {
    for (const int64_t block : {1, 2, 3, 4}) {
      for (const int64_t channels : {1, 3, 4, 6})
        check_depth_to_space<float>(block, channels, mode);
    }
    check_depth_to_space<int64_t>(2, 3, mode);
    check_depth_to_space<int16_t>(3, 1, mode);
  }
}

TEST(SpaceToDepth, UndoesDepthToSpaceInBothLayouts) {
  for (const int64_t block : {1, 2, 3}) {
    for (const int64_t channels : {1, 3, 4}) {
      const Tensor in = random_tensor({2, channels, 2 * block, 5 * block}, 1);
      const OpCase deepen = {"SpaceToDepth", 13, {{"blocksize", block}}};
      const Tensor deep = run_op(deepen, {in}, 2)[0];
      ASSERT_EQ(deep.shape(), (Shape{2, channels * block * block, 2, 5}));
      expect_equal(run_op({"DepthToSpace", 13, {{"blocksize", block}}}, {deep})[0], in);
      bool used = false;
      expect_equal(run_op_channels_last(deepen, {in}, &used)[0], deep);
      EXPECT_TRUE(used);
    }
  }
}

TEST(DepthToSpace, OfNoChannels) {
  const OpCase op = {"DepthToSpace", 13, {{"blocksize", int64_t{2}}}};
  EXPECT_EQ(run_op(op, {random_tensor({1, 0, 2, 3}, 1)})[0].shape(), (Shape{1, 0, 4, 6}));
}

TEST(DepthToSpace, BadShapesAreErrors) {
  const auto code = [](const std::string& op, Shape shape, int64_t block) {
    return error_of([&] {
      run_op({op, 13, {{"blocksize", block}}}, {random_tensor(std::move(shape), 1)});
    });
  };
  EXPECT_EQ(code("DepthToSpace", {1, 6, 2, 2}, 2), ErrorCode::InvalidInput);
  EXPECT_EQ(code("DepthToSpace", {1, 4, 2, 2}, int64_t{1} << 40), ErrorCode::InvalidInput);
  EXPECT_EQ(code("SpaceToDepth", {1, 4, 0, 0}, int64_t{1} << 40), ErrorCode::InvalidInput);
  EXPECT_EQ(code("DepthToSpace", {4, 2, 2}, 2), ErrorCode::MalformedModel);
  EXPECT_EQ(code("DepthToSpace", {1, 4, 2, 2}, 0), ErrorCode::MalformedModel);
  EXPECT_EQ(code("SpaceToDepth", {1, 4, 3, 2}, 2), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test

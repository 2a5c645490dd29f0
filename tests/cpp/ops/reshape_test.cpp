#include <gtest/gtest.h>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

// The output's shape; the elements must be the input's.
Shape shape_of(const OpCase& op, const Tensor& in, const Tensor& second = {}) {
  const Tensor out = run_op(op, {in, second})[0];
  expect_equal(out.reshaped(in.shape()), in);
  return out.shape();
}

TEST(Reshape, CopiesAndInfersDimensions) {
  const Tensor in = random_tensor({2, 3, 4}, 1);
  EXPECT_EQ(shape_of({"Reshape", 13}, in, int64_vector({4, 6})), Shape({4, 6}));
  EXPECT_EQ(shape_of({"Reshape", 13}, in, int64_vector({0, -1})), Shape({2, 12}));
  EXPECT_EQ(shape_of({"Reshape", 13}, in, int64_vector({-1, 0, 2, 2})), Shape({2, 3, 2, 2}));
  EXPECT_EQ(shape_of({"Reshape", 1, {{"shape", Ints{-1}}}}, in), Shape({24}));
  EXPECT_EQ(shape_of({"Reshape", 13}, random_tensor({1}, 1), int64_vector({})), Shape({}));
  const Tensor none = random_tensor({0, 4}, 1);
  EXPECT_EQ(shape_of({"Reshape", 14, {{"allowzero", int64_t{1}}}}, none, int64_vector({3, 0})),
            Shape({3, 0}));
}

TEST(Reshape, WrongShapesAreErrors) {
  const Tensor in = random_tensor({2, 3, 4}, 1);
  for (const Ints& dims :
       {Ints{5, 5}, Ints{-1, -1}, Ints{-1, 7}, Ints{-2, 12}, Ints{1, 1, 1, 0}, Ints{}}) {
    EXPECT_EQ(error_of([&] {
                run_op({"Reshape", 13}, {in, int64_vector(dims)});
              }),
              ErrorCode::InvalidInput)
        << Shape(dims).to_string();
  }
}

TEST(Reshape, SqueezeAndUnsqueeze) {
  const Tensor in = random_tensor({1, 3, 1, 5}, 1);
  EXPECT_EQ(shape_of({"Squeeze", 13}, in), Shape({3, 5}));
  EXPECT_EQ(shape_of({"Squeeze", 13}, in, int64_vector({-2})), Shape({1, 3, 5}));
  EXPECT_EQ(shape_of({"Squeeze", 11, {{"axes", Ints{0}}}}, in), Shape({3, 1, 5}));
  EXPECT_EQ(shape_of({"Unsqueeze", 13}, in, int64_vector({5, 0})), Shape({1, 1, 3, 1, 5, 1}));
  EXPECT_EQ(shape_of({"Unsqueeze", 1, {{"axes", Ints{-1}}}}, in), Shape({1, 3, 1, 5, 1}));
  EXPECT_EQ(error_of([&] {
              shape_of({"Squeeze", 13}, in, int64_vector({1}));
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              shape_of({"Unsqueeze", 13}, in, int64_vector({6}));
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              shape_of({"Unsqueeze", 13}, in, int64_vector({1, 1}));
            }),
            ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([&] { shape_of({"Unsqueeze", 13}, in); }), ErrorCode::MalformedModel);
}

TEST(Reshape, FlattenAndIdentity) {
  const Tensor in = random_tensor({2, 3, 4}, 1);
  const auto flat = [&](int64_t axis) { return shape_of({"Flatten", 13, {{"axis", axis}}}, in); };
  EXPECT_EQ(shape_of({"Flatten", 13}, in), Shape({2, 12}));
  EXPECT_EQ(flat(0), Shape({1, 24}));
  EXPECT_EQ(flat(3), Shape({24, 1}));
  EXPECT_EQ(flat(-1), Shape({6, 4}));
  EXPECT_EQ(error_of([&] { flat(4); }), ErrorCode::InvalidInput);
  expect_equal(run_op({"Identity"}, {in})[0], in);
}

}  // namespace
}  // namespace fovea::test

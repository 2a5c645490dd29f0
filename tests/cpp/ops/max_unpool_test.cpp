#include <gtest/gtest.h>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

OpCase unpool(Ints kernel, Ints strides, Ints pads = {}) {
  OpCase op = {"MaxUnpool", 11, {{"kernel_shape", kernel}, {"strides", strides}}};
  if (!pads.empty()) op.attributes.push_back({"pads", pads});
  return op;
}

TEST(MaxUnpool, UndoesPooling) {
  for (const Shape& shape : {Shape{2, 3, 6, 8}, Shape{1, 2, 9}, Shape{1, 1, 3, 3, 6}}) {
    const auto axes = static_cast<size_t>(shape.rank() - 2);
    const bool threes = shape[shape.rank() - 1] % 3 == 0;
    const Ints kernel(axes, threes ? 3 : 2);
    const Tensor data = random_tensor(shape, 1, 1, 2);
    const auto pooled =
        run_op({"MaxPool", 12, {{"kernel_shape", kernel}, {"strides", kernel}}, 2}, {data});
    const Tensor result = run_op(unpool(kernel, kernel), {pooled[0], pooled[1]})[0];
    ASSERT_EQ(result.shape(), shape);
    std::vector<float> expected(static_cast<size_t>(shape.elements()), 0);
    for (const int64_t index : pooled[1].as<int64_t>()) {
      expected[static_cast<size_t>(index)] = data.as<float>()[static_cast<size_t>(index)];
    }
    EXPECT_EQ(values_of<float>(result), expected);
  }
}

TEST(MaxUnpool, PadsAndOutputShape) {
  const Tensor values = Tensor::of<double>({1, 1, 2, 2}, {5, 6, 7, 8});
  const Tensor indices = Tensor::of<int64_t>({1, 1, 2, 2}, {0, 1, 2, 3});
  // (2 - 1) * 2 + 2 - 1 - 1 = 2
  EXPECT_EQ(values_of<double>(run_op(unpool({2, 2}, {2, 2}, {1, 1, 1, 1}), {values, indices})[0]),
            (std::vector<double>{5, 6, 7, 8}));
  const Tensor larger =
      run_op(unpool({1, 1}, {1, 1}), {values, indices, int64_vector({1, 1, 3, 4})})[0];
  EXPECT_EQ(larger.shape(), (Shape{1, 1, 3, 4}));
  EXPECT_EQ(values_of<double>(larger), (std::vector<double>{5, 6, 0, 0, 7, 8, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(run_op(unpool({2}, {2}),
                   {random_tensor({0, 2, 3}, 1), Tensor::allocate(DType::Int64, {0, 2, 3})})[0]
                .shape(),
            (Shape{0, 2, 6}));
}

TEST(MaxUnpool, Errors) {
  const Tensor values = random_tensor({1, 1, 2, 2}, 1);
  const Tensor indices = Tensor::of<int64_t>({1, 1, 2, 2}, {0, 1, 2, 3});
  const auto code = [&](const OpCase& op, std::vector<Tensor> inputs) {
    return error_of([&] { run_op(op, inputs); });
  };
  const OpCase op = unpool({2, 2}, {2, 2});
  EXPECT_EQ(code(op, {values, Tensor::of<int64_t>({1, 1, 2, 2}, {0, 1, 2, 16})}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code(op, {values, Tensor::of<int64_t>({1, 1, 2, 2}, {0, -1, 2, 3})}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code(op, {values, int64_vector({0, 1, 2, 3})}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(op, {values, indices, int64_vector({1, 1, 3, 4})}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(op, {values, indices, int64_vector({1, 2, 4, 4})}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(op, {values, indices, int64_vector({4, 4})}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(unpool({2}, {2}), {values, indices}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(unpool({1, 1}, {1, 1}, {2, 2, 2, 2}), {values, indices}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(unpool({2, 2}, {0, 2}), {values, indices}), ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test

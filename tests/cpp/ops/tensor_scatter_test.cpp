#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

OpCase scatter(const std::string& mode, int64_t axis) {
  return {"TensorScatter", 24, {{"mode", mode}, {"axis", axis}}};
}

TEST(TensorScatter, EveryAxisAndMode) {
  const Tensor cache = iota_tensor<int32_t>({2, 5, 5, 5}, 1000);
  for (const bool circular : {false, true}) {
    for (int axis = 1; axis < 4; ++axis) {
      Shape shape = cache.shape();
      shape[axis] = 3;
      const Tensor update = iota_tensor<int32_t>(shape);
      const std::vector<int64_t> first =
          circular ? std::vector<int64_t>{9, -1} : std::vector<int64_t>{2, 0};
      const Tensor out = run_op(scatter(circular ? "circular" : "linear", axis - 4),
                                {cache, update, int64_vector(first)})[0];
      Tensor expected = copy_of(cache);
      for (const Index& index : indices_of(shape)) {
        Index to = index;
        int64_t& place = to[static_cast<size_t>(axis)];
        place = (place + first[static_cast<size_t>(index[0])] + 5) % 5;
        expected.mutable_as<int32_t>()[flat_index(cache.shape(), to)] =
            update.as<int32_t>()[flat_index(shape, index)];
      }
      expect_equal(out, expected);
    }
  }
}

TEST(TensorScatter, WritesAtTheBeginUnlessTold) {
  const Tensor cache = Tensor::of_strings({1, 3, 1}, {"a", "b", "c"});
  const Tensor out =
      run_op({"TensorScatter", 24}, {cache, Tensor::of_strings({1, 1, 1}, {"x"})})[0];
  EXPECT_EQ(out.strings()[0], "x");
  EXPECT_EQ(out.strings()[2], "c");
  const Tensor none = Tensor::allocate(DType::String, {1, 0, 1});
  EXPECT_EQ(run_op({"TensorScatter", 24}, {cache, none, int64_vector({3})})[0].strings()[0], "a");
  EXPECT_EQ(run_op(scatter("circular", 1), {none, none, int64_vector({3})})[0].shape(),
            none.shape());
}

TEST(TensorScatter, Errors) {
  const Tensor cache = iota_tensor<float>({2, 4, 3});
  const auto code = [&](const OpCase& op, const Shape& update, std::vector<int64_t> first) {
    const Tensor values = Tensor::allocate(DType::Float, update);
    return error_of([&] { run_op(op, {cache, values, int64_vector(std::move(first))}); });
  };
  const OpCase linear = scatter("linear", -2);
  EXPECT_EQ(code(linear, {2, 2, 3}, {0, 3}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(linear, {2, 2, 3}, {0, -1}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(linear, {2, 2, 3}, {0, INT64_MAX}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(linear, {2, 2, 3}, {0}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(linear, {2, 2, 2}, {0, 0}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(linear, {2, 5, 3}, {0, 0}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(linear, {2, 5}, {0, 0}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(scatter("linear", 0), {2, 4, 3}, {0, 0}), ErrorCode::MalformedModel);
  EXPECT_EQ(code(scatter("linear", 3), {2, 4, 3}, {0, 0}), ErrorCode::InvalidInput);
  EXPECT_EQ(code(scatter("spiral", 1), {2, 4, 3}, {0, 0}), ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test

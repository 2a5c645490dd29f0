// Operators that only move elements, of types that no kernel moves: as of the numbers 0, 1, 2, ...

#include "ops/core/moved.h"

#include <gtest/gtest.h>

#include "ops/core/wider.h"
#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

Tensor words(const Tensor& numbers) {
  Tensor out = Tensor::allocate(DType::String, numbers.shape());
  for (size_t i = 0; i < static_cast<size_t>(numbers.elements()); ++i) {
    const int32_t number = numbers.as<int32_t>()[i];
    if (number != 0) out.mutable_as<std::string>()[i] = std::to_string(number);
  }
  return out;
}

Tensor small(const Tensor& numbers, DType dtype) {
  return ElementConversion(DType::Int32, dtype).of(numbers);
}

// `inputs` of int32 are what is moved; all others stay as they are.
void expect_moved(const OpCase& op, const std::vector<Tensor>& inputs) {
  const auto expected = run_op(op, inputs);
  const auto with = [&](const auto& change) {
    std::vector<Tensor> changed;
    for (const Tensor& input : inputs) {
      changed.push_back(input.dtype() == DType::Int32 ? change(input) : input);
    }
    return run_op(op, changed);
  };
  const auto strings = with(words);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(identical(strings[i], words(expected[i]))) << op.op_type << " output " << i;
  }
  for (const DType dtype : {DType::Int4, DType::Uint4, DType::Uint2, DType::Float4E2M1,
                            DType::Float6E3M2, DType::Float8E5M2}) {
    const auto change = [&](const Tensor& tensor) { return small(tensor, dtype); };
    const auto moved = with(change);
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(identical(moved[i], change(expected[i])))
          << op.op_type << " output " << i << " of " << name_of(dtype);
    }
  }
}

using Strings = std::vector<std::string>;

TEST(Moved, ElementsOfEveryTypeGoWhereNumbersGo) {
  const Tensor in = iota_tensor<int32_t>({3, 5}), other = iota_tensor<int32_t>({3, 2}, 20);
  const auto axis = [](int64_t value) { return AttributeList{{"axis", value}}; };
  expect_moved({"Transpose", 24}, {in});
  expect_moved({"Concat", 24, axis(1)}, {in, other});
  expect_moved({"Slice", 24}, {in, int64_vector({1, 4}), int64_vector({3, -9}),
                               int64_vector({0, 1}), int64_vector({1, -2})});
  expect_moved({"Split", 24, axis(1), 2}, {in, int64_vector({2, 3})});
  expect_moved({"Gather", 24, axis(1)}, {in, int64_vector({4, 0, -1})});
  expect_moved({"GatherElements", 24}, {in, Tensor::of<int64_t>({1, 2}, {2, 0})});
  expect_moved({"GatherND", 24}, {in, Tensor::of<int64_t>({2, 1}, {2, 0})});
  expect_moved({"ScatterElements", 24},
               {in, Tensor::of<int64_t>({1, 2}, {2, 0}), iota_tensor<int32_t>({1, 2}, 30)});
  expect_moved({"ScatterND", 24},
               {in, Tensor::of<int64_t>({1, 2}, {2, 0}), iota_tensor<int32_t>({1}, 30)});
  expect_moved({"Expand", 24}, {in, int64_vector({2, 3, 5})});
  expect_moved({"Tile", 24}, {in, int64_vector({1, 2})});
  expect_moved({"Trilu", 24}, {in});
  expect_moved({"Pad", 24}, {in, int64_vector({0, 1, 1, 0})});
  expect_moved({"Where", 24}, {Tensor::of<bool>({5}, {true, false, true, true, false}), in,
                               iota_tensor<int32_t>({3, 5}, 20)});
  expect_moved({"DepthToSpace", 24, {{"blocksize", int64_t{2}}}},
               {iota_tensor<int32_t>({1, 4, 2, 3})});
}

TEST(Moved, NothingIsMovedOfNothing) {
  const Tensor none = Tensor::allocate(DType::String, {0, 3});
  EXPECT_EQ(run_op({"Transpose", 24}, {none})[0].shape(), (Shape{3, 0}));
  const Tensor packed = Tensor::allocate(DType::Int4, {0});
  EXPECT_EQ(run_op({"Tile", 24}, {packed, int64_vector({3})})[0].shape(), (Shape{0}));
}

}  // namespace
}  // namespace fovea::test

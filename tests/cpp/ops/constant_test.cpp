#include <gtest/gtest.h>

#include <cmath>

#include "base/minifloat.h"
#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

TEST(Constant, EveryKindOfValue) {
  const Tensor tensor = random_tensor({2, 3}, 1);
  expect_equal(run_op({"Constant", 13, {{"value", tensor}}}, {})[0], tensor);
  expect_equal(run_op({"Constant", 13, {{"value_float", 0.5f}}}, {})[0],
               Tensor::of<float>({}, {0.5f}));
  expect_equal(run_op({"Constant", 13, {{"value_int", int64_t{7}}}}, {})[0],
               Tensor::of<int64_t>({}, {7}));
  expect_equal(run_op({"Constant", 13, {{"value_floats", std::vector<float>{1, 2}}}}, {})[0],
               Tensor::of<float>({2}, {1, 2}));
  expect_equal(run_op({"Constant", 13, {{"value_ints", Ints{3}}}}, {})[0], int64_vector({3}));
  EXPECT_EQ(run_op({"Constant", 13, {{"value_string", "a"}}}, {})[0].strings()[0], "a");
  EXPECT_EQ(error_of([] { run_op({"Constant", 13}, {}); }), ErrorCode::MalformedModel);
}

TEST(ConstantOfShape, FillsAnyType) {
  expect_equal(run_op({"ConstantOfShape", 9}, {int64_vector({2})})[0],
               Tensor::of<float>({2}, {0, 0}));
  const Tensor value = Tensor::of<int64_t>({1}, {5});
  const auto fives = [&](const Ints& shape) {
    return run_op({"ConstantOfShape", 9, {{"value", value}}}, {int64_vector(shape)})[0];
  };
  EXPECT_EQ(values_of<int64_t>(fives({2, 2})), Ints(4, 5));
  EXPECT_EQ(values_of<int64_t>(fives({})), Ints{5});
  EXPECT_EQ(fives({0, 3}).shape(), Shape({0, 3}));
  EXPECT_EQ(error_of([&] { fives({-1}); }), ErrorCode::InvalidInput);
  EXPECT_EQ(
      error_of([] {
        run_op({"ConstantOfShape", 9, {{"value", int64_vector({1, 2})}}}, {int64_vector({1})});
      }),
      ErrorCode::MalformedModel);
}

template <class T>
std::vector<T> range(T start, T limit, T delta) {
  return values_of<T>(run_op({"Range", 11}, {Tensor::of<T>({}, {start}), Tensor::of<T>({}, {limit}),
                                             Tensor::of<T>({}, {delta})})[0]);
}

TEST(Range, UpDownAndEmpty) {
  EXPECT_EQ(range<int64_t>(0, 5, 2), (Ints{0, 2, 4}));
  EXPECT_EQ(range<int64_t>(10, 4, -2), (Ints{10, 8, 6}));
  EXPECT_EQ(range<int64_t>(4, 4, 1), Ints{});
  EXPECT_EQ(range<int64_t>(4, 0, 1), Ints{});
  EXPECT_EQ(range<float>(0.0f, 1.0f, 0.25f), (std::vector<float>{0, 0.25f, 0.5f, 0.75f}));
  constexpr int64_t kLarge = (int64_t{1} << 60) + 1;
  EXPECT_EQ(range<int64_t>(kLarge, kLarge + 2, 1), (Ints{kLarge, kLarge + 1}));
  EXPECT_EQ(range<int64_t>(INT64_MIN, INT64_MAX, INT64_MAX), (Ints{INT64_MIN, -1, INT64_MAX - 1}));
  EXPECT_EQ(range<int64_t>(INT64_MAX, INT64_MIN, INT64_MIN), (Ints{INT64_MAX, -1}));
  EXPECT_EQ(range<int32_t>(INT32_MIN, INT32_MAX, 1 << 30),
            (std::vector<int32_t>{INT32_MIN, -(1 << 30), 0, 1 << 30}));
  EXPECT_EQ(error_of([] { range<int64_t>(INT64_MIN, INT64_MAX, 1); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([] { range<int32_t>(0, 1, 0); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([] { range<float>(0, INFINITY, 1); }), ErrorCode::InvalidInput);
}

TEST(EyeLike, DiagonalsAndTypes) {
  const Tensor in = Tensor::allocate(DType::Float, {2, 3});
  EXPECT_EQ(values_of<float>(run_op({"EyeLike", 9}, {in})[0]),
            (std::vector<float>{1, 0, 0, 0, 1, 0}));
  const auto upper = run_op({"EyeLike", 9, {{"k", int64_t{1}}, {"dtype", int64_t{7}}}}, {in});
  EXPECT_EQ(values_of<int64_t>(upper[0]), (Ints{0, 1, 0, 0, 0, 1}));
  for (const DTypeInfo& type : all_dtypes()) {
    const auto eye = [&] {
      return run_op({"EyeLike", 9, {{"dtype", static_cast<int64_t>(type.dtype)}}}, {in})[0];
    };
    if (type.bits < 8 || is_minifloat(type.dtype) || type.kind == DTypeKind::Complex) {
      EXPECT_EQ(error_of(eye), ErrorCode::UnsupportedAttribute) << type.name;
      continue;
    }
    ASSERT_EQ(eye().dtype(), type.dtype);
    EXPECT_EQ(to_int64s(eye()), (Ints{1, 0, 0, 0, 1, 0})) << type.name;
  }
  EXPECT_EQ(error_of([] {
              run_op({"EyeLike", 9}, {random_tensor({3}, 1)});
            }),
            ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test

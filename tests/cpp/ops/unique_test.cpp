#include <cmath>
#include <map>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

std::vector<Tensor> unique(const Tensor& in, AttributeList attributes = {}) {
  return run_op({"Unique", 11, std::move(attributes), 4}, {in});
}

const std::pair<std::string, AttributeValue> kUnsorted = {"sorted", int64_t{0}};

std::pair<std::string, AttributeValue> along(int64_t axis) { return {"axis", axis}; }

// Against ordered maps from rows to where they are.
TEST(Unique, RowsOfEveryAxis) {
  Tensor in = random_tensor({3, 4, 5}, 1, 0, 2);
  for (float& x : in.mutable_as<float>()) x = std::floor(x);
  const Tensor fewer =
      run_op({"Slice", 13}, {in, int64_vector({0}), int64_vector({2}), int64_vector({2})})[0];
  for (const Tensor& data : {in, fewer}) {
    for (int axis = 0; axis < 3; ++axis) {
      std::map<std::vector<float>, Ints> rows;
      for (int64_t i = 0; i < data.shape()[axis]; ++i) {
        std::vector<float> row;
        for (const Index& index : indices_of(data.shape())) {
          if (index[static_cast<size_t>(axis)] != i) continue;
          row.push_back(data.as<float>()[flat_index(data.shape(), index)]);
        }
        rows[row].push_back(i);
      }
      const auto out = unique(data, {along(axis - 3)});
      ASSERT_EQ(out[0].shape()[axis], std::ssize(rows));
      size_t next = 0;
      for (const auto& [row, places] : rows) {
        EXPECT_EQ(out[1].as<int64_t>()[next], places.front());
        EXPECT_EQ(out[3].as<int64_t>()[next], std::ssize(places));
        for (const int64_t place : places) {
          EXPECT_EQ(out[2].as<int64_t>()[static_cast<size_t>(place)], static_cast<int64_t>(next));
        }
        ++next;
      }
      const OpCase gather = {"Gather", 13, {{"axis", int64_t{axis}}}};
      expect_equal(run_op(gather, {out[0], out[2]})[0], data);
    }
  }
}

TEST(Unique, ElementsInEitherOrder) {
  const Tensor in = Tensor::of<int64_t>({2, 3}, {2, 1, 1, 3, 4, 3});
  auto out = unique(in);
  EXPECT_EQ(values_of<int64_t>(out[0]), (Ints{1, 2, 3, 4}));
  EXPECT_EQ(values_of<int64_t>(out[1]), (Ints{1, 0, 3, 4}));
  EXPECT_EQ(values_of<int64_t>(out[2]), (Ints{1, 0, 0, 2, 3, 2}));
  EXPECT_EQ(values_of<int64_t>(out[3]), (Ints{2, 1, 2, 1}));
  out = unique(in, {kUnsorted});
  EXPECT_EQ(values_of<int64_t>(out[0]), (Ints{2, 1, 3, 4}));
  EXPECT_EQ(values_of<int64_t>(out[1]), (Ints{0, 1, 3, 4}));
  EXPECT_EQ(values_of<int64_t>(out[2]), (Ints{0, 1, 1, 2, 3, 2}));
  EXPECT_EQ(values_of<int64_t>(out[3]), (Ints{1, 2, 2, 1}));
}

TEST(Unique, OrdersEveryType) {
  const auto first = [](const Tensor& in) { return values_of<int64_t>(unique(in)[1]); };
  EXPECT_EQ(first(Tensor::of<float>({6}, {NAN, -INFINITY, 0.0f, -NAN, -0.0f, INFINITY})),
            (Ints{1, 2, 5, 0}));
  EXPECT_EQ(first(Tensor::of<int64_t>({3}, {INT64_MAX, INT64_MAX - 1, INT64_MIN})),
            (Ints{2, 1, 0}));
  EXPECT_EQ(first(Tensor::of<uint64_t>({3}, {UINT64_MAX, 0, UINT64_MAX - 1})), (Ints{1, 2, 0}));
  EXPECT_EQ(first(Tensor::of<int8_t>({3}, {3, -3, 3})), (Ints{1, 0}));
  EXPECT_EQ(first(Tensor::of<uint16_t>({3}, {40000, 3, 3})), (Ints{1, 0}));
  EXPECT_EQ(first(Tensor::of<bool>({3}, {true, false, true})), (Ints{1, 0}));
  EXPECT_EQ(first(Tensor::of<double>({3}, {1 + 1e-12, 1, 1})), (Ints{1, 0}));
  const float parts[] = {1, 2, 1, -2, 0, 7, 1, 2};
  EXPECT_EQ(first(Tensor::view(DType::Complex64, {4}, parts, nullptr)), (Ints{2, 1, 0}));
  EXPECT_EQ(first(Tensor::of_strings({5}, {"b", "a", "", "b", "ab"})), (Ints{2, 1, 4, 0}));
}

TEST(Unique, StringsAlongAnAxis) {
  const auto out = unique(Tensor::of_strings({2, 3}, {"x", "y", "x", "b", "a", "b"}), {along(1)});
  EXPECT_EQ(out[0].shape(), (Shape{2, 2}));
  EXPECT_EQ(out[0].strings()[1], "y");
  EXPECT_EQ(values_of<int64_t>(out[3]), (Ints{2, 1}));
}

TEST(Unique, OfFewElements) {
  EXPECT_EQ(unique(Tensor::allocate(DType::Float, {0}))[0].shape(), Shape{0});
  EXPECT_EQ(unique(Tensor::allocate(DType::String, {0, 2}))[2].shape(), Shape{0});
  EXPECT_EQ(values_of<float>(unique(Tensor::of<float>({}, {5}))[0]), std::vector<float>{5});
  // Rows without elements are all alike.
  const auto rows = unique(Tensor::allocate(DType::Float, {3, 0}), {along(0)});
  EXPECT_EQ(rows[0].shape(), (Shape{1, 0}));
  EXPECT_EQ(values_of<int64_t>(rows[3]), Ints{3});
}

TEST(Unique, Errors) {
  const Tensor endless = Tensor::allocate(DType::Float, {int64_t{1} << 50, 0});
  EXPECT_EQ(error_of([&] { unique(endless, {along(0)}); }), ErrorCode::OutOfMemory);
  const Tensor in = Tensor::of<float>({2}, {1, 2});
  EXPECT_EQ(error_of([&] { unique(in, {along(1)}); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] { unique(in, {along(-2)}); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] { unique(Tensor::allocate(DType::Int4, {2})); }),
            ErrorCode::UnsupportedAttribute);
}

}  // namespace
}  // namespace fovea::test

#include <gtest/gtest.h>

#include <algorithm>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

template <class T>
void check_gather() {
  const Tensor in = iota_tensor<T>({3, 4, 5});
  const Tensor indices = Tensor::of<int64_t>({2, 3}, {0, -1, 2, 1, 1, -3});
  for (int axis = 0; axis < 3; ++axis) {
    const Tensor out = run_op({"Gather", 13, {{"axis", int64_t{axis}}}}, {in, indices}, 2)[0];
    const auto all = indices_of(out.shape());
    for (size_t i = 0; i < all.size(); ++i) {
      const auto at = static_cast<size_t>(axis);
      const int64_t written =
          indices.as<int64_t>()[flat_index(indices.shape(), {all[i][at], all[i][at + 1]})];
      Index source(all[i].begin(), all[i].begin() + axis);
      source.push_back(written < 0 ? written + in.shape()[axis] : written);
      source.insert(source.end(), all[i].begin() + axis + 2, all[i].end());
      ASSERT_EQ(out.as<T>()[i], in.as<T>()[flat_index(in.shape(), source)]);
    }
  }
}

TEST(Gather, EveryAxisAndElementSize) {
  check_gather<int8_t>();
  check_gather<int16_t>();
  check_gather<float>();
  check_gather<int64_t>();
}

TEST(Gather, ScalarsAndNothing) {
  const Tensor shape = int64_vector({1, 3, 224, 225});
  const Tensor out = run_op({"Gather", 13}, {shape, Tensor::of<int32_t>({}, {-1})})[0];
  EXPECT_EQ(out.shape(), Shape({}));
  EXPECT_EQ(values_of<int64_t>(out), Ints{225});
  EXPECT_EQ(run_op({"Gather", 13}, {shape, int64_vector({})})[0].shape(), Shape({0}));
}

TEST(Gather, WrongIndicesAreErrors) {
  const Tensor in = int64_vector({1, 2, 3});
  for (const int64_t index : {3, -4}) {
    EXPECT_EQ(error_of([&] {
                run_op({"Gather", 13}, {in, int64_vector({index})});
              }),
              ErrorCode::InvalidInput);
  }
  EXPECT_EQ(error_of([&] {
              run_op({"Gather", 13}, {in, random_tensor({1}, 1)});
            }),
            ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(error_of([&] {
              run_op({"Gather", 13, {{"axis", int64_t{1}}}}, {in, in});
            }),
            ErrorCode::InvalidInput);
}

TEST(GatherElements, EveryAxis) {
  const Tensor in = random_tensor({3, 4, 5}, 1);
  const Tensor indices = Tensor::of<int64_t>({2, 2, 3}, {0, 1, -1, 2, 2, 0, 1, 1, 1, -2, -3, 0});
  for (int axis = 0; axis < 3; ++axis) {
    const OpCase op = {"GatherElements", 13, {{"axis", int64_t{axis}}}};
    const Tensor out = run_op(op, {in, indices}, 2)[0];
    const auto all = indices_of(indices.shape());
    for (size_t i = 0; i < all.size(); ++i) {
      Index source = all[i];
      const int64_t written = indices.as<int64_t>()[i];
      source[static_cast<size_t>(axis)] = written < 0 ? written + in.shape()[axis] : written;
      ASSERT_EQ(out.as<float>()[i], in.as<float>()[flat_index(in.shape(), source)]);
    }
  }
  const Tensor wide = Tensor::of<int64_t>({4, 1, 1}, {0, 0, 0, 0});
  EXPECT_EQ(error_of([&] {
              run_op({"GatherElements", 13, {{"axis", int64_t{1}}}}, {in, wide});
            }),
            ErrorCode::InvalidInput);
}

TEST(GatherNd, BlocksAndBatches) {
  const Tensor in = iota_tensor<int32_t>({2, 2, 2});
  using Values = std::vector<int32_t>;
  const auto rows = run_op({"GatherND", 13}, {in, Tensor::of<int64_t>({2, 2}, {0, 1, -1, 0})});
  EXPECT_EQ(rows[0].shape(), Shape({2, 2}));
  EXPECT_EQ(values_of<int32_t>(rows[0]), (Values{2, 3, 4, 5}));
  const auto batched = run_op({"GatherND", 13, {{"batch_dims", int64_t{1}}}},
                              {in, Tensor::of<int64_t>({2, 1}, {1, 0})});
  EXPECT_EQ(values_of<int32_t>(batched[0]), (Values{2, 3, 4, 5}));
  EXPECT_EQ(error_of([&] {
              run_op({"GatherND", 13}, {in, Tensor::of<int64_t>({1, 3}, {0, 2, 0})});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op({"GatherND", 13}, {in, Tensor::of<int64_t>({1, 4}, {0, 0, 0, 0})});
            }),
            ErrorCode::InvalidInput);
}

TEST(ScatterElements, OverwritesAndReduces) {
  const Tensor in = iota_tensor<float>({3, 3});
  const Tensor indices = Tensor::of<int64_t>({2, 3}, {1, 0, 2, 0, 2, -1});
  const Tensor updates = Tensor::of<float>({2, 3}, {10, 20, 30, 40, 50, 60});
  using Values = std::vector<float>;
  const auto run = [&](const std::string& reduction) {
    return values_of<float>(
        run_op({"ScatterElements", 18, {{"reduction", reduction}}}, {in, indices, updates})[0]);
  };
  EXPECT_EQ(run("none"), (Values{40, 20, 2, 10, 4, 5, 6, 50, 60}));
  EXPECT_EQ(run("add"), (Values{40, 21, 2, 13, 4, 5, 6, 57, 98}));
  EXPECT_EQ(run("mul"), (Values{0, 20, 2, 30, 4, 5, 6, 350, 14400}));
  EXPECT_EQ(run("max"), (Values{40, 20, 2, 10, 4, 5, 6, 50, 60}));
  EXPECT_EQ(run("min"), (Values{0, 1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(values_of<float>(
                run_op({"Scatter", 9, {{"axis", int64_t{1}}}},
                       {in, Tensor::of<int64_t>({1, 1}, {2}), Tensor::of<float>({1, 1}, {9})})[0]),
            (Values{0, 1, 9, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(error_of([&] { run("median"); }), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(error_of([&] {
              run_op({"ScatterElements", 18}, {in, indices, in});
            }),
            ErrorCode::InvalidInput);
}

// More updates than are placed at once, several of them for one element; rows and columns.
TEST(ScatterElements, ManyUpdatesInTheirOrder) {
  const int64_t rows = 3, columns = 700;
  for (const int64_t axis : {0, 1}) {
    for (const std::string reduction : {"none", "add"}) {
      const int64_t size = axis == 0 ? rows : columns;
      Tensor in = iota_tensor<int64_t>({rows, columns}),
             updates = iota_tensor<int64_t>({rows, columns}, 5);
      Tensor indices = Tensor::allocate(DType::Int32, {rows, columns});
      std::vector<int64_t> expected(in.as<int64_t>().begin(), in.as<int64_t>().end());
      for (int64_t i = 0; i < rows * columns; ++i) {
        const int64_t index = i * i % 11 % size;
        indices.mutable_as<int32_t>()[static_cast<size_t>(i)] =
            static_cast<int32_t>(i % 2 == 0 ? index : index - size);
        const int64_t row = axis == 0 ? index : i / columns,
                      column = axis == 1 ? index : i % columns;
        int64_t& target = expected[static_cast<size_t>(row * columns + column)];
        const int64_t update = updates.as<int64_t>()[static_cast<size_t>(i)];
        target = reduction == "none" ? update : target + update;
      }
      EXPECT_EQ(values_of<int64_t>(
                    run_op({"ScatterElements", 18, {{"reduction", reduction}, {"axis", axis}}},
                           {in, indices, updates})[0]),
                expected);
    }
  }
}

TEST(ScatterNd, ManyUpdatesInTheirOrder) {
  for (const int64_t block : {1, 3}) {
    const Tensor in = iota_tensor<float>({5, block}), updates = iota_tensor<float>({600, block}, 7);
    Tensor indices = Tensor::allocate(DType::Int64, {600, 1});
    for (int64_t i = 0; i < 600; ++i)
      indices.mutable_as<int64_t>()[static_cast<size_t>(i)] = i * 7 % 4;
    const auto out = values_of<float>(run_op({"ScatterND", 16}, {in, indices, updates})[0]);
    for (int64_t row = 0; row < 5; ++row) {
      int64_t last = -1;
      for (int64_t i = 0; i < 600; ++i) last = i * 7 % 4 == row ? i : last;
      for (int64_t j = 0; j < block; ++j) {
        const Tensor& from = last < 0 ? in : updates;
        EXPECT_EQ(out[static_cast<size_t>(row * block + j)],
                  from.as<float>()[static_cast<size_t>((last < 0 ? row : last) * block + j)]);
      }
    }
  }
}

TEST(ScatterNd, OverwritesAndReduces) {
  const Tensor in = iota_tensor<int64_t>({4, 2});
  const Tensor indices = Tensor::of<int64_t>({3, 1}, {2, 0, -2});
  const Tensor updates = iota_tensor<int64_t>({3, 2}, 10);
  EXPECT_EQ(values_of<int64_t>(run_op({"ScatterND", 16}, {in, indices, updates})[0]),
            (Ints{12, 13, 2, 3, 14, 15, 6, 7}));
  EXPECT_EQ(values_of<int64_t>(
                run_op({"ScatterND", 16, {{"reduction", "add"}}}, {in, indices, updates})[0]),
            (Ints{12, 14, 2, 3, 28, 31, 6, 7}));
  EXPECT_EQ(error_of([&] {
              run_op({"ScatterND", 16}, {in, indices, in});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op({"ScatterND", 16}, {in, indices, random_tensor({3, 2}, 1)});
            }),
            ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test

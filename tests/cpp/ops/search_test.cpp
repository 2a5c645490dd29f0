// Positions and order along an axis: ArgMax, ArgMin, TopK, CumSum, Trilu, OneHot, NonZero.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

// The elements along `axis` through `index`.
std::vector<float> line(const Tensor& in, Index index, int axis) {
  std::vector<float> out;
  for (int64_t i = 0; i < in.shape()[axis]; ++i) {
    index[static_cast<size_t>(axis)] = i;
    out.push_back(in.as<float>()[flat_index(in.shape(), index)]);
  }
  return out;
}

TEST(Arg, EveryAxis) {
  const Tensor in = random_tensor({3, 7, 5}, 1);
  for (int axis = 0; axis < 3; ++axis) {
    const Tensor most = run_op({"ArgMax", 13, {{"axis", int64_t{axis - 3}}}}, {in}, 2)[0];
    const Tensor least = run_op({"ArgMin", 13, {{"axis", int64_t{axis}}}}, {in}, 2)[0];
    const auto indices = indices_of(most.shape());
    for (size_t i = 0; i < indices.size(); ++i) {
      const auto values = line(in, indices[i], axis);
      EXPECT_EQ(most.as<int64_t>()[i], std::ranges::max_element(values) - values.begin());
      EXPECT_EQ(least.as<int64_t>()[i], std::ranges::min_element(values) - values.begin());
    }
    const OpCase drop = {"ArgMax", 13, {{"axis", int64_t{axis}}, {"keepdims", int64_t{0}}}};
    EXPECT_EQ(run_op(drop, {in})[0].shape().rank(), 2);
  }
}

TEST(Arg, TiesAndErrors) {
  const Tensor in = Tensor::of<int32_t>({4}, {2, 5, 5, 1});
  EXPECT_EQ(values_of<int64_t>(run_op({"ArgMax", 13}, {in})[0]), Ints{1});
  EXPECT_EQ(
      values_of<int64_t>(run_op({"ArgMax", 13, {{"select_last_index", int64_t{1}}}}, {in})[0]),
      Ints{2});
  EXPECT_EQ(error_of([] {
              run_op({"ArgMax", 13}, {Tensor::allocate(DType::Float, {0, 2})});
            }),
            ErrorCode::InvalidInput);
  // Where there is nothing to find, an empty axis does no harm.
  const Tensor nothing = Tensor::allocate(DType::Float, {0, 1, 0, 1});
  EXPECT_EQ(run_op({"ArgMin", 13}, {nothing})[0].shape(), (Shape{1, 1, 0, 1}));
  EXPECT_EQ(run_op({"ArgMax", 13, {{"keepdims", int64_t{0}}}}, {nothing})[0].shape(),
            (Shape{1, 0, 1}));
}

TEST(TopK, EveryAxisAndDirection) {
  const Tensor in = random_tensor({3, 9, 4}, 1);
  for (int axis = 0; axis < 3; ++axis) {
    for (const int64_t largest : {0, 1}) {
      const OpCase op = {"TopK", 11, {{"axis", int64_t{axis}}, {"largest", largest}}, 2};
      const auto out = run_op(op, {in, int64_vector({3})}, 2);
      const auto indices = indices_of(out[0].shape());
      for (size_t i = 0; i < indices.size(); ++i) {
        auto values = line(in, indices[i], axis);
        const auto at = static_cast<size_t>(out[1].as<int64_t>()[i]);
        ASSERT_EQ(out[0].as<float>()[i], values[at]);
        std::ranges::sort(values);
        if (largest) std::ranges::reverse(values);
        ASSERT_EQ(out[0].as<float>()[i],
                  values[static_cast<size_t>(indices[i][static_cast<size_t>(axis)])]);
      }
    }
  }
}

// More elements than are looked at at once, few of which are wanted, half of them, or all.
TEST(TopK, FewOfLongLines) {
  Tensor in = random_tensor({2, 1000}, 1);
  for (float& value : in.mutable_as<float>()) value = std::round(value * 100);  // with ties
  for (const int64_t k : {1, 2, 7, 125, 126, 500, 1000}) {
    const auto out = run_op({"TopK", 11, {}, 2}, {in, int64_vector({k})}, 2);
    for (int64_t row = 0; row < 2; ++row) {
      const float* line = in.as<float>().data() + row * 1000;
      Ints order(1000);
      std::iota(order.begin(), order.end(), 0);
      std::ranges::stable_sort(order, std::greater(), [&](int64_t i) { return line[i]; });
      order.resize(static_cast<size_t>(k));
      const int64_t* indices = out[1].as<int64_t>().data() + row * k;
      ASSERT_EQ(Ints(indices, indices + k), order);
    }
  }
}

TEST(TopK, TiesNaNAndErrors) {
  const auto top = [](const Tensor& in, int64_t k) {
    return values_of<int64_t>(run_op({"TopK", 11, {}, 2}, {in, int64_vector({k})})[1]);
  };
  EXPECT_EQ(top(Tensor::of<int64_t>({4}, {1, 7, 7, 1}), 4), (Ints{1, 2, 0, 3}));
  EXPECT_EQ(top(Tensor::of<float>({4}, {1, NAN, 3, NAN}), 3), (Ints{1, 3, 2}));
  EXPECT_EQ(top(Tensor::of<float>({2}, {1, 2}), 0), Ints{});
  const OpCase old = {"TopK", 1, {{"k", int64_t{1}}}, 2};
  EXPECT_EQ(values_of<float>(run_op(old, {Tensor::of<float>({2}, {1, 2})})[0]),
            std::vector<float>{2});
  EXPECT_EQ(error_of([&] { top(Tensor::of<float>({2}, {1, 2}), 3); }), ErrorCode::InvalidInput);
}

// Integers that double does not hold, both zeros, and the most negative of a type.
TEST(TopK, OrdersElementsOfEveryType) {
  const auto order = [](const Tensor& in) {
    const OpCase op = {"TopK", 11, {{"largest", int64_t{0}}}, 2};
    return values_of<int64_t>(run_op(op, {in, int64_vector({in.elements()})})[1]);
  };
  constexpr int64_t kMost = INT64_MAX;
  EXPECT_EQ(order(Tensor::of<int64_t>({4}, {kMost, kMost - 1, INT64_MIN, -1})), (Ints{2, 3, 1, 0}));
  EXPECT_EQ(order(Tensor::of<uint64_t>({3}, {UINT64_MAX, 0, UINT64_MAX - 1})), (Ints{1, 2, 0}));
  EXPECT_EQ(order(Tensor::of<int8_t>({4}, {-1, -128, 127, 0})), (Ints{1, 0, 3, 2}));
  EXPECT_EQ(order(Tensor::of<uint8_t>({3}, {200, 100, 0})), (Ints{2, 1, 0}));
  const double infinity = INFINITY, smallest = std::numeric_limits<double>::denorm_min();
  EXPECT_EQ(order(Tensor::of<double>({6}, {-NAN, infinity, 0.0, -0.0, -smallest, -infinity})),
            (Ints{5, 4, 2, 3, 1, 0}));
}

TEST(CumSum, AlongEveryAxis) {
  const Tensor in = random_tensor({3, 5, 1100}, 1);
  for (int axis = 0; axis < 3; ++axis) {
    for (const int64_t reverse : {0, 1}) {
      const Tensor out = run_op({"CumSum", 14, {{"reverse", reverse}}},
                                {in, Tensor::of<int64_t>({}, {axis})}, 2)[0];
      const auto indices = indices_of(in.shape());
      for (size_t i = 0; i < indices.size(); i += 7) {
        const auto values = line(in, indices[i], axis);
        const auto at = static_cast<size_t>(indices[i][static_cast<size_t>(axis)]);
        const auto begin = values.begin() + static_cast<ptrdiff_t>(reverse ? at : 0);
        const auto end = reverse ? values.end() : values.begin() + static_cast<ptrdiff_t>(at) + 1;
        ASSERT_NEAR(out.as<float>()[i], std::accumulate(begin, end, 0.0), 1e-4);
      }
    }
  }
}

TEST(CumSum, DirectionsAndTypes) {
  const Tensor in = Tensor::of<int32_t>({2, 3}, {1, 2, 3, 4, 5, 6});
  using Values = std::vector<int32_t>;
  const auto run = [&](int64_t axis, int64_t exclusive, int64_t reverse) {
    return values_of<int32_t>(
        run_op({"CumSum", 14, {{"exclusive", exclusive}, {"reverse", reverse}}},
               {in, Tensor::of<int64_t>({}, {axis})})[0]);
  };
  EXPECT_EQ(run(1, 0, 0), (Values{1, 3, 6, 4, 9, 15}));
  EXPECT_EQ(run(-1, 1, 0), (Values{0, 1, 3, 0, 4, 9}));
  EXPECT_EQ(run(1, 0, 1), (Values{6, 5, 3, 15, 11, 6}));
  EXPECT_EQ(run(0, 1, 1), (Values{4, 5, 6, 0, 0, 0}));
  EXPECT_EQ(run_op({"CumSum", 14},
                   {Tensor::allocate(DType::Float, {2, 0}), Tensor::of<int64_t>({}, {1})})[0]
                .shape(),
            Shape({2, 0}));
  EXPECT_EQ(error_of([&] { run(2, 0, 0); }), ErrorCode::InvalidInput);
}

TEST(Trilu, KeepsOneSideOfADiagonal) {
  const Tensor in = iota_tensor<int16_t>({2, 3, 4}, 1);
  for (const int64_t upper : {0, 1}) {
    for (int64_t k = -5; k <= 5; ++k) {
      const Tensor out =
          run_op({"Trilu", 14, {{"upper", upper}}}, {in, Tensor::of<int64_t>({}, {k})})[0];
      const auto indices = indices_of(in.shape());
      for (size_t i = 0; i < indices.size(); ++i) {
        const int64_t diagonal = indices[i][2] - indices[i][1];
        const bool kept = upper ? diagonal >= k : diagonal <= k;
        ASSERT_EQ(out.as<int16_t>()[i], kept ? in.as<int16_t>()[i] : 0);
      }
    }
  }
  EXPECT_EQ(error_of([] {
              run_op({"Trilu", 14}, {random_tensor({3}, 1)});
            }),
            ErrorCode::InvalidInput);
}

TEST(OneHot, AxesAndIndices) {
  const Tensor indices = Tensor::of<int64_t>({3}, {1, -1, 7});
  const Tensor depth = Tensor::of<int64_t>({}, {3});
  const Tensor values = Tensor::of<float>({2}, {0.5f, 2.0f});
  using Values = std::vector<float>;
  EXPECT_EQ(values_of<float>(run_op({"OneHot", 11}, {indices, depth, values})[0]),
            (Values{0.5f, 2, 0.5f, 0.5f, 0.5f, 2, 0.5f, 0.5f, 0.5f}));
  const auto first = run_op({"OneHot", 11, {{"axis", int64_t{0}}}},
                            {Tensor::of<float>({2}, {0, 2}), depth, values});
  EXPECT_EQ(first[0].shape(), Shape({3, 2}));
  EXPECT_EQ(values_of<float>(first[0]), (Values{2, 0.5f, 0.5f, 0.5f, 0.5f, 2}));
  EXPECT_EQ(error_of([&] {
              run_op({"OneHot", 11}, {indices, depth, indices});
            }),
            ErrorCode::InvalidInput);
}

TEST(NonZero, IndicesInRowMajorOrder) {
  const Tensor in = Tensor::of<float>({2, 3}, {0, 1, -0.0f, -2, 0, NAN});
  const Tensor out = run_op({"NonZero", 13}, {in})[0];
  EXPECT_EQ(out.shape(), Shape({2, 3}));
  EXPECT_EQ(values_of<int64_t>(out), (Ints{0, 1, 1, 1, 0, 2}));
  EXPECT_EQ(run_op({"NonZero", 13}, {Tensor::of<bool>({2}, {false, false})})[0].shape(),
            Shape({1, 0}));
  EXPECT_EQ(run_op({"NonZero", 13}, {Tensor::allocate(DType::Float, {0, 2})})[0].shape(),
            Shape({2, 0}));
}

}  // namespace
}  // namespace fovea::test

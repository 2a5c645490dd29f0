#include <cmath>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

// 1 where no element before is as large, and none after is larger, among those that `same` says
// belong together.
template <class Same>
std::vector<float> hardmax(const Tensor& in, const Same& same) {
  const auto indices = indices_of(in.shape());
  std::vector<float> out;
  for (size_t i = 0; i < indices.size(); ++i) {
    bool most = true;
    for (size_t j = 0; j < indices.size(); ++j) {
      if (i == j || !same(indices[i], indices[j])) continue;
      const float mine = in.as<float>()[i], other = in.as<float>()[j];
      most &= j < i ? mine > other : mine >= other;
    }
    out.push_back(most ? 1.0f : 0.0f);
  }
  return out;
}

Tensor few_values(Shape shape) {
  Tensor in = random_tensor(std::move(shape), 1, 0, 4);
  for (float& x : in.mutable_as<float>()) x = std::floor(x);
  return in;
}

TEST(Hardmax, AlongEveryAxis) {
  const Tensor in = few_values({3, 4, 5});
  for (int axis = 0; axis < 3; ++axis) {
    const auto same = [&](Index a, Index b) {
      a[static_cast<size_t>(axis)] = b[static_cast<size_t>(axis)] = 0;
      return a == b;
    };
    const OpCase op = {"Hardmax", 13, {{"axis", int64_t{axis - 3}}}};
    EXPECT_EQ(values_of<float>(run_op(op, {in})[0]), hardmax(in, same));
    if (axis == 2) {
      EXPECT_EQ(values_of<float>(run_op({"Hardmax", 13}, {in})[0]), hardmax(in, same));
    }
  }
}

TEST(Hardmax, OfAllFromAnAxisOnBeforeOpset13) {
  const Tensor in = few_values({2, 3, 4});
  for (const int axis : {0, 1, 2}) {
    const auto same = [&](const Index& a, const Index& b) {
      return std::equal(a.begin(), a.begin() + axis, b.begin());
    };
    for (const int opset : {1, 11, 12}) {
      const OpCase op = {"Hardmax", opset, {{"axis", int64_t{axis}}}};
      EXPECT_EQ(values_of<float>(run_op(op, {in})[0]), hardmax(in, same));
      if (axis == 1) {
        EXPECT_EQ(values_of<float>(run_op({"Hardmax", opset}, {in})[0]), hardmax(in, same));
      }
    }
  }
}

// NaN is passed over unless a line begins with it; the largest may be anywhere in a vector.
TEST(Hardmax, LinesOfEveryLength) {
  for (int64_t size = 1; size <= 13; ++size) {
    for (int64_t largest = 0; largest < size; ++largest) {
      Tensor in = random_tensor({size}, 1, -1, 0);
      std::vector<float> expected(static_cast<size_t>(size), 0.0f);
      in.mutable_as<float>()[static_cast<size_t>(largest)] = 2;
      if (largest + 1 < size) in.mutable_as<float>()[static_cast<size_t>(largest) + 1] = NAN;
      expected[static_cast<size_t>(largest)] = 1;
      EXPECT_EQ(values_of<float>(run_op({"Hardmax", 13}, {in})[0]), expected);
    }
  }
  expect_equal(run_op({"Hardmax", 13}, {Tensor::of<float>({5}, {NAN, 1, 2, 3, 4})})[0],
               Tensor::of<float>({5}, {1, 0, 0, 0, 0}));
}

TEST(Hardmax, TypesSizesAndErrors) {
  expect_equal(run_op({"Hardmax", 13}, {Tensor::of<double>({2}, {1, 1 + 1e-12})})[0],
               Tensor::of<double>({2}, {0, 1}));
  expect_equal(run_op({"Hardmax", 13}, {Tensor::of<float>({1, 1}, {-7})})[0],
               Tensor::of<float>({1, 1}, {1}));
  EXPECT_EQ(run_op({"Hardmax", 13}, {Tensor::allocate(DType::Float, {2, 0})})[0].shape(),
            (Shape{2, 0}));
  EXPECT_EQ(error_of([] {
              run_op({"Hardmax", 13, {{"axis", int64_t{2}}}}, {few_values({2, 2})});
            }),
            ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test

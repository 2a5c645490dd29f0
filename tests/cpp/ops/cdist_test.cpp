#include <cmath>

#include "support/op_cases.h"

namespace fovea::test {
namespace {

OpCase cdist(AttributeList attributes = {}) { return microsoft("CDist", std::move(attributes)); }

template <class T>
Tensor as(const Tensor& tensor) {
  Tensor other = Tensor::allocate(dtype_of<T>, tensor.shape());
  std::ranges::copy(tensor.as<float>(), other.mutable_as<T>().begin());
  return other;
}

template <class T>
void check(int64_t m, int64_t n, int64_t k, const OpCase& op, bool root, double tolerance) {
  const Tensor a = as<T>(random_tensor({m, k}, 1, -3, 3));
  const Tensor b = as<T>(random_tensor({n, k}, 2, -3, 3));
  const Tensor out = run_op(op, {a, b}, 2)[0];
  ASSERT_EQ(out.dtype(), dtype_of<T>);
  ASSERT_EQ(out.shape(), (Shape{m, n}));
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t p = 0; p < k; ++p) {
        const double difference = double{a.as<T>()[static_cast<size_t>(i * k + p)]} -
                                  double{b.as<T>()[static_cast<size_t>(j * k + p)]};
        sum += difference * difference;
      }
      const double expected = root ? std::sqrt(sum) : sum;
      EXPECT_NEAR(out.as<T>()[static_cast<size_t>(i * n + j)], expected,
                  tolerance * (1 + expected));
    }
  }
}

TEST(CDist, IsItsDefinition) {
  const std::initializer_list<int64_t> sizes = {0, 1, 2, 7, 33};
  for (const int64_t m : sizes) {
    for (const int64_t n : sizes) {
      for (const int64_t k : sizes) {
        SCOPED_TRACE(testing::Message() << m << ", " << n << ", " << k);
        const OpCase squared = cdist({{"metric", "sqeuclidean"}});
        const OpCase root = cdist({{"metric", "euclidean"}});
        check<float>(m, n, k, cdist(), false, 1e-6);
        check<float>(m, n, k, squared, false, 1e-6);
        check<float>(m, n, k, root, true, 1e-6);
        check<double>(m, n, k, squared, false, 1e-12);
        check<double>(m, n, k, root, true, 1e-12);
      }
    }
  }
}

TEST(CDist, OfPointsNextToEachOther) {
  const Tensor a = Tensor::of<float>({1, 2}, {1000, 1000});
  const Tensor b = Tensor::of<float>({2, 2}, {1000, 1000, 1000.0625f, 1000});
  const Tensor out = run_op(cdist({{"metric", "euclidean"}}), {a, b})[0];
  EXPECT_EQ(values_of<float>(out), (std::vector<float>{0, 0.0625f}));
}

TEST(CDist, Errors) {
  const auto error = [](const OpCase& op, Shape a, Shape b) {
    return error_of([&] {
      run_op(op, {Tensor::allocate(DType::Float, std::move(a)),
                  Tensor::allocate(DType::Float, std::move(b))});
    });
  };
  EXPECT_EQ(error(cdist(), {2, 3}, {2, 4}), ErrorCode::InvalidInput);
  EXPECT_EQ(error(cdist(), {3}, {2, 3}), ErrorCode::InvalidInput);
  EXPECT_EQ(error(cdist(), {2, 3}, {1, 2, 3}), ErrorCode::InvalidInput);
  EXPECT_EQ(error(cdist(), {}, {}), ErrorCode::InvalidInput);
  EXPECT_EQ(error(cdist({{"metric", "cosine"}}), {2, 3}, {2, 3}), ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test

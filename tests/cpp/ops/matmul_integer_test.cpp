// MatMulInteger and QLinearMatMul against sums in int64.

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

// Bytes of which many are the most that there can be.
template <class T>
Tensor random_bytes(Shape shape, uint32_t seed) {
  std::mt19937 engine(seed);
  Tensor tensor = Tensor::allocate(dtype_of<T>, std::move(shape));
  for (T& value : tensor.mutable_as<T>()) {
    const auto drawn = engine();
    value = drawn % 4 == 0 ? static_cast<T>(drawn >> 8 & 0xff) : std::numeric_limits<T>::max();
  }
  return tensor;
}

int64_t at_most_one(const Ints& values, int64_t index) {
  if (values.empty()) return 0;
  return values[values.size() == 1 ? 0 : static_cast<size_t>(index)];
}

// Of [batch][m][k] and one [k][n].
Ints sums(const Tensor& a, const Tensor& b, const Ints& a_points, const Ints& b_points) {
  const Shape &left = a.shape(), &right = b.shape();
  const int64_t m = left[left.rank() - 2], k = right[0], n = right[1];
  const int64_t rows = left.elements(0, left.rank() - 1);
  const Ints xs = to_int64s(a), ws = to_int64s(b);
  Ints all;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < n; ++column) {
      int64_t sum = 0;
      for (int64_t i = 0; i < k; ++i) {
        sum += (xs[static_cast<size_t>(row * k + i)] - at_most_one(a_points, row % m)) *
               (ws[static_cast<size_t>(i * n + column)] - at_most_one(b_points, column));
      }
      all.push_back(sum);
    }
  }
  return all;
}

template <class A, class B>
void check_product(const Shape& a_shape, const Shape& b_shape, const Shape& a_points,
                   const Shape& b_points) {
  const Tensor a = random_bytes<A>(a_shape, 1), b = random_bytes<B>(b_shape, 2);
  // The least of the type, which make the greatest differences.
  Tensor ap = Tensor::allocate(dtype_of<A>, a_points), bp = Tensor::allocate(dtype_of<B>, b_points);
  std::ranges::fill(ap.template mutable_as<A>(), std::numeric_limits<A>::min());
  std::ranges::fill(bp.template mutable_as<B>(), std::numeric_limits<B>::min());
  if (ap.elements() > 1) ap.template mutable_as<A>()[1] = 3;
  if (bp.elements() > 1) bp.template mutable_as<B>()[1] = 5;
  const Tensor out = run_op({"MatMulInteger", 10}, {a, b, ap, bp}, 2)[0];
  ASSERT_EQ(out.dtype(), DType::Int32);
  EXPECT_EQ(to_int64s(out), sums(a, b, to_int64s(ap), to_int64s(bp)));
}

TEST(MatMulInteger, IsExact) {
  // 258 products are the most that a float adds up for certain.
  for (const int64_t k : {1, 7, 257, 258, 259, 520, 1000}) {
    check_product<uint8_t, int8_t>({3, k}, {k, 9}, {}, {});
    check_product<uint8_t, uint8_t>({35, k}, {k, 13}, {}, {13});
    check_product<int8_t, int8_t>({3, k}, {k, 9}, {3}, {9});
  }
  check_product<uint8_t, int8_t>({2, 3, 300}, {300, 5}, {}, {5});
}

TEST(MatMulInteger, OfBatchesAndVectors) {
  const Tensor a = random_bytes<uint8_t>({2, 3, 300}, 1), b = random_bytes<int8_t>({2, 300, 5}, 2);
  const Ints out = to_int64s(run_op({"MatMulInteger", 10}, {a, b})[0]);
  for (int64_t batch = 0; batch < 2; ++batch) {
    const auto part = [&](const Tensor& all, Shape shape) {
      const int64_t size = shape.elements();
      return Tensor::view(all.dtype(), std::move(shape), all.data() + batch * size,
                          std::make_shared<Tensor>(all));
    };
    const Ints expected = sums(part(a, {3, 300}), part(b, {300, 5}), {}, {});
    EXPECT_EQ(Ints(out.begin() + batch * 15, out.begin() + (batch + 1) * 15), expected);
  }
  const Tensor vector = random_bytes<uint8_t>({7}, 3), matrix = random_bytes<uint8_t>({7, 2}, 4);
  const Tensor product = run_op({"MatMulInteger", 10}, {vector, matrix})[0];
  EXPECT_EQ(product.shape(), Shape{2});
  EXPECT_EQ(to_int64s(product), sums(vector.reshaped({1, 7}), matrix, {}, {}));
}

TEST(MatMulInteger, OfNothing) {
  const Tensor out = run_op({"MatMulInteger", 10}, {Tensor::allocate(DType::Uint8, {2, 0}),
                                                    Tensor::allocate(DType::Int8, {0, 3})})[0];
  EXPECT_EQ(to_int64s(out), Ints(6));
}

TEST(MatMulInteger, SaysWhatDoesNotFit) {
  const auto run = [](const Shape& a, const Shape& b, const Shape& point) {
    return error_of([&] {
      run_op({"MatMulInteger", 10}, {random_bytes<uint8_t>(a, 1), random_bytes<int8_t>(b, 1),
                                     Tensor(), random_bytes<int8_t>(point, 1)});
    });
  };
  EXPECT_EQ(run({2, 3}, {4, 5}, {}), ErrorCode::InvalidInput);
  EXPECT_EQ(run({2, 3}, {3, 5}, {4}), ErrorCode::InvalidInput);
}

TEST(QLinearMatMul, QuantisesTheExactSums) {
  const Tensor a = random_bytes<uint8_t>({4, 300}, 1), b = random_bytes<int8_t>({300, 6}, 2);
  const float a_scale = 0.02f, y_scale = 90.0f;
  const Tensor b_scale = random_tensor({6}, 3, 0.01f, 0.02f);
  const Tensor out = run_op({"QLinearMatMul", 10},
                            {a, Tensor::of<float>({}, {a_scale}), Tensor::of<uint8_t>({}, {128}), b,
                             b_scale, Tensor::of<int8_t>({6}, {0, 1, 2, 3, 4, -5}),
                             Tensor::of<float>({}, {y_scale}), Tensor::of<uint8_t>({}, {100})})[0];
  const Ints expected = sums(a, b, {128}, {0, 1, 2, 3, 4, -5});
  for (size_t i = 0; i < expected.size(); ++i) {
    const double scale = static_cast<double>(a_scale) * b_scale.as<float>()[i % 6];
    const double value = static_cast<double>(expected[i]) * scale / y_scale + 100;
    ASSERT_NEAR(out.as<uint8_t>()[i], std::clamp(value, 0.0, 255.0), 0.501);
  }
}

}  // namespace
}  // namespace fovea::test

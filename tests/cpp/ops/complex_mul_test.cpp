#include <complex>

#include "support/op_cases.h"

namespace fovea::test {
namespace {

OpCase product(bool conjugate) { return microsoft(conjugate ? "ComplexMulConj" : "ComplexMul"); }

std::complex<double> complex_at(const Tensor& tensor, size_t number) {
  const auto elements = tensor.as<float>();
  return {double{elements[2 * number]}, double{elements[2 * number + 1]}};
}

// Inputs of these shapes and an axis of two parts.
void check(const Shape& a_shape, const Shape& b_shape, const Shape& shape) {
  const auto with_parts = [](Shape all) {
    all.push_back(2);
    return all;
  };
  const Tensor a = random_tensor(with_parts(a_shape), 1), b = random_tensor(with_parts(b_shape), 2);
  for (const bool conjugate : {false, true}) {
    SCOPED_TRACE(testing::Message() << a_shape.to_string() << b_shape.to_string() << conjugate);
    const Tensor out = run_op(product(conjugate), {a, b}, 2)[0];
    ASSERT_EQ(out.shape(), with_parts(shape));
    for (const Index& index : indices_of(shape)) {
      const auto left = complex_at(a, broadcast_index(a_shape, index));
      const auto right = complex_at(b, broadcast_index(b_shape, index));
      const auto expected = left * (conjugate ? std::conj(right) : right);
      const auto actual = complex_at(out, flat_index(shape, index));
      EXPECT_NEAR(actual.real(), expected.real(), 1e-6);
      EXPECT_NEAR(actual.imag(), expected.imag(), 1e-6);
    }
  }
}

TEST(ComplexMul, IsItsDefinition) {
  check({}, {}, {});
  for (const int64_t size : {0, 1, 2, 7, 33}) check({3, size}, {3, size}, {3, size});
}

TEST(ComplexMul, Broadcasts) {
  check({}, {5}, {5});
  check({3, 1, 5}, {7, 1}, {3, 7, 5});
  check({2, 3}, {}, {2, 3});
  check({1}, {0}, {0});
}

TEST(ComplexMul, Errors) {
  for (const bool conjugate : {false, true}) {
    const auto error = [&](Shape a, Shape b) {
      return error_of([&] {
        run_op(product(conjugate), {Tensor::allocate(DType::Float, std::move(a)),
                                    Tensor::allocate(DType::Float, std::move(b))});
      });
    };
    EXPECT_EQ(error({}, {2}), ErrorCode::InvalidInput);
    EXPECT_EQ(error({2}, {}), ErrorCode::InvalidInput);
    EXPECT_EQ(error({2}, {2, 1}), ErrorCode::InvalidInput);
    EXPECT_EQ(error({3}, {3}), ErrorCode::InvalidInput);
    EXPECT_EQ(error({2, 2}, {3, 2}), ErrorCode::InvalidInput);
  }
}

}  // namespace
}  // namespace fovea::test

#include <gtest/gtest.h>

#include <limits>

#include "support/expect_close.h"
#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

// The product of matrices with the batch axes of `out` broadcast, by definition. a and b have at
// least two axes.
Expected reference_matmul(const Tensor& a, const Tensor& b, const Shape& out) {
  // Where a matrix of the batch of `at` begins.
  const auto matrix = [](const Tensor& tensor, Index at) {
    at[at.size() - 2] = at[at.size() - 1] = 0;
    return static_cast<int64_t>(broadcast_index(tensor.shape(), at));
  };
  const auto element = [](const Tensor& tensor, int64_t index) {
    return double{tensor.as<float>()[static_cast<size_t>(index)]};
  };
  Expected expected;
  const int64_t depth = a.shape()[a.shape().rank() - 1], columns = b.shape()[b.shape().rank() - 1];
  for (const Index& at : indices_of(out)) {
    const int64_t row = matrix(a, at) + at[at.size() - 2] * depth;
    const int64_t column = matrix(b, at) + at.back();
    double total = 0, magnitude = 0;
    for (int64_t k = 0; k < depth; ++k) {
      const double term = element(a, row + k) * element(b, column + k * columns);
      total += term;
      magnitude += std::fabs(term);
    }
    expected.values.push_back(total);
    expected.bounds.push_back(sum_bound(depth, magnitude));
  }
  return expected;
}

struct MatMulCase {
  Shape a, b, out;
};

TEST(MatMul, BroadcastsBatches) {
  for (const auto& [a_shape, b_shape, out] : {
           MatMulCase{{5, 7}, {7, 9}, {5, 9}},
           MatMulCase{{3, 5, 7}, {7, 9}, {3, 5, 9}},
           MatMulCase{{5, 7}, {3, 7, 9}, {3, 5, 9}},
           MatMulCase{{3, 5, 7}, {3, 7, 9}, {3, 5, 9}},
           MatMulCase{{2, 1, 5, 7}, {3, 7, 9}, {2, 3, 5, 9}},
           MatMulCase{{2, 3, 5, 7}, {2, 1, 7, 9}, {2, 3, 5, 9}},
           MatMulCase{{1, 7}, {1, 1, 7, 40}, {1, 1, 1, 40}},
           MatMulCase{{2, 64, 50}, {2, 50, 70}, {2, 64, 70}},
       }) {
    SCOPED_TRACE(a_shape.to_string() + " by " + b_shape.to_string());
    const Tensor a = random_tensor(a_shape, 1), b = random_tensor(b_shape, 2);
    for (const int threads : {1, 3}) {
      const Tensor result = run_op({.op_type = "MatMul"}, {a, b}, threads)[0];
      ASSERT_EQ(result.shape(), out);
      expect_close(result.as<float>(), reference_matmul(a, b, out));
    }
    // Weights that are not the model's are packed in every run.
    bool used = false;
    expect_close(run_op_channels_last({.op_type = "MatMul"}, {a, b}, &used, 2)[0].as<float>(),
                 reference_matmul(a, b, out));
  }
}

TEST(MatMul, Vectors) {
  const Tensor a = random_tensor({3, 2, 6}, 1), b = random_tensor({6}, 2);
  const Tensor column = run_op({.op_type = "MatMul"}, {a, b})[0];
  EXPECT_EQ(column.shape(), (Shape{3, 2}));
  expect_close(column.as<float>(), reference_matmul(a, b.reshaped({6, 1}), {3, 2, 1}));

  const Tensor c = random_tensor({3, 6, 4}, 3);
  const Tensor row = run_op({.op_type = "MatMul"}, {b, c})[0];
  EXPECT_EQ(row.shape(), (Shape{3, 4}));
  expect_close(row.as<float>(), reference_matmul(b.reshaped({1, 6}), c, {3, 1, 4}));

  const Tensor dot = run_op({.op_type = "MatMul"}, {b, b})[0];
  EXPECT_EQ(dot.shape(), Shape{});
  expect_close(dot.as<float>(), reference_matmul(b.reshaped({1, 6}), b.reshaped({6, 1}), {1, 1}));
}

template <class T>
void expect_exact_matmul() {
  const Tensor a = Tensor::of<T>({2, 1, 3}, {T{1}, T{2}, T{3}, T{4}, T{5}, T{6}});
  const Tensor b = Tensor::of<T>({3, 2}, {T{1}, T{2}, T{3}, T{4}, T{5}, T{6}});
  const Tensor result = run_op({.op_type = "MatMul"}, {a, b})[0];
  EXPECT_EQ(result.shape(), (Shape{2, 1, 2}));
  EXPECT_EQ(values_of<T>(result), (std::vector<T>{T{22}, T{28}, T{49}, T{64}}));
}

TEST(MatMul, OtherTypes) {
  expect_exact_matmul<double>();
  expect_exact_matmul<int32_t>();
  expect_exact_matmul<uint32_t>();
  expect_exact_matmul<int64_t>();
  expect_exact_matmul<uint64_t>();
}

TEST(MatMul, EmptySums) {
  const Tensor result =
      run_op({.op_type = "MatMul"}, {random_tensor({2, 0}, 1), random_tensor({0, 3}, 2)})[0];
  EXPECT_EQ(values_of<float>(result), std::vector<float>(6, 0.0f));
  EXPECT_EQ(
      run_op({.op_type = "MatMul"}, {random_tensor({0, 2, 3}, 1), random_tensor({3, 4}, 2)})[0]
          .shape(),
      (Shape{0, 2, 4}));
}

TEST(MatMul, SaysWhatDoesNotFit) {
  const auto code = [](const Shape& a, const Shape& b) {
    return error_of([&] {
      run_op({.op_type = "MatMul"}, {random_tensor(a, 1), random_tensor(b, 2)});
    });
  };
  EXPECT_EQ(code({2, 3}, {4, 3}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2, 2, 3}, {3, 3, 4}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({}, {3}), ErrorCode::InvalidInput);
}

Tensor transposed(const Tensor& matrix) {
  const int64_t rows = matrix.shape()[0], columns = matrix.shape()[1];
  Tensor out = Tensor::allocate(DType::Float, {columns, rows});
  for (int64_t i = 0; i < rows * columns; ++i) {
    out.mutable_as<float>()[static_cast<size_t>(i % columns * rows + i / columns)] =
        matrix.as<float>()[static_cast<size_t>(i)];
  }
  return out;
}

struct GemmCase {
  int64_t m, n, k;
};

// Every transposition, scale and shape of C that broadcasts to the product's.
void check_gemm(const GemmCase& size) {
  const Shape out = {size.m, size.n};
  const Tensor a = random_tensor({size.m, size.k}, 1), b = random_tensor({size.k, size.n}, 2);
  const Expected product = reference_matmul(a, b, out);
  for (const Shape& c_shape :
       {Shape{size.n}, Shape{1, size.n}, Shape{size.m, 1}, out, Shape{1}, Shape{1, 1}, Shape{}}) {
    const Tensor c = random_tensor(c_shape, 3);
    for (int bits = 0; bits < 4; ++bits) {
      for (const auto& [alpha, beta] : {std::pair{1.0f, 1.0f}, {0.5f, -2.0f}, {-1.25f, 0.0f}}) {
        SCOPED_TRACE(::testing::Message() << c_shape.to_string() << " bits " << bits << " alpha "
                                          << alpha << " beta " << beta);
        Expected expected = product;
        for (const Index& at : indices_of(out)) {
          const size_t i = flat_index(out, at);
          const double addend =
              beta * static_cast<double>(c.as<float>()[broadcast_index(c_shape, at)]);
          expected.values[i] = alpha * product.values[i] + addend;
          expected.bounds[i] = std::fabs(alpha) * product.bounds[i] + 0x1p-22 * std::fabs(addend);
        }
        const OpCase op{.op_type = "Gemm",
                        .attributes = {{"transA", int64_t{bits & 1}},
                                       {"transB", int64_t{bits >> 1}},
                                       {"alpha", alpha},
                                       {"beta", beta}}};
        const std::vector<Tensor> inputs = {(bits & 1) != 0 ? transposed(a) : a,
                                            (bits & 2) != 0 ? transposed(b) : b, c};
        bool used = false;
        for (const Tensor& result :
             {run_op(op, inputs)[0], run_op_channels_last(op, inputs, &used)[0]}) {
          ASSERT_EQ(result.shape(), out);
          expect_close(result.as<float>(), expected);
        }
      }
    }
  }
}

TEST(Gemm, TransposesScalesAndEveryShapeOfC) {
  for (const GemmCase& size : {GemmCase{11, 10, 7},
                               {11, 1, 7},
                               {1, 10, 7},
                               {1, 1, 7},
                               {1, 1, 1},
                               {5, 13, 0},
                               {1, 1, 0},
                               {0, 3, 2},
                               {3, 0, 2},
                               {0, 0, 0},
                               {0, 1, 0}}) {
    SCOPED_TRACE(::testing::Message() << size.m << " by " << size.n << " over " << size.k);
    check_gemm(size);
  }
}

TEST(Gemm, AddsNothingWhereBetaIsZero) {
  const OpCase op{.op_type = "Gemm", .attributes = {{"beta", 0.0f}}};
  const int64_t large = (int64_t{1} << 60) + 1;
  const Tensor a = Tensor::of<int64_t>({1, 1}, {large}), b = Tensor::of<int64_t>({1, 1}, {1});
  EXPECT_EQ(values_of<int64_t>(run_op(op, {a, b, b})[0]), std::vector<int64_t>{large});
  const Tensor x = Tensor::of<double>({1, 1}, {2.0}), nan = Tensor::of<double>({1}, {NAN});
  EXPECT_EQ(values_of<double>(run_op(op, {x, x, nan})[0]), std::vector<double>{4.0});
}

TEST(Gemm, ScaledIntegersSaturate) {
  const Tensor x = Tensor::of<int32_t>({1, 1}, {40000});
  const OpCase op{.op_type = "Gemm", .attributes = {{"alpha", 1e6f}}};
  EXPECT_EQ(values_of<int32_t>(run_op(op, {x, x})[0]),
            std::vector<int32_t>{std::numeric_limits<int32_t>::max()});
}

TEST(Gemm, WithoutC) {
  const Tensor a = random_tensor({3, 4}, 1), b = random_tensor({4, 5}, 2);
  expect_close(run_op({.op_type = "Gemm"}, {a, b})[0].as<float>(), reference_matmul(a, b, {3, 5}));
}

TEST(Gemm, OtherTypes) {
  const Tensor a = Tensor::of<int32_t>({1, 2}, {3, 4}), b = Tensor::of<int32_t>({2, 1}, {5, 6});
  const Tensor c = Tensor::of<int32_t>({1}, {7});
  EXPECT_EQ(values_of<int32_t>(run_op({.op_type = "Gemm"}, {a, b, c})[0]),
            std::vector<int32_t>{46});
  const OpCase scaled{.op_type = "Gemm", .attributes = {{"alpha", 2.0f}, {"beta", 3.0f}}};
  EXPECT_EQ(values_of<int32_t>(run_op(scaled, {a, b, c})[0]), std::vector<int32_t>{99});
  const Tensor x = Tensor::of<double>({1, 1}, {0.1}), y = Tensor::of<double>({1, 1}, {3.0});
  EXPECT_EQ(values_of<double>(run_op({.op_type = "Gemm"}, {x, y})[0]),
            std::vector<double>{0.1 * 3.0});
}

TEST(Gemm, SaysWhatDoesNotFit) {
  const Tensor a = random_tensor({2, 3}, 1), b = random_tensor({3, 4}, 2);
  const auto code = [&](const std::vector<Tensor>& inputs) {
    return error_of([&] { run_op({.op_type = "Gemm"}, inputs); });
  };
  EXPECT_EQ(code({a, a}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({a, b, random_tensor({3}, 3)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({a, b, random_tensor({1, 2, 4}, 3)}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({a, b.reshaped({1, 3, 4})}), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test

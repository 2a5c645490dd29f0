#include "kernels/matmul/gemm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "images.h"

namespace fovea::kernels {
namespace {

using test::Expected;
using test::random_floats;

struct Options {
  bool transpose_a = false;
  bool transpose_b = false;
  float scale = 1.0f;
  bool bias = false;
  bool residual = false;
  Epilogue epilogue = {};
};

template <class T>
MatrixView<T> view(const std::vector<T>& data, int64_t rows, int64_t columns, bool transposed) {
  return transposed ? MatrixView<T>{data.data(), 1, rows} : MatrixView<T>{data.data(), columns, 1};
}

Expected reference(const GemmShape& shape, const MatrixView<float>& a, const MatrixView<float>& b,
                   float scale, const std::vector<float>& bias) {
  Expected out;
  for (int64_t i = 0; i < shape.m * shape.n; ++i) {
    const int64_t row = i / shape.n, column = i % shape.n;
    double value = 0, magnitude = 0;
    for (int64_t k = 0; k < shape.k; ++k) {
      const double term = static_cast<double>(scale) *
                          a.data[row * a.row_step + k * a.column_step] *
                          static_cast<double>(b.data[k * b.row_step + column * b.column_step]);
      value += term;
      magnitude += std::fabs(term);
    }
    if (!bias.empty()) {
      value += bias[static_cast<size_t>(column)];
      magnitude += std::fabs(bias[static_cast<size_t>(column)]);
    }
    out.values.push_back(value);
    out.bounds.push_back(test::sum_bound(shape.k, magnitude));
  }
  return out;
}

// Cuts C into four rectangles and leaves a gap after each of its rows, which must survive.
void check(const GemmShape& shape, const Options& options = {}) {
  SCOPED_TRACE(::testing::Message()
               << shape.m << "x" << shape.k << " by " << shape.k << "x" << shape.n
               << (options.transpose_a ? " A'" : "") << (options.transpose_b ? " B'" : ""));
  const auto a = random_floats(shape.m * shape.k, 1), b = random_floats(shape.k * shape.n, 2);
  const auto bias = random_floats(options.bias ? shape.n : 0, 3);
  const auto a_view = view(a, shape.m, shape.k, options.transpose_a);
  const auto b_view = view(b, shape.k, shape.n, options.transpose_b);
  const int64_t row_step = shape.n + 3;
  std::vector<float> c = random_floats(shape.m * row_step, 4);
  const std::vector<float> before = c;

  const int64_t middle_column = std::min(shape.n / 2 / kPanel * kPanel, shape.n);
  std::vector<float> packed(static_cast<size_t>(gemm_packed_size(shape)));
  for (const auto& [begin, end] :
       {std::pair{int64_t{0}, middle_column}, {middle_column, shape.n}}) {
    pack_gemm(shape, b_view, options.scale, options.bias ? bias.data() : nullptr, packed.data(),
              begin, end);
    for (const auto& [row_begin, row_end] :
         {std::pair{int64_t{0}, shape.m / 2}, {shape.m / 2, shape.m}}) {
      run_gemm(shape, a_view, packed.data(),
               {c.data(), row_step, options.residual ? c.data() : nullptr}, options.epilogue,
               {row_begin, row_end, begin, end});
    }
  }

  std::vector<float> actual, residual;
  for (int64_t i = 0; i < shape.m * row_step; ++i) {
    const auto at = static_cast<size_t>(i);
    if (i % row_step >= shape.n) {
      ASSERT_EQ(c[at], before[at]) << "wrote beyond a row";
      continue;
    }
    actual.push_back(c[at]);
    if (options.residual) residual.push_back(before[at]);
  }
  Expected expected = reference(shape, a_view, b_view, options.scale, bias);
  finish(expected, residual, options.epilogue, shape.n, 1);
  expect_close(actual, expected);
}

TEST(Gemm, EverySmallSize) {
  for (int64_t m = 1; m <= 14; ++m) {
    for (int64_t n = 1; n <= 29; ++n) {
      for (const int64_t k : {0, 1, 5}) check({m, n, k});
    }
  }
}

// One row, whose sums are made of several parts.
TEST(Gemm, OneRow) {
  for (const int64_t n : {1, 4, 7, 8, 12, 21}) {
    for (const int64_t k : {2, 3, 4, 6, 7, 8, 9, 103}) {
      check({1, n, k});
      check({1, n, k}, {.transpose_b = true, .bias = true, .residual = true});
    }
  }
}

TEST(Gemm, LargerThanTheBlocks) {
  check({130, 37, 64});
  check({70, 130, 3000});
  check({3000, 9, 20});
}

TEST(Gemm, TransposesScaleBiasResidualAndEpilogue) {
  const auto slopes = random_floats(24, 9);
  for (int bits = 0; bits < 4; ++bits) {
    Options options{.transpose_a = (bits & 1) != 0, .transpose_b = (bits & 2) != 0};
    check({13, 21, 9}, options);
    options.scale = -0.75f;
    options.bias = true;
    check({13, 21, 9}, options);
    options.residual = true;
    check({13, 21, 9}, options);
    options.epilogue = {.activation = {Activation::PRelu}, .slopes = slopes.data()};
    check({13, 21, 9}, options);
    check({13, 19, 9}, options);
    check({7, 3, 9}, options);
  }
}

// Rows in two parts, which need not end where the kernel's tiles do.
template <class T>
void expect_exact_product(const GemmShape& shape, bool transpose) {
  const auto [m, n, k] = shape;
  std::vector<T> a, b, c(static_cast<size_t>(m * n), T{99});
  for (int64_t i = 0; i < m * k; ++i) a.push_back(static_cast<T>(i * 7 % 23 - 11));
  for (int64_t i = 0; i < k * n; ++i) b.push_back(static_cast<T>(i * 5 % 19 - 9));
  const auto a_view = view(a, m, k, transpose), b_view = view(b, k, n, transpose);
  const int64_t middle = m / 3;
  gemm_plain(shape, a_view, b_view, c.data(), 0, middle);
  gemm_plain(shape, a_view, b_view, c.data(), middle, m);
  for (int64_t i = 0; i < m * n; ++i) {
    T expected{0};
    for (int64_t at = 0; at < k; ++at) {
      const T x = a_view.data[i / n * a_view.row_step + at * a_view.column_step];
      const T y = b_view.data[at * b_view.row_step + i % n * b_view.column_step];
      expected = static_cast<T>(expected + x * y);
    }
    EXPECT_EQ(c[static_cast<size_t>(i)], expected) << m << "x" << k << "x" << n << " at " << i;
  }
}

template <class T>
void expect_exact_products() {
  for (const bool transpose : {false, true}) {
    for (const int64_t m : {0, 1, 3, 4, 5, 13}) {
      for (const int64_t n : {0, 1, 3, 4, 7, 8, 9, 17}) {
        for (const int64_t k : {0, 1, 6}) expect_exact_product<T>({m, n, k}, transpose);
      }
    }
    // Deeper than what is packed at once.
    expect_exact_product<T>({7, 11, 515}, transpose);
  }
}

TEST(GemmPlain, IsExactForSmallNumbersOfEveryType) {
  expect_exact_products<double>();
  expect_exact_products<int32_t>();
  expect_exact_products<uint32_t>();
  expect_exact_products<int64_t>();
  expect_exact_products<uint64_t>();
}

TEST(GemmPlain, IntegersWrapInTiles) {
  const std::vector<int64_t> a(8, INT64_MAX), b(10, 3);
  std::vector<int64_t> c(20);
  gemm_plain<int64_t>({4, 5, 2}, {a.data(), 2, 1}, {b.data(), 5, 1}, c.data(), 0, 4);
  EXPECT_EQ(c, std::vector<int64_t>(20, -6));
}

TEST(GemmPlain, IntegersWrap) {
  const std::vector<int32_t> a = {INT32_MAX, 2}, b = {2, INT32_MAX};
  int32_t c = 0;
  gemm_plain<int32_t>({1, 1, 2}, {a.data(), 2, 1}, {b.data(), 1, 1}, &c, 0, 1);
  EXPECT_EQ(c, -4);
}

}  // namespace
}  // namespace fovea::kernels

#include "kernels/matmul/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/random.h"

namespace fovea::kernels {
namespace {

using test::random_floats;
using View = MatrixView<float>;

constexpr double kEpsilon = 0x1p-24;

struct Matrix {
  std::vector<float> data;
  View view;
};

// `transposed`: columns lie one after the other. Lines are 3 elements further apart than they are
// long.
Matrix random_matrix(int64_t rows, int64_t columns, bool transposed, uint32_t seed) {
  const int64_t lines = transposed ? columns : rows, step = 3 + (transposed ? rows : columns);
  Matrix out = {random_floats(lines * step, seed), {}};
  out.view = transposed ? View{out.data.data(), 1, step} : View{out.data.data(), step, 1};
  return out;
}

double at(const View& view, int64_t row, int64_t column) {
  return static_cast<double>(view.data[row * view.row_step + column * view.column_step]);
}

// The result's row in double, and how far a float may be off: scores are sums of `depth` products
// and some addends, the exponentials' relative error is the scores' error and a few ULP, and the
// result is an average of V, whose magnitudes it is relative to.
void expect_row(const AttentionShape& shape, const AttentionInput& input, int64_t row,
                const float* actual) {
  std::vector<double> weights;
  double largest = -std::numeric_limits<double>::infinity(), slack = 0;
  for (int64_t column = 0; column < shape.columns; ++column) {
    double score = 0, magnitude = 0;
    for (int64_t k = 0; k < shape.depth; ++k) {
      const double term =
          static_cast<double>(shape.scale) * at(input.q, row, k) * at(input.k, k, column);
      score += term;
      magnitude += std::fabs(term);
    }
    for (const View& addend : input.addends) {
      score += at(addend, row, column);
      if (std::isfinite(score)) magnitude += std::fabs(at(addend, row, column));
    }
    const auto roundings = static_cast<double>(shape.depth + std::ssize(input.addends) + 3);
    if (std::isfinite(score)) slack = std::max(slack, 2 * roundings * kEpsilon * magnitude);
    weights.push_back(score);
    largest = std::max(largest, score);
  }
  double sum = 0;
  for (double& weight : weights) sum += weight = std::exp(weight - largest);
  slack += (static_cast<double>(shape.columns) + 12) * kEpsilon;
  for (int64_t j = 0; j < shape.value_depth; ++j) {
    double value = 0, magnitude = 0;
    for (int64_t column = 0; column < shape.columns; ++column) {
      const double term = weights[static_cast<size_t>(column)] / sum * at(input.v, column, j);
      value += term;
      magnitude += std::fabs(term);
    }
    ASSERT_NEAR(static_cast<double>(actual[j]), value, 2 * slack * magnitude) << row << ", " << j;
  }
}

struct Layouts {
  bool q = false;
  bool k = true;
  bool v = false;
};

// Between the result's rows lie gaps that must survive.
void check(const AttentionShape& shape, std::vector<View> addends, Layouts transposed = {}) {
  SCOPED_TRACE(::testing::Message() << shape.rows << "x" << shape.columns << ", depths "
                                    << shape.depth << " and " << shape.value_depth);
  const Matrix q = random_matrix(shape.rows, shape.depth, transposed.q, 1);
  const Matrix k = random_matrix(shape.depth, shape.columns, transposed.k, 2);
  const Matrix v = random_matrix(shape.columns, shape.value_depth, transposed.v, 3);
  const AttentionInput input = {q.view, k.view, v.view, addends};
  const int64_t step = shape.value_depth + 5;
  std::vector<float> out(static_cast<size_t>(shape.rows * step), 7.0f);
  std::vector<float> scratch(static_cast<size_t>(attention_scratch_size(shape)), NAN);
  attend(shape, input, out.data(), step, scratch.data());
  for (int64_t row = 0; row < shape.rows; ++row) {
    const float* line = out.data() + row * step;
    expect_row(shape, input, row, line);
    EXPECT_EQ(std::count(line + shape.value_depth, line + step, 7.0f), 5);
  }
}

TEST(Attention, EverySmallSize) {
  for (const int64_t rows : {1, 5, 13}) {
    for (int64_t columns = 1; columns <= 18; ++columns) {
      for (const int64_t depth : {1, 4, 10}) check({rows, columns, depth, 11 - depth, 0.5f}, {});
    }
  }
}

TEST(Attention, WindowsOfUsualSizes) {
  check({64, 64, 10, 10, 0.316f}, {});
  check({49, 49, 32, 32, 0.177f}, {});
  check({256, 576, 30, 30, 0.183f}, {});
}

// More scores than a block has.
TEST(Attention, LongRows) { check({37, 2000, 9, 6, 0.3f}, {}); }

TEST(Attention, AnyLayout) {
  for (const bool q : {false, true}) {
    for (const bool k : {false, true}) {
      for (const bool v : {false, true}) check({9, 21, 13, 12, 1.0f}, {}, {q, k, v});
    }
  }
}

TEST(Attention, Addends) {
  const auto bias = random_floats(20 * 30, 4, -3.0f, 3.0f), row = random_floats(30, 5);
  check({20, 30, 8, 8, 0.35f}, {{bias.data(), 30, 1}});
  check({20, 30, 8, 8, 0.35f}, {{bias.data(), 30, 1}, {row.data(), 0, 1}, {bias.data(), 1, 0}});
}

TEST(Attention, MaskedScoresCountForNothing) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> mask(16 * 24, 0.0f);
  for (size_t i = 0; i < mask.size(); i += 3) mask[i] = i % 2 == 0 ? -infinity : -1000.0f;
  check({16, 24, 8, 8, 0.35f}, {{mask.data(), 24, 1}});
}

}  // namespace
}  // namespace fovea::kernels

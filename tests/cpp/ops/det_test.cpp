#include <cmath>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

// By the first row's minors.
double determinant(const std::vector<std::vector<double>>& matrix) {
  if (matrix.empty()) return 1;
  double sum = 0;
  for (size_t column = 0; column < matrix.size(); ++column) {
    std::vector<std::vector<double>> minor(matrix.begin() + 1, matrix.end());
    for (auto& row : minor) row.erase(row.begin() + static_cast<std::ptrdiff_t>(column));
    sum += (column % 2 == 0 ? 1 : -1) * matrix[0][column] * determinant(minor);
  }
  return sum;
}

TEST(Det, MatchesMinors) {
  for (int64_t size = 0; size <= 6; ++size) {
    const Tensor in = random_tensor({2, 3, size, size}, static_cast<uint32_t>(size));
    const Tensor out = run_op({"Det", 11}, {in})[0];
    ASSERT_EQ(out.shape(), (Shape{2, 3}));
    for (int64_t i = 0; i < 6; ++i) {
      std::vector<std::vector<double>> matrix;
      for (int64_t row = 0; row < size; ++row) {
        const float* begin = in.as<float>().data() + (i * size + row) * size;
        matrix.emplace_back(begin, begin + size);
      }
      EXPECT_NEAR(out.as<float>()[static_cast<size_t>(i)], determinant(matrix), 1e-6);
    }
  }
}

TEST(Det, PivotsAndSingularMatrices) {
  const auto det = [](Shape shape, std::initializer_list<double> values) {
    const Tensor out = run_op({"Det", 22}, {Tensor::of<double>(std::move(shape), values)})[0];
    return values_of<double>(out);
  };
  using Values = std::vector<double>;
  EXPECT_EQ(det({2, 2}, {0, 1, 1, 0}), Values{-1});
  EXPECT_EQ(det({2, 2, 2}, {1, 2, 3, 4, 1, 2, 2, 4}), (Values{-2, 0}));
  EXPECT_EQ(det({3, 3}, {0, 0, 2, 0, 3, 0, 4, 0, 0}), Values{-24});
  EXPECT_EQ(det({1, 1}, {-5}), Values{-5});
  EXPECT_TRUE(std::isnan(det({2, 2}, {NAN, 1, 1, 1})[0]));
  EXPECT_EQ(det({0, 2, 2}, {}), Values{});
  EXPECT_EQ(det({0, 1 << 24, 1 << 24}, {}), Values{});
}

TEST(Det, Errors) {
  for (const Shape& shape : {Shape{}, Shape{2}, Shape{2, 3}, Shape{2, 2, 1}}) {
    EXPECT_EQ(error_of([&] {
                run_op({"Det", 11}, {Tensor::allocate(DType::Float, shape)});
              }),
              ErrorCode::InvalidInput);
  }
}

}  // namespace
}  // namespace fovea::test

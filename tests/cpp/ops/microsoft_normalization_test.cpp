// com.microsoft: SkipLayerNormalization, SkipSimplifiedLayerNormalization, EmbedLayerNormalization.
// And SimplifiedLayerNormalization and LayerNormalization of ONNX's domain.

#include <gtest/gtest.h>

#include <cmath>

#include "support/near.h"
#include "support/op_cases.h"

namespace fovea::test {
namespace {

struct Normalised {
  Doubles values, means, inverse_deviations;
};

// Rows of so many values; without mean, by the root mean square.
Normalised normalised(const Doubles& in, size_t size, double epsilon, bool has_mean,
                      const Tensor& gamma, const Tensor* beta = nullptr) {
  Normalised out;
  for (size_t row = 0; row < in.size(); row += size) {
    double mean = 0, squares = 0;
    for (size_t i = 0; has_mean && i < size; ++i) mean += in[row + i] / static_cast<double>(size);
    for (size_t i = 0; i < size; ++i) squares += (in[row + i] - mean) * (in[row + i] - mean);
    const double inverse = 1 / std::sqrt(squares / static_cast<double>(size) + epsilon);
    for (size_t i = 0; i < size; ++i) {
      out.values.push_back((in[row + i] - mean) * inverse * double{gamma.as<float>()[i]} +
                           (beta ? double{beta->as<float>()[i]} : 0));
    }
    out.means.push_back(mean);
    out.inverse_deviations.push_back(inverse);
  }
  return out;
}

TEST(SkipLayerNormalization, NormalisesTheSum) {
  const Tensor x = random_tensor({2, 3, 4}, 1), gamma = random_tensor({4}, 2),
               beta = random_tensor({4}, 3), bias = random_tensor({4}, 4);
  const AttributeList epsilon = {{"epsilon", 0.25f}};
  for (const Shape& shape : {Shape{2, 3, 4}, Shape{1, 3, 4}, Shape{3, 4}}) {
    const Tensor skip = random_tensor(shape, 5);
    const Doubles sum = sum_of(sum_of(doubles(x), skip), bias);
    const Normalised expected = normalised(sum, 4, 0.25, true, gamma, &beta);
    const auto out =
        run_op(microsoft("SkipLayerNormalization", epsilon, 4), {x, skip, gamma, beta, bias});
    expect_near(out[0], {2, 3, 4}, expected.values);
    expect_near(out[1], {2, 3, 1}, expected.means);
    expect_near(out[2], {2, 3, 1}, expected.inverse_deviations);
    expect_near(out[3], {2, 3, 4}, sum);
    const auto bare = run_op(microsoft("SkipLayerNormalization"), {x, skip, gamma});
    expect_near(bare[0], {2, 3, 4},
                normalised(sum_of(doubles(x), skip), 4, 1e-12, true, gamma).values);
    const auto simple =
        run_op(microsoft("SkipSimplifiedLayerNormalization", epsilon), {x, skip, gamma, bias});
    expect_near(simple[0], {2, 3, 4}, normalised(sum, 4, 0.25, false, gamma).values);
  }
  const OpCase op = microsoft("SkipLayerNormalization");
  EXPECT_EQ(error_in(op, {x, random_tensor({2, 4}, 1), gamma}), ErrorCode::InvalidInput);
  EXPECT_EQ(error_in(op, {x, random_tensor({1, 1, 4}, 1), gamma}), ErrorCode::InvalidInput);
  EXPECT_EQ(error_in(op, {x, x, random_tensor({3}, 1)}), ErrorCode::InvalidInput);
  EXPECT_EQ(error_in(op, {x, x, gamma, beta, random_tensor({1}, 1)}), ErrorCode::InvalidInput);
  EXPECT_EQ(error_in(microsoft("SkipSimplifiedLayerNormalization", {}, 2), {x, x, gamma}),
            ErrorCode::UnsupportedAttribute);
}

TEST(SimplifiedLayerNormalization, OfOnnxDomain) {
  const Tensor x = random_tensor({2, 3, 4}, 1), gamma = random_tensor({4}, 2),
               wide = random_tensor({3, 4}, 2);
  const Normalised last = normalised(doubles(x), 4, 0.25, false, gamma);
  const auto out = run_op(
      {.op_type = "SimplifiedLayerNormalization", .attributes = {{"epsilon", 0.25f}}, .outputs = 2},
      {x, gamma});
  expect_near(out[0], {2, 3, 4}, last.values);
  expect_near(out[1], {2, 3, 1}, last.inverse_deviations);
  expect_near(
      run_op({.op_type = "SimplifiedLayerNormalization", .attributes = {{"axis", int64_t{1}}}},
             {x, wide})[0],
      {2, 3, 4}, normalised(doubles(x), 12, 1e-5, false, wide).values);
  const auto early =
      run_op({.op_type = "LayerNormalization", .opset = 12, .outputs = 3}, {x, gamma, gamma});
  const Normalised expected = normalised(doubles(x), 4, 1e-5, true, gamma, &gamma);
  expect_near(early[0], {2, 3, 4}, expected.values);
  expect_near(early[1], {2, 3, 1}, expected.means);
}

TEST(EmbedLayerNormalization, SumsRowsOfTables) {
  const Tensor words = Tensor::of<int32_t>({2, 3}, {1, 0, 3, 2, 2, 1}),
               segments = Tensor::of<int32_t>({2, 3}, {0, 1, 1, 0, 0, 1});
  const Tensor mask = Tensor::of<int32_t>({2, 3}, {1, 1, 0, 1, 0, 0}),
               positions = Tensor::of<int32_t>({1, 3}, {4, 0, 1});
  const Tensor word_table = random_tensor({4, 4}, 1), position_table = random_tensor({5, 4}, 2),
               segment_table = random_tensor({2, 4}, 3), gamma = random_tensor({4}, 4),
               beta = random_tensor({4}, 5);
  for (const bool has_segments : {false, true}) {
    for (const bool has_positions : {false, true}) {
      Doubles sum;
      for (size_t i = 0; i < 6; ++i) {
        const auto row = [](const Tensor& table, int32_t id, size_t e) {
          return double{table.as<float>()[static_cast<size_t>(id) * 4 + e]};
        };
        const int32_t position =
            has_positions ? positions.as<int32_t>()[i % 3] : static_cast<int32_t>(i % 3);
        for (size_t e = 0; e < 4; ++e) {
          sum.push_back(row(word_table, words.as<int32_t>()[i], e) +
                        row(position_table, position, e) +
                        (has_segments ? row(segment_table, segments.as<int32_t>()[i], e) : 0));
        }
      }
      const Tensor none;
      const auto out = run_op(microsoft("EmbedLayerNormalization", {{"epsilon", 0.1f}}, 3),
                              {words, has_segments ? segments : none, word_table, position_table,
                               has_segments ? segment_table : none, gamma, beta,
                               has_segments ? mask : none, has_positions ? positions : none});
      expect_near(out[0], {2, 3, 4}, normalised(sum, 4, 0.1, true, gamma, &beta).values);
      EXPECT_EQ(values_of<int32_t>(out[1]),
                (has_segments ? std::vector<int32_t>{2, 1} : std::vector<int32_t>{0, 0}));
      expect_near(out[2], {2, 3, 4}, sum);
    }
  }
  const OpCase op = microsoft("EmbedLayerNormalization");
  const auto invalid = ErrorCode::InvalidInput;
  EXPECT_EQ(error_in(op, {words, segments, word_table, position_table, Tensor(), gamma, beta}),
            invalid);
  EXPECT_EQ(
      error_in(op, {words, Tensor(), word_table, random_tensor({2, 4}, 1), Tensor(), gamma, beta}),
      invalid);
  EXPECT_EQ(
      error_in(op, {words, Tensor(), word_table, random_tensor({5, 3}, 1), Tensor(), gamma, beta}),
      invalid);
  EXPECT_EQ(error_in(op, {words, Tensor(), word_table, position_table, Tensor(), gamma,
                          random_tensor({3}, 1)}),
            invalid);
}

}  // namespace
}  // namespace fovea::test

// com.microsoft: FusedMatMul, TransposeMatMul, FusedGemm, MatMulIntegerToFloat,
// DynamicQuantizeMatMul, QGemm, Inverse, MatMulNBits.

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "base/bit_packing.h"
#include "support/near.h"
#include "support/op_cases.h"

namespace fovea::test {
namespace {

double at(const Tensor& tensor, const Index& index) {
  return double{to_floats(tensor)[flat_index(tensor.shape(), index)]};
}

// The element where a tensor has one, else that of a column.
double of_column(const Tensor& tensor, int64_t column) {
  return double{to_floats(tensor)[tensor.elements() == 1 ? 0 : static_cast<size_t>(column)]};
}

TEST(FusedMatMul, TransposesMatricesAndBatches) {
  for (int flags = 0; flags < 16; ++flags) {
    const bool ta = flags & 1, tb = flags & 2, ba = flags & 4, bb = flags & 8;
    // Of batches of 2: 3 x 4 times 4 x 5.
    const auto shape = [](int64_t rows, int64_t columns, bool trans, bool batch) {
      if (trans) std::swap(rows, columns);
      return batch ? Shape{rows, 2, columns} : Shape{2, rows, columns};
    };
    const auto index = [](int64_t n, int64_t row, int64_t column, bool trans, bool batch) {
      if (trans) std::swap(row, column);
      return batch ? Index{row, n, column} : Index{n, row, column};
    };
    const Tensor a = random_tensor(shape(3, 4, ta, ba), 1),
                 b = random_tensor(shape(4, 5, tb, bb), 2);
    Doubles expected;
    for (const Index& i : indices_of({2, 3, 5})) {
      double sum = 0;
      for (int64_t k = 0; k < 4; ++k)
        sum += at(a, index(i[0], i[1], k, ta, ba)) * at(b, index(i[0], k, i[2], tb, bb));
      expected.push_back(0.5 * sum);
    }
    const AttributeList attributes = {{"transA", int64_t{ta}},
                                      {"transB", int64_t{tb}},
                                      {"transBatchA", int64_t{ba}},
                                      {"transBatchB", int64_t{bb}},
                                      {"alpha", 0.5f}};
    expect_near(run_op(microsoft("FusedMatMul", attributes), {a, b})[0], {2, 3, 5}, expected);
    if (!ba && !bb)
      expect_near(run_op(microsoft("TransposeMatMul", attributes), {a, b})[0], {2, 3, 5}, expected);
  }
  // A vector has nothing to transpose.
  const Tensor v = Tensor::of<float>({2}, {1, 2}), m = Tensor::of<float>({2, 1}, {3, 4});
  expect_near(run_op(microsoft("FusedMatMul", {{"transA", int64_t{1}}}), {v, m})[0], {1}, {11});
  EXPECT_EQ(error_in(microsoft("FusedMatMul", {{"transB", int64_t{1}}}), {v, m}),
            ErrorCode::InvalidInput);
}

TEST(FusedGemm, Activates) {
  const Tensor a = Tensor::of<float>({1, 1}, {2}), b = Tensor::of<float>({1, 2}, {1, -1}),
               c = Tensor::of<float>({2}, {1, 1});
  const auto run = [&](const char* name) {
    return run_op(microsoft("FusedGemm", {{"activation", std::string(name)},
                                          {"activation_alpha", 0.25f},
                                          {"activation_beta", 0.5f},
                                          {"activation_gamma", 2.0f},
                                          {"alpha", 2.0f},
                                          {"beta", 3.0f}}),
                  {a, b, c})[0];
  };
  // 2 * a * b + 3 * c is 7 and -1.
  expect_near(run(""), {1, 2}, {7, -1});
  expect_near(run("Relu"), {1, 2}, {7, 0});
  expect_near(run("LeakyRelu"), {1, 2}, {7, -0.25});
  expect_near(run("Elu"), {1, 2}, {7, 0.25 * (std::exp(-1.0) - 1)});
  expect_near(run("Selu"), {1, 2}, {14, 0.5 * (std::exp(-1.0) - 1)});
  expect_near(run("HardSigmoid"), {1, 2}, {1, 0.25});
  expect_near(run("ThresholdedRelu"), {1, 2}, {7, 0});
  expect_near(run("Tanh"), {1, 2}, {std::tanh(7.0), std::tanh(-1.0)});
  expect_near(run("Sigmoid"), {1, 2}, {1 / (1 + std::exp(-7.0)), 1 / (1 + std::exp(1.0))});
  expect_near(run("Softplus"), {1, 2}, {std::log1p(std::exp(7.0)), std::log1p(std::exp(-1.0))});
  expect_near(run("Softsign"), {1, 2}, {7.0 / 8, -0.5});
  EXPECT_EQ(error_of([&] { run("Softmax"); }), ErrorCode::UnsupportedAttribute);
}

// Products of integers, scaled: one scale or one for each column.
TEST(MatMulIntegerToFloat, Scales) {
  const Tensor a = random_bytes<uint8_t>({2, 3, 4}, 1), b = random_bytes<int8_t>({4, 5}, 2);
  const Tensor a_scale = Tensor::of<float>({1}, {0.05f}), a_point = random_bytes<uint8_t>({}, 3),
               bias = random_tensor({5}, 6);
  for (const Shape& per : {Shape{}, Shape{5}}) {
    const Tensor b_scale = random_tensor(per, 4, 0.01f, 0.1f),
                 b_point = random_bytes<int8_t>(per, 5);
    for (const bool full : {false, true}) {
      Doubles expected;
      for (const Index& i : indices_of({2, 3, 5})) {
        double sum = 0;
        for (int64_t k = 0; k < 4; ++k) {
          sum += (at(a, {i[0], i[1], k}) - (full ? of_column(a_point, 0) : 0)) *
                 (at(b, {k, i[2]}) - (full ? of_column(b_point, i[2]) : 0));
        }
        expected.push_back(sum * 0.05f * of_column(b_scale, i[2]) +
                           (full ? of_column(bias, i[2]) : 0));
      }
      std::vector<Tensor> inputs = {a, b, a_scale, b_scale};
      if (full) inputs.insert(inputs.end(), {a_point, b_point, bias});
      expect_near(run_op(microsoft("MatMulIntegerToFloat"), inputs)[0], {2, 3, 5}, expected);
    }
  }
  const OpCase op = microsoft("MatMulIntegerToFloat");
  EXPECT_EQ(error_in(op, {a, b, random_tensor({3}, 1), a_scale}), ErrorCode::InvalidInput);
  EXPECT_EQ(error_in(op, {a, b, a_scale, random_tensor({4}, 1)}), ErrorCode::InvalidInput);
  EXPECT_EQ(error_in(op, {a, random_bytes<int8_t>({4}, 1), a_scale, a_scale}),
            ErrorCode::InvalidInput);
}

TEST(DynamicQuantizeMatMul, QuantisesA) {
  // 0 to 2.55 in steps of 0.01: what quantising leaves as it is.
  const Tensor a = Tensor::of<float>({2, 2}, {0, 2.55f, 0.5f, 1.25f}),
               b = Tensor::of<int8_t>({2, 3}, {1, 2, 3, -4, 5, -6});
  const Tensor scale = Tensor::of<float>({3}, {1, 2, 0.5f}),
               point = Tensor::of<int8_t>({3}, {1, 0, -2}),
               bias = Tensor::of<float>({3}, {10, 20, 30});
  Doubles expected;
  for (const Index& i : indices_of({2, 3})) {
    double sum = 0;
    for (int64_t k = 0; k < 2; ++k)
      sum +=
          at(a, {i[0], k}) * (at(b, {k, i[1]}) - of_column(point, i[1])) * of_column(scale, i[1]);
    expected.push_back(sum + of_column(bias, i[1]));
  }
  expect_near(run_op(microsoft("DynamicQuantizeMatMul"), {a, b, scale, point, bias})[0], {2, 3},
              expected, 1e-5);
  EXPECT_EQ(
      error_in(microsoft("DynamicQuantizeMatMul"), {a, b, scale, point, random_tensor({2}, 1)}),
      ErrorCode::InvalidInput);
}

TEST(QGemm, GivesNumbersOrQuantisedOnes) {
  const Tensor a = random_bytes<uint8_t>({4, 3}, 1), b = random_bytes<int8_t>({5, 4}, 2),
               c = Tensor::of<int32_t>({3, 1}, {-500, 0, 900});
  const Tensor a_scale = Tensor::of<float>({}, {0.5f}), a_point = random_bytes<uint8_t>({}, 3),
               b_scale = random_tensor({5}, 4, 0.1f, 1), b_point = random_bytes<int8_t>({5}, 5);
  const AttributeList both = {{"transA", int64_t{1}}, {"transB", int64_t{1}}, {"alpha", 0.5f}};
  Doubles expected;
  for (const Index& i : indices_of({3, 5})) {
    double sum = double(c.as<int32_t>()[static_cast<size_t>(i[0])]);
    for (int64_t k = 0; k < 4; ++k)
      sum += (at(a, {k, i[0]}) - of_column(a_point, 0)) *
             (at(b, {i[1], k}) - of_column(b_point, i[1]));
    expected.push_back(sum * 0.25 * of_column(b_scale, i[1]));
  }
  std::vector<Tensor> inputs = {a, a_scale, a_point, b, b_scale, b_point, c};
  expect_near(run_op(microsoft("QGemm", both), inputs)[0], {3, 5}, expected);
  inputs.insert(inputs.end(), {Tensor::of<float>({}, {20}), Tensor::of<int8_t>({}, {3})});
  const Tensor quantised = run_op(microsoft("QGemm", both), inputs)[0];
  ASSERT_EQ(quantised.dtype(), DType::Int8);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(double(quantised.as<int8_t>()[i]),
              std::clamp(std::nearbyint(expected[i] / 20) + 3, -128.0, 127.0));
  }
  inputs.pop_back();
  EXPECT_EQ(error_in(microsoft("QGemm", both), inputs), ErrorCode::InvalidInput);
  inputs.pop_back();
  EXPECT_EQ(error_in(microsoft("QGemm"), inputs), ErrorCode::InvalidInput);
}

TEST(Inverse, OfEveryMatrix) {
  // The first needs its rows exchanged.
  const Tensor x = Tensor::of<float>({2, 2, 2}, {0, 2, 4, 1, 3, 1, 5, 2});
  expect_near(run_op(microsoft("Inverse"), {x})[0], {2, 2, 2},
              {-0.125, 0.25, 0.5, 0, 2, -1, -5, 3});
  const Tensor wide = Tensor::of<double>({1, 1}, {4});
  expect_near(run_op(microsoft("Inverse"), {wide})[0], {1, 1}, {0.25}, 1e-15);
  EXPECT_EQ(run_op(microsoft("Inverse"), {random_tensor({3, 0, 0}, 1)})[0].shape(),
            (Shape{3, 0, 0}));
  EXPECT_EQ(error_in(microsoft("Inverse"), {Tensor::of<float>({2, 2}, {1, 2, 2, 4})}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_in(microsoft("Inverse"), {random_tensor({2, 3}, 1)}), ErrorCode::InvalidInput);
}

// Whose product with the matrix is the unit matrix; rows have to be exchanged for the largest
// pivots.
TEST(Inverse, OfMatricesOfEverySize) {
  for (const int64_t size : {3, 4, 5, 8, 17}) {
    const Tensor x = random_tensor({2, size, size}, static_cast<uint32_t>(size));
    const Tensor inverse = run_op(microsoft("Inverse"), {x})[0];
    for (const Index& index : indices_of({2, size, size})) {
      double sum = 0, magnitude = 0;
      for (int64_t k = 0; k < size; ++k) {
        const double product =
            at(x, {index[0], index[1], k}) * at(inverse, {index[0], k, index[2]});
        sum += product;
        magnitude += std::abs(product);
      }
      EXPECT_NEAR(sum, index[1] == index[2] ? 1 : 0, 1e-6 * (1 + magnitude));
    }
  }
}

// ---- MatMulNBits ----

struct Weights {
  int64_t outputs, inputs;
  int bits;
  int64_t block = 16;

  int64_t blocks() const { return (inputs + block - 1) / block; }
};

Tensor packed(const std::vector<uint8_t>& codes, int bits, int64_t rows) {
  const auto of_row = static_cast<int64_t>(codes.size()) / rows;
  const int64_t bytes = (of_row * bits + 7) / 8;
  Tensor tensor = Tensor::allocate(DType::Uint8, {rows, bytes});
  for (int64_t row = 0; row < rows; ++row)
    pack_bits(codes.data() + row * of_row, bits, of_row, tensor.mutable_data() + row * bytes);
  return tensor;
}

std::vector<uint8_t> random_codes(int64_t count, int bits, uint32_t seed) {
  std::mt19937 engine(seed);
  std::vector<uint8_t> codes(static_cast<size_t>(count));
  for (uint8_t& code : codes) code = static_cast<uint8_t>(engine() & ((1u << bits) - 1));
  return codes;
}

enum class Points { None, Packed, Floats };

void check_nbits(const Weights& w, Points points, bool has_bias, int64_t rows) {
  SCOPED_TRACE(text(w.bits, " bits, ", w.inputs, " inputs, ", rows, " rows"));
  const int64_t blocks = w.blocks();
  const auto codes = random_codes(w.outputs * blocks * w.block, w.bits, 1),
             zero = random_codes(w.outputs * blocks, w.bits, 2);
  const Tensor a = random_tensor({rows, w.inputs}, 3),
               scales = random_tensor({w.outputs, blocks}, 4),
               floats = random_tensor({w.outputs, blocks}, 5, 0, 3),
               bias = random_tensor({w.outputs}, 6);
  Doubles expected;
  for (const Index& i : indices_of({rows, w.outputs})) {
    double sum = has_bias ? of_column(bias, i[1]) : 0;
    for (int64_t k = 0; k < w.inputs; ++k) {
      const auto block = static_cast<size_t>(i[1] * blocks + k / w.block);
      double point = std::ldexp(1.0, w.bits - 1);
      if (points == Points::Packed) point = double(zero[block]);
      if (points == Points::Floats) point = double{floats.as<float>()[block]};
      const auto code = static_cast<size_t>(i[1] * blocks * w.block + k);
      sum += at(a, {i[0], k}) * (double(codes[code]) - point) * double{scales.as<float>()[block]};
    }
    expected.push_back(sum);
  }
  Tensor b = packed(codes, w.bits, w.outputs);
  b = b.reshaped({w.outputs, blocks, w.block * w.bits / 8});
  Tensor point;
  if (points == Points::Packed) point = packed(zero, w.bits, w.outputs);
  if (points == Points::Floats) point = floats;
  const OpCase op = microsoft(
      "MatMulNBits",
      {{"K", w.inputs}, {"N", w.outputs}, {"bits", int64_t{w.bits}}, {"block_size", w.block}});
  const Tensor out = run_op(
      op, {a.reshaped({1, rows, w.inputs}), b, scales, point, Tensor(), has_bias ? bias : Tensor()},
      2)[0];
  expect_near(out, {1, rows, w.outputs}, expected, 2e-4);
}

TEST(MatMulNBits, ReadsBlocks) {
  for (const int bits : {2, 4, 8}) {
    for (const Points points : {Points::None, Points::Packed, Points::Floats}) {
      check_nbits({5, 32, bits}, points, false, 3);
      check_nbits({3, 41, bits}, points, true, 2);
      check_nbits({1, 1, bits}, points, true, 1);
      check_nbits({40, 70, bits, 32}, points, true, 0);
    }
  }
  check_nbits({40, 70, 4, 32}, Points::Packed, true, 4);
}

TEST(MatMulNBits, RefusesWhatDoesNotFit) {
  const auto run = [](AttributeList more, std::vector<Tensor> inputs) {
    AttributeList attributes = {{"K", int64_t{32}}, {"N", int64_t{2}}, {"block_size", int64_t{16}}};
    attributes.insert(attributes.end(), more.begin(), more.end());
    return error_in(microsoft("MatMulNBits", attributes), inputs);
  };
  const Tensor a = random_tensor({3, 32}, 1), b = random_bytes<uint8_t>({2, 2, 8}, 1),
               scales = random_tensor({2, 2}, 1), none;
  const auto invalid = ErrorCode::InvalidInput;
  EXPECT_EQ(run({}, {random_tensor({3, 31}, 1), b, scales}), invalid);
  EXPECT_EQ(run({}, {a, random_bytes<uint8_t>({2, 2, 7}, 1), scales}), invalid);
  EXPECT_EQ(run({}, {a, b, random_tensor({2, 3}, 1)}), invalid);
  EXPECT_EQ(run({}, {a, b, scales, random_bytes<uint8_t>({2, 2}, 1)}), invalid);
  EXPECT_EQ(run({}, {a, b, scales, none, none, random_tensor({3}, 1)}), invalid);
  EXPECT_EQ(run({}, {a, b, scales, none, Tensor::of<int32_t>({1}, {0})}),
            ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(run({{"bits", int64_t{3}}}, {a, b, scales}), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(run({{"weight_prepacked", int64_t{1}}}, {a, b, scales}),
            ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(run({{"block_size", int64_t{24}}}, {a, b, scales}), ErrorCode::MalformedModel);
  EXPECT_EQ(run({{"N", int64_t{0}}}, {a, b, scales}), ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test

// com.microsoft: QLinearAdd, QLinearMul, QLinearSigmoid, QLinearLeakyRelu, QLinearSoftmax,
// QLinearGlobalAveragePool, QLinearAveragePool, QLinearReduceMean, QLinearConcat, QLinearWhere;
// QuantizeLinear, DequantizeLinear.

#include <gtest/gtest.h>

#include <cmath>

#include "support/op_cases.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

Tensor scale(float value) { return Tensor::of<float>({}, {value}); }
template <class T>
Tensor point(T value) {
  return Tensor::of<T>({}, {value});
}

// Elements as numbers.
Doubles numbers(const Tensor& tensor, double step, double zero) {
  Doubles out;
  for (const int64_t code : to_int64s(tensor)) out.push_back((double(code) - zero) * step);
  return out;
}

// The same numbers quantised; those near a half may go either way.
template <class T>
void expect_quantised(const Tensor& actual, const Shape& shape, const Doubles& expected,
                      double step, double zero) {
  ASSERT_EQ(actual.dtype(), dtype_of<T>);
  ASSERT_EQ(actual.shape(), shape);
  ASSERT_EQ(expected.size(), static_cast<size_t>(actual.elements()));
  for (size_t i = 0; i < expected.size(); ++i) {
    const double code = expected[i] / step;
    const auto clamped = [](double x) {
      return std::clamp(x, double(std::numeric_limits<T>::min()),
                        double(std::numeric_limits<T>::max()));
    };
    const double value = double(actual.as<T>()[i]);
    EXPECT_GE(value, clamped(std::nearbyint(code - 1e-3) + zero)) << "element " << i;
    EXPECT_LE(value, clamped(std::nearbyint(code + 1e-3) + zero)) << "element " << i;
  }
}

TEST(QLinearBinary, AddsAndMultiplies) {
  const Tensor a = random_bytes<uint8_t>({2, 3, 4}, 1), b = random_bytes<uint8_t>({3, 1}, 2);
  const Doubles as = numbers(a, 0.05, 120), bs = numbers(b, 0.03, 90);
  for (const bool product : {false, true}) {
    Doubles expected;
    for (size_t i = 0; i < 24; ++i)
      expected.push_back(product ? as[i] * bs[i / 4 % 3] : as[i] + bs[i / 4 % 3]);
    expect_quantised<uint8_t>(run_op(microsoft(product ? "QLinearMul" : "QLinearAdd"),
                                     {a, scale(0.05f), point<uint8_t>(120), b, scale(0.03f),
                                      point<uint8_t>(90), scale(0.1f), point<uint8_t>(100)})[0],
                              {2, 3, 4}, expected, 0.1, 100);
  }
  // Zero points that are left out are 0, of the inputs' type.
  const Tensor c = random_bytes<int8_t>({5}, 3);
  Doubles doubled = numbers(c, 0.1, 0);
  for (double& value : doubled) value *= 2;
  expect_quantised<int8_t>(run_op(microsoft("QLinearAdd"), {c, scale(0.1f), Tensor(), c,
                                                            scale(0.1f), Tensor(), scale(0.3f)})[0],
                           {5}, doubled, 0.3, 0);
  const auto error = error_of([&] {
    run_op(microsoft("QLinearAdd"),
           {c, Tensor::of<float>({2}, {1, 1}), Tensor(), c, scale(0.1f), Tensor(), scale(0.3f)});
  });
  EXPECT_EQ(error, ErrorCode::InvalidInput);
}

// Rows longer than what is computed at once, and operands that lie in every way.
TEST(QLinearBinary, Broadcasts) {
  const std::pair<Shape, Shape> cases[] = {
      {{2, 700}, {2, 700}}, {{2, 700}, {}}, {{1}, {3, 300}},         {{5, 1}, {1, 270}},
      {{2, 3, 5}, {3, 1}},  {{0, 4}, {4}},  {{4, 1, 3}, {4, 300, 1}}};
  for (const auto& [left, right] : cases) {
    const Tensor a = random_bytes<int8_t>(left, 1), b = random_bytes<int8_t>(right, 2);
    const Doubles as = numbers(a, double{0.05f}, -7), bs = numbers(b, double{0.03f}, 9);
    const Shape shape = broadcast(left, right);
    Doubles expected;
    for (const Index& at : indices_of(shape)) {
      expected.push_back(as[static_cast<size_t>(broadcast_index(left, at))] +
                         bs[static_cast<size_t>(broadcast_index(right, at))]);
    }
    expect_quantised<int8_t>(
        run_op(microsoft("QLinearAdd"), {a, scale(0.05f), point<int8_t>(-7), b, scale(0.03f),
                                         point<int8_t>(9), scale(0.1f), point<int8_t>(-20)})[0],
        shape, expected, double{0.1f}, -20);
  }
  const Tensor x = random_bytes<uint8_t>({2}, 1);
  EXPECT_EQ(error_of([&] {
              run_op(microsoft("QLinearMul"), {x, scale(1), Tensor(), x, scale(1)});
            }),
            ErrorCode::MalformedModel);
}

// Sums of whole numbers: no mean is off by what sums of floats round.
TEST(QLinearGlobalAveragePool, IsExactForLargePlanes) {
  for (const int64_t size : {1, 15, 16, 100, 5000}) {
    const Tensor x = random_bytes<int8_t>({2, 3, size}, 4);
    const Doubles in = numbers(x, double{0.05f}, 3);
    Doubles expected;
    for (int64_t plane = 0; plane < 6; ++plane) {
      double sum = 0;
      for (int64_t i = 0; i < size; ++i) sum += in[static_cast<size_t>(plane * size + i)];
      expected.push_back(sum / static_cast<double>(size));
    }
    expect_quantised<int8_t>(
        run_op(microsoft("QLinearGlobalAveragePool"),
               {x, scale(0.05f), point<int8_t>(3), scale(0.002f), Tensor()})[0],
        {2, 3, 1}, expected, double{0.002f}, 0);
  }
}

const Tensor kImage = random_bytes<uint8_t>({2, 3, 4, 5}, 1);

Tensor run_unary(const char* op_type, AttributeList attributes = {}, const Tensor& x = kImage) {
  return run_op(microsoft(op_type, std::move(attributes)),
                {x, scale(0.05f), point<uint8_t>(120), scale(0.04f), point<uint8_t>(10)})[0];
}

void expect_unary(const Tensor& actual, const Shape& shape, const Doubles& expected) {
  expect_quantised<uint8_t>(actual, shape, expected, double{0.04f}, 10);
}

TEST(QLinearUnary, OfEveryElement) {
  const Doubles in = numbers(kImage, double{0.05f}, 120);
  Doubles sigmoid, leaky;
  for (const double x : in) {
    sigmoid.push_back(1 / (1 + std::exp(-x)));
    leaky.push_back(x < 0 ? 0.25 * x : x);
  }
  expect_unary(run_unary("QLinearSigmoid"), kImage.shape(), sigmoid);
  expect_unary(run_unary("QLinearLeakyRelu", {{"alpha", 0.25f}}), kImage.shape(), leaky);
}

TEST(QLinearUnary, OfSignedBytes) {
  Tensor x = Tensor::allocate(DType::Int8, {256});
  for (int code = 0; code < 256; ++code) {
    x.mutable_as<int8_t>()[static_cast<size_t>(code)] = static_cast<int8_t>(code - 128);
  }
  Doubles expected;
  for (const double value : numbers(x, double{0.05f}, 20)) {
    expected.push_back(1 / (1 + std::exp(-value)));
  }
  const Tensor y = run_op(microsoft("QLinearSigmoid"), {x, scale(0.05f), point<int8_t>(20),
                                                        scale(0.004f), point<int8_t>(-128)})[0];
  expect_quantised<int8_t>(y, {256}, expected, double{0.004f}, -128);
}

TEST(QLinearSoftmax, OfOneAxisOrAllFromIt) {
  const Tensor x = random_bytes<uint8_t>({2, 3, 4}, 5);
  const Doubles in = numbers(x, double{0.05f}, 120);
  for (const int64_t opset : {11, 13}) {
    Doubles expected;
    for (const Index& at : indices_of(x.shape())) {
      double sum = 0;
      for (const Index& other : indices_of(x.shape())) {
        if (other[0] == at[0] && (opset < 13 || other[2] == at[2]))
          sum += std::exp(in[flat_index(x.shape(), other)]);
      }
      expected.push_back(std::exp(in[flat_index(x.shape(), at)]) / sum);
    }
    expect_unary(run_unary("QLinearSoftmax", {{"opset", opset}, {"axis", int64_t{1}}}, x),
                 x.shape(), expected);
  }
  EXPECT_EQ(error_of([] { run_unary("QLinearSoftmax"); }), ErrorCode::MalformedModel);
}

// The mean of a window of the image whose rows and columns are [y, y + height) and [x, x + width),
// of all places or of those inside.
double mean_of(int64_t n, int64_t c, int64_t y, int64_t x, int64_t height, int64_t width,
               bool counts_padding) {
  const Doubles in = numbers(kImage, double{0.05f}, 120);
  double sum = 0, count = 0;
  for (int64_t i = y; i < y + height; ++i) {
    for (int64_t j = x; j < x + width; ++j) {
      const bool inside = i >= 0 && j >= 0 && i < 4 && j < 5;
      if (inside) sum += in[flat_index(kImage.shape(), {n, c, i, j})];
      if (inside || counts_padding) count += 1;
    }
  }
  return sum / count;
}

TEST(QLinearPools, Average) {
  Tensor last = Tensor::allocate(DType::Uint8, {2, 4, 5, 3});
  for (const Index& at : indices_of(kImage.shape())) {
    last.mutable_as<uint8_t>()[flat_index(last.shape(), {at[0], at[2], at[3], at[1]})] =
        kImage.as<uint8_t>()[flat_index(kImage.shape(), at)];
  }
  const auto expected = [](const Shape& shape, bool channels_last, auto mean) {
    Doubles all;
    for (const Index& at : indices_of(shape)) {
      all.push_back(channels_last ? mean(at[0], at[3], at[1], at[2])
                                  : mean(at[0], at[1], at[2], at[3]));
    }
    return all;
  };
  const auto whole = [](int64_t n, int64_t c, int64_t, int64_t) {
    return mean_of(n, c, 0, 0, 4, 5, false);
  };
  expect_unary(run_unary("QLinearGlobalAveragePool"), {2, 3, 1, 1},
               expected({2, 3, 1, 1}, false, whole));
  expect_unary(run_unary("QLinearGlobalAveragePool", {{"channels_last", int64_t{1}}}, last),
               {2, 1, 1, 3}, expected({2, 1, 1, 3}, true, whole));
  expect_unary(run_unary("QLinearReduceMean", {{"axes", Ints{2, 3}}, {"keepdims", int64_t{0}}}),
               {2, 3}, expected({2, 3, 1, 1}, false, whole));
  for (const bool counts : {false, true}) {
    const auto window = [&](int64_t n, int64_t c, int64_t y, int64_t x) {
      return mean_of(n, c, 2 * y - 1, x - 1, 3, 2, counts);
    };
    AttributeList attributes = {{"kernel_shape", Ints{3, 2}},
                                {"strides", Ints{2, 1}},
                                {"pads", Ints{1, 1, 0, 0}},
                                {"count_include_pad", int64_t{counts}}};
    expect_unary(run_unary("QLinearAveragePool", attributes), {2, 3, 2, 5},
                 expected({2, 3, 2, 5}, false, window));
    attributes.emplace_back("channels_last", int64_t{1});
    expect_unary(run_unary("QLinearAveragePool", attributes, last), {2, 2, 5, 3},
                 expected({2, 2, 5, 3}, true, window));
  }
}

TEST(QLinearConcat, Requantises) {
  const Tensor a = random_bytes<uint8_t>({2, 1}, 1), b = random_bytes<int8_t>({2, 2}, 2);
  const Doubles as = numbers(a, double{0.05f}, 120), bs = numbers(b, double{0.2f}, -3);
  const OpCase op = microsoft("QLinearConcat", {{"axis", int64_t{-1}}});
  const std::vector<Tensor> inputs = {scale(0.1f),  point<uint8_t>(100), a,
                                      scale(0.05f), point<uint8_t>(120), b,
                                      scale(0.2f),  point<int8_t>(-3)};
  expect_quantised<uint8_t>(run_op(op, inputs)[0], {2, 3},
                            {as[0], bs[0], bs[1], as[1], bs[2], bs[3]}, double{0.1f}, 100);
  const auto malformed = ErrorCode::MalformedModel;
  EXPECT_EQ(error_of([&] { run_op(op, {inputs.begin(), inputs.end() - 1}); }), malformed);
  EXPECT_EQ(error_of([&] { run_op(microsoft("QLinearConcat"), inputs); }), malformed);
  std::vector<Tensor> mixed = inputs;
  std::swap(mixed[2], mixed[3]);
  EXPECT_EQ(error_of([&] { run_op(op, mixed); }), malformed);
}

TEST(QLinearWhere, Requantises) {
  const Tensor condition = Tensor::of<bool>({2, 1}, {true, false}),
               x = random_bytes<int8_t>({2, 3}, 1), y = random_bytes<int8_t>({3}, 2);
  const Doubles xs = numbers(x, double{0.05f}, 7), ys = numbers(y, double{0.2f}, -3);
  expect_quantised<int8_t>(run_op(microsoft("QLinearWhere"),
                                  {condition, x, scale(0.05f), point<int8_t>(7), y, scale(0.2f),
                                   point<int8_t>(-3), scale(0.1f), point<int8_t>(10)})[0],
                           {2, 3}, {xs[0], xs[1], xs[2], ys[0], ys[1], ys[2]}, double{0.1f}, 10);
}

TEST(MicrosoftQuantizeLinear, ThereAndBack) {
  const Tensor x = Tensor::of<float>({2, 2}, {1, -2, 3.5f, 4});
  const OpCase quantise = microsoft("QuantizeLinear"), dequantise = microsoft("DequantizeLinear");
  EXPECT_EQ(values_of<uint8_t>(run_op(quantise, {x, Tensor::of<float>({1}, {0.5f})})[0]),
            (std::vector<uint8_t>{2, 0, 7, 8}));
  EXPECT_EQ(values_of<int16_t>(run_op(quantise, {x, scale(0.001f), point<int16_t>(-500)})[0]),
            (std::vector<int16_t>{500, -2500, 3000, 3500}));
  const Tensor scales = Tensor::of<float>({2}, {0.5f, 2}), points = Tensor::of<int8_t>({2}, {1, 2});
  const Tensor codes =
      run_op(microsoft("QuantizeLinear", {{"axis", int64_t{0}}}), {x, scales, points})[0];
  EXPECT_EQ(values_of<int8_t>(codes), (std::vector<int8_t>{3, -3, 4, 4}));
  EXPECT_EQ(values_of<float>(run_op(microsoft("DequantizeLinear", {{"axis", int64_t{0}}}),
                                    {codes, scales, points})[0]),
            (std::vector<float>{1, -2, 4, 4}));
  EXPECT_EQ(
      values_of<float>(run_op(dequantise, {Tensor::of<int32_t>({1}, {100000}), scale(0.5f)})[0]),
      std::vector<float>{50000});
  EXPECT_EQ(error_of([&] { run_op(quantise, {x, scales, points}); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op(dequantise, {codes, scales, points});
            }),
            ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

constexpr double kEpsilon = 1e-5f;

double at(const Tensor& tensor, int64_t i) {
  return static_cast<double>(tensor.as<float>()[static_cast<size_t>(i)]);
}

// (x - mean) / sqrt(variance + epsilon) over runs of `count` elements.
std::vector<double> normalized(const Tensor& in, int64_t count) {
  std::vector<double> out;
  for (int64_t begin = 0; begin < in.elements(); begin += count) {
    double mean = 0, variance = 0;
    for (int64_t i = begin; i < begin + count; ++i) mean += at(in, i) / static_cast<double>(count);
    for (int64_t i = begin; i < begin + count; ++i) {
      variance += (at(in, i) - mean) * (at(in, i) - mean) / static_cast<double>(count);
    }
    for (int64_t i = begin; i < begin + count; ++i) {
      out.push_back((at(in, i) - mean) / std::sqrt(variance + kEpsilon));
    }
  }
  return out;
}

// A handful of roundings of terms no larger than 4, and an ULP for each addition of a short sum.
constexpr double kTolerance = 4 * 32 * 0x1p-24;

struct Affine {
  Tensor scale, bias;
  double operator()(double x, int64_t i) const { return x * at(scale, i) + at(bias, i); }
};

Affine random_affine(int64_t count) {
  return {random_tensor({count}, 11), random_tensor({count}, 12)};
}

TEST(BatchNormalization, EveryRankAndBothLayouts) {
  for (const Shape& shape : {Shape{3, 5}, Shape{2, 3, 7}, Shape{2, 3, 4, 5}, Shape{1, 8, 3, 3}}) {
    const int64_t channels = shape[1], spatial = shape.elements(2, shape.rank());
    const Tensor in = random_tensor(shape, 1), mean = random_tensor({channels}, 2);
    const Tensor variance = random_tensor({channels}, 3, 0.5f, 2.0f);
    const Affine affine = random_affine(channels);
    const OpCase op = {"BatchNormalization", 15};
    const std::vector<Tensor> inputs = {in, affine.scale, affine.bias, mean, variance};
    const Tensor out = run_op(op, inputs, 2)[0];
    for (int64_t i = 0; i < in.elements(); ++i) {
      const int64_t c = i / spatial % channels;
      const double unit = (at(in, i) - at(mean, c)) / std::sqrt(at(variance, c) + kEpsilon);
      ASSERT_NEAR(at(out, i), affine(unit, c), kTolerance);
    }
    if (shape.rank() != 4) continue;
    bool used = false;
    const Tensor last = run_op_channels_last(op, inputs, &used)[0];
    EXPECT_TRUE(used);
    for (int64_t i = 0; i < in.elements(); ++i) ASSERT_NEAR(at(last, i), at(out, i), kTolerance);
  }
}

// What training makes of each of `channels` channels, with momentum 0.75 and an epsilon of 0.5.
void expect_training(const OpCase& op, const Tensor& in, const Shape& channels) {
  const int64_t count = channels.elements(), n = in.shape()[0];
  const int64_t spatial = in.elements() / std::max<int64_t>(n * count, 1);
  const Tensor scale = random_tensor(channels, 11), bias = random_tensor(channels, 12);
  const Tensor mean = random_tensor(channels, 13), variance = random_tensor(channels, 14, 0, 1);
  const auto out = run_op(op, {in, scale, bias, mean, variance}, 2);
  for (int64_t c = 0; c < count; ++c) {
    std::vector<int64_t> places;
    for (int64_t i = 0; i < n * spatial; ++i) {
      places.push_back((i / spatial * count + c) * spatial + i % spatial);
    }
    double average = 0, squares = 0;
    for (const int64_t i : places) average += at(in, i) / static_cast<double>(places.size());
    for (const int64_t i : places) {
      squares += (at(in, i) - average) * (at(in, i) - average) / static_cast<double>(places.size());
    }
    for (const int64_t i : places) {
      const double unit = (at(in, i) - average) / std::sqrt(squares + 0.5);
      ASSERT_NEAR(at(out[0], i), unit * at(scale, c) + at(bias, c), kTolerance);
    }
    ASSERT_EQ(out[1].shape(), channels);
    EXPECT_NEAR(at(out[1], c), 0.75 * at(mean, c) + 0.25 * average, kTolerance);
    EXPECT_NEAR(at(out[2], c), 0.75 * at(variance, c) + 0.25 * squares, kTolerance);
    if (out.size() < 5) continue;
    EXPECT_NEAR(at(out[3], c), average, kTolerance);
    EXPECT_NEAR(at(out[4], c), squares, kTolerance);
  }
}

TEST(BatchNormalization, Training) {
  const AttributeList attributes = {{"momentum", 0.75f}, {"epsilon", 0.5f}};
  AttributeList training = attributes;
  training.push_back({"training_mode", int64_t{1}});
  for (const Shape& shape : {Shape{3, 4, 5, 2}, Shape{2, 3}, Shape{1, 1, 1}, Shape{2, 9, 3}}) {
    const Tensor in = random_tensor(shape, 7, 1, 3);
    expect_training({"BatchNormalization", 15, training, 3}, in, {shape[1]});
    for (const int opset : {6, 7, 9}) {
      expect_training({"BatchNormalization", opset, attributes, 5}, in, {shape[1]});
    }
  }
  expect_training({"BatchNormalization", 15, training, 3}, random_tensor({7}, 7), {1});
}

// With one pixel, all that is left is the bias, whatever the pixel's size.
TEST(BatchNormalization, TrainingOfOnePixel) {
  const OpCase op = {"BatchNormalization", 15, {{"training_mode", int64_t{1}}}, 3};
  const Tensor one = Tensor::of<float>({1}, {0.75f});
  const Tensor out = run_op(op, {Tensor::of<float>({1, 1}, {-1234.5f}), one, one, one, one})[0];
  EXPECT_EQ(at(out, 0), 0.75);
}

TEST(BatchNormalization, OfEveryElementByItself) {
  AttributeList attributes = {{"momentum", 0.75f}, {"epsilon", 0.5f}, {"spatial", int64_t{0}}};
  const Tensor in = random_tensor({3, 2, 2, 2}, 7);
  expect_training({"BatchNormalization", 7, attributes, 5}, in, {2, 2, 2});
  const Tensor ones = Tensor::of<float>({8}, {1, 1, 1, 1, 1, 1, 1, 1});
  const Tensor mean = iota_tensor<float>({8});
  const OpCase op = {"BatchNormalization", 7, {{"spatial", int64_t{0}}, {"epsilon", 0.0f}}};
  const Tensor out = run_op(op, {in, ones, ones, mean, ones})[0];
  for (int64_t i = 0; i < 24; ++i) {
    EXPECT_NEAR(at(out, i), at(in, i) - static_cast<double>(i % 8) + 1, kTolerance);
  }
  bool used = true;
  expect_equal(run_op_channels_last(op, {in, ones, ones, mean, ones}, &used)[0], out);
  EXPECT_FALSE(used);
}

TEST(BatchNormalization, Errors) {
  const Tensor one = random_tensor({1}, 1);
  const std::vector<Tensor> inputs = {random_tensor({2, 1}, 2), one, one, one, one};
  const auto code = [](const OpCase& op, const std::vector<Tensor>& in) {
    return error_of([&] { run_op(op, in); });
  };
  const AttributeList training = {{"training_mode", int64_t{1}}};
  EXPECT_EQ(code({"BatchNormalization", 15, {}, 3}, inputs), ErrorCode::MalformedModel);
  EXPECT_EQ(code({"BatchNormalization", 14, training, 5}, inputs), ErrorCode::MalformedModel);
  EXPECT_EQ(code({"BatchNormalization", 15}, {random_tensor({2, 3}, 2), one, one, one, one}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code({"BatchNormalization", 7, {{"spatial", int64_t{0}}}},
                 {random_tensor({2, 1, 2}, 2), one, one, one, one}),
            ErrorCode::InvalidInput);
}

TEST(InstanceNormalization, EachChannelOfEachImage) {
  const Tensor in = random_tensor({2, 3, 4, 5}, 4, 1.0f, 3.0f);
  const Affine affine = random_affine(3);
  const Tensor out = run_op({"InstanceNormalization", 6}, {in, affine.scale, affine.bias}, 2)[0];
  const std::vector<double> unit = normalized(in, 20);
  for (int64_t i = 0; i < in.elements(); ++i) {
    ASSERT_NEAR(at(out, i), affine(unit[static_cast<size_t>(i)], i / 20 % 3), kTolerance);
  }
}

// Scales belong to groups in opset 18, to channels from 21 on.
TEST(GroupNormalization, BothVersions) {
  const Tensor in = random_tensor({2, 6, 3, 3}, 5);
  const std::vector<double> unit = normalized(in, 18);
  for (const int opset : {18, 21}) {
    const Affine affine = random_affine(opset == 18 ? 3 : 6);
    const OpCase op = {"GroupNormalization", opset, {{"num_groups", int64_t{3}}}};
    const Tensor out = run_op(op, {in, affine.scale, affine.bias})[0];
    for (int64_t i = 0; i < in.elements(); ++i) {
      const int64_t c = i / 9 % 6;
      ASSERT_NEAR(at(out, i), affine(unit[static_cast<size_t>(i)], opset == 18 ? c / 2 : c),
                  kTolerance);
    }
  }
  const Affine affine = random_affine(6);
  EXPECT_EQ(error_of([&] {
              run_op({"GroupNormalization", 21, {{"num_groups", int64_t{4}}}},
                     {in, affine.scale, affine.bias});
            }),
            ErrorCode::MalformedModel);
}

TEST(LayerNormalization, EveryAxisWithStatistics) {
  const Tensor in = random_tensor({2, 3, 5}, 6);
  for (const int64_t axis : {-3, -2, -1, 0, 1, 2}) {
    const int first = static_cast<int>(axis < 0 ? axis + 3 : axis);
    const int64_t count = in.shape().elements(first, 3);
    const Affine affine = random_affine(count);
    const OpCase op = {"LayerNormalization", 17, {{"axis", axis}}, 3};
    const auto out = run_op(op, {in, affine.scale, affine.bias});
    const std::vector<double> unit = normalized(in, count);
    for (int64_t i = 0; i < in.elements(); ++i) {
      ASSERT_NEAR(at(out[0], i), affine(unit[static_cast<size_t>(i)], i % count), kTolerance);
      // Mean and inverse deviation undo the normalisation.
      const double row =
          at(out[1], i / count) + unit[static_cast<size_t>(i)] / at(out[2], i / count);
      ASSERT_NEAR(row, at(in, i), kTolerance);
    }
    Shape statistics = in.shape();
    for (int i = first; i < 3; ++i) statistics[i] = 1;
    EXPECT_EQ(out[1].shape(), statistics);
    EXPECT_EQ(out[2].shape(), statistics);
  }
}

TEST(LayerNormalization, ScaleAndBiasBroadcastToTheInput) {
  const Tensor in = random_tensor({2, 3, 4}, 6);
  const auto indices = indices_of(in.shape());
  for (const int64_t axis : {0, 1, 2}) {
    const std::vector<double> unit = normalized(in, in.shape().elements(static_cast<int>(axis), 3));
    for (const Shape& scale_shape : {Shape{4}, {3, 4}, {1, 4}, {3, 1}, {2, 1, 4}, {1}, {}}) {
      for (const Shape& bias_shape : {Shape{4}, {3, 1}, {2, 1, 1}, {2, 3, 4}}) {
        const Tensor scale = random_tensor(scale_shape, 7), bias = random_tensor(bias_shape, 8);
        const Tensor out =
            run_op({"LayerNormalization", 17, {{"axis", axis}}}, {in, scale, bias})[0];
        for (size_t i = 0; i < indices.size(); ++i) {
          const double factor = scale.as<float>()[broadcast_index(scale_shape, indices[i])];
          const double term = bias.as<float>()[broadcast_index(bias_shape, indices[i])];
          ASSERT_NEAR(at(out, static_cast<int64_t>(i)), unit[i] * factor + term, kTolerance)
              << scale_shape.to_string() << bias_shape.to_string() << " axis " << axis;
        }
      }
    }
  }
  const auto code = [&](const Shape& scale) {
    return error_of([&] { run_op({"LayerNormalization", 17}, {in, random_tensor(scale, 7)}); });
  };
  EXPECT_EQ(code({3}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({1, 2, 3, 4}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({12}), ErrorCode::InvalidInput);
}

TEST(LayerNormalization, BiasIsOptional) {
  const Tensor in = random_tensor({4, 6}, 7), scale = random_tensor({6}, 8);
  const Tensor zero = Tensor::of<float>({6}, {0, 0, 0, 0, 0, 0});
  expect_equal(run_op({"LayerNormalization", 17}, {in, scale})[0],
               run_op({"LayerNormalization", 17}, {in, scale, zero})[0]);
}

// What these make of tensors that no float holds: two numbers and their negatives around a mean,
// which float would take for one number.
TEST(Normalizations, DoubleStaysDouble) {
  constexpr double kMean = 1.0, kSmall = 0x1p-40, kScale = 3.0 + 0x1p-40, kBias = 5.0 - 0x1p-40;
  const Tensor in = Tensor::of<double>(
      {1, 2, 4}, {kMean + kSmall, kMean - kSmall, kMean + kSmall, kMean - kSmall,  //
                  kMean + kSmall, kMean - kSmall, kMean + kSmall, kMean - kSmall});
  const AttributeList tiny = {{"epsilon", 0.0f}, {"num_groups", int64_t{1}}};
  const auto check = [&](const OpCase& op, std::vector<int64_t> parameters,
                         const std::vector<Tensor>& statistics = {}, double tolerance = 1e-14) {
    const auto filled = [&](double value) {
      Tensor tensor = Tensor::allocate(DType::Double, Shape(parameters));
      std::ranges::fill(tensor.mutable_as<double>(), value);
      return tensor;
    };
    std::vector<Tensor> inputs = {in, filled(kScale), filled(kBias)};
    inputs.insert(inputs.end(), statistics.begin(), statistics.end());
    const Tensor out = run_op(op, inputs, 2)[0];
    ASSERT_EQ(out.dtype(), DType::Double);
    for (size_t i = 0; i < 8; ++i) {
      EXPECT_NEAR(out.as<double>()[i], kBias + (i % 2 == 0 ? kScale : -kScale), tolerance)
          << op.op_type << Shape(parameters).to_string();
    }
  };
  check({"InstanceNormalization", 6, tiny}, {2});
  check({"GroupNormalization", 21, tiny}, {2});
  check({"LayerNormalization", 17, tiny}, {4});
  check({"LayerNormalization", 17, tiny}, {1, 2, 1});
  const Tensor mean = Tensor::of<double>({2}, {kMean, kMean});
  const Tensor variance = Tensor::of<double>({2}, {kSmall * kSmall, kSmall * kSmall});
  // The mean is multiplied by scale / deviation, 3 * 2^40, and rounded.
  check({"BatchNormalization", 15, tiny}, {2}, {mean, variance}, 4 * 0x1p42 * 0x1p-53);
}

TEST(Normalizations, OneElementTypeForAll) {
  const Tensor in = random_tensor({1, 2, 4}, 1), one = random_tensor({2}, 2);
  const Tensor doubles = Tensor::of<double>({2}, {1, 2});
  EXPECT_EQ(error_of([&] {
              run_op({"InstanceNormalization", 6}, {in, one, doubles});
            }),
            ErrorCode::MalformedModel);
  const Tensor integers = Tensor::of<int32_t>({2}, {1, 2});
  EXPECT_EQ(error_of([&] {
              run_op({"InstanceNormalization", 6}, {in, one, integers});
            }),
            ErrorCode::UnsupportedAttribute);
}

// Softmax over axes [first, last) of the shape.
void check_softmax(int opset, const AttributeList& attributes, int first, int last) {
  const Tensor in = random_tensor({2, 3, 4}, 9, -3.0f, 3.0f);
  const Tensor out = run_op({"Softmax", opset, attributes}, {in})[0];
  const Tensor logarithm = run_op({"LogSoftmax", opset, attributes}, {in})[0];
  const auto indices = indices_of(in.shape());
  const auto same_line = [&](const Index& a, const Index& b) {
    for (size_t i = 0; i < 3; ++i) {
      const bool summed = static_cast<int>(i) >= first && static_cast<int>(i) < last;
      if (!summed && a[i] != b[i]) return false;
    }
    return true;
  };
  for (size_t i = 0; i < indices.size(); ++i) {
    double sum = 0;
    for (size_t j = 0; j < indices.size(); ++j) {
      if (same_line(indices[i], indices[j])) sum += std::exp(at(in, static_cast<int64_t>(j)));
    }
    const double want = at(in, static_cast<int64_t>(i)) - std::log(sum);
    ASSERT_NEAR(at(out, static_cast<int64_t>(i)), std::exp(want), kTolerance);
    ASSERT_NEAR(at(logarithm, static_cast<int64_t>(i)), want, kTolerance);
  }
}

// Differences that float does not tell apart.
TEST(Softmax, DoubleStaysDouble) {
  const Tensor in = Tensor::of<double>({1, 3, 2}, {0, 5, -50, 5, 1e-12, 5});
  const auto plain = values_of<double>(run_op({"Softmax", 13, {{"axis", int64_t{1}}}}, {in})[0]);
  const auto logarithm =
      values_of<double>(run_op({"LogSoftmax", 13, {{"axis", int64_t{1}}}}, {in})[0]);
  const double sum = 1 + std::exp(-50.0) + std::exp(1e-12);
  EXPECT_NEAR(plain[0], 1 / sum, 1e-15);
  EXPECT_NEAR(plain[2], std::exp(-50.0) / sum, 1e-14 * std::exp(-50.0));
  EXPECT_NEAR(plain[1], 1.0 / 3, 1e-15);
  EXPECT_NEAR(logarithm[2], -50 - std::log(sum), 1e-13);
  EXPECT_NEAR(logarithm[4] - logarithm[0], 1e-12, 1e-15);
  const Tensor extremes = Tensor::of<double>({3}, {1000, -INFINITY, 1000});
  EXPECT_EQ(values_of<double>(run_op({"Softmax", 13}, {extremes})[0]),
            (std::vector<double>{0.5, 0, 0.5}));
}

TEST(Softmax, OneAxisFromOpset13AndFlattenedBefore) {
  check_softmax(13, {}, 2, 3);
  check_softmax(13, {{"axis", int64_t{1}}}, 1, 2);
  check_softmax(13, {{"axis", int64_t{-3}}}, 0, 1);
  check_softmax(12, {}, 1, 3);
  check_softmax(11, {{"axis", int64_t{2}}}, 2, 3);
  check_softmax(1, {{"axis", int64_t{0}}}, 0, 3);
}

}  // namespace
}  // namespace fovea::test

// LpPool, GlobalLpPool, LpNormalization, LRN, MeanVarianceNormalization, RMSNormalization,
// CenterCropPad.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;
using Doubles = std::vector<double>;

Tensor as_double(const Tensor& tensor) {
  Tensor wide = Tensor::allocate(DType::Double, tensor.shape());
  std::ranges::copy(tensor.as<float>(), wide.mutable_as<double>().begin());
  return wide;
}

double at(const Tensor& tensor, const Index& index) {
  return double{tensor.as<float>()[flat_index(tensor.shape(), index)]};
}

// Runs the operator in both types.
void expect_results(const OpCase& op, const std::vector<Tensor>& inputs, const Shape& shape,
                    const Doubles& expected) {
  SCOPED_TRACE(op.op_type + " " + inputs[0].shape().to_string());
  std::vector<Tensor> wide;
  for (const Tensor& input : inputs) wide.push_back(as_double(input));
  const Tensor result = run_op(op, inputs, 2)[0], doubles = run_op(op, wide)[0];
  ASSERT_EQ(result.shape(), shape);
  ASSERT_EQ(doubles.shape(), shape);
  ASSERT_EQ(static_cast<size_t>(shape.elements()), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const double size = 1 + std::fabs(expected[i]);
    ASSERT_NEAR(result.as<float>()[i], expected[i], 3e-5 * size) << "element " << i;
    ASSERT_NEAR(doubles.as<double>()[i], expected[i], 1e-9 * size) << "element " << i;
  }
}

struct Window {
  int64_t kernel = 1, stride = 1, dilation = 1, begin = 0, end = 0;
};

// Over one spatial axis: 1-D images are enough to tell how windows lie.
void check_lp_pool(int64_t size, const Window& window, bool ceil, int64_t p) {
  SCOPED_TRACE(text("kernel ", window.kernel, " stride ", window.stride, " dilation ",
                    window.dilation, " ceil ", int{ceil}, " p ", p));
  const Tensor data = random_tensor({2, 3, size}, 1);
  const int64_t reach = (window.kernel - 1) * window.dilation + 1;
  const int64_t room = size + window.begin + window.end - reach + (ceil ? window.stride - 1 : 0);
  int64_t out = room / window.stride + 1;
  if (ceil && (out - 1) * window.stride >= size + window.begin) --out;
  Doubles expected;
  for (const Index& index : indices_of({2, 3, out})) {
    double sum = 0;
    for (int64_t k = 0; k < window.kernel; ++k) {
      const int64_t x = index[2] * window.stride + k * window.dilation - window.begin;
      if (x < 0 || x >= size) continue;
      sum += std::pow(std::fabs(at(data, {index[0], index[1], x})), p);
    }
    expected.push_back(std::pow(sum, 1.0 / static_cast<double>(p)));
  }
  const OpCase op = {"LpPool",
                     18,
                     {{"kernel_shape", Ints{window.kernel}},
                      {"strides", Ints{window.stride}},
                      {"dilations", Ints{window.dilation}},
                      {"pads", Ints{window.begin, window.end}},
                      {"ceil_mode", int64_t{ceil}},
                      {"p", p}}};
  expect_results(op, {data}, {2, 3, out}, expected);
}

TEST(LpPool, Windows) {
  for (const int64_t p : {1, 2, 3}) {
    for (const bool ceil : {false, true}) {
      check_lp_pool(9, {.kernel = 3}, ceil, p);
      check_lp_pool(10, {.kernel = 3, .stride = 2}, ceil, p);
      check_lp_pool(10, {.kernel = 3, .stride = 4, .begin = 1, .end = 1}, ceil, p);
      check_lp_pool(11, {.kernel = 2, .stride = 3, .dilation = 3, .begin = 2}, ceil, p);
      check_lp_pool(1, {.kernel = 1}, ceil, p);
      check_lp_pool(5, {.kernel = 5}, ceil, p);
    }
  }
}

TEST(LpPool, ImagesAndAutomaticPadding) {
  const Tensor data = random_tensor({1, 2, 5, 4}, 1);
  for (const std::string padding : {"SAME_UPPER", "SAME_LOWER"}) {
    Doubles expected;
    const int64_t before = padding == "SAME_LOWER" ? 1 : 0;
    for (const Index& index : indices_of({1, 2, 5, 4})) {
      double sum = 0;
      for (int64_t y = index[2] - before; y < index[2] - before + 2; ++y) {
        for (int64_t x = index[3] - before; x < index[3] - before + 2; ++x) {
          if (y < 0 || x < 0 || y >= 5 || x >= 4) continue;
          sum += std::pow(at(data, {0, index[1], y, x}), 2);
        }
      }
      expected.push_back(std::sqrt(sum));
    }
    const OpCase op = {"LpPool", 11, {{"kernel_shape", Ints{2, 2}}, {"auto_pad", padding}}};
    expect_results(op, {data}, {1, 2, 5, 4}, expected);
  }
}

TEST(LpPool, FractionalOrdersOfTheFirstOpset) {
  const Tensor data = random_tensor({1, 1, 4}, 1);
  Doubles expected;
  for (int64_t x = 0; x < 3; ++x) {
    const double sum = std::pow(std::fabs(at(data, {0, 0, x})), 1.5) +
                       std::pow(std::fabs(at(data, {0, 0, x + 1})), 1.5);
    expected.push_back(std::pow(sum, 1 / 1.5));
  }
  expect_results({"LpPool", 1, {{"kernel_shape", Ints{2}}, {"p", 1.5f}}}, {data}, {1, 1, 3},
                 expected);
}

TEST(LpPool, Errors) {
  const Tensor data = random_tensor({1, 2, 5, 4}, 1);
  const auto code = [&](AttributeList attributes) {
    return error_of([&] { run_op({"LpPool", 18, attributes}, {data}); });
  };
  EXPECT_EQ(code({{"kernel_shape", Ints{2, 2}}, {"p", int64_t{0}}}), ErrorCode::MalformedModel);
  EXPECT_EQ(code({{"kernel_shape", Ints{2}}}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({}), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([] {
              run_op({"GlobalLpPool", 2}, {random_tensor({3}, 1)});
            }),
            ErrorCode::InvalidInput);
}

TEST(GlobalLpPool, Orders) {
  for (const Shape& shape : {Shape{2, 3, 4, 5}, Shape{2, 3}, Shape{1, 2, 7}, Shape{1, 1, 1, 1}}) {
    const Tensor data = random_tensor(shape, 1);
    for (const int64_t p : {1, 2, 3}) {
      Doubles expected;
      const int64_t size = shape.elements(2, shape.rank());
      for (int64_t i = 0; i < shape[0] * shape[1]; ++i) {
        double sum = 0;
        for (int64_t k = 0; k < size; ++k) {
          sum += std::pow(std::fabs(data.as<float>()[static_cast<size_t>(i * size + k)]), p);
        }
        expected.push_back(std::pow(sum, 1.0 / static_cast<double>(p)));
      }
      Shape out = shape;
      for (int axis = 2; axis < shape.rank(); ++axis) out[axis] = 1;
      expect_results({"GlobalLpPool", 2, {{"p", p}}}, {data}, out, expected);
    }
  }
}

// Calls visit(index, others) with each element and those that differ from it along the axes alone,
// itself included.
void for_neighbours(const Shape& shape, const std::vector<int>& axes,
                    const std::function<void(const Index&, const std::vector<Index>&)>& visit) {
  Shape reduced;
  for (const int axis : axes) reduced.push_back(shape[axis]);
  for (const Index& index : indices_of(shape)) {
    std::vector<Index> others;
    for (const Index& inner : indices_of(reduced)) {
      others.push_back(index);
      for (size_t i = 0; i < axes.size(); ++i) {
        others.back()[static_cast<size_t>(axes[i])] = inner[i];
      }
    }
    visit(index, others);
  }
}

TEST(LpNormalization, EveryAxisAndZeros) {
  Tensor data = random_tensor({3, 4, 5}, 1);
  std::ranges::fill(data.mutable_as<float>().first(5), 0.0f);
  for (int axis = 0; axis < 3; ++axis) {
    for (const int64_t p : {1, 2}) {
      Doubles expected;
      for_neighbours(data.shape(), {axis}, [&](const Index& index, const auto& others) {
        double sum = 0;
        for (const Index& other : others) sum += std::pow(std::fabs(at(data, other)), p);
        const double norm = p == 1 ? sum : std::sqrt(sum);
        expected.push_back(norm == 0 ? 0 : at(data, index) / norm);
      });
      expect_results({"LpNormalization", 1, {{"axis", int64_t{axis - 3}}, {"p", p}}}, {data},
                     data.shape(), expected);
    }
  }
  EXPECT_EQ(error_of([&] {
              run_op({"LpNormalization", 1, {{"p", int64_t{3}}}}, {data});
            }),
            ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([&] {
              run_op({"LpNormalization", 1, {{"axis", int64_t{3}}}}, {data});
            }),
            ErrorCode::InvalidInput);
}

TEST(Lrn, SizesAndExponents) {
  for (const Shape& shape : {Shape{2, 7, 3, 2}, Shape{1, 5}, Shape{1, 4, 6}, Shape{1, 1, 2, 2}}) {
    const Tensor data = random_tensor(shape, 1, -2, 2);
    for (const int64_t size : {1, 2, 3, 5, 12}) {
      for (const float beta : {0.75f, 0.5f, 1.0f, 0.6f}) {
        Doubles expected;
        for (const Index& index : indices_of(shape)) {
          double sum = 0;
          for (int64_t c = index[1] - (size - 1) / 2; c <= index[1] + size / 2; ++c) {
            if (c < 0 || c >= shape[1]) continue;
            Index other = index;
            other[1] = c;
            sum += std::pow(at(data, other), 2);
          }
          const double scale = 1.5 + 0.25 / static_cast<double>(size) * sum;
          expected.push_back(at(data, index) / std::pow(scale, double{beta}));
        }
        expect_results(
            {"LRN", 13, {{"size", size}, {"alpha", 0.25f}, {"beta", beta}, {"bias", 1.5f}}}, {data},
            shape, expected);
      }
    }
  }
  EXPECT_EQ(error_of([] {
              run_op({"LRN", 1}, {random_tensor({1, 2, 2, 2}, 1)});
            }),
            ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([] {
              run_op({"LRN", 1, {{"size", int64_t{3}}}}, {random_tensor({2}, 1)});
            }),
            ErrorCode::InvalidInput);
}

TEST(MeanVarianceNormalization, Axes) {
  const Tensor data = random_tensor({2, 3, 4, 5}, 1, 10, 12);
  for (const std::vector<int>& axes :
       {std::vector{0, 2, 3}, std::vector{1}, std::vector{0, 1, 2, 3}}) {
    Doubles expected;
    for_neighbours(data.shape(), axes, [&](const Index& index, const auto& others) {
      double sum = 0, squares = 0;
      for (const Index& other : others) sum += at(data, other);
      const double mean = sum / static_cast<double>(others.size());
      for (const Index& other : others) squares += std::pow(at(data, other) - mean, 2);
      const double deviation = std::sqrt(squares / static_cast<double>(others.size()));
      expected.push_back((at(data, index) - mean) / (deviation + 1e-9));
    });
    OpCase op = {"MeanVarianceNormalization", 13};
    if (axes.size() != 3) op.attributes = {{"axes", Ints(axes.begin(), axes.end())}};
    expect_results(op, {data}, data.shape(), expected);
  }
  EXPECT_EQ(error_of([] {
              run_op({"MeanVarianceNormalization", 9}, {random_tensor({2, 3}, 1)});
            }),
            ErrorCode::InvalidInput);
}

TEST(RmsNormalization, AxesAndScales) {
  const Tensor data = random_tensor({2, 3, 4}, 1, -2, 2);
  for (int axis = 0; axis < 3; ++axis) {
    std::vector<int> axes;
    for (int i = axis; i < 3; ++i) axes.push_back(i);
    for (const Shape& scale_shape : {Shape{4}, Shape{3, 1}, Shape{2, 3, 4}, Shape{}}) {
      const Tensor scale = random_tensor(scale_shape, 2);
      Doubles expected;
      for_neighbours(data.shape(), axes, [&](const Index& index, const auto& others) {
        double squares = 0;
        for (const Index& other : others) squares += std::pow(at(data, other), 2);
        const double rms = std::sqrt(squares / static_cast<double>(others.size()) + double{0.01f});
        const float factor = scale.as<float>()[broadcast_index(scale_shape, index)];
        expected.push_back(at(data, index) / rms * double{factor});
      });
      expect_results({"RMSNormalization", 23, {{"axis", int64_t{axis - 3}}, {"epsilon", 0.01f}}},
                     {data, scale}, data.shape(), expected);
    }
  }
}

TEST(RmsNormalization, TypesOfItsOwnAndErrors) {
  const Tensor data = Tensor::of<float>({2}, {3, 3});
  const Tensor scale = Tensor::of<double>({2}, {2, 4});
  const OpCase op = {"RMSNormalization", 23, {{"epsilon", 0.0f}}};
  EXPECT_EQ(values_of<double>(run_op(op, {data, scale})[0]), (Doubles{2, 4}));
  EXPECT_EQ(error_of([&] { run_op(op, {data, random_tensor({3}, 1)}); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op(op, {data, random_tensor({2, 2}, 1)});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op(op, {random_tensor({}, 1), random_tensor({}, 1)});
            }),
            ErrorCode::InvalidInput);
}

TEST(CenterCropPad, CropsAndPads) {
  const Tensor line = iota_tensor<int32_t>({5}, 1);
  const auto sized = [&](int64_t size) {
    return values_of<int32_t>(run_op({"CenterCropPad", 18}, {line, int64_vector({size})})[0]);
  };
  EXPECT_EQ(sized(5), (std::vector<int32_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(sized(3), (std::vector<int32_t>{2, 3, 4}));
  EXPECT_EQ(sized(2), (std::vector<int32_t>{2, 3}));
  EXPECT_EQ(sized(0), (std::vector<int32_t>{}));
  EXPECT_EQ(sized(7), (std::vector<int32_t>{0, 1, 2, 3, 4, 5, 0}));
  EXPECT_EQ(sized(8), (std::vector<int32_t>{0, 1, 2, 3, 4, 5, 0, 0}));
}

TEST(CenterCropPad, AxesTypesAndErrors) {
  const Tensor words = Tensor::of_strings({2, 3}, {"a", "b", "c", "d", "e", "f"});
  const OpCase op = {"CenterCropPad", 18, {{"axes", Ints{-1, 0}}}};
  const Tensor result = run_op(op, {words, int64_vector({1, 3})})[0];
  EXPECT_EQ(result.shape(), (Shape{3, 1}));
  EXPECT_EQ(std::vector<std::string>(result.strings().begin(), result.strings().end()),
            (std::vector<std::string>{"b", "e", ""}));
  const auto code = [&](Ints axes, Ints sizes) {
    return error_of([&] {
      run_op({"CenterCropPad", 18, {{"axes", axes}}}, {words, int64_vector(sizes)});
    });
  };
  EXPECT_EQ(code({0}, {1, 1}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({0}, {-1}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2}, {1}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({0, -2}, {1, 1}), ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test

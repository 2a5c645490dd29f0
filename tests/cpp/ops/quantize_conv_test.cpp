// ConvInteger, QLinearConv; and com.microsoft's QLinearConv.

#include <gtest/gtest.h>

#include <cmath>

#include "support/op_cases.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

int64_t number(const Tensor& tensor, size_t i) { return to_int64s(tensor)[i]; }

// A two-dimensional convolution of integers whose zero points are taken off, with the same padding
// on all sides.
struct Sizes {
  int64_t group = 1, stride = 1, dilation = 1, pad = 0;
};

std::vector<int64_t> sums(const Tensor& x, const Tensor& w, const Ints& x_point,
                          const Ints& w_points, const Sizes& sizes, Shape* out) {
  const Shape &in = x.shape(), &kernel = w.shape();
  const auto size = [&](int axis) {
    return (in[axis] + 2 * sizes.pad - (kernel[axis] - 1) * sizes.dilation - 1) / sizes.stride + 1;
  };
  *out = {in[0], kernel[0], size(2), size(3)};
  const Ints xs = to_int64s(x), ws = to_int64s(w);
  std::vector<int64_t> all;
  for (const Index& at : indices_of(*out)) {
    int64_t sum = 0;
    for (const Index& tap : indices_of({kernel[1], kernel[2], kernel[3]})) {
      const int64_t y = at[2] * sizes.stride - sizes.pad + tap[1] * sizes.dilation;
      const int64_t z = at[3] * sizes.stride - sizes.pad + tap[2] * sizes.dilation;
      if (y < 0 || z < 0 || y >= in[2] || z >= in[3]) continue;
      const int64_t channel = at[1] / (kernel[0] / sizes.group) * kernel[1] + tap[0];
      const int64_t weight = ws[flat_index(kernel, {at[1], tap[0], tap[1], tap[2]})];
      const int64_t point = w_points[w_points.size() == 1 ? 0 : static_cast<size_t>(at[1])];
      sum += (xs[flat_index(in, {at[0], channel, y, z})] - x_point[0]) * (weight - point);
    }
    all.push_back(sum);
  }
  return all;
}

AttributeList attributes_of(const Sizes& sizes) {
  return {{"group", sizes.group},
          {"strides", Ints{sizes.stride, sizes.stride}},
          {"dilations", Ints{sizes.dilation, sizes.dilation}},
          {"pads", Ints{sizes.pad, sizes.pad, sizes.pad, sizes.pad}}};
}

template <class X, class W>
void check_conv_integer(const Sizes& sizes, bool x_point, int w_points) {
  const Tensor x = random_bytes<X>({2, 4, 5, 6}, 1),
               w = random_bytes<W>({6, 4 / sizes.group, 2, 3}, 2);
  const Tensor xp = random_bytes<X>({}, 3),
               wp = random_bytes<W>(w_points == 1 ? Shape{} : Shape{6}, 4);
  Shape shape;
  const auto expected = sums(x, w, x_point ? to_int64s(xp) : Ints{0},
                             w_points > 0 ? to_int64s(wp) : Ints{0}, sizes, &shape);
  const OpCase op = {.op_type = "ConvInteger", .opset = 10, .attributes = attributes_of(sizes)};
  const Tensor out =
      run_op(op, {x, w, x_point ? xp : Tensor(), w_points > 0 ? wp : Tensor()}, 2)[0];
  ASSERT_EQ(out.dtype(), DType::Int32);
  ASSERT_EQ(out.shape(), shape);
  EXPECT_EQ(to_int64s(out), expected);
}

TEST(ConvInteger, IsExact) {
  for (const Sizes& sizes :
       {Sizes{}, Sizes{.group = 2, .stride = 2, .pad = 1}, Sizes{.dilation = 2, .pad = 2}}) {
    check_conv_integer<uint8_t, int8_t>(sizes, true, 6);
    check_conv_integer<uint8_t, uint8_t>(sizes, true, 1);
    check_conv_integer<int8_t, int8_t>(sizes, false, 0);
    check_conv_integer<int8_t, uint8_t>(sizes, true, 6);
  }
}

// Rows that end in every place of the eight pixels that are made at once, at both borders.
TEST(ConvInteger, OfRowsOfEveryLength) {
  for (int64_t width = 1; width <= 19; ++width) {
    for (const Sizes& sizes : {Sizes{.pad = 1}, Sizes{.stride = 2, .pad = 1}, Sizes{.pad = 2}}) {
      const Tensor x = random_bytes<uint8_t>({1, 2, 3, width}, 1),
                   w = random_bytes<int8_t>({5, 2, 3, 3}, 2), point = random_bytes<uint8_t>({}, 3);
      Shape shape;
      const auto expected = sums(x, w, to_int64s(point), {0}, sizes, &shape);
      const OpCase op = {.op_type = "ConvInteger", .opset = 10, .attributes = attributes_of(sizes)};
      const Tensor out = run_op(op, {x, w, point}, 2)[0];
      ASSERT_EQ(out.shape(), shape);
      EXPECT_EQ(to_int64s(out), expected) << "width " << width;
    }
  }
}

// Sums that no float holds; and one axis.
TEST(ConvInteger, OfManyTaps) {
  Tensor x = Tensor::allocate(DType::Uint8, {1, 300, 3}),
         w = Tensor::allocate(DType::Uint8, {1, 300, 3});
  std::ranges::fill(x.mutable_as<uint8_t>(), uint8_t{255});
  std::ranges::fill(w.mutable_as<uint8_t>(), uint8_t{255});
  w.mutable_as<uint8_t>()[7] = 254;
  const Tensor out = run_op({.op_type = "ConvInteger", .opset = 10}, {x, w})[0];
  EXPECT_EQ(values_of<int32_t>(out), std::vector<int32_t>{900 * 255 * 255 - 255});
}

// More channels than a float adds up exactly, more taps, and both in groups; of the most that bytes
// can be.
TEST(ConvInteger, OfManyChannels) {
  struct Size {
    int64_t channels, outputs, kernel, group;
  };
  for (const auto& [channels, outputs, kernel, group] :
       {Size{64, 5, 3, 1}, Size{29, 9, 3, 1}, Size{300, 2, 1, 1}, Size{7, 4, 7, 1},
        Size{2, 3, 17, 1}, Size{6, 6, 3, 6}, Size{80, 4, 3, 2}, Size{520, 13, 1, 1}}) {
    const Sizes sizes = {.group = group, .pad = kernel / 2};
    Tensor x = random_bytes<uint8_t>({2, channels, 3, 4}, 1);
    Tensor w = random_bytes<uint8_t>({outputs, channels / group, kernel, kernel}, 2);
    for (Tensor* tensor : {&x, &w}) {
      for (uint8_t& value : tensor->mutable_as<uint8_t>()) value |= 0xf0;
    }
    Shape shape;
    const auto expected = sums(x, w, {0}, {0}, sizes, &shape);
    const OpCase op = {.op_type = "ConvInteger", .opset = 10, .attributes = attributes_of(sizes)};
    const Tensor out = run_op(op, {x, w}, 2)[0];
    ASSERT_EQ(out.shape(), shape);
    EXPECT_EQ(to_int64s(out), expected) << channels << " channels, kernel " << kernel;
  }
}

TEST(ConvInteger, RefusesWhatDoesNotFit) {
  const auto run = [](const Shape& x, const Shape& w, const Shape& x_point, const Shape& w_point) {
    return error_of([&] {
      run_op({.op_type = "ConvInteger", .opset = 10},
             {random_bytes<uint8_t>(x, 1), random_bytes<int8_t>(w, 1),
              random_bytes<uint8_t>(x_point, 1), random_bytes<int8_t>(w_point, 1)});
    });
  };
  const auto invalid = ErrorCode::InvalidInput;
  EXPECT_EQ(run({1, 2, 4, 4}, {3, 2, 2, 2}, {2}, {}), invalid);
  EXPECT_EQ(run({1, 2, 4, 4}, {3, 2, 2, 2}, {}, {2}), invalid);
  EXPECT_EQ(run({1, 2, 4, 4}, {3, 1, 2, 2}, {}, {}), invalid);
  EXPECT_EQ(run({1, 2, 4, 4}, {3, 2}, {}, {}), invalid);
  EXPECT_EQ(run({1, 2, 2, 2, 2, 2}, {3, 2, 1, 1, 1, 1}, {}, {}), ErrorCode::UnsupportedAttribute);
}

// Channels at the end.
template <class T>
Tensor channels_last(const Tensor& image) {
  const Shape& in = image.shape();
  const Shape out = {in[0], in[2], in[3], in[1]};
  Tensor moved = Tensor::allocate(dtype_of<T>, out);
  for (const Index& at : indices_of(in)) {
    moved.mutable_as<T>()[flat_index(out, {at[0], at[2], at[3], at[1]})] =
        image.as<T>()[flat_index(in, at)];
  }
  return moved;
}

template <class Y>
void check_qlinear_conv(bool per_channel, bool has_bias) {
  const Sizes sizes = {.group = 2, .pad = 1};
  const Tensor x = random_bytes<uint8_t>({1, 4, 5, 3}, 1),
               w = random_bytes<int8_t>({6, 2, 3, 3}, 2);
  const Shape per = per_channel ? Shape{6} : Shape{};
  const Tensor w_scale = random_tensor(per, 3, 0.01f, 0.02f),
               w_point = random_bytes<int8_t>(per, 4);
  const Tensor x_scale = Tensor::of<float>({1}, {0.05f}), x_point = Tensor::of<uint8_t>({}, {130});
  const Tensor y_scale = Tensor::of<float>({}, {1.3f}), y_point = Tensor::of<Y>({}, {Y{20}});
  Tensor bias = Tensor::allocate(DType::Int32, {6});
  for (size_t i = 0; i < 6; ++i)
    bias.mutable_as<int32_t>()[i] = 1000 * (static_cast<int32_t>(i) - 3);
  Shape shape;
  const auto exact = sums(x, w, {130}, to_int64s(w_point), sizes, &shape);
  std::vector<Tensor> inputs = {x, x_scale, x_point, w, w_scale, w_point, y_scale, y_point};
  if (has_bias) inputs.push_back(bias);
  const Tensor out = run_op(
      {.op_type = "QLinearConv", .opset = 10, .attributes = attributes_of(sizes)}, inputs)[0];
  ASSERT_EQ(out.dtype(), dtype_of<Y>);
  ASSERT_EQ(out.shape(), shape);
  for (size_t i = 0; i < exact.size(); ++i) {
    const size_t channel = i / 15 % 6;
    const int64_t sum = exact[i] + (has_bias ? number(bias, channel) : 0);
    const double scale = 0.05 * double{w_scale.as<float>()[per_channel ? channel : 0]} / 1.3;
    const double whole = std::clamp(std::nearbyint(static_cast<double>(sum) * scale) + 20,
                                    static_cast<double>(std::numeric_limits<Y>::min()),
                                    static_cast<double>(std::numeric_limits<Y>::max()));
    // Halves may go either way.
    ASSERT_NEAR(static_cast<double>(out.as<Y>()[i]), whole, 1);
    const double part = static_cast<double>(sum) * scale;
    if (std::fabs(std::fabs(part - std::floor(part)) - 0.5) > 1e-3) {
      ASSERT_EQ(static_cast<double>(out.as<Y>()[i]), whole);
    }
  }
  inputs[0] = channels_last<uint8_t>(x);
  AttributeList attributes = attributes_of(sizes);
  attributes.emplace_back("channels_last", int64_t{1});
  expect_equal(run_op({.op_type = "QLinearConv",
                       .opset = 1,
                       .attributes = attributes,
                       .domain = "com.microsoft"},
                      inputs)[0],
               channels_last<Y>(out));
}

TEST(QLinearConv, QuantisesSums) {
  check_qlinear_conv<uint8_t>(false, false);
  check_qlinear_conv<uint8_t>(true, true);
  check_qlinear_conv<int8_t>(true, false);
  check_qlinear_conv<int8_t>(false, true);
}

TEST(QLinearConv, RefusesWhatDoesNotFit) {
  const auto run = [](const Shape& w_scale, const Shape& y_scale, const Shape& bias) {
    return error_of([&] {
      run_op({.op_type = "QLinearConv", .opset = 10},
             {random_bytes<uint8_t>({1, 2, 3, 3}, 1), random_tensor({}, 1),
              random_bytes<uint8_t>({}, 1), random_bytes<int8_t>({3, 2, 1, 1}, 1),
              random_tensor(w_scale, 1), random_bytes<int8_t>({}, 1), random_tensor(y_scale, 1),
              random_bytes<uint8_t>({}, 1), Tensor::allocate(DType::Int32, bias)});
    });
  };
  EXPECT_EQ(run({2}, {}, {3}), ErrorCode::InvalidInput);
  EXPECT_EQ(run({3}, {2}, {3}), ErrorCode::InvalidInput);
  EXPECT_EQ(run({3}, {}, {2}), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test

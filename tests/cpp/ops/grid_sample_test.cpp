// GridSample, AffineGrid.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Doubles = std::vector<double>;

struct Options {
  std::string mode = "linear";
  std::string padding = "zeros";
  bool align_corners = false;

  AttributeList attributes() const {
    return {{"mode", mode},
            {"padding_mode", padding},
            {"align_corners", int64_t{align_corners ? 1 : 0}}};
  }
};

Tensor as_double(const Tensor& tensor) {
  Tensor wide = Tensor::allocate(DType::Double, tensor.shape());
  std::ranges::copy(tensor.as<float>(), wide.mutable_as<double>().begin());
  return wide;
}

// A position of one axis folded back at its borders, one step after the other.
double folded(double x, double low, double high) {
  if (low == high) return low;
  while (x < low || x > high) x = x < low ? 2 * low - x : 2 * high - x;
  return x;
}

// Index and weight of all elements that one axis reads; -1 is outside.
std::vector<std::pair<int64_t, double>> taps(double written, int64_t size, const Options& options) {
  const auto n = static_cast<double>(size);
  const double low = options.align_corners ? 0 : -0.5;
  const double high = options.align_corners ? n - 1 : n - 0.5;
  double x = options.align_corners ? (written + 1) / 2 * (n - 1) : ((written + 1) * n - 1) / 2;
  if (options.mode == "nearest") x = std::nearbyint(x);
  if (options.padding == "reflection") x = folded(x, low, high);
  if (options.padding == "border" && (x < low || x > high)) x = std::clamp(x, 0.0, n - 1);
  const double floor = std::floor(x), t = x - floor;
  std::vector<std::pair<int64_t, double>> result;
  const auto first = static_cast<int64_t>(floor);
  if (options.mode == "nearest") {
    result = {{first, 1}};
  } else if (options.mode == "linear") {
    result = {{first, 1 - t}, {first + 1, t}};
  } else {
    for (int64_t i = -1; i <= 2; ++i) {
      const double d = std::fabs(static_cast<double>(i) - t), a = -0.75;
      const double weight = d <= 1 ? (a + 2) * d * d * d - (a + 3) * d * d + 1
                                   : a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a;
      result.push_back({first + i, weight});
    }
  }
  for (auto& [index, weight] : result) {
    if (index >= 0 && index < size) continue;
    if (options.padding == "zeros") {
      index = -1;
    } else if (options.padding == "border") {
      index = std::clamp<int64_t>(index, 0, size - 1);
    } else {
      index = static_cast<int64_t>(folded(static_cast<double>(index), low, high));
    }
  }
  return result;
}

Doubles reference(const Tensor& in, const Tensor& grid, const Options& options) {
  const int axes = in.shape().rank() - 2;
  Shape out = {in.shape()[0], in.shape()[1]};
  for (int axis = 0; axis < axes; ++axis) out.push_back(grid.shape()[axis + 1]);
  Doubles result;
  for (const Index& index : indices_of(out)) {
    // Pairs of place and weight, an axis at a time.
    std::vector<std::pair<Index, double>> places = {{{index[0], index[1]}, 1}};
    for (int axis = 0; axis < axes; ++axis) {
      Index at = {index[0]};
      at.insert(at.end(), index.begin() + 2, index.end());
      at.push_back(axes - 1 - axis);
      const double written = double{grid.as<float>()[flat_index(grid.shape(), at)]};
      std::vector<std::pair<Index, double>> more;
      for (const auto& [place, weight] : places) {
        for (const auto& [tap, tap_weight] : taps(written, in.shape()[axis + 2], options)) {
          if (tap < 0) continue;
          more.push_back({place, weight * tap_weight});
          more.back().first.push_back(tap);
        }
      }
      places = more;
    }
    double sum = 0;
    for (const auto& [place, weight] : places) {
      sum += weight * double{in.as<float>()[flat_index(in.shape(), place)]};
    }
    result.push_back(sum);
  }
  return result;
}

const std::vector<Options> kAllOptions = [] {
  std::vector<Options> all;
  for (const char* mode : {"linear", "nearest", "cubic"}) {
    for (const char* padding : {"zeros", "border", "reflection"}) {
      for (const bool align_corners : {false, true}) all.push_back({mode, padding, align_corners});
    }
  }
  return all;
}();

void check(const Shape& in_shape, const Shape& grid_shape) {
  const Tensor in = random_tensor(in_shape, 1);
  const Tensor grid = random_tensor(grid_shape, 2, -2.5f, 2.5f);
  for (const Options& options : kAllOptions) {
    SCOPED_TRACE(
        text(in_shape, " ", options.mode, " ", options.padding, " ", int{options.align_corners}));
    const Doubles expected = reference(in, grid, options);
    const OpCase op = {"GridSample", 20, options.attributes()};
    const Tensor result = run_op(op, {in, grid}, 3)[0];
    const Tensor wide = run_op(op, {as_double(in), as_double(grid)})[0];
    ASSERT_EQ(static_cast<size_t>(result.elements()), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(result.as<float>()[i], expected[i], 1e-4) << "element " << i;
      ASSERT_NEAR(wide.as<double>()[i], expected[i], 1e-12) << "element " << i;
    }
  }
}

TEST(GridSample, Images) {
  check({2, 3, 5, 7}, {2, 4, 6, 2});
  check({1, 1, 1, 1}, {1, 3, 3, 2});
  check({1, 2, 1, 6}, {1, 5, 1, 2});
  check({1, 5, 2, 2}, {1, 40, 40, 2});  // more than one block of positions
}

TEST(GridSample, OtherRanks) {
  check({2, 2, 9}, {2, 11, 1});
  check({2, 3, 3, 4, 5}, {2, 2, 3, 4, 3});
  check({1, 1, 1, 2, 1}, {1, 2, 2, 2, 3});
}

TEST(GridSample, ChannelsLast) {
  for (const int64_t channels : {1, 4, 5}) {
    const Tensor in = random_tensor({2, channels, 6, 5}, 1);
    const Tensor grid = random_tensor({2, 7, 9, 2}, 2, -1.5f, 1.5f);
    for (const int64_t mode : {0, 1, 2}) {
      const OpCase op = {"GridSample", 1, {{"mode", mode}}, 1, "fovea"};
      bool used = false;
      const Tensor last = run_op_channels_last(op, {in, grid}, &used, 2)[0];
      const Tensor plain = run_op(op, {in, grid})[0];
      EXPECT_TRUE(used);
      ASSERT_EQ(last.shape(), plain.shape());
      for (size_t i = 0; i < plain.as<float>().size(); ++i) {
        ASSERT_NEAR(last.as<float>()[i], plain.as<float>()[i], 1e-5);
      }
    }
  }
}

TEST(GridSample, NamesOfTheFirstOpset) {
  const Tensor in = random_tensor({1, 2, 4, 4}, 1);
  const Tensor grid = random_tensor({1, 3, 3, 2}, 2);
  const auto run = [&](int opset, AttributeList attributes) {
    return run_op({"GridSample", opset, attributes}, {in, grid})[0];
  };
  expect_equal(run(16, {{"mode", std::string("bilinear")}}),
               run(20, {{"mode", std::string("linear")}}));
  expect_equal(run(16, {{"mode", std::string("bicubic")}}),
               run(22, {{"mode", std::string("cubic")}}));
  expect_equal(run(16, {}), run(20, {}));
  const OpCase contributed = {
      "GridSample", 1, {{"mode", std::string("bicubic")}}, 1, "com.microsoft"};
  expect_equal(run_op(contributed, {in, grid})[0], run(20, {{"mode", std::string("cubic")}}));
}

TEST(GridSample, NumbersOfMmdeploy) {
  const Tensor in = random_tensor({1, 2, 4, 4}, 1);
  const Tensor grid = random_tensor({1, 3, 3, 2}, 2, -2, 2);
  const char* modes[] = {"linear", "nearest", "cubic"};
  const char* paddings[] = {"zeros", "border", "reflection"};
  for (int64_t mode = 0; mode < 3; ++mode) {
    for (int64_t padding = 0; padding < 3; ++padding) {
      const OpCase op = {
          "grid_sampler",
          1,
          {{"interpolation_mode", mode}, {"padding_mode", padding}, {"align_corners", int64_t{1}}},
          1,
          "mmdeploy"};
      const Options options = {modes[mode], paddings[padding], true};
      expect_equal(run_op(op, {in, grid})[0],
                   run_op({"GridSample", 20, options.attributes()}, {in, grid})[0]);
    }
  }
  const OpCase wrong = {"grid_sampler", 1, {{"padding_mode", int64_t{3}}}, 1, "mmdeploy"};
  EXPECT_EQ(error_of([&] { run_op(wrong, {in, grid}); }), ErrorCode::UnsupportedAttribute);
}

TEST(GridSample, OtherElementTypes) {
  // Pixel centres of 2 x 2, from the last to the first, and one far outside.
  const Tensor grid = Tensor::of<float>({1, 1, 5, 2}, {.5, .5, -.5, .5, .5, -.5, -.5, -.5, 9, 9});
  const OpCase nearest = {"GridSample", 20, {{"mode", std::string("nearest")}}};
  const int64_t large = (int64_t{1} << 62) + 1;
  EXPECT_EQ(values_of<int64_t>(
                run_op(nearest, {Tensor::of<int64_t>({1, 1, 2, 2}, {large, 2, 3, 4}), grid})[0]),
            (std::vector<int64_t>{4, 3, 2, large, 0}));
  const Tensor words = Tensor::of_strings({1, 2, 2, 2}, {"a", "b", "c", "d", "e", "f", "g", "h"});
  const Tensor moved = run_op(nearest, {words, grid})[0];
  EXPECT_EQ(moved.shape(), (Shape{1, 2, 1, 5}));
  EXPECT_EQ(std::vector<std::string>(moved.strings().begin(), moved.strings().end()),
            (std::vector<std::string>{"d", "c", "b", "a", "", "h", "g", "f", "e", ""}));
  // Between the pixels, truncated.
  const Tensor middle = Tensor::of<double>({1, 1, 1, 2}, {0, 0});
  EXPECT_EQ(values_of<uint8_t>(run_op(
                {"GridSample", 20}, {Tensor::of<uint8_t>({1, 1, 2, 2}, {1, 2, 3, 5}), middle})[0]),
            std::vector<uint8_t>{2});
  EXPECT_EQ(values_of<float>(run_op({"GridSample", 20},
                                    {Tensor::of<float>({1, 1, 2, 2}, {1, 2, 3, 5}), middle})[0]),
            std::vector<float>{2.75f});
  EXPECT_EQ(error_of([&] {
              run_op({"GridSample", 20}, {words, grid});
            }),
            ErrorCode::UnsupportedAttribute);
}

TEST(GridSample, PositionsThatAreNoNumbers) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor in = Tensor::of<float>({1, 1, 1, 3}, {1, 2, 3});
  const Tensor grid = Tensor::of<float>({1, 1, 4, 2}, {nan, 0, inf, 0, -inf, 0, 3e38f, 0});
  const auto run = [&](const char* padding) {
    const Options options = {"linear", padding, true};
    return values_of<float>(run_op({"GridSample", 20, options.attributes()}, {in, grid})[0]);
  };
  EXPECT_EQ(run("zeros"), (std::vector<float>{1, 0, 0, 0}));
  EXPECT_EQ(run("border"), (std::vector<float>{1, 3, 1, 3}));
  for (const float value : run("reflection")) EXPECT_TRUE(value >= 1 && value <= 3) << value;
  // Infinity of an axis of one pixel is nowhere.
  const OpCase op = {"GridSample", 20, {{"align_corners", int64_t{1}}}};
  const Tensor far = Tensor::of<float>({1, 1, 1, 2}, {-1, inf});
  EXPECT_EQ(values_of<float>(run_op(op, {in, far})[0]), std::vector<float>{0});
}

TEST(GridSample, WhatHasNoWeightDoesNotCount) {
  const Tensor in = Tensor::of<float>({1, 1, 1, 2}, {INFINITY, 2});
  const Tensor grid = Tensor::of<float>({1, 1, 2, 2}, {1, 0, 9, 9});
  const OpCase op = {"GridSample", 20, {{"align_corners", int64_t{1}}}};
  EXPECT_EQ(values_of<float>(run_op(op, {in, grid})[0]), (std::vector<float>{2, 0}));
}

TEST(GridSample, NothingAndErrors) {
  const auto run = [](const Shape& in, const Shape& grid, AttributeList attributes = {}) {
    return run_op({"GridSample", 20, attributes},
                  {random_tensor(in, 1), random_tensor(grid, 2)})[0];
  };
  EXPECT_EQ(run({0, 3, 4, 4}, {0, 2, 2, 2}).shape(), (Shape{0, 3, 2, 2}));
  EXPECT_EQ(run({1, 3, 4, 4}, {1, 0, 2, 2}).shape(), (Shape{1, 3, 0, 2}));
  const auto code = [&](const Shape& in, const Shape& grid, AttributeList attributes = {}) {
    return error_of([&] { run(in, grid, attributes); });
  };
  EXPECT_EQ(code({1, 3, 0, 4}, {1, 2, 2, 2}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2, 3, 4, 4}, {1, 2, 2, 2}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({1, 3, 4, 4}, {1, 2, 2, 3}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({1, 3, 4, 4}, {1, 2, 2}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({1, 3}, {1, 2}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({1, 3, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 4}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({1, 3, 4, 4}, {1, 2, 2, 2}, {{"mode", std::string("area")}}),
            ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(code({1, 3, 4, 4}, {1, 2, 2, 2}, {{"padding_mode", std::string("wrap")}}),
            ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(error_of([] {
              run_op({"GridSample", 20, {{"mode", std::string("nearest")}}},
                     {Tensor::allocate(DType::Int32, {3}), random_tensor({1, 1, 1, 2}, 1)});
            }),
            ErrorCode::InvalidInput);
}

// ---- AffineGrid ----

void check_affine(const std::vector<int64_t>& size, bool align_corners) {
  SCOPED_TRACE(text(Shape(size), " ", int{align_corners}));
  const auto axes = static_cast<int64_t>(size.size()) - 2;
  const Tensor theta = random_tensor({size[0], axes, axes + 1}, 1);
  const OpCase op = {"AffineGrid", 20, {{"align_corners", int64_t{align_corners ? 1 : 0}}}};
  const Tensor result = run_op(op, {theta, int64_vector(size)})[0];
  const Tensor wide = run_op(op, {as_double(theta), int64_vector(size)})[0];
  Shape shape = {size[0]};
  for (int64_t axis = 0; axis < axes; ++axis) shape.push_back(size[static_cast<size_t>(axis + 2)]);
  shape.push_back(axes);
  ASSERT_EQ(result.shape(), shape);
  size_t i = 0;
  for (const Index& index : indices_of(shape)) {
    double sum = 0;
    const auto row = [&](int64_t column) {
      return double{theta.as<float>()[flat_index(theta.shape(), {index[0], index.back(), column})]};
    };
    for (int64_t axis = 0; axis < axes; ++axis) {
      const auto n = static_cast<double>(size[static_cast<size_t>(axis + 2)]);
      const auto at = static_cast<double>(index[static_cast<size_t>(axis + 1)]);
      double x = align_corners ? -1 + 2 * at / (n - 1) : -1 + (2 * at + 1) / n;
      if (n == 1) x = 0;
      sum += row(axes - 1 - axis) * x;
    }
    sum += row(axes);
    ASSERT_NEAR(result.as<float>()[i], sum, 1e-6);
    ASSERT_NEAR(wide.as<double>()[i], sum, 1e-12);
    ++i;
  }
}

TEST(AffineGrid, Sizes) {
  for (const bool align_corners : {false, true}) {
    check_affine({2, 3, 5, 4}, align_corners);
    check_affine({1, 1, 1, 3}, align_corners);
    check_affine({2, 1, 2, 3, 4}, align_corners);
    check_affine({1, 9, 1, 1, 2}, align_corners);
    check_affine({1, 1, 0, 3}, align_corners);
  }
}

TEST(AffineGrid, Errors) {
  const auto code = [](const Shape& theta, std::vector<int64_t> size) {
    return error_of([&] {
      run_op({"AffineGrid", 20}, {random_tensor(theta, 1), int64_vector(size)});
    });
  };
  EXPECT_EQ(code({1, 2, 3}, {2, 1, 4, 4}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({1, 2, 3}, {1, 1, 4, 4, 4}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({1, 2, 3}, {1, 1, 4}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({1, 2, 3}, {1, 1, -1, 4}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({2, 3}, {1, 1, 4, 4}), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test

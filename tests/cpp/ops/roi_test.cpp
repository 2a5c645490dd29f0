// RoiAlign, MaxRoiPool.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

Tensor as_double(const Tensor& tensor) {
  Tensor wide = Tensor::allocate(DType::Double, tensor.shape());
  std::ranges::copy(tensor.as<float>(), wide.mutable_as<double>().begin());
  return wide;
}

struct Align {
  int64_t height = 1;
  int64_t width = 1;
  int64_t samples = 0;
  float scale = 1;
  bool half_pixel = true;
  bool is_max = false;

  OpCase op(int opset = 16) const {
    OpCase op = {"RoiAlign",
                 opset,
                 {{"output_height", height},
                  {"output_width", width},
                  {"sampling_ratio", samples},
                  {"spatial_scale", scale},
                  {"mode", std::string(is_max ? "max" : "avg")}}};
    if (opset >= 16 && !half_pixel) {
      op.attributes.push_back({"coordinate_transformation_mode", std::string("output_half_pixel")});
    }
    return op;
  }
};

// The four weighted elements around a position.
std::array<double, 4> around(const Tensor& in, int64_t n, int64_t c, double y, double x) {
  const int64_t height = in.shape()[2], width = in.shape()[3];
  if (y < -1 || x < -1 || y > static_cast<double>(height) || x > static_cast<double>(width)) {
    return {};
  }
  const auto parts = [](double at, int64_t size) {
    at = std::clamp(at, 0.0, static_cast<double>(size - 1));
    const auto low = static_cast<int64_t>(at);
    return std::tuple{low, std::min(low + 1, size - 1), at - static_cast<double>(low)};
  };
  const auto [y0, y1, ty] = parts(y, height);
  const auto [x0, x1, tx] = parts(x, width);
  const auto at = [&](int64_t row, int64_t column) {
    return double{in.as<float>()[flat_index(in.shape(), {n, c, row, column})]};
  };
  return {(1 - ty) * (1 - tx) * at(y0, x0), (1 - ty) * tx * at(y0, x1), ty * (1 - tx) * at(y1, x0),
          ty * tx * at(y1, x1)};
}

std::vector<double> reference(const Align& align, const Tensor& in, const Tensor& rois,
                              const std::vector<int64_t>& images) {
  std::vector<double> result;
  const int64_t channels = in.shape()[1];
  for (const Index& at : indices_of({std::ssize(images), channels, align.height, align.width})) {
    const auto coordinate = [&](int64_t i) {
      const double written = double{rois.as<float>()[static_cast<size_t>(4 * at[0] + i)]};
      return written * double{align.scale} - (align.half_pixel ? 0.5 : 0);
    };
    const double left = coordinate(0), top = coordinate(1);
    double wide = coordinate(2) - left, high = coordinate(3) - top;
    if (!align.half_pixel) {
      wide = std::max(wide, 1.0);
      high = std::max(high, 1.0);
    }
    const double bin_h = high / static_cast<double>(align.height);
    const double bin_w = wide / static_cast<double>(align.width);
    const auto grid = [&](double bin) {
      return align.samples > 0 ? align.samples : static_cast<int64_t>(std::ceil(bin));
    };
    double sum = 0, largest = -INFINITY;
    int64_t count = 0;
    for (int64_t i = 0; i < grid(bin_h); ++i) {
      for (int64_t j = 0; j < grid(bin_w); ++j) {
        const double y =
            top + bin_h * (static_cast<double>(at[2]) +
                           (static_cast<double>(i) + 0.5) / static_cast<double>(grid(bin_h)));
        const double x =
            left + bin_w * (static_cast<double>(at[3]) +
                            (static_cast<double>(j) + 0.5) / static_cast<double>(grid(bin_w)));
        const auto parts = around(in, images[static_cast<size_t>(at[0])], at[1], y, x);
        sum += parts[0] + parts[1] + parts[2] + parts[3];
        largest = std::max(largest, *std::ranges::max_element(parts));
        ++count;
      }
    }
    result.push_back(count == 0 ? 0 : align.is_max ? largest : sum / static_cast<double>(count));
  }
  return result;
}

void check(const Align& align, int opset = 16) {
  SCOPED_TRACE(text(align.height, " x ", align.width, " samples ", align.samples, " half pixel ",
                    int{align.half_pixel}, " max ", int{align.is_max}));
  const Tensor in = random_tensor({2, 3, 7, 9}, 1);
  // Inside, over all borders, empty, outside, turned around.
  const Tensor rois = Tensor::of<float>(
      {5, 4}, {1.2f, 0.7f, 6.1f, 5.3f, -4, -3, 14, 12, 2, 2, 2, 2, 30, 30, 40, 41, 6, 5, 3, 2});
  const std::vector<int64_t> images = {0, 1, 1, 0, 1};
  const auto expected = reference(align, in, rois, images);
  const Tensor result = run_op(align.op(opset), {in, rois, int64_vector(images)}, 2)[0];
  const Tensor wide =
      run_op(align.op(opset), {as_double(in), as_double(rois), int64_vector(images)})[0];
  ASSERT_EQ(result.shape(), (Shape{5, 3, align.height, align.width}));
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(result.as<float>()[i], expected[i], 1e-4) << "element " << i;
    ASSERT_NEAR(wide.as<double>()[i], expected[i], 1e-10) << "element " << i;
  }
}

TEST(RoiAlign, ModesAndSamples) {
  for (const bool half_pixel : {false, true}) {
    for (const bool is_max : {false, true}) {
      for (const int64_t samples : {0, 1, 3}) {
        check({3, 2, samples, 1, half_pixel, is_max});
        check({1, 1, samples, 0.5f, half_pixel, is_max});
        check({7, 7, samples, 1.25f, half_pixel, is_max});
      }
    }
  }
  check({2, 2, 2, 1, false}, 10);
}

TEST(RoiAlign, NothingAndErrors) {
  const Tensor in = random_tensor({2, 3, 4, 4}, 1);
  const OpCase op = Align{}.op();
  EXPECT_EQ(run_op(op, {in, Tensor::allocate(DType::Float, {0, 4}), int64_vector({})})[0].shape(),
            (Shape{0, 3, 1, 1}));
  const auto code = [&](std::vector<Tensor> inputs, const OpCase& with) {
    return error_of([&] { run_op(with, inputs); });
  };
  const Tensor roi = Tensor::of<float>({1, 4}, {0, 0, 2, 2});
  EXPECT_EQ(code({in, roi, int64_vector({2})}, op), ErrorCode::InvalidInput);
  EXPECT_EQ(code({in, roi, int64_vector({-1})}, op), ErrorCode::InvalidInput);
  EXPECT_EQ(code({in, roi, int64_vector({0, 0})}, op), ErrorCode::InvalidInput);
  EXPECT_EQ(code({in, random_tensor({1, 5}, 1), int64_vector({0})}, op), ErrorCode::InvalidInput);
  EXPECT_EQ(code({random_tensor({2, 3, 4}, 1), roi, int64_vector({0})}, op),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code({random_tensor({2, 3, 0, 4}, 1), roi, int64_vector({0})}, op),
            ErrorCode::InvalidInput);
  for (const float wrong : {INFINITY, std::numeric_limits<float>::quiet_NaN(), 1e30f}) {
    EXPECT_EQ(code({in, Tensor::of<float>({1, 4}, {0, 0, wrong, 2}), int64_vector({0})}, op),
              ErrorCode::InvalidInput);
  }
  EXPECT_EQ(code({in, roi, int64_vector({0})}, {"RoiAlign", 16, {{"mode", std::string("sum")}}}),
            ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(code({in, roi, int64_vector({0})},
                 {"RoiAlign", 16, {{"coordinate_transformation_mode", std::string("?")}}}),
            ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(code({in, roi, int64_vector({0})}, Align{.height = 0}.op()), ErrorCode::MalformedModel);
  EXPECT_EQ(code({in, roi, int64_vector({0})}, Align{.samples = int64_t{1} << 40}.op()),
            ErrorCode::UnsupportedAttribute);
}

TEST(RoiAlign, RegionsOfMmcv) {
  const Tensor in = random_tensor({2, 3, 7, 9}, 1);
  const Tensor rois = Tensor::of<float>({2, 5}, {1, 1, 2, 5, 6, 0, 0, 0, 3, 3});
  const Tensor corners = Tensor::of<float>({2, 4}, {1, 2, 5, 6, 0, 0, 3, 3});
  for (const bool aligned : {false, true}) {
    const AttributeList attributes = {
        {"output_height", int64_t{3}}, {"output_width", int64_t{2}}, {"sampling_ratio", int64_t{2}},
        {"spatial_scale", 0.75f},      {"mode", std::string("avg")}, {"aligned", int64_t{aligned}}};
    const Align align = {3, 2, 2, 0.75f, aligned};
    expect_equal(run_op({"MMCVRoiAlign", 1, attributes, 1, "mmcv"}, {in, rois})[0],
                 run_op(align.op(), {in, corners, int64_vector({1, 0})})[0]);
  }
  const OpCase largest = {"MMCVRoiAlign", 1, {{"mode", std::string("max")}}, 1, "mmdeploy"};
  EXPECT_EQ(error_of([&] { run_op(largest, {in, rois}); }), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(error_of([&] {
              run_op({"MMCVRoiAlign", 1, {}, 1, "mmcv"}, {in, corners});
            }),
            ErrorCode::InvalidInput);
}

OpCase max_pool(int64_t height, int64_t width, float scale) {
  return {"MaxRoiPool",
          22,
          {{"pooled_shape", std::vector<int64_t>{height, width}}, {"spatial_scale", scale}}};
}

TEST(MaxRoiPool, Regions) {
  const Tensor in = random_tensor({2, 2, 6, 8}, 1);
  const Tensor rois = Tensor::of<float>(
      {4, 5}, {0, 1, 1, 5, 4, 1, -6, -4, 30, 20, 1, 3, 3, 3, 3, 0, 40, 40, 50, 50});
  for (const float scale : {1.0f, 0.5f}) {
    std::vector<double> expected;
    for (const Index& at : indices_of({4, 2, 3, 2})) {
      const float* roi = rois.as<float>().data() + 5 * at[0];
      const auto bin = [&](int first, int64_t index, int64_t bins, int64_t size) {
        const auto begin = std::llround(roi[first] * scale),
                   end = std::llround(roi[first + 2] * scale);
        const double each =
            static_cast<double>(std::max<int64_t>(end - begin + 1, 1)) / static_cast<double>(bins);
        const auto from = static_cast<int64_t>(std::floor(static_cast<double>(index) * each));
        const auto to = static_cast<int64_t>(std::ceil(static_cast<double>(index + 1) * each));
        return std::pair{std::clamp<int64_t>(begin + from, 0, size),
                         std::clamp<int64_t>(begin + to, 0, size)};
      };
      const auto [top, bottom] = bin(2, at[2], 3, 6);
      const auto [left, right] = bin(1, at[3], 2, 8);
      double largest = top < bottom && left < right ? -INFINITY : 0;
      for (int64_t y = top; y < bottom; ++y) {
        for (int64_t x = left; x < right; ++x) {
          const auto n = static_cast<int64_t>(roi[0]);
          largest =
              std::max(largest, double{in.as<float>()[flat_index(in.shape(), {n, at[1], y, x})]});
        }
      }
      expected.push_back(largest);
    }
    const Tensor result = run_op(max_pool(3, 2, scale), {in, rois})[0];
    const Tensor wide = run_op(max_pool(3, 2, scale), {as_double(in), as_double(rois)})[0];
    ASSERT_EQ(result.shape(), (Shape{4, 2, 3, 2}));
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(double{result.as<float>()[i]}, expected[i]);
      EXPECT_EQ(wide.as<double>()[i], expected[i]);
    }
  }
}

TEST(MaxRoiPool, Errors) {
  const Tensor in = random_tensor({2, 2, 6, 8}, 1);
  const auto code = [&](const OpCase& op, const Tensor& rois) {
    return error_of([&] { run_op(op, {in, rois}); });
  };
  const OpCase op = max_pool(1, 1, 1);
  EXPECT_EQ(code(op, Tensor::of<float>({1, 5}, {2, 0, 0, 1, 1})), ErrorCode::InvalidInput);
  EXPECT_EQ(code(op, Tensor::of<float>({1, 5}, {1e30f, 0, 0, 1, 1})), ErrorCode::InvalidInput);
  EXPECT_EQ(code(op, Tensor::of<float>({1, 5}, {0, 0, INFINITY, 1, 1})), ErrorCode::InvalidInput);
  EXPECT_EQ(code(op, random_tensor({1, 4}, 1)), ErrorCode::InvalidInput);
  EXPECT_EQ(code({"MaxRoiPool", 1}, random_tensor({1, 5}, 1)), ErrorCode::MalformedModel);
  EXPECT_EQ(code(max_pool(0, 1, 1), random_tensor({1, 5}, 1)), ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test

// com.microsoft: Trilu, Pad, Unique, ExpandDims, GridSample, GatherND, Range, CropAndResize.

#include <gtest/gtest.h>

#include <cmath>

#include "support/near.h"
#include "support/op_cases.h"

namespace fovea::test {
namespace {

using Floats = std::vector<float>;

TEST(MicrosoftAliases, Move) {
  const Tensor x = iota_tensor<float>({2, 3}, 1);
  EXPECT_EQ(values_of<float>(run_op(microsoft("Trilu"), {x})[0]), (Floats{1, 2, 3, 0, 5, 6}));
  EXPECT_EQ(values_of<float>(run_op(microsoft("Trilu", {{"upper", int64_t{0}}}),
                                    {x, Tensor::of<int64_t>({}, {1})})[0]),
            (Floats{1, 2, 0, 4, 5, 6}));
  const Tensor pads = Tensor::of<int64_t>({1, 4}, {0, 1, 0, -1}),
               value = Tensor::of<float>({1}, {9});
  EXPECT_EQ(values_of<float>(run_op(microsoft("Pad"), {x, pads, value})[0]),
            (Floats{9, 1, 2, 9, 4, 5}));
  EXPECT_EQ(
      values_of<float>(run_op(microsoft("Pad", {{"mode", std::string("edge")}}), {x, pads})[0]),
      (Floats{1, 1, 2, 4, 4, 5}));
  for (const int32_t axis : {0, 2, -1}) {
    const Tensor out = run_op(microsoft("ExpandDims"), {x, Tensor::of<int32_t>({}, {axis})})[0];
    EXPECT_EQ(out.shape(), (axis == 0 ? Shape{1, 2, 3} : Shape{2, 3, 1}));
    EXPECT_EQ(values_of<float>(out), values_of<float>(x));
  }
  EXPECT_EQ(values_of<float>(
                run_op(microsoft("GatherND"), {x, Tensor::of<int32_t>({2, 2}, {1, 0, 0, 2})})[0]),
            (Floats{4, 3}));
  EXPECT_EQ(error_of([&] {
              run_op(microsoft("ExpandDims"), {x, Tensor::of<int32_t>({2}, {0, 1})});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] {
              run_op(microsoft("Pad"), {x, int64_vector({1, 1})});
            }),
            ErrorCode::InvalidInput);
}

TEST(MicrosoftAliases, CountAndFind) {
  const auto out = run_op(microsoft("Unique", {}, 3), {Tensor::of<float>({6}, {2, 1, 1, 3, 4, 3})});
  EXPECT_EQ(values_of<float>(out[0]), (Floats{2, 1, 3, 4}));
  EXPECT_EQ(values_of<int64_t>(out[1]), (std::vector<int64_t>{0, 1, 1, 2, 3, 2}));
  EXPECT_EQ(values_of<int64_t>(out[2]), (std::vector<int64_t>{1, 2, 2, 1}));
  EXPECT_EQ(error_of([] {
              run_op(microsoft("Unique"), {random_tensor({2, 2}, 1)});
            }),
            ErrorCode::InvalidInput);
  const auto one = [](int64_t value) { return Tensor::of<int64_t>({1}, {value}); };
  EXPECT_EQ(values_of<int64_t>(run_op(microsoft("Range"), {one(1), one(4)})[0]),
            (std::vector<int64_t>{1, 2, 3}));
  EXPECT_EQ(values_of<int64_t>(run_op(microsoft("Range"), {one(1), one(-4), one(-2)})[0]),
            (std::vector<int64_t>{1, -1, -3}));
}

// By ONNX's own, whose modes have other names.
TEST(MicrosoftAliases, SampleGrids) {
  const Tensor x = random_tensor({1, 2, 3, 4}, 1),
               grid = random_tensor({1, 2, 3, 2}, 2, -1.3f, 1.3f);
  const char* const names[][2] = {
      {"bilinear", "linear"}, {"nearest", "nearest"}, {"bicubic", "cubic"}};
  for (const auto& [name, own] : names) {
    for (const char* padding : {"zeros", "border", "reflection"}) {
      const AttributeList more = {{"padding_mode", std::string(padding)},
                                  {"align_corners", int64_t{1}}};
      AttributeList theirs = more, ours = more;
      theirs.emplace_back("mode", std::string(name));
      ours.emplace_back("mode", std::string(own));
      expect_equal(
          run_op(microsoft("GridSample", theirs), {x, grid})[0],
          run_op({.op_type = "GridSample", .opset = 20, .attributes = ours}, {x, grid})[0]);
    }
  }
}

void check_crops(const std::string& mode, int32_t height, int32_t width) {
  const Tensor x = random_tensor({2, 2, 5, 6}, 1);
  const Tensor boxes = Tensor::of<float>(
      {3, 4}, {0.1f, 0.2f, 0.8f, 0.93f, -0.2f, 0, 1.2f, 0.53f, 0.87f, 0.88f, 0.13f, 0.14f});
  const Tensor images = Tensor::of<int32_t>({3}, {1, 0, 1});
  std::vector<double> expected;
  for (const Index& at : indices_of({3, 2, height, width})) {
    const auto side = [&](int64_t i) {
      return double{boxes.as<float>()[static_cast<size_t>(at[0] * 4 + i)]};
    };
    const auto position = [&](double begin, double end, double last, double i, double count) {
      return count == 1 ? (begin + end) / 2 * last
                        : begin * last + i * (end - begin) * last / (count - 1);
    };
    const double y = position(side(0), side(2), 4, double(at[2]), height),
                 z = position(side(1), side(3), 5, double(at[3]), width);
    const auto pixel = [&](double row, double column) {
      const int64_t image = images.as<int32_t>()[static_cast<size_t>(at[0])];
      return double{
          x.as<float>()[flat_index(x.shape(), {image, at[1], int64_t(row), int64_t(column)})]};
    };
    double value = 7;
    if (y >= 0 && z >= 0 && y <= 4 && z <= 5) {
      const double top = std::floor(y), left = std::floor(z), dy = y - top, dx = z - left;
      value = mode == "nearest"
                  ? pixel(std::round(y), std::round(z))
                  : (1 - dy) * ((1 - dx) * pixel(top, left) + dx * pixel(top, std::ceil(z))) +
                        dy * ((1 - dx) * pixel(std::ceil(y), left) +
                              dx * pixel(std::ceil(y), std::ceil(z)));
    }
    expected.push_back(value);
  }
  const OpCase op = microsoft("CropAndResize", {{"mode", mode}, {"extrapolation_value", 7.0f}});
  expect_near(run_op(op, {x, boxes, images, Tensor::of<int32_t>({2}, {height, width})})[0],
              {3, 2, height, width}, expected);
}

TEST(CropAndResize, Samples) {
  for (const char* mode : {"bilinear", "nearest"}) {
    check_crops(mode, 3, 4);
    check_crops(mode, 1, 1);
    check_crops(mode, 7, 2);
  }
}

TEST(CropAndResize, RefusesWhatDoesNotFit) {
  const auto run = [](const Shape& boxes, int32_t image, int32_t height, const char* mode) {
    return error_of([&] {
      run_op(microsoft("CropAndResize", {{"mode", std::string(mode)}}),
             {random_tensor({2, 1, 3, 3}, 1), random_tensor(boxes, 1),
              Tensor::of<int32_t>({1}, {image}), Tensor::of<int32_t>({2}, {height, 2})});
    });
  };
  const auto invalid = ErrorCode::InvalidInput;
  EXPECT_EQ(run({1, 3}, 0, 2, "nearest"), invalid);
  EXPECT_EQ(run({2, 4}, 0, 2, "nearest"), invalid);
  EXPECT_EQ(run({1, 4}, 2, 2, "nearest"), invalid);
  EXPECT_EQ(run({1, 4}, -1, 2, "nearest"), invalid);
  EXPECT_EQ(run({1, 4}, 0, 0, "nearest"), invalid);
  EXPECT_EQ(run({1, 4}, 0, 2, "cubic"), ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test

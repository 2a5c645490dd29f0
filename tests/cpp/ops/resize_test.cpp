// Attributes, operands and layouts; the interpolation itself is tested with its kernel.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Floats = std::vector<float>;

Tensor floats(Floats values) {
  return Tensor::of<float>({static_cast<int64_t>(values.size())}, std::span<const float>(values));
}
Tensor square() { return Tensor::of<float>({1, 1, 2, 2}, {1, 2, 3, 4}); }

void expect_floats(const Tensor& out, const Shape& shape, const Floats& want) {
  ASSERT_EQ(out.shape(), shape);
  for (size_t i = 0; i < want.size(); ++i) EXPECT_NEAR(out.as<float>()[i], want[i], 1e-5f) << i;
}

const Floats kDoubledSquare = {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4};

TEST(Resize, ScalesSizesAndTheOldOpsets) {
  const Tensor scales = floats({1, 1, 2, 2}), sizes = int64_vector({1, 1, 4, 4});
  const Shape shape = {1, 1, 4, 4};
  expect_floats(run_op({"Resize", 19}, {square(), Tensor(), scales})[0], shape, kDoubledSquare);
  expect_floats(run_op({"Resize", 11}, {square(), Tensor(), Tensor(), sizes})[0], shape,
                kDoubledSquare);
  // Opset 11 asks for the operands that are not used, too: they are empty.
  const Tensor none = floats({});
  expect_floats(run_op({"Resize", 11}, {square(), none, none, sizes})[0], shape, kDoubledSquare);
  expect_floats(run_op({"Resize", 10}, {square(), scales})[0], shape, kDoubledSquare);
  expect_floats(run_op({"Upsample", 9}, {square(), scales})[0], shape, kDoubledSquare);
  expect_floats(run_op({"Upsample", 7, {{"scales", Floats{1, 1, 2, 2}}}}, {square()})[0], shape,
                kDoubledSquare);
}

// test_resize_downsample_nearest of ONNX 1.5.
TEST(Resize, NearestShrinksToTheNextPixelBeforeOpset11) {
  const Tensor in = Tensor::of<float>({1, 1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
  const Tensor scales = floats({1, 1, 0.6f, 0.6f});
  expect_floats(run_op({"Resize", 10}, {in, scales})[0], {1, 1, 1, 2}, {1, 3});
}

TEST(Resize, LinearIsAsymmetricBeforeOpset11) {
  const Tensor in = Tensor::of<float>({1, 1, 1, 2}, {0, 4}), scales = floats({1, 1, 1, 2});
  const OpCase old = {"Resize", 10, {{"mode", std::string("linear")}}};
  expect_floats(run_op(old, {in, scales})[0], {1, 1, 1, 4}, {0, 2, 4, 4});
  const OpCase now = {"Resize", 13, {{"mode", std::string("linear")}}};
  expect_floats(run_op(now, {in, Tensor(), scales})[0], {1, 1, 1, 4}, {0, 1, 3, 4});
}

// x = (i + 1/2) / 2 - 1/2 is -1/4, 1/4, ...; Keys' weights at distances 1/4, 3/4, 5/4, 7/4.
TEST(Resize, CubicCoefficientIsRead) {
  const Tensor in = Tensor::of<float>({1, 1, 1, 4}, {0, 0, 1, 0}), scales = floats({1, 1, 1, 2});
  const auto cubic = [&](float a) {
    return run_op({"Resize", 13, {{"mode", std::string("cubic")}, {"cubic_coeff_a", a}}},
                  {in, Tensor(), scales})[0];
  };
  for (const float a : {-0.5f, -0.75f}) {
    const float near = (a + 2) / 64 - (a + 3) / 16 + 1;
    const float far = (a + 2) * 27 / 64 - (a + 3) * 9 / 16 + 1;
    const float beyond = a * (125.0f / 64 - 5 * 25.0f / 16 + 10 - 4);
    const float last = a * (343.0f / 64 - 5 * 49.0f / 16 + 14 - 4);
    expect_floats(cubic(a), {1, 1, 1, 8}, {0, last, beyond, far, near, near, far, beyond});
  }
}

TEST(Resize, AxesSelectAndAspectRatioIsKept) {
  const Tensor in = random_tensor({2, 3, 4, 6}, 1);
  const auto sized = [&](const std::string& policy) {
    const OpCase op = {
        "Resize",
        18,
        {{"axes", std::vector<int64_t>{3, -2}}, {"keep_aspect_ratio_policy", policy}}};
    return run_op(op, {in, Tensor(), Tensor(), int64_vector({9, 8})})[0].shape();
  };
  EXPECT_EQ(sized("stretch"), (Shape{2, 3, 8, 9}));
  EXPECT_EQ(sized("not_larger"), (Shape{2, 3, 6, 9}));
  EXPECT_EQ(sized("not_smaller"), (Shape{2, 3, 8, 12}));
}

TEST(Resize, CropAndResizeReadsRegionAndExtrapolation) {
  const Tensor in = Tensor::of<float>({1, 1, 1, 3}, {1, 2, 3});
  const OpCase op = {"Resize",
                     13,
                     {{"mode", std::string("linear")},
                      {"coordinate_transformation_mode", std::string("tf_crop_and_resize")},
                      {"extrapolation_value", 10.0f}}};
  const Tensor roi = floats({0, 0, 0, 0, 1, 1, 1, 2});
  const Tensor sizes = int64_vector({1, 1, 1, 5});
  expect_floats(run_op(op, {in, roi, Tensor(), sizes})[0], {1, 1, 1, 5}, {1, 2, 3, 10, 10});
  EXPECT_EQ(error_of([&] {
              run_op(op, {in, Tensor(), Tensor(), sizes});
            }),
            ErrorCode::InvalidInput);
}

TEST(Resize, ChannelsLastAgreesWithPlain) {
  for (const std::string mode : {"nearest", "linear", "cubic"}) {
    for (const int64_t channels : {1, 3, 4, 9}) {
      for (const Floats& scale : {Floats{2, 3}, Floats{0.5f, 1.7f}}) {
        const Tensor in = random_tensor({2, channels, 5, 6}, 2);
        const Tensor scales = floats({1, 1, scale[0], scale[1]});
        const OpCase op = {"Resize", 19, {{"mode", mode}}};
        const Tensor plain = run_op(op, {in, Tensor(), scales}, 2)[0];
        bool used = false;
        const Tensor last = run_op_channels_last(op, {in, Tensor(), scales}, &used, 2)[0];
        EXPECT_TRUE(used);
        ASSERT_EQ(last.shape(), plain.shape());
        for (size_t i = 0; i < plain.as<float>().size(); ++i) {
          // The same weights, summed in another order: two passes of four terms.
          ASSERT_NEAR(last.as<float>()[i], plain.as<float>()[i], 8 * 2.5f * 0x1p-23f);
        }
      }
    }
  }
}

TEST(Resize, OtherElementTypes) {
  const Tensor bytes = Tensor::of<uint8_t>({1, 1, 1, 2}, {10, 20});
  const Tensor scales = floats({1, 1, 1, 2});
  EXPECT_EQ(values_of<uint8_t>(run_op({"Resize", 13}, {bytes, Tensor(), scales})[0]),
            (std::vector<uint8_t>{10, 10, 20, 20}));
  const Tensor numbers = Tensor::of<int64_t>({1, 1, 1, 2}, {int64_t{1} << 60, -3});
  EXPECT_EQ(values_of<int64_t>(run_op({"Resize", 13}, {numbers, Tensor(), scales})[0]),
            (std::vector<int64_t>{int64_t{1} << 60, int64_t{1} << 60, -3, -3}));
}

// What ONNX's reference does: rounded, halves to even, and saturated.
template <class T>
void check_rounding() {
  using Limits = std::numeric_limits<T>;
  const Tensor scales = floats({1, 1, 1, 2});
  const OpCase linear = {"Resize", 13, {{"mode", std::string("linear")}}};
  const OpCase cubic = {"Resize", 13, {{"mode", std::string("cubic")}}};
  const Tensor ramp = Tensor::of<T>({1, 1, 1, 2}, {T{10}, T{20}});
  EXPECT_EQ(values_of<T>(run_op(linear, {ramp, Tensor(), scales})[0]),
            (std::vector<T>{T{10}, T{12}, T{18}, T{20}}));
  if constexpr (sizeof(T) == 1) {
    // The overshoot at an edge goes beyond the type.
    const Tensor step =
        Tensor::of<T>({1, 1, 1, 4}, {Limits::min(), Limits::min(), Limits::max(), Limits::max()});
    const auto values = values_of<T>(run_op(cubic, {step, Tensor(), scales})[0]);
    EXPECT_EQ(values[2], Limits::min());
    EXPECT_EQ(values[5], Limits::max());
  }
  for (const T constant :
       {T{100}, static_cast<T>(200), Limits::min(), T{1}, T{77},
        static_cast<T>((int64_t{1} << 31) - 7), static_cast<T>((int64_t{1} << 44) + 1)}) {
    // Made in double, whose weights add up to 1 but for a few units of 2^-53.
    if (std::abs(static_cast<double>(constant)) > 0x1p48) continue;
    Tensor flat = Tensor::allocate(dtype_of<T>, {1, 1, 7, 5});
    std::ranges::fill(flat.mutable_as<T>(), constant);
    for (const OpCase& op : {linear, cubic}) {
      for (const auto& [height, width] : {std::pair{3, 11}, {7, 4}, {10, 13}}) {
        const Tensor sizes = int64_vector({1, 1, height, width});
        for (const T value : values_of<T>(run_op(op, {flat, Tensor(), Tensor(), sizes})[0])) {
          ASSERT_EQ(value, constant) << height << "x" << width;
        }
      }
    }
  }
}

TEST(Resize, IntegersAreRounded) {
  check_rounding<int8_t>();
  check_rounding<uint8_t>();
  check_rounding<int16_t>();
  check_rounding<uint16_t>();
  check_rounding<int32_t>();
  check_rounding<uint32_t>();
  check_rounding<int64_t>();
  check_rounding<uint64_t>();
}

// Between two neighbours that float does not tell apart.
TEST(Resize, LargeIntegersKeepTheirLastBits) {
  const OpCase linear = {"Resize", 13, {{"mode", std::string("linear")}}};
  const auto middle = [&](const Tensor& pair) {
    return to_int64s(run_op(linear, {pair, Tensor(), floats({1, 1, 1, 2})})[0]);
  };
  const int64_t large = int64_t{1} << 30, larger = int64_t{1} << 45;
  EXPECT_EQ(middle(Tensor::of<int32_t>({1, 1, 1, 2}, {1 << 30, (1 << 30) + 4})),
            (std::vector<int64_t>{large, large + 1, large + 3, large + 4}));
  EXPECT_EQ(middle(Tensor::of<int64_t>({1, 1, 1, 2}, {larger, larger + 4})),
            (std::vector<int64_t>{larger, larger + 1, larger + 3, larger + 4}));
}

// One axis by the formulas of the specification, in double throughout.
std::vector<double> resized_axis(const std::vector<double>& in, int64_t out, double scale,
                                 const std::string& mode, const std::string& coordinates) {
  const auto length = static_cast<double>(in.size());
  const auto keys = [&](double x) {
    const double a = -0.75;
    x = std::abs(x);
    if (mode == "linear") return std::max(0.0, 1 - x);
    if (x <= 1) return (a + 2) * x * x * x - (a + 3) * x * x + 1;
    return x < 2 ? a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a : 0.0;
  };
  std::vector<double> result;
  for (int64_t i = 0; i < out; ++i) {
    const auto x = static_cast<double>(i);
    double position = (x + 0.5) / scale - 0.5;
    if (coordinates == "asymmetric") position = x / scale;
    if (coordinates == "align_corners") {
      position = x * (length - 1) / (static_cast<double>(out) - 1);
    }
    double sum = 0;
    for (int64_t at = -3; at < static_cast<int64_t>(in.size()) + 3; ++at) {
      const auto inside = std::clamp<int64_t>(at, 0, static_cast<int64_t>(in.size()) - 1);
      sum += keys(static_cast<double>(at) - position) * in[static_cast<size_t>(inside)];
    }
    result.push_back(sum);
  }
  return result;
}

// Elements are at most 1, and their weights on an axis 2.5 together. Positions below 16 are off by
// three roundings at most, and each of four weights by 1.5 times as much; then eight terms are
// added up.
constexpr double kDoubleTolerance = 2.5 * 2.5 * (2 * 4 * 1.5 * 16 * 3 + 2 * 8) * 0x1p-53;

void expect_doubles(const Tensor& image, const Tensor& out, double scale_y, double scale_x,
                    const std::string& mode, const std::string& coordinates) {
  const int64_t h = image.shape()[2], w = image.shape()[3];
  const int64_t out_h = out.shape()[2], out_w = out.shape()[3];
  std::vector<std::vector<double>> rows;
  for (int64_t y = 0; y < h; ++y) {
    const auto row = image.as<double>().subspan(static_cast<size_t>(y * w), static_cast<size_t>(w));
    rows.push_back(resized_axis({row.begin(), row.end()}, out_w, scale_x, mode, coordinates));
  }
  for (int64_t x = 0; x < out_w; ++x) {
    std::vector<double> column;
    for (const auto& row : rows) column.push_back(row[static_cast<size_t>(x)]);
    column = resized_axis(column, out_h, scale_y, mode, coordinates);
    for (int64_t y = 0; y < out_h; ++y) {
      ASSERT_NEAR(out.as<double>()[static_cast<size_t>(y * out_w + x)],
                  column[static_cast<size_t>(y)], kDoubleTolerance)
          << mode << " " << coordinates << " at " << y << ", " << x;
    }
  }
}

TEST(Resize, DoublesAreComputedInDouble) {
  const Tensor values = random_tensor({1, 1, 7, 9}, 4);
  Tensor image = Tensor::allocate(DType::Double, {1, 1, 7, 9});
  for (size_t i = 0; i < image.as<double>().size(); ++i) {
    // With bits that no float has.
    image.mutable_as<double>()[i] = static_cast<double>(values.as<float>()[i]) * (1 - 1.0 / 3e7);
  }
  for (const std::string mode : {"linear", "cubic"}) {
    for (const std::string coordinates : {"half_pixel", "asymmetric", "align_corners"}) {
      const OpCase op = {
          "Resize", 13, {{"mode", mode}, {"coordinate_transformation_mode", coordinates}}};
      for (const auto& [h, w] : {std::pair{11, 13}, {5, 4}, {7, 16}}) {
        const Tensor sizes = int64_vector({1, 1, h, w});
        const Tensor out = run_op(op, {image, Tensor(), Tensor(), sizes}, 2)[0];
        ASSERT_EQ(out.dtype(), DType::Double);
        expect_doubles(image, out, h / 7.0, w / 9.0, mode, coordinates);
      }
    }
    const OpCase op = {"Resize", 13, {{"mode", mode}}};
    const float scale = 1.7f;
    const Tensor out = run_op(op, {image, Tensor(), floats({1, 1, scale, scale})})[0];
    ASSERT_EQ(out.shape(), (Shape{1, 1, 11, 15}));
    expect_doubles(image, out, static_cast<double>(scale), static_cast<double>(scale), mode,
                   "half_pixel");
  }
}

// 7 to 2 puts output 1 at 3.5 exactly, which the float next to 2/7 misses.
TEST(Resize, SizesAreNotRoundedToAScale) {
  const Tensor in = iota_tensor<float>({1, 1, 1, 7});
  const OpCase op = {"Resize",
                     13,
                     {{"coordinate_transformation_mode", std::string("asymmetric")},
                      {"nearest_mode", std::string("round_prefer_ceil")}}};
  expect_floats(run_op(op, {in, Tensor(), Tensor(), int64_vector({1, 1, 1, 2})})[0], {1, 1, 1, 2},
                {0, 4});
}

// `length` pixels to `out`, as four rows or as four columns: an output is NaN only where a NaN has
// a weight, which is what a 1 there makes among zeros.
void expect_no_other_is_spoilt(const OpCase& op, int64_t length, int64_t out, bool columns) {
  const auto resized = [&](const Tensor& image) {
    const Tensor sizes = int64_vector({1, 1, columns ? out : 4, columns ? 4 : out});
    return values_of<float>(run_op(op, {image, Tensor(), Tensor(), sizes})[0]);
  };
  for (int64_t bad = 0; bad < length; ++bad) {
    Tensor unit =
        Tensor::allocate(DType::Float, {1, 1, columns ? length : 4, columns ? 4 : length});
    std::ranges::fill(unit.mutable_as<float>(), 0.0f);
    Tensor spoilt = copy_of(unit);
    for (int64_t i = 0; i < 4; ++i) {
      const auto at = static_cast<size_t>(columns ? bad * 4 + i : i * length + bad);
      unit.mutable_as<float>()[at] = 1;
      spoilt.mutable_as<float>()[at] = std::numeric_limits<float>::quiet_NaN();
    }
    const auto weights = resized(unit), values = resized(spoilt);
    for (size_t i = 0; i < weights.size(); ++i) {
      ASSERT_EQ(std::isnan(values[i]), weights[i] != 0) << length << " to " << out << " at " << i;
    }
  }
}

// Beyond an edge as between pixels.
TEST(Resize, PixelsOfNoWeightDoNotSpreadNaN) {
  for (const std::string mode : {"linear", "cubic"}) {
    for (const std::string coordinates : {"half_pixel", "align_corners", "asymmetric"}) {
      const OpCase op = {
          "Resize", 13, {{"mode", mode}, {"coordinate_transformation_mode", coordinates}}};
      for (const int64_t length : {2, 3, 5, 8}) {
        for (const int64_t out : {1, 2, 3, 4, 5, 7, 9, 13}) {
          SCOPED_TRACE(mode + " " + coordinates);
          expect_no_other_is_spoilt(op, length, out, false);
          expect_no_other_is_spoilt(op, length, out, true);
        }
      }
    }
  }
}

TEST(Resize, NothingToDoCopiesAndEmptyStaysEmpty) {
  const Tensor in = random_tensor({1, 2, 3, 4}, 3);
  expect_equal(run_op({"Resize", 13}, {in, Tensor(), floats({1, 1, 1, 1})})[0], in);
  const Tensor empty = run_op({"Resize", 13}, {in, Tensor(), floats({1, 1, 0.1f, 1})})[0];
  EXPECT_EQ(empty.shape(), (Shape{1, 2, 0, 4}));
}

TEST(Resize, BadOperandsAreErrors) {
  const auto code = [](const std::vector<Tensor>& operands, AttributeList attributes = {}) {
    std::vector<Tensor> inputs = {square()};
    inputs.insert(inputs.end(), operands.begin(), operands.end());
    return error_of([&] { run_op({"Resize", 19, attributes}, inputs); });
  };
  EXPECT_EQ(code({}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({Tensor(), floats({2, 2})}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({Tensor(), floats({1, 1, -2, 2})}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({Tensor(), floats({1, 1, NAN, 2})}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({Tensor(), floats({1, 1, 1e30f, 2})}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({Tensor(), Tensor(), int64_vector({1, 1, -4, 4})}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({Tensor(), Tensor(), int64_vector({1, 1, int64_t{1} << 31, 1})}),
            ErrorCode::InvalidInput);
  EXPECT_EQ(code({Tensor(), floats({2, 2})}, {{"axes", std::vector<int64_t>{2, -2}}}),
            ErrorCode::MalformedModel);
  EXPECT_EQ(code({Tensor(), floats({1, 1, 2, 2})}, {{"mode", std::string("sharp")}}),
            ErrorCode::UnsupportedAttribute);
}

}  // namespace
}  // namespace fovea::test

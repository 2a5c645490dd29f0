// Convolutions of bytes held to their definition: sums as integers, what follows in double.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "images.h"
#include "kernels/quantised/conv.h"

namespace fovea::kernels {
namespace {

struct Parameters {
  bool is_signed = false;
  uint8_t point = 0;
  int largest_weight = 127;
  bool rounds = false;
  bool addend = false;
  bool byte_addend = false;
  bool slopes = false;
  bool to_bytes = true;
  bool signed_output = false;
  bool in_pieces = false;
  bool moderate = false;  // no result is beyond what needs no bounds
};

struct Numbers {
  explicit Numbers(uint32_t seed) : engine(seed) {}
  int whole(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine); }
  float real(float low, float high) {
    return std::uniform_real_distribution<float>(low, high)(engine);
  }
  std::mt19937 engine;
};

class QuantisedConvCase {
 public:
  QuantisedConvCase(const ConvShape& shape, const Parameters& parameters);
  // Whether the algorithm is exact for these weights; then its results are as they should be.
  bool check(const QuantisedAlgorithm& algorithm) const;

 private:
  int64_t sum(int64_t image, int64_t y, int64_t x, int64_t o) const;
  double expected(int64_t at, int64_t sum, int64_t o) const;

  ConvShape shape_;
  Parameters parameters_;
  ByteCodes codes_;
  std::vector<uint8_t> image_;
  std::vector<int16_t> weights_;
  std::vector<int32_t> bias_;
  std::vector<float> scale_, shift_, slopes_, addend_, addend_factors_;
  std::vector<uint8_t> byte_addend_;
  Requantisation to_;
};

QuantisedConvCase::QuantisedConvCase(const ConvShape& shape, const Parameters& parameters)
    : shape_(shape), parameters_(parameters) {
  codes_.flip = parameters.is_signed ? 0x80 : 0;
  Numbers numbers(static_cast<uint32_t>(shape.in_channels * 131 + shape.out_channels));
  const int64_t in = padded_channels(shape.in_channels), out = padded_channels(shape.out_channels);
  image_.resize(static_cast<size_t>(shape.batch * shape.in_h * shape.in_w * in));
  for (uint8_t& byte : image_) byte = static_cast<uint8_t>(numbers.whole(0, 255));
  weights_.resize(static_cast<size_t>(shape.out_channels * shape.group_inputs() * shape.kernel_h *
                                      shape.kernel_w));
  const int largest = parameters.largest_weight;
  for (int16_t& weight : weights_) weight = static_cast<int16_t>(numbers.whole(-largest, largest));
  const auto channels = static_cast<size_t>(round_up(shape.out_channels, kQuantisedPanel));
  bias_.resize(channels);
  scale_.resize(channels);
  shift_.resize(channels);
  slopes_.resize(channels);
  const double spread =
      static_cast<double>(largest) * 75 *
      std::sqrt(static_cast<double>(shape.group_inputs() * shape.kernel_h * shape.kernel_w));
  for (size_t o = 0; o < static_cast<size_t>(shape.out_channels); ++o) {
    bias_[o] = numbers.whole(-1000, 1000);
    scale_[o] = numbers.real(50, 200) / static_cast<float>(spread);
    // Now and then far beyond what bytes hold.
    if (numbers.whole(0, 5) == 0 && !parameters.moderate) scale_[o] *= 1e6f;
    shift_[o] = numbers.real(-3, 3);
    slopes_[o] = numbers.real(-0.5f, 0.9f);
  }
  addend_.resize(static_cast<size_t>(shape.batch * shape.out_h * shape.out_w * out));
  for (float& x : addend_) x = numbers.real(-90, 90);
  to_ = {bias_.data(), scale_.data(), shift_.data()};
  to_.rounds = parameters.rounds;
  to_.rounding = {-100, 155, 0.75f};
  to_.rounds_sum = parameters.rounds && parameters.byte_addend;
  to_.sum_rounding = {-60, 40, 1.5f};
  if (!parameters.slopes) std::ranges::fill(slopes_, 1.0f);
  to_.slopes = slopes_.data();
  if (parameters.addend) to_.addend = addend_.data();
  addend_factors_.resize(channels);
  std::fill_n(addend_factors_.begin(), shape.out_channels, 0.5f);
  to_.addend_factors = addend_factors_.data();
  byte_addend_.resize(addend_.size());
  for (uint8_t& byte : byte_addend_) byte = static_cast<uint8_t>(numbers.whole(0, 255));
  if (parameters.byte_addend) to_.addend_bytes = byte_addend_.data();
  to_.addend_scale = 0.71317f;
  to_.addend_point = 131;
  to_.addend_codes.flip = parameters.is_signed ? 0x80 : 0;
  to_.bends = parameters.slopes || parameters.in_pieces;
  to_.shrinks = true;
  if (parameters.in_pieces) {
    to_.shrinks = false;
    for (float& slope : slopes_) slope *= 3;  // of those that are 1 as well
  }
  if (parameters.is_signed) std::ranges::fill(shift_, 0.0f);
  to_.to_bytes = parameters.to_bytes;
  to_.point = parameters.signed_output ? -37 : 91;
  to_.codes.flip = parameters.signed_output ? 0x80 : 0;
  const int lowest = parameters.signed_output ? -128 : 0;
  to_.low = parameters.to_bytes ? static_cast<float>(lowest - to_.point) : -20.0f;
  to_.high = parameters.to_bytes ? static_cast<float>(lowest + 255 - to_.point) : INFINITY;
  to_.has_high = parameters.rounds;
  to_.has_low = !parameters.moderate;
}

int64_t QuantisedConvCase::sum(int64_t image, int64_t y, int64_t x, int64_t o) const {
  const int64_t in = padded_channels(shape_.in_channels), inputs = shape_.group_inputs();
  const int64_t first = o / shape_.group_outputs() * inputs;
  int64_t sum = 0;
  for (int64_t ky = 0; ky < shape_.kernel_h; ++ky) {
    for (int64_t kx = 0; kx < shape_.kernel_w; ++kx) {
      const int64_t row = y * shape_.stride_h + ky * shape_.dilation_h - shape_.pad_top;
      const int64_t column = x * shape_.stride_w + kx * shape_.dilation_w - shape_.pad_left;
      if (row < 0 || row >= shape_.in_h || column < 0 || column >= shape_.in_w) continue;
      const int64_t pixel = (image * shape_.in_h + row) * shape_.in_w + column;
      for (int64_t i = 0; i < inputs; ++i) {
        const int64_t weight = ((o * inputs + i) * shape_.kernel_h + ky) * shape_.kernel_w + kx;
        sum +=
            weights_[static_cast<size_t>(weight)] *
            codes_.number(image_[static_cast<size_t>(pixel * in + first + i)], parameters_.point);
      }
    }
  }
  return sum;
}

double rounded(const Rounding& rounding, double value) {
  const double inside = std::clamp(value, double{rounding.low}, double{rounding.high});
  return std::nearbyint(inside) * double{rounding.factor};
}

double QuantisedConvCase::expected(int64_t at, int64_t sum, int64_t o) const {
  const auto channel = static_cast<size_t>(o);
  double value =
      static_cast<double>(sum + bias_[channel]) * double{scale_[channel]} + double{shift_[channel]};
  if (to_.rounds) {
    value = rounded(to_.rounding, value);
  }
  if (to_.addend)
    value += double{addend_[static_cast<size_t>(at)]} * double{addend_factors_[channel]};
  if (to_.addend_bytes) {
    const int byte = byte_addend_[static_cast<size_t>(at)] ^ to_.addend_codes.flip;
    value +=
        (byte - to_.addend_point) * double{to_.addend_scale} * double{addend_factors_[channel]};
  }
  if (to_.rounds_sum) value = rounded(to_.sum_rounding, value);
  if (value < 0) value *= double{slopes_[channel]};
  return std::clamp(value, double{to_.low}, double{to_.high});
}

bool QuantisedConvCase::check(const QuantisedAlgorithm& algorithm) const {
  std::vector<int16_t> packed(static_cast<size_t>(algorithm.packed_size(shape_)));
  const int lowest = codes_.number(codes_.flip, parameters_.point);
  if (!algorithm.pack(shape_, lowest, weights_.data(), packed.data())) return false;
  std::vector<int16_t> scratch(static_cast<size_t>(algorithm.scratch_size(shape_)), 12345);
  std::vector<float> floats(addend_.size());
  std::vector<uint8_t> bytes(addend_.size());
  void* output = to_.to_bytes ? static_cast<void*>(bytes.data()) : floats.data();
  const int64_t rows = shape_.batch * shape_.out_h;
  const int64_t step = parameters_.in_pieces ? 3 : rows;
  for (int64_t row = 0; row < rows; row += step) {
    algorithm.run_rows(shape_, codes_, parameters_.point, image_.data(), packed.data(), to_, output,
                       scratch.data(), row, std::min(rows, row + step));
  }
  const int64_t pixel = padded_channels(shape_.out_channels);
  // One that rounds first may do so to either side of a half.
  const double slack = to_.rounds_sum ? 2.3 : to_.rounds ? 0.76 : 1e-3;
  int64_t unlike = 0;
  for (int64_t i = 0; i < std::ssize(addend_); ++i) {
    const int64_t o = i % pixel, x = i / pixel % shape_.out_w;
    const int64_t y = i / pixel / shape_.out_w % shape_.out_h;
    const int64_t image = i / pixel / shape_.out_w / shape_.out_h;
    const auto at = static_cast<size_t>(i);
    if (o >= shape_.out_channels) {
      if (!to_.to_bytes) EXPECT_EQ(floats[at], 0.0f);
      continue;
    }
    const double value = expected(i, sum(image, y, x, o), o);
    const int whole = to_.codes.flip ? static_cast<int8_t>(bytes[at]) : int{bytes[at]};
    const double given = to_.to_bytes ? whole - to_.point : double{floats[at]};
    const double error = std::abs(given - value) - 1e-6 * std::abs(value);
    EXPECT_LE(error, (to_.to_bytes ? 0.5 : 0) + slack) << algorithm.name << " at " << i;
    unlike += error > (to_.to_bytes ? 0.5 : 0) + 1e-3 ? 1 : 0;
    if (testing::Test::HasFailure()) return true;
  }
  EXPECT_LE(unlike, 1 + std::ssize(addend_) / 1000);
  return true;
}

ConvShape square(int64_t in, int64_t out, int64_t side, int64_t kernel, int64_t pad) {
  ConvShape shape;
  shape.in_channels = in;
  shape.out_channels = out;
  shape.in_h = side;
  shape.in_w = side + 3;
  shape.kernel_h = shape.kernel_w = kernel;
  shape.pad_top = shape.pad_left = pad;
  shape.out_h = shape.in_h + 2 * pad - kernel + 1;
  shape.out_w = shape.in_w + 2 * pad - kernel + 1;
  return shape;
}

const Parameters kEpilogues[] = {
    {},
    {.is_signed = true, .point = 0x83, .slopes = true, .signed_output = true},
    {.point = 113, .addend = true},
    {.point = 255, .slopes = true, .to_bytes = false},
    {.is_signed = true, .rounds = true, .slopes = true, .in_pieces = true},
    {.point = 1, .addend = true, .to_bytes = false, .in_pieces = true},
    {.is_signed = true, .point = 9, .byte_addend = true, .slopes = true},
    {.point = 31, .byte_addend = true, .to_bytes = false},
    {.is_signed = true, .point = 77, .slopes = true, .moderate = true},
    {.point = 5, .rounds = true, .byte_addend = true, .slopes = true},
};

// By weights so small that every algorithm is exact.
void check(const ConvShape& shape) {
  for (Parameters parameters : kEpilogues) {
    parameters.largest_weight = static_cast<int>(std::min<int64_t>(127, 700 / shape.in_channels));
    const QuantisedConvCase one(shape, parameters);
    if (is_depthwise(shape)) EXPECT_TRUE(one.check(kQuantisedDepthwise));
    if (shape.group_outputs() % 4 == 0 || shape.groups == 1) {
      EXPECT_TRUE(one.check(kQuantisedDirect));
    }
    if (!is_for_winograd(shape)) continue;
    EXPECT_TRUE(one.check(kQuantisedWinograd4));
    EXPECT_TRUE(one.check(kQuantisedWinograd2));
  }
}

TEST(QuantisedConv, EveryNumberOfChannels) {
  for (int64_t c = 1; c <= 18; ++c) {
    check(square(c, 5, 7, 3, 1));
    check(square(5, c, 7, 3, 1));
    check(square(c, 11, 6, 1, 0));
  }
  check(square(64, 24, 9, 3, 1));
  // Sums in two parts, of channels that are not twice as many.
  for (const int64_t channels : {13, 20, 22, 24}) {
    const QuantisedConvCase parts(square(channels, 11, 10, 3, 1), {.point = 128, .slopes = true});
    EXPECT_TRUE(parts.check(kQuantisedWinograd4));
  }
}

TEST(QuantisedConv, EverySize) {
  for (int64_t side = 1; side <= 10; ++side) check(square(6, 9, side, 3, 1));
  ConvShape wide = square(4, 4, 4, 3, 1);
  for (int64_t width = 1; width <= 50; ++width) {
    wide.in_w = wide.out_w = width;
    check(wide);
  }
  ConvShape images = square(8, 8, 5, 3, 0);
  images.batch = 3;
  check(images);
}

TEST(QuantisedConv, StridesDilationsGroupsAndUnequalPads) {
  for (int64_t stride = 1; stride <= 3; ++stride) {
    for (int64_t dilation = 1; dilation <= 2; ++dilation) {
      for (const int64_t groups : {1, 3}) {
        ConvShape shape;
        shape.batch = 2;
        shape.in_channels = 5 * groups;
        shape.out_channels = 12 * groups;
        shape.groups = groups;
        shape.in_h = 9;
        shape.in_w = 14;
        shape.kernel_h = 2;
        shape.kernel_w = 3;
        shape.stride_h = stride;
        shape.stride_w = 4 - stride;
        shape.dilation_h = shape.dilation_w = dilation;
        shape.pad_top = 2;
        shape.pad_left = 1;
        shape.out_h = (9 + 3 - dilation - 1) / shape.stride_h + 1;
        shape.out_w = (14 + 3 - 2 * dilation - 1) / shape.stride_w + 1;
        check(shape);
      }
    }
  }
}

TEST(QuantisedConv, EveryChannelByItself) {
  const auto depthwise = [](int64_t channels, int64_t height, int64_t width, int64_t kernel_h,
                            int64_t kernel_w, int64_t stride, int64_t pad) {
    ConvShape shape;
    shape.batch = 2;
    shape.in_channels = shape.out_channels = shape.groups = channels;
    shape.in_h = height;
    shape.in_w = width;
    shape.kernel_h = kernel_h;
    shape.kernel_w = kernel_w;
    shape.stride_h = shape.stride_w = stride;
    shape.pad_top = shape.pad_left = pad;
    shape.out_h = (height + 2 * pad - kernel_h) / stride + 1;
    shape.out_w = (width + 2 * pad - kernel_w) / stride + 1;
    return shape;
  };
  for (int64_t channels = 2; channels <= 18; ++channels)
    check(depthwise(channels, 7, 9, 3, 3, 1, 1));
  for (int64_t kernel = 1; kernel <= 6; ++kernel) {
    for (int64_t stride = 1; stride <= 3; ++stride) {
      check(depthwise(12, 8, 11, kernel, 7 - kernel, stride, kernel / 2));
    }
  }
  for (int64_t width = 1; width <= 9; ++width) check(depthwise(4, 3, width, 3, 3, 1, 1));
  ConvShape dilated = depthwise(8, 6, 12, 3, 3, 1, 2);
  dilated.dilation_w = 2;
  dilated.out_w = dilated.in_w;
  check(dilated);
}

// Sums that 576 times leave int32 are not for F(4x4, 3x3), nor are weights that leave a short.
TEST(QuantisedConv, WinogradIsTakenOnlyWhereItIsExact) {
  const auto exact = [](int64_t channels, int weight, const QuantisedAlgorithm& algorithm,
                        int lowest = 0) {
    const ConvShape shape = square(channels, 4, 6, 3, 1);
    std::vector<int16_t> weights(static_cast<size_t>(channels * 4 * 9),
                                 static_cast<int16_t>(weight));
    std::vector<int16_t> packed(static_cast<size_t>(algorithm.packed_size(shape)));
    return algorithm.pack(shape, lowest, weights.data(), packed.data());
  };
  // 127 * 255 * 9 * 12 * 576 is below 2^31, of 13 channels above; of twice as many in two parts.
  EXPECT_TRUE(exact(24, 127, kQuantisedWinograd4));
  EXPECT_FALSE(exact(25, 127, kQuantisedWinograd4));
  EXPECT_TRUE(exact(25, 127, kQuantisedWinograd4, -128));
  EXPECT_FALSE(exact(56, 127, kQuantisedWinograd4, -128));
  EXPECT_TRUE(exact(13, -128, kQuantisedWinograd2));
  EXPECT_FALSE(exact(5, 255, kQuantisedWinograd4));
  EXPECT_TRUE(exact(5, 255, kQuantisedWinograd2));
  const QuantisedConvCase large(square(100, 4, 6, 3, 1), {.point = 200, .largest_weight = 255});
  EXPECT_FALSE(large.check(kQuantisedWinograd4));
  EXPECT_TRUE(large.check(kQuantisedWinograd2));
}

}  // namespace
}  // namespace fovea::kernels

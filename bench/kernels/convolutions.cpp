#include <algorithm>

#include "bench.h"
#include "kernels/conv/conv.h"
#include "kernels/conv_transpose/conv_transpose.h"
#include "kernels/quantised/conv.h"

namespace fovea::bench {
namespace {

using namespace kernels;

// A square image and a kernel that keeps its size but for the stride.
struct Sizes {
  int64_t inputs;
  int64_t outputs;
  int64_t kernel;
  int64_t side;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t groups = 1;
};

ConvShape convolution(const Sizes& sizes) {
  ConvShape shape;
  shape.in_channels = sizes.inputs;
  shape.out_channels = sizes.outputs;
  shape.in_h = shape.in_w = sizes.side;
  shape.out_h = shape.out_w = (sizes.side + sizes.stride - 1) / sizes.stride;
  shape.kernel_h = shape.kernel_w = sizes.kernel;
  shape.stride_h = shape.stride_w = sizes.stride;
  shape.dilation_h = shape.dilation_w = sizes.dilation;
  shape.pad_top = shape.pad_left = sizes.dilation * (sizes.kernel - 1) / 2;
  shape.groups = sizes.groups;
  return shape;
}

ConvTransposeShape transposed_convolution(const Sizes& sizes) {
  ConvTransposeShape shape = convolution(sizes);
  shape.out_h = shape.out_w = sizes.side * sizes.stride;
  return shape;
}

int64_t in_floats(const ConvShape& shape) {
  return shape.in_h * shape.in_w * padded_channels(shape.in_channels);
}

int64_t out_floats(const ConvShape& shape) {
  return shape.out_h * shape.out_w * padded_channels(shape.out_channels);
}

int64_t weight_floats(const ConvShape& shape) {
  return shape.in_channels * shape.group_outputs() * shape.kernel_h * shape.kernel_w;
}

Floats random_image(const ConvShape& shape) {
  Floats image = random_floats(in_floats(shape));
  const int64_t step = padded_channels(shape.in_channels);
  for (int64_t i = 0; i < in_floats(shape); ++i) {
    if (i % step >= shape.in_channels) image[static_cast<size_t>(i)] = 0;
  }
  return image;
}

Floats zeros(int64_t count) { return Floats(static_cast<size_t>(count)); }

template <Precision precision>
Run prepare_convolution(const ConvShape& shape) {
  const ConvAlgorithm& algorithm = choose_algorithm(shape, precision);
  const Floats weights = random_floats(weight_floats(shape));
  Floats packed = zeros(algorithm.packed_size(shape));
  algorithm.pack_weights(shape, dense_weights(shape, weights.data(), nullptr), packed.data());
  return [=, &algorithm, packed = std::move(packed), input = random_image(shape),
          output = zeros(out_floats(shape)),
          scratch = zeros(algorithm.scratch_size(shape))]() mutable {
    const ConvPart whole = {input.data(), shape.in_channels};
    algorithm.run_rows(shape, {&whole, 1}, packed.data(), dense_output(shape, output.data()), {},
                       scratch.data(), 0, shape.out_h);
  };
}

std::vector<int16_t> shorts(int64_t count) {
  return std::vector<int16_t>(static_cast<size_t>(count));
}

// From bytes to bytes.
Run prepare_quantised(const ConvShape& shape) {
  const QuantisedAlgorithm& algorithm = is_for_winograd(shape) ? kQuantisedWinograd4
                                        : is_depthwise(shape)  ? kQuantisedDepthwise
                                                               : kQuantisedDirect;
  std::vector<int16_t> weights = shorts(weight_floats(shape));
  std::ranges::transform(random_floats(weight_floats(shape)), weights.begin(),
                         [](float x) { return static_cast<int16_t>(x * 40); });
  std::vector<int16_t> packed = shorts(algorithm.packed_size(shape));
  algorithm.pack(shape, -128, weights.data(), packed.data());
  std::vector<uint8_t> image(static_cast<size_t>(in_floats(shape)));
  std::ranges::transform(random_floats(in_floats(shape)), image.begin(),
                         [](float x) { return static_cast<uint8_t>(128 + x * 100); });
  const auto channels = static_cast<size_t>(round_up(shape.out_channels, kQuantisedPanel));
  return [=, &algorithm, packed = std::move(packed), image = std::move(image),
          output = std::vector<uint8_t>(static_cast<size_t>(out_floats(shape))),
          scratch = zeros(algorithm.scratch_size(shape)), bias = std::vector<int32_t>(channels),
          scale = Floats(channels, 0.001f), shift = zeros(static_cast<int64_t>(channels)),
          slopes = Floats(channels, 0.1f)]() mutable {
    Requantisation to = {bias.data(), scale.data(), shift.data(), slopes.data(), true, true};
    to.has_low = to.has_high = false;
    to.low = -128;
    to.high = 127;
    to.point = 128;
    algorithm.run_rows(shape, {}, 128, image.data(), packed.data(), to, output.data(),
                       reinterpret_cast<int16_t*>(scratch.data()), 0, shape.out_h);
  };
}

Run prepare_transposed(const ConvTransposeShape& shape) {
  const Floats weights = random_floats(weight_floats(shape));
  Floats packed = zeros(transposed_packed_size(shape));
  pack_transposed_weights(shape, dense_transposed_weights(shape, weights.data(), nullptr),
                          packed.data());
  return [=, packed = std::move(packed), input = random_image(shape),
          output = zeros(out_floats(shape)),
          scratch = zeros(transposed_scratch_size(shape))]() mutable {
    run_transposed_rows(shape, input.data(), packed.data(), dense_output(shape, output.data()), {},
                        scratch.data(), 0, shape.out_h);
  };
}

std::string describe(const char* kind, const Sizes& sizes) {
  const auto text = [](int64_t number) { return std::to_string(number); };
  std::string name = std::string(kind) + " " + text(sizes.kernel) + "x" + text(sizes.kernel) + " " +
                     text(sizes.inputs) + "->" + text(sizes.outputs) + " at " + text(sizes.side);
  if (sizes.stride > 1) name += ", stride " + text(sizes.stride);
  if (sizes.dilation > 1) name += ", dilation " + text(sizes.dilation);
  if (sizes.groups > 1) name += ", groups " + text(sizes.groups);
  return name;
}

// Every tap of the weights is used once for each of `pixels`.
Case make_case(const char* kind, const Sizes& sizes, const ConvShape& shape, int64_t pixels,
               Run (*prepare)(const ConvShape&)) {
  const int64_t weights = weight_floats(shape);
  return {describe(kind, sizes), 2.0 * static_cast<double>(weights * pixels),
          bytes_of_floats(in_floats(shape) + out_floats(shape) + weights),
          [=] { return prepare(shape); }};
}

constexpr Sizes kConvolutions[] = {
    // 3x3 by channels; small images; large ones
    {8, 8, 3, 128},
    {16, 16, 3, 128},
    {24, 24, 3, 128},
    {32, 32, 3, 128},
    {48, 48, 3, 128},
    {64, 64, 3, 128},
    {128, 128, 3, 64},
    {64, 64, 3, 32},
    {16, 16, 3, 1024},
    {24, 24, 3, 512},
    // first and last layers
    {1, 64, 3, 224},
    {3, 16, 3, 256},
    {3, 24, 3, 256},
    {3, 64, 3, 128},
    {64, 3, 3, 128},
    {64, 9, 3, 128},
    {24, 12, 3, 256},
    {64, 48, 3, 128},
    // larger kernels
    {1, 64, 5, 224},
    {32, 3, 5, 384},
    {32, 32, 5, 128},
    {64, 64, 5, 64},
    {64, 64, 7, 64},
    {3, 64, 9, 384},
    {64, 3, 9, 128},
    // 1x1
    {64, 64, 1, 128},
    {64, 32, 1, 384},
    {12, 56, 1, 224},
    {180, 180, 1, 64},
    // strides, dilations, groups
    {32, 64, 3, 128, 2},
    {64, 64, 3, 128, 2},
    {64, 64, 3, 128, 1, 2},
    {64, 64, 3, 128, 1, 1, 4},
    {64, 64, 3, 128, 1, 1, 8},
    {64, 64, 3, 128, 1, 1, 16},
    {128, 128, 3, 56, 1, 1, 32},
    {64, 64, 3, 128, 1, 1, 64},
    {64, 64, 3, 128, 2, 1, 64},
    {64, 64, 5, 128, 1, 1, 64},
    {64, 64, 7, 128, 1, 1, 64},
};

constexpr Sizes kTransposed[] = {
    {56, 1, 9, 224, 3},
    {64, 64, 4, 128, 2},
    {64, 3, 4, 256, 2},
};

}  // namespace

void add_convolutions(Cases& cases) {
  for (const Sizes& sizes : kConvolutions) {
    const ConvShape shape = convolution(sizes);
    const int64_t pixels = shape.out_h * shape.out_w;
    cases.push_back(
        make_case("conv", sizes, shape, pixels, prepare_convolution<Precision::Default>));
    cases.push_back(make_case("quantised", sizes, shape, pixels, prepare_quantised));
    if (&choose_algorithm(shape, Precision::Fast) == &choose_algorithm(shape)) continue;
    cases.push_back(
        make_case("conv, fast,", sizes, shape, pixels, prepare_convolution<Precision::Fast>));
  }
  for (const Sizes& sizes : kTransposed) {
    const ConvTransposeShape shape = transposed_convolution(sizes);
    cases.push_back(
        make_case("conv transposed", sizes, shape, shape.in_h * shape.in_w, prepare_transposed));
  }
}

}  // namespace fovea::bench

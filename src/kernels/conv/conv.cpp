#include "kernels/conv/conv.h"

#include <limits>

#include "kernels/conv/algorithms.h"

namespace fovea::kernels {
namespace {

constexpr const ConvAlgorithm* kAlgorithms[] = {
    &kWinograd4x4,       &kWinograd4x4Blocks,        //
    &kWinograd4x4For5x5, &kWinograd4x4For5x5Blocks,  //
    &kWinograd4x6,       &kWinograd4x6Blocks,        //
    &kWinograd6x6,       &kWinograd6x6Blocks,        //
    &kDepthwiseConv,     &kFewOutputsConv,          &kDirectConv,
};

template <class Allowed>
const ConvAlgorithm& cheapest(const ConvShape& shape, Precision precision,
                              Allowed allowed) noexcept {
  const ConvAlgorithm* best = &kDirectConv;  // which computes any shape
  double least = std::numeric_limits<double>::infinity();
  for (const ConvAlgorithm* algorithm : kAlgorithms) {
    if (!allowed(*algorithm) || !algorithm->applies(shape, precision)) continue;
    const double cost = algorithm->cost(shape);
    if (cost < least) {
      best = algorithm;
      least = cost;
    }
  }
  return *best;
}

}  // namespace

std::span<const ConvAlgorithm* const> conv_algorithms() noexcept { return kAlgorithms; }

// In ninths of the time that one product of the direct algorithm takes.
double direct_cost(const ConvShape& shape) noexcept {
  return 9.0 * static_cast<double>(shape.out_h) * static_cast<double>(shape.out_w) *
         static_cast<double>(shape.kernel_h) * static_cast<double>(shape.kernel_w);
}

double winograd_cost(double products) noexcept { return 20.0 * products; }

const ConvAlgorithm& choose_algorithm_for_any_size(const ConvShape& shape) noexcept {
  return cheapest(shape, Precision::Default,
                  [](const ConvAlgorithm& algorithm) { return algorithm.pays == nullptr; });
}

const ConvAlgorithm& choose_algorithm(const ConvShape& shape, Precision precision) noexcept {
  const ConvAlgorithm& best = cheapest(shape, precision, [](const ConvAlgorithm&) { return true; });
  return best.pays == nullptr || best.pays(shape) ? best : choose_algorithm_for_any_size(shape);
}

const ConvAlgorithm& choose_algorithm_for_large_images(const ConvShape& shape) noexcept {
  // A common multiple of the sides of all tiles, which are 4 and 6: tiles cover such an image
  // exactly, so that its costs are to each other as those of a pixel are.
  constexpr int64_t kSide = 12;
  ConvShape image = shape;
  image.in_h = image.in_w = image.out_h = image.out_w = kSide;
  return choose_algorithm(image);
}

ConvOutput dense_output(const ConvShape& shape, float* data, const float* residual) noexcept {
  const int64_t pixel = padded_channels(shape.out_channels), row = shape.out_w * pixel;
  return {data, residual, pixel, row, shape.out_h * row};
}

StridedWeights dense_weights(const ConvShape& shape, const float* data,
                             const float* biases) noexcept {
  StridedWeights weights;
  weights.data = data;
  weights.biases = biases;
  weights.row_step = shape.kernel_w;
  weights.input_step = shape.kernel_h * shape.kernel_w;
  weights.output_step = shape.group_inputs() * weights.input_step;
  weights.group_step = shape.group_outputs() * weights.output_step;
  return weights;
}

}  // namespace fovea::kernels

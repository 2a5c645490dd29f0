#include "session/warm_up.h"

#include <vector>

#include "kernels/conv.h"

namespace fovea {
namespace {

using namespace kernels;

constexpr int64_t kChannels = 16, kSide = 32;
// V8 compiles a function well after 13 MB of its code have run; of these, transforms take longest.
constexpr int kRuns = 14;

void run_often(int64_t kernel) {
  ConvShape shape;
  shape.in_channels = shape.out_channels = kChannels;
  shape.in_h = shape.in_w = shape.out_h = shape.out_w = kSide;
  shape.kernel_h = shape.kernel_w = kernel;
  shape.pad_top = shape.pad_left = kernel / 2;
  const ConvAlgorithm algorithm = choose_algorithm(shape);
  // Zeros: numbers close to them would be slow.
  const auto floats = [](int64_t count) { return std::vector<float>(static_cast<size_t>(count)); };
  const auto packed = floats(packed_size(shape, algorithm));
  auto scratch = floats(scratch_size(shape, algorithm));
  auto image = floats(kSide * kSide * kChannels), result = image;
  for (int i = 0; i < kRuns; ++i) {
    run_rows(shape, algorithm, image.data(), packed.data(), dense_output(shape, result.data()),
             {.activation = Activation::Relu}, scratch.data(), 0, kSide);
  }
}

}  // namespace

void warm_up() {
  for (const int64_t kernel : {3, 1}) run_often(kernel);
}

}  // namespace fovea

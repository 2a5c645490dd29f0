#include "bench.h"
#include "kernels/movement/layout.h"
#include "kernels/movement/transpose.h"

namespace fovea::bench {
namespace {

using namespace kernels;

struct Permutation {
  const char* name;
  std::vector<int64_t> shape;
  std::vector<int64_t> axes;
};

int64_t element_count(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

Run prepare_transpose(const Permutation& permutation) {
  const int64_t count = element_count(permutation.shape);
  const Transpose transpose(Shape(permutation.shape), permutation.axes, sizeof(float));
  return [=, in = random_floats(count), out = Floats(static_cast<size_t>(count))]() mutable {
    transpose.run(reinterpret_cast<const std::byte*>(in.data()),
                  reinterpret_cast<std::byte*>(out.data()), one_thread());
  };
}

using Convert = void (*)(const float*, float*, int64_t, int64_t, int64_t, int64_t,
                         ThreadPool&) noexcept;

Case conversion(const char* name, Convert convert, int64_t channels, int64_t side) {
  const int64_t pixels = side * side, plain = channels * pixels,
                last = padded_channels(channels) * pixels;
  const auto prepare = [=]() -> Run {
    // Either may be the larger.
    return [=, in = random_floats(last), out = Floats(static_cast<size_t>(last))]() mutable {
      convert(in.data(), out.data(), 1, channels, side, side, one_thread());
    };
  };
  return {name, 0, bytes_of_floats(plain + last), prepare};
}

}  // namespace

void add_transposes(Cases& cases) {
  cases.push_back(conversion("to channels-last, 64 at 256", to_channels_last, 64, 256));
  cases.push_back(conversion("to plain, 64 at 256", to_plain, 64, 256));
  cases.push_back(conversion("to channels-last, 3 at 512", to_channels_last, 3, 512));
  cases.push_back(conversion("to plain, 3 at 512", to_plain, 3, 512));
  const Permutation permutations[] = {
      {"transpose NCHW to NHWC, 64 at 256", {1, 64, 256, 256}, {0, 2, 3, 1}},
      {"transpose NHWC to NCHW, 64 at 256", {1, 256, 256, 64}, {0, 3, 1, 2}},
      {"transpose to 8x8 windows, 180 at 64", {1, 8, 8, 8, 8, 180}, {0, 1, 3, 2, 4, 5}},
      {"transpose to 6 heads of 30", {64, 64, 3, 6, 30}, {2, 0, 3, 1, 4}},
      {"transpose pixel shuffle x4, 3 at 128", {1, 3, 4, 4, 128, 128}, {0, 1, 4, 2, 5, 3}},
      {"transpose matrix 1024x1024", {1024, 1024}, {1, 0}},
  };
  for (const Permutation& permutation : permutations) {
    cases.push_back({permutation.name, 0, bytes_of_floats(2 * element_count(permutation.shape)),
                     [=] { return prepare_transpose(permutation); }});
  }
}

}  // namespace fovea::bench

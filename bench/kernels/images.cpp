#include "bench.h"
#include "image/convert.h"
#include "image/pixels.h"
#include "kernels/reduction/pool.h"
#include "kernels/resize/resize.h"

namespace fovea::bench {
namespace {

using namespace kernels;

using PoolRows = void (*)(const PoolShape&, const float*, float*, int64_t, int64_t) noexcept;

void average_rows(const PoolShape& shape, const float* in, float* out, int64_t begin,
                  int64_t end) noexcept {
  average_pool_rows(shape, in, out, AverageOver::Inside, begin, end);
}

// 2x2 of stride 2 over a channels-last image.
Case pooling(const char* name, PoolRows pool, int64_t channels, int64_t side) {
  const PoolAxis axis{.in = side, .out = side / 2, .kernel = 2, .stride = 2};
  const PoolShape shape{1, channels, {PoolAxis(), axis, axis}};
  const int64_t in_count = channels * side * side;
  const auto prepare = [=]() -> Run {
    return [=, in = random_floats(in_count),
            out = Floats(static_cast<size_t>(in_count / 4))]() mutable {
      pool(shape, in.data(), out.data(), 0, side / 2);
    };
  };
  return {name, 0, bytes_of_floats(in_count + in_count / 4), prepare};
}

Case global_pooling(int64_t channels, int64_t side) {
  const auto prepare = [=]() -> Run {
    return [=, in = random_floats(channels * side * side),
            out = Floats(static_cast<size_t>(channels))]() mutable {
      global_average_images(in.data(), out.data(), channels, side * side, 0, 1);
    };
  };
  return {"global average pool, 64 at 256", 0, bytes_of_floats(channels * side * side), prepare};
}

// Twice as large along two axes of a shape as it lies in memory.
struct Enlargement {
  const char* name;
  std::vector<int64_t> shape;
  size_t first_axis;
  Interpolation interpolation;
};

ResizePlan plan(const Enlargement& enlargement) {
  const ResizeMethod method{.interpolation = enlargement.interpolation};
  std::vector<AxisFilter> filters;
  for (size_t i = 0; i < enlargement.shape.size(); ++i) {
    const int64_t size = enlargement.shape[i];
    const int factor = i == enlargement.first_axis || i == enlargement.first_axis + 1 ? 2 : 1;
    filters.push_back(make_axis_filter(
        method, {.in = size, .out = factor * size, .scale = static_cast<float>(factor)}));
  }
  return plan_resize(enlargement.shape, filters, sizeof(float), 0);
}

Case resizing(const Enlargement& enlargement) {
  int64_t in_count = 1;
  for (const int64_t size : enlargement.shape) in_count *= size;
  const auto prepare = [=]() -> Run {
    const ResizePlan planned = plan(enlargement);
    return
        [=, in = random_floats(in_count), out = Floats(static_cast<size_t>(4 * in_count)),
         scratch = std::vector<std::byte>(static_cast<size_t>(planned.scratch_bytes()))]() mutable {
          resize(planned, in.data(), out.data(), scratch.data(), one_thread());
        };
  };
  return {enlargement.name, 0, bytes_of_floats(5 * in_count), prepare};
}

constexpr int64_t kSide = 512;

// An RGBA picture and the planes of as many pixels, between which `convert` goes.
template <class Convert>
Case pixels(const char* name, int64_t channels, Convert convert) {
  const auto prepare = [=]() -> Run {
    return [=, planes = random_floats(channels * kSide * kSide),
            bytes = std::vector(4 * kSide * kSide, std::byte{100})]() mutable {
      convert(image::whole_pixels(bytes.data(), kSide, kSide, false),
              image::whole_planes(planes.data(), kSide, kSide));
    };
  };
  const double bytes = bytes_of_floats((1 + channels) * kSide * kSide);
  return {name, 0, bytes, prepare};
}

}  // namespace

void add_images(Cases& cases) {
  cases.push_back(pooling("max pool 2x2, 64 at 256", max_pool_rows, 64, 256));
  cases.push_back(pooling("average pool 2x2, 64 at 256", average_rows, 64, 256));
  cases.push_back(global_pooling(64, 256));
  const Enlargement enlargements[] = {
      {"resize x2 nearest, 3 planes of 256", {1, 3, 256, 256}, 2, Interpolation::Nearest},
      {"resize x2 bilinear, 3 planes of 256", {1, 3, 256, 256}, 2, Interpolation::Linear},
      {"resize x2 bicubic, 3 planes of 256", {1, 3, 256, 256}, 2, Interpolation::Cubic},
      {"resize x2 nearest, channels-last 64 at 128", {1, 128, 128, 64}, 1, Interpolation::Nearest},
      {"resize x2 bilinear, channels-last 64 at 128", {1, 128, 128, 64}, 1, Interpolation::Linear},
  };
  for (const Enlargement& enlargement : enlargements) cases.push_back(resizing(enlargement));
  cases.push_back(pixels("pixels to RGB planes at 512", 3, [](auto rgba, auto planes) {
    image::to_planes(rgba, {}, {1 / 255.0f, 0}, planes, one_thread());
  }));
  cases.push_back(pixels("pixels from RGB planes at 512", 3, [](auto rgba, auto planes) {
    image::from_planes(planes, {}, {255, 0}, 255, rgba, one_thread());
  }));
  cases.push_back(pixels("pixels to luma at 512", 1, [](auto rgba, auto planes) {
    image::to_planes(rgba, {.colour = image::Colour::Luma}, {1 / 255.0f, 0}, planes, one_thread());
  }));
}

}  // namespace fovea::bench

#include "image/filter.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/error.h"
#include "kernels/resize/resize.h"

namespace fovea::image {
namespace {

// The cubics of Mitchell and Netravali, "Reconstruction filters in computer graphics" (1988), which
// are those of Keys for b = 0 and c = -a.
double cubic(double x, double b, double c) {
  if (x < 1) return (((12 - 9 * b - 6 * c) * x - 18 + 12 * b + 6 * c) * x * x + 6 - 2 * b) / 6;
  if (x < 2) {
    return ((((-b - 6 * c) * x + 6 * b + 30 * c) * x - 12 * b - 48 * c) * x + 8 * b + 24 * c) / 6;
  }
  return 0;
}

double sinc(double x) {
  if (x == 0) return 1;
  return std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

// What a kernel gives at a distance >= 0, and where it ends.
struct KernelShape {
  int radius;
  double (*weight)(double distance);
};

// By Kernel; Nearest has none.
constexpr KernelShape kShapes[] = {
    {0, nullptr},
    {2, [](double x) { return cubic(x, 0, 0.5); }},
    {2, [](double x) { return cubic(x, 1.0 / 3, 1.0 / 3); }},
    {3, [](double x) { return x < 3 ? sinc(x) * sinc(x / 3) : 0; }},
};

// Outputs [begin, begin + count) of one axis.
struct AxisPart {
  int64_t in, out;
  int64_t begin, count;
};

// A filter of which `first` is relative to an element of the axis, `origin`.
struct PlacedFilter {
  kernels::AxisFilter filter;
  int64_t origin = 0;
};

// The window of an output: where it begins on the axis, and weights that add up to 1.
int64_t weigh(const KernelShape& shape, double shrink, const AxisPart& part, int64_t index,
              std::vector<double>& weights) {
  const auto in = static_cast<double>(part.in), out = static_cast<double>(part.out);
  const double position = ((2 * static_cast<double>(index) + 1) * in - out) / (2 * out);
  const auto taps = static_cast<int64_t>(weights.size());
  const int64_t left = static_cast<int64_t>(std::ceil(position)) - 1;
  const int64_t reach = static_cast<int64_t>(std::ceil(shape.radius * shrink));
  const int64_t begin = std::clamp<int64_t>(left + 1 - reach, 0, part.in - taps);
  double total = 0;
  for (int64_t t = 0; t < taps; ++t) {
    const double distance = std::fabs(static_cast<double>(begin + t) - position) / shrink;
    total += weights[static_cast<size_t>(t)] = shape.weight(distance);
  }
  for (double& weight : weights) weight /= total;
  return begin;
}

PlacedFilter nearest_filter(const AxisPart& part) {
  const auto index_of = [&](int64_t i) { return (2 * i + 1) * part.in / (2 * part.out); };
  PlacedFilter placed;
  placed.origin = index_of(part.begin);
  placed.filter.out = part.count;
  for (int64_t i = part.begin; i < part.begin + part.count; ++i) {
    placed.filter.first.push_back(static_cast<int32_t>(index_of(i) - placed.origin));
  }
  placed.filter.in = placed.filter.first.back() + 1;
  return placed;
}

PlacedFilter axis_filter(Kernel kernel, const AxisPart& part, ColumnTaps padding) {
  if (kernel == Kernel::Nearest) return nearest_filter(part);
  const KernelShape& shape = kShapes[static_cast<int>(kernel)];
  const double shrink = std::max(1.0, static_cast<double>(part.in) / static_cast<double>(part.out));
  const int64_t reach = static_cast<int64_t>(std::ceil(shape.radius * shrink));
  std::vector<double> weights(static_cast<size_t>(std::min(2 * reach, part.in)));
  const size_t used = weights.size();
  const size_t taps = padding == ColumnTaps::InVectors ? (used + 3) / 4 * 4 : used;
  const auto count = static_cast<size_t>(part.count);
  PlacedFilter placed;
  kernels::AxisFilter& filter = placed.filter;
  filter.out = part.count;
  filter.taps = static_cast<int>(taps);
  filter.first.resize(count);
  filter.weights.resize(count * taps, 0.0f);
  for (size_t i = 0; i < count; ++i) {
    const int64_t first = weigh(shape, shrink, part, part.begin + static_cast<int64_t>(i), weights);
    if (i == 0) placed.origin = first;
    filter.first[i] = static_cast<int32_t>(first - placed.origin);
    std::ranges::transform(weights, &filter.weights[i * taps],
                           [](double weight) { return static_cast<float>(weight); });
  }
  filter.in = filter.first.back() + filter.taps;
  return placed;
}

}  // namespace

PartFilter make_part_filter(Kernel kernel, const Placement& placement, const Rect& part,
                            ColumnTaps taps) {
  auto [columns, x] =
      axis_filter(kernel, {placement.width, placement.out_width, part.x, part.width}, taps);
  auto [rows, y] = axis_filter(
      kernel, {placement.height, placement.out_height, part.y, part.height}, ColumnTaps::AsNeeded);
  const Rect source = {x, y, columns.in, rows.in};
  return {std::move(columns), std::move(rows), source};
}

Rect known_source(const PartFilter& filter, const Placement& placement) {
  const Rect known = intersection(filter.source, placement.window);
  if (known.is_empty()) {
    fail(ErrorCode::InvalidInput, "a part of a picture is asked for, of which no pixel is given");
  }
  return known;
}

void filter_row(const PartFilter& filter, const float* plane, int64_t y, float* scratch,
                float* out) noexcept {
  const kernels::AxisFilter& rows = filter.rows;
  const int64_t width = filter.source.width;
  kernels::combine_rows(&rows.weights[static_cast<size_t>(y * rows.taps)], rows.taps,
                        plane + rows.first[static_cast<size_t>(y)] * width, width, width, scratch);
  kernels::resample_row(filter.columns, 0, filter.columns.out, scratch, out);
}

}  // namespace fovea::image

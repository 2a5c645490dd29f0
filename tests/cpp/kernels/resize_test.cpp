#include "kernels/resize/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/integers.h"
#include "support/random.h"

namespace fovea::kernels {
namespace {

constexpr float kExtrapolation = 10.0f;
constexpr CoordinateMode kAllModes[] = {
    CoordinateMode::HalfPixel,        CoordinateMode::HalfPixelSymmetric,
    CoordinateMode::PytorchHalfPixel, CoordinateMode::AlignCorners,
    CoordinateMode::Asymmetric,       CoordinateMode::TfHalfPixelForNn,
    CoordinateMode::TfCropAndResize};

double keys(double x, double a) {
  x = std::fabs(x);
  if (x <= 1) return (a + 2) * x * x * x - (a + 3) * x * x + 1;
  return x < 2 ? a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a : 0;
}

// One output of one axis by the definition: every tap from an unbounded line whose elements outside
// repeat the edge or, with exclude_outside, do not count.
double resize_point(const std::vector<double>& line, const ResizeMethod& method,
                    const AxisScaling& axis, int64_t index) {
  const double x = source_position(method.coordinates, axis, index);
  const auto in = static_cast<int64_t>(line.size());
  const auto at = [&](int64_t i) {
    return line[static_cast<size_t>(std::clamp<int64_t>(i, 0, in - 1))];
  };
  if (method.coordinates == CoordinateMode::TfCropAndResize &&
      (x < 0 || x > static_cast<double>(in - 1))) {
    return static_cast<double>(kExtrapolation);
  }
  if (method.interpolation == Interpolation::Nearest) {
    switch (method.nearest) {
      case NearestMode::RoundPreferFloor:
        return at(static_cast<int64_t>(std::ceil(x - 0.5)));
      case NearestMode::RoundPreferCeil:
        return at(static_cast<int64_t>(std::floor(x + 0.5)));
      case NearestMode::Floor:
        return at(static_cast<int64_t>(std::floor(x)));
      case NearestMode::Ceil:
        return at(static_cast<int64_t>(std::ceil(x)));
    }
  }
  const double scale = method.antialias ? std::min<double>(axis.factor(), 1) : 1;
  const auto reach = static_cast<int64_t>(std::ceil(2 / scale)) + 1;
  double sum = 0, total = 0;
  for (auto i = static_cast<int64_t>(x) - reach; i <= static_cast<int64_t>(x) + reach; ++i) {
    if (method.exclude_outside && (i < 0 || i >= in)) continue;
    const double distance = (static_cast<double>(i) - x) * scale;
    const double weight = method.interpolation == Interpolation::Cubic
                              ? keys(distance, static_cast<double>(method.cubic_a))
                              : std::max(0.0, 1 - std::fabs(distance));
    sum += weight * at(i);
    total += weight;
  }
  return sum / total;
}

// [outer][in][inner] -> [outer][out][inner]
std::vector<double> resize_axis(const std::vector<double>& in, const ResizeMethod& method,
                                const AxisScaling& axis, int64_t outer, int64_t inner) {
  std::vector<double> out(static_cast<size_t>(outer * axis.out * inner));
  std::vector<double> line(static_cast<size_t>(axis.in));
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t j = 0; j < inner; ++j) {
      for (int64_t i = 0; i < axis.in; ++i) {
        line[static_cast<size_t>(i)] = in[static_cast<size_t>((o * axis.in + i) * inner + j)];
      }
      for (int64_t i = 0; i < axis.out; ++i) {
        out[static_cast<size_t>((o * axis.out + i) * inner + j)] =
            resize_point(line, method, axis, i);
      }
    }
  }
  return out;
}

struct Case {
  ResizeMethod method;
  std::vector<AxisScaling> axes;
};

int64_t product(const std::vector<AxisScaling>& axes, size_t begin, size_t end, bool resized) {
  int64_t n = 1;
  for (size_t i = begin; i < end; ++i) n *= resized ? axes[i].out : axes[i].in;
  return n;
}

void check(const Case& c, int threads = 1) {
  std::vector<int64_t> shape;
  std::vector<AxisFilter> filters;
  int taps = 0;
  for (const AxisScaling& axis : c.axes) {
    shape.push_back(axis.in);
    filters.push_back(make_axis_filter(c.method, axis));
    taps += filters.back().taps;
  }
  const std::vector<float> in = test::random_floats(product(c.axes, 0, c.axes.size(), false), 7);
  std::vector<double> want(in.begin(), in.end());
  for (size_t i = 0; i < c.axes.size(); ++i) {
    want = resize_axis(want, c.method, c.axes[i], product(c.axes, 0, i, true),
                       product(c.axes, i + 1, c.axes.size(), false));
  }
  uint32_t extrapolation = 0;
  std::memcpy(&extrapolation, &kExtrapolation, sizeof(extrapolation));
  const ResizePlan plan = plan_resize(shape, filters, sizeof(float), extrapolation);
  std::vector<std::byte> scratch(static_cast<size_t>(plan.scratch_bytes()));
  std::vector<float> got(want.size(), -99.0f);
  ThreadPool pool(threads);
  if (plan.passes.empty()) {
    got = in;
  } else {
    resize(plan, in.data(), got.data(), scratch.data(), pool);
  }
  // Each pass sums its taps, whose weights were rounded once; Keys' weights add up to at most 2.2
  // in magnitude an axis (a = -0.75), more for renormalised borders.
  double largest = 1;
  for (const double value : want) largest = std::max(largest, std::fabs(value));
  const double tolerance =
      6 * (taps + 2) * 0x1p-24 * largest * std::pow(2.2, static_cast<double>(plan.passes.size()));
  for (size_t i = 0; i < want.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(got[i]), want[i],
                c.method.interpolation == Interpolation::Nearest ? 0 : tolerance)
        << "mode " << static_cast<int>(c.method.coordinates) << " interpolation "
        << static_cast<int>(c.method.interpolation) << " at " << i;
  }
}

AxisScaling by_scale(int64_t in, float scale) {
  return {in, static_cast<int64_t>(std::floor(static_cast<float>(in) * scale)), scale};
}
AxisScaling by_size(int64_t in, int64_t out) {
  return {.in = in, .out = out, .ratio = LengthRatio{.to = out, .from = in}};
}
AxisScaling same(int64_t in) { return {in, in, 1.0f}; }

TEST(Resize, EveryMethodAndCoordinateMode) {
  for (const CoordinateMode coordinates : kAllModes) {
    for (const Interpolation interpolation :
         {Interpolation::Nearest, Interpolation::Linear, Interpolation::Cubic}) {
      for (const bool flag : {false, true}) {
        Case c{{.interpolation = interpolation,
                .coordinates = coordinates,
                .cubic_a = flag ? -0.5f : -0.75f,
                .antialias = flag,
                .exclude_outside = flag},
               {}};
        for (const auto& [w, h] : {std::pair{2.0f, 3.0f}, {0.6f, 0.75f}, {1.7f, 0.4f}}) {
          c.axes = {same(2), by_scale(9, h), by_scale(11, w)};
          check(c);
        }
      }
    }
  }
}

TEST(Resize, NearestModes) {
  for (const NearestMode nearest : {NearestMode::RoundPreferFloor, NearestMode::RoundPreferCeil,
                                    NearestMode::Floor, NearestMode::Ceil}) {
    for (const CoordinateMode coordinates : kAllModes) {
      check({{.nearest = nearest, .coordinates = coordinates},
             {by_scale(5, 0.5f), by_scale(6, 2.0f), by_scale(7, 1.5f)}});
    }
  }
}

// The position of an output as a fraction, by the formulas of the specification with scale out/in.
struct Fraction {
  int64_t numerator = 0;
  int64_t denominator = 1;
};

Fraction exact_position(CoordinateMode mode, int64_t in, int64_t out, int64_t x) {
  switch (mode) {
    case CoordinateMode::PytorchHalfPixel:
      if (out == 1) return {};
      [[fallthrough]];
    case CoordinateMode::HalfPixel:
    case CoordinateMode::HalfPixelSymmetric:
      return {(2 * x + 1) * in - out, 2 * out};
    case CoordinateMode::AlignCorners:
      return out == 1 ? Fraction{} : Fraction{x * (in - 1), out - 1};
    case CoordinateMode::Asymmetric:
      return {x * in, out};
    case CoordinateMode::TfHalfPixelForNn:
      return {(2 * x + 1) * in, 2 * out};
    case CoordinateMode::TfCropAndResize:  // of the whole
      return out == 1 ? Fraction{in - 1, 2} : Fraction{x * (in - 1), out - 1};
  }
  return {};
}

// Whole numbers below and above, and twice the distance from the one below, tell each rounding.
int64_t exact_nearest(NearestMode mode, const Fraction& at, int64_t in) {
  const int64_t below = floor_div(at.numerator, at.denominator);
  const int64_t twice_rest = 2 * (at.numerator - below * at.denominator);
  bool up = false;
  if (mode == NearestMode::RoundPreferFloor) up = twice_rest > at.denominator;
  if (mode == NearestMode::RoundPreferCeil) up = twice_rest >= at.denominator;
  if (mode == NearestMode::Ceil) up = twice_rest > 0;
  return std::clamp<int64_t>(below + (up ? 1 : 0), 0, in - 1);
}

TEST(Resize, NearestOfEveryPairOfLengthsIsExact) {
  for (const CoordinateMode coordinates : kAllModes) {
    for (const NearestMode nearest : {NearestMode::RoundPreferFloor, NearestMode::RoundPreferCeil,
                                      NearestMode::Floor, NearestMode::Ceil}) {
      for (int64_t in = 1; in <= 40; ++in) {
        for (int64_t out = 1; out <= 45; ++out) {
          const AxisFilter filter =
              make_axis_filter({.nearest = nearest, .coordinates = coordinates}, by_size(in, out));
          ASSERT_TRUE(filter.outside.empty());
          for (int64_t x = 0; x < out; ++x) {
            ASSERT_EQ(filter.first[static_cast<size_t>(x)],
                      exact_nearest(nearest, exact_position(coordinates, in, out, x), in))
                << "coordinates " << static_cast<int>(coordinates) << " rounding "
                << static_cast<int>(nearest) << ": " << x << " of " << in << " to " << out;
          }
        }
      }
    }
  }
}

TEST(Resize, OddSizesAndTails) {
  for (int64_t in = 1; in <= 9; ++in) {
    for (int64_t out = 1; out <= 19; out += 3) {
      for (const Interpolation interpolation :
           {Interpolation::Nearest, Interpolation::Linear, Interpolation::Cubic}) {
        check({{.interpolation = interpolation}, {same(3), by_size(in, out), same(1)}});
        check({{.interpolation = interpolation}, {same(3), by_size(in, out), same(5)}});
        check({{.interpolation = interpolation, .antialias = true}, {by_size(in, out), same(4)}});
      }
    }
  }
}

TEST(Resize, ThreeAxesAndThreads) {
  for (const Interpolation interpolation :
       {Interpolation::Nearest, Interpolation::Linear, Interpolation::Cubic}) {
    check({{.interpolation = interpolation},
           {same(2), by_scale(5, 2.0f), by_scale(40, 3.0f), by_scale(30, 1.5f)}},
          3);
  }
}

TEST(Resize, CropAndResizeTakesTheRegion) {
  AxisScaling rows = by_size(7, 5), columns = by_size(9, 6);
  rows.roi_start = 0.4f, rows.roi_end = 0.9f;
  columns.roi_start = -0.3f, columns.roi_end = 1.25f;
  for (const Interpolation interpolation :
       {Interpolation::Nearest, Interpolation::Linear, Interpolation::Cubic}) {
    check({{.interpolation = interpolation, .coordinates = CoordinateMode::TfCropAndResize},
           {same(2), rows, columns}});
  }
}

TEST(Resize, NearestMovesAnyElementSize) {
  const AxisFilter filter = make_axis_filter({}, by_scale(3, 2.0f));
  const std::vector<uint16_t> in = {1, 2, 3, 4, 5, 6};
  const ResizePlan plan = plan_resize(std::vector<int64_t>{2, 3},
                                      {make_axis_filter({}, same(2)), filter}, sizeof(uint16_t), 0);
  std::vector<uint16_t> out(12);
  ThreadPool pool(1);
  resize(plan, in.data(), out.data(), nullptr, pool);
  EXPECT_EQ(out, (std::vector<uint16_t>{1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6}));
}

// Worked examples of the ONNX Resize specification.
TEST(Resize, AlignCornersKeepsTheUnroundedLength) {
  const AxisFilter filter = make_axis_filter(
      {.interpolation = Interpolation::Linear, .coordinates = CoordinateMode::AlignCorners},
      by_scale(4, 0.6f));
  const float in[] = {1, 2, 3, 4};
  float out[2];
  resample_row(filter.padded_to_vectors(), 0, filter.out, in, out);
  EXPECT_FLOAT_EQ(out[0], 1.0f);
  EXPECT_NEAR(out[1], 3.142857f, 1e-5f);
}

TEST(Resize, IdentityAxesNeedNoPass) {
  for (const Interpolation interpolation :
       {Interpolation::Nearest, Interpolation::Linear, Interpolation::Cubic}) {
    for (const int64_t in : {1, 2, 3, 10}) {
      EXPECT_TRUE(make_axis_filter({.interpolation = interpolation}, same(in)).is_identity());
    }
    EXPECT_FALSE(make_axis_filter({.interpolation = interpolation}, by_size(4, 8)).is_identity());
  }
}

}  // namespace
}  // namespace fovea::kernels

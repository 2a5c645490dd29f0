#include "kernels/resize/resize_axis.h"

#include <algorithm>
#include <cmath>

namespace fovea::kernels {
namespace {

int64_t nearest_index(NearestMode mode, double position) {
  const double below = std::floor(position);
  const double fraction = position - below;
  bool up = false;
  switch (mode) {
    case NearestMode::RoundPreferFloor:
      up = fraction > 0.5;
      break;
    case NearestMode::RoundPreferCeil:
      up = fraction >= 0.5;
      break;
    case NearestMode::Floor:
      break;
    case NearestMode::Ceil:
      up = fraction > 0.0;
      break;
  }
  return static_cast<int64_t>(below) + (up ? 1 : 0);
}

// Keys, "Cubic convolution interpolation for digital image processing" (1981), with a free.
double cubic(double x, double a) {
  x = std::fabs(x);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((x - 5) * x + 8) * a * x - 4 * a;
  return 0;
}

double linear(double x) { return std::max(0.0, 1 - std::fabs(x)); }

// The continuous kernel of a method on one axis, and how many input elements it reaches.
class Window {
 public:
  Window(const ResizeMethod& method, double scale)
      : cubic_(method.interpolation == Interpolation::Cubic),
        a_(static_cast<double>(method.cubic_a)),
        shrink_(method.antialias ? std::min(scale, 1.0) : 1.0),
        begin_(static_cast<int64_t>(std::floor((cubic_ ? -2 : -1) / shrink_)) + 1) {}

  // Elements left - begin() ... of the window, relative to the element left of the position.
  int64_t begin() const { return begin_; }
  int64_t size() const { return 2 - 2 * begin_; }
  double weight(double distance) const {
    return cubic_ ? cubic(distance * shrink_, a_) : linear(distance * shrink_);
  }

 private:
  bool cubic_;
  double a_;
  double shrink_;
  int64_t begin_;
};

// Writes the window around `position`, with what lies outside folded onto the edges or left out.
void weigh(const Window& window, bool exclude_outside, double position, int64_t in, int taps,
           int32_t* first, double* weights) {
  const int64_t begin = static_cast<int64_t>(std::ceil(position)) - 1 + window.begin();
  const int64_t start = std::clamp<int64_t>(begin, 0, in - taps);
  std::vector<double> folded(static_cast<size_t>(taps), 0.0);
  double total = 0;
  for (int64_t i = begin; i < begin + window.size(); ++i) {
    const int64_t inside = std::clamp<int64_t>(i, 0, in - 1);
    if (exclude_outside && inside != i) continue;
    const double weight = window.weight(static_cast<double>(i) - position);
    folded[static_cast<size_t>(inside - start)] += weight;
    total += weight;
  }
  *first = static_cast<int32_t>(start);
  for (size_t t = 0; t < folded.size(); ++t) weights[t] = folded[t] / total;
}

double position_by_ratio(CoordinateMode mode, const AxisScaling& axis, double x) {
  const auto in = static_cast<double>(axis.in), out = static_cast<double>(axis.out);
  const auto to = static_cast<double>(axis.ratio->to), from = static_cast<double>(axis.ratio->from);
  const double half_pixel = ((2 * x + 1) * from - to) / (2 * to);
  switch (mode) {
    case CoordinateMode::HalfPixel:
      return half_pixel;
    case CoordinateMode::HalfPixelSymmetric:
      return ((2 * x + 1 - out) * from + to * (in - 1)) / (2 * to);
    case CoordinateMode::PytorchHalfPixel:
      return axis.out > 1 ? half_pixel : 0;
    case CoordinateMode::AlignCorners:
      return axis.out > 1 ? x * (in - 1) * from / (to * in - from) : 0;
    case CoordinateMode::Asymmetric:
      return x * from / to;
    case CoordinateMode::TfHalfPixelForNn:
      return (2 * x + 1) * from / (2 * to);
    case CoordinateMode::TfCropAndResize:
      break;
  }
  const auto start = static_cast<double>(axis.roi_start), end = static_cast<double>(axis.roi_end);
  return axis.out > 1 ? start * (in - 1) + x * (end - start) * (in - 1) * from / (to * in - from)
                      : 0.5 * (start + end) * (in - 1);
}

template <class Real>
Real position_by_scale(CoordinateMode mode, const AxisScaling& axis, Real x) {
  const auto in = static_cast<Real>(axis.in), out = static_cast<Real>(axis.out);
  const auto scale = static_cast<Real>(axis.scale);
  const Real half = Real{1} / 2;
  // The output's length before it was rounded; a scale is the float next to what is meant.
  const bool whole = axis.scale == static_cast<float>(axis.out) / static_cast<float>(axis.in);
  const Real resized = whole ? out : scale * in;
  const Real half_pixel = (x + half) / scale - half;
  switch (mode) {
    case CoordinateMode::HalfPixel:
      return half_pixel;
    case CoordinateMode::HalfPixelSymmetric:
      return in / 2 * (1 - out / resized) + half_pixel;
    case CoordinateMode::PytorchHalfPixel:
      return axis.out > 1 ? half_pixel : 0;
    case CoordinateMode::AlignCorners:
      return axis.out > 1 ? x * (in - 1) / (resized - 1) : 0;
    case CoordinateMode::Asymmetric:
      return x / scale;
    case CoordinateMode::TfHalfPixelForNn:
      return (x + half) / scale;
    case CoordinateMode::TfCropAndResize:
      break;
  }
  const auto start = static_cast<Real>(axis.roi_start), end = static_cast<Real>(axis.roi_end);
  return axis.out > 1 ? start * (in - 1) + x * (end - start) * (in - 1) / (resized - 1)
                      : half * (start + end) * (in - 1);
}

}  // namespace

template <class Real>
double source_position(CoordinateMode mode, const AxisScaling& axis, int64_t index) {
  if (axis.ratio) return position_by_ratio(mode, axis, static_cast<double>(index));
  return static_cast<double>(position_by_scale(mode, axis, static_cast<Real>(index)));
}

template double source_position<float>(CoordinateMode, const AxisScaling&, int64_t);
template double source_position<double>(CoordinateMode, const AxisScaling&, int64_t);

AxisFilter make_axis_filter(const ResizeMethod& method, const AxisScaling& axis,
                            Arithmetic arithmetic) {
  const bool nearest = method.interpolation == Interpolation::Nearest;
  const bool wide = arithmetic == Arithmetic::Double && !nearest;
  const auto position_of = wide ? source_position<double> : source_position<float>;
  const Window window(method, axis.factor());
  AxisFilter filter;
  filter.in = axis.in;
  filter.out = axis.out;
  filter.taps = nearest ? 1 : static_cast<int>(std::min(window.size(), axis.in));
  filter.first.resize(static_cast<size_t>(axis.out), 0);
  const auto taps = static_cast<size_t>(filter.taps);
  std::vector<double> weights(filter.first.size() * taps, 0.0);
  for (size_t i = 0; i < filter.first.size(); ++i) {
    const double position = position_of(method.coordinates, axis, static_cast<int64_t>(i));
    const bool inside = position >= 0 && position <= static_cast<double>(axis.in - 1);
    if (method.coordinates == CoordinateMode::TfCropAndResize && !inside) {
      filter.outside.push_back(static_cast<int32_t>(i));
    } else if (nearest) {
      const int64_t index = nearest_index(method.nearest, position);
      filter.first[i] = static_cast<int32_t>(std::clamp<int64_t>(index, 0, axis.in - 1));
      weights[i] = 1;
    } else {
      weigh(window, method.exclude_outside, position, axis.in, filter.taps, &filter.first[i],
            &weights[i * taps]);
    }
  }
  if (wide) {
    filter.wide_weights = std::move(weights);
  } else {
    filter.weights.resize(weights.size());
    std::ranges::transform(weights, filter.weights.begin(),
                           [](double weight) { return static_cast<float>(weight); });
  }
  return filter;
}

bool AxisFilter::is_identity() const {
  if (in != out || !outside.empty()) return false;
  for (size_t i = 0; i < first.size(); ++i) {
    const int64_t t = static_cast<int64_t>(i) - first[i];
    if (t < 0 || t >= taps) return false;
    const size_t at = i * static_cast<size_t>(taps) + static_cast<size_t>(t);
    if (wide_weights.empty() ? weights[at] != 1 : wide_weights[at] != 1) return false;
  }
  return true;
}

AxisFilter AxisFilter::padded_to_vectors() const {
  const int padded = (taps + 3) / 4 * 4;
  if (padded == taps || padded > in) return *this;
  AxisFilter wide{in, out, padded, first, {}, outside, {}};
  wide.weights.resize(first.size() * static_cast<size_t>(padded), 0.0f);
  for (size_t i = 0; i < first.size(); ++i) {
    wide.first[i] = std::min(first[i], static_cast<int32_t>(in) - padded);
    const size_t shift = static_cast<size_t>(first[i] - wide.first[i]);
    std::copy_n(&weights[i * static_cast<size_t>(taps)], taps,
                &wide.weights[i * static_cast<size_t>(padded) + shift]);
  }
  return wide;
}

}  // namespace fovea::kernels

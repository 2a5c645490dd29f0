#include "quantise/range.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "quantise/decibels.h"

namespace fovea::quantise {
namespace {

constexpr int kLevels = 256;

Range with_zero(Range range) { return {std::min(range.low, 0.0), std::max(range.high, 0.0)}; }

// All but this part of the values at each end.
Range percentile(const Histogram& histogram) {
  constexpr double kOutside = 1e-4;
  const auto counts = histogram.counts();
  const double outside = kOutside * static_cast<double>(histogram.total());
  const Range seen = histogram.seen();
  int first = 0, last = Histogram::kBins - 1;
  for (double below = static_cast<double>(counts[0]); below < outside && first < last;) {
    below += static_cast<double>(counts[++first]);
  }
  for (double above = static_cast<double>(counts[last]); above < outside && last > first;) {
    above += static_cast<double>(counts[--last]);
  }
  const double half = histogram.width() / 2;
  return {std::max(seen.low, histogram.middle(first) - half),
          std::min(seen.high, histogram.middle(last) + half)};
}

// The sum of squares of what values lose: outside of the range what they are cut by, inside the
// rounding error of a uniform distribution.
double squared_error(const Histogram& histogram, Range range) {
  const double step = (range.high - range.low) / (kLevels - 1);
  double sum = 0;
  for (int bin = 0; bin < Histogram::kBins; ++bin) {
    const auto count = static_cast<double>(histogram.counts()[bin]);
    if (count == 0) continue;
    const double x = histogram.middle(bin);
    const double cut = x - std::clamp(x, range.low, range.high);
    sum += count * (cut != 0 ? cut * cut : step * step / 12);
  }
  return sum;
}

// The Kullback-Leibler divergence of what the range's levels can tell from what was seen, where
// those outside count for the nearest inside (as Migacz 2017, "8-bit inference with TensorRT").
double divergence(const Histogram& histogram, Range range) {
  std::array<double, kLevels> sums = {};
  std::array<int, kLevels> used = {};
  const double scale = kLevels / (range.high - range.low);
  const auto level = [&](double x) {
    return std::clamp(static_cast<int>((x - range.low) * scale), 0, kLevels - 1);
  };
  std::array<double, Histogram::kBins> seen = {};
  for (int bin = 0; bin < Histogram::kBins; ++bin) {
    const auto count = static_cast<double>(histogram.counts()[bin]);
    if (count == 0) continue;
    const double x = histogram.middle(bin);
    const double inside = std::clamp(x, range.low, range.high);
    const int at =
        inside == x
            ? bin
            : std::clamp(static_cast<int>((inside - histogram.bins().low) / histogram.width()), 0,
                         Histogram::kBins - 1);
    seen[static_cast<size_t>(at)] += count;
    if (inside == x) sums[static_cast<size_t>(level(x))] += count;
  }
  for (int bin = 0; bin < Histogram::kBins; ++bin) {
    if (seen[static_cast<size_t>(bin)] > 0)
      ++used[static_cast<size_t>(level(histogram.middle(bin)))];
  }
  double sum = 0;
  const auto total = static_cast<double>(histogram.total());
  for (int bin = 0; bin < Histogram::kBins; ++bin) {
    const double p = seen[static_cast<size_t>(bin)] / total;
    if (p == 0) continue;
    const auto at = static_cast<size_t>(level(histogram.middle(bin)));
    const double q = std::max(sums[at] / used[at] / total, 1e-12);
    sum += p * natural_logarithm(p / q);
  }
  return sum;
}

// The best of ranges that are parts of what was seen, both ends cut alike or only one of them.
template <class Cost>
Range least(const Histogram& histogram, Cost cost) {
  constexpr int kSteps = 48;
  const Range all = with_zero(histogram.seen());
  if (all.low == all.high) return all;
  Range best = all;
  double least_cost = cost(histogram, all);
  for (int step = 1; step < kSteps; ++step) {
    const double part = 1 - static_cast<double>(step) / (kSteps + 4);
    for (const Range& range : {Range{all.low * part, all.high * part},
                               Range{all.low, all.high * part}, Range{all.low * part, all.high}}) {
      const double next = range.high > range.low ? cost(histogram, range) : least_cost;
      if (next < least_cost) {
        least_cost = next;
        best = range;
      }
    }
  }
  return best;
}

}  // namespace

bool Histogram::add(std::span<const float> values) {
  if (values.empty()) return true;
  float low = std::numeric_limits<float>::infinity(), high = -low;
  bool finite = true;
  for (const float x : values) {
    finite = finite && std::isfinite(x);
    low = std::min(low, x);
    high = std::max(high, x);
  }
  if (!finite) return false;
  reach(low, high);
  for (const float x : values) {
    const int bin = static_cast<int>((x - begin_) / width_);
    ++counts_[static_cast<size_t>(std::clamp(bin, 0, kBins - 1))];
  }
  seen_ = total_ == 0 ? Range{low, high}
                      : Range{std::min<double>(seen_.low, low), std::max<double>(seen_.high, high)};
  total_ += values.size();
  return true;
}

void Histogram::reach(float low, float high) {
  if (width_ == 0) {
    // Of a single value the bins are narrow, but not so that they could not be told apart.
    const double span = std::max(
        {static_cast<double>(high) - low, std::max(std::abs(low), std::abs(high)) * 1e-6, 1e-30});
    begin_ = low;
    width_ = span / kBins;
  }
  const auto merge = [&](bool downwards) {
    std::array<uint64_t, kBins> merged = {};
    const int offset = downwards ? kBins / 2 : 0;
    for (int bin = 0; bin < kBins; ++bin) merged[bin / 2 + offset] += counts_[bin];
    if (downwards) begin_ -= width_ * kBins;
    width_ *= 2;
    counts_ = merged;
  };
  while (low < begin_) merge(true);
  while (high > begin_ + width_ * kBins) merge(false);
}

Range choose_range(const Histogram& histogram, Method method) {
  switch (method) {
    case Method::Percentile:
      return with_zero(percentile(histogram));
    case Method::Mse:
      return least(histogram, squared_error);
    case Method::Entropy:
      return least(histogram, divergence);
    default:
      return with_zero(histogram.seen());
  }
}

Parameters parameters_of(Range range, DType dtype) {
  const int least_byte = dtype == DType::Int8 ? -128 : 0;
  const Range all = with_zero(range);
  const auto scale = static_cast<float>((all.high - all.low) / (kLevels - 1));
  // Nothing but zeros: any scale will do.
  if (!(scale >= std::numeric_limits<float>::min())) return {1, least_byte};
  const auto below = static_cast<int>(std::lround(-all.low / scale));
  return {scale, least_byte + std::clamp(below, 0, kLevels - 1)};
}

Quantiser::Quantiser(Parameters parameters, DType dtype) : scale_(parameters.scale) {
  const int least_byte = dtype == DType::Int8 ? -128 : 0;
  least_ = static_cast<float>(least_byte - parameters.zero_point);
  greatest_ = least_ + (kLevels - 1);
}

float Quantiser::operator()(float x) const {
  return std::clamp(std::nearbyint(x / scale_), least_, greatest_) * scale_;
}

}  // namespace fovea::quantise

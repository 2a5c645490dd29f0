#include "quantise/weights.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/order.h"
#include "quantise/cholesky.h"
#include "quantise/decibels.h"

namespace fovea::quantise {
namespace {

constexpr float kMost = 127;

float scale_for(float largest) {
  const float scale = largest / kMost;
  return scale >= std::numeric_limits<float>::min() ? scale : 1.0f;
}

float largest_of(std::span<const double> row) {
  double largest = 0;
  for (const double x : row) largest = std::max(largest, std::abs(x));
  return static_cast<float>(largest);
}

// One group of a layer: what leads from its inputs to its outputs, inputs in an order of its own.
class Group {
 public:
  Group(const Moments& moments, bool centred);

  // Where a row of weights comes closest to what output `o` should give; in the order of the inputs
  // here.
  void move(int64_t o, std::span<const float> row, std::span<double> to) const;
  // Rounds such a row; gives the error that is left.
  double round(std::span<const double> row, float scale, std::span<int8_t> bytes) const;

 private:
  size_t at(int64_t i) const { return static_cast<size_t>(order_[static_cast<size_t>(i)]); }

  const Moments& moments_;
  bool centred_;
  double damping_ = 0;
  std::vector<int64_t> order_;  // those that vary least first: they are rounded last
  Cholesky factor_;
};

Group::Group(const Moments& moments, bool centred) : moments_(moments), centred_(centred) {
  const int64_t n = moments.inputs();
  double trace = 0;
  for (int64_t i = 0; i < n; ++i) trace += moments.xx(i, i, centred);
  order_ = order_of(static_cast<size_t>(n), [&](int64_t i, int64_t j) {
    return moments.xx(i, i, centred) < moments.xx(j, j, centred);
  });
  // A hundredth of the mean, as GPTQ has it: few samples do not tell everything. Of inputs that
  // never vary nothing is known, and any weight will do.
  damping_ = std::max(0.01 * trace / static_cast<double>(n), 1e-12);
  factor_ = Cholesky(n, [&](int64_t i, int64_t j) {
    return moments.xx(order_[static_cast<size_t>(i)], order_[static_cast<size_t>(j)], centred) +
           (i == j ? damping_ : 0);
  });
}

void Group::move(int64_t o, std::span<const float> row, std::span<double> to) const {
  const int64_t n = moments_.inputs();
  for (int64_t i = 0; i < n; ++i) {
    to[static_cast<size_t>(i)] =
        moments_.xy(o, order_[static_cast<size_t>(i)], centred_) + damping_ * row[at(i)];
  }
  factor_.solve(to);
}

double Group::round(std::span<const double> row, float scale, std::span<int8_t> bytes) const {
  const int64_t n = moments_.inputs();
  std::vector<double> errors(static_cast<size_t>(n));
  double left = 0;
  for (int64_t i = n - 1; i >= 0; --i) {
    const double inherited = factor_.below(i, errors);
    const double target = row[static_cast<size_t>(i)] + inherited;
    const double byte = std::clamp<double>(std::nearbyint(target / scale), -kMost, kMost);
    bytes[at(i)] = static_cast<int8_t>(byte);
    errors[static_cast<size_t>(i)] = row[static_cast<size_t>(i)] - byte * scale;
    const double remaining = factor_.diagonal(i) * (target - byte * scale);
    left += remaining * remaining;
  }
  return left;
}

// All rows as they are to be rounded, and the group that each belongs to.
class Rows {
 public:
  Rows(const Weights& weights, std::span<const Moments> moments, const Options& options)
      : weights_(weights), gptq_(options.rounding == Rounding::Gptq) {
    values_.resize(weights.values.size());
    if (gptq_) {
      for (const Moments& group : moments) groups_.emplace_back(group, options.bias_correction);
    }
    per_group_ = weights.outputs / static_cast<int64_t>(moments.size());
    for (int64_t o = 0; o < weights.outputs; ++o) {
      const auto from = std::span(weights.values).subspan(first(o), length());
      if (gptq_) {
        group(o).move(o % per_group_, from, row(o));
      } else {
        std::ranges::copy(from, row(o).begin());
      }
    }
  }

  std::span<double> row(int64_t o) { return std::span(values_).subspan(first(o), length()); }

  double round(int64_t o, float scale, std::span<int8_t> bytes) {
    if (gptq_) return group(o).round(row(o), scale, bytes);
    for (size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] =
          static_cast<int8_t>(std::clamp<double>(std::nearbyint(row(o)[i] / scale), -kMost, kMost));
    }
    return 0;
  }

  // The best of some scales, and the bytes by it. A row that makes up for errors may gain by being
  // cut.
  float round_by_best_scale(int64_t o, std::span<int8_t> bytes) {
    const float all = largest_of(row(o));
    float best = scale_for(all);
    double least = round(o, best, bytes);
    if (!gptq_) return best;
    std::vector<int8_t> tried(bytes.size());
    for (const float part : {0.95f, 0.9f, 0.85f, 0.8f}) {
      const float scale = scale_for(all * part);
      const double left = round(o, scale, tried);
      if (left >= least) continue;
      least = left;
      best = scale;
      std::ranges::copy(tried, bytes.begin());
    }
    return best;
  }

 private:
  size_t first(int64_t o) const { return static_cast<size_t>(o) * length(); }
  size_t length() const { return static_cast<size_t>(weights_.inputs); }
  const Group& group(int64_t o) const { return groups_[static_cast<size_t>(o / per_group_)]; }

  const Weights& weights_;
  bool gptq_;
  int64_t per_group_;
  std::vector<Group> groups_;
  std::vector<double> values_;
};

// What makes the mean of each output what it should be.
void correct_bias(const Weights& weights, std::span<const Moments> groups, QuantisedWeights& out) {
  const int64_t per_group = weights.outputs / static_cast<int64_t>(groups.size());
  out.bias.resize(static_cast<size_t>(weights.outputs));
  for (int64_t o = 0; o < weights.outputs; ++o) {
    const Moments& moments = groups[static_cast<size_t>(o / per_group)];
    const double scale = out.scales[out.scales.size() == 1 ? 0 : static_cast<size_t>(o)];
    double mean = 0;
    for (int64_t i = 0; i < weights.inputs; ++i) {
      mean += out.values[static_cast<size_t>(o * weights.inputs + i)] * scale * moments.mean_x(i);
    }
    out.bias[static_cast<size_t>(o)] = static_cast<float>(moments.mean_y(o % per_group) - mean);
  }
}

}  // namespace

QuantisedWeights quantise(const Weights& weights, std::span<const Moments> groups,
                          const Options& options) {
  QuantisedWeights out;
  out.bias = weights.bias;
  out.values.resize(weights.values.size());
  const auto bytes = [&](int64_t o) {
    return std::span(out.values)
        .subspan(static_cast<size_t>(o * weights.inputs), static_cast<size_t>(weights.inputs));
  };
  Rows rows(weights, groups, options);
  if (options.per_channel) {
    for (int64_t o = 0; o < weights.outputs; ++o) {
      out.scales.push_back(rows.round_by_best_scale(o, bytes(o)));
    }
  } else {
    float largest = 0;
    for (int64_t o = 0; o < weights.outputs; ++o)
      largest = std::max(largest, largest_of(rows.row(o)));
    out.scales = {scale_for(largest)};
    for (int64_t o = 0; o < weights.outputs; ++o) rows.round(o, out.scales[0], bytes(o));
  }
  if (options.bias_correction) correct_bias(weights, groups, out);
  return out;
}

double signal_to_noise(const Weights& weights, const QuantisedWeights& quantised) {
  double signal = 0, noise = 0;
  for (size_t i = 0; i < weights.values.size(); ++i) {
    const size_t o = i / static_cast<size_t>(weights.inputs);
    const double scale = quantised.scales[quantised.scales.size() == 1 ? 0 : o];
    const double error = weights.values[i] - quantised.values[i] * scale;
    signal += static_cast<double>(weights.values[i]) * weights.values[i];
    noise += error * error;
  }
  return decibels(std::max(signal, 1e-30) / std::max(noise, 1e-30));
}

double noise_to_signal(const QuantisedWeights& weights, std::span<const Moments> groups) {
  double signal = 0, noise = 0;
  size_t o = 0;
  const int8_t* bytes = weights.values.data();
  for (const Moments& moments : groups) {
    for (int64_t output = 0; output < moments.outputs(); ++output, ++o, bytes += moments.inputs()) {
      const double scale = weights.scales[weights.scales.size() == 1 ? 0 : o];
      const double variance = moments.yy(output, true);
      double error = variance;
      for (int64_t i = 0; i < moments.inputs(); ++i) {
        double row = 0;
        for (int64_t j = 0; j < moments.inputs(); ++j) row += moments.xx(i, j, true) * bytes[j];
        error += scale * bytes[i] * (scale * row - 2 * moments.xy(output, i, true));
      }
      signal += variance;
      noise += std::max(error, 0.0);
    }
  }
  return noise / std::max(signal, 1e-30);
}

}  // namespace fovea::quantise

#include "quantise/weights.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "quantise/cholesky.h"
#include "support/random.h"

namespace fovea::quantise {
namespace {

using test::random_floats;

// Samples of what a layer reads, neighbours alike as pixels are, and of what it should give.
struct Samples {
  Samples(int64_t count_, int64_t inputs_, const Weights& weights, uint32_t seed)
      : count(count_), inputs(inputs_) {
    const auto noise = random_floats(count * inputs, seed, -1, 1);
    for (int64_t s = 0; s < count; ++s) {
      double walk = 0.4;
      for (int64_t i = 0; i < inputs; ++i) {
        walk = 0.9 * walk + 0.3 * noise[static_cast<size_t>(s * inputs + i)];
        x.push_back(static_cast<float>(walk));
      }
    }
    for (int64_t s = 0; s < count; ++s) {
      for (int64_t o = 0; o < weights.outputs; ++o)
        y.push_back(static_cast<float>(exact(weights, s, o)));
    }
  }

  double exact(const Weights& weights, int64_t s, int64_t o) const {
    double sum = weights.bias.empty() ? 0 : weights.bias[static_cast<size_t>(o)];
    for (int64_t i = 0; i < inputs; ++i) {
      sum += double{weights.values[static_cast<size_t>(o * inputs + i)]} *
             x[static_cast<size_t>(s * inputs + i)];
    }
    return sum;
  }

  Moments moments(int64_t outputs) const {
    Moments out(inputs, outputs);
    std::vector<float> rows(static_cast<size_t>(count * out.x_stride()));
    for (int64_t s = 0; s < count; ++s) {
      std::copy_n(x.data() + s * inputs, inputs, rows.data() + s * out.x_stride());
    }
    out.add(count, rows.data(), y.data());
    return out;
  }

  // The mean square of the errors that bytes make.
  double loss(const Weights& weights, const QuantisedWeights& quantised) const {
    Weights rounded = weights;
    rounded.bias = quantised.bias;
    for (size_t i = 0; i < rounded.values.size(); ++i) {
      const size_t o = i / static_cast<size_t>(inputs);
      rounded.values[i] =
          quantised.values[i] * quantised.scales[quantised.scales.size() == 1 ? 0 : o];
    }
    double sum = 0;
    for (int64_t s = 0; s < count; ++s) {
      for (int64_t o = 0; o < weights.outputs; ++o) {
        sum += std::pow(exact(rounded, s, o) - y[static_cast<size_t>(s * weights.outputs + o)], 2);
      }
    }
    return sum / static_cast<double>(count * weights.outputs);
  }

  int64_t count, inputs;
  std::vector<float> x, y;
};

Weights random_weights(int64_t outputs, int64_t inputs, bool bias = true) {
  return {outputs, inputs, random_floats(outputs * inputs, 11),
          bias ? random_floats(outputs, 12) : std::vector<float>{}};
}

TEST(Moments, AreThoseOfTheSamples) {
  for (const int64_t inputs : {1, 3, 8, 9, 17}) {
    for (const int64_t outputs : {1, 4, 5}) {
      for (const int64_t count : {1, 255, 257, 600}) {
        const Weights weights = random_weights(outputs, inputs);
        const Samples samples(count, inputs, weights, 5);
        const Moments moments = samples.moments(outputs);
        const auto x = [&](int64_t s, int64_t i) {
          return double{samples.x[static_cast<size_t>(s * inputs + i)]};
        };
        const auto y = [&](int64_t s, int64_t o) {
          return double{samples.y[static_cast<size_t>(s * outputs + o)]};
        };
        const auto mean = [&](auto of) {
          double sum = 0;
          for (int64_t s = 0; s < count; ++s) sum += of(s);
          return sum / static_cast<double>(count);
        };
        const double tolerance = 1e-5 * static_cast<double>(inputs + 4);
        for (int64_t i = 0; i < inputs; ++i) {
          const double mean_i = mean([&](int64_t s) { return x(s, i); });
          EXPECT_NEAR(moments.mean_x(i), mean_i, tolerance);
          for (int64_t j = 0; j < inputs; ++j) {
            const double product = mean([&](int64_t s) { return x(s, i) * x(s, j); });
            const double mean_j = mean([&](int64_t s) { return x(s, j); });
            EXPECT_NEAR(moments.xx(i, j, false), product, tolerance);
            EXPECT_NEAR(moments.xx(i, j, true), product - mean_i * mean_j, tolerance);
          }
          for (int64_t o = 0; o < outputs; ++o) {
            EXPECT_NEAR(moments.xy(o, i, false), mean([&](int64_t s) { return x(s, i) * y(s, o); }),
                        tolerance);
          }
        }
        for (int64_t o = 0; o < outputs; ++o) {
          EXPECT_NEAR(moments.yy(o, false), mean([&](int64_t s) { return y(s, o) * y(s, o); }),
                      10 * tolerance);
        }
      }
    }
  }
}

TEST(Cholesky, SolvesWhatItIsTheFactorOf) {
  for (const int64_t n : {1, 2, 5, 16, 33}) {
    const auto random = random_floats(n * n, 3);
    const auto element = [&](int64_t i, int64_t j) {
      double sum = i == j ? 0.1 : 0;
      for (int64_t k = 0; k < n; ++k) {
        sum +=
            double{random[static_cast<size_t>(i * n + k)]} * random[static_cast<size_t>(j * n + k)];
      }
      return sum;
    };
    const Cholesky factor(n, element);
    std::vector<double> b(static_cast<size_t>(n)), x;
    for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<double>(i) - 1;
    x = b;
    factor.solve(x);
    for (int64_t i = 0; i < n; ++i) {
      double sum = 0;
      for (int64_t j = 0; j < n; ++j) sum += element(i, j) * x[static_cast<size_t>(j)];
      EXPECT_NEAR(sum, b[static_cast<size_t>(i)], 1e-9 * static_cast<double>(n));
    }
  }
}

TEST(QuantisedWeights, RoundToTheNearest) {
  const Weights weights = random_weights(3, 10);
  const Samples samples(64, 10, weights, 1);
  Options options;
  options.rounding = Rounding::Nearest;
  options.bias_correction = false;
  for (const bool per_channel : {true, false}) {
    options.per_channel = per_channel;
    const Moments moments = samples.moments(3);
    const QuantisedWeights quantised = quantise(weights, std::span(&moments, 1), options);
    EXPECT_EQ(quantised.scales.size(), per_channel ? 3u : 1u);
    EXPECT_EQ(quantised.bias, weights.bias);
    int most = 0;
    for (size_t i = 0; i < weights.values.size(); ++i) {
      const float scale = quantised.scales[per_channel ? i / 10 : 0];
      EXPECT_LE(std::abs(weights.values[i] - quantised.values[i] * scale), 0.5001f * scale);
      most = std::max(most, std::abs(int{quantised.values[i]}));
    }
    EXPECT_EQ(most, 127);
  }
}

TEST(QuantisedWeights, MakeUpForTheirErrors) {
  for (const int64_t inputs : {40, 72}) {
    const Weights weights = random_weights(8, inputs);
    const Samples samples(2000, inputs, weights, 2);
    const Moments moments = samples.moments(8);
    Options options;
    const double gptq = samples.loss(weights, quantise(weights, std::span(&moments, 1), options));
    options.rounding = Rounding::Nearest;
    const double nearest =
        samples.loss(weights, quantise(weights, std::span(&moments, 1), options));
    EXPECT_LT(gptq, 0.7 * nearest) << inputs;
    // As reported.
    const auto told =
        noise_to_signal(quantise(weights, std::span(&moments, 1), options), std::span(&moments, 1));
    double signal = 0;
    for (int64_t o = 0; o < 8; ++o) signal += moments.yy(o, true) / 8;
    EXPECT_NEAR(told, nearest / signal, 0.05 * told);
  }
}

TEST(QuantisedWeights, KeepTheMeans) {
  const Weights weights = random_weights(4, 30, false);
  const Samples samples(500, 30, weights, 9);
  const Moments moments = samples.moments(4);
  for (const Rounding rounding : {Rounding::Nearest, Rounding::Gptq}) {
    Options options;
    options.rounding = rounding;
    const QuantisedWeights quantised = quantise(weights, std::span(&moments, 1), options);
    ASSERT_EQ(quantised.bias.size(), 4u);
    for (int64_t o = 0; o < 4; ++o) {
      double mean = quantised.bias[static_cast<size_t>(o)];
      for (int64_t i = 0; i < 30; ++i) {
        mean += quantised.values[static_cast<size_t>(o * 30 + i)] *
                quantised.scales[static_cast<size_t>(o)] * moments.mean_x(i);
      }
      EXPECT_NEAR(mean, moments.mean_y(o), 1e-5);
    }
  }
}

TEST(QuantisedWeights, AreThoseOfEachGroup) {
  const Weights weights = random_weights(6, 9);
  std::vector<Moments> groups;
  std::vector<QuantisedWeights> alone;
  for (int64_t group = 0; group < 3; ++group) {
    const auto from = [&](const std::vector<float>& all, int64_t each) {
      return std::vector<float>(all.begin() + group * each, all.begin() + (group + 1) * each);
    };
    const Weights part{2, 9, from(weights.values, 18), from(weights.bias, 2)};
    groups.push_back(Samples(300, 9, part, static_cast<uint32_t>(group)).moments(2));
    alone.push_back(quantise(part, std::span(&groups.back(), 1), {}));
  }
  const QuantisedWeights all = quantise(weights, groups, {});
  for (size_t i = 0; i < all.values.size(); ++i) {
    EXPECT_EQ(all.values[i], alone[i / 18].values[i % 18]) << i;
  }
  for (size_t o = 0; o < 6; ++o) {
    EXPECT_EQ(all.scales[o], alone[o / 2].scales[o % 2]);
    EXPECT_EQ(all.bias[o], alone[o / 2].bias[o % 2]);
  }
}

TEST(QuantisedWeights, OfZerosAndOfInputsThatNeverVary) {
  for (const Rounding rounding : {Rounding::Nearest, Rounding::Gptq}) {
    Options options;
    options.rounding = rounding;
    const Weights zeros{2, 5, std::vector<float>(10), {}};
    Moments nothing(5, 2);
    const std::vector<float> x(static_cast<size_t>(7 * nothing.x_stride())), y(14);
    nothing.add(7, x.data(), y.data());
    for (const Weights& weights : {zeros, random_weights(2, 5, false)}) {
      const QuantisedWeights quantised = quantise(weights, std::span(&nothing, 1), options);
      for (const float scale : quantised.scales) EXPECT_GT(scale, 0);
      for (size_t i = 0; i < 10; ++i) {
        const float value = quantised.values[i] * quantised.scales[i / 5];
        EXPECT_NEAR(value, weights.values[i], quantised.scales[i / 5]) << i;
      }
    }
  }
}

}  // namespace
}  // namespace fovea::quantise

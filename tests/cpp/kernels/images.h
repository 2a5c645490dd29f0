#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kernels/epilogue.h"
#include "kernels/movement/layout.h"
#include "support/expect_close.h"
#include "support/random.h"
#include "support/reference_conv.h"

namespace fovea::kernels {

using test::expect_close;

// [n][c][size] to channels-last, by definition.
inline std::vector<float> channels_last(const std::vector<float>& plain, int64_t n, int64_t c,
                                        int64_t size) {
  const int64_t pitch = padded_channels(c);
  std::vector<float> out(static_cast<size_t>(n * size * pitch), 0.0f);
  for (int64_t i = 0; i < n * c * size; ++i) {
    const int64_t image = i / (c * size), channel = i / size % c, at = i % size;
    out[static_cast<size_t>((image * size + at) * pitch + channel)] = plain[static_cast<size_t>(i)];
  }
  return out;
}

// Back again; fails the test when a padding lane is not zero.
inline std::vector<float> plain(const std::vector<float>& channels_last, int64_t n, int64_t c,
                                int64_t size) {
  const int64_t pitch = padded_channels(c);
  std::vector<float> out(static_cast<size_t>(n * c * size));
  int64_t dirty = 0;
  for (int64_t i = 0; i < n * size * pitch; ++i) {
    const int64_t image = i / (size * pitch), at = i / pitch % size, channel = i % pitch;
    const float x = channels_last[static_cast<size_t>(i)];
    if (channel < c) {
      out[static_cast<size_t>((image * c + channel) * size + at)] = x;
    } else if (x != 0.0f || std::signbit(x)) {
      ++dirty;
    }
  }
  EXPECT_EQ(dirty, 0) << "padding lanes that are not zero";
  return out;
}

inline double activated(const Epilogue& epilogue, double x, int64_t channel) {
  const auto unit = [](double y) { return std::fmin(std::fmax(y, 0.0), 1.0); };
  const auto& [kind, alpha, beta] = epilogue.activation;
  switch (kind) {
    case Activation::None:
      return x;
    case Activation::Relu:
      return std::fmax(x, 0.0);
    case Activation::LeakyRelu:
      return x < 0 ? alpha * x : x;
    case Activation::PRelu:
      return x < 0 ? epilogue.slopes[channel] * x : x;
    case Activation::Clip:
      return std::fmin(std::fmax(x, static_cast<double>(alpha)), static_cast<double>(beta));
    case Activation::Sigmoid:
      return 1.0 / (1.0 + std::exp(-x));
    case Activation::Tanh:
      return std::tanh(x);
    case Activation::HardSigmoid:
      return unit(alpha * x + beta);
    case Activation::HardSwish:
      return x * unit(x / 6.0 + 0.5);
    case Activation::Swish:
      return x / (1.0 + std::exp(-alpha * x));
    case Activation::Gelu:
      return x * std::erfc(-x / std::sqrt(2.0)) / 2;
    case Activation::Elu:
      return x < 0 ? alpha * std::expm1(x) : x;
    case Activation::Softplus:
      return std::log1p(std::exp(x));
    default:
      ADD_FAILURE() << "there is no reference of activation " << static_cast<int>(kind);
  }
  return x;
}

// Applies residual (may be empty) and epilogue to a reference of channels of `size` elements each.
inline void finish(test::Expected& expected, const std::vector<float>& residual,
                   const Epilogue& epilogue, int64_t channels, int64_t size) {
  for (size_t i = 0; i < expected.values.size(); ++i) {
    double x = expected.values[i], bound = expected.bounds[i];
    if (!residual.empty()) {
      x += residual[i];
      bound += 0x1p-24 * (std::fabs(x) + bound);
    }
    // Every activation's slope is below 1.5; its own roundings are a few ULP of its result.
    const int64_t channel = static_cast<int64_t>(i) / size % channels;
    expected.values[i] = activated(epilogue, x, channel);
    expected.bounds[i] = 1.5 * bound + 6 * 0x1p-23 * std::fabs(expected.values[i]);
    // Stated for x or for the terms of a sum, not for the result.
    const Activation kind = epilogue.activation.kind;
    if (kind == Activation::HardSigmoid || kind == Activation::Elu) expected.bounds[i] += 0x1p-23;
    if (kind == Activation::HardSwish) expected.bounds[i] += 0x1p-23 * std::fabs(x);
    if (kind == Activation::Gelu) expected.bounds[i] += 4 * 0x1p-23 * std::fabs(x);
  }
}

}  // namespace fovea::kernels

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "quantise/moments.h"
#include "quantise/options.h"

namespace fovea::quantise {

// A layer's weights as a matrix, a row for each output; and its biases, none or one for each.
struct Weights {
  int64_t outputs = 0;
  int64_t inputs = 0;  // that one output reads: of its group only
  std::vector<float> values;
  std::vector<float> bias;
};

// The same in bytes: value = scale * byte, a scale for each output or one for all. The sign is
// symmetric: bytes are -127 to 127.
struct QuantisedWeights {
  std::vector<int8_t> values;
  std::vector<float> scales;
  std::vector<float> bias;
};

// Bytes for weights whose layer reads and should give what `groups` tell of each of its groups, the
// outputs in the order of the groups. With Rounding::Gptq the weights are first moved to where the
// layer, reading what it does, comes closest to what it should give; then rounded one after the
// other, each making up for the errors of those before. That is Babai's nearest plane in the
// lattice of the Cholesky factor (Chen et al. 2025, "The geometry of LLM quantization").
QuantisedWeights quantise(const Weights& weights, std::span<const Moments> groups,
                          const Options& options);

// Signal to noise in dB: of the weights to what bytes change in them.
double signal_to_noise(const Weights& weights, const QuantisedWeights& quantised);

// The mean square of the errors of what the layer gives by those weights, its means apart, as a
// part of the variance of what it should give.
double noise_to_signal(const QuantisedWeights& weights, std::span<const Moments> groups);

}  // namespace fovea::quantise

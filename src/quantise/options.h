#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/dtype.h"

namespace fovea::quantise {

// How the range of an activation is chosen.
enum class Method {
  Auto,        // MinMax, and another where the result comes closer to the float model's
  MinMax,      // all that was seen
  Percentile,  // all but the outermost 0.01% at each end
  Mse,         // the range of the least squared error
  Entropy,     // the range that changes the distribution least (Kullback-Leibler)
};

enum class Rounding {
  Nearest,
  Gptq,  // in the order of columns, later ones making up for earlier ones (Frantar et al. 2023)
};

// Where QuantizeLinear and DequantizeLinear are put.
enum class Placement {
  Fused,       // before convolutions and products only: what lies between stays float
  Everywhere,  // around every operator that other engines compute in bytes
};

struct Options {
  Method method = Method::Auto;
  DType activations = DType::Uint8;  // or Int8
  bool per_channel = true;           // a scale for each output channel of the weights
  Rounding rounding = Rounding::Gptq;
  bool bias_correction = true;
  bool equalise = false;  // the ranges of neighbouring layers (Nagel et al. 2019)
  Placement placement = Placement::Fused;
  // Nodes that stay float, by name; nullopt: those whose loss exceeds the budget.
  std::optional<std::vector<std::string>> keep_float;
  double budget_db = 0.1;  // what may be lost of the PSNR, see Quantisation
  double enlargement = 1;  // of a picture's sides, see Quantisation
  double peak = 0;         // white less black of the outputs; 0: the outputs' range on the samples
  bool float16 = false;    // weights that stay float are stored as float16
};

}  // namespace fovea::quantise

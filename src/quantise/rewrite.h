#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "quantise/layers.h"
#include "quantise/network.h"
#include "quantise/range.h"
#include "quantise/weights.h"

namespace fovea::quantise {

// What is known of a layer once it is quantised.
struct QuantisedLayer {
  const Layer* layer = nullptr;
  const QuantisedWeights* weights = nullptr;
};

// An input of a node.
struct Reader {
  size_t node;
  size_t input;
};

// A value that becomes bytes and a float again, for these readers.
struct QuantisedValue {
  std::string_view name;
  Parameters parameters;
  std::vector<Reader> readers;
};

// What a file is to say.
struct Rewriting {
  std::vector<QuantisedLayer> layers;
  std::vector<QuantisedValue> values;
  // Layers that stay float and whose weights are to be stored as float16.
  std::vector<const Layer*> halves;
};

// The model with QuantizeLinear and DequantizeLinear in it. What nobody reads any more is left out.
// A graph's output that is quantised is the float that it becomes again.
std::string rewrite(const Network& network, const Rewriting& rewriting, const Options& options);

}  // namespace fovea::quantise

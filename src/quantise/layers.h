#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quantise/network.h"
#include "quantise/options.h"
#include "quantise/weights.h"
#include "tensor/tensor.h"

namespace fovea::quantise {

// A node that multiplies by constant weights: a Conv of two axes, a Gemm or a MatMul.
struct Layer {
  size_t node = 0;  // of the main graph
  std::string name;
  std::string_view op_type;
  std::string_view input, weights, bias, output;  // values; no bias: empty
  Shape weights_shape;                            // as they are stored
  int64_t groups = 1;
  bool weights_by_column = false;  // outputs are the last axis of the weights, not the first

  int64_t outputs() const { return weights_shape[weights_by_column ? 1 : 0]; }
  // What one output reads.
  int64_t inputs() const { return weights_shape.elements() / (outputs() > 0 ? outputs() : 1); }
  bool is_convolution() const { return op_type == "Conv"; }
};

// A layer that stays as it is, and why.
struct Skipped {
  size_t node = 0;
  std::string name;
  std::string_view op_type;
  std::string reason;
};

struct Layers {
  std::vector<Layer> layers;  // in the order of the nodes
  std::vector<Skipped> skipped;
};

Layers find_layers(const Network& network, const Options& options);

// Whether there would be more layers, or fewer nodes between them, if functions were written out,
// normalisations multiplied into weights and weights in other files were in this one.
bool wants_folding(const Network& network);

// Throws Error(InvalidInput) for a weight that is not finite, with the field "tensor".
Weights weights_of(const Network& network, const Layer& layer);
// Bytes as they are stored, of those by rows of outputs.
std::vector<int8_t> stored_order(const Layer& layer, const std::vector<int8_t>& rows);

// What one output reads of an image, as rows of numbers.
class Columns {
 public:
  // Throws Error(InvalidInput) for an image that does not fit.
  Columns(const Network& network, const Layer& layer, const Shape& image, const Shape& result);

  // Places of the result: each has all outputs.
  int64_t places() const { return places_; }
  // What the outputs of a group read at a place, `inputs()` numbers of the layer; outside of the
  // image 0.
  void read(const float* image, int64_t place, int64_t group, float* to) const;
  // The outputs of a group at a place.
  void results(const float* result, int64_t place, int64_t group, float* to) const;

 private:
  const Layer& layer_;
  int64_t places_ = 0;
  // Of a convolution.
  int64_t channels_ = 0, height_ = 0, width_ = 0, out_height_ = 0, out_width_ = 0;
  int64_t kernel_[2] = {}, strides_[2] = {}, dilations_[2] = {}, pads_[2] = {};
};

}  // namespace fovea::quantise

#include "quantise/equalise.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/error.h"
#include "onnx/edit.h"
#include "quantise/layers.h"
#include "quantise/messages.h"

namespace fovea::quantise {
namespace {

constexpr int kRounds = 3;  // a change of one pair moves what its neighbours are compared by

struct Pair {
  size_t first, second;  // layers
};

bool is_scaled_alike(const onnx::Node& node) {
  return node.op_type == "Relu" || node.op_type == "LeakyRelu" || node.op_type == "PRelu";
}

// The layer that alone reads what `from` makes, itself or by an activation.
std::optional<size_t> only_reader(const Network& network, const std::vector<Layer>& layers,
                                  const Layer& from) {
  std::string_view value = from.output;
  for (const bool activated : {false, true}) {
    if (network.reads(value) != 1 || network.is_graph_output(value)) return std::nullopt;
    const auto layer = std::ranges::find(layers, value, &Layer::input);
    if (layer != layers.end()) return static_cast<size_t>(layer - layers.begin());
    const auto node = std::ranges::find_if(network.nodes(), [&](const onnx::Node& x) {
      return !x.inputs.empty() && x.inputs[0] == value;
    });
    if (activated || node == network.nodes().end() || !is_scaled_alike(*node)) return std::nullopt;
    value = node->outputs[0];
  }
  return std::nullopt;
}

bool is_alone(const Network& network, const Layer& layer) {
  return layer.is_convolution() && network.reads(layer.weights) == 1 &&
         (layer.bias.empty() || network.reads(layer.bias) == 1);
}

std::vector<Pair> find_pairs(const Network& network, const std::vector<Layer>& layers) {
  std::vector<Pair> pairs;
  for (size_t i = 0; i < layers.size(); ++i) {
    const auto next = only_reader(network, layers, layers[i]);
    if (!next || layers[*next].groups != 1) continue;
    if (is_alone(network, layers[i]) && is_alone(network, layers[*next])) {
      pairs.push_back({i, *next});
    }
  }
  return pairs;
}

// Elements of the weights by which a layer makes or reads one of its channels: in a row, and in a
// column of blocks.
template <class Visit>
void for_row(Weights& weights, int64_t channel, Visit visit) {
  for (int64_t i = 0; i < weights.inputs; ++i) {
    visit(weights.values[static_cast<size_t>(channel * weights.inputs + i)]);
  }
}

template <class Visit>
void for_column(Weights& weights, int64_t channel, int64_t channels, Visit visit) {
  const int64_t block = weights.inputs / channels;
  for (int64_t o = 0; o < weights.outputs; ++o) {
    for (int64_t i = 0; i < block; ++i) {
      visit(weights.values[static_cast<size_t>(o * weights.inputs + channel * block + i)]);
    }
  }
}

bool equalise(Weights& first, Weights& second) {
  bool changed = false;
  for (int64_t channel = 0; channel < first.outputs; ++channel) {
    float made = 0, read = 0;
    for_row(first, channel, [&](float x) { made = std::max(made, std::abs(x)); });
    for_column(second, channel, first.outputs,
               [&](float x) { read = std::max(read, std::abs(x)); });
    if (made == 0 || read == 0) continue;
    // Powers of two change no digits.
    int exponent = 0;
    std::frexp(made / read, &exponent);
    const float scale = std::ldexp(1.0f, exponent / 2);
    if (scale == 1 || !std::isfinite(scale)) continue;
    changed = true;
    for_row(first, channel, [&](float& x) { x /= scale; });
    if (!first.bias.empty()) first.bias[static_cast<size_t>(channel)] /= scale;
    for_column(second, channel, first.outputs, [&](float& x) { x *= scale; });
  }
  return changed;
}

void write(const Network& network, const Layer& layer, const Weights& weights,
           onnx::ModelEdit& edit) {
  std::vector<std::string> inputs(network.node(layer.node).inputs.begin(),
                                  network.node(layer.node).inputs.end());
  inputs[1] = network.new_name(text(layer.weights, "_equalised"));
  edit.graph.initializers.push_back(
      tensor_message(inputs[1], layer.weights_shape, std::span<const float>(weights.values)));
  if (!weights.bias.empty()) {
    inputs[2] = network.new_name(text(layer.bias, "_equalised"));
    edit.graph.initializers.push_back(
        tensor_message(inputs[2], Shape{weights.outputs}, std::span<const float>(weights.bias)));
  }
  for (const std::string_view old : {layer.weights, layer.bias}) {
    if (network.is_initializer(old)) edit.graph.removed_initializers.emplace(old);
  }
  edit.graph.nodes[layer.node].inputs = std::move(inputs);
}

}  // namespace

std::string equalise(const Network& network) {
  const std::vector<Layer> layers = find_layers(network, {}).layers;
  std::vector<Weights> weights;
  for (const Layer& layer : layers) weights.push_back(weights_of(network, layer));
  std::vector<bool> changed(layers.size());
  const std::vector<Pair> pairs = find_pairs(network, layers);
  for (int round = 0; round < kRounds; ++round) {
    for (const auto& [first, second] : pairs) {
      if (!equalise(weights[first], weights[second])) continue;
      changed[first] = changed[second] = true;
    }
  }
  onnx::ModelEdit edit;
  for (size_t i = 0; i < layers.size(); ++i) {
    if (changed[i]) write(network, layers[i], weights[i], edit);
  }
  return onnx::edit(std::as_bytes(std::span(network.bytes())), edit);
}

}  // namespace fovea::quantise

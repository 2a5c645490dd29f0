#include "quantise/rewrite.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "onnx/edit.h"
#include "onnx/encode.h"
#include "quantise/messages.h"

namespace fovea::quantise {
namespace {

constexpr float kMostHalf = 65504;

// Names of a scale and of a zero point.
struct ParameterNames {
  std::string scale;
  std::string zero_point;
};

class Rewriter {
 public:
  Rewriter(const Network& network, const Rewriting& what, const Options& options)
      : network_(network), what_(what), options_(options) {}

  std::string run();

 private:
  void quantise_value(const QuantisedValue& value);
  void quantise_weights(const QuantisedLayer& layer);
  void add_bias(const QuantisedLayer& layer);
  void quantise_bias(const QuantisedLayer& layer, const std::string& name);
  void halve_weights(const Layer& layer);

  ParameterNames add_parameters(std::string_view value, std::span<const float> scales,
                                std::span<const std::byte> points, DType dtype);
  // Nodes that go where a value is made.
  std::vector<std::string>& place_after(std::string_view value);
  std::vector<std::string>& inputs_of(size_t node);
  void set_input(size_t node, size_t input, std::string value);
  void forget(std::string_view value);
  void drop(std::string_view value);

  onnx::NodeEdit& edit_of(size_t node) { return edit_.graph.nodes[node]; }
  std::string new_name(std::string_view value, std::string_view suffix) const {
    return network_.new_name(text(value, suffix));
  }

  const Network& network_;
  const Rewriting& what_;
  const Options& options_;
  onnx::ModelEdit edit_;
  Numbers forgotten_;  // how many reads of a value are gone
};

std::string Rewriter::run() {
  for (const QuantisedValue& value : what_.values) quantise_value(value);
  for (const QuantisedLayer& layer : what_.layers) quantise_weights(layer);
  for (const Layer* layer : what_.halves) halve_weights(*layer);
  return onnx::edit(std::as_bytes(std::span(network_.bytes())), edit_);
}

ParameterNames Rewriter::add_parameters(std::string_view value, std::span<const float> scales,
                                        std::span<const std::byte> points, DType dtype) {
  const Shape shape = scales.size() == 1 ? Shape{} : Shape{static_cast<int64_t>(scales.size())};
  ParameterNames names{new_name(value, "_scale"), new_name(value, "_zero_point")};
  edit_.graph.initializers.push_back(tensor_message(names.scale, shape, scales));
  edit_.graph.initializers.push_back(tensor_message(names.zero_point, dtype, shape, points));
  edit_.graph.quantization_annotations.push_back(
      annotation_message(value, names.scale, names.zero_point));
  return names;
}

std::vector<std::string>& Rewriter::place_after(std::string_view value) {
  const auto maker = network_.producer(value);
  return maker ? edit_of(*maker).after : edit_of(0).before;
}

std::vector<std::string>& Rewriter::inputs_of(size_t node) {
  auto& inputs = edit_of(node).inputs;
  if (!inputs) {
    const auto& own = network_.node(node).inputs;
    inputs.emplace(own.begin(), own.end());
  }
  return *inputs;
}

void Rewriter::set_input(size_t node, size_t input, std::string value) {
  std::vector<std::string>& inputs = inputs_of(node);
  if (inputs.size() <= input) inputs.resize(input + 1);
  inputs[input] = std::move(value);
}

void Rewriter::quantise_value(const QuantisedValue& value) {
  const Parameters& parameters = value.parameters;
  const auto point = static_cast<std::byte>(parameters.zero_point);
  const ParameterNames names = add_parameters(value.name, std::span(&parameters.scale, 1),
                                              std::span(&point, 1), options_.activations);
  std::string from(value.name), to;
  if (network_.is_graph_output(value.name)) {
    // The graph's output keeps its name, so what makes it gets another.
    const size_t maker = *network_.producer(value.name);
    const auto& own = network_.node(maker).outputs;
    std::vector<std::string> outputs(own.begin(), own.end());
    from = new_name(value.name, "_float");
    std::ranges::replace(outputs, std::string(value.name), from);
    edit_of(maker).outputs = std::move(outputs);
    to = value.name;
  } else {
    to = new_name(value.name, "_dequantized");
  }
  const std::string bytes = new_name(value.name, "_quantized");
  std::vector<std::string>& nodes = place_after(value.name);
  nodes.push_back(node_message("QuantizeLinear", {from, names.scale, names.zero_point}, bytes));
  nodes.push_back(node_message("DequantizeLinear", {bytes, names.scale, names.zero_point}, to));
  for (const Reader& reader : value.readers) set_input(reader.node, reader.input, to);
}

void Rewriter::quantise_weights(const QuantisedLayer& quantised) {
  const Layer& layer = *quantised.layer;
  const QuantisedWeights& weights = *quantised.weights;
  const std::string bytes = new_name(layer.weights, "_quantized");
  const std::string floats = new_name(layer.weights, "_dequantized");
  const std::vector<std::byte> points(weights.scales.size());
  const ParameterNames names = add_parameters(bytes, weights.scales, points, DType::Int8);
  const std::vector<int8_t> stored = stored_order(layer, weights.values);
  edit_.graph.initializers.push_back(
      tensor_message(bytes, layer.weights_shape, std::span<const int8_t>(stored)));
  const std::vector<IntAttribute> axis = {{"axis", layer.weights_by_column ? 1 : 0}};
  edit_of(layer.node)
      .before.push_back(
          node_message("DequantizeLinear", {bytes, names.scale, names.zero_point}, floats, axis));
  set_input(layer.node, 1, floats);
  forget(layer.weights);
  add_bias(quantised);
}

void Rewriter::add_bias(const QuantisedLayer& quantised) {
  const Layer& layer = *quantised.layer;
  const std::vector<float>& bias = quantised.weights->bias;
  if (bias.empty()) return;
  const std::string name = new_name(layer.bias.empty() ? layer.weights : layer.bias,
                                    layer.bias.empty() ? "_bias" : "_corrected");
  if (options_.placement == Placement::Everywhere) {
    quantise_bias(quantised, name);
  } else {
    edit_.graph.initializers.push_back(tensor_message(
        name, Shape{static_cast<int64_t>(bias.size())}, std::span<const float>(bias)));
    set_input(layer.node, 2, name);
  }
  if (!layer.bias.empty()) forget(layer.bias);
}

// As integers of the sums' own scale, which other engines ask for.
void Rewriter::quantise_bias(const QuantisedLayer& quantised, const std::string& name) {
  const Layer& layer = *quantised.layer;
  const std::vector<float>& bias = quantised.weights->bias;
  const std::vector<float>& weight_scales = quantised.weights->scales;
  const float of_input =
      std::ranges::find(what_.values, layer.input, &QuantisedValue::name)->parameters.scale;
  std::vector<float> scales;
  for (const float scale : weight_scales) scales.push_back(scale * of_input);
  std::vector<int32_t> integers(bias.size());
  for (size_t o = 0; o < bias.size(); ++o) {
    constexpr double kMost = std::numeric_limits<int32_t>::max();
    const double scale = scales[scales.size() == 1 ? 0 : o];
    integers[o] = static_cast<int32_t>(std::clamp(std::nearbyint(bias[o] / scale), -kMost, kMost));
  }
  const std::vector<int32_t> zeros(scales.size());
  const std::string bytes = network_.new_name(name + "_quantized");
  const ParameterNames names =
      add_parameters(bytes, scales, std::as_bytes(std::span(zeros)), DType::Int32);
  edit_.graph.initializers.push_back(tensor_message(bytes, Shape{static_cast<int64_t>(bias.size())},
                                                    std::span<const int32_t>(integers)));
  edit_of(layer.node)
      .before.push_back(node_message("DequantizeLinear", {bytes, names.scale, names.zero_point},
                                     name, {{"axis", 0}}));
  set_input(layer.node, 2, name);
}

void Rewriter::halve_weights(const Layer& layer) {
  const Constant weights = *network_.constant(layer.weights);
  std::vector<Half> halves(weights.values.size());
  std::ranges::transform(weights.values, halves.begin(),
                         [](float x) { return to_half(std::clamp(x, -kMostHalf, kMostHalf)); });
  const std::string half = new_name(layer.weights, "_float16");
  const std::string floats = new_name(layer.weights, "_float32");
  edit_.graph.initializers.push_back(
      tensor_message(half, weights.shape, std::span<const Half>(halves)));
  edit_of(layer.node)
      .before.push_back(
          node_message("Cast", {half}, floats, {{"to", static_cast<int64_t>(DType::Float)}}));
  set_input(layer.node, 1, floats);
  forget(layer.weights);
}

// One reader less. What has none any more goes, and what it was made of.
void Rewriter::forget(std::string_view value) {
  if (++forgotten_[value] < network_.reads(value)) return;
  if (network_.is_initializer(value)) {
    edit_.graph.removed_initializers.emplace(value);
    drop(value);
    return;
  }
  const size_t maker = *network_.producer(value);
  edit_of(maker).removed = true;
  drop(value);
  for (const std::string_view input : network_.node(maker).inputs) forget(input);
}

// What is declared of a value that is no more: as an initialiser may be an input, too.
void Rewriter::drop(std::string_view value) {
  const onnx::Graph& graph = network_.model().graph;
  if (std::ranges::find(graph.value_infos, value, &onnx::ValueInfo::name) !=
      graph.value_infos.end()) {
    edit_.graph.removed_value_infos.emplace(value);
  }
  if (std::ranges::find(graph.inputs, value, &onnx::ValueInfo::name) == graph.inputs.end()) return;
  edit_.graph.inputs.emplace();
  for (const onnx::ValueInfo& input : graph.inputs) {
    if (!edit_.graph.removed_initializers.contains(input.name)) {
      edit_.graph.inputs->push_back(onnx::encode(input));
    }
  }
}

}  // namespace

std::string rewrite(const Network& network, const Rewriting& rewriting, const Options& options) {
  return Rewriter(network, rewriting, options).run();
}

}  // namespace fovea::quantise

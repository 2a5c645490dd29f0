#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "passes/pass.h"

namespace fovea {
namespace {

constexpr std::array<std::string_view, 8> kActivations = {
    "Relu", "LeakyRelu", "PRelu", "Clip", "Sigmoid", "Tanh", "HardSigmoid", "HardSwish"};

bool is_activation(const Node& node) {
  return node.domain.empty() &&
         std::ranges::find(kActivations, std::string_view(node.op_type)) != kActivations.end();
}

bool is_convolution(const Graph& graph, const Node& node) {
  return node.domain.empty() && node.op_type == "Conv" && graph.constant(node.inputs[1]);
}

// The bounds of a Clip whose bounds are constants; nullopt where they come from the run.
std::optional<std::vector<float>> clip_bounds(const Graph& graph, const Node& clip) {
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  constexpr float kHighest = std::numeric_limits<float>::max();
  std::vector<float> bounds = {clip.attributes.get_float("min", kLowest),
                               clip.attributes.get_float("max", kHighest)};
  for (size_t i = 1; i < clip.inputs.size(); ++i) {
    if (clip.inputs[i] == kNoValue) continue;
    const Tensor* bound = graph.constant(clip.inputs[i]);
    if (!bound || bound->elements() != 1 || bound->dtype() != DType::Float) return std::nullopt;
    bounds[i - 1] = bound->as<float>()[0];
  }
  return bounds;
}

// A PRelu slope of one value per output channel, or one for all.
bool is_channel_slope(const Graph& graph, ValueId slope, int64_t channels) {
  const Tensor* tensor = graph.constant(slope);
  if (!tensor || tensor->dtype() != DType::Float) return false;
  if (tensor->elements() == 1) return true;
  const Shape& shape = tensor->shape();
  return tensor->elements() == channels && shape.rank() >= 3 && shape[shape.rank() - 3] == channels;
}

// Gives `convolution` the activation's attributes, or returns false if it cannot carry it.
bool absorb(const Graph& graph, Node& convolution, const Node& activation) {
  const Tensor& weight = *graph.constant(convolution.inputs[1]);
  if (weight.shape().rank() != 4 || weight.dtype() != DType::Float) return false;
  Attributes& attributes = convolution.attributes;
  if (activation.op_type == "Clip") {
    const auto bounds = clip_bounds(graph, activation);
    if (!bounds || (*bounds)[0] > (*bounds)[1]) return false;
    attributes.set("activation_params", *bounds);
  } else if (activation.op_type == "LeakyRelu") {
    attributes.set("activation_params",
                   std::vector<float>{activation.attributes.get_float("alpha", 0.01f)});
  } else if (activation.op_type == "HardSigmoid") {
    attributes.set("activation_params",
                   std::vector<float>{activation.attributes.get_float("alpha", 0.2f),
                                      activation.attributes.get_float("beta", 0.5f)});
  } else if (activation.op_type == "PRelu") {
    if (!is_channel_slope(graph, activation.inputs[1], weight.shape()[0])) return false;
    convolution.inputs.resize(5, kNoValue);
    convolution.inputs[4] = activation.inputs[1];
  }
  attributes.set("activation", activation.op_type);
  return true;
}

}  // namespace

// Moves the activation after a convolution into it: FusedConv(X, W, B?, Z?, slope?) adds Z and then
// applies `activation` with `activation_params` while the sums are still in registers.
void fuse_convolution_epilogue(Graph& graph, const PassContext&) {
  const Uses uses(graph);
  std::vector<bool> absorbed(graph.nodes.size(), false);
  for (size_t index = 0; index < graph.nodes.size(); ++index) {
    Node& convolution = graph.nodes[index];
    if (!is_convolution(graph, convolution)) continue;
    const int reader = uses.only_reader(convolution.outputs[0]);
    if (reader < 0) continue;
    Node& activation = graph.nodes[static_cast<size_t>(reader)];
    if (!is_activation(activation) || activation.inputs[0] != convolution.outputs[0]) continue;
    if (!absorb(graph, convolution, activation)) continue;
    convolution.domain = kInternalDomain;
    convolution.op_type = "FusedConv";
    convolution.name = activation.name;
    convolution.outputs = activation.outputs;
    absorbed[static_cast<size_t>(reader)] = true;
  }
  remove_nodes(graph, absorbed);
}

}  // namespace fovea

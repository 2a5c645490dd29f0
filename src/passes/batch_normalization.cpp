#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "passes/pass.h"

namespace fovea {
namespace {

// y = factor * x + offset per channel, which is what a BatchNormalization does at inference.
struct Affine {
  std::vector<double> factor;
  std::vector<double> offset;
};

std::optional<Affine> affine_of(const Graph& graph, const Node& node, int64_t channels) {
  if (!node.domain.empty() || node.op_type != "BatchNormalization" || node.inputs.size() != 5 ||
      node.attributes.get_int("training_mode", 0) != 0 ||
      node.attributes.get_int("is_test", 1) == 0 || node.attributes.get_int("spatial", 1) == 0) {
    return std::nullopt;
  }
  const bool only_y = std::ranges::all_of(node.outputs.begin() + 1, node.outputs.end(),
                                          [](ValueId id) { return id == kNoValue; });
  if (!only_y) return std::nullopt;
  std::array<std::vector<float>, 4> parameters;  // scale, bias, mean, variance
  for (size_t i = 0; i < 4; ++i) {
    const Tensor* tensor = graph.constant(node.inputs[i + 1]);
    if (!tensor || tensor->dtype() != DType::Float || tensor->elements() != channels) {
      return std::nullopt;
    }
    parameters[i] = to_floats(*tensor);
  }
  const double epsilon = node.attributes.get_float("epsilon", 1e-5f);
  Affine affine;
  for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
    const double factor = parameters[0][c] / std::sqrt(parameters[3][c] + epsilon);
    affine.factor.push_back(factor);
    affine.offset.push_back(parameters[1][c] - parameters[2][c] * factor);
  }
  return affine;
}

struct Parameters {
  Tensor weight;
  Tensor bias;
};

Parameters folded(const Tensor& weight, const Tensor* bias, const Affine& affine) {
  const int64_t channels = weight.shape()[0];
  Parameters out{Tensor::allocate(DType::Float, weight.shape()),
                 Tensor::allocate(DType::Float, {channels})};
  const int64_t kernel = weight.shape().elements(1, weight.shape().rank());
  const auto source = weight.as<float>();
  const auto target = out.weight.mutable_as<float>();
  for (size_t c = 0; c < static_cast<size_t>(channels); ++c) {
    const double factor = affine.factor[c];
    for (size_t k = 0; k < static_cast<size_t>(kernel); ++k) {
      const size_t at = c * static_cast<size_t>(kernel) + k;
      target[at] = static_cast<float>(source[at] * factor);
    }
    const double old = bias ? bias->as<float>()[c] : 0.0;
    out.bias.mutable_as<float>()[c] = static_cast<float>(old * factor + affine.offset[c]);
  }
  return out;
}

// The parameters of `convolution` with the normalisation `next` multiplied in, where that is legal.
std::optional<Parameters> fold(const Graph& graph, const Node& convolution, const Node& next) {
  const Tensor* weight = graph.constant(convolution.inputs[1]);
  if (!weight || weight->dtype() != DType::Float || weight->shape().rank() < 3) return std::nullopt;
  const bool has_bias = convolution.inputs.size() > 2 && convolution.inputs[2] != kNoValue;
  const Tensor* bias = has_bias ? graph.constant(convolution.inputs[2]) : nullptr;
  const int64_t channels = weight->shape()[0];
  if (has_bias && (!bias || bias->dtype() != DType::Float || bias->elements() != channels)) {
    return std::nullopt;
  }
  const auto affine = affine_of(graph, next, channels);
  if (!affine) return std::nullopt;
  return folded(*weight, bias, *affine);
}

}  // namespace

// Multiplies the BatchNormalization after a Conv into its weights.
void fold_batch_normalization(Graph& graph, const PassContext&) {
  const Uses uses(graph);
  std::vector<bool> absorbed(graph.nodes.size(), false);
  for (size_t index = 0; index < graph.nodes.size(); ++index) {
    Node& convolution = graph.nodes[index];
    if (!convolution.domain.empty() || convolution.op_type != "Conv") continue;
    const int reader = uses.only_reader(convolution.outputs[0]);
    if (reader < 0) continue;
    const Node& next = graph.nodes[static_cast<size_t>(reader)];
    const auto parameters = fold(graph, convolution, next);
    if (!parameters) continue;
    convolution.inputs = {convolution.inputs[0],
                          graph.add_constant(convolution.name + "/weight", parameters->weight),
                          graph.add_constant(convolution.name + "/bias", parameters->bias)};
    convolution.outputs = {next.outputs[0]};
    absorbed[static_cast<size_t>(reader)] = true;
  }
  remove_nodes(graph, absorbed);
}

}  // namespace fovea

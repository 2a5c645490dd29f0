#include <algorithm>
#include <array>
#include <cmath>

#include "passes/convolution.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// y = factor * x + offset, per channel.
struct Affine {
  explicit Affine(int64_t channels)
      : factor(static_cast<size_t>(channels), 1.0), offset(static_cast<size_t>(channels), 0.0) {}

  std::vector<double> factor;
  std::vector<double> offset;
};

bool is_finite(const Affine& affine) {
  const auto finite = [](double value) { return std::isfinite(static_cast<float>(value)); };
  return std::ranges::all_of(affine.factor, finite) && std::ranges::all_of(affine.offset, finite);
}

// What a BatchNormalization does at inference.
std::optional<Affine> normalization_of(const Rewriter& graph, const Node& node, int64_t channels) {
  if (node.inputs.size() != 5 || node.attributes.get_int("training_mode", 0) != 0 ||
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
  Affine affine(channels);
  for (size_t c = 0; c < affine.factor.size(); ++c) {
    affine.factor[c] = parameters[0][c] / std::sqrt(parameters[3][c] + epsilon);
    affine.offset[c] = parameters[1][c] - parameters[2][c] * affine.factor[c];
  }
  return affine;
}

// What Add, Sub, Mul and Div of `x` and constants per channel do.
std::optional<Affine> arithmetic_of(const Rewriter& graph, const Node& node, ValueId x,
                                    const Convolution& convolution) {
  const bool known =
      is_op(node, "Add") || is_op(node, "Sub") || is_op(node, "Mul") || is_op(node, "Div");
  if (!known) return std::nullopt;
  const bool x_first = node.inputs[0] == x;
  const auto values = channel_values(graph.graph(), node.inputs[x_first ? 1 : 0],
                                     convolution.channels, convolution.rank());
  if (!values) return std::nullopt;
  Affine affine(convolution.channels);
  for (size_t c = 0; c < values->size(); ++c) {
    const double value = (*values)[c];
    if (node.op_type == "Mul") {
      affine.factor[c] = value;
    } else if (node.op_type == "Div" && x_first) {
      affine.factor[c] = 1.0 / value;
    } else if (node.op_type == "Add") {
      affine.offset[c] = value;
    } else if (node.op_type == "Sub") {
      affine.factor[c] = x_first ? 1.0 : -1.0;
      affine.offset[c] = x_first ? -value : value;
    } else {
      return std::nullopt;
    }
  }
  return affine;
}

// What `node` makes of the convolution's result `x`, where that is the same for all pixels.
std::optional<Affine> affine_of(const Rewriter& graph, const Node& node, ValueId x,
                                const Convolution& convolution) {
  auto affine = is_op(node, "BatchNormalization")
                    ? normalization_of(graph, node, convolution.channels)
                    : arithmetic_of(graph, node, x, convolution);
  // Infinities would become NaN where a weight is 0.
  return affine && is_finite(*affine) ? affine : std::nullopt;
}

Tensor scaled_weight(const Convolution& convolution, const Affine& affine) {
  const Shape& shape = convolution.weight->shape();
  Tensor out = Tensor::allocate(DType::Float, shape);
  const int64_t taps = shape.elements(2, shape.rank());
  const float* from = convolution.weight->as<float>().data();
  float* to = out.mutable_as<float>().data();
  for (int64_t row = 0; row < shape[0]; ++row) {
    for (int64_t column = 0; column < shape[1]; ++column) {
      const auto channel = static_cast<size_t>(convolution.channel_of(row, column));
      const double factor = affine.factor[channel];
      for (int64_t tap = 0; tap < taps; ++tap) *to++ = static_cast<float>(*from++ * factor);
    }
  }
  return out;
}

Tensor scaled_bias(const Tensor* bias, const Affine& affine) {
  const size_t channels = affine.factor.size();
  Tensor out = Tensor::allocate(DType::Float, {static_cast<int64_t>(channels)});
  for (size_t c = 0; c < channels; ++c) {
    const double old = bias ? bias->as<float>()[c] : 0.0;
    out.mutable_as<float>()[c] = static_cast<float>(old * affine.factor[c] + affine.offset[c]);
  }
  return out;
}

bool has_usable_bias(const Rewriter& graph, const Node& node, const Convolution& convolution) {
  if (input_of(node, 2) == kNoValue) return true;
  const Tensor* bias = graph.constant(node.inputs[2]);
  return bias && bias->dtype() == DType::Float && bias->elements() == convolution.channels;
}

bool is_finite(const Tensor& tensor) {
  return std::ranges::all_of(tensor.as<float>(), [](float value) { return std::isfinite(value); });
}

// The convolution with the name and result of `next`, which its weights take in. nullopt where a
// float cannot hold a product: the convolution's sums may be small where its weights are large, so
// that scaling the sums does what scaling the weights cannot.
std::optional<Node> folded(Rewriter& graph, const Node& node, const Node& next,
                           const Convolution& convolution) {
  const auto affine = affine_of(graph, next, node.outputs[0], convolution);
  if (!affine) return std::nullopt;
  Tensor weight = scaled_weight(convolution, *affine);
  Tensor bias = scaled_bias(graph.constant(input_of(node, 2)), *affine);
  if (!is_finite(weight) || !is_finite(bias)) return std::nullopt;
  Node out = node;
  out.name = next.name;
  out.outputs = {next.outputs[0]};
  out.inputs = {node.inputs[0], graph.add_constant(next.name + "/weight", std::move(weight)),
                graph.add_constant(next.name + "/bias", std::move(bias))};
  return out;
}

// Moves the convolution down to what follows it, if that can be taken in; kNoNode if it cannot.
NodeId take_in_next(Rewriter& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto convolution = convolution_of(graph.graph(), node);
  if (!convolution || !has_usable_bias(graph, node, *convolution)) return kNoNode;
  const NodeId reader = graph.only_reader(node.outputs[0]);
  if (reader == kNoNode) return kNoNode;
  auto taken = folded(graph, node, graph.node(reader), *convolution);
  if (!taken) return kNoNode;
  graph.replace(reader, std::move(*taken));
  return reader;
}

}  // namespace

// Multiplies what follows a convolution and is affine per channel into its weights and bias:
// BatchNormalization, and Add, Sub, Mul and Div of constants.
void fold_convolution_affine(Rewriter& graph, const PassContext&) {
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    for (NodeId at = id; at != kNoNode;) at = take_in_next(graph, at);
  }
}

}  // namespace fovea

#include "passes/images.h"

#include <algorithm>
#include <array>

#include "passes/convolution.h"

namespace fovea {
namespace {

// Operators whose result has the shape of input 0.
constexpr std::array<std::string_view, 11> kKeepShape = {
    "BatchNormalization", "Cast",  "Clip", "Elu",     "HardSigmoid", "HardSwish",
    "LeakyRelu",          "PRelu", "Relu", "Sigmoid", "Tanh"};

// Operators whose result has the rank of their input of largest rank.
constexpr std::array<std::string_view, 5> kKeepRank = {"Add", "Concat", "Div", "Mul", "Sub"};

std::optional<int64_t> size_of(const Dim& dim) {
  const auto* size = std::get_if<int64_t>(&dim);
  return size ? std::optional(*size) : std::nullopt;
}

bool keeps_size(const Node& node, const Convolution& convolution) {
  const Attributes& attributes = node.attributes;
  if (convolution.transposed || attributes.get_string("auto_pad", "NOTSET") != "NOTSET") {
    return false;
  }
  const auto strides = attributes.get_ints("strides", {1, 1});
  const auto dilations = attributes.get_ints("dilations", {1, 1});
  const auto pads = attributes.get_ints("pads", {0, 0, 0, 0});
  if (strides != std::vector<int64_t>{1, 1} || dilations.size() != 2 || pads.size() != 4) {
    return false;
  }
  const Shape& weight = convolution.weight->shape();
  return pads[0] + pads[2] == dilations[0] * (weight[2] - 1) &&
         pads[1] + pads[3] == dilations[1] * (weight[3] - 1);
}

// What the first output of a node is, given what the values before it are.
std::optional<Image> result_of(const Graph& graph, const Node& node, const Images& images) {
  const auto image = [&](ValueId id) {
    return id == kNoValue ? std::nullopt : images[static_cast<size_t>(id)];
  };
  if (const auto convolution = convolution_of(graph, node)) {
    if (convolution->rank() != kImageRank) return std::nullopt;
    return keeps_size(node, *convolution) ? image(node.inputs[0]).value_or(Image{}) : Image{};
  }
  if (!node.domain.empty()) return std::nullopt;
  if (std::ranges::find(kKeepShape, node.op_type) != kKeepShape.end()) return image(node.inputs[0]);
  if (std::ranges::find(kKeepRank, node.op_type) == kKeepRank.end()) return std::nullopt;
  const auto fits = [&](ValueId id) {
    const Tensor* constant = graph.constant(id);
    return image(id).has_value() || (constant && constant->shape().rank() <= kImageRank);
  };
  const bool any = std::ranges::any_of(node.inputs, [&](ValueId id) { return !!image(id); });
  return any && std::ranges::all_of(node.inputs, fits) ? std::optional(Image{}) : std::nullopt;
}

}  // namespace

Images images_of(const Graph& graph) {
  Images images(graph.values.size());
  for (const ValueId input : graph.inputs) {
    const auto& shape = graph.value(input).shape;
    if (!shape || std::ssize(*shape) != kImageRank) continue;
    images[static_cast<size_t>(input)] = Image{size_of((*shape)[2]), size_of((*shape)[3])};
  }
  for (const Node& node : graph.nodes) {
    if (node.outputs.empty() || node.outputs[0] == kNoValue) continue;
    images[static_cast<size_t>(node.outputs[0])] = result_of(graph, node, images);
  }
  return images;
}

}  // namespace fovea

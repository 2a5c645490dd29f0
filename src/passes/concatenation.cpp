#include <algorithm>
#include <optional>

#include "kernels/conv.h"
#include "ops/core/conv_step.h"
#include "passes/convolution.h"
#include "passes/pass.h"

namespace fovea {
namespace {

bool is_fused(const Node& node) {
  return node.domain == kInternalDomain && node.op_type == "FusedConv";
}

const Tensor* conv_weight(const Graph& graph, const Node& node) {
  if (is_fused(node)) return graph.constant(node.inputs[kConvWeights]);
  const auto convolution = convolution_of(graph, node);
  return convolution && !convolution->transposed ? convolution->weight : nullptr;
}

// The channels of what a convolution makes, be it added to or scaled since.
std::optional<int64_t> channels_of(const Graph& graph, const Uses& uses, ValueId id) {
  constexpr int kFarthest = 4;  // such as the residuals of residuals
  for (int i = 0; i < kFarthest && id != kNoValue; ++i) {
    const int producer = uses.producer(id);
    if (producer < 0) return std::nullopt;
    const Node& node = graph.nodes[static_cast<size_t>(producer)];
    if (const Tensor* weight = conv_weight(graph, node)) {
      if (node.attributes.has("blocksize")) return std::nullopt;
      return weight->shape()[0];
    }
    if (node.op_type != "Add" && node.op_type != "Mul") return std::nullopt;
    id = node.inputs[graph.constant(node.inputs[0]) ? 1 : 0];
  }
  return std::nullopt;
}

// Whether the node is a convolution of images, of so many channels altogether, that is computed
// from parts unless they are tiny.
bool takes_parts(const Graph& graph, const Node& node, int64_t channels) {
  const Tensor* weight = conv_weight(graph, node);
  if (!weight || weight->shape().rank() != 4 || node.attributes.has("blocksize")) return false;
  const auto strides = node.attributes.get_ints("strides", {1, 1});
  const auto dilations = node.attributes.get_ints("dilations", {1, 1});
  if (weight->shape()[1] != channels || strides.size() != 2 || dilations.size() != 2) return false;
  constexpr int64_t kUsualSide = 64;
  const kernels::ConvShape usual = {.in_channels = channels,
                                    .in_h = kUsualSide,
                                    .in_w = kUsualSide,
                                    .out_channels = weight->shape()[0],
                                    .out_h = kUsualSide,
                                    .out_w = kUsualSide,
                                    .kernel_h = weight->shape()[2],
                                    .kernel_w = weight->shape()[3],
                                    .stride_h = strides[0],
                                    .stride_w = strides[1],
                                    .dilation_h = dilations[0],
                                    .dilation_w = dilations[1],
                                    .groups = node.attributes.get_int("group", 1)};
  return kernels::choose_algorithm(usual).takes_parts;
}

void split_data(Node& convolution, const std::vector<ValueId>& parts) {
  convolution.become("FusedConv", kInternalDomain, convolution.opset);
  convolution.inputs[kConvData] = parts[0];
  convolution.inputs.resize(kConvMoreData, kNoValue);
  convolution.inputs.insert(convolution.inputs.end(), parts.begin() + 1, parts.end());
}

// Whether all readers of the Concat's result can do without it.
bool is_needless(const Graph& graph, const Uses& uses, const Node& concat) {
  const int64_t axis = concat.attributes.get_int("axis", 1);
  if (axis != 1 && axis != -3) return false;
  int64_t channels = 0;
  for (const ValueId part : concat.inputs) {
    const auto count = channels_of(graph, uses, part);
    if (!count || *count % kernels::kLanes != 0) return false;
    channels += *count;
  }
  const ValueId result = concat.outputs[0];
  const auto readers = uses.readers(result);
  return !readers.empty() && !graph.is_output(result) &&
         std::ranges::all_of(readers, [&](int reader) {
           const Node& node = graph.nodes[static_cast<size_t>(reader)];
           const bool as_data = std::ranges::count(node.inputs, result) == 1;
           return node.inputs[kConvData] == result && as_data && takes_parts(graph, node, channels);
         });
}

}  // namespace

// Gives 3x3 and 5x5 convolutions the images that a Concat of channels would put together: as
// further inputs of FusedConv, behind the slopes.
void fuse_concatenation(Graph& graph, const PassContext&) {
  const Uses uses(graph);
  std::vector<bool> left(graph.nodes.size(), false);
  for (size_t index = 0; index < graph.nodes.size(); ++index) {
    const Node& concat = graph.nodes[index];
    const bool is_concat = concat.domain.empty() && concat.op_type == "Concat";
    if (!is_concat || !is_needless(graph, uses, concat)) continue;
    for (const int reader : uses.readers(concat.outputs[0])) {
      split_data(graph.nodes[static_cast<size_t>(reader)], concat.inputs);
    }
    left[index] = true;
  }
  remove_nodes(graph, left);
}

}  // namespace fovea

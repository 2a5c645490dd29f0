#include <algorithm>
#include <optional>

#include "kernels/conv/conv.h"
#include "ops/core/conv_step.h"
#include "passes/convolution.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

bool is_fused(const Node& node) {
  return node.domain == kInternalDomain && node.op_type == "FusedConv";
}

const Tensor* conv_weight(const Rewriter& graph, const Node& node) {
  if (is_fused(node)) return graph.constant(node.inputs[kConvWeights]);
  const auto convolution = convolution_of(graph.graph(), node);
  return convolution && !convolution->transposed ? convolution->weight : nullptr;
}

// The channels of what a convolution makes, be it added to or scaled since.
std::optional<int64_t> channels_of(const Rewriter& graph, ValueId id) {
  constexpr int kFarthest = 4;  // such as the residuals of residuals
  for (int i = 0; i < kFarthest && id != kNoValue; ++i) {
    const NodeId producer = graph.producer(id);
    if (producer == kNoNode) return std::nullopt;
    const Node& node = graph.node(producer);
    if (const Tensor* weight = conv_weight(graph, node)) {
      if (node.attributes.has("blocksize")) return std::nullopt;
      return weight->shape()[0];
    }
    if (!is_op(node, "Add") && !is_op(node, "Mul")) return std::nullopt;
    id = node.inputs[graph.constant(node.inputs[0]) ? 1 : 0];
  }
  return std::nullopt;
}

// Whether the node is a convolution of images, of so many channels altogether, that is computed
// from parts where they are of a usual size. Where they turn out to be tiny, it joins them itself.
bool takes_parts(const Rewriter& graph, const Node& node, int64_t channels) {
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

Node with_split_data(Node convolution, const std::vector<ValueId>& parts) {
  convolution.become("FusedConv", kInternalDomain, convolution.opset);
  convolution.inputs[kConvData] = parts[0];
  convolution.inputs.resize(kConvMoreData, kNoValue);
  convolution.inputs.insert(convolution.inputs.end(), parts.begin() + 1, parts.end());
  return convolution;
}

// The readers of the Concat's result, if all can do without it; else none.
std::vector<NodeId> readers_of_parts(const Rewriter& graph, const Node& concat) {
  const int64_t axis = concat.attributes.get_int("axis", 1);
  const ValueId result = concat.outputs[0];
  if ((axis != 1 && axis != -3) || graph.is_output(result)) return {};
  int64_t channels = 0;
  for (const ValueId part : concat.inputs) {
    const auto count = channels_of(graph, part);
    if (!count || *count % kernels::kLanes != 0) return {};
    channels += *count;
  }
  std::vector<NodeId> readers = graph.readers(result);
  const bool all = std::ranges::all_of(readers, [&](NodeId reader) {
    const Node& node = graph.node(reader);
    const bool as_data = std::ranges::count(node.inputs, result) == 1;
    return as_data && node.inputs[kConvData] == result && takes_parts(graph, node, channels);
  });
  return all ? readers : std::vector<NodeId>();
}

}  // namespace

// Gives 3x3 and 5x5 convolutions the images that a Concat of channels would put together: as
// further inputs of FusedConv, behind the slopes.
void fuse_concatenation(Rewriter& graph, const PassContext&) {
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    if (!is_op(graph.node(id), "Concat")) continue;
    const std::vector<ValueId> parts = graph.node(id).inputs;
    for (const NodeId reader : readers_of_parts(graph, graph.node(id))) {
      graph.replace(reader, with_split_data(graph.node(reader), parts));
    }
  }
}

}  // namespace fovea

#include <algorithm>
#include <optional>

#include "kernels/conv/conv.h"
#include "ops/core/body.h"
#include "passes/convolution.h"
#include "passes/known_shapes.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

using kernels::ConvParts;
using enum kernels::ConvParts;

// What a node that convolves without transposing does.
struct Convolving {
  const Node* convolution = nullptr;  // the node, or of its body; null for other nodes
  const Tensor* weight = nullptr;
  ValueId data = kNoValue;  // what is convolved; kNoValue where that is joined already
  bool shuffled = false;
};

Convolving convolving(const Rewriter& graph, const Node& node) {
  if (node.domain != kInternalDomain || node.op_type != "FusedConv") {
    const auto found = convolution_of(graph.graph(), node);
    if (!found || found->transposed) return {};
    return {&node, found->weight, node.inputs[0]};
  }
  const std::vector<Node>& nodes = body_of(node).nodes;
  const bool joined = is_op(nodes.front(), "Concat");
  const Node& convolution = nodes[joined ? 1 : 0];
  const auto input = [&](size_t i) {
    return node.inputs[static_cast<size_t>(convolution.inputs[i])];
  };
  return {&convolution, graph.constant(input(1)), joined ? kNoValue : input(0),
          std::ranges::any_of(nodes, [](const Node& part) { return is_op(part, "DepthToSpace"); })};
}

// The channels of what a convolution makes, be it added to or scaled since.
std::optional<int64_t> channels_of(const Rewriter& graph, ValueId id) {
  constexpr int kFarthest = 4;  // such as the residuals of residuals
  for (int i = 0; i < kFarthest && id != kNoValue; ++i) {
    const NodeId producer = graph.producer(id);
    if (producer == kNoNode) return std::nullopt;
    const Node& node = graph.node(producer);
    const Convolving found = convolving(graph, node);
    if (found.shuffled) return std::nullopt;
    if (found.weight) return found.weight->shape()[0];
    if (!is_op(node, "Add") && !is_op(node, "Mul")) return std::nullopt;
    id = node.inputs[graph.constant(node.inputs[0]) ? 1 : 0];
  }
  return std::nullopt;
}

// In which parts the node takes images `data` that it convolves. What large images take is decided
// here, for sizes may be open; images that turn out to be smaller than the algorithm wants are
// joined by the kernel.
ConvParts parts_of(const Rewriter& graph, const Node& node, ValueId data) {
  const auto [convolution, weight, convolved, shuffled] = convolving(graph, node);
  if (convolved != data || !weight || weight->shape().rank() != 4 || shuffled) return One;
  const Attributes& attributes = convolution->attributes;
  const auto strides = attributes.get_ints("strides", {1, 1});
  const auto dilations = attributes.get_ints("dilations", {1, 1});
  const int64_t groups = attributes.get_int("group", 1);
  if (strides.size() != 2 || dilations.size() != 2 || groups != 1) return One;
  const kernels::ConvShape shape = {.in_channels = weight->shape()[1],
                                    .out_channels = weight->shape()[0],
                                    .kernel_h = weight->shape()[2],
                                    .kernel_w = weight->shape()[3],
                                    .stride_h = strides[0],
                                    .stride_w = strides[1],
                                    .dilation_h = dilations[0],
                                    .dilation_w = dilations[1]};
  return kernels::choose_algorithm_for_large_images(shape).parts(shape);
}

// Whether all that the Concat joins are known to be whole vectors of channels.
bool has_whole_vectors(const Rewriter& graph, const KnownShapes& shapes, const Node& concat) {
  return std::ranges::all_of(concat.inputs, [&](ValueId part) {
    const auto& dims = shapes[static_cast<size_t>(part)];
    const auto known = dims && dims->size() == 4 ? (*dims)[1] : std::nullopt;
    const auto count = known ? known : channels_of(graph, part);
    return count && *count % kernels::kLanes == 0;
  });
}

// The readers of the Concat's result, if all can do without it; else none.
std::vector<NodeId> readers_of_parts(const Rewriter& graph, const KnownShapes& shapes,
                                     const Node& concat) {
  const int64_t axis = concat.attributes.get_int("axis", 1);
  const ValueId result = concat.outputs[0];
  if ((axis != 1 && axis != -3) || graph.is_output(result)) return {};
  const bool whole = has_whole_vectors(graph, shapes, concat);
  std::vector<NodeId> readers = graph.readers(result);
  const bool all = std::ranges::all_of(readers, [&](NodeId reader) {
    const Node& node = graph.node(reader);
    const ConvParts parts = parts_of(graph, node, result);
    return std::ranges::count(node.inputs, result) == 1 &&
           (parts == Any || (parts == WholeVectors && whole));
  });
  return all ? readers : std::vector<NodeId>();
}

// What a Split divided, where the Concat joins all of that again in its order; else kNoValue.
ValueId joined_again(const Rewriter& graph, const Node& concat) {
  const Node* split = made_by(graph, concat.inputs[0], "Split");
  if (!split || split->outputs != concat.inputs) return kNoValue;
  if (split->attributes.get_int("axis", 0) != concat.attributes.get_int("axis", 1)) return kNoValue;
  return graph.producer(split->inputs[0]) != kNoNode ? split->inputs[0] : kNoValue;
}

}  // namespace

// Gives 1x1, 3x3 and 5x5 convolutions the images that a Concat of channels would put together, one
// by one: the Concat becomes the first node of their bodies. A Concat of all that a Split made
// goes.
void fuse_concatenation(Rewriter& graph, const PassContext&) {
  const KnownShapes shapes = known_shapes(graph.graph());
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    if (!is_op(graph.node(id), "Concat")) continue;
    if (const ValueId whole = joined_again(graph, graph.node(id)); whole != kNoValue) {
      graph.replace_value(graph.node(id).outputs[0], whole);
      continue;
    }
    for (const NodeId reader : readers_of_parts(graph, shapes, graph.node(id))) {
      graph.fuse(reader, {id}, "FusedConv");
    }
  }
}

}  // namespace fovea

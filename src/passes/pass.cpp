#include "passes/pass.h"

#include <algorithm>
#include <array>

namespace fovea {
namespace {

// Folding goes before the patterns, so that they see shapes as constants; Transposes go before what
// convolutions take in, and after what has its axes last by its pattern. Weights that are quantised
// stay so until those who multiply them as they are have been found.
constexpr std::array<Pass, 15> kPasses = {{
    {"fold-constants", fold_constants},
    {"quantised-convolution", fuse_quantised_convolution},
    {"quantised-values", keep_quantised_values, "QuantizeLinear"},
    {"fold-dequantised", fold_dequantised, "DequantizeLinear"},
    {"pixel-shuffle", recognise_pixel_shuffle, "Transpose"},
    {"channel-shuffle", recognise_channel_shuffle, "Transpose"},
    {"gathered-channels", slice_gathered_channels, "Gather"},
    {"activation", recognise_activation, "Mul"},
    {"layer-normalization", recognise_layer_normalization, "ReduceMean"},
    {"transposes", move_transposes, "Transpose"},
    {"convolution-affine", fold_convolution_affine},
    {"convolution-epilogue", fuse_convolution_epilogue},
    {"concatenation", fuse_concatenation, "Concat"},
    {"attention", fuse_attention, "Softmax"},
    {"matmul-epilogue", fuse_matmul_epilogue, "MatMul"},
}};

bool has_work(const Graph& graph, const Pass& pass) {
  return pass.needs.empty() ||
         std::ranges::find(graph.nodes, pass.needs, &Node::op_type) != graph.nodes.end();
}

bool is_off(const Pass& pass, std::span<const std::string> disabled) {
  return std::ranges::any_of(
      disabled, [&](const std::string& name) { return name == "*" || name == pass.name; });
}

// What a subgraph captures and has become a constant is the subgraph's own.
void hand_down_constants(const Graph& graph, Graph& subgraph) {
  std::erase_if(subgraph.captures, [&](const Capture& capture) {
    const Tensor* constant = graph.constant(capture.outer);
    if (constant) subgraph.value(capture.inner).constant = *constant;
    return constant != nullptr;
  });
}

void drop_unread_captures(Graph& graph) {
  std::vector<bool> read(graph.values.size(), false);
  for (const ValueId id : graph.outputs) read[static_cast<size_t>(id)] = true;
  for (const Node& node : graph.nodes) {
    for (const ValueId id : reads_of(node)) read[static_cast<size_t>(id)] = true;
  }
  std::erase_if(graph.captures,
                [&](const Capture& capture) { return !read[static_cast<size_t>(capture.inner)]; });
}

}  // namespace

std::span<const Pass> all_passes() { return kPasses; }

void optimise(Graph& graph, const PassContext& context, std::span<const std::string> disabled) {
  remove_dead_code(graph);
  for (const Pass& pass : kPasses) {
    if (is_off(pass, disabled) || !has_work(graph, pass)) continue;
    Rewriter rewriter(graph);
    pass.run(rewriter, context);
    rewriter.finish();
    resolve_operators(graph, context.ops);
  }
  PassContext inner = context;
  inner.in_subgraph = true;
  for (const Node& node : graph.nodes) {
    // The body of a fused node is kept as it was written.
    if (node.domain == kInternalDomain) continue;
    for_each_subgraph(node, [&](Graph& subgraph) {
      hand_down_constants(graph, subgraph);
      optimise(subgraph, inner, disabled);
      drop_unread_captures(subgraph);
    });
  }
  remove_dead_code(graph);
}

}  // namespace fovea

#include "passes/pass.h"

#include <algorithm>
#include <array>

namespace fovea {
namespace {

// Float16 goes first, since the others know float32 weights; folding before the patterns, so that
// they see shapes as constants; dead code last, to clear what the others leave behind.
constexpr std::array<Pass, 11> kPasses = {{
    {"widen-float16", widen_float16},
    {"fold-constants", fold_constants},
    {"pixel-shuffle", recognise_pixel_shuffle, "Transpose"},
    {"convolution-affine", fold_convolution_affine},
    {"activation", recognise_activation, "Mul"},
    {"layer-normalization", recognise_layer_normalization, "ReduceMean"},
    {"convolution-epilogue", fuse_convolution_epilogue},
    {"concatenation", fuse_concatenation, "Concat"},
    {"attention", fuse_attention, "Softmax"},
    {"matmul-epilogue", fuse_matmul_epilogue, "MatMul"},
    {"dead-code", remove_dead_code},
}};

bool has_work(const Graph& graph, const Pass& pass) {
  return pass.needs.empty() ||
         std::ranges::find(graph.nodes, pass.needs, &Node::op_type) != graph.nodes.end();
}

}  // namespace

std::span<const Pass> all_passes() { return kPasses; }

void optimise(Graph& graph, const PassContext& context, std::span<const std::string> disabled) {
  remove_dead_code(graph, context);
  for (const Pass& pass : kPasses) {
    const bool off = std::ranges::any_of(
        disabled, [&](const std::string& name) { return name == "*" || name == pass.name; });
    if (off || !has_work(graph, pass)) continue;
    pass.run(graph, context);
    resolve_operators(graph, context.ops);
  }
}

void replace_value(Graph& graph, ValueId from, ValueId to) {
  for (Node& node : graph.nodes) {
    std::ranges::replace(node.inputs, from, to);
    for (const auto& [name, value] : node.attributes.all()) {
      if (const auto* subgraph = std::get_if<std::shared_ptr<Graph>>(&value)) {
        for (Capture& capture : (*subgraph)->captures) {
          if (capture.outer == from) capture.outer = to;
        }
      }
    }
  }
  std::ranges::replace(graph.outputs, from, to);
}

void remove_nodes(Graph& graph, const std::vector<bool>& marked) {
  std::vector<Node> kept;
  for (size_t index = 0; index < graph.nodes.size(); ++index) {
    if (!marked[index]) kept.push_back(std::move(graph.nodes[index]));
  }
  graph.nodes = std::move(kept);
}

}  // namespace fovea

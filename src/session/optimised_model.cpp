#include "session/optimised_model.h"

#include <algorithm>

#include "base/error.h"
#include "passes/pass.h"
#include "session/check.h"
#include "session/compiled.h"
#include "session/graph_to_onnx.h"

namespace fovea {
namespace {

// What makes operators that only this engine has, or those of opset 24 ("activation"). What
// "layer-normalization" finds is of opsets that have no other way to say it.
constexpr std::string_view kOwnPasses[] = {
    "quantised-convolution", "quantised-values", "fold-dequantised",
    "channel-shuffle",       "activation",       "layer-normalization",
    "convolution-epilogue",  "concatenation",    "attention",
    "matmul-epilogue"};
constexpr int kFirstPixelShuffle = 11;  // DepthToSpace with a mode

// Whether a node that a pass made means the same in the opset that the model imports.
bool is_same_in(const Node& node, int64_t opset) {
  if (node.opset == opset || node.domain == kInternalDomain) return true;
  if (node.op_type == "DepthToSpace") return opset >= kFirstPixelShuffle;
  return node.op_type == "Transpose" || node.op_type == "Gather";
}

// The first node of another opset than the model's of its domain.
const Node* find_other_opset(const Graph& graph, const std::vector<OpsetInfo>& opsets) {
  const Node* found = nullptr;
  for (const Node& node : graph.nodes) {
    for (const OpsetInfo& opset : opsets) {
      const bool is_its =
          opset.domain == node.domain || (opset.domain == "ai.onnx" && node.domain == kOnnxDomain);
      if (is_its && !is_same_in(node, opset.version)) return &node;
    }
    if (node.domain == kInternalDomain) continue;
    for_each_subgraph(node, [&](const Graph& inner) {
      if (!found) found = find_other_opset(inner, opsets);
    });
  }
  return found;
}

Graph optimised(const Loaded& model, const SessionOptions& options, ThreadPool& pool,
                std::span<const std::string> disabled) {
  const Operators& operators = *options.operators;
  Graph graph = select(model.graph, {}, operators);
  write_out_branches(graph, pool);
  check_runnable(graph, operators);
  // What cannot be folded, such as what is float16, stays as it is: as in a branch.
  optimise(graph, {operators, pool, true}, disabled);
  return graph;
}

// Sequences cannot be initialisers: what makes them stays.
bool has_other_constants(const Graph& graph) {
  return std::ranges::any_of(graph.values, [](const Value& value) {
    return value.constant && value.constant->dtype() >= DType::Map;
  });
}

}  // namespace

std::string optimised_model(const Loaded& model, const SessionOptions& options, ThreadPool& pool) {
  std::vector<std::string> disabled = options.disabled_passes;
  for (const std::string_view pass : kOwnPasses) disabled.emplace_back(pass);
  Graph graph = optimised(model, options, pool, disabled);
  if (has_other_constants(graph)) {
    disabled.emplace_back("fold-constants");
    graph = optimised(model, options, pool, disabled);
  }
  // Some of their nodes are those of later opsets.
  for (const std::string_view pass : {"pixel-shuffle", "transposes"}) {
    if (!find_other_opset(graph, model.info.opsets)) break;
    disabled.emplace_back(pass);
    graph = optimised(model, options, pool, disabled);
  }
  if (const Node* node = find_other_opset(graph, model.info.opsets)) {
    throw Error(ErrorCode::UnsupportedAttribute,
                text(node->op_type, " '", node->name, "' is of opset ", node->opset,
                     ", as the local function is that it is of, and not of the model's: a file "
                     "cannot say both without the function."))
        .with("node", node->name)
        .with("op", node->op_type);
  }
  return GraphToOnnx(graph, model.info).fill(model.frame);
}

}  // namespace fovea

#include "session/optimised_model.h"

#include <algorithm>

#include "base/error.h"
#include "onnx/frame.h"
#include "passes/pass.h"
#include "session/check.h"
#include "session/compiled.h"
#include "session/graph_to_onnx.h"

namespace fovea {
namespace {

// What makes operators that only this engine has, or those of opset 24 ("activation").
constexpr std::string_view kOwnPasses[] = {"quantised-convolution", "quantised-values",
                                           "fold-dequantised",      "activation",
                                           "convolution-epilogue",  "concatenation",
                                           "attention",             "matmul-epilogue"};
constexpr int kFirstPixelShuffle = 11;  // DepthToSpace with a mode

// Whether a node that a pass made means the same in the opset that the model imports.
bool is_same_in(const Node& node, int opset) {
  if (node.opset == opset || node.domain == kInternalDomain) return true;
  if (node.op_type == "DepthToSpace") return opset >= kFirstPixelShuffle;
  return node.op_type == "Transpose" || node.op_type == "Gather";
}

using Opsets = std::map<std::string_view, int64_t>;

// The first node of another opset than that of its domain.
const Node* find_other_opset(const Graph& graph, const Opsets& opsets) {
  const Node* found = nullptr;
  for (const Node& node : graph.nodes) {
    const auto opset = opsets.find(node.domain);
    if (opset != opsets.end() && !is_same_in(node, static_cast<int>(opset->second))) return &node;
    if (node.domain == kInternalDomain) continue;
    for_each_subgraph(node, [&](const Graph& inner) {
      if (!found) found = find_other_opset(inner, opsets);
    });
  }
  return found;
}

Graph optimised(const Loaded& model, const SessionOptions& options, ThreadPool& pool,
                std::vector<std::string> disabled) {
  const Operators& operators = *options.operators;
  Graph graph = select(model.graph, {}, operators);
  write_out_branches(graph, pool);
  check_runnable(graph, operators);
  disabled.insert(disabled.end(), std::begin(kOwnPasses), std::end(kOwnPasses));
  disabled.insert(disabled.end(), options.disabled_passes.begin(), options.disabled_passes.end());
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

// Opsets by domain: of the frame's imports, else of the nodes themselves.
Opsets opsets_of(const Loaded& model) {
  Opsets opsets;
  for (const OpsetInfo& opset : model.info.opsets) {
    opsets.emplace(opset.domain == "ai.onnx" ? "" : opset.domain, opset.version);
  }
  return opsets;
}

}  // namespace

std::string optimised_model(const Loaded& model, const SessionOptions& options, ThreadPool& pool) {
  const Opsets opsets = opsets_of(model);
  std::vector<std::string> disabled;
  const auto onnx_opset = opsets.find("");
  if (onnx_opset != opsets.end() && onnx_opset->second < kFirstPixelShuffle) {
    disabled.emplace_back("pixel-shuffle");
  }
  Graph graph = optimised(model, options, pool, disabled);
  if (has_other_constants(graph)) {
    disabled.emplace_back("fold-constants");
    graph = optimised(model, options, pool, disabled);
  }
  // Some nodes are moved past Transposes in the form of later opsets only.
  if (find_other_opset(graph, opsets)) {
    disabled.emplace_back("transposes");
    graph = optimised(model, options, pool, disabled);
  }
  if (const Node* node = find_other_opset(graph, opsets)) {
    throw Error(ErrorCode::UnsupportedAttribute,
                text(node->op_type, " '", node->name, "' is of opset ", node->opset,
                     ", as the local function that it is of, and the model's is ",
                     opsets.at(node->domain), ": a file cannot say both without the function."))
        .with("node", node->name)
        .with("op", node->op_type);
  }
  std::vector<std::string_view> outputs;
  for (const InputInfo& output : model.info.outputs) outputs.push_back(output.name);
  GraphToOnnx writing(graph, outputs);
  return onnx::fill_frame(model.frame, writing.proto(), writing.inputs(), writing.opsets());
}

}  // namespace fovea

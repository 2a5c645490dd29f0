#include <algorithm>
#include <optional>

#include "base/error.h"
#include "ops/core/evaluate.h"
#include "ops/meaning.h"
#include "passes/pass.h"
#include "passes/rewriter.h"

namespace fovea {
namespace {

// A folded constant lives as long as the session: what grows much larger than what it is made from
// (an Expand, a Tile) is cheaper to make again in each run.
constexpr uint64_t kMaxGrowth = 4;
constexpr uint64_t kAlwaysFolded = 1 << 20;

bool reads_constants_only(const Rewriter& graph, const Node& node) {
  return std::ranges::all_of(
      node.inputs, [&](ValueId id) { return id == kNoValue || graph.constant(id) != nullptr; });
}

// The node's results, if it is one to be folded.
std::optional<std::vector<Tensor>> folded(const Rewriter& graph, const Node& node,
                                          const PassContext& context) {
  if (!reads_constants_only(graph, node)) return std::nullopt;
  // What a function computes is known to the planner, which evaluates it where it can.
  if (!can_be_known(node) || meaning_of(node).function) return std::nullopt;
  std::vector<const Tensor*> inputs;
  std::vector<ValueType> types(node.inputs.size());
  std::vector<const ValueType*> type_pointers;
  uint64_t input_bytes = 0;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const Tensor* tensor = graph.constant(node.inputs[i]);
    inputs.push_back(tensor);
    if (tensor) types[i] = {tensor->dtype(), tensor->shape(), Layout::Plain, *tensor};
    type_pointers.push_back(tensor ? &types[i] : nullptr);
    if (tensor) input_bytes += tensor->bytes();
  }

  uint64_t bytes = 0;
  for (const ValueType& output : infer_node(node, type_pointers)) {
    if (output.dtype == DType::Undefined) continue;
    if (!output.shape || (is_object(output.dtype) && !output.content)) return std::nullopt;
    bytes += bytes_of(output.dtype, *output.shape, Layout::Plain);
  }
  if (bytes > std::max(kAlwaysFolded, kMaxGrowth * input_bytes)) return std::nullopt;

  return evaluate(node, inputs, context.pool);
}

void fold(Rewriter& graph, const PassContext& context, bool dequantised) {
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    const Node& node = graph.node(id);
    if (!dequantised && node.op_type == "DequantizeLinear") continue;
    try {
      if (auto results = folded(graph, node, context)) {
        graph.become_constants(id, std::move(*results));
      }
    } catch (Error& error) {
      // A branch that is never taken may hold what cannot be computed.
      if (context.in_subgraph) continue;
      error.at(text(node.op_type, " node '", node.name, "'"))
          .with("node", node.name)
          .with("op", node.op_type);
      throw;
    }
  }
}

}  // namespace

// Runs every node all of whose inputs are constants, once, at load; all but those that dequantise.
void fold_constants(Rewriter& graph, const PassContext& context) { fold(graph, context, false); }

// Those as well.
void fold_dequantised(Rewriter& graph, const PassContext& context) { fold(graph, context, true); }

}  // namespace fovea

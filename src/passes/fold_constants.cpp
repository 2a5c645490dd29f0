#include <algorithm>

#include "ops/core/compile.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// A folded constant lives as long as the session: what grows much larger than what it is made from
// (an Expand, a Tile) is cheaper to make again in each run.
constexpr uint64_t kMaxGrowth = 4;
constexpr uint64_t kAlwaysFolded = 1 << 20;

bool fold(Graph& graph, const Node& node, const PassContext& context) {
  if (!node.def || !meaning_of(node).deterministic || reads_of(node).size() > node.inputs.size())
    return false;
  std::vector<const Tensor*> inputs;
  std::vector<ValueType> types(node.inputs.size());
  std::vector<const ValueType*> type_pointers;
  uint64_t input_bytes = 0;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const Tensor* tensor = graph.constant(node.inputs[i]);
    if (!tensor && node.inputs[i] != kNoValue) return false;
    inputs.push_back(tensor);
    if (tensor) types[i] = {tensor->dtype(), tensor->shape(), Layout::Plain, *tensor};
    type_pointers.push_back(tensor ? &types[i] : nullptr);
    if (tensor) input_bytes += tensor->bytes();
  }

  uint64_t bytes = 0;
  for (const ValueType& output : infer_node(node, type_pointers)) {
    if (output.dtype == DType::Undefined) continue;
    if (!output.shape || (output.dtype == DType::String && !output.content)) return false;
    bytes += bytes_of(output.dtype, *output.shape, Layout::Plain);
  }
  if (bytes > std::max(kAlwaysFolded, kMaxGrowth * input_bytes)) return false;

  std::vector<Tensor> results = evaluate(node, inputs, context.pool);
  for (size_t i = 0; i < results.size(); ++i) {
    if (node.outputs[i] == kNoValue) continue;
    Value& value = graph.value(node.outputs[i]);
    value.dtype = results[i].dtype();
    value.constant = std::move(results[i]);
  }
  return true;
}

}  // namespace

// Runs every node all of whose inputs are constants, once, at load.
void fold_constants(Graph& graph, const PassContext& context) {
  std::erase_if(graph.nodes, [&](const Node& node) {
    try {
      return fold(graph, node, context);
    } catch (Error& error) {
      error.at(text(node.op_type, " node '", node.name, "'"))
          .with("node", node.name)
          .with("op", node.op_type);
      throw;
    }
  });
}

}  // namespace fovea

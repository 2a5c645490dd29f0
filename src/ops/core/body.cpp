#include "ops/core/body.h"

#include "base/integers.h"

namespace fovea {

const Graph& body_of(const Node& node) {
  const Graph* graph = node.attributes.get_graph(kBodyAttribute);
  if (!graph) fail(ErrorCode::Internal, "a fused node without body");
  return *graph;
}

Body::Body(const NodeContext& context) : graph_(body_of(context.node())) {
  for (int i = 0; i < context.input_count(); ++i) {
    types_.push_back(context.has_input(i) ? *context.input(i) : ValueType());
  }
  for (const Node& node : graph_.nodes) {
    const auto inputs = inputs_of(node);
    types_.push_back(std::move(infer_node(node, inputs)[0]));
  }
}

std::vector<const ValueType*> Body::inputs_of(const Node& node) const {
  std::vector<const ValueType*> inputs;
  for (const ValueId id : node.inputs) inputs.push_back(id == kNoValue ? nullptr : &type(id));
  return inputs;
}

void infer_body(InferContext& context) {
  const ValueType result = Body(context).result();
  context.set_output(0, result.dtype, *result.shape);
}

int64_t body_macs(const NodeContext& context, const Shape&) {
  const Body body(context);
  int64_t total = 0;
  for (const Node& node : body.nodes()) {
    const auto macs = meaning_of(node).macs;
    if (!macs) continue;
    const auto inputs = body.inputs_of(node);
    const Shape& output = *body.type(node.outputs[0]).shape;
    total = saturating_sum(total, macs(NodeContext(node, inputs), output));
  }
  return total;
}

}  // namespace fovea

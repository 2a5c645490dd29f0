#include "ops/core/body.h"

#include "base/integers.h"

namespace fovea {

const Graph& body_of(const Node& node) {
  const Graph* graph = node.attributes.get_graph(kBodyAttribute);
  if (!graph) fail(ErrorCode::Internal, "a fused node without body");
  return *graph;
}

namespace {

// Parsed from nothing: a place in the node's attributes.
struct LastTypes {
  static LastTypes parse(const Attributes&, int) { return {}; }
  mutable std::shared_ptr<const std::vector<ValueType>> types = nullptr;
};

// Elements are the same where their memory is: nobody writes to what is known when planning.
bool is_same(const ValueType& kept, const ValueType* given) {
  if (!given) return kept.dtype == DType::Undefined;
  if (kept.dtype != given->dtype || kept.shape != given->shape ||
      kept.constant != given->constant || kept.content.has_value() != given->content.has_value()) {
    return false;
  }
  return !kept.content || kept.content->identity() == given->content->identity();
}

bool are_for(const std::vector<ValueType>& types, const NodeContext& context) {
  for (int i = 0; i < context.input_count(); ++i) {
    if (!is_same(types[static_cast<size_t>(i)], context.input(i))) return false;
  }
  return true;
}

}  // namespace

Body::Body(const NodeContext& context) : graph_(body_of(context.node())) {
  auto& last = context.attributes_as<LastTypes>().types;
  if (!last || !are_for(*last, context)) {
    last = std::make_shared<const Types>(infer(graph_, context));
  }
  types_ = last;
}

Body::Types Body::infer(const Graph& graph, const NodeContext& context) {
  Types types;
  for (int i = 0; i < context.input_count(); ++i) {
    types.push_back(context.has_input(i) ? *context.input(i) : ValueType());
    types.back().form = Form();
  }
  for (const Node& node : graph.nodes) {
    const auto inputs = inputs_of(node, types);
    types.push_back(std::move(infer_node(node, inputs)[0]));
  }
  return types;
}

std::vector<const ValueType*> Body::inputs_of(const Node& node, const Types& types) {
  std::vector<const ValueType*> inputs;
  for (const ValueId id : node.inputs) {
    inputs.push_back(id == kNoValue ? nullptr : &types[static_cast<size_t>(id)]);
  }
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

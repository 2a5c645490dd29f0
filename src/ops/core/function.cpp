#include "ops/core/function.h"

#include <algorithm>

#include "kernels/elementwise/convert.h"
#include "ops/op.h"
#include "tensor/dispatch.h"

namespace fovea {

Function::Function(const NodeContext& context) : context_(context) {
  for (int i = 0; i < context.input_count(); ++i) graph_.inputs.push_back(graph_.add_value({}));
}

ValueId Function::in(int index) const {
  return context_.has_input(index) ? graph_.inputs[static_cast<size_t>(index)] : kNoValue;
}

ValueId Function::constant(Tensor tensor) { return graph_.add_constant({}, std::move(tensor)); }

ValueId Function::scalar(DType dtype, double value) {
  Tensor tensor = Tensor::allocate(dtype, {});
  dispatch_with_integers<float, double, Half, BFloat>(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    tensor.mutable_as<T>()[0] = kernels::element_cast<T>(value);
  });
  return constant(std::move(tensor));
}

ValueId Function::ints(std::vector<int64_t> values) {
  const Shape shape = {static_cast<int64_t>(values.size())};
  return constant(Tensor::of<int64_t>(shape, std::span<const int64_t>(values)));
}

ValueId Function::op(std::string_view op_type, std::vector<ValueId> inputs,
                     std::vector<Attribute> attributes) {
  return ops(op_type, std::move(inputs), 1, std::move(attributes))[0];
}

std::vector<ValueId> Function::ops(std::string_view op_type, std::vector<ValueId> inputs,
                                   int outputs, std::vector<Attribute> attributes) {
  return ops_of(kOnnxDomain, op_type, std::move(inputs), outputs, std::move(attributes));
}

std::vector<ValueId> Function::ops_of(std::string_view domain, std::string_view op_type,
                                      std::vector<ValueId> inputs, int outputs,
                                      std::vector<Attribute> attributes) {
  Node node;
  node.become(op_type, domain, domain == kOnnxDomain ? kLatestOpset : 1);
  node.name = text(context_.node().name, "/", op_type, "_", graph_.nodes.size());
  // Weights are packed once for the node's name, and the next plan's function may be another.
  for (const ValueId id : inputs) {
    if (id != kNoValue && std::ranges::count(graph_.inputs, id) > 0) node.name += text(",", id);
  }
  node.inputs = std::move(inputs);
  for (auto& [name, value] : attributes) node.attributes.set(std::string(name), std::move(value));
  for (int i = 0; i < outputs; ++i) node.outputs.push_back(graph_.add_value({}));
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.back().outputs;
}

Graph Function::giving(std::vector<ValueId> outputs) {
  for (ValueId& id : outputs) {
    if (id == kNoValue) continue;
    // A planner gives each output its own producer.
    const bool made = std::ranges::any_of(
        graph_.nodes, [&](const Node& node) { return std::ranges::count(node.outputs, id) > 0; });
    const bool given = std::ranges::find(graph_.outputs, id) != graph_.outputs.end();
    if (!made || given) id = op("Identity", {id});
    graph_.outputs.push_back(id);
  }
  graph_.outputs = std::move(outputs);
  resolve_operators(graph_, kOpTable);
  return std::move(graph_);
}

}  // namespace fovea

#include "ops/core/function.h"

#include <algorithm>

#include "kernels/elementwise/convert.h"
#include "ops/op.h"
#include "tensor/dispatch.h"

namespace fovea {

AttributeValue WrittenAttribute::value() const {
  switch (kind_) {
    case Kind::Int:
      return int_;
    case Kind::Float:
      return float_;
    case Kind::String:
      return std::string(string_);
    case Kind::Ints:
      return std::vector<int64_t>(ints_.begin(), ints_.end());
  }
  return {};
}

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

ValueId Function::ints(std::initializer_list<int64_t> values) {
  return ints(std::span<const int64_t>(values));
}

ValueId Function::ints(std::span<const int64_t> values) {
  return constant(Tensor::of<int64_t>({std::ssize(values)}, values));
}

ValueId Function::op(std::string_view op_type, Values inputs, Written attributes) {
  return add(op_type, inputs, 1, attributes).outputs[0];
}

ValueId Function::op(std::string_view op_type, std::span<const ValueId> inputs,
                     Written attributes) {
  return add(op_type, inputs, 1, attributes).outputs[0];
}

ValueId Function::op_with(std::string_view op_type, std::vector<ValueId> inputs,
                          std::vector<Attribute> attributes) {
  return ops_of(kOnnxDomain, op_type, std::move(inputs), 1, std::move(attributes))[0];
}

std::vector<ValueId> Function::ops(std::string_view op_type, Values inputs, int outputs,
                                   Written attributes) {
  return add(op_type, inputs, outputs, attributes).outputs;
}

std::vector<ValueId> Function::ops(std::string_view op_type, std::span<const ValueId> inputs,
                                   int outputs, Written attributes) {
  return add(op_type, inputs, outputs, attributes).outputs;
}

std::vector<ValueId> Function::ops_of(std::string_view domain, std::string_view op_type,
                                      std::vector<ValueId> inputs, int outputs,
                                      std::vector<Attribute> attributes) {
  Node& node = add(domain, op_type, inputs, outputs);
  for (auto& [name, value] : attributes) node.attributes.set(std::string(name), std::move(value));
  return node.outputs;
}

Node& Function::add(std::string_view op_type, std::span<const ValueId> inputs, int outputs,
                    Written attributes) {
  Node& node = add(kOnnxDomain, op_type, inputs, outputs);
  for (const WrittenAttribute& attribute : attributes) {
    node.attributes.set(std::string(attribute.name()), attribute.value());
  }
  return node;
}

Node& Function::add(std::string_view domain, std::string_view op_type,
                    std::span<const ValueId> inputs, int outputs) {
  Node node;
  node.become(op_type, domain, domain == kOnnxDomain ? kLatestOpset : 1);
  node.name = text(context_.node().name, "/", op_type, "_", graph_.nodes.size());
  // Weights are packed once for the node's name, and the next plan's function may be another.
  for (const ValueId id : inputs) {
    if (id != kNoValue && std::ranges::count(graph_.inputs, id) > 0) node.name += text(",", id);
  }
  node.inputs.assign(inputs.begin(), inputs.end());
  for (int i = 0; i < outputs; ++i) node.outputs.push_back(graph_.add_value({}));
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.back();
}

Graph Function::giving(Values outputs) { return giving(std::span<const ValueId>(outputs)); }

Graph Function::giving(std::span<const ValueId> outputs) {
  for (ValueId id : outputs) {
    // A planner gives each output its own producer.
    const bool made = std::ranges::any_of(
        graph_.nodes, [&](const Node& node) { return std::ranges::count(node.outputs, id) > 0; });
    const bool given = std::ranges::find(graph_.outputs, id) != graph_.outputs.end();
    if (id != kNoValue && (!made || given)) id = op("Identity", {id});
    graph_.outputs.push_back(id);
  }
  resolve_operators(graph_, kOpTable);
  return std::move(graph_);
}

}  // namespace fovea

#include "quantise/network.h"

#include <algorithm>

#include "base/error.h"
#include "onnx/reading.h"
#include "onnx/tensor_data.h"
#include "tensor/tensor.h"

namespace fovea::quantise {
namespace {

std::optional<Constant> floats_of(const onnx::Tensor& stored) {
  if (onnx::external_data(stored)) return std::nullopt;
  const DType dtype = onnx::element_type(stored);
  if (dtype != DType::Float && dtype != DType::Float16 && dtype != DType::BFloat16) {
    return std::nullopt;
  }
  onnx::byte_size(stored);
  Tensor tensor = Tensor::allocate(dtype, Shape(stored.dims));
  onnx::copy_elements(stored, {tensor.mutable_data(), tensor.bytes()});
  return Constant{tensor.shape(), to_floats(tensor)};
}

}  // namespace

Network::Network(std::string bytes)
    : bytes_(std::move(bytes)), model_(onnx::decode(std::as_bytes(std::span(bytes_)))) {
  for (const onnx::OperatorSetId& id : model_.opset_imports) {
    if (onnx::is_default_domain(id.domain)) opset_ = id.version;
  }
  const std::vector<onnx::Tensor>& initializers = model_.graph.initializers;
  for (size_t i = 0; i < initializers.size(); ++i) {
    initializers_[initializers[i].name] = i;
    names_.emplace(initializers[i].name);
  }
  for (const onnx::ValueInfo& input : model_.graph.inputs) names_.emplace(input.name);
  for (size_t i = 0; i < nodes().size(); ++i) {
    names_.emplace(node(i).name);
    for (const std::string_view output : node(i).outputs) producers_[output] = i;
  }
  count_reads(nodes());
  for (const onnx::ValueInfo& output : model_.graph.outputs) ++reads_[output.name];
}

void Network::count_reads(const std::vector<onnx::Node>& nodes) {
  for (const onnx::Node& node : nodes) {
    for (const std::string_view input : node.inputs) ++reads_[input];
    for (const std::string_view output : node.outputs) names_.emplace(output);
    for (const onnx::Attribute& attribute : node.attributes) {
      if (attribute.g) count_reads(attribute.g->nodes);
      for (const onnx::Graph& graph : attribute.graphs) count_reads(graph.nodes);
    }
  }
}

std::optional<size_t> Network::producer(std::string_view value) const {
  const auto found = producers_.find(value);
  return found == producers_.end() ? std::nullopt : std::optional(found->second);
}

bool Network::is_graph_output(std::string_view value) const {
  return std::ranges::find(model_.graph.outputs, value, &onnx::ValueInfo::name) !=
         model_.graph.outputs.end();
}

size_t Network::reads(std::string_view value) const {
  const auto found = reads_.find(value);
  return found == reads_.end() ? 0 : found->second;
}

std::optional<Constant> Network::constant(std::string_view value) const {
  const auto initializer = initializers_.find(value);
  if (initializer != initializers_.end()) {
    return floats_of(model_.graph.initializers[initializer->second]);
  }
  const auto made = producer(value);
  if (!made) return std::nullopt;
  const onnx::Node& maker = node(*made);
  if (!onnx::is_default_domain(maker.domain)) return std::nullopt;
  if (maker.op_type == "Constant") {
    const onnx::Attribute* held = onnx::find_attribute(maker, "value");
    return held && held->t ? floats_of(*held->t) : std::nullopt;
  }
  const bool cast = maker.op_type == "Cast" && onnx::int_of(maker, "to", 0) == 1;
  if ((!cast && maker.op_type != "Identity") || maker.inputs.empty()) return std::nullopt;
  return constant(maker.inputs[0]);
}

std::string Network::new_name(std::string_view wanted) const {
  std::string name(wanted);
  for (int i = 2; !names_.insert(name).second; ++i) name = text(wanted, "_", i);
  return name;
}

std::string name_of(const onnx::Node& node) {
  if (!node.name.empty()) return std::string(node.name);
  return text(node.op_type, " of ", node.outputs.empty() ? "nothing" : node.outputs[0]);
}

}  // namespace fovea::quantise

#include "graph/graph.h"

#include <algorithm>

#include "base/error.h"

namespace fovea {
namespace {

template <class T>
const T* find_attribute(const std::map<std::string, AttributeValue, std::less<>>& values,
                        std::string_view name) {
  const auto found = values.find(name);
  if (found == values.end()) return nullptr;
  const T* value = std::get_if<T>(&found->second);
  if (!value) {
    const bool unsupported = std::holds_alternative<UnsupportedValue>(found->second);
    throw Error(
        unsupported ? ErrorCode::UnsupportedAttribute : ErrorCode::MalformedModel,
        text("attribute '", name, "' has ", unsupported ? "an unsupported" : "the wrong", " type"))
        .with("attribute", std::string(name));
  }
  return value;
}

template <class T>
T attribute_or(const std::map<std::string, AttributeValue, std::less<>>& values,
               std::string_view name, T fallback) {
  const T* value = find_attribute<T>(values, name);
  return value ? *value : std::move(fallback);
}

}  // namespace

int64_t Attributes::get_int(std::string_view name, int64_t fallback) const {
  return attribute_or<int64_t>(values_, name, fallback);
}
float Attributes::get_float(std::string_view name, float fallback) const {
  return attribute_or<float>(values_, name, fallback);
}
std::string Attributes::get_string(std::string_view name, std::string_view fallback) const {
  return attribute_or<std::string>(values_, name, std::string(fallback));
}
std::vector<int64_t> Attributes::get_ints(std::string_view name,
                                          std::vector<int64_t> fallback) const {
  return attribute_or(values_, name, std::move(fallback));
}
std::vector<float> Attributes::get_floats(std::string_view name,
                                          std::vector<float> fallback) const {
  return attribute_or(values_, name, std::move(fallback));
}
std::vector<std::string> Attributes::get_strings(std::string_view name) const {
  return attribute_or<std::vector<std::string>>(values_, name, {});
}
const Tensor* Attributes::get_tensor(std::string_view name) const {
  return find_attribute<Tensor>(values_, name);
}
const Graph* Attributes::get_graph(std::string_view name) const {
  const auto* graph = find_attribute<std::shared_ptr<Graph>>(values_, name);
  return graph ? graph->get() : nullptr;
}

void Node::become(std::string_view other_type, std::string_view other_domain, int other_opset) {
  op_type = other_type;
  domain = other_domain;
  opset = other_opset;
  def = nullptr;
}

void resolve_operators(Graph& graph, const Operators& operators) {
  for (Node& node : graph.nodes) {
    if (!node.def) node.def = operators.find(node.domain, node.op_type, node.opset);
    for_each_subgraph(node, [&](Graph& subgraph) { resolve_operators(subgraph, operators); });
  }
}

Graph Graph::clone() const {
  Graph copy = *this;
  for (Node& node : copy.nodes) {
    // Values are replaced under their names, which leaves the loop alone.
    for (const auto& [attribute, value] : node.attributes.all()) {
      if (const auto* subgraph = std::get_if<std::shared_ptr<Graph>>(&value)) {
        node.attributes.set(attribute, std::make_shared<Graph>((*subgraph)->clone()));
      }
    }
  }
  return copy;
}

ValueId Graph::add_value(Value value) {
  values.push_back(std::move(value));
  return static_cast<ValueId>(values.size() - 1);
}

ValueId Graph::add_constant(std::string value_name, Tensor tensor) {
  Value value;
  value.name = std::move(value_name);
  value.dtype = tensor.dtype();
  value.constant = std::move(tensor);
  return add_value(std::move(value));
}

ValueId Graph::find(std::string_view value_name) const {
  const auto found = std::ranges::find(values, value_name, &Value::name);
  return found == values.end() ? kNoValue : static_cast<ValueId>(found - values.begin());
}

const Tensor* Graph::constant(ValueId id) const {
  if (id == kNoValue || !value(id).constant) return nullptr;
  return &*value(id).constant;
}

bool Graph::is_output(ValueId id) const { return std::ranges::find(outputs, id) != outputs.end(); }

std::vector<ValueId> reads_of(const Node& node) {
  std::vector<ValueId> reads;
  std::ranges::copy_if(node.inputs, std::back_inserter(reads),
                       [](ValueId id) { return id != kNoValue; });
  for_each_subgraph(node, [&](const Graph& subgraph) {
    for (const Capture& capture : subgraph.captures) reads.push_back(capture.outer);
  });
  return reads;
}

Uses::Uses(const Graph& graph)
    : readers_(graph.values.size()),
      producer_(graph.values.size(), -1),
      output_(graph.values.size(), false) {
  for (int index = 0; index < static_cast<int>(graph.nodes.size()); ++index) {
    const Node& node = graph.nodes[static_cast<size_t>(index)];
    for (const ValueId id : reads_of(node)) readers_[static_cast<size_t>(id)].push_back(index);
    for (const ValueId id : node.outputs) {
      if (id != kNoValue) producer_[static_cast<size_t>(id)] = index;
    }
  }
  for (const ValueId id : graph.outputs) output_[static_cast<size_t>(id)] = true;
}

int Uses::only_reader(ValueId id) const {
  const auto& readers = readers_[static_cast<size_t>(id)];
  return readers.size() == 1 && !output_[static_cast<size_t>(id)] ? readers.front() : -1;
}

std::string dump(const Graph& graph) {
  const auto names = [&](const std::vector<ValueId>& ids) {
    std::string out;
    for (const ValueId id : ids) {
      if (!out.empty()) out += ", ";
      out += id == kNoValue ? "-" : graph.value(id).name;
    }
    return out;
  };
  std::string out = text("graph ", graph.name, "(", names(graph.inputs), ")\n");
  for (const Node& node : graph.nodes) {
    out += text("  ", names(node.outputs), " = ", node.domain.empty() ? "" : node.domain + ".",
                node.op_type, "(", names(node.inputs), ")\n");
  }
  return out + text("  return ", names(graph.outputs), "\n");
}

}  // namespace fovea

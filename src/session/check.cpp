#include "session/check.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "ops/op.h"
#include "passes/pass.h"

namespace fovea {
namespace {

InputInfo describe_value(const Value& value) {
  return {value.name, value.dtype, value.shape, DType::Undefined};
}

// The element type of a sequence's tensors, which may be those of an optional.
DType element_of(const onnx::ValueInfo& info) {
  const onnx::Type* type = info.type ? &*info.type : nullptr;
  using enum onnx::Type::Kind;
  if (type && type->kind == Optional) type = type->element.get();
  if (!type || type->kind != Sequence || !type->element) return DType::Undefined;
  const int32_t element = type->element->elem_type;
  return type->element->kind == Tensor && is_supported(element) ? static_cast<DType>(element)
                                                                : DType::Undefined;
}

// Nodes that passes make are trusted to fit their inputs: a model cannot ask for them.
bool is_internal(const Node& node) { return node.domain == kInternalDomain; }

std::string reason(const Node& node, const Operators& operators) {
  const std::string op = node.domain.empty() ? node.op_type : text(node.domain, ".", node.op_type);
  if (!is_internal(node) && operators.knows(node.domain, node.op_type)) {
    return text(op, " of opset ", node.opset, " is not supported, only of other opsets");
  }
  if (node.domain == "com.microsoft.nchwc") {
    return text(op,
                " is for one kind of processor: have onnxruntime save the model at a level up to"
                " ORT_ENABLE_EXTENDED");
  }
  return text(op, " is not implemented");
}

template <class Visit>
void for_each_node(const Graph& graph, const Visit& visit) {
  for (const Node& node : graph.nodes) {
    visit(node);
    for_each_subgraph(node, [&](const Graph& subgraph) { for_each_node(subgraph, visit); });
  }
}

[[noreturn]] void throw_unsupported(const std::vector<NodeProblem>& problems) {
  std::map<std::string, std::string> nodes_by_reason;
  for (const NodeProblem& problem : problems) {
    std::string& nodes = nodes_by_reason[problem.message];
    nodes += nodes.empty() ? problem.node : ", " + problem.node;
  }
  std::string message = "the model needs operators this engine does not have:";
  std::string operators;
  for (const auto& [why, nodes] : nodes_by_reason) {
    message += text(operators.empty() ? " " : "; ", why);
    operators += text(operators.empty() ? "" : "; ", why, ": ", nodes);
  }
  throw Error(ErrorCode::UnsupportedOperator, std::move(message))
      .with("operators", std::move(operators))
      .with("node", problems.front().node)
      .with("op", problems.front().op_type);
}

std::string describe_dims(const std::vector<Dim>& dims) {
  std::string out = "[";
  for (const Dim& dim : dims) {
    if (out.size() > 1) out += ',';
    if (const auto* size = std::get_if<int64_t>(&dim)) {
      out += text(*size);
    } else if (const auto* name = std::get_if<std::string>(&dim)) {
      out += *name;
    } else {
      out += '?';
    }
  }
  return out + "]";
}

bool fits(const std::vector<Dim>& dims, const Shape& shape) {
  if (static_cast<int>(dims.size()) != shape.rank()) return false;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const auto* size = std::get_if<int64_t>(&dims[static_cast<size_t>(axis)]);
    if (size && *size != shape[axis]) return false;
  }
  return true;
}

}  // namespace

ModelInfo describe_model(const onnx::Model& model, const Graph& graph) {
  ModelInfo info;
  info.ir_version = model.ir_version;
  info.producer_name = model.producer_name;
  info.producer_version = model.producer_version;
  for (const auto& import : model.opset_imports) {
    info.opsets.push_back({std::string(import.domain), import.version});
  }
  for (const auto& [key, value] : model.metadata_props) info.metadata.emplace_back(key, value);
  for (const ValueId id : graph.inputs) info.inputs.push_back(describe_value(graph.value(id)));
  for (const ValueId id : graph.defaults) info.defaults.push_back(describe_value(graph.value(id)));
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    info.outputs.push_back(describe_value(graph.value(graph.outputs[i])));
    info.outputs.back().element = element_of(model.graph.outputs[i]);
  }
  return info;
}

std::vector<NodeProblem> find_unsupported(const Graph& graph, const Operators& operators) {
  std::vector<NodeProblem> problems;
  for_each_node(graph, [&](const Node& node) {
    if (!is_internal(node) && node.def) return;
    problems.push_back({node.name, node.op_type, node.domain, node.opset, reason(node, operators)});
  });
  return problems;
}

void check_arity(const Graph& graph) {
  for_each_node(graph, [](const Node& node) {
    if (!node.def) return;
    try {
      check_arity(node);
    } catch (Error& error) {
      error.with("node", node.name).with("op", node.op_type);
      throw;
    }
  });
}

void check_runnable(const Graph& graph, const Operators& operators) {
  const std::vector<NodeProblem> problems = find_unsupported(graph, operators);
  if (!problems.empty()) throw_unsupported(problems);
  check_arity(graph);
}

void check_disabled_passes(std::span<const std::string> names) {
  std::vector<std::string_view> known = {"*", "bands"};
  for (const Pass& pass : all_passes()) known.push_back(pass.name);
  for (const std::string& name : names) {
    if (std::ranges::find(known, name) != known.end()) continue;
    std::string list;
    for (const std::string_view each : known)
      list += text(list.empty() ? "" : ", ", "'", each, "'");
    throw Error(ErrorCode::InvalidInput,
                text("there is no pass '", name, "' to disable, only ", list))
        .with("option", "disabledPasses");
  }
}

void check_feed(const InputInfo& input, const Tensor& tensor) {
  if (input.dtype != DType::Undefined && tensor.dtype() != input.dtype) {
    throw Error(ErrorCode::InvalidInput,
                text("input '", input.name, "' takes ", name_of(input.dtype), ", not ",
                     name_of(tensor.dtype())))
        .with("input", input.name);
  }
  if (input.shape && !fits(*input.shape, tensor.shape())) {
    throw Error(ErrorCode::InvalidInput,
                text("input '", input.name, "' takes shape ", describe_dims(*input.shape), ", not ",
                     tensor.shape()))
        .with("input", input.name)
        .with("expected", describe_dims(*input.shape))
        .with("shape", tensor.shape().to_string());
  }
}

}  // namespace fovea

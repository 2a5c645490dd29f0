#include "passes/element_types.h"

#include <algorithm>
#include <array>

namespace fovea {
namespace {

// Operators whose first result has other elements than their first input.
constexpr std::array<std::string_view, 11> kMakeBools = {
    "And", "Equal", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual",
    "Not", "Or",    "Xor"};
constexpr std::array<std::string_view, 6> kMakeInt64s = {
    "ArgMax", "ArgMin", "NonZero", "NonMaxSuppression", "Shape", "Size"};

template <size_t kCount>
bool is_one_of(const std::array<std::string_view, kCount>& names, std::string_view op_type) {
  return std::ranges::find(names, op_type) != names.end();
}

// Of results other than the first.
DType further_output(const Node& node, DType first_input) {
  constexpr int kFirstBoolMaskOpset = 10;
  if (node.op_type == "TopK" || node.op_type == "MaxPool") return DType::Int64;
  if (node.op_type == "LayerNormalization") return DType::Float;
  if (node.op_type == "Dropout") {
    return node.opset < kFirstBoolMaskOpset ? first_input : DType::Bool;
  }
  const bool alike = node.op_type == "Split" || node.op_type == "BatchNormalization";
  return alike ? first_input : DType::Undefined;
}

// Operators that name the element type of their result, whatever the model declares besides.
constexpr std::array<std::string_view, 3> kSayTheType = {"Cast", "CastLike", "Constant"};

class TypeFinder {
 public:
  explicit TypeFinder(const Graph& graph) : graph_(graph) {
    for (const Value& value : graph.values) {
      types_.push_back(value.constant ? value.constant->dtype() : value.dtype);
    }
  }

  // Of values that a subgraph captures, by what they are outside.
  void add_captured(const std::vector<DType>& outer) {
    for (const Capture& capture : graph_.captures) {
      types_[static_cast<size_t>(capture.inner)] = outer[static_cast<size_t>(capture.outer)];
    }
  }
  std::vector<DType> find();

 private:
  DType input(const Node& node, size_t index) const {
    const bool given = index < node.inputs.size() && node.inputs[index] != kNoValue;
    return given ? types_[static_cast<size_t>(node.inputs[index])] : DType::Undefined;
  }
  std::vector<DType> outputs_of(const Node& node) const;
  DType first_output(const Node& node) const;

  const Graph& graph_;
  std::vector<DType> types_;
};

// The graph that says what the node gives: a body, or either of two branches.
const Graph* inner_graph(const Node& node) {
  const Graph* branch = node.attributes.get_graph("then_branch");
  return branch ? branch : node.attributes.get_graph("body");
}

std::vector<DType> TypeFinder::outputs_of(const Node& node) const {
  std::vector<DType> outputs(node.outputs.size(), DType::Undefined);
  if (const Graph* graph = inner_graph(node)) {
    TypeFinder inside(*graph);
    inside.add_captured(types_);
    const std::vector<DType> types = inside.find();
    // The first thing a Loop's body gives is whether to go on.
    const size_t first = node.op_type == "Loop" ? 1 : 0;
    for (size_t i = 0; i < outputs.size() && first + i < graph->outputs.size(); ++i) {
      outputs[i] = types[static_cast<size_t>(graph->outputs[first + i])];
    }
    return outputs;
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    outputs[i] = i == 0 ? first_output(node) : further_output(node, input(node, 0));
  }
  return outputs;
}

DType TypeFinder::first_output(const Node& node) const {
  const std::string_view op_type = node.op_type;
  const auto named = [&](std::string_view attribute, DType fallback) {
    const int64_t type = node.attributes.get_int(attribute, static_cast<int64_t>(fallback));
    return is_supported(type) ? static_cast<DType>(type) : DType::Undefined;
  };
  const auto of_tensor = [&](DType fallback) {
    const Tensor* tensor = node.attributes.get_tensor("value");
    return tensor ? tensor->dtype() : fallback;
  };
  if (op_type == "Cast") return named("to", DType::Undefined);
  if (op_type == "EyeLike") return named("dtype", input(node, 0));
  if (op_type == "ConstantOfShape") return of_tensor(DType::Float);
  if (op_type == "Constant") {
    const auto& given = node.attributes;
    if (given.has("value_int") || given.has("value_ints")) return DType::Int64;
    if (given.has("value_float") || given.has("value_floats")) return DType::Float;
    return of_tensor(DType::Undefined);
  }
  if (op_type == "CastLike" || op_type == "Where") return input(node, 1);
  if (op_type == "OneHot") return input(node, 2);
  if (is_one_of(kMakeBools, op_type)) return DType::Bool;
  if (is_one_of(kMakeInt64s, op_type)) return DType::Int64;
  return input(node, 0);
}

std::vector<DType> TypeFinder::find() {
  for (const Node& node : graph_.nodes) {
    if (!node.domain.empty()) continue;
    const bool says = is_one_of(kSayTheType, node.op_type);
    const std::vector<DType> followed = outputs_of(node);
    for (size_t i = 0; i < followed.size(); ++i) {
      if (node.outputs[i] == kNoValue) continue;
      DType& type = types_[static_cast<size_t>(node.outputs[i])];
      if (followed[i] != DType::Undefined && (says || type == DType::Undefined)) type = followed[i];
    }
  }
  return std::move(types_);
}

}  // namespace

std::vector<DType> element_types(const Graph& graph) { return TypeFinder(graph).find(); }

}  // namespace fovea

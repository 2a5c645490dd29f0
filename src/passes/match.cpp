#include "passes/match.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ops/meaning.h"

namespace fovea {
namespace {

constexpr std::array<std::string_view, 4> kArithmetic = {"Add", "Div", "Mul", "Sub"};

// Operators whose result has as many axes as their input.
constexpr std::array<std::string_view, 9> kKeepRank = {
    "Erf",     "BatchNormalization", "Dropout", "Identity", "LayerNormalization", "Relu", "Sigmoid",
    "Softmax", "Transpose"};

bool is_arithmetic(std::string_view op_type) {
  return std::ranges::find(kArithmetic, op_type) != kArithmetic.end();
}

// True where the value certainly has an axis.
bool has_axes(const Rewriter& graph, ValueId id) {
  constexpr int kFarthest = 16;
  for (int i = 0; i < kFarthest && id != kNoValue; ++i) {
    const Value& value = graph.graph().value(id);
    if (value.constant) return value.constant->shape().rank() > 0;
    const NodeId producer = graph.producer(id);
    // What is fed is checked against what the model declares.
    if (producer == kNoNode) return value.shape && !value.shape->empty();
    const Node& node = graph.node(producer);
    if (!node.domain.empty()) return false;
    if (node.op_type == "Conv" || node.op_type == "ConvTranspose") return true;
    const bool broadcasts = is_arithmetic(node.op_type) || node.op_type == "MatMul";
    const int enough = node.op_type == "MatMul" ? 2 : 1;
    const auto spreads = [&](ValueId operand) {
      const Tensor* constant = graph.constant(operand);
      return constant && constant->shape().rank() >= enough;
    };
    if (broadcasts && std::ranges::any_of(node.inputs, spreads)) return true;
    const bool keeps = std::ranges::find(kKeepRank, node.op_type) != kKeepRank.end();
    if (!keeps && !is_arithmetic(node.op_type)) return false;
    id = node.inputs[0];
  }
  return false;
}

}  // namespace

bool is_op(const Node& node, std::string_view op_type) {
  return node.op_type == op_type && node.domain.empty() &&
         (node.opset >= kFirstNumpyOpset || !is_arithmetic(op_type));
}

const Node* made_by(const Rewriter& graph, ValueId id, std::string_view op_type) {
  const NodeId producer = graph.producer(id);
  if (producer == kNoNode || !is_op(graph.node(producer), op_type)) return nullptr;
  // Further outputs, such as the mask of a Dropout, are something else.
  const Node& node = graph.node(producer);
  return node.outputs[0] == id ? &node : nullptr;
}

const Node* made_for_one(const Rewriter& graph, ValueId id, std::string_view op_type) {
  return graph.only_reader(id) == kNoNode ? nullptr : made_by(graph, id, op_type);
}

ValueId input_of(const Node& node, size_t index) {
  return index < node.inputs.size() ? node.inputs[index] : kNoValue;
}

std::optional<std::vector<int64_t>> constant_ints(const Rewriter& graph, ValueId id) {
  const Tensor* tensor = graph.constant(id);
  const bool fits = tensor && (tensor->dtype() == DType::Int64 || tensor->dtype() == DType::Int32);
  return fits ? std::optional(to_int64s(*tensor)) : std::nullopt;
}

std::optional<float> number(const Rewriter& graph, ValueId id) {
  const Tensor* tensor = graph.constant(id);
  const bool fits = tensor && tensor->dtype() == DType::Float && tensor->elements() == 1 &&
                    tensor->shape().rank() <= 1;
  return fits ? std::optional(tensor->as<float>()[0]) : std::nullopt;
}

bool is_near(const Rewriter& graph, ValueId id, float value, ValueId other) {
  const auto given = number(graph, id);
  return given && std::fabs(*given - value) <= 1e-5f * std::fabs(value) &&
         (graph.constant(id)->shape().rank() == 0 || has_axes(graph, other));
}

ValueId beside_number(const Rewriter& graph, const Node* node, float value) {
  for (const size_t i : {0, 1}) {
    if (node && is_near(graph, node->inputs[i], value, node->inputs[1 - i])) {
      return node->inputs[1 - i];
    }
  }
  return kNoValue;
}

}  // namespace fovea

#include "passes/body.h"
#include "passes/pass.h"

namespace fovea {
namespace {

using Ints = std::vector<int64_t>;

// The parts of (x - mean) / sqrt(variance + epsilon) * scale + bias.
struct LayerNorm {
  ValueId x = kNoValue;
  ValueId scale = kNoValue;
  ValueId bias = kNoValue;
  float epsilon = 0.0f;
};

class LayerNormFinder {
 public:
  LayerNormFinder(const Graph& graph, const Uses& uses) : graph_(graph), uses_(uses) {}
  // Of the sum that ends it; no x where it ends something else.
  LayerNorm find(const Node& add) const;

 private:
  const Node* producer(ValueId id) const { return producer_of(graph_, uses_, id); }
  bool reads_only(ValueId id) const { return uses_.only_reader(id) >= 0; }
  bool is_row(ValueId id, int64_t count) const;
  // The operand of a commutative node beside a float constant of one axis; swapped to be first.
  std::pair<ValueId, ValueId> with_row(const Node* node, std::string_view op_type) const;
  bool is_mean_over_last_axis(const Node* node) const;
  bool is_deviation(const Node* node, ValueId centered, float& epsilon) const;

  const Graph& graph_;
  const Uses& uses_;
};

std::pair<ValueId, ValueId> LayerNormFinder::with_row(const Node* node,
                                                      std::string_view op_type) const {
  for (const size_t i : {0, 1}) {
    if (!is_op(node, op_type)) break;
    const Tensor* row = graph_.constant(node->inputs[i]);
    if (row && row->dtype() == DType::Float && row->shape().rank() == 1) {
      return {node->inputs[1 - i], node->inputs[i]};
    }
  }
  return {kNoValue, kNoValue};
}

bool LayerNormFinder::is_mean_over_last_axis(const Node* node) const {
  if (!is_op(node, "ReduceMean") || node->attributes.get_int("keepdims", 1) == 0) return false;
  const bool by_input = node->inputs.size() > 1 && node->inputs[1] != kNoValue;
  const Tensor* axes = by_input ? graph_.constant(node->inputs[1]) : nullptr;
  if (by_input && !axes) return false;
  return (axes ? to_int64s(*axes) : node->attributes.get_ints("axes")) == Ints{-1};
}

// sqrt(mean(centered^2) + epsilon)
bool LayerNormFinder::is_deviation(const Node* node, ValueId centered, float& epsilon) const {
  if (!is_op(node, "Sqrt")) return false;
  const Node* sum = producer(node->inputs[0]);
  if (!is_op(sum, "Add")) return false;
  const size_t number = is_number(graph_, sum->inputs[1]) ? 1 : 0;
  if (!is_number(graph_, sum->inputs[number])) return false;
  epsilon = graph_.constant(sum->inputs[number])->as<float>()[0];
  const Node* variance = producer(sum->inputs[1 - number]);
  if (!is_mean_over_last_axis(variance)) return false;
  const Node* square = producer(variance->inputs[0]);
  if (is_op(square, "Mul")) return square->inputs == std::vector{centered, centered};
  return is_op(square, "Pow") && square->inputs[0] == centered &&
         is_number(graph_, square->inputs[1]) &&
         graph_.constant(square->inputs[1])->as<float>()[0] == 2.0f;
}

LayerNorm LayerNormFinder::find(const Node& add) const {
  const auto [scaled, bias] = with_row(&add, "Add");
  if (scaled == kNoValue || !reads_only(scaled)) return {};
  const auto [normal, scale] = with_row(producer(scaled), "Mul");
  if (normal == kNoValue || !reads_only(normal)) return {};
  const Shape& row = graph_.constant(scale)->shape();
  // A row of one element may be spread over many.
  if (row != graph_.constant(bias)->shape() || row.elements() < 2) return {};
  const Node* quotient = producer(normal);
  if (!is_op(quotient, "Div")) return {};
  const ValueId centered = quotient->inputs[0];
  const Node* difference = producer(centered);
  LayerNorm norm = {kNoValue, scale, bias, 0.0f};
  if (!is_op(difference, "Sub") ||
      !is_deviation(producer(quotient->inputs[1]), centered, norm.epsilon)) {
    return {};
  }
  const Node* mean = producer(difference->inputs[1]);
  if (!is_mean_over_last_axis(mean) || mean->inputs[0] != difference->inputs[0]) return {};
  norm.x = mean->inputs[0];
  return norm;
}

}  // namespace

// Makes LayerNormalization of what exporters write for it before opset 17. Rows of one element,
// which always become the bias, are taken for a mistake.
void recognise_layer_normalization(Graph& graph, const PassContext& context) {
  constexpr int kOpset = 17;
  const Uses uses(graph);
  const LayerNormFinder finder(graph, uses);
  for (Node& node : graph.nodes) {
    const LayerNorm norm = finder.find(node);
    if (norm.x == kNoValue) continue;
    node.become("LayerNormalization", kOnnxDomain, kOpset);
    node.inputs = {norm.x, norm.scale, norm.bias};
    node.attributes = {};
    node.attributes.set("epsilon", norm.epsilon);
  }
  // The nodes inside still count as readers of x.
  remove_dead_code(graph, context);
}

}  // namespace fovea

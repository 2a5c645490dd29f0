#include <optional>

#include "passes/match.h"
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
  int64_t axis = -1;
};

// Finds the parts, and the nodes that they are computed by.
class LayerNormFinder {
 public:
  explicit LayerNormFinder(const Rewriter& graph) : graph_(graph) {}

  // Of the sum that ends it, over axis -1 or 1.
  std::optional<LayerNorm> find(const Node& add, int64_t axis);
  const std::vector<NodeId>& nodes() const { return nodes_; }

 private:
  // The node that makes the value, if it is that operator: one of the nodes.
  const Node* take(ValueId id, std::string_view op_type);
  const Node* take_for_one(ValueId id, std::string_view op_type);
  // The operand beside a float constant, of one axis or, where channels are averaged, [C, 1, 1].
  Operands row_and_other(const Node* node) const;
  bool is_row(const Shape& shape) const;
  // x in mean(x) over the axis.
  ValueId averaged(ValueId id);
  std::optional<float> epsilon_of_deviation(ValueId id, ValueId centered);
  bool is_square(ValueId id, ValueId of);
  // Whether a value is the difference `of`, or the same one written again.
  bool is_difference(ValueId id, ValueId of);

  const Rewriter& graph_;
  int64_t axis_ = -1;
  std::vector<NodeId> nodes_;
};

const Node* LayerNormFinder::take(ValueId id, std::string_view op_type) {
  const Node* node = made_by(graph_, id, op_type);
  if (node) nodes_.push_back(graph_.producer(id));
  return node;
}

const Node* LayerNormFinder::take_for_one(ValueId id, std::string_view op_type) {
  return graph_.only_reader(id) == kNoNode ? nullptr : take(id, op_type);
}

Operands LayerNormFinder::row_and_other(const Node* node) const {
  return find_operand(node, [&](ValueId id) {
    const Tensor* row = graph_.constant(id);
    return row && row->dtype() == DType::Float && is_row(row->shape());
  });
}

bool LayerNormFinder::is_row(const Shape& shape) const {
  if (axis_ == -1) return shape.rank() == 1;
  if (shape.rank() == 4) return shape == Shape{1, shape[1], 1, 1};
  return shape.rank() == 3 && shape == Shape{shape[0], 1, 1};
}

ValueId LayerNormFinder::averaged(ValueId id) {
  const Node* mean = take(id, "ReduceMean");
  if (!mean || mean->attributes.get_int("keepdims", 1) == 0) return kNoValue;
  const ValueId by_input = input_of(*mean, 1);
  const auto axes = by_input == kNoValue ? std::optional(mean->attributes.get_ints("axes"))
                                         : constant_ints(graph_, by_input);
  return axes == Ints{axis_} ? mean->inputs[0] : kNoValue;
}

bool LayerNormFinder::is_difference(ValueId id, ValueId of) {
  if (id == of) return true;
  const Node* difference = take(id, "Sub");
  return difference && difference->inputs == made_by(graph_, of, "Sub")->inputs;
}

bool LayerNormFinder::is_square(ValueId id, ValueId of) {
  if (const Node* product = take(id, "Mul")) return product->inputs == std::vector{of, of};
  const Node* power = take(id, "Pow");
  return power && number(graph_, power->inputs[1]) == 2.0f && is_difference(power->inputs[0], of);
}

// Of sqrt(mean(centered^2) + epsilon).
std::optional<float> LayerNormFinder::epsilon_of_deviation(ValueId id, ValueId centered) {
  const Node* root = take(id, "Sqrt");
  const Node* sum = root ? take(root->inputs[0], "Add") : nullptr;
  const Operands parts = find_operand(sum, [&](ValueId part) { return !!number(graph_, part); });
  if (!parts || !is_square(averaged(parts.other), centered)) return std::nullopt;
  return number(graph_, parts.found);
}

std::optional<LayerNorm> LayerNormFinder::find(const Node& add, int64_t axis) {
  nodes_.clear();
  axis_ = axis;
  const Operands bias = row_and_other(is_op(add, "Add") ? &add : nullptr);
  const Operands scale = row_and_other(take_for_one(bias.other, "Mul"));
  if (!scale) return std::nullopt;
  if (graph_.constant(scale.found)->shape() != graph_.constant(bias.found)->shape()) {
    return std::nullopt;
  }
  const Node* quotient = take_for_one(scale.other, "Div");
  const Node* centered = quotient ? take(quotient->inputs[0], "Sub") : nullptr;
  if (!centered || averaged(centered->inputs[1]) != centered->inputs[0]) return std::nullopt;
  const auto epsilon = epsilon_of_deviation(quotient->inputs[1], quotient->inputs[0]);
  if (!epsilon) return std::nullopt;
  return LayerNorm{centered->inputs[0], scale.found, bias.found, *epsilon, axis};
}

}  // namespace

// Makes FusedLayerNormalization(x, scale, bias) of what exporters write for LayerNormalization
// before opset 17, and for networks of images that normalise each pixel over its channels. It keeps
// its body, since scale and bias may turn out to spread rows of one element.
void recognise_layer_normalization(Rewriter& graph, const PassContext&) {
  LayerNormFinder finder(graph);
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    auto norm = finder.find(graph.node(id), -1);
    if (!norm) norm = finder.find(graph.node(id), 1);
    if (!norm) continue;
    Attributes attributes;
    attributes.set("axis", norm->axis);
    attributes.set("epsilon", norm->epsilon);
    graph.fuse(id, finder.nodes(), "FusedLayerNormalization", {norm->x, norm->scale, norm->bias},
               std::move(attributes));
  }
}

}  // namespace fovea

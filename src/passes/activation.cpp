#include <cmath>
#include <initializer_list>

#include "passes/body.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// The opset whose Gelu, HardSwish and Swish these are.
constexpr int kOpset = 24;

bool is_near(const Graph& graph, ValueId id, float value) {
  return is_number(graph, id) &&
         std::fabs(graph.constant(id)->as<float>()[0] - value) <= 1e-5f * std::fabs(value);
}

// The operand of a commutative node beside a constant near `value`; kNoValue where it has none.
ValueId beside_number(const Graph& graph, const Node* node, std::string_view op_type, float value) {
  if (!is_op(node, op_type)) return kNoValue;
  for (const size_t i : {0, 1}) {
    if (is_near(graph, node->inputs[i], value)) return node->inputs[1 - i];
  }
  return kNoValue;
}

// Recognises functions in the node that makes their result.
class Recogniser {
 public:
  Recogniser(const Graph& graph, const Uses& uses) : graph_(graph), uses_(uses) {}

  // The value that `node` makes the function of; kNoValue where it makes something else.
  ValueId gelu(const Node& node) const;
  ValueId swish(const Node& node) const;
  ValueId hard_swish(const Node& node) const;

 private:
  // The node that makes what nobody but one node reads.
  const Node* inner(ValueId id) const {
    return id != kNoValue && uses_.only_reader(id) >= 0 ? producer_of(graph_, uses_, id) : nullptr;
  }
  bool is_erf_of_scaled(ValueId id, ValueId x) const;
  // x in x * (1 + erf(x / sqrt(2))).
  ValueId twice_gelu(const Node* node) const;

  const Graph& graph_;
  const Uses& uses_;
};

bool Recogniser::is_erf_of_scaled(ValueId id, ValueId x) const {
  const Node* erf = inner(id);
  if (!is_op(erf, "Erf")) return false;
  const Node* scaled = inner(erf->inputs[0]);
  if (is_op(scaled, "Div")) {
    return scaled->inputs[0] == x && is_near(graph_, scaled->inputs[1], std::sqrt(2.0f));
  }
  return x != kNoValue && beside_number(graph_, scaled, "Mul", std::sqrt(0.5f)) == x;
}

ValueId Recogniser::twice_gelu(const Node* node) const {
  if (!is_op(node, "Mul")) return kNoValue;
  for (const size_t i : {0, 1}) {
    const ValueId x = node->inputs[1 - i];
    const ValueId erf = beside_number(graph_, inner(node->inputs[i]), "Add", 1.0f);
    if (erf != kNoValue && is_erf_of_scaled(erf, x)) return x;
  }
  return kNoValue;
}

// x (1 + erf) / 2 in the orders in which exporters multiply.
ValueId Recogniser::gelu(const Node& node) const {
  if (!is_op(&node, "Mul")) return kNoValue;
  const ValueId doubled = beside_number(graph_, &node, "Mul", 0.5f);
  if (doubled != kNoValue) return twice_gelu(inner(doubled));
  for (const size_t i : {0, 1}) {
    const ValueId x = beside_number(graph_, inner(node.inputs[1 - i]), "Mul", 0.5f);
    const ValueId erf = beside_number(graph_, inner(node.inputs[i]), "Add", 1.0f);
    if (x != kNoValue && erf != kNoValue && is_erf_of_scaled(erf, x)) return x;
  }
  return kNoValue;
}

// x sigmoid(x)
ValueId Recogniser::swish(const Node& node) const {
  for (const size_t i : {0, 1}) {
    if (!is_op(&node, "Mul")) break;
    const Node* sigmoid = inner(node.inputs[i]);
    if (is_op(sigmoid, "Sigmoid") && sigmoid->inputs[0] == node.inputs[1 - i]) {
      return sigmoid->inputs[0];
    }
  }
  return kNoValue;
}

// x HardSigmoid(x) with HardSwish's slope and offset.
ValueId Recogniser::hard_swish(const Node& node) const {
  for (const size_t i : {0, 1}) {
    if (!is_op(&node, "Mul")) break;
    const Node* sigmoid = inner(node.inputs[i]);
    if (is_op(sigmoid, "HardSigmoid") && sigmoid->inputs[0] == node.inputs[1 - i] &&
        std::fabs(sigmoid->attributes.get_float("alpha", 0.2f) - 1.0f / 6) < 1e-6f &&
        sigmoid->attributes.get_float("beta", 0.5f) == 0.5f) {
      return sigmoid->inputs[0];
    }
  }
  return kNoValue;
}

}  // namespace

// Makes Gelu, Swish (SiLU) and HardSwish of the nodes that exporters write for them.
void recognise_activation(Graph& graph, const PassContext& context) {
  const Uses uses(graph);
  const Recogniser recogniser(graph, uses);
  for (Node& node : graph.nodes) {
    const auto become = [&](std::string_view op_type, ValueId x) {
      if (x == kNoValue) return false;
      node.become(op_type, kOnnxDomain, kOpset);
      node.inputs = {x};
      node.attributes = {};
      return true;
    };
    if (node.opset < kFirstNumpyOpset) continue;
    become("Gelu", recogniser.gelu(node)) || become("Swish", recogniser.swish(node)) ||
        become("HardSwish", recogniser.hard_swish(node));
  }
  // The nodes inside still count as readers of x.
  remove_dead_code(graph, context);
}

}  // namespace fovea

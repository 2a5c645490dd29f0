#include <cmath>

#include "passes/element_types.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// The opset whose Gelu, HardSwish and Swish these are.
constexpr int kOpset = 24;

// x in 1 + erf(x / sqrt(2)); kNoValue where `id` is something else.
ValueId argument_of_erf(const Rewriter& graph, ValueId id) {
  const ValueId erf = beside_number(graph, made_for_one(graph, id, "Add"), 1.0f);
  const Node* function = made_for_one(graph, erf, "Erf");
  if (!function) return kNoValue;
  const ValueId scaled = function->inputs[0];
  if (const Node* divided = made_for_one(graph, scaled, "Div")) {
    const ValueId x = divided->inputs[0];
    return is_near(graph, divided->inputs[1], std::sqrt(2.0f), x) ? x : kNoValue;
  }
  return beside_number(graph, made_for_one(graph, scaled, "Mul"), std::sqrt(0.5f));
}

// x in x (1 + erf(x / sqrt(2))), where x may be halved before.
ValueId times_erf(const Rewriter& graph, const Node* product, bool halved) {
  if (!product) return kNoValue;
  for (const size_t i : {0, 1}) {
    const ValueId x = argument_of_erf(graph, product->inputs[i]);
    const ValueId factor = product->inputs[1 - i];
    if (x == kNoValue) continue;
    if (!halved && factor == x) return x;
    if (halved && beside_number(graph, made_for_one(graph, factor, "Mul"), 0.5f) == x) return x;
  }
  return kNoValue;
}

// x (1 + erf(x / sqrt(2))) / 2 in the orders in which exporters multiply.
ValueId gelu(const Rewriter& graph, const Node& product) {
  const ValueId doubled = beside_number(graph, &product, 0.5f);
  return doubled == kNoValue ? times_erf(graph, &product, true)
                             : times_erf(graph, made_for_one(graph, doubled, "Mul"), false);
}

// x f(x) for a function of the name.
const Node* times_function(const Rewriter& graph, const Node& product, std::string_view op_type) {
  for (const size_t i : {0, 1}) {
    const Node* function = made_for_one(graph, product.inputs[i], op_type);
    if (function && function->inputs[0] == product.inputs[1 - i]) return function;
  }
  return nullptr;
}

// x sigmoid(x)
ValueId swish(const Rewriter& graph, const Node& product) {
  const Node* sigmoid = times_function(graph, product, "Sigmoid");
  return sigmoid ? sigmoid->inputs[0] : kNoValue;
}

// x HardSigmoid(x) with HardSwish's slope and offset.
ValueId hard_swish(const Rewriter& graph, const Node& product) {
  const Node* sigmoid = times_function(graph, product, "HardSigmoid");
  const bool fits = sigmoid &&
                    std::fabs(sigmoid->attributes.get_float("alpha", 0.2f) - 1.0f / 6) < 1e-6f &&
                    sigmoid->attributes.get_float("beta", 0.5f) == 0.5f;
  return fits ? sigmoid->inputs[0] : kNoValue;
}

}  // namespace

// Makes Gelu, Swish (SiLU) and HardSwish of float32 of the nodes that exporters write for them. Of
// -infinity these give what their kernels do, where the nodes multiply it by 0 to NaN.
void recognise_activation(Rewriter& graph, const PassContext&) {
  const std::vector<DType> types = element_types(graph.graph());
  const auto become = [&](NodeId id, std::string_view op_type, ValueId x) {
    if (x == kNoValue || types[static_cast<size_t>(x)] != DType::Float) return false;
    Node node = graph.node(id);
    node.become(op_type, kOnnxDomain, kOpset);
    node.inputs = {x};
    node.attributes = {};
    graph.replace(id, std::move(node));
    return true;
  };
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    const Node& product = graph.node(id);
    if (!is_op(product, "Mul")) continue;
    become(id, "Gelu", gelu(graph, product)) || become(id, "Swish", swish(graph, product)) ||
        become(id, "HardSwish", hard_swish(graph, product));
  }
}

}  // namespace fovea

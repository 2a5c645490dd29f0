#include "ops/core/activation.h"
#include "passes/body.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// Inputs of FusedMatMul behind data and weights.
constexpr size_t kBias = 2;
constexpr size_t kAddend = 3;

// Grows from a product with constant weights down the nodes that read it alone.
class MatMulChain {
 public:
  MatMulChain(const Graph& graph, int product)
      : graph_(graph),
        members_{product},
        result_(graph.nodes[static_cast<size_t>(product)].outputs[0]) {
    const Node& node = graph.nodes[static_cast<size_t>(product)];
    inputs_ = {node.inputs[0], node.inputs[1], kNoValue, kNoValue};
  }

  bool absorb(int index);
  ValueId result() const { return result_; }
  const std::set<int>& members() const { return members_; }
  const std::vector<ValueId>& inputs() const { return inputs_; }

 private:
  bool absorb_sum(const Node& add);
  bool is_bias(ValueId id) const;

  const Graph& graph_;
  std::set<int> members_;
  std::vector<ValueId> inputs_;
  ValueId result_;
  bool activated_ = false;
};

// PRelu's slopes would be an input of their own.
bool is_known_activation(const Graph& graph, const Node& node) {
  const auto constant = [&](ValueId id) { return graph.constant(id); };
  const auto activation = activation_of(node, constant);
  return activation && activation->kind != kernels::Activation::PRelu;
}

bool MatMulChain::absorb(int index) {
  const Node& node = graph_.nodes[static_cast<size_t>(index)];
  if (!node.domain.empty() || activated_) return false;
  if (is_known_activation(graph_, node)) {
    activated_ = true;
  } else if (node.op_type != "Add" || node.opset < kFirstNumpyOpset || !absorb_sum(node)) {
    return false;
  }
  members_.insert(index);
  result_ = node.outputs[0];
  return true;
}

// A bias first, then another value.
bool MatMulChain::absorb_sum(const Node& add) {
  const ValueId other = add.inputs[add.inputs[0] == result_ ? 1 : 0];
  if (other == result_ || inputs_[kAddend] != kNoValue) return false;
  if (graph_.constant(other) && (inputs_[kBias] != kNoValue || !is_bias(other))) return false;
  inputs_[graph_.constant(other) ? kBias : kAddend] = other;
  return true;
}

bool MatMulChain::is_bias(ValueId id) const {
  const Tensor& bias = *graph_.constant(id);
  const Shape& weights = graph_.constant(inputs_[1])->shape();
  return bias.dtype() == DType::Float && bias.shape() == Shape{weights[1]};
}

bool multiplies_weights(const Graph& graph, const Node& node) {
  if (!is_op(&node, "MatMul") || graph.constant(node.inputs[0])) return false;
  const Tensor* weights = graph.constant(node.inputs[1]);
  return weights && weights->dtype() == DType::Float && weights->shape().rank() == 2;
}

}  // namespace

// Makes one node of a product with constant weights, its bias, another value added, and an
// activation: FusedMatMul(X, W, bias?, addend?).
void fuse_matmul_epilogue(Graph& graph, const PassContext&) {
  const Uses uses(graph);
  std::vector<bool> left(graph.nodes.size(), false);
  for (int index = 0; index < static_cast<int>(graph.nodes.size()); ++index) {
    if (!multiplies_weights(graph, graph.nodes[static_cast<size_t>(index)])) continue;
    MatMulChain chain(graph, index);
    for (int reader = uses.only_reader(chain.result()); reader >= 0 && chain.absorb(reader);) {
      reader = uses.only_reader(chain.result());
    }
    if (chain.members().size() == 1) continue;
    fuse(graph, chain.members(), "FusedMatMul", chain.inputs());
    for (const int member : chain.members()) {
      left[static_cast<size_t>(member)] = member != *chain.members().rbegin();
    }
  }
  remove_nodes(graph, left);
}

}  // namespace fovea

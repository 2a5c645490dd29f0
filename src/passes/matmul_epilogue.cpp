#include "ops/core/activation.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// What a product with constant weights has taken in so far of the nodes behind it.
class MatMulEpilogue {
 public:
  MatMulEpilogue(const Rewriter& graph, const Tensor& weights) : graph_(graph), weights_(weights) {}

  // Takes a node that reads the result so far; false if it cannot.
  bool absorb(const Node& node, ValueId result);

 private:
  bool absorb_sum(const Node& add, ValueId result);
  bool is_bias(const Tensor& tensor) const;

  const Rewriter& graph_;
  const Tensor& weights_;
  bool has_bias_ = false;
  bool has_addend_ = false;
  bool activated_ = false;
};

// PRelu has slopes that would be an input of their own.
bool is_known_activation(const Rewriter& graph, const Node& node) {
  if (!node.domain.empty()) return false;
  const auto activation = activation_of(node, [&](ValueId id) { return graph.constant(id); });
  return activation && has_finite_slopes(*activation, nullptr);
}

bool MatMulEpilogue::absorb(const Node& node, ValueId result) {
  if (activated_) return false;
  activated_ = is_known_activation(graph_, node);
  return activated_ || (is_op(node, "Add") && absorb_sum(node, result));
}

// A bias first, then another value.
bool MatMulEpilogue::absorb_sum(const Node& add, ValueId result) {
  const ValueId other = add.inputs[add.inputs[0] == result ? 1 : 0];
  const Tensor* constant = graph_.constant(other);
  if (has_addend_ || (constant && (has_bias_ || !is_bias(*constant)))) return false;
  (constant ? has_bias_ : has_addend_) = true;
  return true;
}

bool MatMulEpilogue::is_bias(const Tensor& tensor) const {
  return tensor.dtype() == DType::Float && tensor.shape() == Shape{weights_.shape()[1]};
}

bool multiplies_weights(const Rewriter& graph, const Node& node) {
  if (!is_op(node, "MatMul") || graph.constant(node.inputs[0])) return false;
  const Tensor* weights = graph.constant(node.inputs[1]);
  return weights && weights->dtype() == DType::Float && weights->shape().rank() == 2;
}

}  // namespace

// Makes one node of a product with constant weights, its bias, another value added, and an
// activation.
void fuse_matmul_epilogue(Rewriter& graph, const PassContext&) {
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    if (!multiplies_weights(graph, graph.node(id))) continue;
    MatMulEpilogue epilogue(graph, *graph.constant(graph.node(id).inputs[1]));
    const auto chain = chain_from(
        graph, id, [&](const Node& node, ValueId result) { return epilogue.absorb(node, result); });
    if (chain.size() > 1) graph.fuse(chain.back(), chain, "FusedMatMul");
  }
}

}  // namespace fovea

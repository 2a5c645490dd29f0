#include "ops/core/activation.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// Grows from a product with constant weights down the nodes that read it alone.
class MatMulChain {
 public:
  MatMulChain(const Rewriter& graph, NodeId product)
      : graph_(graph), nodes_{product}, weights_(*graph.constant(graph.node(product).inputs[1])) {}

  // Takes the only reader of the chain's result; false if that is none it can take.
  bool grow();
  const std::vector<NodeId>& nodes() const { return nodes_; }

 private:
  ValueId result() const { return graph_.node(nodes_.back()).outputs[0]; }
  bool absorb(const Node& node);
  bool absorb_sum(const Node& add);
  bool is_bias(const Tensor& tensor) const;

  const Rewriter& graph_;
  std::vector<NodeId> nodes_;
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

bool MatMulChain::grow() {
  const NodeId reader = graph_.only_reader(result());
  if (reader == kNoNode || !absorb(graph_.node(reader))) return false;
  nodes_.push_back(reader);
  return true;
}

bool MatMulChain::absorb(const Node& node) {
  if (activated_) return false;
  activated_ = is_known_activation(graph_, node);
  return activated_ || (is_op(node, "Add") && absorb_sum(node));
}

// A bias first, then another value.
bool MatMulChain::absorb_sum(const Node& add) {
  const ValueId other = add.inputs[add.inputs[0] == result() ? 1 : 0];
  const Tensor* constant = graph_.constant(other);
  if (has_addend_ || (constant && (has_bias_ || !is_bias(*constant)))) return false;
  (constant ? has_bias_ : has_addend_) = true;
  return true;
}

bool MatMulChain::is_bias(const Tensor& tensor) const {
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
    MatMulChain chain(graph, id);
    while (chain.grow()) {
    }
    if (chain.nodes().size() == 1) continue;
    graph.fuse(chain.nodes().back(), chain.nodes(), "FusedMatMul");
  }
}

}  // namespace fovea

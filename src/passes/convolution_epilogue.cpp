#include <optional>

#include "ops/core/activation.h"
#include "passes/convolution.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// Rank 4 is what the kernels with an epilogue know.
std::optional<Convolution> image_convolution(const Rewriter& graph, const Node& node) {
  const auto convolution = convolution_of(graph.graph(), node);
  return convolution && convolution->rank() == 4 ? convolution : std::nullopt;
}

// Grows from a convolution down the nodes that read it alone.
class ConvolutionChain {
 public:
  ConvolutionChain(const Rewriter& graph, NodeId convolution, const Convolution& description)
      : graph_(graph), nodes_{convolution}, convolution_(description) {}

  // Takes the only reader of the chain's result; false if that is none it can take.
  bool grow();
  const std::vector<NodeId>& nodes() const { return nodes_; }

 private:
  ValueId result() const { return graph_.node(nodes_.back()).outputs[0]; }
  bool absorb(const Node& node);
  bool absorb_addend(const Node& add);
  bool absorb_activation(const Node& node);
  bool absorb_shuffle(const Node& shuffle);

  const Rewriter& graph_;
  std::vector<NodeId> nodes_;
  Convolution convolution_;
  bool added_ = false;
  bool activated_ = false;
  int64_t block_ = 1;
};

bool ConvolutionChain::grow() {
  const NodeId reader = graph_.only_reader(result());
  if (reader == kNoNode || !absorb(graph_.node(reader))) return false;
  nodes_.push_back(reader);
  return true;
}

bool ConvolutionChain::absorb(const Node& node) {
  if (is_op(node, "Add")) return absorb_addend(node);
  if (is_op(node, "DepthToSpace")) return absorb_shuffle(node);
  return absorb_activation(node);
}

// Makes the other operand the addend. Of two convolutions that could do so, the later one does,
// after which both operands are there.
bool ConvolutionChain::absorb_addend(const Node& add) {
  if (convolution_.transposed || added_ || activated_ || block_ > 1) return false;
  const ValueId other = add.inputs[add.inputs[0] == result() ? 1 : 0];
  if (graph_.constant(other)) return false;
  const NodeId producer = graph_.producer(other);
  const bool is_later = producer != kNoNode && graph_.comes_before(nodes_.back(), producer);
  if (is_later && graph_.only_reader(other) != kNoNode) {
    const auto later = image_convolution(graph_, graph_.node(producer));
    if (later && !later->transposed) return false;
  }
  added_ = true;
  return true;
}

bool ConvolutionChain::absorb_activation(const Node& node) {
  if (activated_ || node.inputs.empty() || node.inputs[0] != result()) return false;
  const auto activation = activation_of(node, [&](ValueId id) { return graph_.constant(id); });
  if (!activation) return false;
  const Tensor* slopes = graph_.constant(input_of(node, 1));
  if (!has_finite_slopes(*activation, slopes)) return false;
  if (activation->kind == kernels::Activation::PRelu) {
    const int64_t channels = convolution_.channels / (block_ * block_);
    if (!channel_values(graph_.graph(), node.inputs[1], channels, convolution_.rank())) {
      return false;
    }
  }
  activated_ = true;
  return true;
}

// Groups would have to stay together where blocks want other channels next to each other.
bool ConvolutionChain::absorb_shuffle(const Node& shuffle) {
  const int64_t block = shuffle.attributes.get_int("blocksize", 0);
  const std::string mode = shuffle.attributes.get_string("mode", "DCR");
  const bool divides =
      block > 1 && block <= convolution_.channels && convolution_.channels % (block * block) == 0;
  if (!divides || (mode != "DCR" && mode != "CRD")) return false;
  if (convolution_.transposed || convolution_.groups != 1 || added_ || block_ > 1) return false;
  block_ = block;
  return true;
}

}  // namespace

// Makes one node of a convolution and what follows it and can be done while its sums are still in
// registers: another value added, which may broadcast, an activation, and, before or after that,
// DepthToSpace. FusedConvTranspose has an activation only.
void fuse_convolution_epilogue(Rewriter& graph, const PassContext&) {
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    const auto convolution = image_convolution(graph, graph.node(id));
    if (!convolution) continue;
    ConvolutionChain chain(graph, id, *convolution);
    while (chain.grow()) {
    }
    if (chain.nodes().size() == 1) continue;
    graph.fuse(chain.nodes().back(), chain.nodes(),
               convolution->transposed ? "FusedConvTranspose" : "FusedConv");
  }
}

}  // namespace fovea

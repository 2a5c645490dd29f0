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

// What a convolution has taken in so far of the nodes behind it.
class ConvolutionEpilogue {
 public:
  ConvolutionEpilogue(const Rewriter& graph, const Convolution& convolution)
      : graph_(graph), convolution_(convolution) {}

  // Takes a node that reads the result so far; false if it cannot.
  bool absorb(const Node& node, ValueId result);

 private:
  bool absorb_addend(const Node& add, ValueId result);
  bool absorb_activation(const Node& node, ValueId result);
  bool absorb_shuffle(const Node& shuffle);

  const Rewriter& graph_;
  Convolution convolution_;
  bool added_ = false;
  bool activated_ = false;
  int64_t block_ = 1;
};

bool ConvolutionEpilogue::absorb(const Node& node, ValueId result) {
  if (is_op(node, "Add")) return absorb_addend(node, result);
  if (is_op(node, "DepthToSpace")) return absorb_shuffle(node);
  return absorb_activation(node, result);
}

// Makes the other operand the addend. Of two convolutions that could do so, the later one does,
// after which both operands are there.
bool ConvolutionEpilogue::absorb_addend(const Node& add, ValueId result) {
  if (convolution_.transposed || added_ || activated_ || block_ > 1) return false;
  const ValueId other = add.inputs[add.inputs[0] == result ? 1 : 0];
  if (graph_.constant(other)) return false;
  const NodeId producer = graph_.producer(other);
  const bool is_later =
      producer != kNoNode && graph_.comes_before(graph_.producer(result), producer);
  if (is_later && graph_.only_reader(other) != kNoNode) {
    const auto later = image_convolution(graph_, graph_.node(producer));
    if (later && !later->transposed) return false;
  }
  added_ = true;
  return true;
}

bool ConvolutionEpilogue::absorb_activation(const Node& node, ValueId result) {
  if (activated_ || node.inputs.empty() || node.inputs[0] != result) return false;
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
bool ConvolutionEpilogue::absorb_shuffle(const Node& shuffle) {
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
    ConvolutionEpilogue epilogue(graph, *convolution);
    const auto chain = chain_from(
        graph, id, [&](const Node& node, ValueId result) { return epilogue.absorb(node, result); });
    if (chain.size() == 1) continue;
    graph.fuse(chain.back(), chain, convolution->transposed ? "FusedConvTranspose" : "FusedConv");
  }
}

}  // namespace fovea

#include <algorithm>
#include <optional>

#include "ops/core/activation.h"
#include "ops/core/conv_step.h"
#include "passes/convolution.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

void set_input(Node& node, size_t index, ValueId id) {
  node.inputs.resize(std::max(node.inputs.size(), index + 1), kNoValue);
  node.inputs[index] = id;
}

bool is_shuffled(const Node& fused) { return fused.attributes.has("blocksize"); }
bool has_addend(const Node& fused) { return input_of(fused, kConvAddend) != kNoValue; }

// Rank 4 is what the kernels with an epilogue know. Attributes of the names used here, which ONNX
// does not have, would be taken for ours.
std::optional<Convolution> image_convolution(const Rewriter& graph, const Node& node) {
  if (has_activation(node.attributes) || is_shuffled(node)) return std::nullopt;
  const auto convolution = convolution_of(graph.graph(), node);
  return convolution && convolution->rank() == 4 ? convolution : std::nullopt;
}

// Makes the other operand the addend. Of two convolutions that could do so, the later one does,
// after which both operands are there.
bool absorb_addend(const Rewriter& graph, const Convolution& convolution, Node& fused,
                   const Node& add) {
  const bool has_more = has_activation(fused.attributes) || has_addend(fused) || is_shuffled(fused);
  if (convolution.transposed || has_more) return false;
  const ValueId result = fused.outputs[0];
  const ValueId other = add.inputs[add.inputs[0] == result ? 1 : 0];
  if (graph.constant(other)) return false;
  const NodeId producer = graph.producer(other);
  const bool is_later = producer != kNoNode && graph.comes_before(graph.producer(result), producer);
  if (is_later && graph.only_reader(other) != kNoNode) {
    const auto later = image_convolution(graph, graph.node(producer));
    if (later && !later->transposed) return false;
  }
  set_input(fused, kConvAddend, other);
  return true;
}

bool absorb_activation(const Rewriter& graph, const Convolution& convolution, Node& fused,
                       const Node& next) {
  if (has_activation(fused.attributes) || next.inputs[0] != fused.outputs[0]) return false;
  const auto activation = activation_of(next, [&](ValueId id) { return graph.constant(id); });
  if (!activation) return false;
  if (activation->kind == kernels::Activation::PRelu) {
    const int64_t block = fused.attributes.get_int("blocksize", 1);
    const int64_t channels = convolution.channels / (block * block);
    if (!channel_values(graph.graph(), next.inputs[1], channels, convolution.rank())) return false;
    set_input(fused, kConvSlopes, next.inputs[1]);
  }
  set_activation(fused.attributes, *activation);
  return true;
}

// Groups would have to stay together where blocks want other channels next to each other.
bool absorb_shuffle(const Convolution& convolution, Node& fused, const Node& shuffle) {
  const int64_t block = shuffle.attributes.get_int("blocksize", 0);
  const std::string mode = shuffle.attributes.get_string("mode", "DCR");
  const bool divides =
      block > 1 && block <= convolution.channels && convolution.channels % (block * block) == 0;
  if (!divides || (mode != "DCR" && mode != "CRD")) return false;
  if (convolution.transposed || convolution.groups != 1) return false;
  if (has_addend(fused) || is_shuffled(fused)) return false;
  fused.attributes.set("blocksize", block);
  fused.attributes.set("mode", mode);
  return true;
}

// Gives `fused` what `next`, the only reader of its result, does; false if it cannot carry that.
bool absorb(const Rewriter& graph, const Convolution& convolution, Node& fused, const Node& next) {
  if (is_op(next, "Add")) return absorb_addend(graph, convolution, fused, next);
  if (is_op(next, "DepthToSpace")) return absorb_shuffle(convolution, fused, next);
  return next.domain.empty() && absorb_activation(graph, convolution, fused, next);
}

// Moves the convolution down its readers as far as it can absorb them.
void grow(Rewriter& graph, NodeId at) {
  const auto convolution = image_convolution(graph, graph.node(at));
  if (!convolution) return;
  for (;;) {
    const NodeId reader = graph.only_reader(graph.node(at).outputs[0]);
    if (reader == kNoNode) return;
    const Node& next = graph.node(reader);
    Node fused = graph.node(at);
    if (!absorb(graph, *convolution, fused, next)) return;
    fused.become(convolution->transposed ? "FusedConvTranspose" : "FusedConv", kInternalDomain,
                 fused.opset);
    fused.name = next.name;
    fused.outputs = next.outputs;
    graph.replace(reader, std::move(fused));
    at = reader;
  }
}

}  // namespace

// Moves what follows a convolution into it. FusedConv(X, W, B?, Z?, slopes?) adds Z, which may
// broadcast, and then applies `activation` with `activation_params` while the sums are still in
// registers; with `blocksize` and `mode` it writes them as DepthToSpace would. Of the slopes there
// is one, or one for each channel of W or of the result. FusedConvTranspose has an activation only.
void fuse_convolution_epilogue(Rewriter& graph, const PassContext&) {
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) grow(graph, id);
}

}  // namespace fovea

#include <algorithm>
#include <limits>
#include <optional>

#include "ops/core/activation.h"
#include "ops/core/conv_step.h"
#include "passes/convolution.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// The bounds of a Clip whose bounds are constants; nullopt where they come from the run.
std::optional<std::vector<float>> clip_bounds(const Graph& graph, const Node& clip) {
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  constexpr float kHighest = std::numeric_limits<float>::max();
  std::vector<float> bounds = {clip.attributes.get_float("min", kLowest),
                               clip.attributes.get_float("max", kHighest)};
  for (size_t i = 1; i < clip.inputs.size(); ++i) {
    if (clip.inputs[i] == kNoValue) continue;
    const Tensor* bound = graph.constant(clip.inputs[i]);
    if (!bound || bound->elements() != 1 || bound->dtype() != DType::Float) return std::nullopt;
    bounds[i - 1] = bound->as<float>()[0];
  }
  return bounds;
}

void set_input(Node& node, size_t index, ValueId id) {
  node.inputs.resize(std::max(node.inputs.size(), index + 1), kNoValue);
  node.inputs[index] = id;
}

bool has_activation(const Node& fused) { return fused.attributes.has("activation"); }
bool is_shuffled(const Node& fused) { return fused.attributes.has("blocksize"); }
bool has_addend(const Node& fused) {
  return fused.inputs.size() > kConvAddend && fused.inputs[kConvAddend] != kNoValue;
}

// Rank 4 is what the kernels with an epilogue know. Attributes of the names used here, which ONNX
// does not have, would be taken for ours.
std::optional<Convolution> image_convolution(const Graph& graph, const Node& node) {
  if (has_activation(node) || is_shuffled(node)) return std::nullopt;
  const auto convolution = convolution_of(graph, node);
  return convolution && convolution->rank() == 4 ? convolution : std::nullopt;
}

// Makes the other operand the addend. Of two convolutions that could do so, the later one does,
// after which both operands are there.
bool absorb_addend(const Graph& graph, const Uses& uses, const Convolution& convolution,
                   Node& fused, const Node& add) {
  const bool has_more = has_activation(fused) || has_addend(fused) || is_shuffled(fused);
  if (convolution.transposed || has_more || add.opset < kFirstNumpyOpset) return false;
  const ValueId result = fused.outputs[0];
  const ValueId other = add.inputs[add.inputs[0] == result ? 1 : 0];
  if (graph.constant(other)) return false;
  const int producer = uses.producer(other);
  if (producer > uses.producer(result) && uses.only_reader(other) >= 0) {
    const auto later = image_convolution(graph, graph.nodes[static_cast<size_t>(producer)]);
    if (later && !later->transposed) return false;
  }
  set_input(fused, kConvAddend, other);
  return true;
}

bool absorb_activation(const Graph& graph, const Convolution& convolution, Node& fused,
                       const Node& activation) {
  if (has_activation(fused) || activation.inputs[0] != fused.outputs[0]) return false;
  Attributes& attributes = fused.attributes;
  if (activation.op_type == "Clip") {
    const auto bounds = clip_bounds(graph, activation);
    if (!bounds || (*bounds)[0] > (*bounds)[1]) return false;
    attributes.set("activation_params", *bounds);
  } else if (activation.op_type == "LeakyRelu") {
    attributes.set("activation_params",
                   std::vector<float>{activation.attributes.get_float("alpha", 0.01f)});
  } else if (activation.op_type == "HardSigmoid") {
    attributes.set("activation_params",
                   std::vector<float>{activation.attributes.get_float("alpha", 0.2f),
                                      activation.attributes.get_float("beta", 0.5f)});
  } else if (activation.op_type == "PRelu") {
    const int64_t block = attributes.get_int("blocksize", 1);
    const int64_t channels = convolution.channels / (block * block);
    if (!channel_values(graph, activation.inputs[1], channels, convolution.rank())) return false;
    set_input(fused, kConvSlopes, activation.inputs[1]);
  }
  attributes.set("activation", activation.op_type);
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
bool absorb(const Graph& graph, const Uses& uses, const Convolution& convolution, Node& fused,
            const Node& next) {
  if (!next.domain.empty()) return false;
  if (next.op_type == "Add") return absorb_addend(graph, uses, convolution, fused, next);
  if (next.op_type == "DepthToSpace") return absorb_shuffle(convolution, fused, next);
  return activation_of(next) && absorb_activation(graph, convolution, fused, next);
}

// Moves the convolution down its readers as far as it can absorb them, which keeps the order
// topological; marks the places it leaves.
void grow(Graph& graph, const Uses& uses, size_t at, std::vector<bool>& left) {
  const auto convolution = image_convolution(graph, graph.nodes[at]);
  if (!convolution) return;
  for (;;) {
    const int reader = uses.only_reader(graph.nodes[at].outputs[0]);
    if (reader < 0) return;
    Node& next = graph.nodes[static_cast<size_t>(reader)];
    Node fused = graph.nodes[at];
    if (!absorb(graph, uses, *convolution, fused, next)) return;
    fused.domain = kInternalDomain;
    fused.op_type = convolution->transposed ? "FusedConvTranspose" : "FusedConv";
    fused.name = next.name;
    fused.outputs = next.outputs;
    next = std::move(fused);
    left[at] = true;
    at = static_cast<size_t>(reader);
  }
}

}  // namespace

// Moves what follows a convolution into it. FusedConv(X, W, B?, Z?, slopes?) adds Z, which may
// broadcast, and then applies `activation` with `activation_params` while the sums are still in
// registers; with `blocksize` and `mode` it writes them as DepthToSpace would. Of the slopes there
// is one, or one for each channel of W or of the result. FusedConvTranspose has an activation only.
void fuse_convolution_epilogue(Graph& graph, const PassContext&) {
  const Uses uses(graph);
  std::vector<bool> left(graph.nodes.size(), false);
  for (size_t index = 0; index < graph.nodes.size(); ++index) grow(graph, uses, index, left);
  remove_nodes(graph, left);
}

}  // namespace fovea

#include <optional>

#include "passes/pass.h"

namespace fovea {
namespace {

// What `Reshape [N,?,?,?,H,W] -> Transpose -> Reshape` does when it is a pixel shuffle
// (W. Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
// Convolutional Neural Network", CVPR 2016).
struct Shuffle {
  int64_t block;
  const char* mode;
};

bool is(const Node& node, std::string_view op_type) {
  return node.domain.empty() && node.op_type == op_type;
}

std::optional<std::vector<int64_t>> constant_shape(const Graph& graph, const Node& reshape) {
  const Tensor* shape = reshape.inputs.size() > 1 ? graph.constant(reshape.inputs[1]) : nullptr;
  if (!shape || shape->shape().rank() != 1 || reshape.attributes.get_int("allowzero", 0) != 0) {
    return std::nullopt;
  }
  return to_int64s(*shape);
}

std::optional<Shuffle> classify(const std::vector<int64_t>& split, const std::vector<int64_t>& perm,
                                const std::vector<int64_t>& merged) {
  using Permutation = std::vector<int64_t>;
  if (split.size() != 6 || merged.size() != 4) return std::nullopt;
  Shuffle shuffle{};
  int64_t channels = 0;
  if (perm == Permutation{0, 1, 4, 2, 5, 3}) {  // [N,C,r,r,H,W]
    if (split[2] != split[3]) return std::nullopt;
    shuffle = {split[2], "CRD"};
    channels = split[1];
  } else if (perm == Permutation{0, 3, 4, 1, 5, 2}) {  // [N,r,r,C,H,W]
    if (split[1] != split[2]) return std::nullopt;
    shuffle = {split[1], "DCR"};
    channels = split[3];
  } else {
    return std::nullopt;
  }
  const auto grows = [&](int64_t before, int64_t after) {
    return before > 0 && after == before * shuffle.block;
  };
  const bool same_channels = channels > 0 && merged[1] == channels;
  const bool same_batch = split[0] == merged[0] && split[0] != -1;
  if (shuffle.block <= 1 || !same_channels || !same_batch) return std::nullopt;
  if (!grows(split[4], merged[2]) || !grows(split[5], merged[3])) return std::nullopt;
  return shuffle;
}

}  // namespace

// Replaces what exporters before opset 11 write for a pixel shuffle by one DepthToSpace.
void recognise_pixel_shuffle(Graph& graph, const PassContext&) {
  const Uses uses(graph);
  for (Node& last : graph.nodes) {
    if (!is(last, "Reshape")) continue;
    const int middle_index = uses.producer(last.inputs[0]);
    if (middle_index < 0) continue;
    const Node& middle = graph.nodes[static_cast<size_t>(middle_index)];
    if (!is(middle, "Transpose")) continue;
    const int first_index = uses.producer(middle.inputs[0]);
    if (first_index < 0) continue;
    const Node& first = graph.nodes[static_cast<size_t>(first_index)];
    if (!is(first, "Reshape")) continue;

    const auto split = constant_shape(graph, first);
    const auto merged = constant_shape(graph, last);
    if (!split || !merged) continue;
    const auto shuffle = classify(*split, middle.attributes.get_ints("perm"), *merged);
    if (!shuffle) continue;
    last.op_type = "DepthToSpace";
    last.opset = 13;
    last.inputs = {first.inputs[0]};
    last.attributes = {};
    last.attributes.set("blocksize", shuffle->block);
    last.attributes.set("mode", std::string(shuffle->mode));
  }
}

}  // namespace fovea

#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

using Ints = std::vector<int64_t>;

// Of [N, groups, channels, H, W].
const Ints kSwapped = {0, 2, 1, 3, 4};

bool reshapes(const Rewriter& graph, const Node* node, size_t rank) {
  const auto dims = node ? constant_ints(graph, input_of(*node, 1)) : std::nullopt;
  return dims && dims->size() == rank;
}

}  // namespace

// Makes a ChannelShuffle (X. Zhang et al., "ShuffleNet: An Extremely Efficient Convolutional Neural
// Network for Mobile Devices", CVPR 2018) of a Reshape of images' channels to groups, a Transpose
// of groups and channels and a Reshape back. It keeps its body: what is reshaped may turn out to be
// something else.
void recognise_channel_shuffle(Rewriter& graph, const PassContext&) {
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    const Node& last = graph.node(id);
    if (!is_op(last, "Reshape") || !reshapes(graph, &last, 4)) continue;
    const Node* swap = made_for_one(graph, last.inputs[0], "Transpose");
    if (!swap || swap->attributes.get_ints("perm") != kSwapped) continue;
    const Node* split = made_for_one(graph, swap->inputs[0], "Reshape");
    if (!reshapes(graph, split, kSwapped.size())) continue;
    graph.fuse(id, {graph.producer(swap->inputs[0]), graph.producer(last.inputs[0])},
               "ChannelShuffle", {split->inputs[0]});
  }
}

}  // namespace fovea

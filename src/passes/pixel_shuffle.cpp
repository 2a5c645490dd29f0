#include <initializer_list>
#include <optional>

#include "passes/known_shapes.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

using Ints = std::vector<int64_t>;

// A pixel shuffle (W. Shi et al., "Real-Time Single Image and Video Super-Resolution Using an
// Efficient Sub-Pixel Convolutional Neural Network", CVPR 2016) as DepthToSpace would do it.
struct Shuffle {
  ValueId input;
  int64_t block;
  const char* mode;
};

// Nodes of these operators, each of which makes the first input of the next, up to `last`; empty
// where there are others.
std::vector<const Node*> chain_to(const Rewriter& graph, const Node& last,
                                  std::initializer_list<std::string_view> operators) {
  std::vector<const Node*> chain;
  const Node* node = is_op(last, std::rbegin(operators)[0]) ? &last : nullptr;
  for (auto wanted = std::rbegin(operators); node;
       node = made_by(graph, node->inputs[0], *wanted)) {
    chain.insert(chain.begin(), node);
    if (++wanted == std::rend(operators)) return chain;
  }
  return {};
}

Ints shape_of(const Rewriter& graph, const Node& reshape) {
  if (reshape.attributes.get_int("allowzero", 0) != 0) return {};
  return constant_ints(graph, input_of(reshape, 1)).value_or(Ints{});
}

Ints axes_of(const Rewriter& graph, const Node& node) {
  return node.attributes.has("axes") ? node.attributes.get_ints("axes")
                                     : constant_ints(graph, input_of(node, 1)).value_or(Ints{});
}

constexpr size_t kImageRank = 4;

// Where sizes are written down: Reshape to six axes, Transpose, Reshape to four. The input must be
// known to have these sizes: of another, the first Reshape would make other blocks, or images.
std::optional<Shuffle> shuffle_of_fixed_size(const Rewriter& graph, const KnownShapes& shapes,
                                             const Node& last) {
  const auto chain = chain_to(graph, last, {"Reshape", "Transpose", "Reshape"});
  if (chain.empty()) return std::nullopt;
  const Ints split = shape_of(graph, *chain[0]), merged = shape_of(graph, last);
  const Ints order = chain[1]->attributes.get_ints("perm");
  if (split.size() != 6 || merged.size() != kImageRank) return std::nullopt;

  const bool channels_first = order == Ints{0, 1, 4, 2, 5, 3};                  // [N,C,r,r,H,W]
  if (!channels_first && order != Ints{0, 3, 4, 1, 5, 2}) return std::nullopt;  // [N,r,r,C,H,W]
  const int64_t channels = channels_first ? split[1] : split[3];
  const int64_t block = split[2];
  const auto grows = [&](int64_t before, int64_t after) {
    return before > 0 && after % block == 0 && after / block == before;
  };
  const bool square = block > 1 && block == (channels_first ? split[3] : split[1]);
  const bool same_channels = channels > 0 && merged[1] == channels;
  if (!square || !same_channels || split[0] != merged[0]) return std::nullopt;
  if (!grows(split[4], merged[2]) || !grows(split[5], merged[3])) return std::nullopt;

  const ValueId input = chain[0]->inputs[0];
  const auto& image = shapes[static_cast<size_t>(input)];
  if (!image || image->size() != kImageRank) return std::nullopt;
  const auto is = [&](size_t axis, int64_t size) { return (*image)[axis] == size; };
  // 0 and -1 keep the batch, whatever it is, where all else agrees.
  const bool same_batch = split[0] == 0 || split[0] == -1 || is(0, split[0]);
  const auto& from = (*image)[1];
  const bool all_channels = from && *from % block == 0 && grows(channels, *from / block);
  if (!same_batch || !all_channels || !is(2, split[4]) || !is(3, split[5])) return std::nullopt;
  return Shuffle{input, block, channels_first ? "CRD" : "DCR"};
}

// Where they are left open, rows and columns are merged one after the other, because a Reshape can
// work out one size only; zeros keep a size.
std::optional<Shuffle> shuffle_of_any_size(const Rewriter& graph, const Node& last) {
  const auto chain =
      chain_to(graph, last, {"Unsqueeze", "Reshape", "Transpose", "Reshape", "Reshape", "Squeeze"});
  if (chain.empty()) return std::nullopt;
  const Ints split = shape_of(graph, *chain[1]);
  const int64_t block = split.size() == 6 ? split[2] : 0;
  const bool same = block > 1 && axes_of(graph, *chain[0]) == Ints{2, 3} &&
                    split == Ints{0, -1, block, block, 0, 0} &&
                    chain[2]->attributes.get_ints("perm") == Ints{0, 1, 4, 2, 5, 3} &&
                    shape_of(graph, *chain[3]) == Ints{0, 0, -1, 1, 0, 0} &&
                    shape_of(graph, *chain[4]) == Ints{0, 0, 0, 0, -1, 1} &&
                    axes_of(graph, last) == Ints{3, 5};
  return same ? std::optional(Shuffle{chain[0]->inputs[0], block, "CRD"}) : std::nullopt;
}

}  // namespace

// Replaces what exporters before opset 11 write for a pixel shuffle by one DepthToSpace.
void recognise_pixel_shuffle(Rewriter& graph, const PassContext&) {
  const KnownShapes shapes = known_shapes(graph.graph());
  const auto is_image = [&](ValueId id) {
    const auto& dims = shapes[static_cast<size_t>(id)];
    return dims && dims->size() == kImageRank;
  };
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    auto shuffle = shuffle_of_fixed_size(graph, shapes, graph.node(id));
    if (!shuffle) shuffle = shuffle_of_any_size(graph, graph.node(id));
    // Reshape would split tensors of any rank.
    if (!shuffle || !is_image(shuffle->input)) continue;
    Node node = graph.node(id);
    node.become("DepthToSpace", kOnnxDomain, 13);
    node.inputs = {shuffle->input};
    node.attributes = {};
    node.attributes.set("blocksize", shuffle->block);
    node.attributes.set("mode", std::string(shuffle->mode));
    graph.replace(id, std::move(node));
  }
}

}  // namespace fovea

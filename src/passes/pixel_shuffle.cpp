#include <initializer_list>
#include <optional>

#include "passes/images.h"
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
std::vector<const Node*> chain_to(const Graph& graph, const Uses& uses, const Node& last,
                                  std::initializer_list<std::string_view> operators) {
  std::vector<const Node*> chain;
  const Node* node = &last;
  for (auto wanted = std::rbegin(operators); wanted != std::rend(operators); ++wanted) {
    if (!node || !node->domain.empty() || node->op_type != *wanted) return {};
    chain.insert(chain.begin(), node);
    const int before = uses.producer(node->inputs[0]);
    node = before < 0 ? nullptr : &graph.nodes[static_cast<size_t>(before)];
  }
  return chain;
}

// The constant that is the node's second input, else nothing.
Ints second_input(const Graph& graph, const Node& node) {
  const Tensor* tensor = node.inputs.size() > 1 ? graph.constant(node.inputs[1]) : nullptr;
  return tensor ? to_int64s(*tensor) : Ints{};
}

Ints shape_of(const Graph& graph, const Node& reshape) {
  return reshape.attributes.get_int("allowzero", 0) == 0 ? second_input(graph, reshape) : Ints{};
}

Ints axes_of(const Graph& graph, const Node& node) {
  return node.attributes.has("axes") ? node.attributes.get_ints("axes") : second_input(graph, node);
}

bool has_size(const std::optional<Image>& image, int64_t height, int64_t width) {
  return image && image->height == height && image->width == width;
}

// Where sizes are written down: Reshape to six axes, Transpose, Reshape to four.
std::optional<Shuffle> shuffle_of_fixed_size(const Graph& graph, const Uses& uses,
                                             const Images& images, const Node& last) {
  const auto chain = chain_to(graph, uses, last, {"Reshape", "Transpose", "Reshape"});
  if (chain.empty()) return std::nullopt;
  const Ints split = shape_of(graph, *chain[0]), merged = shape_of(graph, last);
  const Ints order = chain[1]->attributes.get_ints("perm");
  if (split.size() != 6 || std::ssize(merged) != kImageRank) return std::nullopt;

  const bool channels_first = order == Ints{0, 1, 4, 2, 5, 3};                  // [N,C,r,r,H,W]
  if (!channels_first && order != Ints{0, 3, 4, 1, 5, 2}) return std::nullopt;  // [N,r,r,C,H,W]
  const int64_t channels = channels_first ? split[1] : split[3];
  const int64_t block = split[2];
  const auto grows = [&](int64_t before, int64_t after) {
    return before > 0 && after == before * block;
  };
  const bool square = block > 1 && block == (channels_first ? split[3] : split[1]);
  const bool same_channels = channels > 0 && merged[1] == channels;
  if (!square || !same_channels || split[0] != merged[0]) return std::nullopt;
  if (!grows(split[4], merged[2]) || !grows(split[5], merged[3])) return std::nullopt;
  // To an open batch, images of another size would be more or fewer images of this one.
  const ValueId input = chain[0]->inputs[0];
  if (split[0] == -1 && !has_size(images[static_cast<size_t>(input)], split[4], split[5])) {
    return std::nullopt;
  }
  return Shuffle{input, block, channels_first ? "CRD" : "DCR"};
}

// Where they are left open, rows and columns are merged one after the other, because a Reshape can
// work out one size only; zeros keep a size.
std::optional<Shuffle> shuffle_of_any_size(const Graph& graph, const Uses& uses, const Node& last) {
  const auto chain = chain_to(
      graph, uses, last, {"Unsqueeze", "Reshape", "Transpose", "Reshape", "Reshape", "Squeeze"});
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
void recognise_pixel_shuffle(Graph& graph, const PassContext& context) {
  const Uses uses(graph);
  const Images images = images_of(graph);
  for (Node& last : graph.nodes) {
    auto shuffle = shuffle_of_fixed_size(graph, uses, images, last);
    if (!shuffle) shuffle = shuffle_of_any_size(graph, uses, last);
    // Reshape would split tensors of any rank.
    if (!shuffle || !images[static_cast<size_t>(shuffle->input)]) continue;
    last.become("DepthToSpace", kOnnxDomain, 13);
    last.inputs = {shuffle->input};
    last.attributes = {};
    last.attributes.set("blocksize", shuffle->block);
    last.attributes.set("mode", std::string(shuffle->mode));
  }
  // The first of the nodes would still count as a reader of the convolution before it, which then
  // could not take the shuffle in.
  remove_dead_code(graph, context);
}

}  // namespace fovea

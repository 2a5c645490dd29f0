#include <optional>

#include "passes/known_shapes.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

constexpr int kFirstOpset = 10;  // since when Slice has its ranges as inputs

// Channels [first, first + count) of images.
struct ChannelRange {
  ValueId images;
  int64_t first;
  int64_t count;
};

// What Gather takes where channels [k C] become [k, C] and one of the k is wanted. The sizes must
// be known: of others, the Reshape would make something else.
std::optional<ChannelRange> gathered_range(const Rewriter& graph, const KnownShapes& shapes,
                                           const Node& gather) {
  if (!is_op(gather, "Gather") || gather.opset < kFirstOpset) return std::nullopt;
  if (gather.attributes.get_int("axis", 0) != 1) return std::nullopt;
  const Tensor* index = graph.constant(gather.inputs[1]);
  const auto at = constant_ints(graph, gather.inputs[1]);
  const Node* reshape = made_by(graph, gather.inputs[0], "Reshape");
  if (!at || index->shape().rank() != 0 || !reshape) return std::nullopt;
  const auto groups = constant_ints(graph, input_of(*reshape, 1));
  const auto& images = shapes[static_cast<size_t>(reshape->inputs[0])];
  if (!groups || groups->size() != 5 || !images || images->size() != 4) return std::nullopt;
  const int64_t group = at->front() < 0 ? at->front() + (*groups)[1] : at->front();
  if (group < 0 || group >= (*groups)[1]) return std::nullopt;
  const int64_t count = (*groups)[2];
  // Divided, since a product of what a file says may be no number at all.
  const auto& channels = (*images)[1];
  const bool fits = count > 0 && channels && *channels % count == 0 &&
                    *channels / count == (*groups)[1] && (*images)[0] == (*groups)[0] &&
                    (*images)[2] == (*groups)[3] && (*images)[3] == (*groups)[4];
  return fits ? std::optional(ChannelRange{reshape->inputs[0], group * count, count})
              : std::nullopt;
}

}  // namespace

// Makes one Slice of a Reshape that divides the channels of images and a Gather of one part: so the
// images keep their layout.
void slice_gathered_channels(Rewriter& graph, const PassContext&) {
  const KnownShapes shapes = known_shapes(graph.graph());
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    const auto range = gathered_range(graph, shapes, graph.node(id));
    if (!range) continue;
    const auto number = [&](const char* what, int64_t value) {
      return graph.add_constant(graph.node(id).name + what, Tensor::of<int64_t>({1}, {value}));
    };
    Node node = graph.node(id);
    node.become("Slice", kOnnxDomain, node.opset);
    node.inputs = {range->images, number(" first", range->first),
                   number(" end", range->first + range->count), number(" axis", 1)};
    node.attributes = {};
    graph.replace(id, std::move(node));
  }
}

}  // namespace fovea

#include <algorithm>
#include <optional>

#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// What FusedAttention has places for.
constexpr size_t kMaxReshapes = 2;
constexpr int kMaxAddends = 4;

// Nodes between the scores and the Softmax, and before each factor of a product; exporters write
// fewer.
constexpr size_t kMaxChanges = 12;
constexpr int kMaxViews = 8;

// The nodes of an attention but the last, and the shapes that Reshapes among them read.
struct Attention {
  NodeId last = kNoNode;
  std::vector<NodeId> others = {};
  std::vector<ValueId> reshapes = {};
};

// A way from the Softmax up to what may be the scores.
struct Path {
  ValueId end;
  std::vector<NodeId> nodes = {};
  std::vector<ValueId> reshapes = {};
  int addends = 0;
};

bool scales(const Rewriter& graph, const Node& node) {
  return (is_op(node, "Mul") || is_op(node, "Div")) && number(graph, node.inputs[1]);
}

// Takes the node that makes the path's end, unless it is none that FusedAttention knows between
// scores and Softmax; gives the ways on: the operands of a sum may both be the scores.
std::vector<Path> follow(const Rewriter& graph, Path path) {
  const Node& made = graph.node(graph.producer(path.end));
  path.nodes.push_back(graph.producer(path.end));
  path.end = made.inputs[0];
  if (scales(graph, made)) return {std::move(path)};
  if (is_op(made, "Reshape") && path.reshapes.size() < kMaxReshapes) {
    // Before opset 5 the shape is an attribute.
    const ValueId shape = input_of(made, 1);
    if (shape == kNoValue) return {};
    path.reshapes.push_back(shape);
    return {std::move(path)};
  }
  if (!is_op(made, "Add") || path.addends == kMaxAddends) return {};
  ++path.addends;
  Path other = path;
  other.end = made.inputs[1];
  // The last one is tried first.
  return {std::move(other), std::move(path)};
}

// Nodes that pick and reorder elements cost nothing inside, so others may read their results too.
void add_views(const Rewriter& graph, ValueId id, bool may_scale, std::vector<NodeId>& nodes) {
  for (int i = 0; i < kMaxViews && graph.producer(id) != kNoNode; ++i) {
    const NodeId producer = graph.producer(id);
    const Node& made = graph.node(producer);
    const bool transposes = is_op(made, "Transpose") && made.attributes.has("perm");
    const Tensor* picked = is_op(made, "Gather") ? graph.constant(made.inputs[1]) : nullptr;
    const bool picks = picked && picked->shape().rank() == 0;
    if (!transposes && !picks && !(may_scale && scales(graph, made))) return;
    nodes.push_back(producer);
    id = made.inputs[0];
  }
}

// From the Softmax up to the product of queries and keys. Nobody else may read what is not kept.
bool find_scores(const Rewriter& graph, const Node& softmax, Attention& attention) {
  std::vector<Path> paths = {{softmax.inputs[0]}};  // at most 2^kMaxAddends
  while (!paths.empty()) {
    Path path = std::move(paths.back());
    paths.pop_back();
    if (const Node* product = made_for_one(graph, path.end, "MatMul")) {
      std::ranges::copy(path.nodes, std::back_inserter(attention.others));
      attention.others.push_back(graph.producer(path.end));
      attention.reshapes = std::move(path.reshapes);
      add_views(graph, product->inputs[0], true, attention.others);
      add_views(graph, product->inputs[1], true, attention.others);
      return true;
    }
    const bool inner =
        graph.only_reader(path.end) != kNoNode && graph.producer(path.end) != kNoNode;
    if (!inner || path.nodes.size() == kMaxChanges) continue;
    std::ranges::move(follow(graph, std::move(path)), std::back_inserter(paths));
  }
  return false;
}

// Down to the product of probabilities and values, and the Transpose that puts heads side by side.
bool find_values(const Rewriter& graph, const Node& softmax, Attention& attention) {
  const ValueId probabilities = softmax.outputs[0];
  const NodeId reader = graph.only_reader(probabilities);
  if (reader == kNoNode || !is_op(graph.node(reader), "MatMul")) return false;
  const Node& product = graph.node(reader);
  if (product.inputs[0] != probabilities) return false;
  add_views(graph, product.inputs[1], false, attention.others);
  attention.last = reader;
  const NodeId next = graph.only_reader(product.outputs[0]);
  if (next == kNoNode || !is_op(graph.node(next), "Transpose")) return true;
  const auto order = graph.node(next).attributes.get_ints("perm");
  if (!order.empty() && order.back() + 1 == std::ssize(order)) {
    attention.others.push_back(reader);
    attention.last = next;
  }
  return true;
}

bool is_over_last_axis(const Node& softmax) {
  constexpr int kLastAxisOpset = 13;  // from which on the last axis is the default
  const int64_t fallback = softmax.opset < kLastAxisOpset ? 1 : -1;
  return softmax.attributes.get_int("axis", fallback) == -1;
}

std::optional<Attention> find_attention(const Rewriter& graph, NodeId softmax) {
  const Node& node = graph.node(softmax);
  Attention attention;
  attention.others = {softmax};
  const bool found = is_op(node, "Softmax") && is_over_last_axis(node) &&
                     find_scores(graph, node, attention) && find_values(graph, node, attention);
  return found ? std::optional(std::move(attention)) : std::nullopt;
}

}  // namespace

// Makes one node of softmax(Q K scaled + addends) V, so that the scores never leave the cache, and
// of the Transposes and Gathers before and after it, which become strides. FusedAttention reads the
// shapes of up to two Reshapes between Q K and the softmax, then whatever its body reads.
void fuse_attention(Rewriter& graph, const PassContext&) {
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    auto attention = find_attention(graph, id);
    if (!attention) continue;
    attention->reshapes.resize(kMaxReshapes, kNoValue);
    graph.fuse(attention->last, attention->others, "FusedAttention",
               std::move(attention->reshapes));
  }
}

}  // namespace fovea

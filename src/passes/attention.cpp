#include <tuple>

#include "passes/body.h"
#include "passes/pass.h"

namespace fovea {
namespace {

// What FusedAttention has places for.
constexpr size_t kMaxReshapes = 2;

// Finds the nodes of one attention, from its Softmax on up and down.
class AttentionFinder {
 public:
  AttentionFinder(const Graph& graph, const Uses& uses) : graph_(graph), uses_(uses) {}

  bool find(int softmax);
  const std::set<int>& members() const { return members_; }
  const std::vector<ValueId>& reshapes() const { return reshapes_; }

 private:
  const Node& node(int index) const { return graph_.nodes[static_cast<size_t>(index)]; }
  const Node* producer(ValueId id) const { return producer_of(graph_, uses_, id); }
  bool find_scores(ValueId id);
  bool find_values(const Node& softmax);
  void add_views(ValueId id, bool may_scale);

  const Graph& graph_;
  const Uses& uses_;
  std::set<int> members_;
  std::vector<ValueId> reshapes_;  // the shapes they read
};

bool AttentionFinder::find(int softmax) {
  const Node& node = this->node(softmax);
  constexpr int kLastAxisOpset = 13;  // from which on the last axis is the default
  const int64_t fallback = node.opset < kLastAxisOpset ? 1 : -1;
  if (node.attributes.get_int("axis", fallback) != -1) return false;
  members_ = {softmax};
  return find_scores(node.inputs[0]) && find_values(node);
}

// Up to the product of queries and keys. Nobody else may read what is not kept.
bool AttentionFinder::find_scores(ValueId id) {
  if (id == kNoValue || uses_.only_reader(id) < 0) return false;
  const Node* made = producer(id);
  const int index = uses_.producer(id);
  if (is_op(made, "MatMul")) {
    add_views(made->inputs[0], true);
    add_views(made->inputs[1], true);
    return members_.insert(index).second;
  }
  if (is_op(made, "Reshape") && reshapes_.size() < kMaxReshapes) {
    reshapes_.push_back(made->inputs[1]);
    return members_.insert(index).second && find_scores(made->inputs[0]);
  }
  const bool scales = (is_op(made, "Mul") && is_number(graph_, made->inputs[1])) ||
                      (is_op(made, "Div") && is_number(graph_, made->inputs[1]));
  if (!scales && (!is_op(made, "Add") || made->opset < kFirstNumpyOpset)) return false;
  members_.insert(index);
  const auto found = std::pair(members_, reshapes_);
  if (find_scores(made->inputs[0])) return true;
  std::tie(members_, reshapes_) = found;
  return !scales && find_scores(made->inputs[1]);
}

// Down to the product of probabilities and values, and the Transpose that puts heads side by side.
bool AttentionFinder::find_values(const Node& softmax) {
  const int product = uses_.only_reader(softmax.outputs[0]);
  if (product < 0 || !is_op(&node(product), "MatMul")) return false;
  const Node& multiply = node(product);
  if (multiply.inputs[0] != softmax.outputs[0] || multiply.inputs[1] == softmax.outputs[0]) {
    return false;
  }
  members_.insert(product);
  add_views(multiply.inputs[1], false);
  const int next = uses_.only_reader(multiply.outputs[0]);
  if (next < 0 || !is_op(&node(next), "Transpose")) return true;
  const auto order = node(next).attributes.get_ints("perm");
  if (!order.empty() && order.back() + 1 == std::ssize(order)) members_.insert(next);
  return true;
}

// Nodes that pick and reorder elements cost nothing inside, so others may read their results too.
void AttentionFinder::add_views(ValueId id, bool may_scale) {
  for (const Node* made = producer(id); made; made = producer(id)) {
    const bool transposes = is_op(made, "Transpose") && made->attributes.has("perm");
    const Tensor* picked = is_op(made, "Gather") ? graph_.constant(made->inputs[1]) : nullptr;
    const bool picks = picked && picked->shape().rank() == 0;
    const bool scales = may_scale && (is_op(made, "Mul") || is_op(made, "Div")) &&
                        made->opset >= kFirstNumpyOpset && is_number(graph_, made->inputs[1]);
    if (!transposes && !picks && !scales) return;
    members_.insert(uses_.producer(id));
    id = made->inputs[0];
  }
}

}  // namespace

// Makes one node of softmax(Q K scaled + addends) V, so that the scores never leave the cache, and
// of the Transposes and Gathers before and after it, which become strides. FusedAttention reads the
// shapes of up to two Reshapes between Q K and the softmax, then whatever its body reads.
void fuse_attention(Graph& graph, const PassContext&) {
  // Attentions share views at most, which stay, so that fusing one leaves this right for the
  // others.
  const Uses uses(graph);
  for (int index = 0; index < static_cast<int>(graph.nodes.size()); ++index) {
    if (!is_op(&graph.nodes[static_cast<size_t>(index)], "Softmax")) continue;
    AttentionFinder finder(graph, uses);
    if (!finder.find(index)) continue;
    std::vector<ValueId> shapes = finder.reshapes();
    shapes.resize(kMaxReshapes, kNoValue);
    fuse(graph, finder.members(), "FusedAttention", std::move(shapes));
  }
}

}  // namespace fovea

#include <algorithm>
#include <map>
#include <optional>

#include "ops/core/evaluate.h"
#include "passes/match.h"
#include "passes/pass.h"
#include "passes/permuted.h"
#include "passes/permuted_region.h"

namespace fovea {
namespace {

// A few are enough: from one to the next, the Transposes become fewer.
constexpr int kMostRounds = 8;

std::optional<KnownDims> dims_after(const std::optional<KnownDims>& dims,
                                    const Permutation& permutation) {
  KnownDims moved(permutation.size());
  if (!dims || dims->size() != permutation.size()) return moved;
  for (size_t i = 0; i < moved.size(); ++i) moved[i] = (*dims)[static_cast<size_t>(permutation[i])];
  return moved;
}

Tensor vector_of(const std::vector<int64_t>& values) {
  return Tensor::of<int64_t>({std::ssize(values)}, std::span<const int64_t>(values));
}

class TransposeMover {
 public:
  TransposeMover(Rewriter& graph, const PassContext& context)
      : graph_(graph), context_(context), ranks_(known_shapes(graph.graph())) {}

  void run();

 private:
  void tidy();
  void tidy(NodeId id);
  bool merge(NodeId id);
  bool share(NodeId id);
  bool become_reshape(NodeId id);
  bool become_unsqueeze(NodeId id);
  void ask_shape_before(NodeId id);

  std::vector<Permutation> permutations() const;
  bool improve(const Permutation& permutation);
  void permute(NodeId id, Permuted permuted);
  ValueId permuted_constant(ValueId id, const Permutation& permutation);

  ValueId add_value(ValueId like, const Permutation& permutation);
  Node transpose(ValueId from, ValueId to, const Permutation& permutation);

  Rewriter& graph_;
  const PassContext& context_;
  Ranks ranks_;
  std::map<std::pair<ValueId, Permutation>, ValueId> transposed_;  // what is made of what
  std::map<std::pair<ValueId, Permutation>, ValueId> constants_;
  int added_ = 0;
};

void TransposeMover::run() {
  tidy();
  for (int round = 0; round < kMostRounds; ++round) {
    bool improved = false;
    for (const Permutation& permutation : permutations()) {
      if (!improve(permutation)) continue;
      tidy();
      improved = true;
    }
    if (!improved) return;
  }
}

// ---- Transposes next to each other ----

void TransposeMover::tidy() {
  transposed_.clear();
  for (NodeId id = graph_.first(); id != kNoNode; id = graph_.next(id)) {
    if (is_op(graph_.node(id), "Transpose")) {
      tidy(id);
    } else if (is_op(graph_.node(id), "Shape")) {
      ask_shape_before(id);
    }
  }
}

void TransposeMover::tidy(NodeId id) {
  const Node& node = graph_.node(id);
  const auto rank = ranks_.rank(node.inputs[0]);
  if (!node.attributes.has("perm") && rank) {
    Permutation reversed;
    for (int64_t axis = *rank; axis-- > 0;) reversed.push_back(axis);
    Node written = node;
    written.attributes.set("perm", std::move(reversed));
    graph_.replace(id, std::move(written));
  }
  const auto permutation = permutation_of(graph_.node(id));
  // One that does not fit is the planner's to reject.
  if (!permutation || (rank && *rank != std::ssize(*permutation))) return;
  if (merge(id) || share(id) || become_reshape(id) || become_unsqueeze(id)) return;
  const Node& left = graph_.node(id);
  transposed_.insert_or_assign(std::pair(left.inputs[0], *permutation_of(left)), left.outputs[0]);
}

// Takes in the Transpose before it; true where nothing is left of both.
bool TransposeMover::merge(NodeId id) {
  const Node* first = made_by(graph_, graph_.node(id).inputs[0], "Transpose");
  const auto before = first ? permutation_of(*first) : std::nullopt;
  if (before && before->size() == permutation_of(graph_.node(id))->size()) {
    Node merged = graph_.node(id);
    merged.attributes.set("perm", composed(*before, *permutation_of(merged)));
    merged.inputs = {first->inputs[0]};
    graph_.replace(id, std::move(merged));
  }
  const Node& node = graph_.node(id);
  if (!is_identity(*permutation_of(node))) return false;
  graph_.replace_value(node.outputs[0], node.inputs[0]);
  return true;
}

// True where another one makes the same.
bool TransposeMover::share(NodeId id) {
  const Node& node = graph_.node(id);
  const auto known = transposed_.find(std::pair(node.inputs[0], *permutation_of(node)));
  // It may have gone since, because nobody reads it.
  if (known == transposed_.end() || graph_.producer(known->second) == kNoNode) return false;
  graph_.replace_value(node.outputs[0], known->second);
  return true;
}

// What a Reshape makes, where only axes of size 1 move: that can be had from the Reshape.
bool TransposeMover::become_reshape(NodeId id) {
  const Node& node = graph_.node(id);
  const Node* reshape = made_by(graph_, node.inputs[0], "Reshape");
  if (!reshape || reshape->attributes.get_int("allowzero", 0) != 0) return false;
  const auto sizes = constant_ints(graph_, input_of(*reshape, 1));
  const Permutation permutation = *permutation_of(node);
  if (!sizes || sizes->size() != permutation.size()) return false;
  std::vector<int64_t> moved;
  int64_t last = -1;
  for (size_t i = 0; i < permutation.size(); ++i) {
    const int64_t axis = permutation[i];
    const int64_t size = (*sizes)[static_cast<size_t>(axis)];
    moved.push_back(size);
    if (size == 1) continue;
    // Zero: as many as the input has at this place.
    if (axis < last || (size == 0 && axis != static_cast<int64_t>(i))) return false;
    last = axis;
  }
  Node other = *reshape;
  other.name = node.name;
  other.outputs = node.outputs;
  other.inputs[1] = graph_.add_constant(other.name + "/shape", vector_of(moved));
  graph_.replace(id, std::move(other));
  return true;
}

// The same of an Unsqueeze.
bool TransposeMover::become_unsqueeze(NodeId id) {
  const Node& node = graph_.node(id);
  const Node* unsqueeze = made_by(graph_, node.inputs[0], "Unsqueeze");
  const auto axes =
      unsqueeze ? axes_added_instead(graph_, *unsqueeze, *permutation_of(node)) : std::nullopt;
  if (!axes) return false;
  Node other = *unsqueeze;
  other.name = node.name;
  other.outputs = node.outputs;
  if (other.attributes.has("axes")) {
    other.attributes.set("axes", *axes);
  } else {
    other.inputs[1] = graph_.add_constant(other.name + "/axes", vector_of(*axes));
  }
  graph_.replace(id, std::move(other));
  return true;
}

// The shape of what a Transpose makes is the shape before it in another order.
void TransposeMover::ask_shape_before(NodeId id) {
  const Node& shape = graph_.node(id);
  const Node* made = made_by(graph_, shape.inputs[0], "Transpose");
  if (!made || !permutation_of(*made) || !asks_whole_shape(shape)) return;
  const Permutation order = *permutation_of(*made);
  Node before = shape;
  before.name = text(shape.name, "/Shape");
  before.inputs = {made->inputs[0]};
  before.outputs = {graph_.add_value(before.name, DType::Int64)};
  ranks_.set(before.outputs[0], KnownDims(1));
  Node gather;
  gather.become("Gather", kOnnxDomain, 13);
  gather.name = shape.name;
  gather.outputs = shape.outputs;
  gather.inputs = {before.outputs[0], graph_.add_constant(shape.name + "/order", vector_of(order))};
  graph_.insert_before(id, std::move(before));
  graph_.replace(id, std::move(gather));
}

// ---- Nodes between Transposes ----

// Those that the graph's Transposes have, and the other way round.
std::vector<Permutation> TransposeMover::permutations() const {
  std::vector<Permutation> found;
  const auto add = [&](Permutation permutation) {
    if (std::ranges::find(found, permutation) == found.end()) found.push_back(permutation);
  };
  for (NodeId id = graph_.first(); id != kNoNode; id = graph_.next(id)) {
    const auto permutation = permutation_of(graph_.node(id));
    if (!permutation) continue;
    add(*permutation);
    add(inverse(*permutation));
  }
  return found;
}

bool TransposeMover::improve(const Permutation& permutation) {
  PermutedRegion region(graph_, ranks_, permutation);
  auto nodes = region.cheapest();
  for (auto& [id, permuted] : nodes) permute(id, std::move(permuted));
  return !nodes.empty();
}

// Puts Transposes around the node that undo each other; what is not needed of them, tidy() takes
// away.
void TransposeMover::permute(NodeId id, Permuted permuted) {
  Node node = std::move(permuted.node);
  node.def = nullptr;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    ValueId& input = node.inputs[i];
    const auto parameter = permuted.parameters.find(i);
    if (parameter != permuted.parameters.end()) {
      input = graph_.add_constant(text(node.name, "/", i), std::move(parameter->second));
    } else if (permuted.inputs[i].empty()) {
      continue;
    } else if (graph_.constant(input)) {
      input = permuted_constant(input, permuted.inputs[i]);
    } else {
      const Permutation undo = inverse(permuted.inputs[i]);
      const ValueId moved = add_value(input, undo);
      graph_.insert_before(id, transpose(input, moved, undo));
      input = moved;
    }
  }
  std::vector<Node> after;
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    ValueId& output = node.outputs[i];
    if (output == kNoValue || permuted.outputs[i].empty()) continue;
    const ValueId moved = add_value(output, inverse(permuted.outputs[i]));
    const bool read = !graph_.readers(output).empty() || graph_.is_output(output);
    if (read) after.push_back(transpose(moved, output, permuted.outputs[i]));
    output = moved;
  }
  graph_.replace(id, std::move(node));
  for (Node& one : after) graph_.insert_after(id, std::move(one));
}

// Shorter shapes are aligned at their ends, and stay as short as they can.
ValueId TransposeMover::permuted_constant(ValueId id, const Permutation& permutation) {
  const auto known = constants_.find(std::pair(id, permutation));
  if (known != constants_.end()) return known->second;
  const Tensor& tensor = *graph_.constant(id);
  std::vector<int64_t> dims = tensor.shape().dims();
  const size_t missing = permutation.size() - dims.size();
  dims.insert(dims.begin(), missing, 1);
  const Tensor whole = tensor.reshaped(Shape(std::move(dims)));
  Tensor moved =
      evaluate_op("Transpose", {{"perm", inverse(permutation)}}, {&whole, 1}, context_.pool);
  std::vector<int64_t> kept = moved.shape().dims();
  for (size_t i = 0; i < missing && kept.front() == 1; ++i) kept.erase(kept.begin());
  moved = moved.reshaped(Shape(kept));
  const ValueId constant =
      graph_.add_constant(graph_.graph().value(id).name + "/transposed", std::move(moved));
  ranks_.set(constant, KnownDims(kept.begin(), kept.end()));
  constants_.emplace(std::pair(id, permutation), constant);
  return constant;
}

ValueId TransposeMover::add_value(ValueId like, const Permutation& permutation) {
  const Value& value = graph_.graph().value(like);
  const ValueId id = graph_.add_value(value.name + "/transposed", value.dtype);
  ranks_.set(id, dims_after(ranks_.dims(like), permutation));
  return id;
}

Node TransposeMover::transpose(ValueId from, ValueId to, const Permutation& permutation) {
  Node node;
  node.become("Transpose", kOnnxDomain, 13);
  node.name = text(graph_.graph().value(to).name, "/Transpose", ++added_);
  node.inputs = {from};
  node.outputs = {to};
  node.attributes.set("perm", permutation);
  return node;
}

}  // namespace

// Moves Transposes to where they undo each other. An element-wise node between two of them, say,
// can as well be computed of what the first one reads.
void move_transposes(Rewriter& graph, const PassContext& context) {
  TransposeMover(graph, context).run();
}

}  // namespace fovea

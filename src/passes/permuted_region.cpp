#include "passes/permuted_region.h"

#include <algorithm>

#include "passes/match.h"

namespace fovea {
namespace {

constexpr int kPermuted = MinCut::kSource, kAsItIs = MinCut::kSink;

// Of a Transpose; what else is said is smaller and decides between equal numbers of them.
constexpr int64_t kPrice = 1 << 20;
// At the borders and where there are fewer elements is better than elsewhere.
constexpr int64_t kAmongNodes = 1;
// Of a node that has its axis elsewhere than last.
constexpr int64_t kOtherAxis = 4;

}  // namespace

std::optional<Permutation> permutation_of(const Node& node) {
  if (!is_op(node, "Transpose") || !node.attributes.has("perm")) return std::nullopt;
  Permutation permutation = node.attributes.get_ints("perm");
  std::vector<bool> seen(permutation.size(), false);
  for (const int64_t axis : permutation) {
    if (axis < 0 || axis >= std::ssize(permutation) || seen[static_cast<size_t>(axis)]) {
      return std::nullopt;
    }
    seen[static_cast<size_t>(axis)] = true;
  }
  return permutation;
}

bool asks_whole_shape(const Node& node) {
  return is_op(node, "Shape") && !node.attributes.has("start") && !node.attributes.has("end");
}

PermutedRegion::PermutedRegion(const Rewriter& graph, const Ranks& ranks, Permutation permutation)
    : graph_(graph), ranks_(ranks), permutation_(std::move(permutation)) {
  grow();
  // The cut's own two come first.
  int label = kAsItIs;
  for (const auto& [id, permuted] : nodes_) labels_[id] = ++label;
  find_crossings();
}

std::map<NodeId, Permuted> PermutedRegion::cheapest() {
  if (nodes_.empty()) return {};
  const std::vector<bool> best = cut();
  std::vector<bool> now(best.size(), false);
  now[kPermuted] = true;
  if (cost(best) >= cost(now)) return {};
  std::erase_if(nodes_, [&](const auto& entry) {
    return !best[static_cast<size_t>(labels_.at(entry.first))];
  });
  return std::move(nodes_);
}

// ---- Which nodes there are ----

void PermutedRegion::grow() {
  const Permutation back = inverse(permutation_);
  for (NodeId id = graph_.first(); id != kNoNode; id = graph_.next(id)) {
    const auto permutation = permutation_of(graph_.node(id));
    if (permutation == permutation_) assign(graph_.node(id).outputs[0], permutation_);
    if (permutation == back) assign(graph_.node(id).inputs[0], permutation_);
  }
  while (!queue_.empty()) {
    const ValueId id = queue_.back();
    queue_.pop_back();
    grow_from(id);
  }
}

void PermutedRegion::grow_from(ValueId id) {
  const Permutation permutation = values_.at(id);
  for (const NodeId reader : graph_.readers(id)) try_node(reader, id, permutation);
  const NodeId producer = graph_.producer(id);
  if (producer != kNoNode) try_node(producer, id, permutation);
}

void PermutedRegion::try_node(NodeId id, ValueId from, const Permutation& permutation) {
  if (nodes_.contains(id)) return;
  const Node& node = graph_.node(id);
  auto result = permuted(graph_, ranks_, node, permutation);
  if (!result) return;
  bool reached = false, all_fit = true;
  const auto each = [&](const std::vector<ValueId>& ids, const std::vector<Permutation>& permuted,
                        auto visit) {
    for (size_t i = 0; i < ids.size(); ++i) visit(ids[i], permuted[i]);
  };
  const auto check = [&](ValueId value, const Permutation& one) {
    reached = reached || (value == from && one == permutation);
    all_fit = all_fit && fits(value, one);
  };
  each(node.inputs, result->inputs, check);
  each(node.outputs, result->outputs, check);
  if (!reached || !all_fit) return;
  const auto take = [&](ValueId value, const Permutation& one) { assign(value, one); };
  each(node.inputs, result->inputs, take);
  each(node.outputs, result->outputs, take);
  nodes_.emplace(id, std::move(*result));
}

bool PermutedRegion::fits(ValueId id, const Permutation& permutation) const {
  const auto known = values_.find(id);
  return permutation.empty() || known == values_.end() || known->second == permutation;
}

void PermutedRegion::assign(ValueId id, const Permutation& permutation) {
  if (id == kNoValue || permutation.empty() || graph_.constant(id)) return;
  if (values_.emplace(id, permutation).second) queue_.push_back(id);
}

// ---- Which of them are permuted ----

void PermutedRegion::find_crossings() {
  for (const auto& [id, permutation] : values_) {
    crossings_.push_back(crossing_of(id, permutation));
  }
}

PermutedRegion::Crossing PermutedRegion::crossing_of(ValueId id,
                                                     const Permutation& permutation) const {
  Crossing crossing{kAsItIs, {}, price_of(id)};
  const NodeId producer = graph_.producer(id);
  const auto inside = nodes_.find(producer);
  if (inside != nodes_.end()) {
    const auto& outputs = graph_.node(producer).outputs;
    const auto at = static_cast<size_t>(std::ranges::find(outputs, id) - outputs.begin());
    if (!inside->second.outputs[at].empty()) crossing.maker = labels_.at(producer);
  } else if (producer != kNoNode) {
    const auto transpose = permutation_of(graph_.node(producer));
    if (transpose == permutation) crossing.maker = kPermuted;
    if (transpose && transpose != permutation) crossing.maker.reset();
    if (transpose) crossing.price = price_of(graph_.node(producer).inputs[0]);
  }
  for (const NodeId reader : graph_.readers(id)) {
    add_readers(id, reader, permutation, crossing.readers);
  }
  if (graph_.is_output(id)) crossing.readers.push_back(kAsItIs);
  return crossing;
}

void PermutedRegion::add_readers(ValueId id, NodeId reader, const Permutation& permutation,
                                 std::vector<int>& readers) const {
  const Node& node = graph_.node(reader);
  const auto inside = nodes_.find(reader);
  if (inside != nodes_.end()) {
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] != id) continue;
      readers.push_back(inside->second.inputs[i].empty() ? kAsItIs : labels_.at(reader));
    }
  } else if (const auto transpose = permutation_of(node)) {
    // Another Transpose takes either, unless it goes where one of them is.
    const NodeId producer = graph_.producer(id);
    const bool goes =
        transpose == inverse(permutation) ||
        (nodes_.contains(producer) &&
         axes_added_instead(graph_, graph_.node(producer), composed(permutation, *transpose)));
    if (goes) readers.push_back(kPermuted);
  } else if (!asks_whole_shape(node)) {
    readers.push_back(kAsItIs);
  }
}

// How much of what may follow a convolution could still be taken in: the most for its sums.
int64_t PermutedRegion::room_behind_convolution(ValueId id) const {
  constexpr int64_t kMost = 3;
  for (int64_t room = kMost; room > 0; --room) {
    const NodeId producer = graph_.producer(id);
    if (producer == kNoNode) return 0;
    const Node& node = graph_.node(producer);
    if (node.op_type.starts_with("Conv")) return room;
    if (node.op_type != "Add" && node.op_type != "Mul") return 0;
    id = node.inputs[graph_.constant(node.inputs[0]) ? 1 : 0];
    const NodeId transpose = graph_.producer(id);
    if (transpose != kNoNode && permutation_of(graph_.node(transpose))) {
      id = graph_.node(transpose).inputs[0];
    }
  }
  return 0;
}

int64_t PermutedRegion::price_of(ValueId id) const {
  const NodeId producer = graph_.producer(id);
  if (producer == kNoNode) return kPrice;
  const std::string_view name = graph_.node(producer).op_type;
  if (name.starts_with("Reduce")) return kPrice;
  return kPrice + kAmongNodes + room_behind_convolution(id);
}

int64_t PermutedRegion::cost(const std::vector<bool>& permuted) const {
  int64_t sum = 0;
  for (const auto& [maker, readers, price] : crossings_) {
    for (const bool wanted : {false, true}) {
      if (maker && permuted[static_cast<size_t>(*maker)] == wanted) continue;
      const auto wants = [&](int label) { return permuted[static_cast<size_t>(label)] == wanted; };
      if (std::ranges::any_of(readers, wants)) sum += price;
    }
  }
  for (const auto& [id, node] : nodes_) {
    if (node.prefers_last_axis && permuted[static_cast<size_t>(labels_.at(id))]) sum += kOtherAxis;
  }
  return sum;
}

// By label: whether it is permuted where the cost is least.
std::vector<bool> PermutedRegion::cut() const {
  MinCut network;
  for (const auto& [id, label] : labels_) {
    network.add_node();
    if (nodes_.at(id).prefers_last_axis) network.add_edge(label, kAsItIs, kOtherAxis);
  }
  for (const auto& [maker, readers, price] : crossings_) {
    // On the source's side where any reader is.
    const int any = network.add_node();
    network.add_edge(any, maker.value_or(kAsItIs), price);
    // On the sink's side where any reader is.
    const int all = network.add_node();
    network.add_edge(maker.value_or(kPermuted), all, price);
    for (const int reader : readers) {
      network.add_edge(reader, any, MinCut::kNever);
      network.add_edge(all, reader, MinCut::kNever);
    }
  }
  return network.source_side();
}

}  // namespace fovea

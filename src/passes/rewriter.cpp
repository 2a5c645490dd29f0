#include "passes/rewriter.h"

#include <algorithm>
#include <map>
#include <memory>

#include "base/order.h"
#include "ops/core/body.h"

namespace fovea {
namespace {

// Between neighbours, for nodes that are inserted.
constexpr int64_t kGap = int64_t{1} << 40;

// The members, each once, in an order in which each comes after those whose results it reads.
std::vector<NodeId> in_order(const Rewriter& graph, NodeId last,
                             const std::vector<NodeId>& others) {
  const auto before = [&](NodeId a, NodeId b) { return graph.comes_before(a, b); };
  std::vector<NodeId> members = {last};
  for (const NodeId id : others) {
    const auto at = std::ranges::lower_bound(members, id, before);
    if (at == members.end() || *at != id) members.insert(at, id);
  }
  return members;
}

// The body of a fused node in the making. Until all its inputs are known, its nodes read values of
// the graph, and results of its own nodes by numbers below kNoValue.
class BodyMaker {
 public:
  BodyMaker(const Rewriter& graph, const std::vector<NodeId>& members) {
    for (const NodeId id : members) take(graph.node(id));
  }

  // Adds to `inputs` what else the nodes read, and numbers values as ops/core/body.h says. Nodes
  // that read the same value have an input each: one may want it in another form, or other rows of
  // it.
  std::shared_ptr<Graph> finish(std::vector<ValueId>& inputs);

 private:
  static constexpr ValueId result(size_t node) { return kNoValue - 1 - static_cast<ValueId>(node); }
  static constexpr size_t node_of(ValueId id) { return static_cast<size_t>(kNoValue - 1 - id); }

  void take(const Node& node);
  void take_body(const Node& fused, const Graph& body);
  ValueId inner(ValueId id) const {
    const auto made = made_.find(id);
    return made == made_.end() ? id : made->second;
  }

  std::vector<Node> nodes_;
  std::map<ValueId, ValueId> made_;  // values of the graph that are results
};

void BodyMaker::take(const Node& node) {
  if (node.domain == kInternalDomain && node.attributes.has(kBodyAttribute)) {
    take_body(node, body_of(node));
  } else {
    nodes_.push_back(node);
    for (ValueId& id : nodes_.back().inputs) id = inner(id);
  }
  made_[node.outputs[0]] = result(nodes_.size() - 1);
}

// Instead of a fused node, those it was made of.
void BodyMaker::take_body(const Node& fused, const Graph& body) {
  const size_t first = nodes_.size(), inputs = fused.inputs.size();
  for (const Node& part : body.nodes) {
    nodes_.push_back(part);
    for (ValueId& id : nodes_.back().inputs) {
      if (id == kNoValue) continue;
      const auto index = static_cast<size_t>(id);
      id = index < inputs ? inner(fused.inputs[index]) : result(first + index - inputs);
    }
  }
}

std::shared_ptr<Graph> BodyMaker::finish(std::vector<ValueId>& inputs) {
  std::map<ValueId, ValueId> given;
  for (size_t i = 0; i < inputs.size(); ++i) given.emplace(inputs[i], static_cast<ValueId>(i));
  for (Node& node : nodes_) {
    auto known = given;
    for (ValueId& id : node.inputs) {
      if (id <= kNoValue) continue;
      const auto [at, is_new] = known.emplace(id, static_cast<ValueId>(inputs.size()));
      if (is_new) inputs.push_back(id);
      id = at->second;
    }
  }
  // Results come after the inputs.
  for (size_t i = 0; i < nodes_.size(); ++i) {
    for (ValueId& id : nodes_[i].inputs) {
      if (id < kNoValue) id = static_cast<ValueId>(inputs.size() + node_of(id));
    }
    nodes_[i].outputs = {static_cast<ValueId>(inputs.size() + i)};
  }
  auto body = std::make_shared<Graph>();
  body->values.resize(inputs.size() + nodes_.size());
  body->nodes = std::move(nodes_);
  return body;
}

}  // namespace

Rewriter::Rewriter(Graph& graph)
    : graph_(graph), places_(graph.nodes.size()), uses_(graph.values.size()) {
  for (const ValueId id : graph.outputs) use(id).output = true;
  const auto count = static_cast<NodeId>(graph.nodes.size());
  for (NodeId id = 0; id < count; ++id) {
    at(id).before = id - 1;
    at(id).after = id + 1 < count ? id + 1 : kNoNode;
    add_uses(id);
  }
  first_ = count > 0 ? 0 : kNoNode;
  number_places();
}

void Rewriter::finish() {
  std::vector<Node> nodes;
  for (NodeId id = first(); id != kNoNode; id = next(id)) {
    nodes.push_back(std::move(mutable_node(id)));
  }
  graph_.nodes = std::move(nodes);
}

NodeId Rewriter::next(NodeId id) const {
  if (id == kNoNode) return kNoNode;
  do {
    id = at(id).after;
  } while (!alive(id));
  return id;
}

void Rewriter::number_places() {
  int64_t position = 0;
  for (NodeId id = first(); id != kNoNode; id = next(id)) at(id).position = position += kGap;
}

NodeId Rewriter::only_reader(ValueId id) const {
  if (id == kNoValue || use(id).output || use(id).reads != 1) return kNoNode;
  forget_past_readers(id);
  return use(id).readers.front();
}

std::vector<NodeId> Rewriter::readers(ValueId id) const {
  if (id == kNoValue) return {};
  forget_past_readers(id);
  std::vector<NodeId> readers = use(id).readers;
  sort_values(readers);
  readers.erase(std::ranges::unique(readers).begin(), readers.end());
  return readers;
}

void Rewriter::forget_past_readers(ValueId id) const {
  const Use& of = use(id);
  if (of.readers.size() == static_cast<size_t>(of.reads)) return;
  sort_values(of.readers);
  of.readers.erase(std::ranges::unique(of.readers).begin(), of.readers.end());
  std::vector<NodeId> readers;
  for (const NodeId reader : of.readers) {
    const auto count = alive(reader) ? std::ranges::count(reads_of(node(reader)), id) : 0;
    readers.insert(readers.end(), static_cast<size_t>(count), reader);
  }
  of.readers = std::move(readers);
}

void Rewriter::add_uses(NodeId id) {
  for (const ValueId read : reads_of(node(id))) {
    ++use(read).reads;
    use(read).readers.push_back(id);
  }
  for (const ValueId output : node(id).outputs) {
    if (output != kNoValue) use(output).producer = id;
  }
}

bool Rewriter::is_dead(NodeId id) const {
  return std::ranges::all_of(node(id).outputs, [&](ValueId output) {
    return output == kNoValue || (use(output).reads == 0 && !use(output).output);
  });
}

void Rewriter::drop_reads(const std::vector<ValueId>& reads) {
  std::vector<ValueId> dropped = reads;
  while (!dropped.empty()) {
    const ValueId id = dropped.back();
    dropped.pop_back();
    const NodeId made_by = use(id).producer;
    if (--use(id).reads == 0 && made_by != kNoNode && is_dead(made_by)) remove(made_by, dropped);
  }
}

void Rewriter::remove(NodeId id, std::vector<ValueId>& unread) {
  const auto reads = reads_of(node(id));
  unread.insert(unread.end(), reads.begin(), reads.end());
  for (const ValueId output : node(id).outputs) {
    if (output != kNoValue) use(output).producer = kNoNode;
  }
  const Place& place = at(id);
  if (place.before != kNoNode) at(place.before).after = place.after;
  if (place.after != kNoNode) at(place.after).before = place.before;
  if (first_ == id) first_ = place.after;
  at(id).alive = false;
  mutable_node(id) = {};
}

void Rewriter::replace(NodeId id, Node node) {
  const std::vector<ValueId> reads = reads_of(this->node(id));
  for (const ValueId output : this->node(id).outputs) {
    if (output != kNoValue) use(output).producer = kNoNode;
  }
  mutable_node(id) = std::move(node);
  add_uses(id);
  drop_reads(reads);
}

void Rewriter::replace_value(ValueId from, ValueId to) {
  if (from == to) return;
  for (const NodeId reader : readers(from)) {
    Node& node = mutable_node(reader);
    std::ranges::replace(node.inputs, from, to);
    for_each_subgraph(node, [&](Graph& subgraph) {
      for (Capture& capture : subgraph.captures) {
        if (capture.outer == from) capture.outer = to;
      }
    });
  }
  Use &old = use(from), &now = use(to);
  now.readers.insert(now.readers.end(), old.readers.begin(), old.readers.end());
  now.reads += old.reads;
  if (old.output) std::ranges::replace(graph_.outputs, from, to);
  now.output = now.output || old.output;
  const NodeId producer = old.producer;
  old = {producer};
  if (producer == kNoNode || !is_dead(producer)) return;
  std::vector<ValueId> unread;
  remove(producer, unread);
  drop_reads(unread);
}

NodeId Rewriter::add_between(NodeId before, NodeId after, Node node) {
  const auto id = static_cast<NodeId>(graph_.nodes.size());
  graph_.nodes.push_back(std::move(node));
  uses_.resize(graph_.values.size());
  const int64_t low = before == kNoNode ? at(after).position - 2 * kGap : at(before).position;
  const int64_t high = after == kNoNode ? low + 2 * kGap : at(after).position;
  places_.push_back({before, after, low + (high - low) / 2});
  if (before != kNoNode) at(before).after = id;
  if (after != kNoNode) at(after).before = id;
  if (before == kNoNode) first_ = id;
  if (high - low < 2) number_places();
  add_uses(id);
  return id;
}

NodeId Rewriter::insert_before(NodeId id, Node node) {
  return add_between(at(id).before, id, std::move(node));
}

NodeId Rewriter::insert_after(NodeId id, Node node) {
  return add_between(id, at(id).after, std::move(node));
}

ValueId Rewriter::add_constant(std::string name, Tensor tensor) {
  const ValueId id = graph_.add_constant(std::move(name), std::move(tensor));
  uses_.resize(graph_.values.size());
  return id;
}

ValueId Rewriter::add_value(std::string name, DType dtype) {
  const ValueId id = graph_.add_value({std::move(name), dtype, std::nullopt, std::nullopt});
  uses_.resize(graph_.values.size());
  return id;
}

void Rewriter::become_constants(NodeId id, std::vector<Tensor> results) {
  for (size_t i = 0; i < results.size(); ++i) {
    const ValueId output = node(id).outputs[i];
    if (output == kNoValue) continue;
    graph_.value(output).dtype = results[i].dtype();
    graph_.value(output).constant = std::move(results[i]);
  }
  std::vector<ValueId> unread;
  remove(id, unread);
  drop_reads(unread);
}

void Rewriter::fuse(NodeId last, const std::vector<NodeId>& others, std::string_view op_type,
                    std::vector<ValueId> inputs, Attributes attributes) {
  auto body = BodyMaker(*this, in_order(*this, last, others)).finish(inputs);
  Node fused;
  fused.become(op_type, kInternalDomain, node(last).opset);
  fused.name = node(last).name;
  fused.outputs = {node(last).outputs[0]};
  fused.attributes = std::move(attributes);
  fused.attributes.set(std::string(kBodyAttribute), std::move(body));
  fused.inputs = std::move(inputs);
  replace(last, std::move(fused));
}

}  // namespace fovea

#include "passes/rewriter.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "ops/core/body.h"

namespace fovea {
namespace {

// Between neighbours, for nodes that are inserted.
constexpr int64_t kGap = int64_t{1} << 40;

// The members in an order in which each comes after those whose results it reads.
std::vector<NodeId> in_order(const Rewriter& graph, NodeId last,
                             const std::vector<NodeId>& others) {
  std::vector<NodeId> members = others;
  members.push_back(last);
  std::ranges::sort(members, [&](NodeId a, NodeId b) { return graph.comes_before(a, b); });
  members.erase(std::ranges::unique(members).begin(), members.end());
  return members;
}

// What the members read that none of them makes, each value once.
void add_inputs(const Rewriter& graph, const std::vector<NodeId>& members,
                std::vector<ValueId>& inputs) {
  std::set<ValueId> known(inputs.begin(), inputs.end());
  known.insert(kNoValue);
  for (const NodeId id : members) known.insert(graph.node(id).outputs[0]);
  for (const NodeId id : members) {
    for (const ValueId input : graph.node(id).inputs) {
      if (known.insert(input).second) inputs.push_back(input);
    }
  }
}

// Values numbered as ops/core/body.h says: the inputs first, then each node's result.
std::shared_ptr<Graph> make_body(const Rewriter& graph, const std::vector<NodeId>& members,
                                 const std::vector<ValueId>& inputs) {
  auto body = std::make_shared<Graph>();
  std::map<ValueId, ValueId> inner;
  const auto add_value = [&](ValueId outer) {
    const ValueId id = body->add_value({});
    if (outer != kNoValue) inner[outer] = id;
  };
  std::ranges::for_each(inputs, add_value);
  inner[kNoValue] = kNoValue;
  for (const NodeId id : members) {
    Node node = graph.node(id);
    for (ValueId& input : node.inputs) input = inner.at(input);
    add_value(node.outputs[0]);
    node.outputs = {inner.at(node.outputs[0])};
    body->nodes.push_back(std::move(node));
  }
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
  std::ranges::sort(readers);
  readers.erase(std::ranges::unique(readers).begin(), readers.end());
  return readers;
}

void Rewriter::forget_past_readers(ValueId id) const {
  const Use& of = use(id);
  if (of.readers.size() == static_cast<size_t>(of.reads)) return;
  std::ranges::sort(of.readers);
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
  const std::vector<NodeId> members = in_order(*this, last, others);
  add_inputs(*this, members, inputs);
  Node fused;
  fused.become(op_type, kInternalDomain, node(last).opset);
  fused.name = node(last).name;
  fused.outputs = {node(last).outputs[0]};
  fused.attributes = std::move(attributes);
  fused.attributes.set(std::string(kBodyAttribute), make_body(*this, members, inputs));
  fused.inputs = std::move(inputs);
  replace(last, std::move(fused));
}

}  // namespace fovea

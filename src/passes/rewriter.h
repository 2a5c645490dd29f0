#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace fovea {

// A node of a graph that is being rewritten: the same as long as the Rewriter lives.
using NodeId = int;

inline constexpr NodeId kNoNode = -1;

// Changes a graph and knows at any moment who makes and who reads each value; nodes whose results
// nobody reads any more are gone at once. A change takes time for what it changes, not for the rest
// of the graph. Until finish(), the graph's nodes are reached through the Rewriter alone.
//
// What a subgraph captures is read by the node that holds the subgraph.
class Rewriter {
 public:
  // The graph must have no dead nodes.
  explicit Rewriter(Graph& graph);
  Rewriter(const Rewriter&) = delete;
  Rewriter& operator=(const Rewriter&) = delete;

  // ---- What is there ----

  // Values, inputs and outputs; the nodes as well until the first change.
  const Graph& graph() const { return graph_; }
  const Tensor* constant(ValueId id) const { return graph_.constant(id); }

  // The nodes in order. A node that is removed on the way still leads to the next.
  NodeId first() const { return alive(first_) ? first_ : next(first_); }
  NodeId next(NodeId id) const;
  bool comes_before(NodeId a, NodeId b) const { return at(a).position < at(b).position; }

  // Valid until a node is inserted.
  const Node& node(NodeId id) const { return graph_.nodes[static_cast<size_t>(id)]; }
  // kNoNode for constants, graph inputs and kNoValue.
  NodeId producer(ValueId id) const { return id == kNoValue ? kNoNode : use(id).producer; }
  // The node that reads the value, once, where nothing else does and the graph does not return it;
  // else kNoNode.
  NodeId only_reader(ValueId id) const;
  // Each node that reads the value.
  std::vector<NodeId> readers(ValueId id) const;
  bool is_output(ValueId id) const { return id != kNoValue && use(id).output; }

  // ---- Changes ----

  // Puts `node` in another's place. It may read only what is made before that place.
  void replace(NodeId id, Node node);
  // Makes all who read `from`, the graph's outputs included, read `to`.
  void replace_value(ValueId from, ValueId to);
  NodeId insert_before(NodeId id, Node node);
  NodeId insert_after(NodeId id, Node node);
  ValueId add_constant(std::string name, Tensor tensor);
  // A value that a node yet to be inserted makes.
  ValueId add_value(std::string name, DType dtype);

  // The node's results are known: it goes, and its outputs are constants.
  void become_constants(NodeId id, std::vector<Tensor> results);

  // Makes one node of `last` and of `others`, which lead to it: in the place of `last`, under its
  // name, with its result. `inputs` are the node's first inputs; what else the nodes read follows,
  // in their order. It keeps the nodes as its body (ops/core/body.h), and instead of fused ones
  // theirs. Nodes that others read stay as well.
  void fuse(NodeId last, const std::vector<NodeId>& others, std::string_view op_type,
            std::vector<ValueId> inputs = {}, Attributes attributes = {});

  // Puts the graph's nodes back in order; nothing is to be changed after that.
  void finish();

 private:
  struct Place {
    NodeId before = kNoNode;
    NodeId after = kNoNode;
    int64_t position = 0;  // grows along the order
    bool alive = true;
  };
  struct Use {
    NodeId producer = kNoNode;
    bool output = false;
    int reads = 0;
    // One entry for each read, and for reads of the past.
    mutable std::vector<NodeId> readers = {};
  };

  Place& at(NodeId id) { return places_[static_cast<size_t>(id)]; }
  const Place& at(NodeId id) const { return places_[static_cast<size_t>(id)]; }
  bool alive(NodeId id) const { return id == kNoNode || at(id).alive; }
  Use& use(ValueId id) { return uses_[static_cast<size_t>(id)]; }
  const Use& use(ValueId id) const { return uses_[static_cast<size_t>(id)]; }
  Node& mutable_node(NodeId id) { return graph_.nodes[static_cast<size_t>(id)]; }

  void forget_past_readers(ValueId id) const;
  void add_uses(NodeId id);
  void drop_reads(const std::vector<ValueId>& reads);
  void remove(NodeId id, std::vector<ValueId>& unread);
  bool is_dead(NodeId id) const;
  NodeId add_between(NodeId before, NodeId after, Node node);
  void number_places();

  Graph& graph_;
  std::vector<Place> places_;  // by NodeId
  std::vector<Use> uses_;      // by ValueId
  NodeId first_ = kNoNode;
};

}  // namespace fovea

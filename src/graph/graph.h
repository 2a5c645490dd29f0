#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "graph/operators.h"
#include "tensor/tensor.h"

namespace fovea {

struct Graph;

using ValueId = int32_t;

// Stands for an optional input or output that a node leaves out.
inline constexpr ValueId kNoValue = -1;

// A declared dimension: a size, a name shared by equal sizes ("batch"), or neither.
using Dim = std::variant<std::monostate, int64_t, std::string>;

// One tensor of the graph. A value has one producer: a node, the caller (graph input) or a
// constant.
struct Value {
  std::string name;
  DType dtype = DType::Undefined;         // Undefined where the model does not declare it
  std::optional<std::vector<Dim>> shape;  // as declared; nullopt where the model does not
  std::optional<Tensor> constant;
};

// A value of a kind that no operator of the engine reads: lists of tensors or graphs, sparse
// tensors, types. Nodes that no output needs may have such attributes.
struct UnsupportedValue {
  bool operator==(const UnsupportedValue&) const = default;
};

using AttributeValue =
    std::variant<int64_t, float, std::string, std::vector<int64_t>, std::vector<float>,
                 std::vector<std::string>, Tensor, std::shared_ptr<Graph>, UnsupportedValue>;

// A node's attributes by name. The getters throw Error(MalformedModel) when the attribute is there
// with another type, Error(UnsupportedAttribute) when that is an UnsupportedValue, and return
// `fallback` when it is not there.
class Attributes {
 public:
  void set(std::string name, AttributeValue value) {
    parsed_ = {};
    values_[std::move(name)] = std::move(value);
  }
  bool has(std::string_view name) const { return values_.find(name) != values_.end(); }

  int64_t get_int(std::string_view name, int64_t fallback) const;
  float get_float(std::string_view name, float fallback) const;
  std::string get_string(std::string_view name, std::string_view fallback) const;
  std::vector<int64_t> get_ints(std::string_view name, std::vector<int64_t> fallback = {}) const;
  std::vector<float> get_floats(std::string_view name, std::vector<float> fallback = {}) const;
  std::vector<std::string> get_strings(std::string_view name) const;
  // Null when absent.
  const Tensor* get_tensor(std::string_view name) const;
  const Graph* get_graph(std::string_view name) const;

  const std::map<std::string, AttributeValue, std::less<>>& all() const { return values_; }

  // The attributes as an operator's own struct, made by T::parse(attributes, opset) when it is
  // first asked for.
  template <class T>
  const T& parsed(int opset) const {
    static char kType;  // its address stands for T
    if (parsed_.type != &kType || parsed_.opset != opset) {
      parsed_ = {&kType, opset, std::make_shared<const T>(T::parse(*this, opset))};
    }
    return *static_cast<const T*>(parsed_.value.get());
  }

 private:
  struct Parsed {
    const char* type = nullptr;
    int opset = 0;
    std::shared_ptr<const void> value;
  };

  std::map<std::string, AttributeValue, std::less<>> values_;
  mutable Parsed parsed_;
};

struct Node {
  std::string op_type;
  std::string domain;  // "" is ai.onnx
  int opset = 0;       // the version of `domain` the model imports
  std::string name;    // never empty: import gives nameless nodes "<op_type>_<index>"
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  Attributes attributes;
  const OpDef* def = nullptr;  // see resolve_operators(); null: unknown, or not looked up yet

  // Makes it a node of another operator, which has yet to be looked up.
  void become(std::string_view other_type, std::string_view other_domain, int other_opset);
};

// A value of the enclosing graph that a subgraph reads, and the name it has inside.
struct Capture {
  ValueId outer;
  ValueId inner;
};

// A dataflow graph in topological order: every value is produced before a node reads it.
struct Graph {
  std::string name;
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<ValueId> inputs;    // what the caller must feed
  std::vector<ValueId> defaults;  // constants that the caller may feed instead (IR.md, "Graphs")
  std::vector<ValueId> outputs;
  std::vector<Capture> captures;  // only in a subgraph

  // A copy with subgraphs of its own, where a plain copy shares them; constants are shared.
  Graph clone() const;

  ValueId add_value(Value value);
  ValueId add_constant(std::string value_name, Tensor tensor);
  ValueId find(std::string_view value_name) const;  // kNoValue when there is none

  const Value& value(ValueId id) const { return values[static_cast<size_t>(id)]; }
  Value& value(ValueId id) { return values[static_cast<size_t>(id)]; }
  // The tensor of a constant value; null for kNoValue and for values computed at run time.
  const Tensor* constant(ValueId id) const;
  bool is_output(ValueId id) const;
};

// Who produces and who reads each value of a graph: indices into graph.nodes, as they are at the
// time of construction. A subgraph's captures count as reads by the node that holds the subgraph.
class Uses {
 public:
  explicit Uses(const Graph& graph);
  std::span<const int> readers(ValueId id) const { return readers_[static_cast<size_t>(id)]; }
  int producer(ValueId id) const { return producer_[static_cast<size_t>(id)]; }  // -1: none
  // The only node that reads `id`, or -1 when there are none or several, or it is a graph output.
  int only_reader(ValueId id) const;

 private:
  std::vector<std::vector<int>> readers_;
  std::vector<int> producer_;
  std::vector<bool> output_;
};

// Calls visit(Graph&) with each graph that is an attribute of the node.
template <class Visit>
void for_each_subgraph(const Node& node, const Visit& visit) {
  for (const auto& [name, value] : node.attributes.all()) {
    if (const auto* subgraph = std::get_if<std::shared_ptr<Graph>>(&value)) visit(**subgraph);
  }
}

// Every value a node reads, the captures of its subgraphs included; kNoValue is left out.
std::vector<ValueId> reads_of(const Node& node);

// The graph as text, a line a node, for tests and people.
std::string dump(const Graph& graph);

}  // namespace fovea

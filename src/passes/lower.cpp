#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "base/error.h"
#include "ops/core/custom.h"
#include "passes/element_types.h"
#include "passes/pass.h"

namespace fovea {
namespace {

constexpr int kCastOpset = 13;

// Attributes that say of which element type the result is. Cast's `to` is none of them: it rounds.
bool names_a_type(std::string_view attribute) {
  return attribute == "dtype" || attribute == "output_dtype" || attribute == "output_datatype";
}

bool is_narrow(DType dtype) { return dtype == DType::Float16 || dtype == DType::BFloat16; }

Tensor widened(const Tensor& tensor) {
  const std::vector<float> values = to_floats(tensor);
  return Tensor::of<float>(tensor.shape(), values);
}

Node make_cast(std::string name, ValueId from, ValueId to, DType dtype) {
  Node cast;
  cast.op_type = "Cast";
  cast.opset = kCastOpset;
  cast.name = std::move(name);
  cast.inputs = {from};
  cast.outputs = {to};
  cast.attributes.set("to", static_cast<int64_t>(dtype));
  return cast;
}

// Makes every value of 16-bit floats one of float32, under its own name. Values of a subgraph stay
// wide at its borders too.
class Widening {
 public:
  explicit Widening(Graph& graph) : graph_(graph), types_(element_types(graph)) {}

  void widen_values();
  // The caller still feeds and gets 16-bit elements.
  void widen_inputs();
  void narrow_outputs();

 private:
  DType type(ValueId id) const {
    return id == kNoValue ? DType::Undefined : types_[static_cast<size_t>(id)];
  }
  void widen_attributes(Node& node);
  void widen_node(Node node);
  void add_custom(Node node);
  void add_rounding(Node node, DType narrow);
  void keep_bits(Node node);
  void apply_aliases();
  ValueId add_value(std::string name, DType dtype, ValueId like);

  Graph& graph_;
  std::vector<DType> types_;  // of the values as the model means them
  std::vector<Node> nodes_;
  std::map<ValueId, ValueId> aliases_;  // what to read instead
};

ValueId Widening::add_value(std::string name, DType dtype, ValueId like) {
  Value value;
  value.name = std::move(name);
  value.dtype = dtype;
  value.shape = graph_.value(like).shape;
  return graph_.add_value(std::move(value));
}

// A conversion that the model writes rounds: there and back.
void Widening::add_rounding(Node node, DType narrow) {
  const ValueId rounded = node.outputs[0];
  const ValueId between =
      add_value(graph_.value(rounded).name + "/" + std::string(name_of(narrow)), narrow, rounded);
  nodes_.push_back(make_cast(node.name, node.inputs[0], between, narrow));
  nodes_.push_back(make_cast(node.name + "/float32", between, rounded, DType::Float));
}

// A BitCast reads and writes the bits of the types that the model means.
void Widening::keep_bits(Node node) {
  ValueId& read = node.inputs[0];
  ValueId& written = node.outputs[0];
  const ValueId result = written;
  const auto narrow_twin = [&](ValueId id) {
    return add_value(graph_.value(id).name + "/bits", type(id), id);
  };
  if (is_narrow(type(read))) {
    const ValueId bits = narrow_twin(read);
    nodes_.push_back(make_cast(node.name + "/narrow", read, bits, type(read)));
    read = bits;
  }
  const bool widens = is_narrow(type(result));
  if (widens) written = narrow_twin(result);
  const Node cast = make_cast(node.name + "/float32", written, result, DType::Float);
  nodes_.push_back(std::move(node));
  if (widens) nodes_.push_back(cast);
}

void Widening::widen_values() {
  for (size_t id = 0; id < types_.size(); ++id) {
    Value& value = graph_.values[id];
    if (!is_narrow(types_[id])) continue;
    value.dtype = DType::Float;
    if (value.constant) value.constant = widened(*value.constant);
  }
  for (Node& node : graph_.nodes) widen_node(std::move(node));
  graph_.nodes = std::exchange(nodes_, {});
  apply_aliases();
  aliases_.clear();
}

// The host gets elements of the type that the model says.
void Widening::add_custom(Node node) {
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    ValueId& input = node.inputs[i];
    const DType narrow = type(input);
    if (!is_narrow(narrow)) continue;
    const std::string name = text(node.name, "/input", i);
    const ValueId narrowed = add_value(name, narrow, input);
    nodes_.push_back(make_cast(name, input, narrowed, narrow));
    input = narrowed;
  }
  nodes_.push_back(std::move(node));
}

void Widening::widen_node(Node node) {
  if (node.domain.empty() && node.op_type == "BitCast") return keep_bits(std::move(node));
  const bool casts = node.domain.empty() && (node.op_type == "Cast" || node.op_type == "CastLike");
  const ValueId result = casts ? node.outputs[0] : kNoValue;
  if (CustomOperators::of(node)) return add_custom(std::move(node));
  if (is_narrow(type(result))) return add_rounding(std::move(node), type(result));
  const bool is_wide_already = type(result) == DType::Float && is_narrow(type(node.inputs[0]));
  if (is_wide_already && !graph_.is_output(result)) {
    const auto earlier = aliases_.find(node.inputs[0]);
    aliases_[result] = earlier == aliases_.end() ? node.inputs[0] : earlier->second;
    return;
  }
  widen_attributes(node);
  nodes_.push_back(std::move(node));
}

// Element types that attributes ask for: the `dtype` of makers, Constant's `value`.
void Widening::widen_attributes(Node& node) {
  // Values are replaced under their names, which leaves the loop alone.
  for (const auto& [name, value] : node.attributes.all()) {
    if (const auto* tensor = std::get_if<Tensor>(&value); tensor && is_narrow(tensor->dtype())) {
      node.attributes.set(name, widened(*tensor));
    } else if (const auto* number = std::get_if<int64_t>(&value);
               number && names_a_type(name) && is_narrow(static_cast<DType>(*number))) {
      node.attributes.set(name, static_cast<int64_t>(DType::Float));
    }
  }
  for_each_subgraph(node, [&](Graph& subgraph) {
    for (const Capture& capture : subgraph.captures) {
      subgraph.value(capture.inner).dtype = type(capture.outer);
    }
    Widening(subgraph).widen_values();
  });
}

// Redirects readers of conversions that have nothing left to do.
void Widening::apply_aliases() {
  const auto redirect = [&](ValueId& id) {
    if (const auto alias = aliases_.find(id); alias != aliases_.end()) id = alias->second;
  };
  for (Node& node : graph_.nodes) {
    std::ranges::for_each(node.inputs, redirect);
    for_each_subgraph(node, [&](Graph& subgraph) {
      for (Capture& capture : subgraph.captures) redirect(capture.outer);
    });
  }
}

void Widening::widen_inputs() {
  for (const ValueId input : graph_.inputs) {
    const DType narrow = type(input);
    if (!is_narrow(narrow)) continue;
    graph_.value(input).dtype = narrow;
    const ValueId wide = add_value(graph_.value(input).name + "/float32", DType::Float, input);
    aliases_[input] = wide;
    nodes_.push_back(make_cast(graph_.value(wide).name, input, wide, DType::Float));
  }
  apply_aliases();
  std::ranges::move(graph_.nodes, std::back_inserter(nodes_));
  graph_.nodes = std::exchange(nodes_, {});
}

void Widening::narrow_outputs() {
  std::map<ValueId, ValueId> narrowed;
  for (ValueId& output : graph_.outputs) {
    const DType narrow = type(output);
    if (!is_narrow(narrow) || std::ranges::find(graph_.inputs, output) != graph_.inputs.end()) {
      continue;
    }
    const auto [known, added] = narrowed.try_emplace(output, kNoValue);
    if (added) {
      const std::string name = graph_.value(output).name;
      graph_.value(output).name = name + "/float32";
      known->second = add_value(name, narrow, output);
      graph_.nodes.push_back(make_cast(name + "/narrow", output, known->second, narrow));
    }
    output = known->second;
  }
}

}  // namespace

// WebAssembly has no 16-bit arithmetic, and wider sums are closer to what the model means.
void lower(Graph& graph, const Operators& ops) {
  resolve_operators(graph, ops);
  Widening widening(graph);
  widening.widen_values();
  widening.widen_inputs();
  widening.narrow_outputs();
  resolve_operators(graph, ops);
}

}  // namespace fovea

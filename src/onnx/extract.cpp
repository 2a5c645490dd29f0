#include "onnx/extract.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "onnx/element_types.h"
#include "onnx/encode.h"
#include "onnx/raw_fields.h"
#include "onnx/rewriting.h"
#include "onnx/writer.h"

namespace fovea::onnx {
namespace {

using Names = std::set<std::string_view>;

[[noreturn]] void fail_at(std::string_view value, std::string message) {
  throw Error(ErrorCode::InvalidInput, std::move(message)).with("value", std::string(value));
}

// What nodes read, at any depth: names of their own graphs among them.
template <class Visit>
void visit_reads(const Node& node, const Visit& visit) {
  for (const std::string_view name : node.inputs) visit(name);
  const auto of_graph = [&](const Graph& graph) {
    for (const Node& inner : graph.nodes) visit_reads(inner, visit);
    for (const ValueInfo& output : graph.outputs) visit(output.name);
  };
  for (const Attribute& attribute : node.attributes) {
    if (attribute.g) of_graph(*attribute.g);
    for (const Graph& graph : attribute.graphs) of_graph(graph);
  }
}

template <class Visit>
void visit_nodes(const std::vector<Node>& nodes, const Visit& visit) {
  for (const Node& node : nodes) {
    visit(node);
    for (const Attribute& attribute : node.attributes) {
      if (attribute.g) visit_nodes(attribute.g->nodes, visit);
      for (const Graph& graph : attribute.graphs) visit_nodes(graph.nodes, visit);
    }
  }
}

// Which nodes and initialisers of a graph its outputs need, from the inputs on.
class Need {
 public:
  explicit Need(const Graph& graph) : graph_(graph), is_needed_(graph.nodes.size()) {
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      for (const std::string_view name : graph.nodes[i].outputs) producers_.emplace(name, i);
    }
    for (const Tensor& tensor : graph.initializers) initializers_.insert(tensor.name);
    for (const SparseTensor& tensor : graph.sparse_initializers) {
      initializers_.insert(tensor.values.name);
    }
    for (const ValueInfo& input : graph.inputs) inputs_.insert(input.name);
    producers_.erase("");
  }

  bool has(std::string_view name) const {
    return producers_.contains(name) || initializers_.contains(name) || inputs_.contains(name);
  }

  void trace(const Names& fed, const Names& fetched) {
    fed_ = &fed;
    for (const std::string_view name : fetched) ask(name);
    while (!asked_.empty()) {
      const Node& node = graph_.nodes[asked_.back()];
      asked_.pop_back();
      visit_reads(node, [&](std::string_view name) { ask(name); });
      for (const std::string_view name : node.outputs) values.insert(name);
    }
    // An input that has a default keeps it; a constant that is fed is one no longer.
    for (const std::string_view name : fed) {
      values.insert(name);
      if (initializers_.contains(name) && inputs_.contains(name)) initializers.insert(name);
    }
  }

  // Scales and zero points that an annotation names.
  void keep_initializer(std::string_view name) {
    if (initializers_.contains(name) && !fed_->contains(name)) initializers.insert(name);
  }

  bool needs_node(size_t index) const { return is_needed_[index]; }
  bool is_input(std::string_view name) const { return inputs_.contains(name); }

  Names values;  // that the extracted nodes make, and what is fed
  Names initializers;

 private:
  void ask(std::string_view name) {
    if (fed_->contains(name)) return;
    if (const auto producer = producers_.find(name); producer != producers_.end()) {
      if (is_needed_[producer->second]) return;
      is_needed_[producer->second] = true;
      asked_.push_back(producer->second);
    } else if (initializers_.contains(name)) {
      initializers.insert(name);
    } else if (inputs_.contains(name)) {
      fail_at(name, text("The outputs to be extracted need the model's input '", name,
                         "': name it among the inputs."));
    }
    // Else it is a value of a subgraph's own.
  }

  const Graph& graph_;
  std::map<std::string_view, size_t> producers_;
  Names initializers_;
  Names inputs_;
  const Names* fed_ = nullptr;
  std::vector<bool> is_needed_;
  std::vector<size_t> asked_;
};

class Extraction {
 public:
  Extraction(std::string_view bytes, const Model& model, const std::vector<std::string>& inputs,
             const std::vector<std::string>& outputs)
      : model_(model),
        fields_(raw_fields(bytes)),
        graph_(merged_fields(fields_, 7)),
        need_(model.graph),
        types_(model.graph) {
    if (outputs.empty()) {
      fail(ErrorCode::InvalidInput, "There is nothing to extract: no output is named.");
    }
    fed_ = check(inputs, "input");
    fetched_ = check(outputs, "output");
    need_.trace(fed_, fetched_);
    index_values();
    keep_annotations();
    for (const std::string& name : inputs) inputs_.push_back(value_info(name, true));
    for (const std::string& name : outputs) outputs_.push_back(value_info(name, false));
    keep_functions();
  }

  std::string bytes() const {
    return write([&](Writer& out) { write_model(out); });
  }

 private:
  Names check(const std::vector<std::string>& names, std::string_view what) const {
    Names out;
    for (const std::string& name : names) {
      if (!need_.has(name)) {
        fail_at(name, text("The model has no value '", name, "' that could be an ", what, "."));
      }
      if (!out.insert(name).second) {
        fail_at(name, text("The value '", name, "' is named twice among the ", what, "s."));
      }
    }
    return out;
  }

  // What the file declares of values.
  void index_values() {
    for (const uint32_t number : {11, 12, 13}) {
      for (const RawField& field : graph_) {
        if (field.is(number)) {
          declared_.emplace(string_in(raw_fields(field.content), 1), field.content);
        }
      }
    }
  }

  std::string value_info(std::string_view name, bool is_input) const {
    if (const auto found = declared_.find(name); found != declared_.end()) {
      return std::string(found->second);
    }
    ValueInfo info;
    info.name = name;
    info.type = tensor_type(name);
    if (is_input && !info.type) {
      fail_at(name, text("The element type of '", name,
                         "', which is to be an input, is not known: the model neither declares it "
                         "(value_info) nor makes it by one of ONNX's operators. Name an input "
                         "further up, or infer shapes first."));
    }
    return encode(info);
  }

  std::optional<Type> tensor_type(std::string_view name) const {
    const int32_t element_type = types_.of(name);
    if (element_type == 0 || types_.is_other(name)) return std::nullopt;
    Type type;
    type.kind = Type::Kind::Tensor;
    type.elem_type = element_type;
    for (const Tensor& tensor : model_.graph.initializers) {
      if (tensor.name != name) continue;
      type.shape.emplace();
      for (const int64_t size : tensor.dims) type.shape->emplace_back().value = size;
    }
    return type;
  }

  bool is_kept(std::string_view name) const {
    return need_.values.contains(name) || need_.initializers.contains(name);
  }

  void keep_annotations() {
    for (const RawField& field : graph_) {
      if (!field.is(14)) continue;
      const RawFields annotation = raw_fields(field.content);
      if (!is_kept(string_in(annotation, 1))) continue;
      for (const RawField& entry : annotation) {
        if (entry.is(2)) need_.keep_initializer(string_in(raw_fields(entry.content), 2));
      }
    }
  }

  using FunctionKey = std::array<std::string_view, 3>;

  void keep_functions() {
    const auto keep = [&](const auto& self, const std::vector<Node>& nodes) -> void {
      visit_nodes(nodes, [&](const Node& node) { keep_callee(node, self); });
    };
    for (size_t i = 0; i < model_.graph.nodes.size(); ++i) {
      if (!need_.needs_node(i)) continue;
      const Node& node = model_.graph.nodes[i];
      keep_callee(node, keep);
      for (const Attribute& attribute : node.attributes) {
        if (attribute.g) keep(keep, attribute.g->nodes);
        for (const Graph& graph : attribute.graphs) keep(keep, graph.nodes);
      }
    }
  }

  template <class Keep>
  void keep_callee(const Node& node, const Keep& keep) {
    for (const Function& function : model_.functions) {
      const FunctionKey key{function.domain, function.name, function.overload};
      if (key != FunctionKey{node.domain, node.op_type, node.overload}) continue;
      if (functions_.insert(key).second) keep(keep, function.nodes);
    }
  }

  void write_model(Writer& out) const {
    bool graph_written = false;
    for (const RawField& field : fields_) {
      if (field.is(7)) {
        if (!graph_written) out.message(7, [&] { write_graph(out); });
        graph_written = true;
      } else if (field.is(25)) {
        const RawFields function = raw_fields(field.content);
        const FunctionKey key{string_in(function, 10), string_in(function, 1),
                              string_in(function, 13)};
        if (functions_.contains(key)) out.copy(field.bytes);
      } else if (!field.is(20)) {  // how to train the whole
        out.copy(field.bytes);
      }
    }
  }

  void write_graph(Writer& out) const {
    size_t node = 0;
    for (const RawField& field : graph_) {
      if (field.is(1)) {
        write_node(out, field, node++);
      } else if (!is_left_out(field)) {
        out.copy(field.bytes);
      }
    }
    for (const std::string& input : inputs_) out.bytes(11, input);
    for (const std::string& output : outputs_) out.bytes(12, output);
  }

  // What a node makes beside what is needed, and is fed now, goes by another name.
  void write_node(Writer& out, const RawField& field, size_t index) const {
    if (!need_.needs_node(index)) return;
    const std::vector<std::string_view>& made = model_.graph.nodes[index].outputs;
    if (std::ranges::none_of(made, [&](auto name) { return fed_.contains(name); })) {
      return out.copy(field.bytes);
    }
    NodeRewrite change;
    FreshNames names(model_);
    change.outputs.emplace();
    for (const std::string_view name : made) {
      change.outputs->push_back(fed_.contains(name) ? names.make(name) : std::string(name));
    }
    out.bytes(1, rewrite(field.content, change));
  }

  bool is_left_out(const RawField& field) const {
    if (!field.has_content) return false;
    const auto name = [&](uint32_t number) { return string_in(raw_fields(field.content), number); };
    switch (field.number) {
      case 5:
        return !need_.initializers.contains(name(8));
      case 15:
        return !need_.initializers.contains(
            string_in(merged_fields(raw_fields(field.content), 1), 8));
      case 11:
        // Before IR version 4 an initialiser was one of an input.
        return fed_.contains(name(1)) || model_.ir_version >= 4 ||
               !need_.initializers.contains(name(1));
      case 12:
        return true;
      case 13:
        return !is_kept(name(1)) || fed_.contains(name(1)) || fetched_.contains(name(1));
      case 14:
        return !is_kept(name(1));
      default:
        return false;
    }
  }

  const Model& model_;
  RawFields fields_;
  RawFields graph_;
  Need need_;
  Names fed_;
  ElementTypes types_;
  Names fetched_;
  std::map<std::string_view, std::string_view> declared_;
  std::set<FunctionKey> functions_;
  std::vector<std::string> inputs_;
  std::vector<std::string> outputs_;
};

}  // namespace

std::string extract(std::span<const std::byte> model, const std::vector<std::string>& inputs,
                    const std::vector<std::string>& outputs) {
  const Model decoded = decode(model);
  return Extraction(as_text(model), decoded, inputs, outputs).bytes();
}

}  // namespace fovea::onnx

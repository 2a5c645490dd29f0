#include "onnx/half.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/dtype.h"
#include "base/error.h"
#include "onnx/element_types.h"
#include "onnx/half_parts.h"
#include "onnx/reading.h"
#include "onnx/rewriting.h"

// Every float32 value has a home: the type in which its maker makes it. Where somebody wants it in
// the other one, a Cast behind its maker gives it a twin.
namespace fovea::onnx {
namespace {

constexpr int64_t kFreeInitializers = 4;  // the IR version from which an initialiser is no input

constexpr int64_t kCastOpset = 13;

enum class Kind { Half, Float };

constexpr int64_t data_type(Kind kind) {
  return static_cast<int64_t>(kind == Kind::Half ? DType::Float16 : DType::Float);
}

// A graph on its way.
struct Scope {
  GraphEdit edit;
  Strings first;                             // Casts of what is there before any node
  std::map<std::string_view, Kind> outputs;  // of floats
};

// A float value.
struct Value {
  Scope* scope = nullptr;
  std::optional<size_t> maker;  // a node of the scope
  Kind home = Kind::Half;
  bool is_other = false;  // a sequence, or an optional
  std::string names[2];   // by kind; "" where nobody has asked for it
};

class Conversion {
 public:
  Conversion(const Model& model, const HalfOptions& options)
      : model_(model), options_(options), names_(model), types_(model.graph), opset_(0) {
    for (const OperatorSetId& opset : model.opset_imports) {
      if (is_default_domain(opset.domain)) opset_ = opset.version;
    }
    missing_ = options.keep_float_nodes;
    find_demands(model.graph);
    if (missing_.empty()) return;
    throw Error(ErrorCode::InvalidInput,
                text("The model has no node '", *missing_.begin(), "' that could stay in float32."))
        .with("node", *missing_.begin());
  }

  GraphEdit edit_of(const Graph& graph, const RawFields& fields, bool is_main) {
    Scope scope;
    const Kind outside = is_main && options_.keep_io_types ? Kind::Float : Kind::Half;
    for (const ValueInfo& output : graph.outputs) {
      if (is_float(output.name)) scope.outputs.emplace(output.name, outside);
    }
    convert_initializers(scope, graph, fields);
    convert_declared(scope, graph, fields, is_main, outside);
    const std::vector<std::string_view> contents = node_contents(fields);
    for (size_t i = 0; i < contents.size(); ++i) convert(scope, graph.nodes[i], contents[i], i);
    convert_value_infos(scope, graph, fields);
    if (!scope.first.empty() && !contents.empty()) {
      Strings& before = scope.edit.nodes[0].before;
      before.insert(before.begin(), scope.first.begin(), scope.first.end());
    }
    return std::move(scope.edit);
  }

  // Of ONNX's own operators; 0 where the model has none.
  int64_t opset() const { return opset_; }

  Strings warnings() const {
    Strings out;
    if (losses_.clamped > 0) {
      out.push_back(text(losses_.clamped,
                         " weights are beyond float16's range and became +-65504, in '",
                         losses_.clamped_tensors[0], "'",
                         losses_.clamped_tensors.size() > 1
                             ? text(" and ", losses_.clamped_tensors.size() - 1, " other tensors")
                             : std::string(),
                         "."));
    }
    if (losses_.vanished > 0) {
      out.push_back(text(losses_.vanished, " weights are too small for float16 and became 0."));
    }
    return out;
  }

 private:
  bool is_float(std::string_view name) const {
    return types_.of(name) == static_cast<int32_t>(DType::Float);
  }

  bool has_subgraphs(const Node& node) const {
    return std::ranges::any_of(node.attributes, [](const Attribute& attribute) {
      return attribute.g || !attribute.graphs.empty();
    });
  }

  static std::string_view name_of(const Node& node) {
    return node.name.empty() && !node.outputs.empty() ? node.outputs[0] : node.name;
  }

  bool stays_float(const Node& node) const {
    return options_.keep_float_nodes.contains(name_of(node)) ||
           options_.keep_float_operators.contains(node.op_type) || !takes_half(node, opset_);
  }

  Kind demand(const Node& node, size_t input) const {
    return stays_float(node) || is_float_input(node, input) ? Kind::Float : Kind::Half;
  }

  // Which constants somebody wants in float32, who so have it to the last bit.
  void find_demands(const Graph& graph) {
    for (const Node& node : graph.nodes) {
      missing_.erase(std::string(name_of(node)));
      for (size_t i = 0; i < node.inputs.size(); ++i) {
        if (demand(node, i) == Kind::Float) wanted_as_float_.insert(node.inputs[i]);
      }
      for (const Attribute& attribute : node.attributes) {
        if (attribute.g) find_demands(*attribute.g);
        for (const Graph& inner : attribute.graphs) find_demands(inner);
      }
      check(node);
    }
  }

  void check(const Node& node) const {
    if (!stays_float(node)) return;
    const auto refuse = [&](std::string_view reason) {
      throw Error(ErrorCode::UnsupportedAttribute,
                  text(node.op_type, " '", name_of(node), "' stays in float32, and ", reason))
          .with("node", std::string(name_of(node)));
    };
    if (has_subgraphs(node)) refuse("has subgraphs, which would have to, too.");
    for (const std::string_view output : node.outputs) {
      if (!output.empty() && types_.of(output) == 0 && !types_.is_other(output)) {
        refuse(text("the type of its output '", output, "' is not known; infer shapes first."));
      }
    }
  }

  // The name under which a value is had in a type.
  std::string have(std::string_view name, Kind kind) {
    const auto found = values_.find(name);
    if (found == values_.end()) return std::string(name);
    Value& value = found->second;
    std::string& twin = value.names[static_cast<int>(kind)];
    if (twin.empty()) {
      twin = names_.make(text(name, kind == Kind::Half ? "_half" : "_float"));
      cast(value, kind);
    }
    return twin;
  }

  void cast(Value& value, Kind to) {
    const Kind from = to == Kind::Half ? Kind::Float : Kind::Half;
    if (value.is_other) {
      throw Error(ErrorCode::UnsupportedAttribute,
                  text("The value '", value.names[static_cast<int>(from)],
                       "' is a sequence of tensors, which no Cast converts where float16 and "
                       "float32 meet."))
          .with("value", value.names[static_cast<int>(from)]);
    }
    const auto name = [&](Kind kind) { return value.names[static_cast<int>(kind)]; };
    std::string cast = node("Cast", {name(from)}, {name(to)}, {attribute("to", data_type(to))});
    Strings& where = value.maker ? value.scope->edit.nodes[*value.maker].after : value.scope->first;
    where.push_back(std::move(cast));
  }

  // A value that is made in a type, and that its graph may have to give in the other.
  std::string make(Scope& scope, std::string_view name, std::optional<size_t> maker, Kind home) {
    // Branches may use a name each.
    Value& value = values_[name] = Value{};
    value.scope = &scope;
    value.maker = maker;
    value.home = home;
    value.is_other = types_.is_other(name);
    const auto output = scope.outputs.find(name);
    const bool moves = output != scope.outputs.end() && output->second != home;
    std::string made(name);
    if (moves) {
      made = names_.make(text(name, home == Kind::Half ? "_half" : "_float"));
      value.names[static_cast<int>(output->second)] = name;
    }
    value.names[static_cast<int>(home)] = made;
    if (moves) cast(value, output->second);
    return made;
  }

  void convert_initializers(Scope& scope, const Graph& graph, const RawFields& fields) {
    size_t index = 0;
    for (const RawField& field : fields) {
      if (!field.is(5)) continue;
      const Tensor& tensor = graph.initializers[index++];
      if (tensor.data_type != static_cast<int32_t>(DType::Float)) continue;
      const auto output = scope.outputs.find(tensor.name);
      const bool stays = output != scope.outputs.end() ? output->second == Kind::Float
                                                       : wanted_as_float_.contains(tensor.name);
      make(scope, tensor.name, std::nullopt, stays ? Kind::Float : Kind::Half);
      if (stays) continue;
      scope.edit.removed_initializers.emplace(tensor.name);
      scope.edit.initializers.push_back(half_tensor(tensor, field.content, losses_));
    }
    for (const SparseTensor& tensor : graph.sparse_initializers) {
      if (is_float(tensor.values.name)) {
        make(scope, tensor.values.name, std::nullopt, Kind::Float);
      }
    }
  }

  void convert_declared(Scope& scope, const Graph& graph, const RawFields& fields, bool is_main,
                        Kind outside) {
    const auto convert = [&](uint32_t number, const std::vector<ValueInfo>& values) {
      Strings out;
      size_t index = 0;
      for (const RawField& field : fields) {
        if (!field.is(number)) continue;
        const ValueInfo& value = values[index++];
        if (number == 11 && values_.contains(value.name)) {
          // An initialiser: a default or, before IR version 4, all that it is.
          if (is_main && model_.ir_version < kFreeInitializers) continue;
          out.push_back(values_[value.name].home == Kind::Half
                            ? half_value_info(value, field.content)
                            : std::string(field.content));
          continue;
        }
        if (number == 11 && is_float(value.name)) make(scope, value.name, std::nullopt, outside);
        out.push_back(outside == Kind::Half ? half_value_info(value, field.content)
                                            : std::string(field.content));
      }
      return out;
    };
    scope.edit.inputs = convert(11, graph.inputs);
    scope.edit.outputs = convert(12, graph.outputs);
  }

  // Of values that became float16, by their own names.
  void convert_value_infos(Scope& scope, const Graph& graph, const RawFields& fields) {
    size_t index = 0;
    for (const RawField& field : fields) {
      if (!field.is(13)) continue;
      const ValueInfo& value = graph.value_infos[index++];
      const auto found = values_.find(value.name);
      if (found != values_.end()) {
        if (found->second.names[static_cast<int>(Kind::Half)] != value.name) continue;
      } else if (!value.type || value.type->kind == Type::Kind::Tensor) {
        continue;
      }
      scope.edit.removed_value_infos.emplace(value.name);
      scope.edit.value_infos.push_back(half_value_info(value, field.content));
    }
  }

  void convert(Scope& scope, const Node& node, std::string_view content, size_t index) {
    const bool stays = stays_float(node) || is_wanted_constant(node);
    NodeRewrite change;
    Strings inputs, outputs;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      inputs.push_back(have(node.inputs[i], demand(node, i)));
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const std::string_view output = node.outputs[i];
      const Kind home = stays || is_float_output(node, i) ? Kind::Float : Kind::Half;
      outputs.push_back(is_float(output) ? make(scope, output, index, home) : std::string(output));
    }
    if (!std::ranges::equal(inputs, node.inputs)) change.inputs = std::move(inputs);
    if (!std::ranges::equal(outputs, node.outputs)) change.outputs = std::move(outputs);
    if (!stays && !node.outputs.empty() && is_float(node.outputs[0])) {
      convert_attributes(node, content, change);
    }
    const auto inner = rewrite_subgraphs(node, content, [&](const Graph& g, const RawFields& f) {
      return edit_graph(f, edit_of(g, f, false));
    });
    const bool changes = change.inputs || change.outputs || !change.attributes.empty();
    if (!changes && !inner) return;
    NodeEdit& edit = scope.edit.nodes[index];
    edit.removed = true;
    edit.before.push_back(rewrite(inner ? *inner : content, change));
  }

  bool is_wanted_constant(const Node& node) const {
    return (node.op_type == "Constant" || node.op_type == "ConstantOfShape") &&
           !node.outputs.empty() && wanted_as_float_.contains(node.outputs[0]);
  }

  // Whose output's type an attribute says.
  void convert_attributes(const Node& node, std::string_view content, NodeRewrite& change) {
    if (const std::string_view name = type_attribute(node); !name.empty()) {
      change.removed_attributes.emplace(name);
      change.attributes.push_back(attribute(name, data_type(Kind::Half)));
    } else if (node.op_type == "Constant") {
      set_value(change, half_constant(node, content));
    } else if (node.op_type == "ConstantOfShape") {
      set_value(change, find_attribute(node, "value") ? half_constant(node, content)
                                                      : half_tensor("", {0}, false, losses_));
    }
  }

  static void set_value(NodeRewrite& change, std::string_view tensor) {
    change.removed_attributes = {"value", "value_float", "value_floats"};
    change.attributes.push_back(tensor_attribute("value", tensor));
  }

  std::string half_constant(const Node& node, std::string_view content) {
    if (const Attribute* value = find_attribute(node, "value_float")) {
      return half_tensor(node.outputs[0], {value->f}, true, losses_);
    }
    if (const Attribute* values = find_attribute(node, "value_floats")) {
      return half_tensor(node.outputs[0], values->floats, false, losses_);
    }
    for (const RawField& field : raw_fields(content)) {
      if (!field.is(5)) continue;
      const RawFields fields = raw_fields(field.content);
      if (string_in(fields, 1) != "value") continue;
      return half_tensor(*find_attribute(node, "value")->t, string_in(fields, 5), losses_);
    }
    fail(ErrorCode::MalformedModel, "Constant '", name_of(node), "' has no value.");
  }

  const Model& model_;
  const HalfOptions& options_;
  FreshNames names_;
  ElementTypes types_;
  int64_t opset_;
  std::set<std::string_view> wanted_as_float_;
  std::set<std::string, std::less<>> missing_;
  std::map<std::string_view, Value> values_;
  HalfLosses losses_;
};

}  // namespace

HalfModel to_float16(std::span<const std::byte> bytes, const HalfOptions& options) {
  const Model model = decode(bytes);
  const RawFields graph = merged_fields(raw_fields(as_text(bytes)), 7);
  Conversion conversion(model, options);
  ModelEdit edit;
  edit.graph = conversion.edit_of(model.graph, graph, true);
  if (model.ir_version < kFreeInitializers) edit.ir_version = kFreeInitializers;
  // Casts are of this domain, which models of other operators need not import.
  if (conversion.opset() == 0) edit.opset_imports[""] = kCastOpset;
  return {onnx::edit(bytes, edit), conversion.warnings()};
}

}  // namespace fovea::onnx

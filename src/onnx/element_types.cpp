#include "onnx/element_types.h"

#include <algorithm>
#include <array>

#include "base/dtype.h"

namespace fovea::onnx {
namespace {

constexpr int32_t number(DType dtype) { return static_cast<int32_t>(dtype); }

constexpr int32_t kFloat = number(DType::Float);
constexpr int32_t kInt64 = number(DType::Int64);

// What the outputs of an operator are, where not all are of the first input's type.
struct Rule {
  std::string_view op_type;
  // Of the first output: a type, where positive; else the input, counted from 0, negated.
  int32_t first = 0;
  int32_t others = 0;  // of all others, likewise
  // An attribute that says the type of the first output, where it is there.
  std::string_view attribute = {};
};

constexpr int32_t kBool = number(DType::Bool);
constexpr int32_t kUint8 = number(DType::Uint8);
constexpr int32_t kInt32 = number(DType::Int32);

constexpr auto kRules = std::to_array<Rule>({
    {"And", kBool},
    {"ArgMax", kInt64},
    {"ArgMin", kInt64},
    {"Bernoulli", 0, 0, "dtype"},
    {"BitCast", 0, 0, "to"},
    {"BlackmanWindow", kFloat, 0, "output_datatype"},
    {"Cast", 0, 0, "to"},
    {"CastLike", -1},
    {"ConvInteger", kInt32},
    {"DequantizeLinear", -1, 0, "output_dtype"},
    {"Dropout", 0, kBool},
    {"DynamicQuantizeLinear", kUint8, kFloat},
    {"Equal", kBool},
    {"EyeLike", 0, 0, "dtype"},
    {"Greater", kBool},
    {"GreaterOrEqual", kBool},
    {"HammingWindow", kFloat, 0, "output_datatype"},
    {"HannWindow", kFloat, 0, "output_datatype"},
    {"ImageDecoder", kUint8},
    {"IsInf", kBool},
    {"IsNaN", kBool},
    {"LayerNormalization", 0, kFloat},
    {"Less", kBool},
    {"LessOrEqual", kBool},
    {"MatMulInteger", kInt32},
    {"MaxPool", 0, kInt64},
    {"MelWeightMatrix", kFloat, 0, "output_datatype"},
    {"Multinomial", kInt32, 0, "dtype"},
    {"NonMaxSuppression", kInt64},
    {"NonZero", kInt64},
    {"Not", kBool},
    {"OneHot", -2},
    {"Or", kBool},
    {"QLinearConcat", -1},
    {"QLinearConv", -7},
    {"QLinearMatMul", -7},
    {"RandomNormal", kFloat, 0, "dtype"},
    {"RandomNormalLike", 0, 0, "dtype"},
    {"RandomUniform", kFloat, 0, "dtype"},
    {"RandomUniformLike", 0, 0, "dtype"},
    {"RegexFullMatch", kBool},
    {"Shape", kInt64},
    {"Size", kInt64},
    {"TfIdfVectorizer", kFloat},
    {"TopK", 0, kInt64},
    {"Unique", 0, kInt64},
    {"Where", -1},
    {"Xor", kBool},
});
static_assert(std::ranges::is_sorted(kRules, {}, &Rule::op_type));

class Propagation {
 public:
  explicit Propagation(ElementTypes& types) : types_(types) {}

  void visit(const Graph& graph) {
    for (const Tensor& tensor : graph.initializers) set(tensor.name, tensor.data_type);
    for (const SparseTensor& tensor : graph.sparse_initializers) {
      set(tensor.values.name, tensor.values.data_type);
    }
    for (const auto* values : {&graph.inputs, &graph.value_infos, &graph.outputs}) {
      for (const ValueInfo& value : *values) declare(value);
    }
    for (const Node& node : graph.nodes) visit(node);
  }

 private:
  void set(std::string_view name, int32_t type) {
    if (!name.empty() && type > 0) types_.emplace(name, type);
  }

  void declare(const ValueInfo& value) {
    if (!value.type) return;
    const Type::Kind kind = value.type->kind;
    const bool has_elements = kind == Type::Kind::Tensor || kind == Type::Kind::SparseTensor;
    if (has_elements) set(value.name, value.type->elem_type);
  }

  int32_t type_of(std::string_view name) const {
    const auto found = types_.find(name);
    return found == types_.end() ? 0 : found->second;
  }

  int32_t input_type(const Node& node, size_t index) const {
    return index < node.inputs.size() ? type_of(node.inputs[index]) : 0;
  }

  int32_t resolve(const Node& node, int32_t rule) const {
    return rule > 0 ? rule : input_type(node, static_cast<size_t>(-rule));
  }

  void visit(const Node& node) {
    if (visit_bodies(node) || !has_known_domain(node) || is_of_sequences(node)) return;
    for (size_t i = 0; i < node.outputs.size(); ++i) set(node.outputs[i], output_type(node, i));
  }

  static bool is_of_sequences(const Node& node) {
    return node.op_type.find("Sequence") != std::string_view::npos ||
           node.op_type.starts_with("Optional") || node.op_type == "StringSplit";
  }

  int32_t output_type(const Node& node, size_t index) const {
    if (node.op_type == "Constant") return constant_type(node);
    if (node.op_type == "ConstantOfShape") {
      const Attribute* value = find_attribute(node, "value");
      return value && value->t ? value->t->data_type : kFloat;
    }
    if (node.op_type == "QuantizeLinear") return quantised_type(node);
    const auto rule = std::ranges::lower_bound(kRules, node.op_type, {}, &Rule::op_type);
    if (rule == kRules.end() || rule->op_type != node.op_type) return input_type(node, 0);
    if (index > 0) return resolve(node, rule->others);
    if (!rule->attribute.empty()) {
      const Attribute* type = find_attribute(node, rule->attribute);
      if (type && type->i > 0) return static_cast<int32_t>(type->i);
    }
    return resolve(node, rule->first);
  }

  static int32_t constant_type(const Node& node) {
    for (const Attribute& attribute : node.attributes) {
      if (attribute.t) return attribute.t->data_type;
      if (attribute.sparse_tensor) return attribute.sparse_tensor->values.data_type;
      if (attribute.name.starts_with("value_float")) return kFloat;
      if (attribute.name.starts_with("value_int")) return kInt64;
    }
    return number(DType::String);
  }

  int32_t quantised_type(const Node& node) const {
    if (const int32_t type = input_type(node, 2)) return type;
    const Attribute* type = find_attribute(node, "output_dtype");
    return type && type->i > 0 ? static_cast<int32_t>(type->i) : kUint8;
  }

  // If, Loop and Scan: their bodies, and outputs of those bodies' types.
  bool visit_bodies(const Node& node) {
    const Graph* body = nullptr;
    for (const Attribute& attribute : node.attributes) {
      if (!attribute.g) continue;
      feed(node, *attribute.g);
      visit(*attribute.g);
      body = attribute.g.get();
    }
    if (!body) return false;
    const size_t skipped = node.op_type == "Loop" ? 1 : 0;  // the condition
    for (size_t i = 0; i < node.outputs.size() && i + skipped < body->outputs.size(); ++i) {
      set(node.outputs[i], type_of(body->outputs[i + skipped].name));
    }
    return true;
  }

  void feed(const Node& node, const Graph& body) {
    for (size_t i = 0; i < body.inputs.size(); ++i) {
      declare(body.inputs[i]);
      if (node.op_type == "Loop" && i < 2) {
        set(body.inputs[i].name, i == 0 ? kInt64 : kBool);
      } else {
        set(body.inputs[i].name, input_type(node, i));
      }
    }
  }

  ElementTypes& types_;
};

}  // namespace

ElementTypes element_types(const Graph& graph) {
  ElementTypes types;
  Propagation(types).visit(graph);
  return types;
}

bool has_known_domain(const Node& node) {
  return node.domain.empty() || node.domain == "ai.onnx" || node.domain == "com.microsoft";
}

const Attribute* find_attribute(const Node& node, std::string_view name) {
  const auto found = std::ranges::find(node.attributes, name, &Attribute::name);
  return found == node.attributes.end() ? nullptr : &*found;
}

}  // namespace fovea::onnx

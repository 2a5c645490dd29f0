#include "onnx/element_types.h"

#include <algorithm>
#include <array>

#include "base/dtype.h"
#include "onnx/reading.h"

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

constexpr int32_t kString = number(DType::String);
// What attributes say of classes: strings or whole numbers.
constexpr int32_t kLabel = 1000;

constexpr auto kRules = std::to_array<Rule>({
    {"And", kBool},
    {"ArgMax", kInt64},
    {"ArgMin", kInt64},
    {"Bernoulli", 0, 0, "dtype"},
    {"BitCast", 0, 0, "to"},
    {"BlackmanWindow", kFloat, 0, "output_datatype"},
    {"Cast", 0, 0, "to"},
    {"CastLike", -1},
    {"CastMap", kLabel},
    {"CategoryMapper", kLabel},
    {"ConvInteger", kInt32},
    {"DequantizeLinear", -1, 0, "output_dtype"},
    {"DictVectorizer", kFloat},
    {"Dropout", 0, kBool},
    {"DynamicQuantizeLinear", kUint8, kFloat},
    {"Equal", kBool},
    {"EyeLike", 0, 0, "dtype"},
    {"FeatureVectorizer", kFloat},
    {"Greater", kBool},
    {"GreaterOrEqual", kBool},
    {"HammingWindow", kFloat, 0, "output_datatype"},
    {"HannWindow", kFloat, 0, "output_datatype"},
    {"ImageDecoder", kUint8},
    {"IsInf", kBool},
    {"IsNaN", kBool},
    {"LabelEncoder", kLabel},
    {"LayerNormalization", 0, kFloat},
    {"Less", kBool},
    {"LessOrEqual", kBool},
    {"LinearClassifier", kLabel, kFloat},
    {"LinearRegressor", kFloat},
    {"MatMulInteger", kInt32},
    {"MaxPool", 0, kInt64},
    {"MelWeightMatrix", kFloat, 0, "output_datatype"},
    {"Multinomial", kInt32, 0, "dtype"},
    {"NonMaxSuppression", kInt64},
    {"NonZero", kInt64},
    {"Normalizer", kFloat},
    {"Not", kBool},
    {"OneHot", -2},
    {"OneHotEncoder", kFloat},
    {"OptionalHasElement", kBool},
    {"Or", kBool},
    {"QLinearConcat", -1},
    {"QLinearConv", -7},
    {"QLinearMatMul", -7},
    {"RandomNormal", kFloat, 0, "dtype"},
    {"RandomNormalLike", 0, 0, "dtype"},
    {"RandomUniform", kFloat, 0, "dtype"},
    {"RandomUniformLike", 0, 0, "dtype"},
    {"RegexFullMatch", kBool},
    {"SVMClassifier", kLabel, kFloat},
    {"SVMRegressor", kFloat},
    {"Scaler", kFloat},
    {"SequenceEmpty", kFloat, 0, "dtype"},
    {"SequenceLength", kInt64},
    {"Shape", kInt64},
    {"Size", kInt64},
    {"StringSplit", kString, kInt64},
    {"TfIdfVectorizer", kFloat},
    {"TopK", 0, kInt64},
    {"TreeEnsembleClassifier", kLabel, kFloat},
    {"TreeEnsembleRegressor", kFloat},
    {"Unique", 0, kInt64},
    {"Where", -1},
    {"Xor", kBool},
});
static_assert(std::ranges::is_sorted(kRules, {}, &Rule::op_type));

// Whether it is one of ONNX's own, or one of onnxruntime's that are named after those.
bool has_known_domain(const Node& node) {
  return node.domain.empty() || node.domain.starts_with("ai.onnx") ||
         node.domain == "com.microsoft";
}

}  // namespace

class ElementTypes::Propagation {
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
    if (!name.empty() && type > 0) types_.types_.emplace(name, type);
  }

  void declare(const ValueInfo& value) {
    if (!value.type) return;
    const Type* type = &*value.type;
    while (type->element && type->kind != Type::Kind::Map) type = type->element.get();
    if (value.type->kind != Type::Kind::Tensor) types_.others_.insert(value.name);
    set(value.name, type->elem_type);
  }

  int32_t input_type(const Node& node, size_t index) const {
    return index < node.inputs.size() ? types_.of(node.inputs[index]) : 0;
  }

  int32_t resolve(const Node& node, int32_t rule) const {
    return rule > 0 ? rule : input_type(node, static_cast<size_t>(-rule));
  }

  void visit(const Node& node) {
    if (visit_bodies(node) || !has_known_domain(node)) return;
    const bool is_list = makes_list(node);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      set(node.outputs[i], output_type(node, i));
      if (is_list || node.op_type == "ZipMap") types_.others_.insert(node.outputs[i]);
    }
  }

  // Sequences and optional values, which have their elements' types.
  bool makes_list(const Node& node) const {
    const std::string_view op = node.op_type;
    if (op == "SplitToSequence" || op == "Optional") return true;
    if (op == "Identity") return !node.inputs.empty() && types_.is_other(node.inputs[0]);
    return op.starts_with("Sequence") && op != "SequenceAt" && op != "SequenceLength";
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
    if (rule->first == kLabel) return label_type(node);
    if (!rule->attribute.empty()) {
      const Attribute* type = find_attribute(node, rule->attribute);
      if (type && type->i > 0) return static_cast<int32_t>(type->i);
    }
    return resolve(node, rule->first);
  }

  static int32_t label_type(const Node& node) {
    for (const Attribute& attribute : node.attributes) {
      if (attribute.name == "values_tensor" && attribute.t) return attribute.t->data_type;
      if (attribute.name == "values_floats" && !attribute.floats.empty()) return kFloat;
      const bool is_class =
          attribute.name.starts_with("classlabels") || attribute.name.starts_with("values");
      if (is_class && !attribute.strings.empty()) return kString;
      if (is_class && !attribute.ints.empty()) return kInt64;
    }
    return node.op_type.ends_with("Classifier") ? kInt64 : 0;
  }

  static int32_t constant_type(const Node& node) {
    for (const Attribute& attribute : node.attributes) {
      if (attribute.t) return attribute.t->data_type;
      if (attribute.sparse_tensor) return attribute.sparse_tensor->values.data_type;
      if (attribute.name.starts_with("value_float")) return kFloat;
      if (attribute.name.starts_with("value_int")) return kInt64;
    }
    return kString;
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
      set(node.outputs[i], types_.of(body->outputs[i + skipped].name));
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

ElementTypes::ElementTypes(const Graph& graph) { Propagation(*this).visit(graph); }

int32_t ElementTypes::of(std::string_view name) const {
  const auto found = types_.find(name);
  return found == types_.end() ? 0 : found->second;
}

}  // namespace fovea::onnx

#include "custom.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.h"
#include "convert.h"

namespace fovea::bindings {
namespace {

using emscripten::val;

// A number, and a bigint where that would round.
val to_val(int64_t integer) {
  constexpr int64_t kMostExact = (int64_t{1} << 53) - 1;
  const bool is_exact = -kMostExact <= integer && integer <= kMostExact;
  return is_exact ? val(static_cast<double>(integer)) : val(integer);
}
val to_val(float number) { return val(static_cast<double>(number)); }
val to_val(const std::string& string) { return val(string); }

// Of numbers, with a copy of them that JavaScript can keep.
val copied(const Tensor& tensor) {
  val object = bindings::to_val(tensor);
  if (!is_object(tensor.dtype())) object.set("data", object["data"].call<val>("slice"));
  return object;
}
val to_val(const Tensor& tensor) { return copied(tensor); }

// What no custom operator takes is not asked for.
val to_val(const std::shared_ptr<Graph>&) { return val::undefined(); }
val to_val(UnsupportedValue) { return val::undefined(); }

template <class T>
val to_val(const std::vector<T>& list) {
  return to_array(list, [](const T& item) { return to_val(item); });
}

// A node's attributes as JavaScript gets them, made once.
struct JsAttributes {
  val object = dictionary();

  static JsAttributes parse(const Attributes& attributes, int /*opset*/) {
    JsAttributes result;
    for (const auto& [name, value] : attributes.all()) {
      result.object.set(name, std::visit([](const auto& held) { return to_val(held); }, value));
    }
    return result;
  }
};

val to_val(const Node& node) {
  val object = val::object();
  object.set("name", node.name);
  object.set("opType", node.op_type);
  object.set("domain", node.domain);
  object.set("opset", node.opset);
  object.set("attributes", node.attributes.parsed<JsAttributes>(node.opset).object);
  object.set("outputs", to_array(node.outputs, [](ValueId id) { return val(id != kNoValue); }));
  return object;
}

// Of 4 indices at most.
InputList to_inputs(const val& indices) {
  auto list = emscripten::convertJSArrayToNumberVector<int>(indices);
  if (list.empty()) return {};
  list.resize(4, list.back());  // naming one again changes nothing
  return {list[0], list[1], list[2], list[3]};
}

class JsOperator final : public CustomOperator {
 public:
  explicit JsOperator(const val& its_description)
      : CustomOperator(its_description["domain"].as<std::string>(),
                       its_description["opType"].as<std::string>(),
                       its_description["sinceVersion"].as<int>(),
                       to_inputs(its_description["dataInputs"])),
        description(its_description) {}

  void infer(InferContext& context) const override;

  const val description;

 private:
  val inputs_of(const InferContext& context) const;
};

val JsOperator::inputs_of(const InferContext& context) const {
  val inputs = val::array();
  for (int i = 0; i < context.input_count(); ++i) {
    val input = val::null();
    if (context.has_input(i)) {
      const bool needs_data = std::ranges::find(content_inputs, i) != content_inputs.end();
      input = needs_data ? copied(*context.content(i)) : val::object();
      input.set("type", std::string(name_of(context.dtype(i))));
      input.set("dims", bindings::to_val(std::optional(context.shape(i))));
    }
    inputs.call<void>("push", input);
  }
  return inputs;
}

void JsOperator::infer(InferContext& context) const {
  const bool says_nothing = description["infer"].isNull();
  // It throws nothing: JavaScript's exceptions are not to pass through the engine.
  const val said = says_nothing
                       ? val::undefined()
                       : description.call<val>("infer", to_val(context.node()), inputs_of(context));
  if (!says_nothing && !said.isArray()) {
    throw Error(ErrorCode::InvalidInput, said["message"].as<std::string>())
        .with("failure", said["failure"].as<std::string>());
  }
  for (int i = 0; i < context.output_count(); ++i) {
    if (says_nothing) {
      context.set_dynamic_output(i, DType::Undefined);
    } else if (context.wants_output(i)) {
      const val output = said[i];
      const DType dtype = dtype_named(output["type"].as<std::string>());
      const val dims = output["dims"];
      if (dims.isNull()) {
        context.set_dynamic_output(i, dtype);
      } else {
        context.set_output(i, dtype, to_shape(dims));
      }
    }
  }
}

}  // namespace

std::shared_ptr<const Operators> to_operators(const val& custom) {
  std::vector<std::unique_ptr<CustomOperator>> operators;
  for (const val& each : custom) operators.push_back(std::make_unique<JsOperator>(each));
  return std::make_shared<CustomOperators>(std::move(operators), kOpTable);
}

val to_val(const HostQuestion* question) {
  if (!question) return val::null();
  const Node& node = *question->node;
  val object = val::object();
  object.set("operator", static_cast<const JsOperator*>(CustomOperators::of(node))->description);
  object.set("node", to_val(node));
  object.set("inputs", to_array(question->inputs, [](const Tensor& input) {
               return input.dtype() == DType::Undefined ? val::null() : copied(input);
             }));
  return object;
}

}  // namespace fovea::bindings

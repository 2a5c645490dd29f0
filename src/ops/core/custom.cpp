#include "ops/core/custom.h"

#include <algorithm>
#include <utility>

#include "ops/op.h"

namespace fovea {
namespace {

bool is_narrow(DType dtype) { return dtype == DType::Float16 || dtype == DType::BFloat16; }

// Graphs have no form that the host could read.
void check_attributes(const Node& node) {
  for (const auto& [name, value] : node.attributes.all()) {
    const bool is_graph = std::holds_alternative<std::shared_ptr<Graph>>(value);
    if (!is_graph && !std::holds_alternative<UnsupportedValue>(value)) continue;
    throw Error(ErrorCode::UnsupportedAttribute,
                text("a custom operator takes no attribute of the kind of '", name, "'",
                     is_graph ? ", a graph" : ""))
        .with("attribute", name);
  }
}

void check_inputs(const InferContext& context) {
  for (int i = 0; i < context.input_count(); ++i) {
    if (!context.has_input(i) || kAnyType.contains(context.dtype(i))) continue;
    fail(ErrorCode::UnsupportedAttribute, "a custom operator takes tensors, and input ", i, " is ",
         name_of(context.dtype(i)));
  }
}

void infer_custom(InferContext& context) {
  check_attributes(context.node());
  check_inputs(context);
  CustomOperators::of(context.node())->infer(context);
  // See lower.cpp: between nodes, 16-bit floats are float32.
  for (ValueType& output : context.outputs()) {
    if (is_narrow(output.dtype)) output.dtype = DType::Float;
  }
}

// Asks the host once.
class CustomRoutine final : public Routine {
 public:
  explicit CustomRoutine(const NodeContext& context) : inputs_(context.node().inputs.size()) {
    for (int i = 0; i < context.input_count(); ++i) {
      if (context.has_input(i)) inputs_[static_cast<size_t>(i)] = *context.content(i);
    }
  }

  std::optional<GraphCall> next(std::vector<Tensor> results) override {
    results_ = std::move(results);
    if (std::exchange(asked_, true)) return std::nullopt;
    return GraphCall{nullptr, std::move(inputs_)};
  }
  std::vector<Tensor> outputs() override { return std::move(results_); }

 private:
  bool asked_ = false;
  std::vector<Tensor> inputs_;
  std::vector<Tensor> results_;
};

std::unique_ptr<Routine> begin_custom(const NodeContext& context) {
  return std::make_unique<CustomRoutine>(context);
}

std::string described(DType dtype, const std::optional<Shape>& shape) {
  return text(dtype == DType::Undefined ? "anything" : name_of(dtype),
              shape ? shape->to_string() : "[?]");
}

}  // namespace

struct CustomOperators::Entry : OpDef {
  explicit Entry(std::unique_ptr<CustomOperator> its_operator)
      : OpDef{.op_type = its_operator->op_type,
              .domain = its_operator->domain,
              .since = its_operator->since,
              .until = std::numeric_limits<int>::max(),
              .meaning = {.inputs = {0, kUnbounded},
                          .outputs = {0, kUnbounded},
                          .infer = infer_custom,
                          .element_type = always<DType::Undefined>,
                          .content_inputs = its_operator->content_inputs,
                          .deterministic = false},
              .cpu = {.routine = begin_custom}},
        custom(std::move(its_operator)) {}

  std::unique_ptr<CustomOperator> custom;
};

CustomOperators::CustomOperators(std::vector<std::unique_ptr<CustomOperator>> custom,
                                 const Operators& own)
    : own_(own) {
  for (auto& each : custom) {
    const bool replaces = each->domain == kOnnxDomain && own.knows(each->domain, each->op_type);
    if (replaces || each->domain == kInternalDomain) {
      throw Error(ErrorCode::InvalidInput,
                  text(each->op_type, " of domain '", each->domain,
                       "' is the engine's own operator, which no custom one replaces: name yours "
                       "and its domain otherwise"))
          .with("op", each->op_type);
    }
    entries_.insert(entries_.begin(), std::make_unique<Entry>(std::move(each)));
  }
}

CustomOperators::~CustomOperators() = default;

const OpDef* CustomOperators::find(std::string_view domain, std::string_view op_type,
                                   int opset) const {
  const OpDef* newest = nullptr;
  for (const auto& entry : entries_) {
    const bool speaks =
        entry->domain == domain && entry->op_type == op_type && entry->since <= opset;
    if (speaks && (!newest || entry->since > newest->since)) newest = entry.get();
  }
  return newest ? newest : own_.find(domain, op_type, opset);
}

bool CustomOperators::knows(std::string_view domain, std::string_view op_type) const {
  return own_.knows(domain, op_type) || std::ranges::any_of(entries_, [&](const auto& entry) {
           return entry->domain == domain && entry->op_type == op_type;
         });
}

const CustomOperator* CustomOperators::of(const Node& node) {
  const bool is_custom = node.def && node.def->meaning.infer == infer_custom;
  return is_custom ? static_cast<const Entry*>(node.def)->custom.get() : nullptr;
}

Tensor accept_result(int index, const ValueType& planned, Tensor result) {
  const auto reject = [&](const std::string& given) {
    throw Error(ErrorCode::InvalidInput,
                text("output ", index, " is to be ", described(planned.dtype, planned.shape),
                     ", not ", given))
        .with("output", text(index));
  };
  if (result.dtype() == DType::Undefined) reject("left out");
  const DType given = result.dtype();
  const Shape shape = result.shape();
  if (is_narrow(given)) result = Tensor::of<float>(shape, to_floats(result));
  const bool fits = (planned.dtype == DType::Undefined || planned.dtype == result.dtype()) &&
                    (!planned.shape || *planned.shape == shape);
  if (!fits) reject(described(given, shape));
  return result;
}

}  // namespace fovea

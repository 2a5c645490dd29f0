#include <algorithm>
#include <limits>

#include "ops/op.h"

namespace fovea {

const ValueType& NodeContext::type(int index) const {
  if (!has_input(index)) {
    fail(ErrorCode::MalformedModel, node_.op_type, " needs an input ", index,
         " that the node leaves out");
  }
  return *inputs_[static_cast<size_t>(index)];
}

const Tensor* NodeContext::content(int index) const {
  if (!has_input(index)) return nullptr;
  const auto& content = type(index).content;
  return content ? &*content : nullptr;
}

const Tensor* NodeContext::constant(int index) const {
  return has_input(index) && type(index).constant ? content(index) : nullptr;
}

std::vector<int64_t> NodeContext::int64s(int index, std::vector<int64_t> fallback) const {
  const Tensor* tensor = content(index);
  return tensor ? to_int64s(*tensor) : std::move(fallback);
}

void InferContext::set_output(int index, DType dtype, Shape shape) {
  if (!wants_output(index)) return;
  shape.elements();  // rejects absurd sizes before anyone multiplies with them
  outputs_[static_cast<size_t>(index)] = {dtype, std::move(shape), Form(), std::nullopt};
}

void InferContext::set_content(int index, Tensor content) {
  if (!wants_output(index)) return;
  const DType dtype = content.dtype();
  Shape shape = content.shape();
  outputs_[static_cast<size_t>(index)] = {dtype, std::move(shape), Form(), std::move(content)};
}

void InferContext::set_dynamic_output(int index, DType dtype) {
  if (!wants_output(index)) return;
  outputs_[static_cast<size_t>(index)] = {dtype, std::nullopt, Form(), std::nullopt};
}

const Meaning& meaning_of(const Node& node) {
  if (!node.def) fail(ErrorCode::Internal, "operator ", node.op_type, " was not looked up");
  return node.def->meaning;
}

namespace {

// Exporters may write names for what they leave out at the end, too.
size_t written(std::span<const ValueId> ids) {
  while (!ids.empty() && ids.back() == kNoValue) ids = ids.first(ids.size() - 1);
  return ids.size();
}

void check_count(const Node& node, const char* what, size_t count, Arity arity) {
  if (count >= static_cast<size_t>(arity.min) && count <= static_cast<size_t>(arity.max)) return;
  fail(ErrorCode::MalformedModel, node.op_type, " node '", node.name, "' has ", count, " ", what,
       "; the operator has ", arity.min, " to ", arity.max);
}

}  // namespace

void check_arity(const Node& node) {
  const Meaning& meaning = meaning_of(node);
  check_count(node, "inputs", written(node.inputs), meaning.inputs);
  check_count(node, "outputs", written(node.outputs), meaning.outputs);
  for (int i = 0; i < meaning.inputs.min; ++i) {
    if (node.inputs[static_cast<size_t>(i)] != kNoValue) continue;
    fail(ErrorCode::MalformedModel, node.op_type, " node '", node.name,
         "' leaves out its required input ", i);
  }
}

namespace {

[[noreturn]] void reject_type(const Node& node, ErrorCode code, size_t input, DType given,
                              const std::string& taken) {
  const std::string dtype(name_of(given));
  throw Error(code, text(node.op_type, " takes ", taken, " as input ", input, ", not ", dtype))
      .with("input", text(input))
      .with("dtype", dtype);
}

void check_types(const Node& node, std::span<const ValueType* const> inputs) {
  for (const TypeVariable& variable : meaning_of(node).types) {
    std::optional<size_t> first;
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i] || !variable.covers(i)) continue;
      const DType dtype = inputs[i]->dtype;
      if (!variable.allowed.contains(dtype)) {
        reject_type(node, ErrorCode::UnsupportedAttribute, i, dtype, variable.allowed.to_string());
      }
      if (!first) first = i;
      const DType shared = inputs[*first]->dtype;
      if (dtype != shared) {
        reject_type(node, ErrorCode::MalformedModel, i, dtype,
                    text(name_of(shared), ", which input ", *first, " is,"));
      }
    }
  }
}

}  // namespace

void check_node(const Node& node, std::span<const ValueType* const> inputs) {
  check_arity(node);
  check_types(node, inputs);
}

std::vector<ValueType> infer_node(const Node& node, std::span<const ValueType* const> inputs) {
  check_node(node, inputs);
  if (!meaning_of(node).infer) fail(ErrorCode::Internal, node.op_type, " has no shape rule");
  InferContext context(node, inputs);
  meaning_of(node).infer(context);
  return std::move(context.outputs());
}

bool LayoutContext::input_can_be_channels_last(int index) const {
  return has_input(index) && dtype(index) == DType::Float && shape(index).rank() == 4;
}

void infer_like_input(InferContext& context) {
  context.set_output(0, context.dtype(0), context.shape(0));
}

// A function's nodes may go by the same name in two plans, and yet read other constants.
Tensor PlanContext::prepacked(InputList sources, std::string_view key,
                              const std::function<Tensor()>& pack) {
  for (const int index : sources) packed_.add(index);
  if (!machine_.packs) return pack();
  std::string full(key);
  for (int i = 0; i < input_count(); ++i) {
    const Tensor* tensor = constant(i);
    if (tensor) full += text(' ', reinterpret_cast<uintptr_t>(tensor->identity()), tensor->shape());
  }
  return machine_.packs->get(node(), full, pack);
}

Tensor ComputeContext::prepacked(InputList sources, std::string_view key,
                                 const std::function<Tensor()>& pack) const {
  const bool constant = std::ranges::all_of(
      sources, [&](int index) { return !has_input(index) || this->constant(index); });
  return packs_ && constant ? packs_->get(node(), key, pack) : pack();
}

Span Window::hull() const {
  if (spans.empty()) return span;
  Span hull = {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()};
  for (const Span& each : spans) {
    if (each.last < each.first) continue;
    hull = {std::min(hull.first, each.first), std::max(hull.last, each.last)};
  }
  return hull;
}

Window window_by_element(const WindowContext& context) {
  const Shape& in = context.shape(context.input());
  const Shape& out = context.output_shape();
  // Opsets before 7 line shorter shapes up in ways of their own.
  if (in.rank() != out.rank() && in.elements() != 1 && context.opset() < kFirstNumpyOpset) {
    return {.kind = Window::Kind::Unknown};
  }
  const int begin = out.rank() - in.rank();
  // Memory that several values share may lie there under another value's shape.
  for (int axis = std::max(-begin, 0); axis < in.rank(); ++axis) {
    const int64_t size = in[axis];
    if (size != 1 && size != out[begin + axis]) return {.kind = Window::Kind::Unknown};
  }
  const int axis = begin + context.axis();
  if (axis < 0 || in[context.axis()] != out[axis]) return {};
  return same_place(axis);
}

Window window_of_data(const WindowContext& context) {
  return context.input() == 0 ? same_place(context.axis()) : Window{};
}

Window window_of_nothing(const WindowContext&) { return {.kind = Window::Kind::Unread}; }

BandInput band_input(const Window& window) {
  const Span span = window.hull();
  return {.whole = false,
          .num = window.num,
          .den = window.den,
          .phase = window.phase,
          .before = -span.first,
          .after = span.last + 1 - window.num};
}

std::optional<BandRule> bands_by_window(const NodeContext& context, const Shape& output) {
  constexpr int kRows = 2;
  BandRule rule{{}, context.node()};
  rule.inputs.resize(static_cast<size_t>(context.input_count()));
  bool has_rows = false;
  for (int i = 0; i < context.input_count(); ++i) {
    const int rank = context.has_input(i) ? context.shape(i).rank() : 0;
    for (int axis = 0; axis < rank; ++axis) {
      const Window window =
          meaning_of(context.node()).window(WindowContext(context, i, axis, 0, output));
      if (window.kind == Window::Kind::Unknown) return std::nullopt;
      if (window.kind != Window::Kind::Along || window.axis != kRows) continue;
      // Of rows that several inputs have one after the other, no band is made by the node alone.
      if (context.shape(i)[axis] * window.den != output[kRows] * window.num) return std::nullopt;
      rule.inputs[static_cast<size_t>(i)] = band_input(window);
      has_rows = true;
    }
  }
  // Of inputs that it needs whole, a node makes all rows.
  return has_rows ? std::optional(std::move(rule)) : std::nullopt;
}

void follow_input_layout(LayoutContext& context) {
  context.accept(0, context.form(0));
  context.produce(0, context.form(0));
}

}  // namespace fovea

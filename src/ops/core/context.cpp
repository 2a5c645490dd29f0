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
  outputs_[static_cast<size_t>(index)] = {dtype, std::move(shape), Layout::Plain, std::nullopt};
}

void InferContext::set_content(int index, Tensor content) {
  if (!wants_output(index)) return;
  const DType dtype = content.dtype();
  Shape shape = content.shape();
  outputs_[static_cast<size_t>(index)] = {dtype, std::move(shape), Layout::Plain,
                                          std::move(content)};
}

void InferContext::set_dynamic_output(int index, DType dtype) {
  if (!wants_output(index)) return;
  outputs_[static_cast<size_t>(index)] = {dtype, std::nullopt, Layout::Plain, std::nullopt};
}

bool LayoutContext::input_can_be_channels_last(int index) const {
  return has_input(index) && dtype(index) == DType::Float && shape(index).rank() == 4;
}

void infer_like_input(InferContext& context) {
  context.set_output(0, context.dtype(0), context.shape(0));
}

std::optional<BandRule> bands_by_element(const NodeContext& context, const Shape& output) {
  BandRule rule{{}, context.node()};
  for (int i = 0; i < context.input_count(); ++i) {
    rule.inputs.emplace_back();
    if (!context.has_input(i)) continue;
    const Shape& shape = context.shape(i);
    // Opsets before 7 line shorter shapes up in ways of their own.
    if (shape.rank() != output.rank() && shape.elements() != 1 && context.opset() < 7) {
      return std::nullopt;
    }
    const int rank = shape.rank();
    if (rank == output.rank() && shape[rank - 2] == output[rank - 2]) {
      rule.inputs.back().whole = false;
    } else if (rank >= 2 && shape[rank - 2] != 1) {
      return std::nullopt;
    }
  }
  return rule;
}

void follow_input_layout(LayoutContext& context) {
  context.accept(0, context.layout(0));
  context.produce(0, context.layout(0));
}

}  // namespace fovea

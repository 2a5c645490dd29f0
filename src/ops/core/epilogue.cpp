#include "ops/core/epilogue.h"

#include "ops/core/activation.h"

namespace fovea {
namespace {

using kernels::Activation;

class EpilogueReader {
 public:
  EpilogueReader(const NodeContext& context, const Body& body, size_t product)
      : context_(context), body_(body), result_(body.nodes()[product].outputs[0]) {
    product_ = *body.type(result_).shape;
  }

  // Takes the next node, which reads the result of the last one.
  bool take(const Node& node);
  const FusedEpilogue& epilogue() const { return epilogue_; }

 private:
  bool take_sum(const Node& add);
  bool take_activation(const Node& node);
  bool is_activated() const { return epilogue_.activation.kind != Activation::None; }
  bool is_input(ValueId id) const { return context_.has_input(id); }

  const NodeContext& context_;
  const Body& body_;
  ValueId result_;
  Shape product_;
  FusedEpilogue epilogue_;
};

bool EpilogueReader::take(const Node& node) {
  bool taken = false;
  if (node.op_type == "Add") {
    taken = take_sum(node);
  } else if (node.op_type == "DepthToSpace") {
    taken = !epilogue_.shuffle;
    epilogue_.shuffle = node.attributes.parsed<DepthToSpaceAttributes>(node.opset);
    epilogue_.activates_before_shuffle = is_activated();
  } else {
    taken = take_activation(node);
  }
  result_ = node.outputs[0];
  return taken;
}

bool EpilogueReader::take_sum(const Node& add) {
  const ValueId other = add.inputs[add.inputs[0] == result_ ? 1 : 0];
  if (is_activated() || epilogue_.shuffle || !is_input(other)) return false;
  const Shape& shape = context_.shape(other);
  int& operand = shape == product_ ? epilogue_.addend : epilogue_.bias;
  const bool fits = shape == product_ || shape == Shape{product_[product_.rank() - 1]};
  if (!fits || operand != kNoInput) return false;
  operand = other;
  return true;
}

bool EpilogueReader::take_activation(const Node& node) {
  if (is_activated()) return false;
  const auto constant = [&](ValueId id) { return is_input(id) ? context_.constant(id) : nullptr; };
  const auto activation = activation_of(node, constant);
  if (!activation) return false;
  epilogue_.activation = *activation;
  if (activation->kind == Activation::PRelu) epilogue_.slopes = node.inputs[1];
  return true;
}

}  // namespace

std::optional<FusedEpilogue> epilogue_of(const NodeContext& context, const Body& body,
                                         size_t product) {
  EpilogueReader reader(context, body, product);
  for (size_t i = product + 1; i < body.nodes().size(); ++i) {
    if (!reader.take(body.nodes()[i])) return std::nullopt;
  }
  return reader.epilogue();
}

}  // namespace fovea

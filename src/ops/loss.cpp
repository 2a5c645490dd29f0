// Losses of classifications: NegativeLogLikelihoodLoss, SoftmaxCrossEntropyLoss.

#include "ops/core/function.h"
#include "ops/core/indices.h"

namespace fovea {
namespace {

void check_classes(const NodeContext& context) {
  const Shape &scores = context.shape(0), &targets = context.shape(1);
  Shape expected;
  for (int axis = 0; axis < scores.rank(); ++axis) {
    if (axis != 1) expected.push_back(scores[axis]);
  }
  if (scores.rank() < 2 || targets != expected) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " of ", scores,
         " takes one class for each place, not classes of shape ", targets);
  }
  if (context.has_input(2) && context.shape(2) != Shape{scores[1]}) {
    fail(ErrorCode::InvalidInput, context.node().op_type, " of ", scores[1],
         " classes cannot have weights of shape ", context.shape(2));
  }
  if (!context.attributes().has("ignore_index")) require_indices(context, 1, scores[1]);
}

// The loss of each place, and how much it counts: kNoValue where all count alike.
struct Losses {
  ValueId loss;
  ValueId weight;
};

Losses losses_of(Function& f, const NodeContext& context, ValueId log_probabilities) {
  const DType dtype = context.dtype(0);
  const ValueId axis = f.ints({1});
  const auto number = [&](int64_t value) { return f.constant(Tensor::of<int64_t>({}, {value})); };
  ValueId target = f.op("Cast", {f.in(1)}, {{"to", static_cast<int64_t>(DType::Int64)}});
  ValueId ignored = kNoValue;
  if (context.attributes().has("ignore_index")) {
    ignored = f.op("Equal", {target, number(context.attributes().get_int("ignore_index", 0))});
    target = f.op("Where", {ignored, number(0), target});
  }
  const ValueId picked =
      f.op("GatherElements", {log_probabilities, f.op("Unsqueeze", {target, axis})},
           {{"axis", int64_t{1}}});
  ValueId loss = f.op("Neg", {f.op("Squeeze", {picked, axis})});
  ValueId weight = kNoValue;
  if (context.has_input(2)) {
    weight = f.op("Gather", {f.in(2), target});
    loss = f.op("Mul", {loss, weight});
  }
  if (ignored != kNoValue) {
    const ValueId zero = f.scalar(dtype, 0);
    loss = f.op("Where", {ignored, zero, loss});
    weight = f.op("Where", {ignored, zero, weight == kNoValue ? f.scalar(dtype, 1) : weight});
  }
  return {loss, weight};
}

ValueId reduced(Function& f, const NodeContext& context, const Losses& losses) {
  const std::string reduction = context.attributes().get_string("reduction", "mean");
  const auto over_all = [&](const char* op_type, ValueId value) {
    return f.op(op_type, {value}, {{"keepdims", int64_t{0}}});
  };
  if (reduction == "none") return losses.loss;
  if (reduction == "sum") return over_all("ReduceSum", losses.loss);
  if (reduction != "mean") {
    throw Error(ErrorCode::MalformedModel,
                text("reduction is none, sum or mean, not '", reduction, "'"))
        .with("attribute", "reduction");
  }
  if (losses.weight == kNoValue) return over_all("ReduceMean", losses.loss);
  return f.op("Div", {over_all("ReduceSum", losses.loss), over_all("ReduceSum", losses.weight)});
}

Graph negative_log_likelihood(const NodeContext& context) {
  check_classes(context);
  Function f(context);
  return f.giving({reduced(f, context, losses_of(f, context, f.in(0)))});
}

Graph softmax_cross_entropy(const NodeContext& context) {
  check_classes(context);
  Function f(context);
  const ValueId log_probabilities = f.op("LogSoftmax", {f.in(0)}, {{"axis", int64_t{1}}});
  const ValueId loss = reduced(f, context, losses_of(f, context, log_probabilities));
  return f.giving({loss, log_probabilities});
}

using FunctionRule = Graph (*)(const NodeContext&);

constexpr OpDef loss(std::string_view op_type, Arity outputs, FunctionRule rule) {
  return {
      .op_type = op_type,
      .since = 12,
      .meaning = {.inputs = {2, 3},
                  .outputs = outputs,
                  .types = {type_of_both_inputs(0, 2, kFloat32And64), type_of_input(1, kIndices)},
                  .function = rule}};
}

constexpr OpDef kOps[] = {
    loss("NegativeLogLikelihoodLoss", {1, 1}, negative_log_likelihood),
    loss("SoftmaxCrossEntropyLoss", {1, 2}, softmax_cross_entropy),
};

}  // namespace

extern constinit const OpFamily loss_ops = kOps;

}  // namespace fovea

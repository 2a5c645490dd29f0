// Activations as onnxruntime writes them (com.microsoft): Gelu, FastGelu, QuickGelu, BiasGelu,
// BiasSplitGelu; and BiasAdd.

#include "ops/core/function_steps.h"
#include "ops/op.h"

namespace fovea {
namespace {

// Input 0 with a bias of one number for each element of the last axis, where it has one.
ValueId biased(Function& f, const NodeContext& context) {
  const Shape& shape = context.shape(0);
  if (!context.has_input(1)) return f.in(0);
  if (shape.rank() == 0) require_rank(context, 0, 1);
  require_shape(context, 1, {shape[shape.rank() - 1]});
  return f.op("Add", {f.in(0), f.in(1)});
}

ValueId gelu_of(Function& f, ValueId x) { return f.op("Gelu", {x}); }

Graph gelu(const NodeContext& context) {
  Function f(context);
  return f.giving({gelu_of(f, biased(f, context))});
}

Graph fast_gelu(const NodeContext& context) {
  Function f(context);
  return f.giving({f.op("Gelu", {biased(f, context)}, {{"approximate", std::string("tanh")}})});
}

Graph quick_gelu(const NodeContext& context) {
  Function f(context);
  const float alpha = context.attributes().get_float("alpha", 1.702f);
  return f.giving({f.op("Swish", {f.in(0)}, {{"alpha", alpha}})});
}

// The first half of the last axis times Gelu of the second.
Graph bias_split_gelu(const NodeContext& context) {
  Function f(context);
  const ValueId x = biased(f, context);
  const int axis = context.shape(0).rank() - 1;
  const int64_t half = divided(context, context.shape(0)[axis], 2);
  const ValueId gate = gelu_of(f, sliced(f, x, axis, half, 2 * half));
  return f.giving({f.op("Mul", {sliced(f, x, axis, 0, half), gate})});
}

Graph bias_add(const NodeContext& context) {
  require_shape(context, 2, context.shape(0));
  Function f(context);
  return f.giving({f.op("Add", {biased(f, context), f.in(2)})});
}

constexpr OpDef activation(std::string_view op_type, Arity inputs,
                           Graph (*function)(const NodeContext&)) {
  return {
      .op_type = op_type,
      .domain = kMicrosoftDomain,
      .meaning = {
          .inputs = inputs, .types = {type_of_all_inputs(kFloat32And64)}, .function = function}};
}

constexpr OpDef kOps[] = {
    activation("Gelu", {1, 1}, gelu),
    activation("FastGelu", {1, 2}, fast_gelu),
    activation("QuickGelu", {1, 1}, quick_gelu),
    activation("BiasGelu", {2, 2}, gelu),
    activation("BiasSplitGelu", {2, 2}, bias_split_gelu),
    activation("BiasAdd", {3, 3}, bias_add),
};

}  // namespace

extern constinit const OpFamily microsoft_activations_ops = kOps;

}  // namespace fovea

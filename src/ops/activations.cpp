// Activations: Relu, LeakyRelu, PRelu, ThresholdedRelu, Clip, Sigmoid, Tanh, HardSigmoid,
// HardSwish, Swish, Elu, Selu, Celu, Softplus, Softsign, Mish, Gelu, Shrink.

#include <limits>

#include "ops/core/activation.h"
#include "ops/core/broadcast_step.h"
#include "ops/core/unary_step.h"

namespace fovea {
namespace {

float attribute(const PlanContext& context, std::string_view name, float fallback) {
  return context.attributes().get_float(name, fallback);
}

// Of float, by the table in kernels/elementwise/activation.cpp.
Kernel plan_activation(PlanContext& context) {
  dispatch<float>(context.dtype(0), [](auto) {});
  const Node& node = context.node();
  const auto activation = activation_of(node, [](ValueId) { return nullptr; });
  if (!activation) {
    fail(ErrorCode::UnsupportedAttribute, node.op_type, " approximated by '",
         context.attributes().get_string("approximate", ""), "' is not supported");
  }
  const auto map = [spec = *activation, row = kernels::info_of(activation->kind).apply_row](
                       const std::byte* from, std::byte* to, int64_t count) {
    row(spec, reinterpret_cast<const float*>(from), reinterpret_cast<float*>(to), count);
  };
  return map_elements(
      context, [map](RunContext&) { return map; }, kernels::keeps_zero(*activation));
}

// The same, and other types by a function object.
template <class Op, bool kKeepsZero, class... Ts>
Kernel plan_activation_of(PlanContext& context) {
  if (context.dtype(0) == DType::Float) return plan_activation(context);
  return plan_unary<Ts...>(context, Op(), kKeepsZero);
}

// Limits that are inputs are read when the kernel runs; they need not be constant.
template <class T>
Kernel plan_clip_of(PlanContext& context) {
  using Limits = std::numeric_limits<T>;
  constexpr bool kFloating = std::is_floating_point_v<T>;
  T low = kFloating ? -Limits::infinity() : Limits::lowest();
  T high = kFloating ? Limits::infinity() : Limits::max();
  if constexpr (kFloating) {
    low = static_cast<T>(attribute(context, "min", static_cast<float>(low)));
    high = static_cast<T>(attribute(context, "max", static_cast<float>(high)));
  }
  return map_elements(
      context,
      [low, high](RunContext& run) {
        const T* low_input = run.in<T>(1);
        const T* high_input = run.in<T>(2);
        return row_map<T>(
            kernels::Clip<T>{low_input ? *low_input : low, high_input ? *high_input : high});
      },
      false);
}

Kernel plan_clip(PlanContext& context) {
  return dispatch<float, double, int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t,
                  uint64_t>(context.dtype(0), [&](auto tag) {
    return plan_clip_of<typename decltype(tag)::type>(context);
  });
}

void infer_clip(InferContext& context) {
  for (int i = 1; i < context.input_count(); ++i) {
    if (!context.has_input(i)) continue;
    if (context.dtype(i) != context.dtype(0) || context.shape(i).elements() != 1) {
      fail(ErrorCode::MalformedModel, "Clip's limit must be one ", name_of(context.dtype(0)),
           ", not ", name_of(context.dtype(i)), context.shape(i));
    }
  }
  infer_like_input(context);
}

// Before opset 7 a slope of one axis belongs to the channels.
Shape slope_shape(const NodeContext& context) {
  const Shape& slope = context.shape(1);
  const int rank = context.shape(0).rank();
  if (context.opset() >= 7 || slope.rank() != 1 || rank < 2) return slope;
  Shape out = slope;
  while (out.rank() < rank - 1) out.push_back(1);
  return out;
}

void infer_prelu(InferContext& context) {
  require_one_dtype(context);
  if (broadcast(context.shape(0), slope_shape(context)) != context.shape(0)) {
    fail(ErrorCode::MalformedModel, "PRelu's slope ", context.shape(1), " does not broadcast to ",
         context.shape(0));
  }
  infer_like_input(context);
}

Kernel plan_prelu(PlanContext& context) {
  const kernels::BinaryRow row = dispatch<float, double>(context.dtype(0), [](auto tag) {
    using T = typename decltype(tag)::type;
    return std::is_same_v<T, float> ? kernels::BinaryRow(kernels::binary_row_f32<kernels::PRelu>)
                                    : kernels::binary_row<kernels::PRelu, T, T, T>;
  });
  const Operand x = {context.dtype(0), context.shape(0), context.layout(0)};
  const Operand slope = {context.dtype(1), slope_shape(context), context.layout(1)};
  const Operand out = {x.dtype, x.shape, context.output_layout(0)};
  return [step = BroadcastStep(x, slope, out, row, true)](RunContext& run) {
    step.run(run.in<std::byte>(0), run.in<std::byte>(1), run.out<std::byte>(0), run.pool());
  };
}

// Opset 6 may spread one slope over the channels in a way the layouts do not know.
void layout_prelu(LayoutContext& context) {
  if (slope_shape(context) == context.shape(1)) broadcast_layout(context);
}

constexpr OpDef kOps[] = {
    unary("Relu", 1,
          plan_activation_of<kernels::Relu, true, double, int8_t, int16_t, int32_t, int64_t>),
    unary("LeakyRelu", 1, plan_activation),
    unary("ThresholdedRelu", 10, plan_activation),
    unary("Sigmoid", 1, plan_activation_of<kernels::Sigmoid, false, double>),
    unary("Tanh", 1, plan_activation_of<kernels::Tanh, true, double>),
    unary("HardSigmoid", 1, plan_activation),
    unary("HardSwish", 14, plan_activation),
    unary("Swish", 24, plan_activation),
    unary("Elu", 1, plan_activation),
    unary("Selu", 1, plan_activation),
    unary("Celu", 12, plan_activation),
    unary("Softplus", 1, plan_activation),
    unary("Softsign", 1, plan_activation),
    unary("Mish", 18, plan_activation),
    unary("Gelu", 20, plan_activation),
    unary("Shrink", 9, plan_activation),
    {.op_type = "Clip",
     .meaning = {.inputs = {1, 3}, .infer = infer_clip},
     .cpu = {.plan = plan_clip,
             .reuse = Reuse::InPlace,
             .layout = follow_input_layout,
             .bands = bands_by_element}},
    {.op_type = "PRelu",
     .meaning = {.inputs = {2, 2}, .infer = infer_prelu},
     .cpu = {.plan = plan_prelu,
             .reuse = Reuse::InPlace,
             .layout = layout_prelu,
             .bands = bands_by_element}},
};

}  // namespace

extern constinit const OpFamily activations_ops = kOps;

}  // namespace fovea

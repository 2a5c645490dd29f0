// Activations: Relu, LeakyRelu, PRelu, ThresholdedRelu, Clip, Sigmoid, Tanh, HardSigmoid,
// HardSwish, Swish, Elu, Selu, Celu, Softplus, Softsign, Mish, Gelu, Shrink.

#include <algorithm>
#include <limits>

#include "ops/core/activation.h"
#include "ops/core/broadcast_step.h"
#include "ops/core/unary_step.h"
#include "ops/core/wider.h"

namespace fovea {
namespace {

float attribute(const PlanContext& context, std::string_view name, float fallback) {
  return context.attributes().get_float(name, fallback);
}

// Activations of double are too rare for vectors.
RowMap activation_of_doubles(const kernels::ActivationSpec& spec) {
  return [spec, apply = kernels::info_of(spec.kind).apply_to_double](const std::byte* from,
                                                                     std::byte* to, int64_t count) {
    const auto* in = reinterpret_cast<const double*>(from);
    std::transform(in, in + count, reinterpret_cast<double*>(to),
                   [&](double x) { return apply(spec, x); });
  };
}

RowMap activation_of_floats(const kernels::ActivationSpec& spec) {
  return [spec, row = kernels::info_of(spec.kind).apply_row](const std::byte* from, std::byte* to,
                                                             int64_t count) {
    row(spec, reinterpret_cast<const float*>(from), reinterpret_cast<float*>(to), count);
  };
}

// Of float and double, by the table in kernels/elementwise/activation.cpp.
Kernel plan_activation(PlanContext& context) {
  const Node& node = context.node();
  const auto activation = activation_of(node, [](ValueId) { return nullptr; });
  if (!activation) {
    fail(ErrorCode::UnsupportedAttribute, node.op_type, " approximated by '",
         context.attributes().get_string("approximate", ""), "' is not supported");
  }
  const bool doubles = context.dtype(0) == DType::Double;
  const RowMap map = (doubles ? activation_of_doubles : activation_of_floats)(*activation);
  return map_elements(
      context, [map](RunContext&) { return map; }, kernels::keeps_zero(*activation));
}

constexpr DTypeSet kReluTypes = {DType::Float, DType::Double, DType::Int64};

Kernel plan_relu(PlanContext& context) {
  if (context.dtype(0) != DType::Int64) return plan_activation(context);
  return plan_unary<int64_t>(context, kernels::Relu(), true);
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
  return dispatch<float, double, int32_t, int64_t, uint64_t>(context.dtype(0), [&](auto tag) {
    return plan_clip_of<typename decltype(tag)::type>(context);
  });
}

void infer_clip(InferContext& context) {
  for (int i = 1; i < context.input_count(); ++i) {
    if (!context.has_input(i)) continue;
    if (context.shape(i).elements() != 1) {
      fail(ErrorCode::MalformedModel, "Clip's limit must be one ", name_of(context.dtype(0)),
           ", not of shape ", context.shape(i));
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

constexpr OpDef activation(std::string_view op_type, int since) {
  return unary(op_type, since, kFloats, plan_through<plan_activation, kFloat32And64>);
}

// Integers are moved by a float, and what is left of them is cut off.
Kernel plan_shrink(PlanContext& context) {
  return kIntegers.contains(context.dtype(0))
             ? plan_in(context, DType::Double, plan_activation)
             : plan_through<plan_activation, kFloat32And64>(context);
}

constexpr OpDef kOps[] = {
    unary("Relu", 1, kFloats | kSignedIntegers, plan_through<plan_relu, kReluTypes>),
    activation("LeakyRelu", 1),
    activation("ThresholdedRelu", 1),
    activation("Sigmoid", 1),
    activation("Tanh", 1),
    activation("HardSigmoid", 1),
    activation("HardSwish", 14),
    activation("Swish", 24),
    activation("Elu", 1),
    activation("Selu", 1),
    activation("Celu", 12),
    activation("Softplus", 1),
    activation("Softsign", 1),
    activation("Mish", 18),
    activation("Gelu", 20),
    unary("Shrink", 9, kNumbers, plan_shrink),
    {.op_type = "Clip",
     .meaning = {.inputs = {1, 3},
                 .types = {type_of_all_inputs(kNumbers)},
                 .infer = infer_clip,
                 .window = window_by_element},
     .cpu = {.plan = plan_through<plan_clip, kArithmeticTypes>,
             .reuse = Reuse::InPlace,
             .layout = follow_input_layout,
             .bands = bands_by_window}},
    {.op_type = "PRelu",
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_all_inputs(kFloat32And64)},
                 .infer = infer_prelu,
                 .window = window_by_element},
     .cpu = {.plan = plan_prelu,
             .reuse = Reuse::InPlace,
             .layout = layout_prelu,
             .bands = bands_by_window}},
};

}  // namespace

extern constinit const OpFamily activations_ops = kOps;

}  // namespace fovea

// BatchNormalization (inference), InstanceNormalization, GroupNormalization, LayerNormalization.

#include "kernels/reduction/normalization.h"

#include <cmath>

#include "ops/core/axes.h"
#include "ops/core/broadcast_step.h"

namespace fovea {
namespace {

constexpr float kDefaultEpsilon = 1e-5f;

float epsilon_of(const PlanContext& context) {
  return context.attributes().get_float("epsilon", kDefaultEpsilon);
}

void require_float(const PlanContext& context) {
  for (int i = 0; i < context.input_count(); ++i) {
    if (context.has_input(i)) dispatch<float>(context.dtype(i), [](auto) {});
  }
}

// A tensor as [n][channels][spatial]; a single axis is n.
struct Channels {
  explicit Channels(const Shape& shape)
      : n(shape.rank() > 0 ? shape[0] : 1),
        channels(shape.rank() > 1 ? shape[1] : 1),
        spatial(shape.rank() > 2 ? shape.elements(2, shape.rank()) : 1) {}
  int64_t n, channels, spatial;
};

// Throws unless inputs first, first + 1, ... have `count` elements.
void require_elements(const NodeContext& context, int first, int64_t count) {
  for (int i = first; i < context.input_count(); ++i) {
    if (!context.has_input(i) || context.shape(i).elements() == count) continue;
    fail(ErrorCode::InvalidInput, "input ", i, " of ", context.node().op_type, " has shape ",
         context.shape(i), ", but ", count, " elements are needed");
  }
}

void infer_batch_normalization(InferContext& context) {
  const Attributes& attributes = context.attributes();
  bool training = attributes.get_int("training_mode", 0) != 0;
  for (int i = 1; i < context.output_count(); ++i) training |= context.wants_output(i);
  if (training || attributes.get_int("spatial", 1) == 0) {
    fail(ErrorCode::UnsupportedAttribute,
         "BatchNormalization is supported for inference with one mean per channel alone");
  }
  require_elements(context, 1, Channels(context.shape(0)).channels);
  infer_like_input(context);
}

// scale and shift so that x * scale + shift is (x - mean) / sqrt(variance + epsilon) * gamma +
// beta.
struct BatchStatistics {
  const float *gamma, *beta, *mean, *variance;
  float epsilon;

  void fold(int64_t channels, float* scale, float* shift) const {
    for (int64_t c = 0; c < channels; ++c) {
      scale[c] = gamma[c] / std::sqrt(variance[c] + epsilon);
      shift[c] = beta[c] - mean[c] * scale[c];
    }
  }
};

Kernel plan_batch_normalization(PlanContext& context) {
  require_float(context);
  const Channels size(context.shape(0));
  const bool channels_last = context.layout(0) == Layout::ChannelsLast;
  const int64_t lanes = padded_channels(size.channels);
  const float epsilon = epsilon_of(context);
  context.reserve_scratch(static_cast<uint64_t>(2 * lanes) * sizeof(float));
  return [=](RunContext& run) {
    auto* scale = reinterpret_cast<float*>(run.scratch());
    float* shift = scale + lanes;
    std::fill(scale, shift + lanes, 0.0f);
    const BatchStatistics statistics = {run.in<float>(1), run.in<float>(2), run.in<float>(3),
                                        run.in<float>(4), epsilon};
    statistics.fold(size.channels, scale, shift);
    const float* in = run.in<float>(0);
    float* out = run.out<float>(0);
    if (channels_last) {
      kernels::scale_channels_last(in, scale, shift, out, size.n * size.spatial, lanes, run.pool());
    } else {
      kernels::scale_channels(in, scale, shift, out, size.n, size.channels, size.spatial,
                              run.pool());
    }
  };
}

void infer_instance_normalization(InferContext& context) {
  require_elements(context, 1, Channels(context.shape(0)).channels);
  infer_like_input(context);
}

Kernel plan_instance_normalization(PlanContext& context) {
  require_float(context);
  const Channels size(context.shape(0));
  const float epsilon = epsilon_of(context);
  return [=](RunContext& run) {
    kernels::group_norm(run.in<float>(0), run.in<float>(1), run.in<float>(2), epsilon,
                        run.out<float>(0), size.n, size.channels, size.spatial, size.channels,
                        run.pool());
  };
}

// Opset 18 gave every group one scale and bias, 21 every channel its own.
int64_t scales_of_group_normalization(const NodeContext& context) {
  return context.opset() < 21 ? context.attributes().get_int("num_groups", 1)
                              : Channels(context.shape(0)).channels;
}

void infer_group_normalization(InferContext& context) {
  const int64_t groups = context.attributes().get_int("num_groups", 0);
  const int64_t channels = Channels(context.shape(0)).channels;
  if (groups < 1 || channels % groups != 0) {
    fail(ErrorCode::MalformedModel, "GroupNormalization cannot make ", groups, " groups of ",
         channels, " channels");
  }
  require_elements(context, 1, scales_of_group_normalization(context));
  infer_like_input(context);
}

Kernel plan_group_normalization(PlanContext& context) {
  require_float(context);
  const Channels size(context.shape(0));
  const int64_t groups = context.attributes().get_int("num_groups", 1);
  const int64_t channels_per_scale = size.channels / scales_of_group_normalization(context);
  const float epsilon = epsilon_of(context);
  context.reserve_scratch(static_cast<uint64_t>(2 * size.channels) * sizeof(float));
  return [=](RunContext& run) {
    auto* scale = reinterpret_cast<float*>(run.scratch());
    float* bias = scale + size.channels;
    for (int64_t c = 0; c < size.channels; ++c) {
      scale[c] = run.in<float>(1)[c / channels_per_scale];
      bias[c] = run.in<float>(2)[c / channels_per_scale];
    }
    kernels::group_norm(run.in<float>(0), scale, bias, epsilon, run.out<float>(0), size.n,
                        size.channels, size.spatial, groups, run.pool());
  };
}

void infer_layer_normalization(InferContext& context) {
  const Shape& shape = context.shape(0);
  const int axis = axis_of(context, shape.rank(), -1);
  const int64_t count = shape.elements(axis, shape.rank());
  for (int i = 1; i < context.input_count(); ++i) {
    // As many elements as are normalised together are taken in whatever shape they are written.
    if (!context.has_input(i) || context.shape(i).elements() == count) continue;
    if (broadcast(shape, context.shape(i)) == shape) continue;
    fail(ErrorCode::InvalidInput, "input ", i, " of LayerNormalization has shape ",
         context.shape(i), ", which does not broadcast to ", shape);
  }
  Shape statistics = shape;
  for (int i = axis; i < shape.rank(); ++i) statistics[i] = 1;
  infer_like_input(context);
  context.set_output(1, DType::Float, statistics);
  context.set_output(2, DType::Float, statistics);
}

// With a scale or bias that is spread otherwise than along the rows: rows are normalised by
// themselves, then multiplied and added to.
Kernel plan_spread_layer_normalization(PlanContext& context, int64_t rows, int64_t count) {
  const Operand out = output_operand(context);
  const BroadcastStep multiply(out, input_operand(context, 1), out,
                               kernels::binary_row_f32<kernels::Mul>, true);
  std::optional<BroadcastStep> add;
  if (context.has_input(2)) {
    add.emplace(out, input_operand(context, 2), out, kernels::binary_row_f32<kernels::Add>, true);
  }
  const float epsilon = epsilon_of(context);
  context.reserve_scratch(static_cast<uint64_t>(count) * sizeof(float));
  return [=](RunContext& run) {
    auto* ones = reinterpret_cast<float*>(run.scratch());
    std::fill_n(ones, count, 1.0f);
    const kernels::LayerNorm norm = {ones, nullptr, epsilon, run.out<float>(1), run.out<float>(2)};
    kernels::layer_norm(norm, run.in<float>(0), run.out<float>(0), rows, count, run.pool());
    std::byte* to = run.out<std::byte>(0);
    multiply.run(to, run.in<std::byte>(1), to, run.pool());
    if (add) add->run(to, run.in<std::byte>(2), to, run.pool());
  };
}

Kernel plan_layer_normalization(PlanContext& context) {
  require_float(context);
  const Shape& shape = context.shape(0);
  const int axis = axis_of(context, shape.rank(), -1);
  const int64_t rows = shape.elements(0, axis), count = shape.elements(axis, shape.rank());
  // Whether there is one element for each place in a row, the same for all rows.
  const auto along_rows = [&](int i) {
    const Shape& operand = context.shape(i);
    if (operand.elements() != count) return false;
    for (int back = shape.rank() - axis + 1; back <= operand.rank(); ++back) {
      if (operand[operand.rank() - back] != 1) return false;
    }
    return true;
  };
  const bool has_bias = context.has_input(2);
  if (!along_rows(1) || (has_bias && !along_rows(2))) {
    return plan_spread_layer_normalization(context, rows, count);
  }
  const float epsilon = epsilon_of(context);
  return [=](RunContext& run) {
    const kernels::LayerNorm norm = {run.in<float>(1), run.in<float>(2), epsilon, run.out<float>(1),
                                     run.out<float>(2)};
    kernels::layer_norm(norm, run.in<float>(0), run.out<float>(0), rows, count, run.pool());
  };
}

constexpr OpDef kOps[] = {
    {.op_type = "BatchNormalization",
     .meaning = {.inputs = {5, 5}, .outputs = {1, 5}, .infer = infer_batch_normalization},
     .cpu = {.plan = plan_batch_normalization, .layout = follow_input_layout}},
    {.op_type = "InstanceNormalization",
     .meaning = {.inputs = {3, 3}, .infer = infer_instance_normalization},
     .cpu = {.plan = plan_instance_normalization}},
    {.op_type = "GroupNormalization",
     .since = 18,
     .meaning = {.inputs = {3, 3}, .infer = infer_group_normalization},
     .cpu = {.plan = plan_group_normalization}},
    {.op_type = "LayerNormalization",
     .since = 17,
     .meaning = {.inputs = {2, 3}, .outputs = {1, 3}, .infer = infer_layer_normalization},
     .cpu = {.plan = plan_layer_normalization}},
};

}  // namespace

extern constinit const OpFamily normalization_ops = kOps;

}  // namespace fovea

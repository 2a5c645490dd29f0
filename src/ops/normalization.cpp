// BatchNormalization, InstanceNormalization, GroupNormalization, LayerNormalization.

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

constexpr int kFirstTrainingModeOpset = 14;  // before, more outputs than one ask for training

bool is_training(const NodeContext& context) {
  if (context.opset() >= kFirstTrainingModeOpset) {
    return context.attributes().get_int("training_mode", 0) != 0;
  }
  for (int i = 1; i < context.output_count(); ++i) {
    if (context.wants_output(i)) return true;
  }
  return false;
}

// What shares a mean and a variance: a channel or, in old opsets, an element of all images.
bool is_spatial(const NodeContext& context) {
  return context.attributes().get_int("spatial", 1) != 0;
}

Channels channels_of_batch_normalization(const NodeContext& context) {
  const Shape& shape = context.shape(0);
  if (is_spatial(context) || shape.rank() < 2) return Channels(shape);
  return Channels({shape[0], shape.elements(1, shape.rank())});
}

void infer_batch_normalization(InferContext& context) {
  const bool told = context.opset() >= kFirstTrainingModeOpset;
  const int outputs = !told ? 5 : is_training(context) ? 3 : 1;
  for (int i = outputs; i < context.output_count(); ++i) {
    if (!context.wants_output(i)) continue;
    fail(ErrorCode::MalformedModel, "BatchNormalization with training_mode ",
         is_training(context) ? 1 : 0, " has no output ", i);
  }
  require_elements(context, 1, channels_of_batch_normalization(context).channels);
  infer_like_input(context);
  for (int i = 1; i < 5; ++i) context.set_output(i, context.dtype(3), context.shape(3));
}

// In training, of all images and pixels.
Window window_batch_normalization(const WindowContext& context) {
  const bool apart = is_training(context) && (context.axis() != 1 || !is_spatial(context));
  return apart ? Window{} : window_of_data(context);
}

void layout_batch_normalization(LayoutContext& context) {
  if (is_spatial(context) && !is_training(context)) follow_input_layout(context);
}

// scale and shift so that x * scale + shift is (x - mean) / sqrt(variance + epsilon) * gamma +
// beta.
template <class T>
void fold_statistics(const RunContext& run, float epsilon, int64_t channels, T* scale, T* shift) {
  const T *gamma = run.in<T>(1), *beta = run.in<T>(2);
  const T *mean = run.in<T>(3), *variance = run.in<T>(4);
  for (int64_t c = 0; c < channels; ++c) {
    scale[c] = gamma[c] / std::sqrt(variance[c] + epsilon);
    shift[c] = beta[c] - mean[c] * scale[c];
  }
}

// The mean and the variance of each channel, which become outputs where they are wanted: the
// running ones, then these themselves.
template <class T>
class BatchStatistics {
 public:
  explicit BatchStatistics(const PlanContext& context)
      : size_(channels_of_batch_normalization(context)),
        epsilon_(epsilon_of(context)),
        momentum_(context.attributes().get_float("momentum", 0.9f)) {}

  void normalize(const RunContext& run) const {
    run.pool().parallel_for(size_.channels, 1, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) {
        const double mean = average(run, c, 0, false), variance = average(run, c, mean, true);
        const double factor = run.in<T>(1)[c] / std::sqrt(variance + epsilon_);
        write(run, c, mean, factor);
        give(run, c, 0, mean);
        give(run, c, 1, variance);
      }
    });
  }

 private:
  // Of a channel's distances from `center`, or of their squares.
  double average(const RunContext& run, int64_t c, double center, bool squared) const {
    double sum = 0;
    for (int64_t n = 0; n < size_.n; ++n) {
      const T* in = run.in<T>(0) + (n * size_.channels + c) * size_.spatial;
      for (int64_t i = 0; i < size_.spatial; ++i) {
        const double distance = in[i] - center;
        sum += squared ? distance * distance : distance;
      }
    }
    return sum / static_cast<double>(size_.n * size_.spatial);
  }
  // Not by a scale and a shift, whose digits the factor of a small variance takes away.
  void write(const RunContext& run, int64_t c, double mean, double factor) const {
    const double beta = run.in<T>(2)[c];
    for (int64_t n = 0; n < size_.n; ++n) {
      const int64_t at = (n * size_.channels + c) * size_.spatial;
      const T* in = run.in<T>(0) + at;
      T* out = run.out<T>(0) + at;
      for (int64_t i = 0; i < size_.spatial; ++i) {
        out[i] = static_cast<T>((in[i] - mean) * factor + beta);
      }
    }
  }
  void give(const RunContext& run, int64_t c, int which, double value) const {
    const double before = run.in<T>(3 + which)[c];
    T *running = run.out<T>(1 + which), *saved = run.out<T>(3 + which);
    if (running) running[c] = static_cast<T>(before * momentum_ + value * (1 - momentum_));
    if (saved) saved[c] = static_cast<T>(value);
  }

  Channels size_;
  double epsilon_;
  double momentum_;
};

template <class T>
Kernel plan_batch_normalization(PlanContext& context) {
  if (is_training(context)) {
    return
        [statistics = BatchStatistics<T>(context)](RunContext& run) { statistics.normalize(run); };
  }
  const Channels size = channels_of_batch_normalization(context);
  const bool channels_last = context.layout(0) == Layout::ChannelsLast;
  const int64_t lanes = padded_channels(size.channels);
  const float epsilon = epsilon_of(context);
  context.reserve_scratch(2 * static_cast<uint64_t>(lanes) * sizeof(T));
  return [=](RunContext& run) {
    auto* scale = reinterpret_cast<T*>(run.scratch());
    T* shift = scale + lanes;
    std::fill(scale, shift + lanes, T{0});
    fold_statistics(run, epsilon, size.channels, scale, shift);
    const T* in = run.in<T>(0);
    T* out = run.out<T>(0);
    if constexpr (std::is_same_v<T, float>) {
      if (channels_last) {
        return kernels::scale_channels_last(in, scale, shift, out, size.n * size.spatial, lanes,
                                            run.pool());
      }
    }
    kernels::scale_channels(in, scale, shift, out, size.n, size.channels, size.spatial, run.pool());
  };
}

void infer_instance_normalization(InferContext& context) {
  require_elements(context, 1, Channels(context.shape(0)).channels);
  infer_like_input(context);
}

Window window_instance_normalization(const WindowContext& context) {
  return context.axis() < 2 ? window_of_data(context) : Window{};
}

template <class T>
Kernel plan_instance_normalization(PlanContext& context) {
  const Channels size(context.shape(0));
  const float epsilon = epsilon_of(context);
  return [=](RunContext& run) {
    kernels::group_norm(run.in<T>(0), run.in<T>(1), run.in<T>(2), epsilon, run.out<T>(0), size.n,
                        size.channels, size.spatial, size.channels, run.pool());
  };
}

int64_t groups_of(const NodeContext& context) {
  const int64_t groups = context.attributes().get_int("num_groups", 0);
  const int64_t channels = Channels(context.shape(0)).channels;
  if (groups < 1 || channels % groups != 0) {
    fail(ErrorCode::MalformedModel, "GroupNormalization cannot make ", groups, " groups of ",
         channels, " channels");
  }
  return groups;
}

// Opset 18 gave every group one scale and bias, 21 every channel its own.
int64_t scales_of_group_normalization(const NodeContext& context) {
  return context.opset() < 21 ? groups_of(context) : Channels(context.shape(0)).channels;
}

void infer_group_normalization(InferContext& context) {
  groups_of(context);  // which every opset has to fit
  require_elements(context, 1, scales_of_group_normalization(context));
  infer_like_input(context);
}

Window window_group_normalization(const WindowContext& context) {
  return context.axis() == 0 ? window_of_data(context) : Window{};
}

template <class T>
Kernel plan_group_normalization(PlanContext& context) {
  const Channels size(context.shape(0));
  const int64_t groups = groups_of(context);
  const int64_t channels_per_scale = size.channels / scales_of_group_normalization(context);
  const float epsilon = epsilon_of(context);
  context.reserve_scratch(2 * static_cast<uint64_t>(size.channels) * sizeof(T));
  return [=](RunContext& run) {
    auto* scale = reinterpret_cast<T*>(run.scratch());
    T* bias = scale + size.channels;
    for (int64_t c = 0; c < size.channels; ++c) {
      scale[c] = run.in<T>(1)[c / channels_per_scale];
      bias[c] = run.in<T>(2)[c / channels_per_scale];
    }
    kernels::group_norm(run.in<T>(0), scale, bias, epsilon, run.out<T>(0), size.n, size.channels,
                        size.spatial, groups, run.pool());
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

Window window_layer_normalization(const WindowContext& context) {
  const int axis = axis_of(context, context.shape(0).rank(), -1);
  return context.axis() < axis ? window_of_data(context) : Window{};
}

template <class Op, class T>
constexpr kernels::BinaryRow row_of = kernels::binary_row<Op, T, T, T>;
template <class Op>
constexpr kernels::BinaryRow row_of<Op, float> = kernels::binary_row_f32<Op>;

// With a scale or bias that is spread otherwise than along the rows: rows are normalised by
// themselves, then multiplied and added to.
template <class T>
Kernel plan_spread_layer_normalization(PlanContext& context, int64_t rows, int64_t count) {
  const Operand out = output_operand(context);
  const BroadcastStep multiply(out, input_operand(context, 1), out, row_of<kernels::Mul, T>, true);
  std::optional<BroadcastStep> add;
  if (context.has_input(2)) {
    add.emplace(out, input_operand(context, 2), out, row_of<kernels::Add, T>, true);
  }
  const float epsilon = epsilon_of(context);
  context.reserve_scratch(static_cast<uint64_t>(count) * sizeof(T));
  return [=](RunContext& run) {
    auto* ones = reinterpret_cast<T*>(run.scratch());
    std::fill_n(ones, count, T{1});
    const kernels::LayerNorm<T> norm = {ones, nullptr, epsilon, run.out<float>(1),
                                        run.out<float>(2)};
    kernels::layer_norm(norm, run.in<T>(0), run.out<T>(0), rows, count, run.pool());
    std::byte* to = run.out<std::byte>(0);
    multiply.run(to, run.in<std::byte>(1), to, run.pool());
    if (add) add->run(to, run.in<std::byte>(2), to, run.pool());
  };
}

template <class T>
Kernel plan_layer_normalization(PlanContext& context) {
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
    return plan_spread_layer_normalization<T>(context, rows, count);
  }
  const float epsilon = epsilon_of(context);
  return [=](RunContext& run) {
    const kernels::LayerNorm<T> norm = {run.in<T>(1), run.in<T>(2), epsilon, run.out<float>(1),
                                        run.out<float>(2)};
    kernels::layer_norm(norm, run.in<T>(0), run.out<T>(0), rows, count, run.pool());
  };
}

template <PlanRule kFloats, PlanRule kDoubles>
Kernel plan_either(PlanContext& context) {
  return (context.dtype(0) == DType::Double ? kDoubles : kFloats)(context);
}

// All inputs are of the same type.
constexpr OpDef normalization(std::string_view op_type, int since, Arity inputs, Arity outputs,
                              InferRule infer, Window (*window)(const WindowContext&),
                              PlanRule plan) {
  return {.op_type = op_type,
          .since = since,
          .meaning = {.inputs = inputs,
                      .outputs = outputs,
                      .types = {type_of_all_inputs(kFloat32And64)},
                      .infer = infer,
                      .element_type = first_like_input<DType::Float>,
                      .window = window},
          .cpu = {.plan = plan}};
}

constexpr OpDef batch_normalization() {
  OpDef def =
      normalization("BatchNormalization", 1, {5, 5}, {1, 5}, infer_batch_normalization,
                    window_batch_normalization,
                    plan_either<plan_batch_normalization<float>, plan_batch_normalization<double>>);
  def.meaning.element_type = like_input<0, 3>;
  def.cpu.layout = layout_batch_normalization;
  return def;
}

constexpr OpDef kOps[] = {
    batch_normalization(),
    normalization(
        "InstanceNormalization", 1, {3, 3}, {1, 1}, infer_instance_normalization,
        window_instance_normalization,
        plan_either<plan_instance_normalization<float>, plan_instance_normalization<double>>),
    normalization("GroupNormalization", 18, {3, 3}, {1, 1}, infer_group_normalization,
                  window_group_normalization,
                  plan_either<plan_group_normalization<float>, plan_group_normalization<double>>),
    normalization("LayerNormalization", 17, {2, 3}, {1, 3}, infer_layer_normalization,
                  window_layer_normalization,
                  plan_either<plan_layer_normalization<float>, plan_layer_normalization<double>>),
};

}  // namespace

extern constinit const OpFamily normalization_ops = kOps;

}  // namespace fovea

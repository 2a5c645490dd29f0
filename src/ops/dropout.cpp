// Dropout: by itself a copy; where a model asks for training, random elements become zero.

#include <algorithm>
#include <cstring>

#include "base/integers.h"
#include "ops/core/random.h"
#include "ops/core/wider.h"

namespace fovea {
namespace {

constexpr int kFirstBoolMaskOpset = 10;
constexpr int kFirstTrainingOpset = 12;  // of those that say so by an input
constexpr int kRatio = 1, kTraining = 2;

constexpr DTypeSet kDropoutTypes = kFloats | DTypeSet{DType::Float8E4M3FN, DType::Float8E4M3FNUZ,
                                                      DType::Float8E5M2, DType::Float8E5M2FNUZ};

// The input that has to be one element, as a number.
double number_of(const NodeContext& context, int input, double fallback) {
  const Tensor* tensor = context.content(input);
  if (!tensor) return fallback;
  if (tensor->elements() != 1) {
    fail(ErrorCode::MalformedModel, "input ", input, " of Dropout is one element, not of shape ",
         tensor->shape());
  }
  if (tensor->dtype() == DType::Bool) return tensor->as<bool>()[0] ? 1 : 0;
  if (tensor->dtype() == DType::Double) return tensor->as<double>()[0];
  return ElementConversion(tensor->dtype(), DType::Double).of(*tensor).as<double>()[0];
}

// How many of the elements are dropped.
double dropped_share(const NodeContext& context) {
  const bool may_train = context.opset() >= kFirstTrainingOpset;
  if (!may_train || number_of(context, kTraining, 0) == 0) return 0;
  const double ratio = number_of(context, kRatio, 0.5);
  if (ratio >= 0 && ratio < 1) return ratio;
  fail(ErrorCode::InvalidInput, "Dropout's ratio is ", ratio, ", not in [0, 1)");
}

DType type_of_dropout(const Node& node, std::span<const DType> inputs, int output) {
  const bool alike = output == 0 || node.opset < kFirstBoolMaskOpset;
  return alike ? inputs[0] : DType::Bool;
}

void infer_dropout(InferContext& context) {
  dropped_share(context);
  infer_like_input(context);
  const DType mask = context.opset() < kFirstBoolMaskOpset ? context.dtype(0) : DType::Bool;
  context.set_output(1, mask, context.shape(0));
}

// The mask says "kept" everywhere.
template <class T>
void fill_mask(RunContext& run, int64_t count) {
  T one;
  if constexpr (std::is_same_v<T, Half>) {
    one = to_half(1.0f);
  } else {
    one = T{1};
  }
  std::fill_n(run.out<T>(1), count, one);
}

Kernel plan_copy(PlanContext& context) {
  const size_t bytes =
      checked_size(bytes_of(context.dtype(0), context.shape(0), context.layout(0)));
  const int64_t count = context.wants_output(1) ? context.shape(0).elements() : 0;
  void (*mask)(RunContext&, int64_t) = nullptr;
  if (count > 0) {
    mask = dispatch<bool, float, double, Half>(
        context.output_dtype(1), [](auto tag) { return &fill_mask<typename decltype(tag)::type>; });
  }
  return [=](RunContext& run) {
    if (bytes > 0) std::memmove(run.out<std::byte>(0), run.in<std::byte>(0), bytes);
    if (mask) mask(run, count);
  };
}

// What is kept is scaled, so that sums are expected to stay as they are.
Kernel plan_drop(PlanContext& context) {
  const double share = dropped_share(context);
  std::optional<int64_t> seed;
  if (context.attributes().has("seed")) seed = context.attributes().get_int("seed", 0);
  return dispatch<float, double>(context.dtype(0), [&](auto tag) -> Kernel {
    using T = typename decltype(tag)::type;
    return [=, count = context.shape(0).elements()](RunContext& run) {
      Random random(seed);
      const T scale = static_cast<T>(1 / (1 - share));
      const T* in = run.in<T>(0);
      T* out = run.out<T>(0);
      bool* mask = run.out<bool>(1);
      for (int64_t i = 0; i < count; ++i) {
        const bool kept = random.uniform() >= share;
        out[i] = kept ? in[i] * scale : T{0};
        if (mask) mask[i] = kept;
      }
    };
  });
}

Kernel plan_dropout(PlanContext& context) {
  if (dropped_share(context) == 0) return plan_copy(context);
  return plan_through<plan_drop, kFloat32And64>(context);
}

constexpr OpDef kOps[] = {
    {.op_type = "Dropout",
     .meaning = {.inputs = {1, 3},
                 .outputs = {1, 2},
                 .types = {type_of_input(0, kDropoutTypes), type_of_input(kRatio, kDropoutTypes),
                           type_of_input(kTraining, kBool)},
                 .infer = infer_dropout,
                 .element_type = type_of_dropout,
                 .content_inputs = {kRatio, kTraining},
                 .window = window_of_data,
                 .deterministic = false},
     .cpu = {.plan = plan_dropout, .reuse = Reuse::InPlace}},
};

}  // namespace

extern constinit const OpFamily dropout_ops = kOps;

}  // namespace fovea

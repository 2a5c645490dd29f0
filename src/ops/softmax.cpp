// Softmax, LogSoftmax, Hardmax.

#include "kernels/reduction/softmax.h"

#include "ops/core/axes.h"
#include "ops/op.h"

namespace fovea {
namespace {

constexpr int kOneAxisOpset = 13;  // before, the tensor was flattened to two axes

// The tensor as [outer][count][inner], where `count` elements are normalised together.
struct Normalized {
  explicit Normalized(const NodeContext& context) {
    const Shape& shape = context.shape(0);
    const bool one_axis = context.opset() >= kOneAxisOpset;
    axis = axis_of(context, shape.rank(), one_axis ? -1 : 1);
    end = one_axis ? axis + 1 : shape.rank();
    outer = shape.elements(0, axis);
    count = shape.elements(axis, end);
    inner = shape.elements(end, shape.rank());
  }
  int axis, end;  // that are normalised
  int64_t outer, count, inner;
};

Window window_softmax(const WindowContext& context) {
  const Normalized size(context);
  const bool inside = context.axis() >= size.axis && context.axis() < size.end;
  return inside ? Window{} : same_place(context.axis());
}

// Channels of channels-last images are contiguous lines.
bool is_over_channels(const NodeContext& context) {
  const Normalized size(context);
  return size.axis == 1 && size.end == 2;
}

void layout_softmax(LayoutContext& context) {
  if (is_over_channels(context)) follow_input_layout(context);
}

template <kernels::Softmax kKind>
Kernel plan_softmax(PlanContext& context) {
  const Normalized size(context);
  kernels::SoftmaxShape shape = {size.outer, size.count, size.inner};
  if (context.dtype(0) == DType::Double) {
    return [shape](RunContext& run) {
      kernels::softmax(kKind, shape, run.in<double>(0), run.out<double>(0), run.pool());
    };
  }
  if (context.layout(0) == Layout::ChannelsLast) {
    shape = {size.outer * size.inner, size.count, 1, padded_channels(size.count) - size.count};
  }
  const int64_t scratch = kernels::softmax_scratch_floats(shape, context.threads());
  context.reserve_scratch(static_cast<uint64_t>(scratch) * sizeof(float));
  return [shape](RunContext& run) {
    auto* scratch = reinterpret_cast<float*>(run.scratch());
    kernels::softmax(kKind, shape, run.in<float>(0), run.out<float>(0), scratch, run.pool());
  };
}

constexpr OpDef softmax(std::string_view op_type, PlanRule plan) {
  return {.op_type = op_type,
          .meaning = {.types = {type_of_input(0, kFloat32And64)},
                      .infer = infer_like_input,
                      .window = window_softmax},
          .cpu = {.plan = plan,
                  .reuse = Reuse::InPlace,
                  .layout = layout_softmax,
                  .bands = bands_by_window}};
}

constexpr OpDef kOps[] = {
    softmax("Softmax", plan_softmax<kernels::Softmax::Plain>),
    softmax("LogSoftmax", plan_softmax<kernels::Softmax::Log>),
    softmax("Hardmax", plan_softmax<kernels::Softmax::Hard>),
};

}  // namespace

extern constinit const OpFamily softmax_ops = kOps;

}  // namespace fovea

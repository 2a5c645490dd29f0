// Reductions: ReduceSum, ReduceMean, ReduceMax, ReduceMin, ReduceProd, ReduceL1, ReduceL2,
// ReduceSumSquare, ReduceLogSum, ReduceLogSumExp.

#include "kernels/reduction/reduce.h"

#include <algorithm>
#include <numeric>

#include "ops/core/axes.h"
#include "ops/core/memory.h"

namespace fovea {
namespace {

using kernels::Finish;
using kernels::Fold;

// The axes to reduce: without any written, all, or none where `noop_with_empty_axes` says so.
std::vector<int> reduced_axes(const NodeContext& context) {
  const int rank = context.shape(0).rank();
  const std::vector<int64_t> written = written_axes(context, 1).value_or(std::vector<int64_t>());
  if (!written.empty()) return normalize_axes(written, rank);
  if (context.attributes().get_int("noop_with_empty_axes", 0) != 0) return {};
  std::vector<int> all(static_cast<size_t>(rank));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

bool keeps_dims(const NodeContext& context) {
  return context.attributes().get_int("keepdims", 1) != 0;
}

void infer_reduce(InferContext& context) {
  const Shape& in = context.shape(0);
  const std::vector<int> axes = reduced_axes(context);
  Shape out;
  for (int axis = 0; axis < in.rank(); ++axis) {
    const bool reduced = std::ranges::binary_search(axes, axis);
    if (!reduced) {
      out.push_back(in[axis]);
    } else if (keeps_dims(context)) {
      out.push_back(1);
    }
  }
  context.set_output(0, context.dtype(0), std::move(out));
}

Window window_reduce(const WindowContext& context) {
  return window_beside(reduced_axes(context), keeps_dims(context), context.axis());
}

// Over pixels or channels a channels-last value is as good as a plain one; means over pixels, rows
// or columns that keep their dimensions stay channels-last for what follows.
void reduce_layout(LayoutContext& context) {
  if (context.layout(0) != Layout::ChannelsLast) return;
  const std::vector<int> axes = reduced_axes(context);
  const bool over_pixels = axes == std::vector{2, 3};
  const bool along_pixels = !axes.empty() && axes[0] > 1;
  if (along_pixels && keeps_dims(context)) {
    context.accept(0, Layout::ChannelsLast);
    context.produce(0, Layout::ChannelsLast);
  } else if (over_pixels || axes == std::vector{1} || axes == std::vector{1, 2, 3}) {
    context.accept(0, Layout::ChannelsLast);
  }
}

kernels::Reduction reduction_of(const PlanContext& context) {
  const Shape& in = context.shape(0);
  const std::vector<int> axes = reduced_axes(context);
  const std::vector<int64_t> strides = memory_strides(in, context.layout(0));
  const bool padded = context.output_layout(0) == Layout::ChannelsLast;
  kernels::Reduction reduction;
  for (const int axis : memory_order(in.rank(), context.output_layout(0))) {
    if (std::ranges::binary_search(axes, axis)) continue;
    const int64_t size = padded && axis == 1 ? padded_channels(in[1]) : in[axis];
    reduction.kept.add_axis(size, {strides[static_cast<size_t>(axis)]});
  }
  for (const int axis : memory_order(in.rank(), context.layout(0))) {
    if (!std::ranges::binary_search(axes, axis)) continue;
    reduction.reduced.add_axis(in[axis], {strides[static_cast<size_t>(axis)]});
  }
  return reduction;
}

template <Fold fold, Finish finish = Finish::None>
Kernel plan_reduce(PlanContext& context) {
  const kernels::Folder* folder = kernels::folder_of(context.dtype(0), fold);
  const Operand out = output_operand(context);
  return [reduction = reduction_of(context), folder, out](RunContext& run) {
    std::byte* to = run.out<std::byte>(0);
    kernels::reduce(reduction, *folder, finish, run.in<std::byte>(0), to, run.pool());
    clear_padding(out, to, run.pool());
  };
}

Kernel plan_log_sum_exp(PlanContext& context) {
  const DType dtype = context.dtype(0);
  if (!kernels::folder_of(dtype, Fold::Sum)) throw_unsupported(dtype);
  return
      [reduction = reduction_of(context), out = output_operand(context), dtype](RunContext& run) {
        std::byte* to = run.out<std::byte>(0);
        kernels::log_sum_exp(reduction, dtype, run.in<std::byte>(0), to, run.pool());
        clear_padding(out, to, run.pool());
      };
}

constexpr OpDef reduction(std::string_view op_type, PlanRule plan, DTypeSet types = kWideNumbers) {
  return {.op_type = op_type,
          .meaning = {.inputs = {1, 2},
                      .types = {type_of_input(0, types), type_of_input(1, kIndices)},
                      .infer = infer_reduce,
                      .content_inputs = {1},
                      .window = window_reduce},
          .cpu = {.plan = plan, .layout = reduce_layout, .bands = bands_by_window}};
}

constexpr DTypeSet kCompared = kWideNumbers | DTypeSet{DType::Int8, DType::Uint8, DType::Bool};

constexpr OpDef kOps[] = {
    reduction("ReduceSum", plan_reduce<Fold::Sum>),
    reduction("ReduceMean", plan_reduce<Fold::Sum, Finish::Divide>),
    reduction("ReduceMax", plan_reduce<Fold::Max>, kCompared),
    reduction("ReduceMin", plan_reduce<Fold::Min>, kCompared),
    reduction("ReduceProd", plan_reduce<Fold::Product>),
    reduction("ReduceL1", plan_reduce<Fold::SumAbs>),
    reduction("ReduceL2", plan_reduce<Fold::SumSquare, Finish::SquareRoot>),
    reduction("ReduceSumSquare", plan_reduce<Fold::SumSquare>),
    reduction("ReduceLogSum", plan_reduce<Fold::Sum, Finish::Logarithm>),
    reduction("ReduceLogSumExp", plan_log_sum_exp),
};

}  // namespace

extern constinit const OpFamily reduce_ops = kOps;

}  // namespace fovea

// Element-wise functions of any number of operands: Sum, Mean, Min, Max.

#include <cstring>

#include "base/integers.h"
#include "ops/core/broadcast_step.h"
#include "ops/core/wider.h"

namespace fovea {
namespace {

using kernels::BinaryRow;

void infer_variadic(InferContext& context) {
  Shape shape = context.shape(0);
  for (int i = 1; i < context.input_count(); ++i) shape = broadcast(shape, context.shape(i));
  context.set_output(0, context.dtype(0), std::move(shape));
}

template <class Op>
BinaryRow float_row(DType dtype) {
  if (dtype == DType::Float) return kernels::binary_row_f32<Op>;
  return element_row<Op, double>(dtype);
}

Kernel plan_copy(PlanContext& context) {
  const Operand out = output_operand(context);
  const size_t bytes = checked_size(bytes_of(out.dtype, out.shape, out.layout));
  return [bytes](RunContext& run) {
    if (bytes > 0) std::memmove(run.out<std::byte>(0), run.in<std::byte>(0), bytes);
  };
}

// Partial results lie in scratch, because the output may be the memory of an input read later; the
// last step alone writes it.
Kernel plan_fold(PlanContext& context, BinaryRow row) {
  const int count = context.input_count();
  if (count == 1) return plan_copy(context);
  const Operand out = output_operand(context);
  std::vector<BroadcastStep> steps;
  for (int i = 1; i < count; ++i) {
    steps.emplace_back(i == 1 ? input_operand(context, 0) : out, input_operand(context, i), out,
                       row, true);
  }
  if (count > 2) context.reserve_scratch(bytes_of(out.dtype, out.shape, out.layout));
  return [steps = std::move(steps)](RunContext& run) {
    const std::byte* partial = run.in<std::byte>(0);
    for (size_t i = 0; i < steps.size(); ++i) {
      std::byte* to = i + 1 == steps.size() ? run.out<std::byte>(0) : run.scratch();
      steps[i].run(partial, run.in<std::byte>(static_cast<int>(i) + 1), to, run.pool());
      partial = to;
    }
  };
}

Kernel plan_sum(PlanContext& context) {
  return plan_fold(context, float_row<kernels::Add>(context.dtype(0)));
}

template <class T>
Kernel divided_by(Kernel sum, const Operand& out, int count) {
  const BroadcastStep division(out, {out.dtype, {}}, out, float_row<kernels::Div>(out.dtype),
                               false);
  return [sum = std::move(sum), division, divisor = static_cast<T>(count)](RunContext& run) {
    sum(run);
    std::byte* data = run.out<std::byte>(0);
    division.run(data, reinterpret_cast<const std::byte*>(&divisor), data, run.pool());
  };
}

Kernel plan_mean(PlanContext& context) {
  const Operand out = output_operand(context);
  return dispatch<float, double>(out.dtype, [&](auto tag) {
    return divided_by<typename decltype(tag)::type>(plan_sum(context), out, context.input_count());
  });
}

template <class Op>
Kernel plan_extreme(PlanContext& context) {
  const DType dtype = context.dtype(0);
  return plan_fold(context, dtype == DType::Float ? kernels::binary_row_f32<Op>
                                                  : integer_row<Op, double>(dtype));
}

constexpr OpDef variadic(std::string_view op_type, DTypeSet types, PlanRule plan) {
  return {.op_type = op_type,
          .meaning = {.inputs = {1, kUnbounded},
                      .types = {type_of_all_inputs(types)},
                      .infer = infer_variadic,
                      .window = window_by_element},
          .cpu = {.plan = plan,
                  .reuse = Reuse::InPlace,
                  .layout = broadcast_layout,
                  .bands = bands_by_window}};
}

constexpr OpDef kOps[] = {
    variadic("Sum", kFloats, plan_through<plan_sum, kFloat32And64>),
    variadic("Mean", kFloats, plan_through<plan_mean, kFloat32And64>),
    variadic("Min", kNumbers, plan_through<plan_extreme<kernels::Min>, kArithmeticTypes>),
    variadic("Max", kNumbers, plan_through<plan_extreme<kernels::Max>, kArithmeticTypes>),
};

}  // namespace

extern constinit const OpFamily variadic_ops = kOps;

}  // namespace fovea

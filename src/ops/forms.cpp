// The planner's own operators: a value from one form to another.

#include "ops/core/forms.h"

#include "kernels/movement/layout.h"

namespace fovea {
namespace {

// Calls convert(Type*) of floats or of bytes.
template <class Convert>
Kernel plan_for(PlanContext& context, Convert convert) {
  const bool bytes = context.dtype(0) != DType::Float;
  return [convert, bytes, shape = context.shape(0)](RunContext& run) {
    bytes ? convert(run, shape, run.in<uint8_t>(0), run.out<uint8_t>(0))
          : convert(run, shape, run.in<float>(0), run.out<float>(0));
  };
}

Kernel plan_to_channels_last(PlanContext& context) {
  context.describe("NCHW to NHWC");
  return plan_for(context, [](RunContext& run, const Shape& shape, auto* from, auto* to) {
    kernels::to_channels_last(from, to, shape[0], shape[1], shape[2], shape[3], run.pool());
  });
}

Kernel plan_to_plain(PlanContext& context) {
  context.describe("NHWC to NCHW");
  return plan_for(context, [](RunContext& run, const Shape& shape, auto* from, auto* to) {
    kernels::to_plain(from, to, shape[0], shape[1], shape[2], shape[3], run.pool());
  });
}

constexpr OpDef conversion(std::string_view op_type, PlanRule plan) {
  return {.op_type = op_type,
          .domain = kInternalDomain,
          .until = kUnbounded,
          .meaning = {.infer = infer_like_input, .window = window_by_element},
          .cpu = {.plan = plan, .bands = bands_by_window}};
}

constexpr OpDef kOps[] = {
    conversion("ToChannelsLast", plan_to_channels_last),
    conversion("ToPlain", plan_to_plain),
};

}  // namespace

extern constinit const OpFamily forms_ops = kOps;

std::string_view conversion_between(Form from, Form to) {
  if (from.layout == Layout::Plain && to.layout == Layout::ChannelsLast) return "ToChannelsLast";
  if (from.layout == Layout::ChannelsLast && to.layout == Layout::Plain) return "ToPlain";
  fail(ErrorCode::Internal, "no operator converts a value from one of its forms to another");
}

}  // namespace fovea

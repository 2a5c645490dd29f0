// The planner's own operators: a value from one memory layout to the other.

#include "kernels/layout.h"

#include "ops/op.h"

namespace fovea {
namespace {

Kernel plan_to_channels_last(PlanContext& context) {
  context.describe("NCHW to NHWC");
  const Shape shape = context.shape(0);
  return [shape](RunContext& run) {
    kernels::to_channels_last(run.in<float>(0), run.out<float>(0), shape[0], shape[1], shape[2],
                              shape[3], run.pool());
  };
}

Kernel plan_to_plain(PlanContext& context) {
  context.describe("NHWC to NCHW");
  const Shape shape = context.shape(0);
  return [shape](RunContext& run) {
    kernels::to_plain(run.in<float>(0), run.out<float>(0), shape[0], shape[1], shape[2], shape[3],
                      run.pool());
  };
}

constexpr OpDef conversion(std::string_view op_type, PlanRule plan) {
  return {.op_type = op_type,
          .domain = kInternalDomain,
          .until = kUnbounded,
          .infer = infer_like_input,
          .plan = plan,
          .bands = bands_by_element};
}

constexpr OpDef kOps[] = {
    conversion("ToChannelsLast", plan_to_channels_last),
    conversion("ToPlain", plan_to_plain),
};

}  // namespace

extern constinit const OpFamily layout_ops = kOps;

}  // namespace fovea

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

constexpr OpDef kOps[] = {
    {.op_type = "ToChannelsLast",
     .domain = kInternalDomain,
     .until = kUnbounded,
     .infer = infer_like_input,
     .plan = plan_to_channels_last,
     .bands = bands_by_element},
    {.op_type = "ToPlain",
     .domain = kInternalDomain,
     .until = kUnbounded,
     .infer = infer_like_input,
     .plan = plan_to_plain,
     .bands = bands_by_element},
};

}  // namespace

extern constinit const OpFamily layout_ops = kOps;

}  // namespace fovea

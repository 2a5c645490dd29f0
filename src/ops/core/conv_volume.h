#pragma once

#include "ops/core/conv_step.h"

namespace fovea {

// A convolution of floats along three axes, as sums of two-dimensional ones over slices of the
// first.
Kernel plan_volume_convolution(PlanContext& context, const ConvSizes& sizes, int64_t macs);

}  // namespace fovea

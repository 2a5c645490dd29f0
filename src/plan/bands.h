#pragma once

#include <vector>

#include "plan/planner.h"

namespace fovea {

// Turns stretches of steps whose intermediate images are large into single steps that go through
// the image a band of rows at a time, all operators on one band before the next: what one writes,
// the next reads from the cache, and no intermediate image is ever whole in memory. `kept` tells by
// ValueId what is read after the segment's last step.
void form_bands(const PlanEnvironment& environment, Segment& segment,
                const std::vector<bool>& kept);

}  // namespace fovea

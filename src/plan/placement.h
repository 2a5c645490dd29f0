#pragma once

#include <vector>

#include "plan/segment.h"

namespace fovea {

// Gives every slot from `first` on that needs memory, and every step's scratch, a place in the
// segment's arena: by lifetime, and in place of an input where the operator allows it. `kept` tells
// by ValueId what is read after the segment's last step.
void place(Segment& segment, SlotId first, const std::vector<bool>& kept);

}  // namespace fovea

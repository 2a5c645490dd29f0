#pragma once

#include "ops/op.h"

// Operators that only move elements (CpuRule::moves) have kernels for elements of 1, 2, 4, 8 and 16
// bytes. Objects are moved by their numbers in a kernel's stead, and elements of less than a byte
// in bytes of their own.
namespace fovea {

// Whether the node moves elements of a type that no kernel moves.
bool moves_by_number(const PlanContext& context);

// The kernel that `plan` makes for the node with numbers in the place of those elements.
Kernel plan_by_number(PlanContext& context, PlanRule plan);

}  // namespace fovea

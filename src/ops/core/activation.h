#pragma once

#include <functional>
#include <optional>

#include "graph/graph.h"
#include "kernels/elementwise/activation.h"

// What nodes say of the activations in kernels/elementwise/activation.h.
namespace fovea {

// A value's elements where they are known, else null.
using ConstantOf = std::function<const Tensor*(ValueId)>;

// The activation that a node of ONNX's is, with its parameters. nullopt where it is none, where the
// parameters are inputs that only a run knows, or where they are no floats. PRelu's slopes stay an
// input.
std::optional<kernels::ActivationSpec> activation_of(const Node& node, const ConstantOf& constant);

// Whether fused kernels may scale what is negative by its slopes, `slopes` for PRelu: they multiply
// the others' zeros by them, too, which finite ones leave 0. False for PRelu where they are null.
bool has_finite_slopes(const kernels::ActivationSpec& activation, const Tensor* slopes);

}  // namespace fovea

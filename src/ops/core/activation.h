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

// A fused node keeps its activation in its attributes.
void set_activation(Attributes& attributes, const kernels::ActivationSpec& activation);
bool has_activation(const Attributes& attributes);
// Of kind None where it has none. Throws Error(UnsupportedAttribute) for one that is not known.
kernels::ActivationSpec fused_activation(const Attributes& attributes);

// The node of ONNX's that is the activation; its output is value 0.
Node activation_node(const kernels::ActivationSpec& activation);

}  // namespace fovea

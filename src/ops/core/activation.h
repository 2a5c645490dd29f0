#pragma once

#include <optional>
#include <string_view>

#include "graph/graph.h"
#include "kernels/epilogue.h"

namespace fovea {

// The activation that does what ONNX's operator of that name does; nullopt where there is none.
std::optional<kernels::Activation> activation_named(std::string_view op_type);

// The same for a node of that name: nullopt for an approximation too.
std::optional<kernels::Activation> activation_of(const Node& node);

}  // namespace fovea

#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "onnx/model.h"

namespace fovea::onnx {

// TensorProto.DataType of values by their names; those of which it is not known are not in it.
using ElementTypes = std::map<std::string_view, int32_t>;

// Of everything in a graph, its subgraphs included: as declared, else as ONNX's operators say. Nodes
// are expected in the order that ONNX asks for.
ElementTypes element_types(const Graph& graph);

// Whether it is one of ONNX's own, or one of onnxruntime's that are named after those.
bool has_known_domain(const Node& node);

// The attribute of that name, or null.
const Attribute* find_attribute(const Node& node, std::string_view name);

}  // namespace fovea::onnx

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "onnx/model.h"

// What is asked of a decoded model again and again.
namespace fovea::onnx {

// Whether it is ONNX's own, by either of its names.
bool is_default_domain(std::string_view domain);

// The attribute of that name, or null.
const Attribute* find_attribute(const Node& node, std::string_view name);

// The value of an attribute, or `otherwise` where there is none.
int64_t int_of(const Node& node, std::string_view name, int64_t otherwise);
std::string_view string_of(const Node& node, std::string_view name, std::string_view otherwise);
std::vector<int64_t> ints_of(const Node& node, std::string_view name,
                             std::vector<int64_t> otherwise);

}  // namespace fovea::onnx

#include "onnx/reading.h"

#include <algorithm>

namespace fovea::onnx {

bool is_default_domain(std::string_view domain) { return domain.empty() || domain == "ai.onnx"; }

const Attribute* find_attribute(const Node& node, std::string_view name) {
  const auto found = std::ranges::find(node.attributes, name, &Attribute::name);
  return found == node.attributes.end() ? nullptr : &*found;
}

int64_t int_of(const Node& node, std::string_view name, int64_t otherwise) {
  const Attribute* attribute = find_attribute(node, name);
  return attribute ? attribute->i : otherwise;
}

std::string_view string_of(const Node& node, std::string_view name, std::string_view otherwise) {
  const Attribute* attribute = find_attribute(node, name);
  return attribute ? attribute->s : otherwise;
}

std::vector<int64_t> ints_of(const Node& node, std::string_view name,
                             std::vector<int64_t> otherwise) {
  const Attribute* attribute = find_attribute(node, name);
  return attribute ? attribute->ints : otherwise;
}

}  // namespace fovea::onnx

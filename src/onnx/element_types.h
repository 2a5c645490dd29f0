#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string_view>

#include "onnx/model.h"

namespace fovea::onnx {

// The TensorProto.DataType of values by their names: of a tensor's elements, of those of the
// tensors in a sequence, or of what is optional.
class ElementTypes {
 public:
  // Of everything in a graph, its subgraphs included: as declared, else as ONNX's operators say.
  // Nodes are expected in the order that ONNX asks for.
  explicit ElementTypes(const Graph& graph);

  // 0 where it is not known.
  int32_t of(std::string_view name) const;
  // Whether a value is known to be no tensor.
  bool is_other(std::string_view name) const { return others_.contains(name); }

 private:
  class Propagation;

  std::map<std::string_view, int32_t> types_;
  std::set<std::string_view> others_;
};

}  // namespace fovea::onnx

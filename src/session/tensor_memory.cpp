#include "session/tensor_memory.h"

#include <algorithm>

namespace fovea {

void TensorMemory::add(const Tensor& tensor) {
  if (is_object(tensor.dtype())) {
    if (kind_of(tensor.dtype()) == DTypeKind::String) return;
    for (const Tensor& item : tensor.items()) add(item);
    return;
  }
  if (!tensor.data_if_here()) return;
  uint64_t& known = known_[tensor.identity()];
  const uint64_t bytes = std::max<uint64_t>(known, tensor.bytes());
  bytes_ += bytes - known;
  known = bytes;
}

void TensorMemory::add(const Graph& graph) {
  for (const Value& value : graph.values) {
    if (value.constant) add(*value.constant);
  }
  for (const Node& node : graph.nodes) {
    for_each_subgraph(node, [&](const Graph& subgraph) { add(subgraph); });
  }
}

void put_away(const Graph& graph, const Depot& depot) {
  for (const Value& value : graph.values) {
    if (value.constant) value.constant->put_away(depot);
  }
}

}  // namespace fovea

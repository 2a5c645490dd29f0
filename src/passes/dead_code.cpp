#include <algorithm>

#include "passes/pass.h"

namespace fovea {

// Drops nodes none of whose outputs is read, and the memory of constants nobody reads any more.
void remove_dead_code(Graph& graph, const PassContext&) {
  std::vector<bool> live(graph.values.size(), false);
  for (const ValueId id : graph.outputs) live[static_cast<size_t>(id)] = true;
  const auto is_live = [&](ValueId id) { return id != kNoValue && live[static_cast<size_t>(id)]; };

  std::vector<bool> dead(graph.nodes.size(), true);
  for (size_t index = graph.nodes.size(); index-- > 0;) {
    const Node& node = graph.nodes[index];
    if (std::ranges::none_of(node.outputs, is_live)) continue;
    dead[index] = false;
    for (const ValueId id : reads_of(node)) live[static_cast<size_t>(id)] = true;
  }

  remove_nodes(graph, dead);
  for (size_t id = 0; id < graph.values.size(); ++id) {
    if (!live[id]) graph.values[id].constant.reset();
  }
}

}  // namespace fovea

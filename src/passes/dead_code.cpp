#include <algorithm>
#include <ranges>

#include "passes/pass.h"

namespace fovea {

// Drops nodes none of whose outputs is read, and the memory of constants nobody reads any more.
void remove_dead_code(Graph& graph) {
  std::vector<bool> live(graph.values.size(), false);
  for (const ValueId id : graph.outputs) live[static_cast<size_t>(id)] = true;
  const auto is_live = [&](ValueId id) { return id != kNoValue && live[static_cast<size_t>(id)]; };

  std::vector<Node> kept;
  for (Node& node : graph.nodes | std::views::reverse) {
    if (std::ranges::none_of(node.outputs, is_live)) continue;
    for (const ValueId id : reads_of(node)) live[static_cast<size_t>(id)] = true;
    kept.push_back(std::move(node));
  }
  std::ranges::reverse(kept);
  graph.nodes = std::move(kept);

  for (size_t id = 0; id < graph.values.size(); ++id) {
    if (!live[id]) graph.values[id].constant.reset();
  }
}

}  // namespace fovea

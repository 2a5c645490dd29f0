#include "passes/min_cut.h"

#include <algorithm>

namespace fovea {

void MinCut::add_edge(int from, int to, int64_t cost) {
  auto &out = edges_[static_cast<size_t>(from)], &in = edges_[static_cast<size_t>(to)];
  out.push_back({to, in.size(), cost});
  in.push_back({from, out.size() - 1, 0});
}

bool MinCut::find_path(std::vector<Edge*>& reached_by) {
  reached_by.assign(edges_.size(), nullptr);
  std::vector<int> queue = {kSource};
  for (size_t at = 0; at < queue.size(); ++at) {
    for (Edge& edge : edges_[static_cast<size_t>(queue[at])]) {
      Edge*& reached = reached_by[static_cast<size_t>(edge.to)];
      if (edge.left == 0 || edge.to == kSource || reached) continue;
      reached = &edge;
      queue.push_back(edge.to);
    }
  }
  return reached_by[kSink] != nullptr;
}

std::vector<bool> MinCut::source_side() {
  const auto back = [&](Edge& edge) -> Edge& {
    return edges_[static_cast<size_t>(edge.to)][edge.back];
  };
  std::vector<Edge*> reached_by;
  while (find_path(reached_by)) {
    int64_t flow = kNever;
    const auto for_each_edge = [&](auto visit) {
      for (int node = kSink; node != kSource;) {
        Edge& edge = *reached_by[static_cast<size_t>(node)];
        visit(edge);
        node = back(edge).to;
      }
    };
    for_each_edge([&](Edge& edge) { flow = std::min(flow, edge.left); });
    for_each_edge([&](Edge& edge) {
      edge.left -= flow;
      back(edge).left += flow;
    });
  }
  std::vector<bool> side;
  for (const Edge* edge : reached_by) side.push_back(edge != nullptr);
  side[kSource] = true;
  return side;
}

}  // namespace fovea

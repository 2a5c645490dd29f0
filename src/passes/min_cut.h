#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fovea {

// The cheapest way to part the nodes of a network in two (L. R. Ford and D. R. Fulkerson, "Maximal
// flow through a network", 1956; along shortest paths, as J. Edmonds and R. M. Karp have it).
class MinCut {
 public:
  static constexpr int kSource = 0, kSink = 1;
  static constexpr int64_t kNever = int64_t{1} << 60;

  int add_node() {
    edges_.emplace_back();
    return static_cast<int>(edges_.size()) - 1;
  }
  // Costs this much where `from` is on the source's side and `to` on the sink's.
  void add_edge(int from, int to, int64_t cost);

  // By node: true on the source's side, where as few are as there can be.
  std::vector<bool> source_side();

 private:
  struct Edge {
    int to;
    size_t back;  // the edge the other way, among those of `to`
    int64_t left;
  };

  // The edge by which each node is reached first; false where the sink is not.
  bool find_path(std::vector<Edge*>& reached_by);

  std::vector<std::vector<Edge>> edges_ = std::vector<std::vector<Edge>>(2);
};

}  // namespace fovea

#pragma once

#include <map>
#include <optional>
#include <vector>

#include "passes/min_cut.h"
#include "passes/permuted.h"

namespace fovea {

// What a Transpose does, where it says so; nullopt for other nodes.
std::optional<Permutation> permutation_of(const Node& node);

// A Shape of all axes.
bool asks_whole_shape(const Node& node);

// The nodes around the Transposes of one permutation that could be computed of permuted values, and
// the choice of those that should.
class PermutedRegion {
 public:
  // The graph's Transposes are tidy: none reads another one's result.
  PermutedRegion(const Rewriter& graph, const Ranks& ranks, Permutation permutation);

  // The nodes that are to be permuted, so that there are as few Transposes as possible; none where
  // there are as few already.
  std::map<NodeId, Permuted> cheapest();

 private:
  // A value and what is made of it by one Transpose: it costs `price` where some want the one and
  // others the other. Labels are nodes of the cut: its source stands for "permuted", its sink for
  // "as it is".
  struct Crossing {
    std::optional<int> maker;  // nullopt: another Transpose, which can give either
    std::vector<int> readers;
    int64_t price;
  };

  void grow();
  void grow_from(ValueId id);
  void try_node(NodeId id, ValueId from, const Permutation& permutation);
  bool fits(ValueId id, const Permutation& permutation) const;
  void assign(ValueId id, const Permutation& permutation);

  void find_crossings();
  Crossing crossing_of(ValueId id, const Permutation& permutation) const;
  void add_readers(ValueId id, NodeId reader, const Permutation& permutation,
                   std::vector<int>& readers) const;
  int64_t price_of(ValueId id) const;
  int64_t room_behind_convolution(ValueId id) const;
  int64_t cost(const std::vector<bool>& permuted) const;
  std::vector<bool> cut() const;

  const Rewriter& graph_;
  const Ranks& ranks_;
  Permutation permutation_;
  std::map<NodeId, Permuted> nodes_;
  std::map<NodeId, int> labels_;
  std::map<ValueId, Permutation> values_;
  std::vector<ValueId> queue_;
  std::vector<Crossing> crossings_;
};

}  // namespace fovea

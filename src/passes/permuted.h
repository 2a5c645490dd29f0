#pragma once

#include <map>
#include <optional>
#include <vector>

#include "passes/known_shapes.h"
#include "passes/rewriter.h"

// Nodes that can as well be computed of permuted values.
namespace fovea {

// As Transpose has it: axis i of what comes out is axis perm[i] of what goes in.
using Permutation = std::vector<int64_t>;

Permutation inverse(const Permutation& permutation);
// What `second` makes of what `first` makes.
Permutation composed(const Permutation& first, const Permutation& second);
bool is_identity(const Permutation& permutation);

// The axes of values as far as they are known.
class Ranks {
 public:
  explicit Ranks(const KnownShapes& shapes) : shapes_(shapes) {}
  // nullopt where nothing is known.
  const std::optional<KnownDims>& dims(ValueId id) const;
  std::optional<int64_t> rank(ValueId id) const;
  // True where the value has one element, whatever its rank.
  bool is_single(ValueId id) const;
  void set(ValueId id, std::optional<KnownDims> dims);

 private:
  KnownShapes shapes_;
};

// A node that computes the same of other values: each value v that it reads or makes is
// Transpose(v', permutation) of the v' that the other node has in its place. An empty permutation:
// v' is v.
struct Permuted {
  Node node;  // with the inputs and outputs of the original one
  std::vector<Permutation> inputs;
  std::vector<Permutation> outputs;
  std::map<size_t, Tensor> parameters;  // constants in the place of inputs
  // Reads the axis that it works on element by element: better the last one.
  bool prefers_last_axis = false;
};

// The node for a first input (of Where and the like: any input) that is permuted. nullopt where
// there is none, or it is not sure that there is.
std::optional<Permuted> permuted(const Rewriter& graph, const Ranks& ranks, const Node& node,
                                 const Permutation& permutation);

// The axes that an Unsqueeze has to add to make at once what a Transpose makes of its result;
// nullopt where others move than those, and for other nodes.
std::optional<std::vector<int64_t>> axes_added_instead(const Rewriter& graph, const Node& unsqueeze,
                                                       const Permutation& permutation);

}  // namespace fovea

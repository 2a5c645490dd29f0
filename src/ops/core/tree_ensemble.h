#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ops/core/ml.h"

// Trees of questions about features, whose leaves vote for targets.
namespace fovea::ml {

enum class Aggregate : uint8_t { Average, Sum, Min, Max };

// A question about one feature. Where the answer leads is another node or, as ~leaf, a leaf.
struct TreeNode {
  double threshold = 0;  // of a node that asks for membership, the index of its set
  int32_t feature = 0;
  int32_t next[2] = {};  // where no and yes lead
  uint8_t answers = 0;   // see answers_of()
  bool asks_membership = false;
};

// What nodes ask, numbered as in TreeEnsemble.
enum class Question : uint8_t { Leq, Lt, Gte, Gt, Eq, Neq, Member };

// The answers for features that are less than, equal to and greater than a threshold and for NaN,
// bit by bit from the lowest.
uint8_t answers_of(Question question, double threshold, bool missing_is_true);

struct Vote {
  int32_t target;
  double weight;
};

class TreeEnsemble {
 public:
  // Filled in by whoever reads the attributes; check() comes next.
  std::vector<TreeNode> nodes;
  std::vector<int32_t> roots;
  std::vector<int64_t> first_votes;  // of each leaf, and the end
  std::vector<Vote> votes;
  std::vector<std::vector<double>> sets;  // each in order
  int64_t targets = 0;

  // Throws Error(MalformedModel) for features and targets that cannot be, and for nodes that lead
  // back to themselves. Nodes and leaves are known to be there.
  void check();

  // The sums (or the like) of all votes for each target, row after row. Throws Error(InvalidInput)
  // for rows that lack a feature.
  Tensor scores(const Tensor& x, const Rows& rows, Aggregate aggregate, ThreadPool& pool) const;

 private:
  void check_cycles() const;
  int64_t leaf_of(int32_t root, const double* row) const;
  void score(const double* x, int64_t features, int64_t rows, Aggregate aggregate,
             double* scores) const;

  int64_t features_ = 0;  // that rows must have
};

}  // namespace fovea::ml

#include "ops/core/tree_ensemble.h"

#include <cmath>
#include <limits>

#include "ops/core/wider.h"

namespace fovea::ml {
namespace {

constexpr int kNaN = 3;  // the bit of TreeNode::answers

// The bit of TreeNode::answers for a feature.
int bit_of(double feature, double threshold) {
  return static_cast<int>(feature == threshold) | static_cast<int>(feature > threshold) << 1 |
         kNaN * static_cast<int>(feature != feature);
}

constexpr double kNoVote = std::numeric_limits<double>::quiet_NaN();

}  // namespace

uint8_t answers_of(Question question, double threshold, bool missing_is_true) {
  // Bits for less, equal, greater.
  static constexpr uint8_t kTrue[] = {0b011, 0b001, 0b110, 0b100, 0b010, 0b101, 0b000};
  const uint8_t missing = missing_is_true ? 1 << kNaN : 0;
  // Nothing is less than NaN, equal to it or greater: it is just not the same.
  const uint8_t none = question == Question::Neq ? 0b111 : 0b000;
  return static_cast<uint8_t>((std::isnan(threshold) ? none : kTrue[static_cast<int>(question)]) |
                              missing);
}

void TreeEnsemble::check() {
  for (const TreeNode& node : nodes) {
    if (node.feature < 0) {
      fail(ErrorCode::MalformedModel, "a tree asks for feature ", node.feature);
    }
    features_ = std::max(features_, int64_t{node.feature} + 1);
  }
  if (targets <= 0 || targets > std::numeric_limits<int32_t>::max()) {
    fail(ErrorCode::MalformedModel, "trees cannot vote for ", targets, " targets");
  }
  for (const Vote& vote : votes) {
    if (vote.target >= 0 && vote.target < targets) continue;
    fail(ErrorCode::MalformedModel, "a tree votes for target ", vote.target, " of ", targets);
  }
  check_cycles();
}

// Nodes that no node leads to are taken away until none is left: those on a cycle always are.
void TreeEnsemble::check_cycles() const {
  std::vector<int32_t> entries(nodes.size(), 0), free;
  const auto for_children = [&](const TreeNode& node, const auto& visit) {
    for (const int32_t child : node.next) {
      if (child >= 0) visit(child);
    }
  };
  for (const TreeNode& node : nodes) {
    for_children(node, [&](int32_t child) { ++entries[static_cast<size_t>(child)]; });
  }
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (entries[i] == 0) free.push_back(static_cast<int32_t>(i));
  }
  size_t taken = 0;
  for (; !free.empty(); ++taken) {
    const TreeNode& node = nodes[static_cast<size_t>(free.back())];
    free.pop_back();
    for_children(node, [&](int32_t child) {
      if (--entries[static_cast<size_t>(child)] == 0) free.push_back(child);
    });
  }
  if (taken < nodes.size()) {
    fail(ErrorCode::MalformedModel, "a tree has nodes that lead back to themselves");
  }
}

int64_t TreeEnsemble::leaf_of(int32_t root, const double* row) const {
  int32_t at = root;
  while (at >= 0) {
    const TreeNode& node = nodes[static_cast<size_t>(at)];
    const double feature = row[node.feature];
    // An index and no branch: which way it goes cannot be foreseen.
    int answer = node.answers >> bit_of(feature, node.threshold) & 1;
    if (node.asks_membership && feature == feature) [[unlikely]] {
      const std::vector<double>& members = sets[static_cast<size_t>(node.threshold)];
      answer = std::ranges::binary_search(members, feature) ? 1 : 0;
    }
    at = node.next[answer];
  }
  return ~at;
}

// Tree after tree, so that one stays in the cache for all rows.
void TreeEnsemble::score(const double* x, int64_t features, int64_t rows, Aggregate aggregate,
                         double* scores) const {
  const bool adds = aggregate == Aggregate::Sum || aggregate == Aggregate::Average;
  std::fill_n(scores, rows * targets, adds ? 0 : kNoVote);
  for (const int32_t root : roots) {
    for (int64_t row = 0; row < rows; ++row) {
      const auto leaf = static_cast<size_t>(leaf_of(root, x + row * features));
      for (int64_t i = first_votes[leaf]; i < first_votes[leaf + 1]; ++i) {
        const Vote& vote = votes[static_cast<size_t>(i)];
        double& score = scores[row * targets + vote.target];
        if (adds) {
          score += vote.weight;
        } else if (aggregate == Aggregate::Min) {
          score = std::fmin(score, vote.weight);
        } else {
          score = std::fmax(score, vote.weight);
        }
      }
    }
  }
  for (int64_t i = 0; i < rows * targets; ++i) {
    if (aggregate == Aggregate::Average) scores[i] /= static_cast<double>(roots.size());
    if (!adds && std::isnan(scores[i])) scores[i] = 0;
  }
}

Tensor TreeEnsemble::scores(const Tensor& x, const Rows& rows, Aggregate aggregate,
                            ThreadPool& pool) const {
  if (rows.features < features_) {
    fail(ErrorCode::InvalidInput, "trees ask for feature ", features_ - 1, ", but rows have ",
         rows.features);
  }
  const bool is_double = x.dtype() == DType::Double;
  const Tensor wide = is_double ? x : ElementConversion(x.dtype(), DType::Double).of(x);
  Tensor scores = Tensor::allocate(DType::Double, {rows.count, targets});
  const double* from = wide.as<double>().data();
  double* to = scores.mutable_as<double>().data();
  // Each block of rows fetches all trees anew, and each tree all rows of its block.
  constexpr int64_t kGrain = 256, kBlock = 1024;
  pool.parallel_for(rows.count, kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin; first < end; first += kBlock) {
      score(from + first * rows.features, rows.features, std::min(kBlock, end - first), aggregate,
            to + first * targets);
    }
  });
  return scores;
}

}  // namespace fovea::ml

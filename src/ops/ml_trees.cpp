// ai.onnx.ml: TreeEnsemble, TreeEnsembleClassifier, TreeEnsembleRegressor.

#include <cmath>
#include <limits>

#include "base/order.h"
#include "ops/core/tree_ensemble.h"

namespace fovea {
namespace {

using ml::TreeEnsemble;

// Throws Error(MalformedModel) unless the list has as many elements as there are nodes or leaves.
void check_length(std::string_view name, size_t length, size_t count) {
  if (length == count) return;
  fail(ErrorCode::MalformedModel, "attribute '", name, "' has ", length, " elements for ", count,
       " nodes or leaves");
}

std::vector<int64_t> ints_of(const Attributes& attributes, std::string_view name, size_t count) {
  std::vector<int64_t> values = attributes.get_ints(name);
  check_length(name, values.size(), count);
  return values;
}

// The same, zeros where the attribute is left out.
std::vector<int64_t> optional_ints_of(const Attributes& attributes, std::string_view name,
                                      size_t count) {
  const bool given = !attributes.get_ints(name).empty();
  return given ? ints_of(attributes, name, count) : std::vector<int64_t>(count, 0);
}

// Neither wraps around: numbers that no feature and no target has stay such.
int32_t narrow(int64_t number) {
  const bool fits = number >= 0 && number <= std::numeric_limits<int32_t>::max();
  return fits ? static_cast<int32_t>(number) : -1;
}

void check_count(size_t nodes) {
  // Nodes and leaves are numbered with 32 bits.
  if (nodes > 0 && nodes <= std::numeric_limits<int32_t>::max()) return;
  fail(ErrorCode::MalformedModel, "an ensemble of trees cannot have ", nodes, " nodes");
}

// Nodes that are known by the numbers of their tree and of themselves, as they are written before
// TreeEnsemble.
class NumberedNodes {
 public:
  explicit NumberedNodes(const Attributes& attributes)
      : node_ids_(attributes.get_ints("nodes_nodeids")),
        tree_ids_(ints_of(attributes, "nodes_treeids", node_ids_.size())) {
    check_count(node_ids_.size());
    places_ = order_of(node_ids_.size(), [&](int64_t a, int64_t b) { return id_of(a) < id_of(b); });
    for (size_t i = 1; i < places_.size(); ++i) {
      if (id_of(places_[i - 1]) == id_of(places_[i])) reject(id_of(places_[i]), "is there twice");
    }
  }

  // Where a node is in the attributes. Throws Error(MalformedModel) for one that is not there.
  size_t find(int64_t tree, int64_t node) const {
    const Id id = {tree, node};
    const auto found =
        std::ranges::lower_bound(places_, id, {}, [&](int64_t place) { return id_of(place); });
    if (found == places_.end() || id_of(*found) != id) reject(id, "is not there");
    return static_cast<size_t>(*found);
  }

  size_t size() const { return places_.size(); }
  int64_t tree_of(size_t place) const { return tree_ids_[place]; }

  // The first node written of each tree, in order.
  std::vector<size_t> roots() const {
    std::vector<size_t> roots;
    for (size_t i = 0; i < places_.size(); ++i) {
      const auto place = static_cast<size_t>(places_[i]);
      if (i == 0 || tree_of(place) != tree_of(static_cast<size_t>(places_[i - 1]))) {
        roots.push_back(place);
      } else {
        roots.back() = std::min(roots.back(), place);
      }
    }
    sort_values(roots);
    return roots;
  }

 private:
  using Id = std::pair<int64_t, int64_t>;

  Id id_of(int64_t place) const {
    const auto at = static_cast<size_t>(place);
    return {tree_ids_[at], node_ids_[at]};
  }
  [[noreturn]] static void reject(const Id& id, std::string_view what) {
    fail(ErrorCode::MalformedModel, "node ", id.second, " of tree ", id.first, " ", what);
  }

  std::vector<int64_t> node_ids_;
  std::vector<int64_t> tree_ids_;
  std::vector<int64_t> places_;  // in the order of Ids
};

std::vector<ml::Question> questions_of(const Attributes& attributes, size_t count,
                                       std::vector<bool>& leaves) {
  static constexpr std::string_view kModes[] = {
      "BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "LEAF"};
  const std::vector<std::string> written = attributes.get_strings("nodes_modes");
  check_length("nodes_modes", written.size(), count);
  std::vector<ml::Question> questions;
  for (const std::string& mode : written) {
    const auto index = std::ranges::find(kModes, mode) - kModes;
    if (index == std::ssize(kModes)) {
      ml::reject_attribute("nodes_modes", mode, "a comparison or 'LEAF'");
    }
    leaves.push_back(mode == "LEAF");
    questions.push_back(static_cast<ml::Question>(index));
  }
  return questions;
}

// Leaves by the place of their nodes, and how many there are.
struct Leaves {
  std::vector<int32_t> codes;  // as TreeNode has them: a node's own place, ~leaf for a leaf
  size_t count = 0;
};

void read_nodes(const Attributes& attributes, const NumberedNodes& numbered, TreeEnsemble& trees,
                Leaves& leaves) {
  const size_t count = numbered.size();
  std::vector<bool> is_leaf;
  const std::vector<ml::Question> questions = questions_of(attributes, count, is_leaf);
  const std::vector<double> values = ml::numbers_of(attributes, "nodes_values").values;
  check_length("nodes_values", values.size(), count);
  const auto features = ints_of(attributes, "nodes_featureids", count);
  const auto on_true = ints_of(attributes, "nodes_truenodeids", count);
  const auto on_false = ints_of(attributes, "nodes_falsenodeids", count);
  const auto missing = optional_ints_of(attributes, "nodes_missing_value_tracks_true", count);
  int32_t nodes = 0;
  for (size_t i = 0; i < count; ++i) {
    leaves.codes.push_back(is_leaf[i] ? ~static_cast<int32_t>(leaves.count++) : nodes++);
  }
  for (size_t i = 0; i < count; ++i) {
    if (is_leaf[i]) continue;
    const int64_t tree = numbered.tree_of(i);
    trees.nodes.push_back({.threshold = values[i],
                           .feature = narrow(features[i]),
                           .next = {leaves.codes[numbered.find(tree, on_false[i])],
                                    leaves.codes[numbered.find(tree, on_true[i])]},
                           .answers = ml::answers_of(questions[i], values[i], missing[i] != 0)});
  }
  for (const size_t root : numbered.roots()) trees.roots.push_back(leaves.codes[root]);
}

// What a model of the operators before TreeEnsemble consists of.
struct NumberedTrees {
  TreeEnsemble trees;
  std::vector<int64_t> targets;  // that votes are for
  bool all_positive = true;      // no vote's weight is negative
  ml::NumberList bases;
  bool single = true;  // weights and bases are floats
  ml::PostTransform transform;
};

// The lists of votes have names that begin with "target_" or "class_".
NumberedTrees read_trees(const Attributes& attributes, std::string_view prefix, int64_t targets) {
  const NumberedNodes numbered(attributes);
  NumberedTrees read;
  TreeEnsemble& trees = read.trees;
  Leaves leaves;
  read_nodes(attributes, numbered, trees, leaves);
  read.targets = attributes.get_ints(text(prefix, "ids"));
  const size_t count = read.targets.size();
  const auto tree_ids = ints_of(attributes, text(prefix, "treeids"), count);
  const auto node_ids = ints_of(attributes, text(prefix, "nodeids"), count);
  const ml::NumberList weights = ml::numbers_of(attributes, text(prefix, "weights"));
  check_length(text(prefix, "weights"), weights.values.size(), count);
  // Votes of a node that is no leaf are never counted.
  std::vector<int32_t> voters;
  trees.first_votes.assign(leaves.count + 1, 0);
  for (size_t i = 0; i < count; ++i) {
    voters.push_back(~leaves.codes[numbered.find(tree_ids[i], node_ids[i])]);
    if (voters[i] >= 0) ++trees.first_votes[static_cast<size_t>(voters[i]) + 1];
  }
  std::partial_sum(trees.first_votes.begin(), trees.first_votes.end(), trees.first_votes.begin());
  trees.votes.resize(static_cast<size_t>(trees.first_votes.back()));
  std::vector<int64_t> next = trees.first_votes;
  for (size_t i = 0; i < count; ++i) {
    if (voters[i] < 0) continue;
    const auto at = static_cast<size_t>(next[static_cast<size_t>(voters[i])]++);
    trees.votes[at] = {narrow(read.targets[i]), weights.values[i]};
    if (weights.values[i] < 0) read.all_positive = false;
  }
  trees.targets = targets;
  trees.check();
  read.bases = ml::numbers_of(attributes, "base_values");
  read.single = weights.single && read.bases.single;
  read.transform = ml::post_transform_of(attributes);
  return read;
}

void check_bases(const ml::NumberList& bases, int64_t targets) {
  if (bases.values.empty() || std::ssize(bases.values) == targets) return;
  fail(ErrorCode::MalformedModel, "trees with ", targets, " targets have ", bases.values.size(),
       " base values");
}

// Adds the base values to a row of scores. Sums of floats are rounded to float, as the model's
// author saw them.
void add_bases(std::span<double> scores, const std::vector<double>& bases, bool single) {
  for (size_t i = 0; i < scores.size(); ++i) {
    if (!bases.empty()) scores[i] += bases[i];
    if (single) scores[i] = static_cast<float>(scores[i]);
  }
}

struct Regressor {
  NumberedTrees model;
  ml::Aggregate aggregate;

  static Regressor parse(const Attributes& attributes, int) {
    static constexpr std::string_view kNames[] = {"AVERAGE", "SUM", "MIN", "MAX"};
    const int64_t targets = attributes.get_int("n_targets", 0);
    Regressor regressor = {
        read_trees(attributes, "target_", targets),
        static_cast<ml::Aggregate>(ml::one_of(attributes, "aggregate_function", "SUM", kNames))};
    check_bases(regressor.model.bases, targets);
    return regressor;
  }
};

void infer_regress(InferContext& context) {
  const int64_t targets = context.attributes_as<Regressor>().model.trees.targets;
  context.set_output(0, DType::Float, {ml::rows_of(context).count, targets});
}

void regress(ComputeContext& context) {
  const auto& [model, aggregate] = context.attributes_as<Regressor>();
  const ml::Rows rows = ml::rows_of(context);
  Tensor scores = model.trees.scores(context.tensor(0), rows, aggregate, context.pool());
  const auto width = static_cast<size_t>(model.trees.targets);
  const std::span<double> all = scores.mutable_as<double>();
  for (size_t at = 0; at < all.size(); at += width) {
    add_bases(all.subspan(at, width), model.bases.values, false);
    ml::apply(model.transform, all.subspan(at, width));
  }
  context.set(0, ml::to_float_tensor(all, scores.shape()));
}

struct Classifier {
  NumberedTrees model;
  Tensor labels;
  // The only class that is voted for, of two: its votes tell them apart.
  std::optional<int64_t> only;

  static Classifier parse(const Attributes& attributes, int) {
    const Tensor labels = ml::class_labels(attributes);
    const int64_t classes = labels.elements();
    if (classes == 1) {
      fail(ErrorCode::UnsupportedAttribute, "TreeEnsembleClassifier of one class is not supported");
    }
    Classifier classifier = {read_trees(attributes, "class_", classes), labels, std::nullopt};
    const std::vector<int64_t>& voted = classifier.model.targets;
    const bool one = !voted.empty() && std::ranges::count(voted, voted[0]) == std::ssize(voted);
    if (classes == 2 && one) classifier.only = voted[0];
    // Of two classes told apart by the first, one base value is that of their score.
    std::vector<double>& bases = classifier.model.bases.values;
    if (classifier.only == 0 && bases.size() == 1) bases.push_back(0);
    check_bases(classifier.model.bases, classes);
    return classifier;
  }

  // The scores of a row as they are written, and the class that wins.
  int64_t finish(std::span<double> scores) const {
    add_bases(scores, model.bases.values, model.single);
    if (!only) {
      const int64_t winner = ml::index_of_largest(scores);
      ml::apply(model.transform, scores);
      return winner;
    }
    const bool is_probability = model.transform == ml::PostTransform::Probit ||
                                (model.transform == ml::PostTransform::None && model.all_positive);
    const auto pair = ml::TwoClasses::of(scores[static_cast<size_t>(*only)], is_probability);
    if (*only == 0) std::ranges::copy(pair.scores, scores.begin());
    ml::apply(model.transform, scores);
    return pair.winner();
  }
};

void infer_classify(InferContext& context) {
  const auto& classifier = context.attributes_as<Classifier>();
  const int64_t rows = ml::rows_of(context).count;
  context.set_output(0, classifier.labels.dtype(), {rows});
  context.set_output(1, DType::Float, {rows, classifier.model.trees.targets});
}

void classify(ComputeContext& context) {
  const auto& classifier = context.attributes_as<Classifier>();
  const TreeEnsemble& trees = classifier.model.trees;
  const ml::Rows rows = ml::rows_of(context);
  Tensor scores = trees.scores(context.tensor(0), rows, ml::Aggregate::Sum, context.pool());
  const std::span<double> all = scores.mutable_as<double>();
  const auto width = static_cast<size_t>(trees.targets);
  std::vector<int64_t> winners;
  for (size_t at = 0; at < all.size(); at += width) {
    winners.push_back(classifier.finish(all.subspan(at, width)));
  }
  context.set(0, ml::pick(classifier.labels, winners, {}, {rows.count}));
  context.set(1, ml::to_float_tensor(all, scores.shape()));
}

std::vector<double> tensor_of(const Attributes& attributes, std::string_view name) {
  const Tensor* tensor = attributes.get_tensor(name);
  return tensor ? ml::to_doubles(*tensor) : std::vector<double>();
}

// The sets of nodes that ask for membership, each ended by a NaN.
std::vector<std::vector<double>> sets_of(const Attributes& attributes) {
  std::vector<std::vector<double>> sets;
  std::vector<double> set;
  for (const double value : tensor_of(attributes, "membership_values")) {
    if (!std::isnan(value)) {
      set.push_back(value);
      continue;
    }
    sort_values(set);
    sets.push_back(std::move(set));
    set.clear();
  }
  if (!set.empty()) fail(ErrorCode::MalformedModel, "the last set of members does not end");
  return sets;
}

// The newest operator: nodes and leaves have lists of their own and are known by their places.
struct Ensemble {
  TreeEnsemble trees;
  ml::Aggregate aggregate;
  ml::PostTransform transform;

  static Ensemble parse(const Attributes& attributes, int);

 private:
  static int64_t number_of(const Attributes& attributes, std::string_view name, int64_t fallback,
                           int64_t largest);
  void read_nodes(const Attributes& attributes, size_t leaves);
};

int64_t Ensemble::number_of(const Attributes& attributes, std::string_view name, int64_t fallback,
                            int64_t largest) {
  const int64_t number = attributes.get_int(name, fallback);
  if (number < 0 || number > largest) {
    ml::reject_attribute(name, text(number), text("a number from 0 to ", largest));
  }
  return number;
}

void Ensemble::read_nodes(const Attributes& attributes, size_t leaves) {
  const std::vector<double> splits = tensor_of(attributes, "nodes_splits");
  const size_t count = splits.size();
  check_count(count);
  const std::vector<double> modes = tensor_of(attributes, "nodes_modes");
  check_length("nodes_modes", modes.size(), count);
  const auto features = ints_of(attributes, "nodes_featureids", count);
  const auto missing = optional_ints_of(attributes, "nodes_missing_value_tracks_true", count);
  const auto true_ids = ints_of(attributes, "nodes_truenodeids", count);
  const auto false_ids = ints_of(attributes, "nodes_falsenodeids", count);
  const auto true_leaves = ints_of(attributes, "nodes_trueleafs", count);
  const auto false_leaves = ints_of(attributes, "nodes_falseleafs", count);
  const auto child = [&](int64_t id, int64_t is_leaf) {
    const size_t of = is_leaf ? leaves : count;
    if (id < 0 || static_cast<uint64_t>(id) >= of) {
      fail(ErrorCode::MalformedModel, "a tree leads to ", is_leaf ? "leaf " : "node ", id, " of ",
           of);
    }
    return is_leaf ? ~static_cast<int32_t>(id) : static_cast<int32_t>(id);
  };
  size_t sets = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!(modes[i] >= 0 && modes[i] <= static_cast<double>(ml::Question::Member))) {
      ml::reject_attribute("nodes_modes", text(modes[i]), "a number from 0 to 6");
    }
    const auto question = static_cast<ml::Question>(modes[i]);
    const bool asks_membership = question == ml::Question::Member;
    const double threshold = asks_membership ? static_cast<double>(sets++) : splits[i];
    trees.nodes.push_back(
        {.threshold = threshold,
         .feature = narrow(features[i]),
         .next = {child(false_ids[i], false_leaves[i]), child(true_ids[i], true_leaves[i])},
         .answers = ml::answers_of(question, threshold, missing[i] != 0),
         .asks_membership = asks_membership});
  }
  if (sets != trees.sets.size()) {
    fail(ErrorCode::MalformedModel, sets, " nodes ask for membership in one of ", trees.sets.size(),
         " sets");
  }
}

Ensemble Ensemble::parse(const Attributes& attributes, int) {
  Ensemble ensemble = {
      {},
      static_cast<ml::Aggregate>(number_of(attributes, "aggregate_function", 1, 3)),
      static_cast<ml::PostTransform>(number_of(attributes, "post_transform", 0, 4))};
  TreeEnsemble& trees = ensemble.trees;
  trees.sets = sets_of(attributes);
  const std::vector<double> weights = tensor_of(attributes, "leaf_weights");
  check_count(weights.size());
  const auto targets = ints_of(attributes, "leaf_targetids", weights.size());
  for (size_t i = 0; i < weights.size(); ++i) {
    trees.first_votes.push_back(static_cast<int64_t>(i));
    trees.votes.push_back({narrow(targets[i]), weights[i]});
  }
  trees.first_votes.push_back(std::ssize(weights));
  ensemble.read_nodes(attributes, weights.size());
  for (const int64_t root : attributes.get_ints("tree_roots")) {
    if (root < 0 || root >= std::ssize(trees.nodes)) {
      fail(ErrorCode::MalformedModel, "a tree begins at node ", root, " of ", trees.nodes.size());
    }
    trees.roots.push_back(static_cast<int32_t>(root));
  }
  if (trees.roots.empty()) fail(ErrorCode::MalformedModel, "TreeEnsemble has no 'tree_roots'");
  trees.targets = attributes.get_int("n_targets", 0);
  trees.check();
  return ensemble;
}

void infer_ensemble(InferContext& context) {
  const int64_t targets = context.attributes_as<Ensemble>().trees.targets;
  context.set_output(0, context.dtype(0), {ml::rows_of(context).count, targets});
}

void evaluate_ensemble(ComputeContext& context) {
  const auto& [trees, aggregate, transform] = context.attributes_as<Ensemble>();
  const ml::Rows rows = ml::rows_of(context);
  Tensor scores = trees.scores(context.tensor(0), rows, aggregate, context.pool());
  const std::span<double> all = scores.mutable_as<double>();
  const auto width = static_cast<size_t>(trees.targets);
  for (size_t at = 0; at < all.size(); at += width) ml::apply(transform, all.subspan(at, width));
  const bool floats = context.dtype(0) == DType::Float;
  context.set(0, floats ? ml::to_float_tensor(all, scores.shape()) : scores);
}

constexpr OpDef kOps[] = {
    {.op_type = "TreeEnsemble",
     .domain = ml::kDomain,
     .since = 5,
     .meaning = {.types = {type_of_input(0, kFloats)}, .infer = infer_ensemble},
     .cpu = {.compute = evaluate_ensemble}},
    ml::classifier("TreeEnsembleClassifier", infer_classify, classify),
    ml::regressor("TreeEnsembleRegressor", infer_regress, regress),
};

}  // namespace

extern constinit const OpFamily ml_trees_ops = kOps;

}  // namespace fovea

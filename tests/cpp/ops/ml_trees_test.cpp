// ai.onnx.ml: trees, against a walk that is written down plainly.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

OpCase ml(const std::string& op_type, int opset, AttributeList attributes, int outputs = 1) {
  return {.op_type = op_type,
          .opset = opset,
          .attributes = std::move(attributes),
          .outputs = outputs,
          .domain = "ai.onnx.ml"};
}

AttributeList changed(AttributeList attributes, const std::string& name, AttributeValue value) {
  std::erase_if(attributes, [&](const auto& attribute) { return attribute.first == name; });
  attributes.emplace_back(name, std::move(value));
  return attributes;
}

// The lists of trees as they were before TreeEnsemble, and what they mean.
struct Trees {
  Ints tree, node, feature, on_true, on_false, missing;
  Floats values;
  Strings modes;
  Ints vote_tree, vote_node, vote_target;
  Floats weights;

  void add(int64_t t, int64_t n, const std::string& mode, int64_t f, float value, int64_t yes,
           int64_t no, int64_t tracks_true = 0) {
    tree.push_back(t), node.push_back(n), feature.push_back(f), modes.push_back(mode);
    values.push_back(value), on_true.push_back(yes), on_false.push_back(no);
    missing.push_back(tracks_true);
  }
  void leaf(int64_t t, int64_t n) { add(t, n, "LEAF", 0, 0, 0, 0); }
  void vote(int64_t t, int64_t n, int64_t target, float weight) {
    vote_tree.push_back(t), vote_node.push_back(n), vote_target.push_back(target);
    weights.push_back(weight);
  }

  AttributeList attributes(const std::string& prefix) const {
    return {{"nodes_treeids", tree},          {"nodes_nodeids", node},
            {"nodes_featureids", feature},    {"nodes_values", values},
            {"nodes_modes", modes},           {"nodes_truenodeids", on_true},
            {"nodes_falsenodeids", on_false}, {"nodes_missing_value_tracks_true", missing},
            {prefix + "treeids", vote_tree},  {prefix + "nodeids", vote_node},
            {prefix + "ids", vote_target},    {prefix + "weights", weights}};
  }
  AttributeList regressor(int64_t targets) const {
    return changed(attributes("target_"), "n_targets", targets);
  }

  size_t place(int64_t t, int64_t n) const {
    size_t i = 0;
    while (tree[i] != t || node[i] != n) ++i;
    return i;
  }
  bool answer(size_t i, float x) const {
    if (std::isnan(x)) return missing[i] != 0;
    const std::string& mode = modes[i];
    if (mode == "BRANCH_LEQ") return x <= values[i];
    if (mode == "BRANCH_LT") return x < values[i];
    if (mode == "BRANCH_GTE") return x >= values[i];
    if (mode == "BRANCH_GT") return x > values[i];
    return mode == "BRANCH_EQ" ? x == values[i] : x != values[i];
  }
  // The weights that a row's leaf in a tree, whose root is node 0, has for a target.
  std::vector<double> votes(int64_t t, const float* row, int64_t target) const {
    size_t at = place(t, 0);
    while (modes[at] != "LEAF") {
      at = place(t, answer(at, row[feature[at]]) ? on_true[at] : on_false[at]);
    }
    std::vector<double> found;
    for (size_t i = 0; i < weights.size(); ++i) {
      const bool here = vote_tree[i] == t && vote_node[i] == node[at] && vote_target[i] == target;
      if (here) found.push_back(weights[i]);
    }
    return found;
  }
};

// One question, x <= 0, of feature 0.
Trees stump() {
  Trees trees;
  trees.add(0, 0, "BRANCH_LEQ", 0, 0, 1, 2);
  trees.leaf(0, 1);
  trees.leaf(0, 2);
  return trees;
}

constexpr int64_t kFeatures = 3, kTargets = 2, kTrees = 5;

// Full trees of seven nodes with all modes and many ties.
Trees forest(uint32_t seed) {
  static const Strings kModes = {"BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE",
                                 "BRANCH_GT",  "BRANCH_EQ", "BRANCH_NEQ"};
  std::mt19937 random(seed);
  const auto below = [&](int64_t n) { return static_cast<int64_t>(random() % n); };
  Trees trees;
  for (int64_t t = 0; t < kTrees; ++t) {
    for (int64_t n = 0; n < 3; ++n) {
      trees.add(t, n, kModes[static_cast<size_t>(below(6))], below(kFeatures),
                static_cast<float>(below(5)) - 2, 2 * n + 1, 2 * n + 2, below(2));
    }
    for (int64_t n = 3; n < 7; ++n) {
      trees.leaf(t, n);
      for (int64_t votes = below(4); votes > 0; --votes) {
        trees.vote(t, n, below(kTargets), static_cast<float>(below(17)) / 8 - 1);
      }
    }
  }
  return trees;
}

Tensor rows_with_ties(int64_t rows, uint32_t seed) {
  std::mt19937 random(seed);
  Tensor x = Tensor::allocate(DType::Float, {rows, kFeatures});
  for (float& value : x.mutable_as<float>()) {
    value = random() % 8 == 0 ? kNaN : static_cast<float>(random() % 5) - 2;
  }
  return x;
}

double aggregated(const Trees& trees, const std::string& function, const float* row,
                  int64_t target) {
  std::vector<double> all;
  for (int64_t t = 0; t < kTrees; ++t) {
    for (const double vote : trees.votes(t, row, target)) all.push_back(vote);
  }
  if (all.empty()) return 0;
  if (function == "MIN") return *std::ranges::min_element(all);
  if (function == "MAX") return *std::ranges::max_element(all);
  const double sum = std::accumulate(all.begin(), all.end(), 0.0);
  return function == "SUM" ? sum : sum / static_cast<double>(kTrees);
}

TEST(TreeEnsembleRegressor, EveryQuestionAndAggregate) {
  for (const std::string function : {"SUM", "AVERAGE", "MIN", "MAX"}) {
    for (const int64_t rows : {1, 131, 1100, 1200}) {
      const Trees trees = forest(static_cast<uint32_t>(rows));
      const Tensor x = rows_with_ties(rows, 7);
      AttributeList attributes = changed(trees.regressor(kTargets), "aggregate_function", function);
      attributes = changed(attributes, "base_values", Floats{0.5f, -0.25f});
      const Tensor y =
          run_op(ml("TreeEnsembleRegressor", 3, attributes), {x}, rows == 1100 ? 3 : 1)[0];
      ASSERT_EQ(y.shape(), (Shape{rows, kTargets}));
      for (int64_t i = 0; i < rows * kTargets; ++i) {
        const float* row = x.as<float>().data() + i / kTargets * kFeatures;
        const double base = i % kTargets == 0 ? 0.5 : -0.25;
        ASSERT_NEAR(y.as<float>()[static_cast<size_t>(i)],
                    aggregated(trees, function, row, i % kTargets) + base, 1e-6)
            << function << " of row " << i / kTargets;
      }
    }
  }
}

TEST(TreeEnsembleRegressor, TypesOfInputs) {
  Trees trees = stump();
  trees.vote(0, 1, 0, 1);
  trees.vote(0, 2, 0, 2);
  const OpCase op = ml("TreeEnsembleRegressor", 1, trees.regressor(1));
  EXPECT_EQ(values_of<float>(run_op(op, {Tensor::of<int32_t>({2, 1}, {0, 1})})[0]), (Floats{1, 2}));
  EXPECT_EQ(values_of<float>(run_op(op, {Tensor::of<int64_t>({2, 1}, {0, INT64_MAX})})[0]),
            (Floats{1, 2}));
  EXPECT_EQ(values_of<float>(run_op(op, {Tensor::of<double>({2, 1}, {0, 1e-300})})[0]),
            (Floats{1, 2}));
  EXPECT_EQ(run_op(op, {Tensor::of<float>({2}, {1, 5})})[0].shape(), (Shape{1, 1}));
  EXPECT_EQ(run_op(op, {Tensor::allocate(DType::Float, {0, 1})})[0].shape(), (Shape{0, 1}));
  // Doubles are compared and added as such.
  AttributeList doubles = changed(trees.regressor(1), "nodes_values_as_tensor",
                                  Tensor::of<double>({3}, {1e-300, 0, 0}));
  doubles = changed(doubles, "nodes_values", Floats{});
  EXPECT_EQ(values_of<float>(run_op(ml("TreeEnsembleRegressor", 3, doubles),
                                    {Tensor::of<double>({2, 1}, {1e-300, 2e-300})})[0]),
            (Floats{1, 2}));
}

TEST(TreeEnsembleRegressor, TreesOfOneLeaf) {
  Trees trees;
  trees.leaf(4, 9);
  trees.vote(4, 9, 0, 3);
  EXPECT_EQ(values_of<float>(run_op(ml("TreeEnsembleRegressor", 3, trees.regressor(1)),
                                    {Tensor::of<float>({1, 1}, {1})})[0]),
            (Floats{3}));
}

TEST(TreeEnsembleRegressor, HostileModels) {
  const auto code_of = [](const AttributeList& attributes, int64_t features = 1) {
    return error_of([&] {
      run_op(ml("TreeEnsembleRegressor", 3, attributes), {random_tensor({2, features}, 1)});
    });
  };
  Trees trees = stump();
  trees.vote(0, 1, 0, 1);
  const AttributeList good = trees.regressor(1);
  const auto code_with = [&](const std::string& name, const AttributeValue& value) {
    return code_of(changed(good, name, value));
  };
  EXPECT_EQ(code_of(good, 0), ErrorCode::InvalidInput);
  EXPECT_EQ(code_with("nodes_truenodeids", Ints{0, 0, 0}), ErrorCode::MalformedModel);   // a cycle
  EXPECT_EQ(code_with("nodes_falsenodeids", Ints{3, 0, 0}), ErrorCode::MalformedModel);  // nowhere
  EXPECT_EQ(code_with("nodes_falsenodeids", Ints{INT64_MIN, 0, 0}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_with("nodes_nodeids", Ints{0, 1, 1}), ErrorCode::MalformedModel);  // twice
  EXPECT_EQ(code_with("nodes_featureids", Ints{-1, 0, 0}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_with("nodes_featureids", Ints{INT64_MAX, 0, 0}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_with("nodes_featureids", Ints{1, 0, 0}), ErrorCode::InvalidInput);
  EXPECT_EQ(code_with("nodes_modes", Strings{"BRANCH", "LEAF", "LEAF"}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_with("target_ids", Ints{1}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_with("target_ids", Ints{int64_t{1} << 32}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_with("target_nodeids", Ints{7}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_with("n_targets", int64_t{0}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_with("n_targets", INT64_MAX), ErrorCode::MalformedModel);
  EXPECT_EQ(code_with("base_values", Floats{1, 2}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_with("aggregate_function", std::string("MEDIAN")), ErrorCode::MalformedModel);
  EXPECT_EQ(code_with("post_transform", std::string("NOTHING")), ErrorCode::MalformedModel);
  EXPECT_EQ(code_with("target_weights_as_tensor", Tensor::of<double>({1}, {1})),
            ErrorCode::MalformedModel);
  for (const auto& [name, value] : good) {
    if (name == "n_targets" || name == "nodes_missing_value_tracks_true") continue;
    AttributeValue none = Ints{};
    if (name == "nodes_modes") none = Strings{};
    if (name == "nodes_values" || name == "target_weights") none = Floats{};
    EXPECT_EQ(code_with(name, none), ErrorCode::MalformedModel) << name;
  }
  EXPECT_EQ(code_with("nodes_missing_value_tracks_true", Ints{1}), ErrorCode::MalformedModel);
  // Two nodes that lead to each other, and neither is reached from a root.
  Trees ring = stump();
  ring.add(0, 3, "BRANCH_LEQ", 0, 0, 4, 1);
  ring.add(0, 4, "BRANCH_LEQ", 0, 0, 3, 1);
  EXPECT_EQ(code_of(ring.regressor(1)), ErrorCode::MalformedModel);
}

TEST(TreeEnsembleClassifier, ManyClasses) {
  Trees trees = stump();
  trees.vote(0, 1, 0, 0.25f);
  trees.vote(0, 1, 2, 0.75f);
  trees.vote(0, 2, 1, 0.5f);
  AttributeList attributes =
      changed(trees.attributes("class_"), "classlabels_strings", Strings{"a", "b", "c"});
  const Tensor x = Tensor::of<float>({2, 1}, {0, 1});
  const auto out = run_op(ml("TreeEnsembleClassifier", 3, attributes, 2), {x});
  EXPECT_EQ(Strings(out[0].strings().begin(), out[0].strings().end()), (Strings{"c", "b"}));
  EXPECT_EQ(values_of<float>(out[1]), (Floats{0.25f, 0, 0.75f, 0, 0.5f, 0}));
  attributes = changed(attributes, "base_values", Floats{1, 0, 0});
  attributes = changed(attributes, "post_transform", std::string("SOFTMAX"));
  const auto based = run_op(ml("TreeEnsembleClassifier", 3, attributes, 2), {x});
  EXPECT_EQ(based[0].strings()[0], "a");
  const double sum = std::exp(1.25) + 1 + std::exp(0.75);
  EXPECT_NEAR(based[1].as<float>()[0], std::exp(1.25) / sum, 1e-6);
  EXPECT_NEAR(based[1].as<float>()[1], 1 / sum, 1e-6);
}

// Of two classes with these labels, the votes of both leaves being for one.
std::vector<Tensor> of_two(float left, float right, const std::string& transform,
                           const Floats& bases = {}, int64_t voted = 0) {
  Trees trees = stump();
  trees.vote(0, 1, voted, left);
  trees.vote(0, 2, voted, right);
  AttributeList attributes = changed(trees.attributes("class_"), "classlabels_int64s", Ints{-3, 5});
  attributes = changed(attributes, "post_transform", transform);
  attributes = changed(attributes, "base_values", bases);
  return run_op(ml("TreeEnsembleClassifier", 3, attributes, 2),
                {Tensor::of<float>({2, 1}, {0, 1})});
}

TEST(TreeEnsembleClassifier, OneScoreTellsTwoClasses) {
  const auto probable = of_two(0.25f, 0.75f, "NONE");
  EXPECT_EQ(values_of<int64_t>(probable[0]), (Ints{-3, 5}));
  EXPECT_EQ(values_of<float>(probable[1]), (Floats{0.75f, 0.25f, 0.25f, 0.75f}));
  EXPECT_EQ(values_of<int64_t>(of_two(0.5f, 0.6f, "NONE")[0]), (Ints{-3, 5}));
  const auto raw = of_two(-0.25f, 0.25f, "NONE");
  EXPECT_EQ(values_of<int64_t>(raw[0]), (Ints{-3, 5}));
  EXPECT_EQ(values_of<float>(raw[1]), (Floats{0.25f, -0.25f, -0.25f, 0.25f}));
  const auto based = of_two(-0.25f, 0.25f, "LOGISTIC", {0.5f});
  EXPECT_EQ(values_of<int64_t>(based[0]), (Ints{5, 5}));
  EXPECT_NEAR(based[1].as<float>()[1], 1 / (1 + std::exp(-0.25)), 1e-6);
  EXPECT_NEAR(based[1].as<float>()[0] + based[1].as<float>()[1], 1, 1e-6);
  // The class whose score it is may be the second, too.
  const auto second = of_two(0.25f, 0.75f, "NONE", {}, 1);
  EXPECT_EQ(values_of<int64_t>(second[0]), (Ints{-3, 5}));
  EXPECT_EQ(values_of<float>(second[1]), (Floats{0, 0.25f, 0, 0.75f}));
}

// Five votes of 0.1 are one half, though 0.1 is a little more as a float.
TEST(TreeEnsembleClassifier, SumsOfFloatsAreFloats) {
  Trees trees;
  for (int64_t t = 0; t < 5; ++t) {
    trees.leaf(t, 0);
    trees.vote(t, 0, 0, 0.1f);
  }
  const AttributeList attributes =
      changed(trees.attributes("class_"), "classlabels_int64s", Ints{0, 1});
  const auto out =
      run_op(ml("TreeEnsembleClassifier", 3, attributes, 2), {Tensor::of<float>({1, 1}, {0})});
  EXPECT_EQ(values_of<int64_t>(out[0]), Ints{0});
  EXPECT_EQ(values_of<float>(out[1]), (Floats{0.5f, 0.5f}));
}

TEST(TreeEnsembleClassifier, Errors) {
  Trees trees = stump();
  trees.vote(0, 1, 0, 1);
  trees.vote(0, 1, 1, 1);
  const auto code_of = [&](const std::string& name, const AttributeValue& value) {
    const AttributeList attributes =
        changed(changed(trees.attributes("class_"), "classlabels_int64s", Ints{0, 1}), name, value);
    return error_of([&] {
      run_op(ml("TreeEnsembleClassifier", 3, attributes, 2), {Tensor::of<float>({1, 1}, {0})});
    });
  };
  EXPECT_EQ(code_of("classlabels_int64s", Ints{1}), ErrorCode::UnsupportedAttribute);
  EXPECT_EQ(code_of("classlabels_int64s", Ints{}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_of("classlabels_strings", Strings{"a", "b"}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_of("base_values", Floats{1}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_of("class_ids", Ints{0, 2}), ErrorCode::MalformedModel);
}

// Two trees of one question each; the first asks for membership.
AttributeList ensemble() {
  return {{"n_targets", int64_t{2}},
          {"tree_roots", Ints{0, 1}},
          {"nodes_featureids", Ints{0, 1}},
          {"nodes_modes", Tensor::of<uint8_t>({2}, {6, 1})},
          {"nodes_splits", Tensor::of<float>({2}, {0, 0.5f})},
          {"nodes_truenodeids", Ints{0, 2}},
          {"nodes_falsenodeids", Ints{1, 3}},
          {"nodes_trueleafs", Ints{1, 1}},
          {"nodes_falseleafs", Ints{1, 1}},
          {"leaf_targetids", Ints{0, 1, 0, 0}},
          {"leaf_weights", Tensor::of<float>({4}, {1, 2, 4, 8})},
          {"membership_values", Tensor::of<float>({3}, {3, 1, kNaN})}};
}

TEST(TreeEnsemble, MembersAndMissingValues) {
  const Tensor x = Tensor::of<float>({4, 2}, {1, 0, 2, 0.5f, 3, kNaN, kNaN, 0});
  EXPECT_EQ(values_of<float>(run_op(ml("TreeEnsemble", 5, ensemble()), {x})[0]),
            (Floats{5, 0, 8, 2, 9, 0, 4, 2}));
  const AttributeList tracks = changed(ensemble(), "nodes_missing_value_tracks_true", Ints{1, 1});
  EXPECT_EQ(values_of<float>(run_op(ml("TreeEnsemble", 5, tracks), {x})[0]),
            (Floats{5, 0, 8, 2, 5, 0, 5, 0}));
  const AttributeList average = changed(ensemble(), "aggregate_function", int64_t{0});
  EXPECT_EQ(values_of<double>(
                run_op(ml("TreeEnsemble", 5, average), {Tensor::of<double>({1, 2}, {1, 0})})[0]),
            (std::vector<double>{2.5, 0}));
  const AttributeList softmax = changed(ensemble(), "post_transform", int64_t{1});
  EXPECT_NEAR(run_op(ml("TreeEnsemble", 5, softmax), {x})[0].as<float>()[3],
              1 / (1 + std::exp(6.0)), 1e-6);
}

TEST(TreeEnsemble, HostileModels) {
  const auto code_of = [](const std::string& name, const AttributeValue& value) {
    return error_of([&] {
      run_op(ml("TreeEnsemble", 5, changed(ensemble(), name, value)),
             {Tensor::of<float>({1, 2}, {1, 0})});
    });
  };
  const std::vector<std::pair<std::string, AttributeValue>> bad = {
      {"tree_roots", Ints{2}},
      {"tree_roots", Ints{-1}},
      {"tree_roots", Ints{}},
      {"nodes_trueleafs", Ints{0, 1}},  // the first leads to itself
      {"nodes_truenodeids", Ints{4, 2}},
      {"nodes_truenodeids", Ints{-1, 2}},
      {"nodes_falsenodeids", Ints{1}},
      {"nodes_featureids", Ints{0, -5}},
      {"nodes_modes", Tensor::of<uint8_t>({2}, {6, 7})},
      {"nodes_modes", Tensor::of<uint8_t>({1}, {6})},
      {"leaf_targetids", Ints{0, 1, 2, 0}},
      {"leaf_targetids", Ints{0}},
      {"n_targets", int64_t{-1}},
      {"aggregate_function", int64_t{4}},
      {"post_transform", int64_t{-1}},
      {"membership_values", Tensor::of<float>({2}, {1, 2})},
      {"membership_values", Tensor::of<float>({2}, {kNaN, kNaN})}};
  for (const auto& [name, value] : bad) {
    EXPECT_EQ(code_of(name, value), ErrorCode::MalformedModel) << name;
  }
  EXPECT_EQ(code_of("nodes_featureids", Ints{0, 2}), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test

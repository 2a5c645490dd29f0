// ai.onnx.ml: SVMClassifier, SVMRegressor.

#include <cmath>

#include "ops/core/ml.h"

namespace fovea {
namespace {

enum class KernelType : uint8_t { Linear, Poly, Rbf, Sigmoid };

// How alike two vectors of features are.
struct Similarity {
  KernelType type;
  double gamma = 0;
  double coef0 = 0;
  double degree = 0;

  static Similarity parse(const Attributes& attributes) {
    static constexpr std::string_view kNames[] = {"LINEAR", "POLY", "RBF", "SIGMOID"};
    const int type = ml::one_of(attributes, "kernel_type", "LINEAR", kNames);
    const std::vector<float> params = attributes.get_floats("kernel_params");
    if (params.empty()) return {static_cast<KernelType>(type)};
    if (params.size() != 3) {
      fail(ErrorCode::MalformedModel, "'kernel_params' are gamma, coef0 and degree, not ",
           params.size(), " numbers");
    }
    return {static_cast<KernelType>(type), params[0], params[1], params[2]};
  }

  double operator()(const double* a, const float* b, int64_t count) const {
    double sum = 0;
    if (type == KernelType::Rbf) {
      for (int64_t i = 0; i < count; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
      return std::exp(-gamma * sum);
    }
    for (int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
    if (type == KernelType::Linear) return sum;
    const double scaled = gamma * sum + coef0;
    return type == KernelType::Poly ? std::pow(scaled, degree) : std::tanh(scaled);
  }
};

// What both have in common: vectors, one after the other, and what each counts.
struct Machines {
  Similarity similarity;
  std::vector<float> vectors;  // the coefficients themselves where there are no support vectors
  int64_t count;               // of vectors
  std::vector<float> coefficients;
  std::vector<float> rho;
  ml::PostTransform transform;

  static Machines parse(const Attributes& attributes) {
    Machines machines = {Similarity::parse(attributes),
                         attributes.get_floats("support_vectors"),
                         0,
                         attributes.get_floats("coefficients"),
                         attributes.get_floats("rho"),
                         ml::post_transform_of(attributes)};
    if (machines.coefficients.empty() || machines.rho.empty()) {
      fail(ErrorCode::MalformedModel, "a support vector machine needs 'coefficients' and 'rho'");
    }
    return machines;
  }

  // The vectors are `number` rows of coefficients: the machine is linear.
  void become_linear(int64_t number) {
    similarity = {KernelType::Linear};
    vectors = coefficients;
    count = number;
  }

  void check(const ml::Rows& rows) const {
    if (std::ssize(vectors) % count == 0 && std::ssize(vectors) / count == rows.features) return;
    fail(ErrorCode::InvalidInput, "a support vector machine of ", count, " vectors has ",
         vectors.size(), " numbers for them, which does not fit rows of ", rows.features,
         " features");
  }

  // Calls visit(similarities) for each row in turn, with how alike it is to each vector.
  template <class Visit>
  void for_rows(const ComputeContext& context, const Visit& visit) const {
    constexpr int64_t kBlock = 64;
    const ml::Rows rows = ml::rows_of(context);
    const std::vector<double> x = ml::to_doubles(context.tensor(0));
    std::vector<double> similarities(static_cast<size_t>(kBlock * count));
    for (int64_t first = 0; first < rows.count; first += kBlock) {
      const int64_t in_block = std::min(kBlock, rows.count - first);
      context.pool().parallel_for(in_block * count, 16, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          similarities[static_cast<size_t>(i)] =
              similarity(x.data() + (first + i / count) * rows.features,
                         vectors.data() + i % count * rows.features, rows.features);
        }
      });
      for (int64_t row = 0; row < in_block; ++row) visit(similarities.data() + row * count);
    }
  }
};

struct Regressor {
  Machines machines;
  bool linear;
  bool one_class;

  static Regressor parse(const Attributes& attributes, int) {
    Regressor regressor = {Machines::parse(attributes), false,
                           attributes.get_int("one_class", 0) != 0};
    Machines& machines = regressor.machines;
    machines.count = attributes.get_int("n_supports", 0);
    regressor.linear = machines.count == 0;
    if (regressor.linear) {
      machines.become_linear(1);
    } else if (machines.count != std::ssize(machines.coefficients)) {
      fail(ErrorCode::MalformedModel, "SVMRegressor of ", machines.count, " support vectors has ",
           machines.coefficients.size(), " coefficients");
    }
    return regressor;
  }
};

void infer_regress(InferContext& context) {
  const ml::Rows rows = ml::rows_of(context);
  context.attributes_as<Regressor>().machines.check(rows);
  context.set_output(0, DType::Float, {rows.count, 1});
}

void regress(ComputeContext& context) {
  const auto& regressor = context.attributes_as<Regressor>();
  const Machines& machines = regressor.machines;
  const int64_t rows = ml::rows_of(context).count;
  std::vector<double> scores;
  machines.for_rows(context, [&](const double* similarities) {
    double score = machines.rho[0];
    for (int64_t i = 0; i < machines.count; ++i) {
      const double weight = regressor.linear ? 1 : machines.coefficients[static_cast<size_t>(i)];
      score += weight * similarities[i];
    }
    if (regressor.one_class) score = score > 0 ? 1 : -1;
    ml::apply(machines.transform, {&score, 1});
    scores.push_back(score);
  });
  context.set(0, ml::to_float_tensor(scores, {rows, 1}));
}

// Of libsvm's kind, a machine for each pair of classes, or of liblinear's, one for each class.
struct Classifier {
  Machines machines;
  Tensor labels;
  int64_t classes;
  std::vector<int64_t> starts;  // of each class's support vectors, and the end; empty: linear
  std::vector<float> prob_a;    // with prob_b: of each pair; empty: scores are no probabilities
  std::vector<float> prob_b;

  static Classifier parse(const Attributes& attributes, int);
  bool linear() const { return starts.empty(); }
  int64_t pairs() const { return classes * (classes - 1) / 2; }
  int64_t width() const { return linear() || !prob_a.empty() || classes == 2 ? classes : pairs(); }
  void check_pairs() const;
};

void Classifier::check_pairs() const {
  // How many there are is far below what is multiplied here: each class has its label.
  if (std::ssize(machines.coefficients) != (classes - 1) * machines.count) {
    fail(ErrorCode::MalformedModel, "SVMClassifier of ", classes, " classes and ", machines.count,
         " support vectors has ", machines.coefficients.size(), " coefficients, not ", classes - 1,
         " for each");
  }
  const bool fits = std::ssize(machines.rho) == pairs() && prob_a.size() == prob_b.size() &&
                    (prob_a.empty() || std::ssize(prob_a) == pairs());
  if (!fits) {
    fail(ErrorCode::MalformedModel, "SVMClassifier of ", classes, " classes needs ", pairs(),
         " numbers each in 'rho', 'prob_a' and 'prob_b', not ", machines.rho.size(), ", ",
         prob_a.size(), " and ", prob_b.size());
  }
}

Classifier Classifier::parse(const Attributes& attributes, int) {
  Classifier classifier = {Machines::parse(attributes),     ml::class_labels(attributes),   0, {},
                           attributes.get_floats("prob_a"), attributes.get_floats("prob_b")};
  classifier.classes = classifier.labels.elements();
  if (classifier.classes < 2) {
    fail(ErrorCode::MalformedModel, "SVMClassifier needs the labels of two classes or more");
  }
  const std::vector<int64_t> per_class = attributes.get_ints("vectors_per_class");
  if (per_class.empty()) {
    classifier.machines.become_linear(classifier.classes);
    return classifier;
  }
  const int64_t most = std::ssize(classifier.machines.coefficients);
  int64_t count = 0;
  for (const int64_t vectors : per_class) {
    classifier.starts.push_back(count);
    if (vectors < 0 || vectors > most - count) {
      fail(ErrorCode::MalformedModel, "SVMClassifier has ", vectors, " support vectors of a class");
    }
    count += vectors;
  }
  classifier.starts.push_back(count);
  if (count == 0 || std::ssize(per_class) != classifier.classes) {
    fail(ErrorCode::MalformedModel, "SVMClassifier of ", classifier.classes, " classes has ", count,
         " support vectors of ", per_class.size());
  }
  classifier.machines.count = count;
  classifier.check_pairs();
  return classifier;
}

// Of pairs of classes, the score of each: the first wins where it is positive.
std::vector<double> pair_scores(const Classifier& classifier, const double* similarities) {
  const Machines& machines = classifier.machines;
  // What the support vectors of `of` count where they are set against class `against`.
  const auto sum = [&](int64_t of, int64_t against) {
    const float* row =
        machines.coefficients.data() + (against > of ? against - 1 : against) * machines.count;
    double total = 0;
    for (int64_t i = classifier.starts[static_cast<size_t>(of)];
         i < classifier.starts[static_cast<size_t>(of + 1)]; ++i) {
      total += row[i] * similarities[i];
    }
    return total;
  };
  std::vector<double> scores;
  for (int64_t i = 0; i < classifier.classes; ++i) {
    for (int64_t j = i + 1; j < classifier.classes; ++j) {
      scores.push_back(sum(i, j) + sum(j, i) + machines.rho[scores.size()]);
    }
  }
  return scores;
}

// Calls visit(i, j, pair) for all pairs of classes.
template <class Visit>
void for_pairs(int64_t classes, const Visit& visit) {
  size_t pair = 0;
  for (int64_t i = 0; i < classes; ++i) {
    for (int64_t j = i + 1; j < classes; ++j) {
      visit(static_cast<size_t>(i), static_cast<size_t>(j), pair++);
    }
  }
}

int64_t winner_of(int64_t classes, const std::vector<double>& scores) {
  std::vector<double> votes(static_cast<size_t>(classes), 0.0);
  for_pairs(classes, [&](size_t i, size_t j, size_t pair) { ++votes[scores[pair] > 0 ? i : j]; });
  return ml::index_of_largest(votes);
}

// Probabilities of classes that fit those of the pairs best (Wu, Lin, Weng 2004, the second
// approach), as libsvm finds them.
std::vector<double> couple(size_t classes, const std::vector<double>& r) {
  constexpr int kMostRounds = 100;
  const double n = static_cast<double>(classes), tolerance = 0.005 / n;
  std::vector<double> q(classes * classes, 0.0), p(classes, 1 / n), qp(classes);
  for_pairs(static_cast<int64_t>(classes), [&](size_t i, size_t j, size_t) {
    const double of_i = r[i * classes + j], of_j = r[j * classes + i];
    q[i * classes + i] += of_j * of_j;
    q[j * classes + j] += of_i * of_i;
    q[i * classes + j] = q[j * classes + i] = -of_i * of_j;
  });
  for (int round = 0; round < kMostRounds; ++round) {
    double pqp = 0;
    for (size_t i = 0; i < classes; ++i) {
      qp[i] = 0;
      for (size_t j = 0; j < classes; ++j) qp[i] += q[i * classes + j] * p[j];
      pqp += p[i] * qp[i];
    }
    const auto far = [&](double value) { return std::abs(value - pqp) >= tolerance; };
    if (std::ranges::none_of(qp, far)) break;
    for (size_t i = 0; i < classes; ++i) {
      const double change = (pqp - qp[i]) / q[i * classes + i];
      p[i] += change;
      pqp = (pqp + change * (change * q[i * classes + i] + 2 * qp[i])) /
            ((1 + change) * (1 + change));
      for (size_t j = 0; j < classes; ++j) {
        qp[j] = (qp[j] + change * q[i * classes + j]) / (1 + change);
        p[j] /= 1 + change;
      }
    }
  }
  return p;
}

std::vector<double> probabilities(const Classifier& classifier, const std::vector<double>& scores) {
  const auto classes = static_cast<size_t>(classifier.classes);
  std::vector<double> of_pairs(classes * classes, 0.0);
  for_pairs(classifier.classes, [&](size_t i, size_t j, size_t pair) {
    constexpr double kLeast = 1e-7;
    double value = -(scores[pair] * classifier.prob_a[pair] + classifier.prob_b[pair]);
    ml::apply(ml::PostTransform::Logistic, {&value, 1});
    value = std::clamp(value, kLeast, 1 - kLeast);
    of_pairs[i * classes + j] = value;
    of_pairs[j * classes + i] = 1 - value;
  });
  return couple(classes, of_pairs);
}

void infer_classify(InferContext& context) {
  const auto& classifier = context.attributes_as<Classifier>();
  const ml::Rows rows = ml::rows_of(context);
  classifier.machines.check(rows);
  context.set_output(0, classifier.labels.dtype(), {rows.count});
  context.set_output(1, DType::Float, {rows.count, classifier.width()});
}

void classify(ComputeContext& context) {
  const auto& classifier = context.attributes_as<Classifier>();
  const Machines& machines = classifier.machines;
  const int64_t rows = ml::rows_of(context).count;
  std::vector<double> written;
  std::vector<int64_t> winners;
  machines.for_rows(context, [&](const double* similarities) {
    std::vector<double> scores(similarities, similarities + machines.count);
    if (classifier.linear()) {
      for (double& score : scores) score += machines.rho[0];
      winners.push_back(ml::index_of_largest(scores));
    } else {
      scores = pair_scores(classifier, similarities);
      winners.push_back(winner_of(classifier.classes, scores));
      if (!classifier.prob_a.empty()) {
        scores = probabilities(classifier, scores);
      } else if (classifier.classes == 2) {
        const auto pair = ml::TwoClasses::of(scores[0], false);
        scores.assign(pair.scores, pair.scores + 2);
      }
    }
    ml::apply(machines.transform, scores);
    written.insert(written.end(), scores.begin(), scores.end());
  });
  context.set(0, ml::pick(classifier.labels, winners, {}, {rows}));
  context.set(1, ml::to_float_tensor(written, {rows, classifier.width()}));
}

constexpr OpDef kOps[] = {
    ml::classifier("SVMClassifier", infer_classify, classify),
    ml::regressor("SVMRegressor", infer_regress, regress),
};

}  // namespace

extern constinit const OpFamily ml_svm_ops = kOps;

}  // namespace fovea

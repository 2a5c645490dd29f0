// ai.onnx.ml: LinearClassifier, LinearRegressor.

#include "ops/core/evaluate.h"
#include "ops/core/ml.h"

namespace fovea {
namespace {

// One row of coefficients and one intercept for each score.
struct LinearModel {
  Tensor coefficients;  // one after the other
  Tensor intercepts;    // may be empty
  Tensor labels;        // of a classifier
  int64_t targets;      // of a regressor
  ml::PostTransform transform;

  static LinearModel parse(const Attributes& attributes, int) {
    LinearModel model = {ml::floats_of(attributes, "coefficients"),
                         ml::floats_of(attributes, "intercepts"), ml::class_labels(attributes),
                         attributes.get_int("targets", 1), ml::post_transform_of(attributes)};
    if (model.coefficients.elements() == 0) {
      fail(ErrorCode::MalformedModel, "a linear model needs the attribute 'coefficients'");
    }
    return model;
  }

  // Throws unless there are so many scores for these rows.
  void check(const ml::Rows& rows, int64_t scores) const {
    const bool fits = scores > 0 && coefficients.elements() % scores == 0 &&
                      coefficients.elements() / scores == rows.features;
    if (!fits) {
      fail(ErrorCode::InvalidInput, "a linear model of ", scores, " scores has ",
           coefficients.elements(), " coefficients, which does not fit rows of ", rows.features,
           " features");
    }
    if (intercepts.elements() > 0 && intercepts.elements() != scores) {
      fail(ErrorCode::MalformedModel, "a linear model of ", scores, " scores has ",
           intercepts.elements(), " intercepts");
    }
  }

  // A classifier's, of which none may be known.
  int64_t classifier_scores(const ml::Rows& rows) const {
    if (intercepts.elements() > 0) return intercepts.elements();
    return rows.features > 0 ? coefficients.elements() / rows.features : 0;
  }
};

// Integers and doubles are computed as double, since float does not hold them.
std::vector<double> scores_of(const ComputeContext& context, const LinearModel& model,
                              int64_t scores) {
  const ml::Rows rows = ml::rows_of(context);
  const DType dtype = context.dtype(0) == DType::Float ? DType::Float : DType::Double;
  const auto in_type = [&](const Tensor& tensor) {
    const Tensor inputs[] = {tensor};
    return evaluate_op("Cast", {{"to", static_cast<int64_t>(dtype)}}, inputs, context.pool());
  };
  std::vector<Tensor> inputs = {in_type(context.tensor(0)).reshaped({rows.count, rows.features}),
                                in_type(model.coefficients).reshaped({scores, rows.features})};
  if (model.intercepts.elements() > 0) inputs.push_back(in_type(model.intercepts));
  return ml::to_doubles(evaluate_op("Gemm", {{"transB", int64_t{1}}}, inputs, context.pool()));
}

void infer_regress(InferContext& context) {
  const auto& model = context.attributes_as<LinearModel>();
  const ml::Rows rows = ml::rows_of(context);
  model.check(rows, model.targets);
  context.set_output(0, DType::Float, {rows.count, model.targets});
}

void regress(ComputeContext& context) {
  const auto& model = context.attributes_as<LinearModel>();
  std::vector<double> scores = scores_of(context, model, model.targets);
  const auto width = static_cast<size_t>(model.targets);
  for (size_t at = 0; at < scores.size(); at += width) {
    ml::apply(model.transform, std::span(scores).subspan(at, width));
  }
  context.set(0, ml::to_float_tensor(scores, {ml::rows_of(context).count, model.targets}));
}

// How many scores a row has in the end: one score is made two where it tells two classes apart.
int64_t width_of(const LinearModel& model, int64_t scores) {
  return scores == 1 && model.labels.elements() == 2 ? 2 : scores;
}

void infer_classify(InferContext& context) {
  const auto& model = context.attributes_as<LinearModel>();
  const ml::Rows rows = ml::rows_of(context);
  const int64_t scores = model.classifier_scores(rows);
  model.check(rows, scores);
  const int64_t labels = model.labels.elements(), width = width_of(model, scores);
  if (labels != width && labels != 0) {
    fail(ErrorCode::MalformedModel, "LinearClassifier has ", labels, " labels, but ", scores,
         " scores");
  }
  const DType dtype = labels > 0 ? model.labels.dtype() : DType::Int64;
  if (labels == 1) {
    fail(ErrorCode::UnsupportedAttribute, "LinearClassifier of one class is not supported");
  }
  context.set_output(0, dtype, {rows.count});
  context.set_output(1, DType::Float, {rows.count, width});
}

void classify(ComputeContext& context) {
  const auto& model = context.attributes_as<LinearModel>();
  const ml::Rows rows = ml::rows_of(context);
  const int64_t count = model.classifier_scores(rows), width = width_of(model, count);
  const std::vector<double> scores = scores_of(context, model, count);
  std::vector<double> written;
  std::vector<int64_t> winners;
  for (int64_t row = 0; row < rows.count; ++row) {
    const double* first = scores.data() + row * count;
    std::vector<double> each(first, first + count);
    if (count == 1) {
      const auto pair = ml::TwoClasses::of(each[0], model.transform == ml::PostTransform::None);
      winners.push_back(each[0] > 0 ? 1 : 0);
      if (width == 2) each.assign(pair.scores, pair.scores + 2);
    } else {
      winners.push_back(ml::index_of_largest(each));
    }
    ml::apply(model.transform, each);
    written.insert(written.end(), each.begin(), each.end());
  }
  const Tensor indices = Tensor::of<int64_t>({rows.count}, std::span<const int64_t>(winners));
  const bool named = model.labels.elements() > 0;
  context.set(0, named ? ml::pick(model.labels, winners, {}, {rows.count}) : indices);
  context.set(1, ml::to_float_tensor(written, {rows.count, width}));
}

constexpr OpDef kOps[] = {
    ml::classifier("LinearClassifier", infer_classify, classify),
    ml::regressor("LinearRegressor", infer_regress, regress),
};

}  // namespace

extern constinit const OpFamily ml_linear_ops = kOps;

}  // namespace fovea

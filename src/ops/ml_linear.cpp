// ai.onnx.ml: LinearClassifier, LinearRegressor.

#include "ops/core/function_steps.h"
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

// Scores [N, scores] of float; of double for integers and doubles, which float does not hold.
ValueId scores_of(Function& f, const NodeContext& context, const LinearModel& model,
                  int64_t scores) {
  const ml::Rows rows = ml::rows_of(context);
  const DType dtype = context.dtype(0) == DType::Float ? DType::Float : DType::Double;
  const auto in_type = [&](ValueId id, DType from) {
    return from == dtype ? id : cast(f, id, dtype);
  };
  const auto constant = [&](const Tensor& floats) {
    return in_type(f.constant(floats), DType::Float);
  };
  const ValueId x = reshaped(f, in_type(f.in(0), context.dtype(0)), {rows.count, rows.features});
  const ValueId weights = constant(model.coefficients.reshaped({scores, rows.features}));
  const bool shifted = model.intercepts.elements() > 0;
  return f.op("Gemm", {x, weights, shifted ? constant(model.intercepts) : kNoValue},
              {{"transB", int64_t{1}}});
}

// What is done to rows of scores that no operator of ONNX does.
constexpr std::string_view kPostTransform = "PostTransform";

void post_transform(ComputeContext& context) {
  const auto transform =
      static_cast<ml::PostTransform>(context.attributes().get_int("transform", 0));
  const Shape& shape = context.shape(0);
  std::vector<double> scores = ml::to_doubles(context.tensor(0));
  const auto width = static_cast<size_t>(shape[1]);
  for (size_t at = 0; at < scores.size(); at += width) {
    ml::apply(transform, std::span(scores).subspan(at, width));
  }
  context.set(0, ml::to_float_tensor(scores, shape));
}

// Scores as they are given, in float.
ValueId finished(Function& f, const NodeContext& context, const LinearModel& model,
                 ValueId scores) {
  const auto to_float = [&](ValueId id) {
    return context.dtype(0) == DType::Float ? id : cast(f, id, DType::Float);
  };
  switch (model.transform) {
    case ml::PostTransform::None:
      return to_float(scores);
    case ml::PostTransform::Softmax:
      return to_float(f.op("Softmax", {scores}));
    case ml::PostTransform::Logistic:
      return to_float(f.op("Sigmoid", {scores}));
    default:
      return f.ops_of(kInternalDomain, kPostTransform, {scores}, 1,
                      {{"transform", static_cast<int64_t>(model.transform)}})[0];
  }
}

Graph regress(const NodeContext& context) {
  const auto& model = context.attributes_as<LinearModel>();
  model.check(ml::rows_of(context), model.targets);
  Function f(context);
  return f.giving({finished(f, context, model, scores_of(f, context, model, model.targets))});
}

Graph classify(const NodeContext& context) {
  const auto& model = context.attributes_as<LinearModel>();
  const ml::Rows rows = ml::rows_of(context);
  const int64_t count = model.classifier_scores(rows), labels = model.labels.elements();
  model.check(rows, count);
  // One score is made two where it tells two classes apart.
  const int64_t width = count == 1 && labels == 2 ? 2 : count;
  if (labels != width && labels != 0) {
    fail(ErrorCode::MalformedModel, "LinearClassifier has ", labels, " labels, but ", count,
         " scores");
  }
  if (labels == 1) {
    fail(ErrorCode::UnsupportedAttribute, "LinearClassifier of one class is not supported");
  }
  Function f(context);
  ValueId scores = scores_of(f, context, model, count);
  const ValueId one = f.op("CastLike", {f.scalar(DType::Float, 1), scores});
  ValueId winner;
  if (count == 1) {
    const ValueId zero = f.op("Sub", {one, one});
    winner = reshaped(f, cast(f, f.op("Greater", {scores, zero}), DType::Int64), {rows.count});
    const bool is_probability = model.transform == ml::PostTransform::None;
    const ValueId other = f.op("Sub", {is_probability ? one : zero, scores});
    if (width == 2) scores = joined(f, {other, scores}, 1);
  } else {
    winner = f.op("ArgMax", {scores}, {{"axis", int64_t{1}}, {"keepdims", int64_t{0}}});
  }
  const ValueId label = labels > 0 ? f.op("Gather", {f.constant(model.labels), winner}) : winner;
  return f.giving({label, finished(f, context, model, scores)});
}

constexpr OpDef linear(std::string_view op_type, Arity outputs, ElementTypeRule element_type,
                       Graph (*function)(const NodeContext&)) {
  return {.op_type = op_type,
          .domain = ml::kDomain,
          .meaning = {.outputs = outputs,
                      .types = {type_of_input(0, ml::kNumbers)},
                      .element_type = element_type,
                      .function = function}};
}

constexpr OpDef kOps[] = {
    {.op_type = kPostTransform,
     .domain = kInternalDomain,
     .meaning = {.types = {type_of_input(0, kFloat32And64)},
                 .infer =
                     [](InferContext& context) {
                       context.set_output(0, DType::Float, context.shape(0));
                     },
                 .element_type = always<DType::Float>},
     .cpu = {.compute = post_transform}},
    linear("LinearClassifier", {1, 2}, ml::type_of_labels, classify),
    linear("LinearRegressor", {1, 1}, always<DType::Float>, regress),
};

}  // namespace

extern constinit const OpFamily ml_linear_ops = kOps;

}  // namespace fovea

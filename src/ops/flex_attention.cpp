// FlexAttention: attention whose scores and weights a model's own graphs change.

#include <cmath>

#include "ops/core/evaluate.h"
#include "ops/op.h"

namespace fovea {
namespace {

const Graph* modifier(const Node& node, std::string_view attribute) {
  const Graph* graph = node.attributes.get_graph(attribute);
  if (!graph || (graph->inputs.size() == 1 && graph->outputs.size() == 1)) return graph;
  fail(ErrorCode::MalformedModel, "FlexAttention's ", attribute, " has ", graph->inputs.size(),
       " inputs and ", graph->outputs.size(), " outputs, not one each");
}

// What is narrower than float32 is computed in that.
DType precision_of(const NodeContext& context) {
  const int64_t written = context.attributes().get_int("softmax_precision", 0);
  if (written == 0) return context.dtype(0);
  const DType precision = info_of(written).dtype;
  if (kFloats.contains(precision)) {
    return precision == DType::Double ? DType::Double : DType::Float;
  }
  fail(ErrorCode::MalformedModel, "FlexAttention's softmax_precision is ", name_of(precision));
}

// Inputs are [batch, heads, length, size]; query heads that follow each other share one of keys.
Shape result_of(const NodeContext& context) {
  const Shape &q = context.shape(0), &k = context.shape(1), &v = context.shape(2);
  const bool fits = q.rank() == 4 && k.rank() == 4 && v.rank() == 4 && k[0] == q[0] &&
                    k[3] == q[3] && v[0] == q[0] && v[1] == k[1] && v[2] == k[2] && k[1] > 0 &&
                    q[1] % k[1] == 0;
  if (!fits) {
    fail(ErrorCode::InvalidInput, "FlexAttention cannot look at keys ", k, " and values ", v,
         " with queries ", q);
  }
  return {q[0], q[1], q[2], v[3]};
}

void infer_flex_attention(InferContext& context) {
  result_of(context);
  precision_of(context);
  modifier(context.node(), "score_mod");
  modifier(context.node(), "prob_mod");
  context.set_dynamic_output(0, context.dtype(0));
}

class FlexAttention final : public Routine {
 public:
  explicit FlexAttention(const NodeContext& context);

  std::optional<GraphCall> next(std::vector<Tensor> results) override;
  std::vector<Tensor> outputs() override { return {std::move(values_)}; }

 private:
  enum class Stage : uint8_t { Scores, Weights, Done };

  Tensor op(std::string_view op_type, const std::vector<Tensor>& inputs,
            std::vector<std::pair<std::string, AttributeValue>> attributes = {});
  Tensor cast(const Tensor& tensor, DType to);
  Tensor scores_of(const NodeContext& context);

  ThreadPool pool_{1};
  const Graph* score_mod_;
  const Graph* prob_mod_;
  DType dtype_;
  DType precision_;
  Shape result_;
  Shape grouped_;  // of the weights, heads that share keys as one
  Tensor values_;
  Tensor weights_;  // or scores, as far as they are
  Stage stage_ = Stage::Scores;
};

FlexAttention::FlexAttention(const NodeContext& context)
    : score_mod_(modifier(context.node(), "score_mod")),
      prob_mod_(modifier(context.node(), "prob_mod")),
      dtype_(context.dtype(0)),
      precision_(precision_of(context)),
      result_(result_of(context)) {
  const Shape& k = context.shape(1);
  grouped_ = {k[0], k[1], result_[1] / k[1] * result_[2], k[2]};
  values_ = cast(*context.content(2), precision_);
  weights_ = scores_of(context);
}

Tensor FlexAttention::op(std::string_view op_type, const std::vector<Tensor>& inputs,
                         std::vector<std::pair<std::string, AttributeValue>> attributes) {
  return evaluate_op(op_type, std::move(attributes), inputs, pool_);
}

Tensor FlexAttention::cast(const Tensor& tensor, DType to) {
  return op("Cast", {tensor}, {{"to", static_cast<int64_t>(to)}});
}

Tensor FlexAttention::scores_of(const NodeContext& context) {
  const Shape& q = context.shape(0);
  const float scale = context.attributes().has("scale")
                          ? context.attributes().get_float("scale", 1)
                          : static_cast<float>(1 / std::sqrt(static_cast<double>(q[3])));
  const Tensor factor = cast(Tensor::of<float>({}, {scale}), dtype_);
  const Tensor queries = op("Mul", {*context.content(0), factor});
  const Tensor keys =
      op("Transpose", {*context.content(1)}, {{"perm", std::vector<int64_t>{0, 1, 3, 2}}});
  const Tensor rows = queries.reshaped({grouped_[0], grouped_[1], grouped_[2], q[3]});
  return cast(op("MatMul", {rows, keys}), precision_).reshaped({q[0], q[1], q[2], grouped_[3]});
}

std::optional<GraphCall> FlexAttention::next(std::vector<Tensor> results) {
  if (!results.empty()) {
    if (results[0].shape() != weights_.shape() || results[0].dtype() != precision_) {
      fail(ErrorCode::InvalidInput, "FlexAttention's graph makes ", name_of(results[0].dtype()),
           results[0].shape(), " of ", name_of(precision_), weights_.shape());
    }
    weights_ = std::move(results[0]);
  }
  if (stage_ == Stage::Scores) {
    stage_ = Stage::Weights;
    if (score_mod_) return GraphCall{score_mod_, {weights_}};
  }
  if (stage_ == Stage::Weights) {
    stage_ = Stage::Done;
    weights_ = op("Softmax", {weights_});
    if (prob_mod_) return GraphCall{prob_mod_, {weights_}};
  }
  values_ = cast(op("MatMul", {weights_.reshaped(grouped_), values_}), dtype_).reshaped(result_);
  return std::nullopt;
}

constexpr OpDef kOps[] = {
    {.op_type = "FlexAttention",
     .domain = "ai.onnx.preview",
     .meaning = {.inputs = {3, 3},
                 .types = {type_of_all_inputs(kFloat32And64)},
                 .infer = infer_flex_attention},
     .cpu = {.routine = [](const NodeContext& context) -> std::unique_ptr<Routine> {
       return std::make_unique<FlexAttention>(context);
     }}},
};

}  // namespace

extern constinit const OpFamily flex_attention_ops = kOps;

}  // namespace fovea

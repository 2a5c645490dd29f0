// Normalisations as onnxruntime writes them: in com.microsoft SkipLayerNormalization,
// SkipSimplifiedLayerNormalization, EmbedLayerNormalization; in ONNX's own domain, where ONNX has
// none, SimplifiedLayerNormalization and, before opset 17, LayerNormalization.

#include "ops/core/function_steps.h"
#include "ops/op.h"

namespace fovea {
namespace {

constexpr float kSkipEpsilon = 1e-12f;

WrittenAttribute epsilon_of(const NodeContext& context, float fallback) {
  return {"epsilon", context.attributes().get_float("epsilon", fallback)};
}

// input + skip + bias, normalised along the last axis; and, if asked for, the statistics and the
// sum.
Graph skip_normalization(const NodeContext& context, int bias_input, bool simplified) {
  const Shape& shape = context.shape(0);
  if (shape.rank() != 2) require_rank(context, 0, 3);
  const int64_t hidden = shape[shape.rank() - 1];
  const Shape& skip = context.shape(1);
  const bool fits = broadcast(shape, skip) == shape && skip.rank() >= 2 &&
                    skip[skip.rank() - 1] == hidden &&
                    skip[skip.rank() - 2] == shape[shape.rank() - 2];
  if (!fits) require_shape(context, 1, shape);
  for (int i = 2; i <= bias_input; ++i) require_shape(context, i, {hidden});
  Function f(context);
  const ValueId sum = combined(f, "Add", f.op("Add", {f.in(0), f.in(1)}), f.in(bias_input));
  if (!simplified) {
    const ValueId beta = f.in(3);
    const std::vector<ValueId> made =
        f.ops("LayerNormalization", {sum, f.in(2), beta}, 3,
              {epsilon_of(context, kSkipEpsilon), {"axis", int64_t{-1}}});
    return f.giving({made[0], made[1], made[2], sum});
  }
  if (context.wants_output(1) || context.wants_output(2)) {
    fail(ErrorCode::UnsupportedAttribute,
         "SkipSimplifiedLayerNormalization's mean and inv_std_var are not supported");
  }
  const ValueId y = f.op("RMSNormalization", {sum, f.in(2)}, {epsilon_of(context, kSkipEpsilon)});
  return f.giving({y, kNoValue, kNoValue, sum});
}

Graph skip_layer_normalization(const NodeContext& context) {
  return skip_normalization(context, 4, false);
}
Graph skip_simplified_layer_normalization(const NodeContext& context) {
  return skip_normalization(context, 3, true);
}

Graph simplified_layer_normalization(const NodeContext& context) {
  const Shape& shape = context.shape(0);
  const int64_t axis = context.attributes().get_int("axis", -1);
  const int first = normalize_axis(axis, shape.rank());
  Function f(context);
  const float epsilon = context.attributes().get_float("epsilon", 1e-5f);
  const ValueId y =
      f.op("RMSNormalization", {f.in(0), f.in(1)}, {{"epsilon", epsilon}, {"axis", axis}});
  if (!context.wants_output(1)) return f.giving({y});
  std::vector<int64_t> axes;
  for (int64_t i = first; i < shape.rank(); ++i) axes.push_back(i);
  const DType dtype = context.dtype(0);
  const ValueId squares = f.op("ReduceMean", {f.op("Mul", {f.in(0), f.in(0)}), f.ints(axes)});
  const auto small = static_cast<double>(epsilon);
  const ValueId deviation = f.op("Sqrt", {f.op("Add", {squares, f.scalar(dtype, small)})});
  return f.giving({y, cast(f, f.op("Reciprocal", {deviation}), DType::Float)});
}

Graph early_layer_normalization(const NodeContext& context) {
  Function f(context);
  return f.giving(
      f.ops("LayerNormalization", {f.in(0), f.in(1), f.in(2)}, 3,
            {epsilon_of(context, 1e-5f), {"axis", context.attributes().get_int("axis", -1)}}));
}

// Rows of tables of words, positions and segments, summed and normalised. And how many words a
// mask shows.
Graph embed_layer_normalization(const NodeContext& context) {
  constexpr int kWords = 0, kSegments = 1, kWordTable = 2, kPositionTable = 3, kSegmentTable = 4,
                kGamma = 5, kBeta = 6, kMask = 7, kPositions = 8;
  for (const int input : {kWords, kWordTable, kPositionTable, kSegmentTable}) {
    require_rank(context, input, 2);
  }
  const Shape& words = context.shape(kWords);
  const int64_t hidden = context.shape(kWordTable)[1];
  for (const int table : {kPositionTable, kSegmentTable}) {
    if (context.has_input(table)) require_shape(context, table, {context.shape(table)[0], hidden});
  }
  require_shape(context, kGamma, {hidden});
  require_shape(context, kBeta, {hidden});
  require_shape(context, kSegments, words);
  require_shape(context, kMask, words);
  if (context.has_input(kSegments) != context.has_input(kSegmentTable)) {
    fail(ErrorCode::InvalidInput,
         "EmbedLayerNormalization has segments without their table, or a "
         "table without segments");
  }
  Function f(context);
  const auto rows = [&](int table, ValueId ids) { return f.op("Gather", {f.in(table), ids}); };
  ValueId positions = kNoValue;
  if (context.has_input(kPositions)) {
    const Shape one = {1, words[1]};
    if (context.shape(kPositions) != one) require_shape(context, kPositions, words);
    positions = rows(kPositionTable, f.in(kPositions));
  } else {
    if (context.shape(kPositionTable)[0] < words[1]) {
      fail(ErrorCode::InvalidInput, "EmbedLayerNormalization of ", words[1],
           " words has the position table ", context.shape(kPositionTable));
    }
    positions = sliced(f, f.in(kPositionTable), 0, 0, words[1]);
  }
  ValueId sum = f.op("Add", {rows(kWordTable, f.in(kWords)), positions});
  if (context.has_input(kSegments)) {
    sum = f.op("Add", {sum, rows(kSegmentTable, f.in(kSegments))});
  }
  const ValueId y = f.op("LayerNormalization", {sum, f.in(kGamma), f.in(kBeta)},
                         {epsilon_of(context, kSkipEpsilon), {"axis", int64_t{-1}}});
  ValueId count = kNoValue;
  if (context.wants_output(1)) {
    const ValueId shown =
        context.has_input(kMask)
            ? cast(f, f.op("Equal", {f.in(kMask), f.scalar(DType::Int32, 1)}), DType::Int32)
            : f.op("Expand", {f.scalar(DType::Int32, 0), f.ints(words.dims())});
    count = f.op("ReduceSum", {shown, f.ints({1})}, {{"keepdims", int64_t{0}}});
  }
  return f.giving({y, count, sum});
}

DType type_of_embedding(const Node&, std::span<const DType> inputs, int output) {
  return output == 1 ? DType::Int32 : inputs[2];
}

// Statistics are of float32 whatever the inputs are.
DType type_of_skip(const Node&, std::span<const DType> inputs, int output) {
  return output == 1 || output == 2 ? DType::Float : inputs[0];
}

constexpr OpDef skip_of(std::string_view op_type, Arity inputs,
                        Graph (*function)(const NodeContext&)) {
  return {.op_type = op_type,
          .domain = kMicrosoftDomain,
          .meaning = {.inputs = inputs,
                      .outputs = {1, 4},
                      .types = {type_of_all_inputs(kFloat32)},
                      .element_type = type_of_skip,
                      .function = function}};
}

constexpr OpDef early(std::string_view op_type, int until, Arity inputs, Arity outputs,
                      Graph (*function)(const NodeContext&)) {
  return {.op_type = op_type,
          .until = until,
          .meaning = {.inputs = inputs,
                      .outputs = outputs,
                      .types = {type_of_all_inputs(kFloat32And64)},
                      .element_type = first_like_input<DType::Float>,
                      .function = function}};
}

constexpr OpDef kOps[] = {
    skip_of("SkipLayerNormalization", {3, 5}, skip_layer_normalization),
    skip_of("SkipSimplifiedLayerNormalization", {3, 4}, skip_simplified_layer_normalization),
    {.op_type = "EmbedLayerNormalization",
     .domain = kMicrosoftDomain,
     .meaning = {.inputs = {1, 9},
                 .outputs = {1, 3},
                 .types = {type_of_listed({0, 1, 7, 8}, {DType::Int32}),
                           type_of_listed({2, 3, 4, 5, 6}, kFloat32)},
                 .element_type = type_of_embedding,
                 .function = embed_layer_normalization}},
    early("SimplifiedLayerNormalization", kLatestOpset, {2, 2}, {1, 2},
          simplified_layer_normalization),
    early("LayerNormalization", 16, {2, 3}, {1, 3}, early_layer_normalization),
};

}  // namespace

extern constinit const OpFamily microsoft_normalization_ops = kOps;

}  // namespace fovea

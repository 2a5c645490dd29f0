// Attention as onnxruntime writes it (com.microsoft): Attention, MultiHeadAttention,
// GroupQueryAttention, RotaryEmbedding. What is said here of masks and positions is what its CPU
// kernels do.

#include <cmath>
#include <limits>

#include "ops/core/attention_function.h"
#include "ops/op.h"

namespace fovea {
namespace {

constexpr DType kFloatType = DType::Float;
// Hides a key from a query for good, and leaves a row of nothing else without NaN.
constexpr double kHidden = std::numeric_limits<float>::lowest();

// Without the attribute, or where it is 0, that of the heads' size.
double scale_of(const NodeContext& context, int64_t head) {
  const auto scale = static_cast<double>(context.attributes().get_float("scale", 0));
  return scale == 0.0 ? 1 / std::sqrt(static_cast<double>(head)) : scale;
}

void require_bias(const NodeContext& context, int input, const AttentionSizes& sizes) {
  if (!context.has_input(input)) return;
  const Shape scores = sizes.scores();
  require_rank(context, input, 4);
  if (broadcast(context.shape(input), scores) != scores) require_shape(context, input, scores);
}

ValueId number(Function& f, int64_t value) {
  return f.scalar(DType::Int64, static_cast<double>(value));
}

// ---- Attention, MultiHeadAttention ----

// Which keys a mask shows, as bools that broadcast to the scores. A mask says it for each key,
// or for each query and key, or says where a sequence ends and, with twice as many numbers, begins.
ValueId mask_of(Function& f, const NodeContext& context, int input, const AttentionSizes& sizes) {
  if (!context.has_input(input)) return kNoValue;
  const Shape& shape = context.shape(input);
  const int64_t batch = sizes.batch, keys = sizes.kv_length;
  const auto flags = [&](const Shape& as) {
    return f.op("Greater", {reshaped(f, f.in(input), as), f.scalar(DType::Int32, 0)});
  };
  if (shape == Shape{batch, keys}) return flags({batch, 1, 1, keys});
  if (shape == Shape{batch, sizes.q_length, keys}) return flags({batch, 1, sizes.q_length, keys});
  if (shape.rank() != 1 || (shape[0] != batch && shape[0] != 2 * batch)) {
    fail(ErrorCode::UnsupportedAttribute, context.node().op_type, " of ", sizes.scores(),
         " with a mask of shape ", shape, " is not supported");
  }
  const ValueId limits = cast(f, f.in(input), DType::Int64);
  const auto limit = [&](int64_t first) {
    return reshaped(f, sliced(f, limits, 0, first, first + batch), {batch, 1, 1, 1});
  };
  const ValueId before_end = keys_before(f, sizes, limit(0));
  if (shape[0] == batch) return before_end;
  const ValueId before_begin = keys_before(f, sizes, limit(batch));
  return f.op("And", {before_end, f.op("Not", {before_begin})});
}

// Scores with all that is added to them.
ValueId masked_scores(Function& f, const NodeContext& context, const AttentionSizes& sizes,
                      ValueId scores, int mask_input, int bias_input, int64_t past) {
  const auto filter =
      static_cast<double>(context.attributes().get_float("mask_filter_value", -10000));
  ValueId bias = mask_of(f, context, mask_input, sizes);
  if (bias != kNoValue) bias = bias_of(f, bias, kFloatType, filter);
  if (context.attributes().get_int("unidirectional", 0) != 0) {
    const ValueId visible = visible_keys(f, sizes, {.right = 0}, number(f, past));
    if (bias == kNoValue) bias = f.scalar(kFloatType, 0);
    bias = f.op("Where", {visible, bias, f.scalar(kFloatType, kHidden)});
  }
  require_bias(context, bias_input, sizes);
  return combined(f, "Add", combined(f, "Add", scores, bias), f.in(bias_input));
}

// Two halves of a state, [2, ...], along axis 0.
ValueId half_of(Function& f, ValueId id, int64_t index, const Shape& shape) {
  return reshaped(f, sliced(f, id, 0, index, index + 1), shape);
}

Graph attention(const NodeContext& context) {
  constexpr int kInput = 0, kWeights = 1, kBias = 2, kMask = 3, kPast = 4, kScoreBias = 5;
  refuse_attribute(context, "do_rotary", 0);
  refuse_attribute(context, "past_present_share_buffer", 0);
  refuse_input(context, 6, "past_sequence_length");
  require_rank(context, kInput, 3);
  require_rank(context, kWeights, 2);
  const Shape &x = context.shape(kInput), &w = context.shape(kWeights);
  std::vector<int64_t> hidden = context.attributes().get_ints("qkv_hidden_sizes");
  if (hidden.empty()) hidden.assign(3, divided(context, w[1], 3));
  if (hidden.size() != 3 || hidden[0] != hidden[1] || hidden[0] + hidden[1] + hidden[2] != w[1]) {
    fail(ErrorCode::InvalidInput, "Attention with weights of shape ", w,
         " cannot have qkv_hidden_sizes ", Shape(hidden));
  }
  require_shape(context, kWeights, {x[2], w[1]});
  require_shape(context, kBias, {w[1]});
  const int64_t heads = attribute_from(context, "num_heads", 0, 1);
  AttentionSizes sizes = {x[0],
                          heads,
                          heads,
                          x[1],
                          x[1],
                          divided(context, hidden[0], heads),
                          divided(context, hidden[2], heads)};
  int64_t past = 0;
  if (context.has_input(kPast)) {
    require_rank(context, kPast, 5);
    past = context.shape(kPast)[3];
    require_shape(context, kPast, {2, sizes.batch, heads, past, sizes.head});
  }
  if ((past > 0 || context.wants_output(1)) && sizes.head != sizes.v_head) {
    fail(ErrorCode::InvalidInput, "Attention has states of heads of ", sizes.head, " and ",
         sizes.v_head, " elements");
  }
  sizes.kv_length += past;

  Function f(context);
  const ValueId projected =
      combined(f, "Add", f.op("MatMul", {f.in(kInput), f.in(kWeights)}), f.in(kBias));
  const auto part = [&](int64_t first, int64_t size) {
    const ValueId columns = sliced(f, projected, 2, first, first + size);
    return split_heads(f, columns, {sizes.batch, heads, sizes.q_length, size / heads});
  };
  const ValueId q = part(0, hidden[0]);
  ValueId k = part(hidden[0], hidden[1]), v = part(hidden[0] + hidden[1], hidden[2]);
  const Shape before = {sizes.batch, heads, past, sizes.head};
  if (context.has_input(kPast)) {
    k = joined(f, {half_of(f, f.in(kPast), 0, before), k}, 2);
    v = joined(f, {half_of(f, f.in(kPast), 1, before), v}, 2);
  }
  const ValueId scores =
      masked_scores(f, context, sizes,
                    attention_scores(f, sizes, q, k, scale_of(context, sizes.head), kFloatType),
                    kMask, kScoreBias, past);
  const ValueId y = attention_values(f, sizes, f.op("Softmax", {scores}), v);
  std::vector<ValueId> outputs = {
      merge_heads(f, y, {sizes.batch, heads, sizes.q_length, sizes.v_head})};
  if (context.wants_output(1)) {
    const Shape half = {1, sizes.batch, heads, sizes.kv_length, sizes.head};
    outputs.push_back(joined(f, {reshaped(f, k, half), reshaped(f, v, half)}, 0));
  }
  return f.giving(std::move(outputs));
}

// Queries, keys and values of MultiHeadAttention as [batch, heads, length, size], whichever of the
// four ways they are written in: apart, [batch, length, heads * size]; queries so, keys and values
// packed as [batch, length, heads, 2, size] or by heads already; or all packed.
class Projections {
 public:
  Projections(const NodeContext& context, int64_t heads);

  ValueId get(Function& f, int input) const;

  AttentionSizes sizes;

 private:
  // The bias of an input, where it has one: [hidden] of its own.
  ValueId with_bias(Function& f, ValueId id, int input) const;

  const NodeContext& context_;
  int64_t heads_;
  int64_t packed_ = 0;  // how many share a tensor, 0: each has its own
  int first_packed_ = 0;
  bool by_heads_ = false;
  std::array<int64_t, 3> hidden_ = {};
};

Projections::Projections(const NodeContext& context, int64_t heads)
    : context_(context), heads_(heads) {
  constexpr int kQuery = 0, kKey = 1, kValue = 2, kBias = 3;
  const Shape& q = context.shape(kQuery);
  packed_ = q.rank() == 5 ? 3 : 0;
  if (packed_ == 0) {
    require_rank(context, kQuery, 3);
    if (context.shape(kKey).rank() == 5) packed_ = 2;
    by_heads_ = context.shape(kKey).rank() == 4;
  }
  first_packed_ = packed_ == 2 ? 1 : 0;
  sizes = {.batch = q[0], .q_heads = heads, .kv_heads = heads, .q_length = q[1]};
  sizes.head = packed_ == 3 ? q[4] : divided(context, q[2], heads);
  if (packed_ > 0) {
    const Shape& all = context.shape(first_packed_);
    sizes.kv_length = all[1];
    sizes.v_head = sizes.head;
    require_shape(context, first_packed_, {q[0], all[1], heads, packed_, sizes.head});
    for (int i = first_packed_ + 1; i <= kValue; ++i) {
      refuse_input(context, i, "keys and values both packed and apart");
    }
  } else {
    const Shape &k = context.shape(kKey), &v = context.shape(kValue);
    if (!by_heads_) require_rank(context, kKey, 3);
    require_rank(context, kValue, k.rank());
    sizes.kv_length = k[by_heads_ ? 2 : 1];
    sizes.v_head = by_heads_ ? v[3] : divided(context, v[2], heads);
    const auto shape = [&](int64_t size) {
      return by_heads_ ? Shape{q[0], heads, sizes.kv_length, size}
                       : Shape{q[0], sizes.kv_length, heads * size};
    };
    require_shape(context, kKey, shape(sizes.head));
    require_shape(context, kValue, shape(sizes.v_head));
  }
  hidden_ = {heads * sizes.head, heads * sizes.head, heads * sizes.v_head};
  require_shape(context, kBias, {hidden_[0] + hidden_[1] + hidden_[2]});
}

ValueId Projections::with_bias(Function& f, ValueId id, int input) const {
  if (!context_.has_input(3) || (by_heads_ && input > 0)) return id;
  int64_t first = 0;
  for (int i = 0; i < input; ++i) first += hidden_[static_cast<size_t>(i)];
  const int64_t size = hidden_[static_cast<size_t>(input)];
  const ValueId bias = sliced(f, f.in(3), 0, first, first + size);
  return f.op("Add", {id, reshaped(f, bias, {heads_, 1, size / heads_})});
}

ValueId Projections::get(Function& f, int input) const {
  const int64_t length = input == 0 ? sizes.q_length : sizes.kv_length;
  const Shape shape = {sizes.batch, heads_, length, input == 2 ? sizes.v_head : sizes.head};
  if (packed_ > 0 && input >= first_packed_) {
    const int64_t place = input - first_packed_;
    const ValueId own = reshaped(f, sliced(f, f.in(first_packed_), 3, place, place + 1),
                                 {shape[0], length, heads_ * shape[3]});
    return with_bias(f, split_heads(f, own, shape), input);
  }
  const ValueId in = f.in(input);
  return with_bias(f, by_heads_ && input > 0 ? in : split_heads(f, in, shape), input);
}

Graph multi_head_attention(const NodeContext& context) {
  constexpr int kMask = 4, kScoreBias = 5, kPastKey = 6, kPastValue = 7;
  refuse_input(context, 8, "past_sequence_length");
  refuse_input(context, 9, "cache_indirection");
  const int64_t heads = attribute_from(context, "num_heads", 0, 1);
  const Projections projections(context, heads);
  AttentionSizes sizes = projections.sizes;
  int64_t past = 0;
  if (context.has_input(kPastKey) != context.has_input(kPastValue)) {
    fail(ErrorCode::InvalidInput, "MultiHeadAttention takes past keys and values together");
  }
  if (context.has_input(kPastKey)) {
    require_rank(context, kPastKey, 4);
    past = context.shape(kPastKey)[2];
    require_shape(context, kPastKey, {sizes.batch, heads, past, sizes.head});
    require_shape(context, kPastValue, {sizes.batch, heads, past, sizes.v_head});
  }
  sizes.kv_length += past;
  Function f(context);
  const ValueId q = projections.get(f, 0);
  const auto keys = [&](int input, int past_input) {
    const ValueId id = projections.get(f, input);
    return context.has_input(past_input) ? joined(f, {f.in(past_input), id}, 2) : id;
  };
  const ValueId k = keys(1, kPastKey), v = keys(2, kPastValue);
  const ValueId scores =
      masked_scores(f, context, sizes,
                    attention_scores(f, sizes, q, k, scale_of(context, sizes.head), kFloatType),
                    kMask, kScoreBias, past);
  const ValueId y = attention_values(f, sizes, f.op("Softmax", {scores}), v);
  const auto wanted = [&](int output, ValueId id) {
    return context.wants_output(output) ? id : kNoValue;
  };
  return f.giving({merge_heads(f, y, {sizes.batch, heads, sizes.q_length, sizes.v_head}),
                   wanted(1, k), wanted(2, v), wanted(3, scores)});
}

// ---- RotaryEmbedding ----

Graph rotary_embedding(const NodeContext& context) {
  constexpr int kPositions = 1, kCosines = 2, kSines = 3;
  refuse_attribute(context, "is_packed_batching", 0);
  const Shape& x = context.shape(0);
  const bool packed = x.rank() == 3;
  if (!packed) require_rank(context, 0, 4);
  require_rank(context, kCosines, 2);
  require_shape(context, kSines, context.shape(kCosines));
  const int64_t half = context.shape(kCosines)[1], length = x[packed ? 1 : 2];
  const int64_t heads = attribute_from(context, "num_heads", 0, 0);
  const int64_t written = attribute_from(context, "rotary_embedding_dim", 0, 0);
  int64_t head = packed ? 2 * half : x[3];
  if (packed && written > 0) head = divided(context, x[2], heads);
  if (2 * half > head || (written > 0 ? written != 2 * half : head != 2 * half)) {
    fail(ErrorCode::InvalidInput, "RotaryEmbedding of heads of ", head,
         " elements cannot have cosines of shape ", context.shape(kCosines));
  }
  const Shape shape = packed ? Shape{x[0], length, divided(context, x[2], head), head}
                             : Shape{x[0], x[1], length, head};
  Function f(context);
  ValueId positions = f.in(kPositions);
  const Shape of_positions = {x[0], length};
  if (context.shape(kPositions) != of_positions) {
    require_shape(context, kPositions, {1});
    positions = f.op("Add", {positions_from_zero(f, of_positions), positions});
  }
  const auto chosen = [&](int input) {
    const ValueId all = f.op("Gather", {f.in(input), positions});
    return reshaped(f, all, packed ? Shape{x[0], length, 1, half} : Shape{x[0], 1, length, half});
  };
  const Rotation rotation = {2 * half, context.attributes().get_int("interleaved", 0) != 0};
  const ValueId y = rotated(f, packed ? reshaped(f, f.in(0), shape) : f.in(0), shape,
                            chosen(kCosines), chosen(kSines), rotation);
  return f.giving({packed ? reshaped(f, y, x) : y});
}

constexpr DTypeSet kInt32 = {DType::Int32};

constexpr OpDef kOps[] = {
    {.op_type = "Attention",
     .domain = kMicrosoftDomain,
     .meaning = {.inputs = {2, 7},
                 .outputs = {1, 2},
                 .types = {type_of_listed({0, 1, 2, 4, 5}, kFloat32),
                           type_of_listed({3, 6}, kInt32)},
                 .function = attention}},
    {.op_type = "MultiHeadAttention",
     .domain = kMicrosoftDomain,
     .meaning = {.inputs = {1, 10},
                 .outputs = {1, 4},
                 .types = {type_of_listed({0, 1, 2, 3, 5, 6, 7}, kFloat32),
                           type_of_listed({4, 8, 9}, kInt32)},
                 .function = multi_head_attention}},
    {.op_type = "RotaryEmbedding",
     .domain = kMicrosoftDomain,
     .meaning = {.inputs = {4, 4},
                 .types = {type_of_listed({0, 2, 3}, kFloat32), type_of_input(1, {DType::Int64})},
                 .function = rotary_embedding}},
};

}  // namespace

extern constinit const OpFamily microsoft_attention_ops = kOps;

}  // namespace fovea

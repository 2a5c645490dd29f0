// GroupQueryAttention as onnxruntime writes it (com.microsoft): attention of which heads share keys
// and values, and which keeps those in a cache. What is said of positions is what its CPU kernel
// does.

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/core/attention_function.h"
#include "ops/op.h"

namespace fovea {
namespace {

constexpr int kQuery = 0, kKey = 1, kValue = 2, kPastKey = 3, kPastValue = 4, kLastKeys = 5,
              kTotalLength = 6, kCosines = 7, kSines = 8, kPositions = 9, kScoreBias = 10,
              kSink = 11, kQueryNorm = 14, kKeyNorm = 15;
constexpr DType kFloatType = DType::Float;
// Hides a key from a query for good, and leaves a row of nothing else without NaN.
constexpr double kHidden = std::numeric_limits<float>::lowest();

// GroupQueryAttention once its shapes fit.
struct Attention {
  explicit Attention(const NodeContext& context);

  Shape heads(int64_t count) const { return {sizes.batch, count, sizes.q_length, sizes.head}; }

  AttentionSizes sizes;  // of as many keys as total_sequence_length says
  bool packed = false;   // queries, keys and values are one tensor
  bool prompt = false;   // all there is is new
  int64_t cache = 0;     // keys that the past has room for
  int64_t present = 0;   // and the present
  int64_t rotated = 0;   // elements of a head
  int64_t window = -1;   // keys that a query sees at most
  bool causal = true;
  double scale = 1;
  double cap = 0;

 private:
  void read_sizes(const NodeContext& context);
  void read_cache(const NodeContext& context);
  void read_rotation(const NodeContext& context);
};

Attention::Attention(const NodeContext& context) {
  for (const char* name : {"sliding_window_cache", "qk_output"}) refuse_attribute(context, name, 0);
  for (const char* name : {"k_quant_type", "v_quant_type"}) {
    if (context.attributes().get_string(name, "NONE") == "NONE") continue;
    fail(ErrorCode::UnsupportedAttribute,
         "GroupQueryAttention with a quantised cache is not "
         "supported");
  }
  refuse_input(context, 12, "a quantised cache");
  refuse_input(context, 13, "a quantised cache");
  refuse_input(context, 16, "query_seqlens");
  if (context.wants_output(3)) {
    fail(ErrorCode::UnsupportedAttribute, "GroupQueryAttention's output_qk is not supported");
  }
  read_sizes(context);
  read_cache(context);
  read_rotation(context);
  const Attributes& attributes = context.attributes();
  const auto written = static_cast<double>(attributes.get_float("scale", 0));
  scale = written == 0.0 ? 1 / std::sqrt(static_cast<double>(sizes.head)) : written;
  cap = static_cast<double>(attributes.get_float("softcap", 0));
  causal = attributes.get_int("causal", 1) != 0;
  window = attribute_from(context, "local_window_size", -1, -1);
  if (!(cap >= 0) || window == 0 || (window > 0 && !causal)) {
    fail(ErrorCode::MalformedModel, "GroupQueryAttention has a softcap of ", cap,
         " and a local_window_size of ", window, causal ? "" : " without being causal");
  }
}

void Attention::read_sizes(const NodeContext& context) {
  require_rank(context, kQuery, 3);
  const Shape& q = context.shape(kQuery);
  sizes.batch = q[0];
  sizes.q_length = q[1];
  sizes.q_heads = attribute_from(context, "num_heads", 0, 1);
  sizes.kv_heads = attribute_from(context, "kv_num_heads", 0, 1);
  divided(context, sizes.q_heads, sizes.kv_heads);
  packed = !context.has_input(kKey);
  sizes.head = divided(context, q[2], sizes.q_heads + (packed ? 2 * sizes.kv_heads : 0));
  sizes.v_head = sizes.head;
  if (packed) {
    refuse_input(context, kValue, "values apart from packed queries and keys");
  } else {
    require_shape(context, kKey, {q[0], q[1], sizes.kv_heads * sizes.head});
    require_shape(context, kValue, context.shape(kKey));
  }
  require_shape(context, kLastKeys, {q[0]});
  require_shape(context, kSink, {sizes.q_heads});
  require_shape(context, kQueryNorm, {sizes.head});
  require_shape(context, kKeyNorm, {sizes.head});
  if (context.has_input(kQueryNorm) != context.has_input(kKeyNorm)) {
    fail(ErrorCode::InvalidInput, "GroupQueryAttention normalises queries and keys or neither");
  }
}

void Attention::read_cache(const NodeContext& context) {
  const std::vector<int64_t> total = context.int64s(kTotalLength);
  if (total.size() != 1 || total[0] < sizes.q_length) {
    fail(ErrorCode::InvalidInput, "GroupQueryAttention of ", sizes.q_length,
         " queries has the total_sequence_length ", Shape(total));
  }
  sizes.kv_length = total[0];
  prompt = sizes.kv_length == sizes.q_length;
  if (context.has_input(kPastKey) != context.has_input(kPastValue)) {
    fail(ErrorCode::InvalidInput, "GroupQueryAttention takes past keys and values together");
  }
  if (context.has_input(kPastKey)) {
    require_rank(context, kPastKey, 4);
    cache = context.shape(kPastKey)[2];
    require_shape(context, kPastKey, {sizes.batch, sizes.kv_heads, cache, sizes.head});
    require_shape(context, kPastValue, context.shape(kPastKey));
  }
  present = std::max(cache, sizes.kv_length);
  if (!context.has_input(kScoreBias)) return;
  require_rank(context, kScoreBias, 4);
  const Shape scores = sizes.scores();
  if (broadcast(context.shape(kScoreBias), scores) == scores) return;
  require_shape(context, kScoreBias, scores);
}

void Attention::read_rotation(const NodeContext& context) {
  if (context.attributes().get_int("do_rotary", 0) == 0) return;
  require_rank(context, kCosines, 2);
  require_shape(context, kSines, context.shape(kCosines));
  rotated = 2 * context.shape(kCosines)[1];
  if (rotated > sizes.head) {
    fail(ErrorCode::InvalidInput, "GroupQueryAttention of heads of ", sizes.head,
         " elements cannot have cosines of shape ", context.shape(kCosines));
  }
  require_shape(context, kPositions, {sizes.batch, sizes.q_length});
}

// The function in the making.
class Maker {
 public:
  explicit Maker(const NodeContext& context) : context_(context), attention_(context), f_(context) {
    const ValueId last = cast(f_, f_.in(kLastKeys), DType::Int64);
    const ValueId each = reshaped(f_, last, {sizes().batch, 1, 1, 1});
    valid_ = f_.op("Add", {each, f_.ints({1})});
    first_ = attention_.prompt ? f_.ints({0}) : f_.op("Sub", {valid_, f_.ints({sizes().q_length})});
  }

  Graph make();

 private:
  const AttentionSizes& sizes() const { return attention_.sizes; }
  ValueId projection(int input, int64_t heads, int64_t before);
  ValueId turned(ValueId id, int norm, int64_t heads);
  ValueId positions();
  ValueId present_of(int past, ValueId id);
  ValueId weights_of(ValueId scores);
  ValueId scores_of(ValueId q, ValueId keys);

  const NodeContext& context_;
  Attention attention_;
  Function f_;
  ValueId valid_;  // [batch, 1, 1, 1]: keys of a sequence, with the new ones
  ValueId first_;  // that, or one for all: the position of the first query
};

// Heads of an input or, where all are packed, those after `before` heads, as [batch, heads, length,
// size].
ValueId Maker::projection(int input, int64_t heads, int64_t before) {
  const int64_t size = sizes().head;
  const ValueId own = attention_.packed
                          ? sliced(f_, f_.in(kQuery), 2, before * size, (before + heads) * size)
                          : f_.in(input);
  return split_heads(f_, own, attention_.heads(heads));
}

// Positions of the queries, [batch or 1, 1, length]. Of those that are given for a prompt, the
// first counts alone.
ValueId Maker::positions() {
  const int64_t length = sizes().q_length;
  const ValueId steps = positions_from_zero(f_, {1, 1, length});
  const auto& batch = sizes().batch;
  if (!context_.has_input(kPositions)) {
    const ValueId first = attention_.prompt ? f_.ints({0}) : reshaped(f_, first_, {batch, 1, 1});
    return f_.op("Add", {steps, first});
  }
  const ValueId given = reshaped(f_, f_.in(kPositions), {batch, 1, length});
  if (!attention_.prompt) return given;
  return f_.op("Add", {steps, sliced(f_, reshaped(f_, given, {batch * length}), 0, 0, 1)});
}

// Queries or keys, normalised and rotated where the node asks for that.
ValueId Maker::turned(ValueId id, int norm, int64_t heads) {
  if (context_.has_input(norm)) {
    const float both = context_.attributes().get_float("qk_norm_epsilon", 1e-6f);
    const char* name = norm == kQueryNorm ? "q_norm_epsilon" : "k_norm_epsilon";
    id = f_.op("RMSNormalization", {id, f_.in(norm)},
               {{"epsilon", context_.attributes().get_float(name, both)}});
  }
  if (attention_.rotated == 0) return id;
  const ValueId at = positions();
  const bool interleaved = context_.attributes().get_int("rotary_interleaved", 0) != 0;
  return rotated(f_, id, attention_.heads(heads), f_.op("Gather", {f_.in(kCosines), at}),
                 f_.op("Gather", {f_.in(kSines), at}), {attention_.rotated, interleaved});
}

// The cache with the new keys or values after the valid ones, and zeros after them.
ValueId Maker::present_of(int past, ValueId id) {
  const int64_t cache = attention_.cache, present = attention_.present, news = sizes().q_length;
  if (attention_.prompt && present == news) return id;
  const Shape zero = {sizes().batch, sizes().kv_heads, 1, sizes().head};
  std::vector<ValueId> parts;
  if (context_.has_input(past)) parts.push_back(f_.in(past));
  parts.push_back(id);
  parts.push_back(f_.op("Expand", {f_.scalar(kFloatType, 0), f_.ints(zero.dims())}));
  const ValueId all = joined(f_, std::move(parts), 2);

  const ValueId place = positions_from_zero(f_, {1, 1, 1, present});
  const ValueId nothing = f_.ints({cache + news});
  const ValueId among_new = f_.op("Sub", {place, first_});
  const auto before = [&](ValueId a, ValueId b) { return f_.op("Less", {a, b}); };
  const auto choice = [&](ValueId condition, ValueId a, ValueId b) {
    return f_.op("Where", {condition, a, b});
  };
  const ValueId of_past = choice(before(place, f_.ints({cache})), place, nothing);
  const ValueId of_new = choice(before(among_new, f_.ints({news})),
                                f_.op("Add", {among_new, f_.ints({cache})}), nothing);
  const ValueId source = choice(before(place, first_), of_past, of_new);
  const Shape indices = {sizes().batch, sizes().kv_heads, 1, present};
  const ValueId of_heads = f_.op("Expand", {source, f_.ints(indices.dims())});
  return f_.op("GatherND", {all, reshaped(f_, of_heads, {indices[0], indices[1], present, 1})},
               {{"batch_dims", int64_t{2}}});
}

ValueId Maker::scores_of(ValueId q, ValueId keys) {
  const KeyWindow window = {attention_.window < 0 ? -1 : attention_.window - 1,
                            attention_.causal ? 0 : -1};
  const ValueId visible = combined(f_, "And", keys_before(f_, sizes(), valid_),
                                   visible_keys(f_, sizes(), window, first_));
  const ValueId product = attention_scores(f_, sizes(), q, keys, attention_.scale, kFloatType);
  const ValueId capped = softcapped(f_, product, attention_.cap, kFloatType);
  const ValueId biased = combined(f_, "Add", capped, f_.in(kScoreBias));
  return f_.op("Add", {biased, bias_of(f_, visible, kFloatType, kHidden)});
}

// A sink is one key more, of which only the weight counts.
ValueId Maker::weights_of(ValueId scores) {
  const bool smooth = context_.attributes().get_int("smooth_softmax", -1) == 1;
  if (!smooth && !context_.has_input(kSink)) return f_.op("Softmax", {scores});
  const Shape all = sizes().scores();
  const ValueId sink = context_.has_input(kSink)
                           ? reshaped(f_, f_.in(kSink), {1, sizes().q_heads, 1, 1})
                           : f_.scalar(kFloatType, 0);
  const ValueId column = f_.op("Expand", {sink, f_.ints({all[0], all[1], all[2], 1})});
  const ValueId weights = f_.op("Softmax", {joined(f_, {scores, column}, 3)});
  return sliced(f_, weights, 3, 0, all[3]);
}

Graph Maker::make() {
  const int64_t q_heads = sizes().q_heads, kv_heads = sizes().kv_heads;
  const ValueId q = turned(projection(kQuery, q_heads, 0), kQueryNorm, q_heads);
  const ValueId k = turned(projection(kKey, kv_heads, q_heads), kKeyNorm, kv_heads);
  const ValueId v = projection(kValue, kv_heads, q_heads + kv_heads);
  const ValueId present_key = present_of(kPastKey, k), present_value = present_of(kPastValue, v);
  const auto looked_at = [&](ValueId id) {
    const int64_t total = sizes().kv_length;
    return attention_.present > total ? sliced(f_, id, 2, 0, total) : id;
  };
  const ValueId weights = weights_of(scores_of(q, looked_at(present_key)));
  const ValueId y = attention_values(f_, sizes(), weights, looked_at(present_value));
  const auto wanted = [&](int output, ValueId id) {
    return context_.wants_output(output) ? id : kNoValue;
  };
  return f_.giving({merge_heads(f_, y, attention_.heads(q_heads)), wanted(1, present_key),
                    wanted(2, present_value)});
}

Graph group_query_attention(const NodeContext& context) { return Maker(context).make(); }

constexpr OpDef kOps[] = {
    {.op_type = "GroupQueryAttention",
     .domain = kMicrosoftDomain,
     .meaning = {.inputs = {1, 17},
                 .outputs = {1, 4},
                 .types = {type_of_listed({kQuery, kKey, kValue, kPastKey, kPastValue, kCosines,
                                           kSines, kScoreBias, kSink, kQueryNorm, kKeyNorm},
                                          kFloat32),
                           type_of_listed({kLastKeys, kTotalLength}, {DType::Int32}),
                           type_of_input(kPositions, {DType::Int64})},
                 .function = group_query_attention,
                 .content_inputs = {kTotalLength}}},
};

}  // namespace

extern constinit const OpFamily microsoft_group_query_attention_ops = kOps;

}  // namespace fovea

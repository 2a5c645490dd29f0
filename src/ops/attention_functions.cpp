// Attention, RotaryEmbedding, CausalConvWithState, SwiGLU.

#include <cmath>
#include <limits>

#include "ops/core/attention_function.h"
#include "ops/op.h"

namespace fovea {
namespace {

constexpr int kQuery = 0, kKey = 1, kValue = 2, kMask = 3, kPastKey = 4, kPastValue = 5,
              kValidKeys = 6;
// Masks shorter than the keys are filled up; windows.
constexpr int kPaddedMaskOpset = 24;

// What qk_matmul_output gives.
enum class ScoresOutput : uint8_t { Product, Capped, Biased, Weights };

// Attention once its shapes fit.
struct Attention {
  explicit Attention(const NodeContext& context);

  AttentionSizes sizes;
  bool packed = false;  // [batch, length, heads * size]
  int64_t past = 0;     // keys before those of the node
  int64_t new_keys = 0;
  double scale = 1;
  double cap = 0;
  KeyWindow window;
  ScoresOutput scores = ScoresOutput::Product;
  DType dtype;    // of the result
  DType softmax;  // in which weights are made

 private:
  void read_heads(const NodeContext& context);
  void read_attributes(const NodeContext& context);
  void check_mask(const NodeContext& context) const;
};

Attention::Attention(const NodeContext& context)
    : packed(context.shape(kQuery).rank() == 3),
      dtype(context.dtype(kQuery)),
      softmax(context.dtype(kQuery)) {
  const int rank = packed ? 3 : 4;
  for (const int input : {kQuery, kKey, kValue}) require_rank(context, input, rank);
  read_heads(context);
  if (context.has_input(kPastKey) != context.has_input(kPastValue)) {
    fail(ErrorCode::InvalidInput, "Attention takes past keys and values together or neither");
  }
  if (context.has_input(kPastKey)) {
    require_rank(context, kPastKey, 4);
    past = context.shape(kPastKey)[2];
  }
  const auto& [batch, q_heads, kv_heads, q_length, kv_length, head, v_head] = sizes;
  require_shape(context, kPastKey, {batch, kv_heads, past, head});
  require_shape(context, kPastValue, {batch, kv_heads, past, v_head});
  require_shape(context, kValidKeys, {batch});
  if (context.has_input(kValidKeys) && context.has_input(kPastKey)) {
    fail(ErrorCode::InvalidInput, "Attention takes nonpad_kv_seqlen or past keys, not both");
  }
  sizes.kv_length = past + new_keys;
  read_attributes(context);
  check_mask(context);
}

void Attention::read_heads(const NodeContext& context) {
  const Shape &q = context.shape(kQuery), &k = context.shape(kKey), &v = context.shape(kValue);
  const Attributes& attributes = context.attributes();
  const auto heads = [&](const char* name, const Shape& shape) {
    const int64_t written = attributes.get_int(name, packed ? 0 : shape[1]);
    if (written >= 1 && (packed || written == shape[1])) return written;
    if (!packed && shape[1] == 0) return written;
    fail(ErrorCode::InvalidInput, name, " of Attention is ", written, " for an input of shape ",
         shape);
  };
  sizes.batch = q[0];
  sizes.q_heads = heads("q_num_heads", q);
  sizes.kv_heads = heads("kv_num_heads", k);
  divided(context, sizes.q_heads, sizes.kv_heads);
  sizes.q_length = q[packed ? 1 : 2];
  new_keys = k[packed ? 1 : 2];
  sizes.head = packed ? divided(context, q[2], sizes.q_heads) : q[3];
  sizes.v_head = packed ? divided(context, v[2], sizes.kv_heads) : v[3];
  const auto of_keys = [&](int64_t size) {
    return packed ? Shape{sizes.batch, new_keys, sizes.kv_heads * size}
                  : Shape{sizes.batch, sizes.kv_heads, new_keys, size};
  };
  require_shape(context, kKey, of_keys(sizes.head));
  require_shape(context, kValue, of_keys(sizes.v_head));
}

void Attention::read_attributes(const NodeContext& context) {
  const Attributes& attributes = context.attributes();
  scale = attributes.has("scale") ? static_cast<double>(attributes.get_float("scale", 1))
                                  : 1 / std::sqrt(static_cast<double>(sizes.head));
  cap = static_cast<double>(attributes.get_float("softcap", 0));
  const int64_t mode = attributes.get_int("qk_matmul_output_mode", 0);
  if (!(cap >= 0) || mode < 0 || mode > 3) {
    fail(ErrorCode::MalformedModel, "Attention has a softcap of ", cap,
         " and a qk_matmul_output_mode of ", mode);
  }
  scores = static_cast<ScoresOutput>(mode);
  window.left = attribute_from(context, "left_window_size", -1, -1);
  window.right = attribute_from(context, "right_window_size", -1, -1);
  if (attributes.get_int("is_causal", 0) != 0) window.right = 0;
  const DType precision = info_of(attributes.get_int("softmax_precision", 0)).dtype;
  if (precision == DType::Undefined) return;
  if (!kFloats.contains(precision)) {
    fail(ErrorCode::MalformedModel, "Attention's softmax_precision is ", name_of(precision));
  }
  // What is narrower than float32 is computed in that.
  softmax = precision == DType::Double ? DType::Double : DType::Float;
}

void Attention::check_mask(const NodeContext& context) const {
  if (!context.has_input(kMask)) return;
  Shape mask = context.shape(kMask);
  const int last = mask.rank() - 1;
  const bool is_short = last >= 0 && mask[last] < sizes.kv_length;
  if (is_short && context.opset() >= kPaddedMaskOpset) mask[last] = sizes.kv_length;
  if (mask.rank() <= 4 && broadcast(mask, sizes.scores()) == sizes.scores()) return;
  fail(ErrorCode::InvalidInput, "Attention's mask of shape ", context.shape(kMask),
       " does not broadcast to ", sizes.scores());
}

// The mask, filled up to all keys: bools as they are, numbers as what is added to scores.
ValueId mask_of(Function& f, const NodeContext& context, const Attention& attention) {
  if (!context.has_input(kMask)) return kNoValue;
  const bool flags = context.dtype(kMask) == DType::Bool;
  ValueId mask = f.in(kMask);
  if (!flags) mask = cast(f, mask, attention.dtype);
  const Shape& shape = context.shape(kMask);
  const int last = shape.rank() - 1;
  if (last < 0 || context.opset() < kPaddedMaskOpset) return mask;
  std::vector<int64_t> pads(2 * static_cast<size_t>(shape.rank()), 0);
  pads.back() = attention.sizes.kv_length - shape[last];
  if (pads.back() <= 0) return mask;
  const ValueId hidden =
      flags ? kNoValue : f.scalar(attention.dtype, -std::numeric_limits<double>::infinity());
  return f.op("Pad", {mask, f.ints(std::move(pads)), hidden});
}

// What is added to scores; kNoValue for nothing.
ValueId bias_of(Function& f, const NodeContext& context, const Attention& attention) {
  const AttentionSizes& sizes = attention.sizes;
  ValueId offset = f.scalar(DType::Int64, static_cast<double>(attention.past));
  ValueId visible = kNoValue;
  if (context.has_input(kValidKeys)) {
    const ValueId valid = reshaped(f, f.in(kValidKeys), {sizes.batch, 1, 1, 1});
    offset = f.op("Sub", {valid, f.ints({sizes.q_length})});
    visible = keys_before(f, sizes, valid);
  }
  visible = combined(f, "And", visible, visible_keys(f, sizes, attention.window, offset));
  ValueId added = mask_of(f, context, attention);
  if (added != kNoValue && context.dtype(kMask) == DType::Bool) {
    visible = combined(f, "And", visible, added);
    added = kNoValue;
  }
  if (visible == kNoValue) return added;
  const double hidden = -std::numeric_limits<double>::infinity();
  return combined(f, "Add", bias_of(f, visible, attention.dtype, hidden), added);
}

// Queries that may look at no key at all look at nothing: zeros.
ValueId weights_of(Function& f, const Attention& attention, ValueId scores, ValueId bias) {
  const bool same = attention.softmax == attention.dtype;
  ValueId weights = f.op("Softmax", {same ? scores : cast(f, scores, attention.softmax)});
  if (!same) weights = cast(f, weights, attention.dtype);
  if (bias == kNoValue || attention.sizes.kv_length == 0) return weights;
  const DType dtype = attention.dtype;
  const ValueId nothing = f.scalar(dtype, -std::numeric_limits<double>::infinity());
  const ValueId hidden = f.op("Equal", {reduced(f, "ReduceMax", bias, -1), nothing});
  return f.op("Where", {hidden, f.scalar(dtype, 0), weights});
}

Graph attention(const NodeContext& context) {
  const Attention attention(context);
  const AttentionSizes& sizes = attention.sizes;
  Function f(context);
  const auto heads_of = [&](int input, int64_t heads, int64_t length, int64_t size) {
    const Shape shape = {sizes.batch, heads, length, size};
    return attention.packed ? split_heads(f, f.in(input), shape) : f.in(input);
  };
  const auto after_past = [&](int past, ValueId id) {
    return context.has_input(past) ? joined(f, {f.in(past), id}, 2) : id;
  };
  const int64_t kv_heads = sizes.kv_heads, new_keys = attention.new_keys;
  const ValueId q = heads_of(kQuery, sizes.q_heads, sizes.q_length, sizes.head);
  const ValueId k = after_past(kPastKey, heads_of(kKey, kv_heads, new_keys, sizes.head));
  const ValueId v = after_past(kPastValue, heads_of(kValue, kv_heads, new_keys, sizes.v_head));

  const DType dtype = attention.dtype;
  const ValueId product = attention_scores(f, sizes, q, k, attention.scale, dtype);
  const ValueId capped = softcapped(f, product, attention.cap, dtype);
  const ValueId bias = bias_of(f, context, attention);
  const ValueId biased = combined(f, "Add", capped, bias);
  const ValueId weights = weights_of(f, attention, biased, bias);
  const bool one_type = context.dtype(kValue) == dtype;
  ValueId y = attention_values(f, sizes, weights, one_type ? v : cast(f, v, dtype));
  if (attention.packed) {
    y = merge_heads(f, y, {sizes.batch, sizes.q_heads, sizes.q_length, sizes.v_head});
  }
  const ValueId by_mode[] = {product, capped, biased, weights};
  const auto wanted = [&](int output, ValueId id) {
    return context.wants_output(output) ? id : kNoValue;
  };
  return f.giving(
      {y, wanted(1, k), wanted(2, v), wanted(3, by_mode[static_cast<int>(attention.scores)])});
}

DType type_of_attention(const Node&, std::span<const DType> inputs, int output) {
  return inputs[output == 2 ? kValue : kQuery];
}

// X of [batch, heads, length, size], or packed as [batch, length, heads * size]. The sines and
// cosines of positions are chosen by position_ids or, without, given for each.
Graph rotary_embedding(const NodeContext& context) {
  const Shape& x = context.shape(0);
  const bool packed = x.rank() == 3;
  if (!packed) require_rank(context, 0, 4);
  const int64_t heads = packed ? attribute_from(context, "num_heads", 0, 1) : x[1];
  const int64_t length = x[packed ? 1 : 2];
  const int64_t head = packed ? divided(context, x[2], heads) : x[3];
  Rotation rotation = {attribute_from(context, "rotary_embedding_dim", 0, 0),
                       context.attributes().get_int("interleaved", 0) != 0};
  if (rotation.size == 0) rotation.size = head;
  if (rotation.size > head || rotation.size % 2 != 0) {
    fail(ErrorCode::InvalidInput, "RotaryEmbedding cannot rotate ", rotation.size,
         " elements of heads of ", head);
  }
  const bool by_position = context.has_input(3);
  const int64_t half = rotation.size / 2;
  if (by_position) require_rank(context, 1, 2);
  require_shape(context, 1,
                by_position ? Shape{context.shape(1)[0], half} : Shape{x[0], length, half});
  require_shape(context, 2, context.shape(1));
  require_shape(context, 3, {x[0], length});

  Function f(context);
  const auto of_positions = [&](int input) {
    const ValueId all = by_position ? f.op("Gather", {f.in(input), f.in(3)}) : f.in(input);
    return reshaped(f, all, packed ? Shape{x[0], length, 1, half} : Shape{x[0], 1, length, half});
  };
  const Shape apart = {x[0], length, heads, head};
  const ValueId in = packed ? reshaped(f, f.in(0), apart) : f.in(0);
  const ValueId y = rotated(f, in, packed ? apart : x, of_positions(1), of_positions(2), rotation);
  return f.giving({packed ? reshaped(f, y, x) : y});
}

// A convolution of each channel by itself along the last axis, after what came before.
Graph causal_conv(const NodeContext& context) {
  for (const int input : {0, 1, 3}) require_rank(context, input, 3);
  const Shape &x = context.shape(0), &weight = context.shape(1);
  const int64_t channels = x[1], taps = weight[2];
  require_shape(context, 1, {channels, 1, taps});
  if (taps == 0) fail(ErrorCode::InvalidInput, "CausalConvWithState has weights of no taps");
  require_shape(context, 2, {channels});
  require_shape(context, 3, {x[0], channels, taps - 1});
  const std::string activation = context.attributes().get_string("activation", "none");
  const bool swish = activation == "silu" || activation == "swish";
  if (!swish && activation != "none") {
    fail(ErrorCode::MalformedModel, "CausalConvWithState has the activation '", activation,
         "', not silu, swish or none");
  }
  Function f(context);
  const ValueId padded = context.has_input(3)
                             ? joined(f, {f.in(3), f.in(0)}, 2)
                             : f.op("Pad", {f.in(0), f.ints({0, 0, taps - 1, 0, 0, 0})});
  const ValueId y = f.op("Conv", {padded, f.in(1), f.in(2)}, {{"group", channels}});
  const ValueId state = sliced(f, padded, 2, x[2], x[2] + taps - 1);
  return f.giving({swish ? f.op("Swish", {y}) : y, state});
}

Graph swiglu(const NodeContext& context) {
  require_shape(context, 1, context.shape(0));
  Function f(context);
  const float alpha = context.attributes().get_float("alpha", 1);
  return f.giving({f.op("Mul", {f.op("Swish", {f.in(0)}, {{"alpha", alpha}}), f.in(1)})});
}

constexpr OpDef attention_of(int since, int until, int inputs) {
  return {.op_type = "Attention",
          .since = since,
          .until = until,
          .meaning = {.inputs = {3, inputs},
                      .outputs = {1, 4},
                      .types = {type_of_listed({kQuery, kKey, kPastKey}, kFloat32And64),
                                type_of_listed({kValue, kPastValue}, kFloat32And64),
                                type_of_input(kMask, kFixedSize),
                                type_of_input(kValidKeys, {DType::Int64})},
                      .element_type = type_of_attention,
                      .function = attention}};
}

constexpr OpDef kOps[] = {
    attention_of(23, 23, 6),
    attention_of(24, kLatestOpset, 7),
    {.op_type = "RotaryEmbedding",
     .since = 23,
     .meaning = {.inputs = {3, 4},
                 .types = {type_of_inputs(0, 2, kFloat32And64), type_of_input(3, {DType::Int64})},
                 .function = rotary_embedding}},
    {.op_type = "CausalConvWithState",
     .since = 27,
     .meaning = {.inputs = {2, 4},
                 .outputs = {1, 2},
                 .types = {type_of_all_inputs(kFloat32And64)},
                 .function = causal_conv}},
    {.op_type = "SwiGLU",
     .since = 28,
     .meaning = {.inputs = {2, 2},
                 .types = {type_of_all_inputs(kFloat32And64)},
                 .function = swiglu}},
};

}  // namespace

extern constinit const OpFamily attention_functions_ops = kOps;

}  // namespace fovea

#pragma once

#include "ops/core/function_steps.h"

// Scaled dot product attention in the words of other operators: for ONNX's Attention and for those
// that onnxruntime adds.
namespace fovea {

// Query heads that follow each other share a head of keys and values, as many each.
struct AttentionSizes {
  int64_t batch = 0;
  int64_t q_heads = 0;
  int64_t kv_heads = 0;
  int64_t q_length = 0;
  int64_t kv_length = 0;  // with those of the past
  int64_t head = 0;       // elements of a query and a key
  int64_t v_head = 0;

  Shape scores() const { return {batch, q_heads, q_length, kv_length}; }
};

// [batch, length, heads * size] as [batch, heads, length, size], and back.
ValueId split_heads(Function& f, ValueId id, const Shape& heads);
ValueId merge_heads(Function& f, ValueId id, const Shape& heads);

// q times k transposed times `scale`, all of [batch, heads, length, size].
ValueId attention_scores(Function& f, const AttentionSizes& sizes, ValueId q, ValueId k,
                         double scale, DType dtype);
// What is looked at, weighed: [batch, q_heads, q_length, v_head].
ValueId attention_values(Function& f, const AttentionSizes& sizes, ValueId weights, ValueId v);
// cap * tanh(x / cap); x itself for a cap of 0.
ValueId softcapped(Function& f, ValueId x, double cap, DType dtype);

// Which keys a query may look at by their positions. -1: as far as there are some.
struct KeyWindow {
  int64_t left = -1;
  int64_t right = -1;
};

// Bools that broadcast to the scores, kNoValue where all keys may be looked at. `offset` is the
// position of the first query among the keys, of int64: one, or [batch, 1, 1, 1].
ValueId visible_keys(Function& f, const AttentionSizes& sizes, KeyWindow window, ValueId offset);
// The same of those before `count`, [batch, 1, 1, 1].
ValueId keys_before(Function& f, const AttentionSizes& sizes, ValueId count);

// 0, 1, 2, ... along the last axis, of int64.
ValueId positions_from_zero(Function& f, const Shape& shape);

// To be added to scores: 0 where `visible`, else `hidden`.
ValueId bias_of(Function& f, ValueId visible, DType dtype, double hidden);

// A rotation of each pair of elements by an angle of the position.
struct Rotation {
  int64_t size = 0;  // elements of a head that are rotated, the first
  bool interleaved = false;
};

// x of `shape`, whose last axis is a head's; sines and cosines broadcast to half of it.
ValueId rotated(Function& f, ValueId x, const Shape& shape, ValueId cosines, ValueId sines,
                const Rotation& rotation);

}  // namespace fovea

// com.microsoft: GroupQueryAttention.

#include <gtest/gtest.h>

#include "support/nd.h"
#include "support/near.h"
#include "support/op_runner.h"
#include "support/reference_attention.h"

namespace fovea::test {
namespace {

constexpr int64_t kHeads = 4, kShared = 2, kSize = 4;

struct Case {
  int64_t length = 3;                  // new queries and keys
  int64_t cache = 0;                   // keys that the past has room for
  std::vector<int32_t> last = {2, 2};  // seqlens_k: the last key of each sequence
  int32_t total = 3;
  int64_t rotated = 0;
  bool interleaved = false;
  bool positions = false;
  bool packed_inputs = false;
  bool causal = true;
  int64_t window = -1;
  float cap = 0;
  bool smooth = false;
  bool sink = false;
  bool bias = false;
  bool norm = false;
};

struct Inputs {
  explicit Inputs(const Case& c)
      : batch(static_cast<int64_t>(c.last.size())),
        q(random_tensor({batch, c.length, kHeads * kSize}, 1)),
        k(random_tensor({batch, c.length, kShared * kSize}, 2)),
        v(random_tensor({batch, c.length, kShared * kSize}, 3)),
        last(Tensor::of<int32_t>({batch}, std::span<const int32_t>(c.last))),
        total(Tensor::of<int32_t>({}, {c.total})) {
    const Shape past = {batch, kShared, c.cache, kSize};
    if (c.cache > 0) past_key = random_tensor(past, 4);
    if (c.cache > 0) past_value = random_tensor(past, 5);
    if (c.rotated > 0) cosines = random_tensor({16, c.rotated / 2}, 6);
    if (c.rotated > 0) sines = random_tensor({16, c.rotated / 2}, 7);
    if (c.positions) {
      positions = Tensor::allocate(DType::Int64, {batch, c.length});
      for (size_t i = 0; i < static_cast<size_t>(positions.elements()); ++i) {
        positions.mutable_as<int64_t>()[i] = static_cast<int64_t>(11 * i % 7);
      }
    }
    if (c.bias) bias = random_tensor({1, kHeads, c.length, c.total}, 8);
    if (c.sink) sink = random_tensor({kHeads}, 9);
    if (c.norm) q_norm = random_tensor({kSize}, 10);
    if (c.norm) k_norm = random_tensor({kSize}, 11);
  }

  std::vector<Tensor> all(bool packed_inputs) const {
    std::vector<Tensor> inputs = {q, k, v};
    if (packed_inputs) {
      const int64_t rows = q.shape()[0] * q.shape()[1];
      Tensor joint = Tensor::allocate(DType::Float, {q.shape()[0], q.shape()[1], 8 * kSize});
      float* to = joint.mutable_as<float>().data();
      for (int64_t row = 0; row < rows; ++row) {
        for (const Tensor* part : {&q, &k, &v}) {
          const int64_t size = part->elements() / rows;
          to = std::copy_n(part->as<float>().data() + row * size, size, to);
        }
      }
      inputs = {joint, Tensor(), Tensor()};
    }
    inputs.insert(inputs.end(), {past_key, past_value, last, total, cosines, sines, positions, bias,
                                 sink, Tensor(), Tensor(), q_norm, k_norm});
    return inputs;
  }

  int64_t batch;
  Tensor q, k, v, last, total, past_key, past_value, cosines, sines, positions, bias, sink, q_norm,
      k_norm;
};

OpCase op_of(const Case& c, int outputs = 3) {
  return {.op_type = "GroupQueryAttention",
          .opset = 1,
          .attributes = {{"num_heads", kHeads},
                         {"kv_num_heads", kShared},
                         {"do_rotary", int64_t{c.rotated > 0}},
                         {"rotary_interleaved", int64_t{c.interleaved}},
                         {"causal", int64_t{c.causal}},
                         {"local_window_size", c.window},
                         {"softcap", c.cap},
                         {"smooth_softmax", int64_t{c.smooth ? 1 : -1}}},
          .outputs = outputs,
          .domain = "com.microsoft"};
}

void normalise(Heads& heads, const Tensor& weights) {
  for (int64_t b = 0; b < heads.batch; ++b) {
    for (int64_t h = 0; h < heads.heads; ++h) {
      for (int64_t i = 0; i < heads.length; ++i) {
        double sum = 0;
        for (int64_t e = 0; e < heads.size; ++e) sum += heads.at(b, h, i, e) * heads.at(b, h, i, e);
        const double rms = std::sqrt(sum / static_cast<double>(heads.size) + 1e-6);
        for (int64_t e = 0; e < heads.size; ++e) {
          heads.at(b, h, i, e) *= double{weights.as<float>()[static_cast<size_t>(e)]} / rms;
        }
      }
    }
  }
}

// The cache with new keys or values behind the valid ones.
Heads present_of(const Tensor& past, const Heads& added, const std::vector<int64_t>& first,
                 int64_t length) {
  Heads out(added.batch, added.heads, length, added.size);
  for (int64_t b = 0; b < out.batch; ++b) {
    const int64_t begin = first[static_cast<size_t>(b)];
    for (int64_t h = 0; h < out.heads; ++h) {
      for (int64_t i = 0; i < begin + added.length; ++i) {
        for (int64_t e = 0; e < out.size; ++e) {
          out.at(b, h, i, e) =
              i < begin ? heads_of(past).at(b, h, i, e) : added.at(b, h, i - begin, e);
        }
      }
    }
  }
  return out;
}

void check(const Case& c) {
  const Inputs in(c);
  Heads q = heads_of(in.q, kHeads), k = heads_of(in.k, kShared);
  const Heads v = heads_of(in.v, kShared);
  const bool prompt = c.length == c.total;
  std::vector<int64_t> first, valid;
  for (const int32_t last : c.last) {
    valid.push_back(last + 1);
    first.push_back(prompt ? 0 : last + 1 - c.length);
  }
  if (c.norm) normalise(q, in.q_norm);
  if (c.norm) normalise(k, in.k_norm);
  const auto position = [&](int64_t b, int64_t i) {
    if (!c.positions) return first[static_cast<size_t>(b)] + i;
    const auto given = in.positions.as<int64_t>();
    return prompt ? given[0] + i : given[static_cast<size_t>(b * c.length + i)];
  };
  if (c.rotated > 0) rotate(q, in.cosines, in.sines, c.interleaved, position);
  if (c.rotated > 0) rotate(k, in.cosines, in.sines, c.interleaved, position);
  const int64_t present = std::max<int64_t>(c.cache, c.total);
  const Heads keys = present_of(in.past_key, k, first, present);
  const Heads values = present_of(in.past_value, v, first, present);
  const Bias bias = [&](int64_t b, int64_t h, int64_t i, int64_t j) {
    const int64_t at = first[static_cast<size_t>(b)] + i;
    const bool visible = j < valid[static_cast<size_t>(b)] && (!c.causal || j <= at) &&
                         (c.window < 0 || j > at - c.window);
    if (!visible) return -kInfinity;
    return c.bias ? double{in.bias.as<float>()[flat_index(in.bias.shape(), {0, h, i, j})]} : 0.0;
  };
  std::function<double(int64_t)> sink;
  if (c.smooth) sink = [](int64_t) { return 0.0; };
  if (c.sink) sink = [&](int64_t h) { return double{in.sink.as<float>()[static_cast<size_t>(h)]}; };
  const Attended expected = attend(q, keys, values, 0.5, bias, double{c.cap}, sink);
  const auto out = run_op(op_of(c), in.all(c.packed_inputs), 2);
  expect_near(out[0], {in.batch, c.length, kHeads * kSize}, packed(expected.y));
  expect_near(out[1], {in.batch, kShared, present, kSize}, keys.values);
  expect_near(out[2], {in.batch, kShared, present, kSize}, values.values);
}

TEST(GroupQueryAttention, OfAPrompt) {
  check({});
  check({.length = 1, .last = {0}, .total = 1});
  check({.packed_inputs = true});
  check({.rotated = 4});
  check({.rotated = 2, .interleaved = true});
  check({.rotated = 4, .positions = true});
  check({.causal = false});
  check({.causal = false, .cap = 0.7f});
  check({.window = 2});
  check({.smooth = true});
  check({.sink = true});
  check({.cap = 0.5f, .bias = true});
  check({.rotated = 4, .norm = true});
  check({.cache = 5});
}

// Sequences of several lengths; caches of just their size and larger.
TEST(GroupQueryAttention, OfTheNextTokens) {
  for (const int64_t cache : {5, 8}) {
    const Case usual = {.length = 1, .cache = cache, .last = {5, 2}, .total = 6, .rotated = 4};
    check(usual);
    Case c = usual;
    c.positions = true;
    check(c);
    c = usual;
    c.window = 2;
    check(c);
    c = usual;
    c.causal = false;
    check(c);
    check({.length = 2, .cache = cache, .last = {5}, .total = 6, .bias = true});
    check({.length = 2, .cache = cache, .last = {5, 3}, .total = 6});
  }
}

TEST(GroupQueryAttention, RefusesWhatDoesNotFit) {
  const Case usual = {.length = 1, .cache = 5, .last = {5, 2}, .total = 6, .rotated = 4};
  const auto run = [&](size_t index, const Tensor& other, const char* name = nullptr,
                       const AttributeValue& value = int64_t{1}, int outputs = 3) {
    std::vector<Tensor> inputs = Inputs(usual).all(false);
    inputs.resize(17);
    inputs[index] = other;
    OpCase op = op_of(usual, outputs);
    if (name) op.attributes.emplace_back(name, value);
    return error_of([&] { run_op(op, inputs); });
  };
  const Tensor q = Inputs(usual).q;
  const auto invalid = ErrorCode::InvalidInput, malformed = ErrorCode::MalformedModel,
             unsupported = ErrorCode::UnsupportedAttribute;
  EXPECT_EQ(run(0, random_tensor({2, 1, 15}, 1)), invalid);
  EXPECT_EQ(run(1, random_tensor({2, 2, 8}, 1)), invalid);
  EXPECT_EQ(run(3, random_tensor({2, 1, 5, 4}, 1)), invalid);
  EXPECT_EQ(run(4, Tensor()), invalid);
  EXPECT_EQ(run(5, Tensor::of<int32_t>({1}, {1})), invalid);
  EXPECT_EQ(run(6, Tensor::of<int32_t>({}, {0})), invalid);
  EXPECT_EQ(run(6, Tensor()), invalid);
  EXPECT_EQ(run(7, random_tensor({16, 3}, 1)), invalid);
  EXPECT_EQ(run(8, random_tensor({15, 2}, 1)), invalid);
  EXPECT_EQ(run(9, Tensor::of<int64_t>({1, 1}, {0})), invalid);
  EXPECT_EQ(run(10, random_tensor({1, 4, 1, 5}, 1)), invalid);
  EXPECT_EQ(run(11, random_tensor({3}, 1)), invalid);
  EXPECT_EQ(run(14, random_tensor({4}, 1)), invalid);
  EXPECT_EQ(run(0, q, "softcap", -1.0f), malformed);
  EXPECT_EQ(run(0, q, "local_window_size", int64_t{0}), malformed);
  EXPECT_EQ(run(12, random_tensor({1}, 1)), unsupported);
  EXPECT_EQ(run(16, Tensor::of<int32_t>({2}, {1, 1})), unsupported);
  EXPECT_EQ(run(0, q, "k_quant_type", std::string("PER_TENSOR")), unsupported);
  EXPECT_EQ(run(0, q, "sliding_window_cache"), unsupported);
  EXPECT_EQ(run(0, q, "qk_output"), unsupported);
  EXPECT_EQ(run(0, q, nullptr, int64_t{1}, 4), unsupported);
}

}  // namespace
}  // namespace fovea::test

// com.microsoft: Attention, MultiHeadAttention, GroupQueryAttention, RotaryEmbedding.

#include <gtest/gtest.h>

#include "support/near.h"
#include "support/op_cases.h"
#include "support/reference_attention.h"

namespace fovea::test {
namespace {

constexpr double kFilter = -10000;

OpCase multi_head(AttributeList attributes = {}, int outputs = 1) {
  attributes.emplace_back("num_heads", int64_t{2});
  return microsoft("MultiHeadAttention", std::move(attributes), outputs);
}

Tensor ints(const Shape& shape, std::initializer_list<int32_t> values) {
  return Tensor::of<int32_t>(shape, values);
}

// Adds `bias` from element `first` on to all rows.
Tensor plus(const Tensor& rows, const Tensor& bias, size_t first) {
  Tensor out = copy_of(rows);
  const auto size = static_cast<size_t>(rows.shape()[rows.shape().rank() - 1]);
  for (size_t i = 0; i < static_cast<size_t>(rows.elements()); ++i) {
    out.mutable_as<float>()[i] += bias.as<float>()[first + i % size];
  }
  return out;
}

// Two sequences of three queries and as many keys, two heads of four elements.
struct Inputs {
  Tensor q = random_tensor({2, 3, 8}, 1), k = random_tensor({2, 3, 8}, 2),
         v = random_tensor({2, 3, 8}, 3);

  Attended attended(const Bias& bias = no_bias, double scale = 0.5) const {
    return attend(heads_of(q, 2), heads_of(k, 2), heads_of(v, 2), scale, bias);
  }
};

TEST(MultiHeadAttention, LooksAtAllKeys) {
  const Inputs in;
  expect_near(run_op(multi_head(), {in.q, in.k, in.v}, 2)[0], {2, 3, 8}, packed(in.attended().y));
  expect_near(run_op(multi_head({{"scale", 0.2f}}), {in.q, in.k, in.v})[0], {2, 3, 8},
              packed(in.attended(no_bias, 0.2).y));
}

// The same in each of the ways that keys and values may come.
TEST(MultiHeadAttention, TakesPackedInputs) {
  const Inputs in;
  const Tensor bias = random_tensor({24}, 4);
  const Heads q = heads_of(plus(in.q, bias, 0), 2), k = heads_of(plus(in.k, bias, 8), 2),
              v = heads_of(plus(in.v, bias, 16), 2);
  const auto expected = packed(attend(q, k, v, 0.5).y);
  expect_near(run_op(multi_head(), {in.q, in.k, in.v, bias})[0], {2, 3, 8}, expected);
  const auto together = [](const std::vector<Tensor>& parts) {
    const auto count = static_cast<int64_t>(parts.size());
    Tensor all = Tensor::allocate(DType::Float, {2, 3, 2, count, 4});
    for (const Index& at : indices_of(all.shape())) {
      all.mutable_as<float>()[flat_index(all.shape(), at)] =
          parts[static_cast<size_t>(at[3])]
              .as<float>()[flat_index({2, 3, 2, 4}, {at[0], at[1], at[2], at[4]})];
    }
    return all;
  };
  expect_near(run_op(multi_head(), {together({in.q, in.k, in.v}), Tensor(), Tensor(), bias})[0],
              {2, 3, 8}, expected);
  expect_near(run_op(multi_head(), {in.q, together({in.k, in.v}), Tensor(), bias})[0], {2, 3, 8},
              expected);
  // By heads already: only queries have a bias.
  const Tensor keys = random_tensor({2, 2, 5, 4}, 5), values = random_tensor({2, 2, 5, 4}, 6);
  expect_near(run_op(multi_head(), {in.q, keys, values, bias})[0], {2, 3, 8},
              packed(attend(q, heads_of(keys), heads_of(values), 0.5).y));
}

TEST(MultiHeadAttention, Masks) {
  const Inputs in;
  const Tensor by_key = ints({2, 3}, {1, 0, 1, 1, 1, 0}), lengths = ints({2}, {1, 3}),
               ranges = ints({4}, {2, 3, 1, 0}),
               by_query = ints({2, 3, 3}, {1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0});
  const auto shown = [&](const Tensor& mask, int64_t b, int64_t i, int64_t j) -> bool {
    const auto number = [&](int64_t at) { return mask.as<int32_t>()[static_cast<size_t>(at)]; };
    if (mask.shape().rank() == 3) return number((b * 3 + i) * 3 + j) > 0;
    if (mask.shape().rank() == 2) return number(b * 3 + j) > 0;
    return j < number(b) && (mask.shape()[0] == 2 || j >= number(b + 2));
  };
  for (const Tensor& mask : {by_key, lengths, ranges, by_query}) {
    for (const bool causal : {false, true}) {
      const Bias bias = [&](int64_t b, int64_t, int64_t i, int64_t j) {
        if (causal && j > i) return -kInfinity;
        return shown(mask, b, i, j) ? 0.0 : -50.0;
      };
      const auto out =
          run_op(multi_head({{"unidirectional", int64_t{causal}}, {"mask_filter_value", -50.0f}}),
                 {in.q, in.k, in.v, Tensor(), mask});
      expect_near(out[0], {2, 3, 8}, packed(in.attended(bias).y));
    }
  }
  const Bias bias = [&](int64_t b, int64_t, int64_t, int64_t j) {
    return j < lengths.as<int32_t>()[static_cast<size_t>(b)] ? 0 : kFilter;
  };
  const auto out = run_op(multi_head({}, 4), {in.q, in.k, in.v, Tensor(), lengths});
  expect_near(out[3], {2, 2, 3, 3}, in.attended(bias).biased.values);
}

TEST(MultiHeadAttention, AddsABiasAndKeepsThePast) {
  const Inputs in;
  const Tensor past_key = random_tensor({2, 2, 2, 4}, 4),
               past_value = random_tensor({2, 2, 2, 4}, 5);
  const Heads k = after(heads_of(past_key), heads_of(in.k, 2));
  const Heads v = after(heads_of(past_value), heads_of(in.v, 2));
  for (const Shape& shape : {Shape{1, 1, 3, 5}, Shape{2, 2, 3, 5}}) {
    const Tensor added = random_tensor(shape, 6);
    const Bias bias = [&](int64_t b, int64_t h, int64_t i, int64_t j) {
      if (j > i + 2) return -kInfinity;
      return double{added.as<float>()[broadcast_index(shape, {b, h, i, j})]};
    };
    const auto out = run_op(multi_head({{"unidirectional", int64_t{1}}}, 3),
                            {in.q, in.k, in.v, Tensor(), Tensor(), added, past_key, past_value});
    expect_near(out[0], {2, 3, 8}, packed(attend(heads_of(in.q, 2), k, v, 0.5, bias).y));
    expect_near(out[1], {2, 2, 5, 4}, k.values);
    expect_near(out[2], {2, 2, 5, 4}, v.values);
  }
}

TEST(MultiHeadAttention, RefusesWhatDoesNotFit) {
  const Inputs in;
  const Tensor none, past = random_tensor({2, 2, 2, 4}, 1);
  const auto invalid = ErrorCode::InvalidInput, unsupported = ErrorCode::UnsupportedAttribute;
  EXPECT_EQ(error_in(microsoft("MultiHeadAttention", {}), {in.q, in.k, in.v}),
            ErrorCode::MalformedModel);
  EXPECT_EQ(error_in(multi_head(), {in.q, random_tensor({2, 3, 6}, 1), in.v}), invalid);
  EXPECT_EQ(error_in(multi_head(), {in.q, in.k, random_tensor({2, 4, 8}, 1)}), invalid);
  EXPECT_EQ(error_in(multi_head(), {in.q, in.k, in.v, random_tensor({23}, 1)}), invalid);
  EXPECT_EQ(error_in(multi_head(), {in.q, in.k, in.v, none, none, random_tensor({1, 2, 3, 4}, 1)}),
            invalid);
  EXPECT_EQ(error_in(multi_head(), {in.q, in.k, in.v, none, none, none, past}), invalid);
  EXPECT_EQ(error_in(multi_head(), {in.q, in.k, in.v, none, ints({8}, {0, 0, 0, 0, 0, 0, 0, 0})}),
            unsupported);
  EXPECT_EQ(
      error_in(multi_head(), {in.q, in.k, in.v, none, none, none, past, past, ints({1}, {1})}),
      unsupported);
  EXPECT_EQ(error_in(multi_head(), {random_tensor({2, 3, 2, 3, 4}, 1), in.k}), unsupported);
}

OpCase attention(AttributeList attributes = {}, int outputs = 1) {
  attributes.emplace_back("num_heads", int64_t{2});
  return microsoft("Attention", std::move(attributes), outputs);
}

TEST(MicrosoftAttention, ProjectsAndKeepsThePast) {
  const Tensor x = random_tensor({2, 3, 5}, 1), past = random_tensor({2, 2, 2, 1, 4}, 4);
  for (const int64_t v_hidden : {8, 4}) {
    const Tensor w = random_tensor({5, 16 + v_hidden}, 2), bias = random_tensor({16 + v_hidden}, 3);
    const auto projected = [&](int64_t first, int64_t size) {
      Tensor out = Tensor::allocate(DType::Float, {2, 3, size});
      for (const Index& at : indices_of(out.shape())) {
        double sum = double{bias.as<float>()[static_cast<size_t>(first + at[2])]};
        for (int64_t e = 0; e < 5; ++e) {
          sum += double{x.as<float>()[flat_index(x.shape(), {at[0], at[1], e})]} *
                 double{w.as<float>()[flat_index(w.shape(), {e, first + at[2]})]};
        }
        out.mutable_as<float>()[flat_index(out.shape(), at)] = static_cast<float>(sum);
      }
      return heads_of(out, 2);
    };
    const Heads q = projected(0, 8), k = projected(8, 8), v = projected(16, v_hidden);
    const AttributeList sizes = {{"qkv_hidden_sizes", std::vector<int64_t>{8, 8, v_hidden}}};
    expect_near(run_op(attention(sizes), {x, w, bias})[0], {2, 3, v_hidden},
                packed(attend(q, k, v, 0.5).y));
    if (v_hidden != 8) continue;
    const auto half = [&](size_t index) {
      Tensor out = Tensor::allocate(DType::Float, {2, 2, 1, 4});
      std::ranges::copy(past.as<float>().subspan(16 * index, 16), out.mutable_as<float>().begin());
      return heads_of(out);
    };
    const Heads all_k = after(half(0), k), all_v = after(half(1), v);
    const Bias bias_of = [](int64_t, int64_t, int64_t i, int64_t j) {
      return j <= i + 1 ? 0.0 : -kInfinity;
    };
    const auto out =
        run_op(attention({{"unidirectional", int64_t{1}}}, 2), {x, w, bias, Tensor(), past});
    expect_near(out[0], {2, 3, 8}, packed(attend(q, all_k, all_v, 0.5, bias_of).y));
    std::vector<double> present = all_k.values;
    present.insert(present.end(), all_v.values.begin(), all_v.values.end());
    expect_near(out[1], {2, 2, 2, 4, 4}, present);
  }
}

TEST(MicrosoftAttention, RefusesWhatDoesNotFit) {
  const Tensor x = random_tensor({2, 3, 5}, 1), w = random_tensor({5, 24}, 2);
  const auto invalid = ErrorCode::InvalidInput, unsupported = ErrorCode::UnsupportedAttribute;
  EXPECT_EQ(error_in(attention(), {x, random_tensor({5, 23}, 1)}), invalid);
  EXPECT_EQ(error_in(attention(), {x, random_tensor({4, 24}, 1)}), invalid);
  EXPECT_EQ(error_in(attention({{"qkv_hidden_sizes", std::vector<int64_t>{8, 4, 12}}}), {x, w}),
            invalid);
  EXPECT_EQ(error_in(attention({{"qkv_hidden_sizes", std::vector<int64_t>{10, 10, 4}}}, 2), {x, w}),
            invalid);
  EXPECT_EQ(error_in(attention({{"do_rotary", int64_t{1}}}), {x, w}), unsupported);
  EXPECT_EQ(error_in(attention({{"past_present_share_buffer", int64_t{1}}}), {x, w}), unsupported);
  EXPECT_EQ(error_in(attention(),
                     {x, w, Tensor(),
                      ints({2, 1, 3, 3}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1})}),
            unsupported);
}

TEST(MicrosoftRotaryEmbedding, RotatesPairs) {
  const Tensor three = random_tensor({2, 3, 16}, 1), four = random_tensor({2, 4, 3, 4}, 1);
  const Tensor cosines = random_tensor({6, 2}, 2), sines = random_tensor({6, 2}, 3);
  const Tensor each = Tensor::of<int64_t>({2, 3}, {5, 1, 0, 2, 2, 4}),
               one = Tensor::of<int64_t>({1}, {2});
  for (const bool is_packed : {false, true}) {
    for (const bool interleaved : {false, true}) {
      for (const Tensor& positions : {each, one}) {
        // Packed, with a size, the heads are larger than what is rotated.
        for (const bool partly : {false, true}) {
          const Tensor& x = is_packed ? three : four;
          Heads expected = heads_of(x, is_packed ? (partly ? 2 : 4) : 0);
          rotate(expected, cosines, sines, interleaved, [&](int64_t b, int64_t i) {
            return positions.elements() == 1 ? 2 + i
                                             : each.as<int64_t>()[static_cast<size_t>(b * 3 + i)];
          });
          AttributeList attributes = {{"interleaved", int64_t{interleaved}}};
          if (partly) attributes.emplace_back("rotary_embedding_dim", int64_t{4});
          if (partly) attributes.emplace_back("num_heads", int64_t{is_packed ? 2 : 4});
          expect_near(
              run_op(microsoft("RotaryEmbedding", attributes), {x, positions, cosines, sines})[0],
              x.shape(), is_packed ? packed(expected) : expected.values);
        }
      }
    }
  }
  const auto invalid = ErrorCode::InvalidInput;
  const OpCase op = microsoft("RotaryEmbedding", {});
  EXPECT_EQ(error_in(op, {random_tensor({2, 3, 6}, 1), each, cosines, sines}), invalid);
  EXPECT_EQ(error_in(op, {four, int64_vector({0, 1}), cosines, sines}), invalid);
  EXPECT_EQ(error_in(op, {random_tensor({2, 4, 3, 6}, 1), each, cosines, sines}), invalid);
  EXPECT_EQ(error_in(op, {three, each, cosines, random_tensor({5, 2}, 1)}), invalid);
  EXPECT_EQ(error_in(microsoft("RotaryEmbedding", {{"is_packed_batching", int64_t{1}}}),
                     {three, each, cosines, sines}),
            ErrorCode::UnsupportedAttribute);
}

}  // namespace
}  // namespace fovea::test

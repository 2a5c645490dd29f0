// Attention, RotaryEmbedding, CausalConvWithState, SwiGLU.

#include <gtest/gtest.h>

#include "support/near.h"
#include "support/op_cases.h"
#include "support/reference_attention.h"

namespace fovea::test {
namespace {

const double kHalf = 0.5;  // 1 / sqrt of heads of 4 elements

Tensor as_double(const Tensor& tensor) {
  Tensor wide = Tensor::allocate(DType::Double, tensor.shape());
  std::ranges::copy(tensor.as<float>(), wide.mutable_as<double>().begin());
  return wide;
}

OpCase attention(AttributeList attributes = {}, int opset = 25, int outputs = 1) {
  return {.op_type = "Attention",
          .opset = opset,
          .attributes = std::move(attributes),
          .outputs = outputs};
}

// Queries, keys and values [2, heads, length, 4].
struct Inputs {
  Inputs(int64_t q_heads, int64_t heads, int64_t q_length, int64_t length, int64_t v_size = 4)
      : q(random_tensor({2, q_heads, q_length, 4}, 1)),
        k(random_tensor({2, heads, length, 4}, 2)),
        v(random_tensor({2, heads, length, v_size}, 3)) {}

  Attended attended(const Bias& bias = no_bias, double cap = 0, double scale = kHalf) const {
    return attend(heads_of(q), heads_of(k), heads_of(v), scale, bias, cap);
  }

  Tensor q, k, v;
};

double unless(bool visible) { return visible ? 0.0 : -kInfinity; }

TEST(Attention, LooksAtAllKeys) {
  for (const int64_t heads : {1, 2, 4}) {
    const Inputs in(4, heads, 3, 5, 3);
    const Attended expected = in.attended();
    expect_near(run_op(attention(), {in.q, in.k, in.v}, 2)[0], {2, 4, 3, 3}, expected.y.values);
    const Tensor wide = run_op(attention(), {as_double(in.q), as_double(in.k), as_double(in.v)})[0];
    EXPECT_EQ(wide.dtype(), DType::Double);
    expect_near(wide, {2, 4, 3, 3}, expected.y.values, 1e-9);
    const Tensor mixed = run_op(attention(), {in.q, in.k, as_double(in.v)})[0];
    EXPECT_EQ(mixed.dtype(), DType::Float);
    expect_near(mixed, {2, 4, 3, 3}, expected.y.values);
  }
}

TEST(Attention, TakesHeadsThatArePacked) {
  const Tensor q = random_tensor({2, 3, 16}, 1), k = random_tensor({2, 5, 8}, 2),
               v = random_tensor({2, 5, 6}, 3);
  const Attended expected = attend(heads_of(q, 4), heads_of(k, 2), heads_of(v, 2), 0.3);
  const auto out =
      run_op(attention({{"q_num_heads", int64_t{4}}, {"kv_num_heads", int64_t{2}}, {"scale", 0.3f}},
                       23, 3),
             {q, k, v});
  expect_near(out[0], {2, 3, 12}, packed(expected.y));
  expect_near(out[1], {2, 2, 5, 4}, heads_of(k, 2).values);
  expect_near(out[2], {2, 2, 5, 3}, heads_of(v, 2).values);
}

TEST(Attention, IsCausalAfterThePast) {
  const Inputs in(2, 2, 3, 3);
  const Tensor past_key = random_tensor({2, 2, 2, 4}, 4),
               past_value = random_tensor({2, 2, 2, 4}, 5);
  const Heads k = after(heads_of(past_key), heads_of(in.k));
  const Heads v = after(heads_of(past_value), heads_of(in.v));
  for (const int64_t past : {0, 2}) {
    const Bias bias = [&](int64_t, int64_t, int64_t i, int64_t j) { return unless(j <= i + past); };
    std::vector<Tensor> inputs = {in.q, in.k, in.v};
    if (past > 0) inputs.insert(inputs.end(), {Tensor(), past_key, past_value});
    const auto out = run_op(attention({{"is_causal", int64_t{1}}}, 23, 3), inputs);
    const Attended expected =
        past > 0 ? attend(heads_of(in.q), k, v, kHalf, bias) : in.attended(bias);
    expect_near(out[0], in.q.shape(), expected.y.values);
    if (past > 0) expect_near(out[1], {2, 2, 5, 4}, k.values);
    if (past > 0) expect_near(out[2], {2, 2, 5, 4}, v.values);
  }
}

TEST(Attention, MasksByBoolsAndNumbers) {
  const Inputs in(2, 1, 2, 3);
  // The second query sees nothing: zeros.
  const Tensor flags = Tensor::of<bool>({2, 3}, {true, false, true, false, false, false});
  const auto shown = [&](int64_t i, int64_t j) {
    return flags.as<bool>()[static_cast<size_t>(i * 3 + j)];
  };
  const Bias by_flags = [&](int64_t, int64_t, int64_t i, int64_t j) { return unless(shown(i, j)); };
  const Attended hidden = in.attended(by_flags);
  EXPECT_EQ(hidden.y.at(1, 1, 1, 2), 0.0);
  const auto out =
      run_op(attention({{"qk_matmul_output_mode", int64_t{3}}}, 25, 4), {in.q, in.k, in.v, flags});
  expect_near(out[0], in.q.shape(), hidden.y.values);
  expect_near(out[3], {2, 2, 2, 3}, hidden.weights.values);
  // A mask of each shape that broadcasts.
  for (const Shape& shape : {Shape{3}, Shape{2, 3}, Shape{2, 1, 3}, Shape{2, 1, 2, 3}}) {
    const Tensor mask = random_tensor(shape, 6);
    const Bias bias = [&](int64_t b, int64_t h, int64_t i, int64_t j) {
      return double{mask.as<float>()[broadcast_index(shape, {b, h, i, j})]};
    };
    expect_near(run_op(attention(), {in.q, in.k, in.v, mask})[0], in.q.shape(),
                in.attended(bias).y.values);
  }
  const Tensor whole = Tensor::of<int32_t>({1, 3}, {0, -2, 1});
  const Bias of_integers = [&](int64_t, int64_t, int64_t, int64_t j) {
    return double(whole.as<int32_t>()[static_cast<size_t>(j)]);
  };
  expect_near(run_op(attention(), {in.q, in.k, in.v, whole})[0], in.q.shape(),
              in.attended(of_integers).y.values);
}

TEST(Attention, FillsShortMasksUp) {
  const Inputs in(1, 1, 2, 4);
  const Tensor flags = Tensor::of<bool>({1, 2}, {true, true}),
               zeros = Tensor::of<float>({2, 2}, {0, 0, 0, 0});
  const Bias bias = [](int64_t, int64_t, int64_t, int64_t j) { return unless(j < 2); };
  for (const Tensor& mask : {flags, zeros}) {
    expect_near(run_op(attention({}, 24), {in.q, in.k, in.v, mask})[0], in.q.shape(),
                in.attended(bias).y.values);
    EXPECT_EQ(error_in(attention({}, 23), {in.q, in.k, in.v, mask}), ErrorCode::InvalidInput);
  }
}

TEST(Attention, LooksAtKeysOfACache) {
  const Inputs in(2, 2, 2, 4);
  const Tensor valid = int64_vector({3, 1});
  for (const bool causal : {false, true}) {
    const Bias bias = [&](int64_t b, int64_t, int64_t i, int64_t j) {
      const int64_t keys = valid.as<int64_t>()[static_cast<size_t>(b)];
      return unless(j < keys && (!causal || j <= i + keys - 2));
    };
    expect_near(run_op(attention({{"is_causal", int64_t{causal}}}, 24),
                       {in.q, in.k, in.v, Tensor(), Tensor(), Tensor(), valid})[0],
                in.q.shape(), in.attended(bias).y.values);
  }
}

TEST(Attention, LooksThroughAWindow) {
  const Inputs in(1, 1, 5, 6);
  for (const int64_t left : {-1, 0, 2}) {
    for (const int64_t right : {-1, 0, 1}) {
      for (const bool causal : {false, true}) {
        const Bias bias = [&](int64_t, int64_t, int64_t i, int64_t j) {
          return unless((left < 0 || j >= i - left) && (right < 0 || j <= i + right) &&
                        (!causal || j <= i));
        };
        expect_near(run_op(attention({{"left_window_size", left},
                                      {"right_window_size", right},
                                      {"is_causal", int64_t{causal}}}),
                           {in.q, in.k, in.v})[0],
                    in.q.shape(), in.attended(bias).y.values);
      }
    }
  }
  const int64_t endless = std::numeric_limits<int64_t>::max();
  expect_near(run_op(attention({{"left_window_size", endless}}), {in.q, in.k, in.v})[0],
              in.q.shape(), in.attended().y.values);
}

TEST(Attention, GivesScoresOfEveryStage) {
  const Inputs in(2, 2, 2, 3);
  const Tensor mask = random_tensor({2, 3}, 7);
  const Bias bias = [&](int64_t, int64_t, int64_t i, int64_t j) {
    return double{mask.as<float>()[static_cast<size_t>(i * 3 + j)]};
  };
  const Attended expected = in.attended(bias, 0.4);
  const Heads* const stages[] = {&expected.products, &expected.capped, &expected.biased,
                                 &expected.weights};
  for (int64_t mode = 0; mode < 4; ++mode) {
    const auto out = run_op(attention({{"softcap", 0.4f},
                                       {"qk_matmul_output_mode", mode},
                                       {"softmax_precision", int64_t{11}}},
                                      23, 4),
                            {in.q, in.k, in.v, mask});
    expect_near(out[0], in.q.shape(), expected.y.values);
    EXPECT_EQ(out[3].dtype(), DType::Float);
    expect_near(out[3], {2, 2, 2, 3}, stages[mode]->values);
  }
}

TEST(Attention, OfNothing) {
  const Inputs in(1, 1, 2, 0);
  const Tensor mask = random_tensor({2, 0}, 1);
  expect_near(run_op(attention(), {in.q, in.k, in.v, mask})[0], in.q.shape(),
              std::vector<double>(16, 0.0));
  const Inputs none(1, 1, 0, 3);
  EXPECT_EQ(run_op(attention(), {none.q, none.k, none.v})[0].shape(), none.q.shape());
}

TEST(Attention, RefusesWhatDoesNotFit) {
  const Inputs in(4, 2, 2, 3);
  const std::vector<Tensor> good = {in.q, in.k, in.v};
  const auto with = [&](std::vector<Tensor> more) {
    std::vector<Tensor> all = good;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const Tensor past = random_tensor({2, 2, 1, 4}, 1);
  const auto invalid = ErrorCode::InvalidInput, malformed = ErrorCode::MalformedModel;
  EXPECT_EQ(error_in(attention(), {in.q, in.k, random_tensor({2, 2, 4, 4}, 1)}), invalid);
  EXPECT_EQ(error_in(attention(), {in.q, random_tensor({2, 2, 3, 5}, 1), in.v}), invalid);
  EXPECT_EQ(
      error_in(attention(), {in.q, random_tensor({2, 3, 3, 4}, 1), random_tensor({2, 3, 3, 4}, 1)}),
      invalid);
  EXPECT_EQ(error_in(attention(), {in.q, random_tensor({2, 3, 8}, 1), in.v}), invalid);
  EXPECT_EQ(error_in(attention(), {random_tensor({2, 2, 16}, 1), random_tensor({2, 3, 8}, 1),
                                   random_tensor({2, 3, 8}, 1)}),
            invalid);
  EXPECT_EQ(error_in(attention({{"q_num_heads", int64_t{3}}}), good), invalid);
  EXPECT_EQ(error_in(attention(), with({Tensor(), past})), invalid);
  EXPECT_EQ(error_in(attention(), with({Tensor(), past, random_tensor({2, 2, 2, 4}, 1)})), invalid);
  EXPECT_EQ(error_in(attention(), with({Tensor(), past, past, int64_vector({1, 1})})), invalid);
  EXPECT_EQ(error_in(attention(), with({Tensor(), Tensor(), Tensor(), int64_vector({1})})),
            invalid);
  EXPECT_EQ(error_in(attention(), with({random_tensor({3, 3}, 1)})), invalid);
  EXPECT_EQ(error_in(attention(), with({random_tensor({1, 2, 4, 2, 3}, 1)})), invalid);
  EXPECT_EQ(error_in(attention({{"softcap", -1.0f}}), good), malformed);
  EXPECT_EQ(error_in(attention({{"qk_matmul_output_mode", int64_t{4}}}), good), malformed);
  EXPECT_EQ(error_in(attention({{"left_window_size", int64_t{-2}}}), good), malformed);
  EXPECT_EQ(error_in(attention({{"softmax_precision", int64_t{7}}}), good), malformed);
  EXPECT_EQ(error_in(attention({}, 23), with({Tensor(), Tensor(), Tensor(), int64_vector({1, 1})})),
            malformed);
}

TEST(RotaryEmbedding, RotatesPairs) {
  const Tensor four = random_tensor({2, 3, 2, 6}, 1), three = random_tensor({2, 2, 18}, 1);
  const Tensor positions = Tensor::of<int64_t>({2, 2}, {3, 0, 1, 2});
  for (const bool is_packed : {false, true}) {
    for (const bool interleaved : {false, true}) {
      for (const int64_t size : {0, 4}) {
        const int64_t half = (size == 0 ? 6 : size) / 2;
        for (const bool by_position : {false, true}) {
          const Shape table = by_position ? Shape{4, half} : Shape{2, 2, half};
          const Tensor cosines = random_tensor(table, 2), sines = random_tensor(table, 3);
          const Tensor& x = is_packed ? three : four;
          Heads expected = heads_of(x, is_packed ? 3 : 0);
          rotate(expected, cosines, sines, interleaved, [&](int64_t b, int64_t i) {
            const int64_t place = b * 2 + i;
            return by_position ? positions.as<int64_t>()[static_cast<size_t>(place)] : place;
          });
          const OpCase op = {.op_type = "RotaryEmbedding",
                             .opset = 23,
                             .attributes = {{"interleaved", int64_t{interleaved}},
                                            {"rotary_embedding_dim", size},
                                            {"num_heads", int64_t{3}}}};
          std::vector<Tensor> inputs = {x, cosines, sines};
          if (by_position) inputs.push_back(positions);
          expect_near(run_op(op, inputs)[0], x.shape(),
                      is_packed ? packed(expected) : expected.values);
        }
      }
    }
  }
}

TEST(RotaryEmbedding, RefusesWhatDoesNotFit) {
  const auto run = [](AttributeList attributes, const Shape& x, const Shape& table,
                      std::vector<Tensor> more = {}) {
    std::vector<Tensor> inputs = {random_tensor(x, 1), random_tensor(table, 1),
                                  random_tensor(table, 1)};
    inputs.insert(inputs.end(), more.begin(), more.end());
    return error_in(
        {.op_type = "RotaryEmbedding", .opset = 23, .attributes = std::move(attributes)}, inputs);
  };
  const auto invalid = ErrorCode::InvalidInput;
  EXPECT_EQ(run({}, {1, 2, 8}, {1, 2, 4}), ErrorCode::MalformedModel);  // no num_heads
  EXPECT_EQ(run({{"num_heads", int64_t{3}}}, {1, 2, 8}, {1, 2, 4}), invalid);
  EXPECT_EQ(run({}, {1, 1, 2, 5}, {1, 2, 2}), invalid);  // an odd head
  EXPECT_EQ(run({{"rotary_embedding_dim", int64_t{6}}}, {1, 1, 2, 4}, {1, 2, 3}), invalid);
  EXPECT_EQ(run({}, {1, 1, 2, 4}, {1, 2, 1}), invalid);
  EXPECT_EQ(run({}, {1, 1, 2, 4}, {2, 2}), invalid);  // rows of positions that are not there
  EXPECT_EQ(run({}, {1, 1, 2, 4}, {2, 2}, {Tensor::of<int64_t>({1, 1}, {0})}), invalid);
  EXPECT_EQ(run({}, {2, 4}, {2, 2}), invalid);
}

TEST(CausalConvWithState, LooksBack) {
  for (const int64_t length : {1, 5}) {
    for (const int64_t taps : {1, 3}) {
      for (const bool has_past : {false, true}) {
        for (const bool swish : {false, true}) {
          const Tensor x = random_tensor({2, 3, length}, 1), w = random_tensor({3, 1, taps}, 2),
                       bias = random_tensor({3}, 3), past = random_tensor({2, 3, taps - 1}, 4);
          std::vector<double> y, state;
          const auto at = [&](int64_t row, int64_t t) {  // t counts from the first of the past
            if (t >= taps - 1)
              return double{x.as<float>()[static_cast<size_t>(row * length + t - taps + 1)]};
            return has_past ? double{past.as<float>()[static_cast<size_t>(row * (taps - 1) + t)]}
                            : 0.0;
          };
          for (int64_t row = 0; row < 6; ++row) {
            for (int64_t t = 0; t < length; ++t) {
              double sum = double{bias.as<float>()[static_cast<size_t>(row % 3)]};
              for (int64_t k = 0; k < taps; ++k) {
                sum +=
                    double{w.as<float>()[static_cast<size_t>(row % 3 * taps + k)]} * at(row, t + k);
              }
              y.push_back(swish ? sum / (1 + std::exp(-sum)) : sum);
            }
            for (int64_t t = length; t < length + taps - 1; ++t) state.push_back(at(row, t));
          }
          const OpCase op = {.op_type = "CausalConvWithState",
                             .opset = 27,
                             .attributes = {{"activation", std::string(swish ? "silu" : "none")}},
                             .outputs = 2};
          const auto out = run_op(op, {x, w, bias, has_past ? past : Tensor()});
          expect_near(out[0], x.shape(), y);
          expect_near(out[1], {2, 3, taps - 1}, state);
        }
      }
    }
  }
}

TEST(CausalConvWithState, RefusesWhatDoesNotFit) {
  const auto run = [](std::vector<Tensor> inputs, const char* activation = "none") {
    return error_in({.op_type = "CausalConvWithState",
                     .opset = 27,
                     .attributes = {{"activation", std::string(activation)}}},
                    inputs);
  };
  const Tensor x = random_tensor({1, 2, 4}, 1), w = random_tensor({2, 1, 3}, 1);
  EXPECT_EQ(run({x, random_tensor({3, 1, 3}, 1)}), ErrorCode::InvalidInput);
  EXPECT_EQ(run({x, random_tensor({2, 1, 0}, 1)}), ErrorCode::InvalidInput);
  EXPECT_EQ(run({x, w, random_tensor({3}, 1)}), ErrorCode::InvalidInput);
  EXPECT_EQ(run({x, w, Tensor(), random_tensor({1, 2, 3}, 1)}), ErrorCode::InvalidInput);
  EXPECT_EQ(run({x, w}, "relu"), ErrorCode::MalformedModel);
}

TEST(SwiGLU, GatesByASwish) {
  for (const float alpha : {1.0f, 0.3f}) {
    const Tensor a = random_tensor({3, 5}, 1, -4, 4), b = random_tensor({3, 5}, 2);
    std::vector<double> expected;
    for (size_t i = 0; i < 15; ++i) {
      const double x = double{a.as<float>()[i]};
      expected.push_back(x / (1 + std::exp(-double{alpha} * x)) * double{b.as<float>()[i]});
    }
    const OpCase op = {.op_type = "SwiGLU", .opset = 28, .attributes = {{"alpha", alpha}}};
    expect_near(run_op(op, {a, b})[0], {3, 5}, expected);
    expect_near(run_op(op, {as_double(a), as_double(b)})[0], {3, 5}, expected, 1e-9);
    EXPECT_EQ(error_in(op, {a, random_tensor({5}, 1)}), ErrorCode::InvalidInput);
  }
}

}  // namespace
}  // namespace fovea::test

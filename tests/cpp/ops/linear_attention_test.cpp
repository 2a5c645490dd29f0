// LinearAttention.

#include <gtest/gtest.h>

#include "support/nd.h"
#include "support/near.h"
#include "support/op_runner.h"
#include "support/reference_attention.h"

namespace fovea::test {
namespace {

struct Case {
  std::string rule;
  int64_t batch = 2, steps = 3, q_heads = 4, heads = 2, k_size = 3, v_size = 2;
  bool decay_by_element = false;  // of a key
  bool one_beta = false;
  bool past = false;
  float scale = 0;
};

struct Inputs {
  explicit Inputs(const Case& c)
      : gated(c.rule.starts_with("gated")),
        delta(c.rule.ends_with("delta")),
        q(random_tensor({c.batch, c.steps, c.q_heads * c.k_size}, 1)),
        k(random_tensor({c.batch, c.steps, c.heads * c.k_size}, 2)),
        v(random_tensor({c.batch, c.steps, c.heads * c.v_size}, 3)) {
    if (c.past) past = random_tensor({c.batch, c.heads, c.k_size, c.v_size}, 4);
    const int64_t decays = c.heads * (c.decay_by_element ? c.k_size : 1);
    if (gated) decay = random_tensor({c.batch, c.steps, decays}, 5);
    if (delta) beta = random_tensor({c.batch, c.steps, c.one_beta ? 1 : c.heads}, 6);
  }

  std::vector<Tensor> all() const { return {q, k, v, past, decay, beta}; }

  bool gated, delta;
  Tensor q, k, v, past, decay, beta;
};

OpCase op_of(const Case& c, int outputs) {
  return {.op_type = "LinearAttention",
          .opset = 27,
          .attributes = {{"q_num_heads", c.q_heads},
                         {"kv_num_heads", c.heads},
                         {"update_rule", c.rule},
                         {"scale", c.scale}},
          .outputs = outputs};
}

// The recurrence as ONNX writes it, a state of one head at a time.
void check(const Case& c) {
  SCOPED_TRACE(c.rule);
  const Inputs in(c);
  const Heads q = heads_of(in.q, c.q_heads), k = heads_of(in.k, c.heads),
              v = heads_of(in.v, c.heads);
  Heads state(c.batch, c.heads, c.k_size, c.v_size), y(c.batch, c.q_heads, c.steps, c.v_size);
  if (c.past) state = heads_of(in.past);
  const double scale = c.scale != 0 ? double{c.scale} : 1 / std::sqrt(double(c.k_size));
  const auto number = [&](const Tensor& tensor, int64_t b, int64_t t, int64_t i) {
    return double{tensor.as<float>()[flat_index(tensor.shape(), {b, t, i})]};
  };
  for (int64_t b = 0; b < c.batch; ++b) {
    for (int64_t t = 0; t < c.steps; ++t) {
      for (int64_t h = 0; h < c.heads; ++h) {
        for (int64_t i = 0; in.gated && i < c.k_size; ++i) {
          const int64_t own = c.decay_by_element ? h * c.k_size + i : h;
          for (int64_t j = 0; j < c.v_size; ++j) {
            state.at(b, h, i, j) *= std::exp(number(in.decay, b, t, own));
          }
        }
        for (int64_t j = 0; j < c.v_size; ++j) {
          double value = v.at(b, h, t, j);
          if (in.delta) {
            for (int64_t i = 0; i < c.k_size; ++i) value -= k.at(b, h, t, i) * state.at(b, h, i, j);
            value *= number(in.beta, b, t, c.one_beta ? 0 : h);
          }
          for (int64_t i = 0; i < c.k_size; ++i) state.at(b, h, i, j) += k.at(b, h, t, i) * value;
        }
      }
      for (int64_t h = 0; h < c.q_heads; ++h) {
        for (int64_t j = 0; j < c.v_size; ++j) {
          for (int64_t i = 0; i < c.k_size; ++i) {
            y.at(b, h, t, j) +=
                scale * q.at(b, h, t, i) * state.at(b, h / (c.q_heads / c.heads), i, j);
          }
        }
      }
    }
  }
  const Shape shape = {c.batch, c.steps, c.q_heads * c.v_size};
  const auto out = run_op(op_of(c, 2), in.all(), 2);
  expect_near(out[0], shape, packed(y));
  expect_near(out[1], {c.batch, c.heads, c.k_size, c.v_size}, state.values);
  expect_near(run_op(op_of(c, 1), in.all())[0], shape, packed(y));
}

TEST(LinearAttention, FollowsEveryRule) {
  for (const char* rule : {"linear", "gated", "delta", "gated_delta"}) {
    check({.rule = rule});
    check({.rule = rule, .decay_by_element = true, .one_beta = true, .past = true, .scale = 0.7f});
    check(
        {.rule = rule, .batch = 1, .steps = 1, .q_heads = 1, .heads = 1, .k_size = 1, .v_size = 1});
    check({.rule = rule, .steps = 0, .past = true});
  }
}

TEST(LinearAttention, RefusesWhatDoesNotFit) {
  const Case usual = {.rule = "gated_delta"};
  const auto run = [&](const Case& c, int index, const Tensor& other) {
    std::vector<Tensor> inputs = Inputs(usual).all();
    if (index >= 0) inputs[static_cast<size_t>(index)] = other;
    return error_of([&] { run_op(op_of(c, 1), inputs); });
  };
  const auto invalid = ErrorCode::InvalidInput;
  EXPECT_EQ(run({.rule = "other"}, -1, {}), ErrorCode::MalformedModel);
  EXPECT_EQ(run({.rule = "gated"}, -1, {}), invalid);  // a beta that is not asked for
  EXPECT_EQ(run({.rule = "delta"}, -1, {}), invalid);
  EXPECT_EQ(run(usual, 4, Tensor()), invalid);
  EXPECT_EQ(run(usual, 5, Tensor()), invalid);
  EXPECT_EQ(run({.rule = "gated_delta", .q_heads = 3}, -1, {}), invalid);
  EXPECT_EQ(run({.rule = "gated_delta", .q_heads = 0}, -1, {}), ErrorCode::MalformedModel);
  EXPECT_EQ(run(usual, 1, random_tensor({2, 3, 8}, 1)), invalid);
  EXPECT_EQ(run(usual, 2, random_tensor({2, 3, 5}, 1)), invalid);
  EXPECT_EQ(run(usual, 3, random_tensor({2, 2, 2, 3}, 1)), invalid);
  EXPECT_EQ(run(usual, 4, random_tensor({2, 3, 5}, 1)), invalid);
  EXPECT_EQ(run(usual, 5, random_tensor({2, 3, 3}, 1)), invalid);
  EXPECT_EQ(run(usual, 0, random_tensor({6, 12}, 1)), invalid);
}

}  // namespace
}  // namespace fovea::test

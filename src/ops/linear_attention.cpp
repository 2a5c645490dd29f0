// LinearAttention.

#include <algorithm>
#include <cmath>

#include "ops/core/function_steps.h"
#include "ops/op.h"

namespace fovea {
namespace {

constexpr int kQuery = 0, kKey = 1, kValue = 2, kPastState = 3, kDecay = 4, kBeta = 5;

// LinearAttention once its shapes fit: [batch, steps, heads * size], and for each head of keys and
// values a state [k_size, v_size] that every step decays, corrects and adds to.
struct LinearAttention {
  explicit LinearAttention(const NodeContext& context);

  Shape output() const { return {batch, steps, q_heads * v_size}; }
  Shape state() const { return {batch, heads, k_size, v_size}; }

  int64_t batch, steps, q_heads, heads, k_size, v_size;
  float scale;
  int64_t decays = 0;  // of a step and head: none, one, or one for each element of a key
  int64_t betas = 0;   // of a step: none, one, or one for each head
};

LinearAttention::LinearAttention(const NodeContext& context) {
  for (const int input : {kQuery, kKey, kValue, kDecay, kBeta}) require_rank(context, input, 3);
  const Shape &q = context.shape(kQuery), &v = context.shape(kValue);
  batch = q[0];
  steps = q[1];
  q_heads = attribute_from(context, "q_num_heads", 0, 1);
  heads = attribute_from(context, "kv_num_heads", 0, 1);
  divided(context, q_heads, heads);
  k_size = divided(context, q[2], q_heads);
  v_size = divided(context, v[2], heads);
  require_shape(context, kKey, {batch, steps, heads * k_size});
  require_shape(context, kValue, {batch, steps, heads * v_size});
  require_shape(context, kPastState, state());
  scale = context.attributes().get_float("scale", 0);
  if (scale == 0.0f) scale = 1 / std::sqrt(static_cast<float>(k_size));

  const std::string rule = context.attributes().get_string("update_rule", "gated_delta");
  const bool gates = rule == "gated" || rule == "gated_delta";
  const bool corrects = rule == "delta" || rule == "gated_delta";
  if (!gates && !corrects && rule != "linear") {
    fail(ErrorCode::MalformedModel, "LinearAttention has the update_rule '", rule,
         "', not linear, gated, delta or gated_delta");
  }
  if (gates != context.has_input(kDecay) || corrects != context.has_input(kBeta)) {
    fail(ErrorCode::InvalidInput, "LinearAttention of update_rule '", rule, "' needs ",
         gates ? "a decay" : "no decay", " and ", corrects ? "a beta" : "no beta");
  }
  if (gates) {
    decays = context.shape(kDecay)[2] == heads ? 1 : k_size;
    require_shape(context, kDecay, {batch, steps, heads * decays});
  }
  if (corrects) {
    betas = context.shape(kBeta)[2] == 1 ? 1 : heads;
    require_shape(context, kBeta, {batch, steps, betas});
  }
}

void infer_linear_attention(InferContext& context) {
  const LinearAttention attention(context);
  context.set_output(0, DType::Float, attention.output());
  context.set_output(1, DType::Float, attention.state());
}

struct Operands {
  const float *q, *k, *v, *decay, *beta;
  float* out;
};

// All steps of one head of keys and values. `row` has room for a value.
void run_head(const LinearAttention& size, const Operands& in, int64_t image, int64_t head,
              float* state, float* row) {
  const int64_t group = size.q_heads / size.heads, ks = size.k_size, vs = size.v_size;
  for (int64_t step = 0; step < size.steps; ++step) {
    const int64_t at = image * size.steps + step, place = at * size.heads + head;
    const float* k = in.k + place * ks;
    if (in.decay) {
      const float* decay = in.decay + place * size.decays;
      for (int64_t i = 0; i < ks; ++i) {
        const float factor = std::exp(decay[size.decays == 1 ? 0 : i]);
        for (int64_t j = 0; j < vs; ++j) state[i * vs + j] *= factor;
      }
    }
    std::copy_n(in.v + place * vs, vs, row);
    if (in.beta) {
      for (int64_t i = 0; i < ks; ++i) {
        for (int64_t j = 0; j < vs; ++j) row[j] -= k[i] * state[i * vs + j];
      }
      const float beta = in.beta[at * size.betas + (size.betas == 1 ? 0 : head)];
      for (int64_t j = 0; j < vs; ++j) row[j] *= beta;
    }
    for (int64_t i = 0; i < ks; ++i) {
      for (int64_t j = 0; j < vs; ++j) state[i * vs + j] += k[i] * row[j];
    }
    for (int64_t q_head = head * group; q_head < (head + 1) * group; ++q_head) {
      const float* q = in.q + (at * size.q_heads + q_head) * ks;
      float* out = in.out + (at * size.q_heads + q_head) * vs;
      std::fill_n(out, vs, 0.0f);
      for (int64_t i = 0; i < ks; ++i) {
        const float weight = size.scale * q[i];
        for (int64_t j = 0; j < vs; ++j) out[j] += weight * state[i * vs + j];
      }
    }
  }
}

// States live in their output or, where nobody wants that, in scratch memory.
Kernel plan_linear_attention(PlanContext& context) {
  const LinearAttention size(context);
  const int64_t all = size.batch * size.heads, state_size = size.k_size * size.v_size;
  const bool keeps = context.wants_output(1);
  const int64_t floats = all * (size.v_size + (keeps ? 0 : state_size));
  context.reserve_scratch(static_cast<uint64_t>(floats) * sizeof(float));
  return [=](RunContext& run) {
    auto* rows = reinterpret_cast<float*>(run.scratch());
    float* states = keeps ? run.out<float>(1) : rows + all * size.v_size;
    const Operands operands = {run.in<float>(kQuery), run.in<float>(kKey),  run.in<float>(kValue),
                               run.in<float>(kDecay), run.in<float>(kBeta), run.out<float>(0)};
    const auto* past = run.in<float>(kPastState);
    run.pool().parallel_for(all, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        float* state = states + i * state_size;
        std::fill_n(state, state_size, 0.0f);
        if (past) std::copy_n(past + i * state_size, state_size, state);
        run_head(size, operands, i / size.heads, i % size.heads, state, rows + i * size.v_size);
      }
    });
  };
}

DType type_of_result(const Node&, std::span<const DType> inputs, int output) {
  const bool of_state = output == 1 && inputs.size() > kPastState;
  const DType past = of_state ? inputs[kPastState] : DType::Undefined;
  return past == DType::Undefined ? inputs[kQuery] : past;
}

constexpr OpDef kOps[] = {
    {.op_type = "LinearAttention",
     .since = 27,
     .meaning = {.inputs = {3, 6},
                 .outputs = {1, 2},
                 .types = {type_of_all_inputs(kFloat32)},
                 .infer = infer_linear_attention,
                 .element_type = type_of_result},
     .cpu = {.plan = plan_linear_attention}},
};

}  // namespace

extern constinit const OpFamily linear_attention_ops = kOps;

}  // namespace fovea

// Comparisons, logic and bits: Equal, Less, LessOrEqual, Greater, GreaterOrEqual, And, Or, Xor,
// Not, BitwiseAnd, BitwiseOr, BitwiseXor, BitwiseNot, BitShift, IsNaN, IsInf.

#include "ops/core/broadcast_step.h"

namespace fovea {
namespace {

using kernels::binary_row;
using kernels::BinaryRow;

constexpr int64_t kGrain = 16384;

void infer_comparison(InferContext& context) {
  require_one_dtype(context);
  infer_broadcast(context, DType::Bool);
}

void infer_same_type(InferContext& context) {
  require_one_dtype(context);
  infer_broadcast(context);
}

void infer_predicate(InferContext& context) {
  context.set_output(0, DType::Bool, context.shape(0));
}

template <class Op>
Kernel plan_comparison(PlanContext& context) {
  const BinaryRow row =
      dispatch_with_integers<float, double, bool>(context.dtype(0), [](auto tag) -> BinaryRow {
        using T = typename decltype(tag)::type;
        return binary_row<Op, T, T, bool>;
      });
  return plan_broadcast_step(context, row);
}

template <class Op>
Kernel plan_logic(PlanContext& context) {
  dispatch<bool>(context.dtype(0), [](auto) {});
  return plan_broadcast_step(context, binary_row<Op, uint8_t, uint8_t, uint8_t>);
}

template <class Op>
BinaryRow bits_row(DType dtype) {
  return dispatch_with_integers(dtype, [](auto tag) -> BinaryRow {
    using Bits = std::make_unsigned_t<typename decltype(tag)::type>;
    return binary_row<Op, Bits, Bits, Bits>;
  });
}

template <class Op>
Kernel plan_bits(PlanContext& context) {
  return plan_broadcast_step(context, bits_row<Op>(context.dtype(0)));
}

Kernel plan_shift(PlanContext& context) {
  const std::string direction = context.attributes().get_string("direction", "");
  if (direction == "LEFT") {
    return plan_broadcast_step(context, bits_row<kernels::ShiftLeft>(context.dtype(0)));
  }
  if (direction == "RIGHT") {
    return plan_broadcast_step(context, bits_row<kernels::ShiftRight>(context.dtype(0)));
  }
  fail(ErrorCode::MalformedModel, "BitShift's direction is '", direction, "', not LEFT or RIGHT");
}

// to[i] = fn(from[i]) over the whole input.
template <class From, class To, class Fn>
Kernel map_elements(const PlanContext& context, Fn fn) {
  return [count = context.output_shape(0).elements(), fn](RunContext& run) {
    const From* from = run.in<From>(0);
    To* to = run.out<To>(0);
    run.pool().parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) to[i] = fn(from[i]);
    });
  };
}

Kernel plan_not(PlanContext& context) {
  return dispatch<bool>(context.dtype(0), [&](auto) {
    return map_elements<bool, bool>(context, [](bool x) { return !x; });
  });
}

Kernel plan_bitwise_not(PlanContext& context) {
  return dispatch_with_integers(context.dtype(0), [&](auto tag) {
    using Bits = std::make_unsigned_t<typename decltype(tag)::type>;
    return map_elements<Bits, Bits>(context, [](Bits x) { return static_cast<Bits>(~x); });
  });
}

template <class Fn>
Kernel plan_predicate(PlanContext& context, Fn fn) {
  return dispatch<float, double, Half, BFloat>(context.dtype(0), [&](auto tag) {
    using T = typename decltype(tag)::type;
    return map_elements<T, bool>(context, [fn](T x) {
      if constexpr (std::is_floating_point_v<T>) {
        return fn(static_cast<double>(x));
      } else {
        return fn(static_cast<double>(to_float(x)));
      }
    });
  });
}

Kernel plan_is_nan(PlanContext& context) {
  return plan_predicate(context, [](double x) { return x != x; });
}

Kernel plan_is_inf(PlanContext& context) {
  const bool positive = context.attributes().get_int("detect_positive", 1) != 0;
  const bool negative = context.attributes().get_int("detect_negative", 1) != 0;
  return plan_predicate(context, [=](double x) {
    return (positive && x == INFINITY) || (negative && x == -INFINITY);
  });
}

constexpr OpDef logical(std::string_view op_type, int since, int inputs, InferRule infer,
                        PlanRule plan) {
  return {.op_type = op_type,
          .since = since,
          .meaning = {.inputs = {inputs, inputs}, .infer = infer},
          .cpu = {.plan = plan, .reuse = Reuse::InPlace}};
}

constexpr OpDef kOps[] = {
    logical("Equal", 1, 2, infer_comparison, plan_comparison<kernels::Equal>),
    logical("Less", 1, 2, infer_comparison, plan_comparison<kernels::Less>),
    logical("LessOrEqual", 12, 2, infer_comparison, plan_comparison<kernels::LessOrEqual>),
    logical("Greater", 1, 2, infer_comparison, plan_comparison<kernels::Greater>),
    logical("GreaterOrEqual", 12, 2, infer_comparison, plan_comparison<kernels::GreaterOrEqual>),
    logical("And", 1, 2, infer_same_type, plan_logic<kernels::BitAnd>),
    logical("Or", 1, 2, infer_same_type, plan_logic<kernels::BitOr>),
    logical("Xor", 1, 2, infer_same_type, plan_logic<kernels::BitXor>),
    logical("Not", 1, 1, infer_like_input, plan_not),
    logical("BitwiseAnd", 18, 2, infer_same_type, plan_bits<kernels::BitAnd>),
    logical("BitwiseOr", 18, 2, infer_same_type, plan_bits<kernels::BitOr>),
    logical("BitwiseXor", 18, 2, infer_same_type, plan_bits<kernels::BitXor>),
    logical("BitwiseNot", 18, 1, infer_like_input, plan_bitwise_not),
    logical("BitShift", 11, 2, infer_same_type, plan_shift),
    logical("IsNaN", 9, 1, infer_predicate, plan_is_nan),
    logical("IsInf", 10, 1, infer_predicate, plan_is_inf),
};

}  // namespace

extern constinit const OpFamily logical_ops = kOps;

}  // namespace fovea

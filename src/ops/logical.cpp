// Comparisons, logic and bits: Equal, Less, LessOrEqual, Greater, GreaterOrEqual, And, Or, Xor,
// Not, BitwiseAnd, BitwiseOr, BitwiseXor, BitwiseNot, BitShift, IsNaN, IsInf.

#include <cmath>
#include <type_traits>

#include "kernels/elementwise/convert.h"
#include "kernels/elementwise/dense_rows.h"
#include "ops/core/broadcast_step.h"
#include "ops/core/wider.h"

namespace fovea {
namespace {

using kernels::binary_row;
using kernels::BinaryRow;

constexpr int64_t kGrain = 16384;

void infer_comparison(InferContext& context) { infer_broadcast(context, DType::Bool); }

void infer_predicate(InferContext& context) {
  context.set_output(0, DType::Bool, context.shape(0));
}

template <class Op>
Kernel plan_comparison(PlanContext& context) {
  const BinaryRow row = dispatch<float, double, int32_t, int64_t, uint64_t, bool>(
      context.dtype(0), [](auto tag) -> BinaryRow {
        using T = typename decltype(tag)::type;
        if constexpr (std::is_same_v<T, float> || std::is_same_v<T, int64_t>) {
          return kernels::compare_row<Op, T>;
        } else {
          return binary_row<Op, T, T, bool>;
        }
      });
  return plan_broadcast_step(context, row);
}

Kernel plan_equal_strings(PlanContext& context) {
  const auto offsets = [&](int input) {
    const Shape& shape = context.shape(input);
    return broadcast_offsets(shape, strides_of(shape), context.output_shape(0));
  };
  return [a = offsets(0), b = offsets(1)](RunContext& run) {
    for (size_t i = 0; i < a.size(); ++i) {
      run.out<bool>(0)[i] = run.in<std::string>(0)[a[i]] == run.in<std::string>(1)[b[i]];
    }
  };
}

template <class Op>
Kernel plan_logic(PlanContext& context) {
  return plan_broadcast_step(context, kernels::bits_row<Op, uint8_t>);
}

template <class Op>
BinaryRow bits_row(DType dtype) {
  return dispatch_with_integers(dtype, [](auto tag) -> BinaryRow {
    using Bits = std::make_unsigned_t<typename decltype(tag)::type>;
    if constexpr (std::is_same_v<Op, kernels::ShiftLeft>) {
      return binary_row<Op, Bits, Bits, Bits>;
    } else {
      return kernels::bits_row<Op, Bits>;
    }
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
    const BinaryRow row = dispatch_with_integers(context.dtype(0), [](auto tag) -> BinaryRow {
      using T = typename decltype(tag)::type;
      return binary_row<kernels::ShiftRight, T, T, T>;
    });
    return plan_broadcast_step(context, row);
  }
  fail(ErrorCode::MalformedModel, "BitShift's direction is '", direction, "', not LEFT or RIGHT");
}

// Maps `count` elements at `from` to `to`.
using MapRow = void (*)(const void* from, void* to, int64_t count) noexcept;

template <class From, class To, class Fn>
void map_row(const void* from, void* to, int64_t count) noexcept {
  for (int64_t i = 0; i < count; ++i) {
    static_cast<To*>(to)[i] = static_cast<To>(Fn()(static_cast<const From*>(from)[i]));
  }
}

Kernel map_elements(const PlanContext& context, MapRow row) {
  const auto from_bytes = static_cast<int64_t>(element_bytes(context.dtype(0)));
  const auto to_bytes = static_cast<int64_t>(element_bytes(context.output_dtype(0)));
  return [=, count = context.output_shape(0).elements()](RunContext& run) {
    const std::byte* from = run.in<std::byte>(0);
    std::byte* to = run.out<std::byte>(0);
    run.pool().parallel_for(count, kGrain, [&](int64_t begin, int64_t end) {
      row(from + begin * from_bytes, to + begin * to_bytes, end - begin);
    });
  };
}

Kernel plan_not(PlanContext& context) { return map_elements(context, kernels::is_zero_row); }

Kernel plan_bitwise_not(PlanContext& context) {
  const auto bytes = static_cast<int64_t>(context.output_shape(0).elements()) *
                     static_cast<int64_t>(element_bytes(context.dtype(0)));
  return [bytes](RunContext& run) {
    run.pool().parallel_for(bytes, kGrain, [&](int64_t begin, int64_t end) {
      kernels::complement_row(run.in<std::byte>(0) + begin, run.out<std::byte>(0) + begin,
                              end - begin);
    });
  };
}

struct IsNaN {
  bool operator()(double x) const { return x != x; }
};
template <bool kPositive, bool kNegative>
struct IsInf {
  bool operator()(double x) const {
    return (kPositive && x == INFINITY) || (kNegative && x == -INFINITY);
  }
};

template <class Predicate>
Kernel plan_predicate(PlanContext& context) {
  return map_elements(
      context, dispatch<float, double, Half, BFloat>(context.dtype(0), [](auto tag) -> MapRow {
        using T = typename decltype(tag)::type;
        struct OfElement {
          bool operator()(T x) const { return Predicate()(kernels::element_cast<double>(x)); }
        };
        return map_row<T, bool, OfElement>;
      }));
}

Kernel plan_is_inf(PlanContext& context) {
  const bool positive = context.attributes().get_int("detect_positive", 1) != 0;
  const bool negative = context.attributes().get_int("detect_negative", 1) != 0;
  const auto plan =
      positive
          ? (negative ? plan_predicate<IsInf<true, true>> : plan_predicate<IsInf<true, false>>)
          : (negative ? plan_predicate<IsInf<false, true>> : plan_predicate<IsInf<false, false>>);
  return plan(context);
}

constexpr OpDef logical(std::string_view op_type, int since, int inputs, DTypeSet types,
                        InferRule infer, PlanRule plan,
                        ElementTypeRule element_type = always<DType::Bool>) {
  return {.op_type = op_type,
          .since = since,
          .meaning = {.inputs = {inputs, inputs},
                      .types = {type_of_all_inputs(types)},
                      .infer = infer,
                      .element_type = element_type,
                      .window = window_by_element},
          .cpu = {.plan = plan, .reuse = Reuse::InPlace}};
}

constexpr DTypeSet kComparedTypes = kArithmeticTypes | kBool;

template <class Op>
constexpr OpDef comparison(std::string_view op_type, int since) {
  return logical(op_type, since, 2, kFixedSize, infer_comparison,
                 plan_through<plan_comparison<Op>, kComparedTypes>);
}

Kernel plan_equal(PlanContext& context) {
  if (context.dtype(0) == DType::String) return plan_equal_strings(context);
  return plan_through<plan_comparison<kernels::Equal>, kComparedTypes>(context);
}

constexpr int kFirstOpsetOfStrings = 19;

constexpr OpDef equal() {
  OpDef def = comparison<kernels::Equal>("Equal", 1);
  def.until = kFirstOpsetOfStrings - 1;
  return def;
}

constexpr OpDef kOps[] = {
    equal(),
    logical("Equal", kFirstOpsetOfStrings, 2, kFixedSize | DTypeSet{DType::String},
            infer_comparison, plan_equal),
    comparison<kernels::Less>("Less", 1),
    comparison<kernels::LessOrEqual>("LessOrEqual", 12),
    comparison<kernels::Greater>("Greater", 1),
    comparison<kernels::GreaterOrEqual>("GreaterOrEqual", 12),
    logical("And", 1, 2, kBool, infer_broadcast, plan_logic<kernels::BitAnd>),
    logical("Or", 1, 2, kBool, infer_broadcast, plan_logic<kernels::BitOr>),
    logical("Xor", 1, 2, kBool, infer_broadcast, plan_logic<kernels::BitXor>),
    logical("Not", 1, 1, kBool, infer_like_input, plan_not),
    logical("BitwiseAnd", 18, 2, kIntegers, infer_broadcast, plan_bits<kernels::BitAnd>,
            like_input<0>),
    logical("BitwiseOr", 18, 2, kIntegers, infer_broadcast, plan_bits<kernels::BitOr>,
            like_input<0>),
    logical("BitwiseXor", 18, 2, kIntegers, infer_broadcast, plan_bits<kernels::BitXor>,
            like_input<0>),
    logical("BitwiseNot", 18, 1, kIntegers, infer_like_input, plan_bitwise_not, like_input<0>),
    logical("BitShift", 11, 2, kIntegers, infer_broadcast, plan_shift, like_input<0>),
    logical("IsNaN", 9, 1, kFloats | kMinifloats, infer_predicate,
            plan_through<plan_predicate<IsNaN>, kFloats>),
    logical("IsInf", 10, 1, kFloats | kMinifloats, infer_predicate,
            plan_through<plan_is_inf, kFloats>),
};

}  // namespace

extern constinit const OpFamily logical_ops = kOps;

}  // namespace fovea

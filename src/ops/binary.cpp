// Arithmetic of two operands: Add, Sub, Mul, Div, Mod, Pow.

#include "kernels/elementwise/convert.h"
#include "ops/core/broadcast_step.h"
#include "ops/core/wider.h"

namespace fovea {
namespace {

using kernels::binary_row;
using kernels::binary_row_f32;
using kernels::BinaryRow;

// Add, Sub, Mul: the bits of the result do not depend on the sign of the type.
template <class Op>
Kernel plan_wrapping(PlanContext& context) {
  const DType dtype = context.dtype(0);
  const BinaryRow row =
      dispatch<float, double, int32_t, int64_t, uint64_t>(dtype, [](auto tag) -> BinaryRow {
        using T = typename decltype(tag)::type;
        if constexpr (std::is_same_v<T, float>) {
          return binary_row_f32<Op>;
        } else if constexpr (std::is_same_v<T, double>) {
          return binary_row<Op, T, T, T>;
        } else {
          using Bits = std::make_unsigned_t<T>;
          return binary_row<Op, Bits, Bits, Bits>;
        }
      });
  return plan_broadcast_step(context, row, true);
}

Kernel plan_div(PlanContext& context) {
  const DType dtype = context.dtype(0);
  return plan_broadcast_step(context, dtype == DType::Float
                                          ? binary_row_f32<kernels::Div>
                                          : integer_row<kernels::Div, double>(dtype));
}

Kernel plan_mod(PlanContext& context) {
  const DType dtype = context.dtype(0);
  if (context.attributes().get_int("fmod", 0) != 0) {
    return plan_broadcast_step(context, integer_row<kernels::TruncatedMod, float, double>(dtype));
  }
  constexpr int kFirstFloatOpset = 28;
  const bool is_float = dtype == DType::Float || dtype == DType::Double;
  if (is_float && context.opset() < kFirstFloatOpset) {
    fail(ErrorCode::MalformedModel, "Mod of floating-point numbers needs fmod=1 before opset ",
         kFirstFloatOpset);
  }
  return plan_broadcast_step(context, integer_row<kernels::FloorMod, float, double>(dtype));
}

// Base and exponent of different types: the result has the base's.
struct MixedPow {
  template <class A, class B>
  A operator()(A a, B b) const {
    if constexpr (std::integral<A> && std::unsigned_integral<B>) {
      return static_cast<A>(kernels::Pow()(static_cast<uint64_t>(a), uint64_t{b}));
    } else if constexpr (std::integral<A> && std::integral<B>) {
      return static_cast<A>(kernels::Pow()(int64_t{a}, int64_t{b}));
    } else {
      return kernels::element_cast<A>(std::pow(static_cast<double>(a), static_cast<double>(b)));
    }
  }
};

BinaryRow mixed_pow_row(DType base, DType exponent) {
  return dispatch<float, double, int32_t, int64_t>(base, [&](auto base_tag) {
    using A = typename decltype(base_tag)::type;
    return dispatch_with_integers<float, double>(exponent, [](auto tag) -> BinaryRow {
      using B = typename decltype(tag)::type;
      return binary_row<MixedPow, A, B, A>;
    });
  });
}

Kernel plan_pow(PlanContext& context) {
  const DType base = context.dtype(0), exponent = context.dtype(1);
  if (base != exponent) return plan_broadcast_step(context, mixed_pow_row(base, exponent));
  return plan_broadcast_step(
      context, base == DType::Float ? kernels::pow_row_f32
                                    : element_row<kernels::Pow, double, int32_t, int64_t>(base));
}

using Types = std::array<TypeVariable, 4>;

constexpr OpDef binary(std::string_view op_type, int since, const Types& types, PlanRule plan) {
  return {.op_type = op_type,
          .since = since,
          .meaning = {.inputs = {2, 2},
                      .types = types,
                      .infer = infer_broadcast,
                      .window = window_by_element},
          .cpu = {.plan = plan,
                  .reuse = Reuse::InPlace,
                  .layout = broadcast_layout,
                  .bands = bands_by_window}};
}

constexpr DTypeSet kPowTypes = {DType::Float, DType::Double, DType::Int32, DType::Int64};

template <PlanRule kPlan>
constexpr OpDef arithmetic(std::string_view op_type, int since = 1) {
  return binary(op_type, since, {type_of_all_inputs(kNumbers)},
                plan_through<kPlan, kArithmeticTypes>);
}

constexpr OpDef kOps[] = {
    arithmetic<plan_wrapping<kernels::Add>>("Add"),
    arithmetic<plan_wrapping<kernels::Sub>>("Sub"),
    arithmetic<plan_wrapping<kernels::Mul>>("Mul"),
    arithmetic<plan_div>("Div"),
    arithmetic<plan_mod>("Mod", 10),
    binary("Pow", 1, {type_of_input(0, kPowTypes), type_of_input(1, kFloat32And64 | kIntegers)},
           plan_pow),
};

}  // namespace

extern constinit const OpFamily binary_ops = kOps;

}  // namespace fovea

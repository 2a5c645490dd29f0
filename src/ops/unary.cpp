// Mathematics of one operand: Abs, Neg, Sign, Floor, Ceil, Round, Sqrt, Reciprocal, Exp, Log, Erf
// and the trigonometric and hyperbolic functions.

#include "ops/core/unary_step.h"

namespace fovea {
namespace {

template <class Op, bool kKeepsZero>
Kernel plan_float(PlanContext& context) {
  return plan_unary<float, double>(context, Op(), kKeepsZero);
}

Kernel plan_neg(PlanContext& context) {
  return plan_unary<float, double, int8_t, int16_t, int32_t, int64_t>(context, kernels::Neg(),
                                                                      true);
}

template <class Op>
Kernel plan_number(PlanContext& context) {
  return plan_unary<float, double, int8_t, uint8_t, int16_t, uint16_t, int32_t, uint32_t, int64_t,
                    uint64_t>(context, Op(), true);
}

// A function of the C++ library, for operators too rare to have one of our own.
template <float (*kFloat)(float), double (*kDouble)(double)>
struct Library {
  float operator()(float x) const { return kFloat(x); }
  double operator()(double x) const { return kDouble(x); }
};

}  // namespace

void register_unary(OpTable& table) {
  const auto add = [&](std::string_view op_type, int since, Kernel (*plan)(PlanContext&)) {
    table.add({.op_type = op_type,
               .since = since,
               .infer = infer_like_input,
               .plan = plan,
               .reuse = Reuse::InPlace,
               .layout = follow_input_layout});
  };
  add("Abs", 1, plan_number<kernels::Abs>);
  add("Neg", 1, plan_neg);
  add("Sign", 9, plan_number<kernels::Sign>);
  add("Floor", 1, plan_float<kernels::Floor, true>);
  add("Ceil", 1, plan_float<kernels::Ceil, true>);
  add("Round", 11, plan_float<kernels::Round, true>);
  add("Sqrt", 1, plan_float<kernels::Sqrt, true>);
  add("Reciprocal", 1, plan_float<kernels::Reciprocal, false>);
  add("Exp", 1, plan_float<kernels::Exp, false>);
  add("Log", 1, plan_float<kernels::Log, false>);
  add("Erf", 9, plan_float<kernels::Erf, true>);
  add("Sin", 7, plan_float<Library<std::sin, std::sin>, true>);
  add("Cos", 7, plan_float<Library<std::cos, std::cos>, false>);
  add("Tan", 7, plan_float<Library<std::tan, std::tan>, true>);
  add("Asin", 7, plan_float<Library<std::asin, std::asin>, true>);
  add("Acos", 7, plan_float<Library<std::acos, std::acos>, false>);
  add("Atan", 7, plan_float<Library<std::atan, std::atan>, true>);
  add("Sinh", 9, plan_float<Library<std::sinh, std::sinh>, true>);
  add("Cosh", 9, plan_float<Library<std::cosh, std::cosh>, false>);
  add("Asinh", 9, plan_float<Library<std::asinh, std::asinh>, true>);
  add("Acosh", 9, plan_float<Library<std::acosh, std::acosh>, false>);
  add("Atanh", 9, plan_float<Library<std::atanh, std::atanh>, true>);
}

}  // namespace fovea

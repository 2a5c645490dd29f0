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
  add_unary(table, "Abs", 1, plan_number<kernels::Abs>);
  add_unary(table, "Neg", 1, plan_neg);
  add_unary(table, "Sign", 9, plan_number<kernels::Sign>);
  add_unary(table, "Floor", 1, plan_float<kernels::Floor, true>);
  add_unary(table, "Ceil", 1, plan_float<kernels::Ceil, true>);
  add_unary(table, "Round", 11, plan_float<kernels::Round, true>);
  add_unary(table, "Sqrt", 1, plan_float<kernels::Sqrt, true>);
  add_unary(table, "Reciprocal", 1, plan_float<kernels::Reciprocal, false>);
  add_unary(table, "Exp", 1, plan_float<kernels::Exp, false>);
  add_unary(table, "Log", 1, plan_float<kernels::Log, false>);
  add_unary(table, "Erf", 9, plan_float<kernels::Erf, true>);
  add_unary(table, "Sin", 7, plan_float<Library<std::sin, std::sin>, true>);
  add_unary(table, "Cos", 7, plan_float<Library<std::cos, std::cos>, false>);
  add_unary(table, "Tan", 7, plan_float<Library<std::tan, std::tan>, true>);
  add_unary(table, "Asin", 7, plan_float<Library<std::asin, std::asin>, true>);
  add_unary(table, "Acos", 7, plan_float<Library<std::acos, std::acos>, false>);
  add_unary(table, "Atan", 7, plan_float<Library<std::atan, std::atan>, true>);
  add_unary(table, "Sinh", 9, plan_float<Library<std::sinh, std::sinh>, true>);
  add_unary(table, "Cosh", 9, plan_float<Library<std::cosh, std::cosh>, false>);
  add_unary(table, "Asinh", 9, plan_float<Library<std::asinh, std::asinh>, true>);
  add_unary(table, "Acosh", 9, plan_float<Library<std::acosh, std::acosh>, false>);
  add_unary(table, "Atanh", 9, plan_float<Library<std::atanh, std::atanh>, true>);
}

}  // namespace fovea

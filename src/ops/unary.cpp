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

constexpr OpDef kOps[] = {
    unary("Abs", 1, plan_number<kernels::Abs>),
    unary("Neg", 1, plan_neg),
    unary("Sign", 9, plan_number<kernels::Sign>),
    unary("Floor", 1, plan_float<kernels::Floor, true>),
    unary("Ceil", 1, plan_float<kernels::Ceil, true>),
    unary("Round", 11, plan_float<kernels::Round, true>),
    unary("Sqrt", 1, plan_float<kernels::Sqrt, true>),
    unary("Reciprocal", 1, plan_float<kernels::Reciprocal, false>),
    unary("Exp", 1, plan_float<kernels::Exp, false>),
    unary("Log", 1, plan_float<kernels::Log, false>),
    unary("Erf", 9, plan_float<kernels::Erf, true>),
    unary("Sin", 7, plan_float<Library<std::sin, std::sin>, true>),
    unary("Cos", 7, plan_float<Library<std::cos, std::cos>, false>),
    unary("Tan", 7, plan_float<Library<std::tan, std::tan>, true>),
    unary("Asin", 7, plan_float<Library<std::asin, std::asin>, true>),
    unary("Acos", 7, plan_float<Library<std::acos, std::acos>, false>),
    unary("Atan", 7, plan_float<Library<std::atan, std::atan>, true>),
    unary("Sinh", 9, plan_float<Library<std::sinh, std::sinh>, true>),
    unary("Cosh", 9, plan_float<Library<std::cosh, std::cosh>, false>),
    unary("Asinh", 9, plan_float<Library<std::asinh, std::asinh>, true>),
    unary("Acosh", 9, plan_float<Library<std::acosh, std::acosh>, false>),
    unary("Atanh", 9, plan_float<Library<std::atanh, std::atanh>, true>),
};

}  // namespace

extern constinit const OpFamily unary_ops = kOps;

}  // namespace fovea

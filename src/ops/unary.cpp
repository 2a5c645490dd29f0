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

template <class Op, bool kKeepsZero>
constexpr OpDef of_floats(std::string_view op_type, int since) {
  return unary(op_type, since, kFloat32And64, plan_float<Op, kKeepsZero>);
}

constexpr OpDef kOps[] = {
    unary("Abs", 1, kNumbers, plan_number<kernels::Abs>),
    unary("Neg", 1, kFloat32And64 | kSignedIntegers, plan_neg),
    unary("Sign", 9, kNumbers, plan_number<kernels::Sign>),
    of_floats<kernels::Floor, true>("Floor", 1),
    of_floats<kernels::Ceil, true>("Ceil", 1),
    of_floats<kernels::Round, true>("Round", 11),
    of_floats<kernels::Sqrt, true>("Sqrt", 1),
    of_floats<kernels::Reciprocal, false>("Reciprocal", 1),
    of_floats<kernels::Exp, false>("Exp", 1),
    of_floats<kernels::Log, false>("Log", 1),
    of_floats<kernels::Erf, true>("Erf", 9),
    of_floats<Library<std::sin, std::sin>, true>("Sin", 7),
    of_floats<Library<std::cos, std::cos>, false>("Cos", 7),
    of_floats<Library<std::tan, std::tan>, true>("Tan", 7),
    of_floats<Library<std::asin, std::asin>, true>("Asin", 7),
    of_floats<Library<std::acos, std::acos>, false>("Acos", 7),
    of_floats<Library<std::atan, std::atan>, true>("Atan", 7),
    of_floats<Library<std::sinh, std::sinh>, true>("Sinh", 9),
    of_floats<Library<std::cosh, std::cosh>, false>("Cosh", 9),
    of_floats<Library<std::asinh, std::asinh>, true>("Asinh", 9),
    of_floats<Library<std::acosh, std::acosh>, false>("Acosh", 9),
    of_floats<Library<std::atanh, std::atanh>, true>("Atanh", 9),
};

}  // namespace

extern constinit const OpFamily unary_ops = kOps;

}  // namespace fovea

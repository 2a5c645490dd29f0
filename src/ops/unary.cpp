// Mathematics of one operand: Abs, Neg, Sign, Floor, Ceil, Round, Sqrt, Reciprocal, Exp, Log, Erf
// and the trigonometric and hyperbolic functions.

#include <algorithm>
#include <cmath>

#include "ops/core/unary_step.h"
#include "ops/core/wider.h"

namespace fovea {
namespace {

template <class Op, bool kKeepsZero, class... Ts>
Kernel plan_of(PlanContext& context) {
  return plan_unary<float, double, Ts...>(context, Op(), kKeepsZero);
}

template <class Op, bool kKeepsZero>
constexpr PlanRule plan_float = plan_through<plan_of<Op, kKeepsZero>, kFloat32And64>;

constexpr DTypeSet kSignedTypes = {DType::Float, DType::Double, DType::Int64};
constexpr PlanRule plan_neg = plan_through<plan_of<kernels::Neg, true, int64_t>, kSignedTypes>;

template <class Op>
constexpr PlanRule plan_number = plan_through<plan_of<Op, true, int64_t, uint64_t>, kWidestTypes>;

// Functions of the C library, for operators too rare to have one of our own or one for each type.
struct LibraryFunction {
  std::string_view op_type;
  double (*function)(double);
  bool keeps_zero;

  double operator()(double x) const { return function(x); }
  float operator()(float x) const { return static_cast<float>(function(static_cast<double>(x))); }
};

constexpr LibraryFunction kLibrary[] = {
    {"Sin", ::sin, true},      {"Cos", ::cos, false},    {"Tan", ::tan, true},
    {"Asin", ::asin, true},    {"Acos", ::acos, false},  {"Atan", ::atan, true},
    {"Sinh", ::sinh, true},    {"Cosh", ::cosh, false},  {"Asinh", ::asinh, true},
    {"Acosh", ::acosh, false}, {"Atanh", ::atanh, true},
};

Kernel plan_library(PlanContext& context) {
  const auto* function =
      std::ranges::find(kLibrary, context.node().op_type, &LibraryFunction::op_type);
  return plan_unary<float, double>(context, *function, function->keeps_zero);
}

constexpr OpDef library(std::string_view op_type, int since) {
  return unary(op_type, since, kFloats, plan_through<plan_library, kFloat32And64>);
}

template <class Op, bool kKeepsZero>
constexpr OpDef of_floats(std::string_view op_type, int since) {
  return unary(op_type, since, kFloats, plan_float<Op, kKeepsZero>);
}

constexpr OpDef kOps[] = {
    unary("Abs", 1, kNumbers, plan_number<kernels::Abs>),
    unary("Neg", 1, kFloats | kSignedIntegers, plan_neg),
    unary("Sign", 9, kNumbers, plan_number<kernels::Sign>),
    of_floats<kernels::Floor, true>("Floor", 1),
    of_floats<kernels::Ceil, true>("Ceil", 1),
    of_floats<kernels::Round, true>("Round", 11),
    of_floats<kernels::Sqrt, true>("Sqrt", 1),
    of_floats<kernels::Reciprocal, false>("Reciprocal", 1),
    of_floats<kernels::Exp, false>("Exp", 1),
    of_floats<kernels::Log, false>("Log", 1),
    of_floats<kernels::Erf, true>("Erf", 9),
    library("Sin", 7),
    library("Cos", 7),
    library("Tan", 7),
    library("Asin", 7),
    library("Acos", 7),
    library("Atan", 7),
    library("Sinh", 9),
    library("Cosh", 9),
    library("Asinh", 9),
    library("Acosh", 9),
    library("Atanh", 9),
};

}  // namespace

extern constinit const OpFamily unary_ops = kOps;

}  // namespace fovea

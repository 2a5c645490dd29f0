#include "kernels/elementwise/activation.h"

#include <iterator>
#include <limits>

#include "kernels/elementwise/unary.h"

namespace fovea::kernels {
namespace {

using Parameter = ActivationInfo::Parameter;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// `Make` gives the function object of a spec.
template <auto kMake>
simd::F32x4 apply(const ActivationSpec& spec, simd::F32x4 x) noexcept {
  return kMake(spec)(x);
}
template <auto kMake>
double apply_to_double(const ActivationSpec& spec, double x) noexcept {
  return kMake(spec)(x);
}
template <auto kMake>
void apply_row(const ActivationSpec& spec, const float* in, float* out, int64_t count) noexcept {
  unary_row_f32(kMake(spec), in, out, count);
}

template <class Op>
Op plain(const ActivationSpec&) {
  return Op();
}

template <auto kMake>
constexpr ActivationInfo line(Activation kind, std::string_view op_type, Parameter alpha = {},
                              Parameter beta = {}, std::string_view approximate = {}) {
  return {kind,
          op_type,
          approximate,
          {alpha, beta},
          apply<kMake>,
          apply_to_double<kMake>,
          apply_row<kMake>};
}

using Spec = const ActivationSpec&;
using enum Activation;

// In the order of the enumeration. Operators, attributes and defaults are those of ONNX; Selu's are
// from Klambauer et al., "Self-normalizing neural networks" (2017).
constexpr ActivationInfo kActivations[] = {
    line<plain<kernels::Relu>>(Relu, "Relu"),
    line<[](Spec s) {
      return kernels::Clip<float>{s.alpha, s.beta};
    }>(Clip, "Clip", {"min", -kInfinity}, {"max", kInfinity}),
    line<[](Spec s) { return kernels::LeakyRelu{s.alpha}; }>(LeakyRelu, "LeakyRelu",
                                                             {"alpha", 0.01f}),
    {.kind = PRelu, .op_type = "PRelu", .approximate = {}, .parameters = {}},
    line<[](Spec s) { return kernels::ThresholdedRelu{s.alpha}; }>(
        ThresholdedRelu, "ThresholdedRelu", {"alpha", 1.0f}),
    line<[](Spec s) {
      return kernels::HardSigmoid{s.alpha, s.beta};
    }>(HardSigmoid, "HardSigmoid", {"alpha", 0.2f}, {"beta", 0.5f}),
    line<plain<kernels::HardSwish>>(HardSwish, "HardSwish"),
    line<plain<kernels::Sigmoid>>(Sigmoid, "Sigmoid"),
    line<plain<kernels::Tanh>>(Tanh, "Tanh"),
    line<[](Spec s) { return kernels::Swish{s.alpha}; }>(Swish, "Swish", {"alpha", 1.0f}),
    line<plain<kernels::Gelu>>(Gelu, "Gelu", {}, {}, "none"),
    line<plain<kernels::GeluTanh>>(GeluTanh, "Gelu", {}, {}, "tanh"),
    line<[](Spec s) {
      return Exponential{s.alpha, 1.0f, 1.0f};
    }>(Elu, "Elu", {"alpha", 1.0f}),
    line<[](Spec s) {
      return Exponential{double{s.alpha} * double{s.beta}, 1.0f, s.beta};
    }>(Selu, "Selu", {"alpha", 1.67326319217681884765625f}, {"gamma", 1.05070102214813232421875f}),
    line<[](Spec s) {
      return Exponential{s.alpha, s.alpha, 1.0f};
    }>(Celu, "Celu", {"alpha", 1.0f}),
    line<plain<kernels::Softplus>>(Softplus, "Softplus"),
    line<plain<kernels::Softsign>>(Softsign, "Softsign"),
    line<plain<kernels::Mish>>(Mish, "Mish"),
    line<[](Spec s) {
      return kernels::Shrink{s.alpha, s.beta};
    }>(Shrink, "Shrink", {"lambd", 0.5f}, {"bias", 0.0f}),
};

constexpr bool every_line_stands_at_its_kind() {
  for (size_t i = 0; i < std::size(kActivations); ++i) {
    if (static_cast<size_t>(kActivations[i].kind) != i + 1) return false;
  }
  return kActivations[std::size(kActivations) - 1].kind == Shrink;
}
static_assert(every_line_stands_at_its_kind());

}  // namespace

std::span<const ActivationInfo> activations() noexcept { return kActivations; }

const ActivationInfo& info_of(Activation activation) noexcept {
  return kActivations[static_cast<size_t>(activation) - 1];
}

bool keeps_zero(const ActivationSpec& activation) noexcept {
  if (activation.kind == Activation::None || activation.kind == Activation::PRelu) return true;
  return info_of(activation.kind).apply(activation, simd::F32x4::zero())[0] == 0.0f;
}

}  // namespace fovea::kernels

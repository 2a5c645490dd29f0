#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/elementwise/activation.h"
#include "simd/f32x4.h"

namespace fovea::kernels {

// What follows a product's sums while they are in registers, bias and added values included in
// them.
struct Epilogue {
  ActivationSpec activation = {};
  // PRelu's, one per channel; readable (any values) up to the next multiple of 4 channels.
  const float* slopes = nullptr;
};

// The factors of negative values on channels channel .. channel + 3, for LeakyRelu and PRelu.
inline simd::F32x4 negative_slopes(const Epilogue& epilogue, int64_t channel) noexcept {
  return epilogue.activation.kind == Activation::PRelu
             ? simd::F32x4::load(epilogue.slopes + channel)
             : simd::F32x4::splat(epilogue.activation.alpha);
}

// x < 0 ? slopes * x : x for finite slopes, in half the instructions of a selection.
inline simd::F32x4 scale_negatives(simd::F32x4 x, simd::F32x4 slopes) noexcept {
  const simd::F32x4 zero = simd::F32x4::zero();
  return fma(simd::pmin(x, zero), slopes, simd::pmax(x, zero));
}

// A kernel for each simple activation; LeakyRelu and PRelu share one. of(f) makes the set of the
// kernels that f.operator()<activation>() returns.
template <class Kernel>
class BySimpleActivation {
 public:
  template <class KernelFor>
  static constexpr BySimpleActivation of(KernelFor kernel) {
    return {{kernel.template operator()<Activation::None>(),
             kernel.template operator()<Activation::Relu>(),
             kernel.template operator()<Activation::PRelu>(),
             kernel.template operator()<Activation::PRelu>()}};
  }

  constexpr Kernel operator[](Activation simple) const {
    return kernels_[static_cast<size_t>(simple)];
  }

 private:
  constexpr BySimpleActivation(std::array<Kernel, 4> kernels) : kernels_(kernels) {}

  std::array<Kernel, 4> kernels_;
};

// `slopes` are negative_slopes(), for LeakyRelu and PRelu.
template <Activation kSimple>
inline simd::F32x4 activate_simply(simd::F32x4 x, simd::F32x4 slopes) noexcept {
  static_assert(is_simple(kSimple));
  if constexpr (kSimple == Activation::None) return x;
  if constexpr (kSimple == Activation::Relu) return simd::pmax(x, simd::F32x4::zero());
  return scale_negatives(x, slopes);
}

// The activation on four values of channels channel .. channel + 3.
inline simd::F32x4 activate(const Epilogue& epilogue, simd::F32x4 x, int64_t channel) noexcept {
  const ActivationSpec& activation = epilogue.activation;
  switch (activation.kind) {
    case Activation::None:
      return x;
    case Activation::Relu:
      return simd::pmax(x, simd::F32x4::zero());
    case Activation::LeakyRelu:
    case Activation::PRelu:
      return scale_negatives(x, negative_slopes(epilogue, channel));
    case Activation::Clip:
      return simd::pmin(simd::pmax(x, simd::F32x4::splat(activation.alpha)),
                        simd::F32x4::splat(activation.beta));
    default:
      return info_of(activation.kind).apply(activation, x);
  }
}

}  // namespace fovea::kernels

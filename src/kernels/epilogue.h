#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

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

// What clips alike: None, Relu and Clip.
struct ClipRange {
  float low = -std::numeric_limits<float>::infinity();
  float high = std::numeric_limits<float>::infinity();
};

inline ClipRange clip_range(const ActivationSpec& activation) noexcept {
  ClipRange range;
  if (activation.kind == Activation::Relu) range.low = 0.0f;
  if (activation.kind == Activation::Clip) range = {activation.alpha, activation.beta};
  return range;
}

// A simple activation on channels channel .. channel + 3: None, or one that the others share. Relu
// is a Clip, LeakyRelu a PRelu.
template <Activation kSimple>
class SimpleActivation {
 public:
  static_assert(is_simple(kSimple));

  SimpleActivation() = default;
  SimpleActivation(const Epilogue& epilogue, int64_t channel) {
    if constexpr (kSimple == Activation::Clip) {
      const ClipRange range = clip_range(epilogue.activation);
      first_ = simd::F32x4::splat(range.low);
      second_ = simd::F32x4::splat(range.high);
    }
    if constexpr (kSimple == Activation::PRelu) first_ = negative_slopes(epilogue, channel);
  }

  simd::F32x4 operator()(simd::F32x4 x) const {
    if constexpr (kSimple == Activation::Clip) return simd::pmin(simd::pmax(x, first_), second_);
    if constexpr (kSimple == Activation::PRelu) return scale_negatives(x, first_);
    return x;
  }

 private:
  simd::F32x4 first_ = simd::F32x4::zero(), second_ = simd::F32x4::zero();
};

// A kernel for each simple activation. of(f) makes the set of the kernels that
// f.operator()<activation>() returns.
template <class Kernel>
class BySimpleActivation {
 public:
  template <class KernelFor>
  static constexpr BySimpleActivation of(KernelFor kernel) {
    const Kernel clip = kernel.template operator()<Activation::Clip>();
    const Kernel prelu = kernel.template operator()<Activation::PRelu>();
    return {{kernel.template operator()<Activation::None>(), clip, clip, prelu, prelu}};
  }

  constexpr Kernel operator[](Activation simple) const {
    return kernels_[static_cast<size_t>(simple)];
  }

 private:
  static constexpr size_t kCount = static_cast<size_t>(Activation::PRelu) + 1;

  constexpr BySimpleActivation(std::array<Kernel, kCount> kernels) : kernels_(kernels) {}

  std::array<Kernel, kCount> kernels_;
};

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

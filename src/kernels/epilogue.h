#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "simd/f32x4.h"

namespace fovea::kernels {

// ONNX's activations that a convolution or matrix product can apply as it stores.
enum class Activation : uint8_t {
  None,
  Relu,
  LeakyRelu,  // x < 0 ? alpha * x : x
  PRelu,      // x < 0 ? slopes[channel] * x : x
  Clip,       // min(max(x, low), high), so high where low > high
  Sigmoid,
  Tanh,
  HardSigmoid,  // clamp(alpha * x + beta, 0, 1)
  HardSwish,    // x * clamp(x / 6 + 1/2, 0, 1)
  Gelu,         // x * (1 + erf(x / sqrt(2))) / 2
};

struct Epilogue {
  Activation activation = Activation::None;
  float alpha = 0.0f;
  float beta = 0.0f;
  float low = 0.0f;
  float high = 0.0f;
  // One per channel; readable (any values) up to the next multiple of 4 channels.
  const float* slopes = nullptr;
};

// The activations of more than a few instructions; the others leave x as it is.
simd::F32x4 activate_slowly(const Epilogue& epilogue, simd::F32x4 x) noexcept;

// The factors of negative values on channels channel .. channel + 3, for LeakyRelu and PRelu.
inline simd::F32x4 negative_slopes(const Epilogue& epilogue, int64_t channel) noexcept {
  return epilogue.activation == Activation::PRelu ? simd::F32x4::load(epilogue.slopes + channel)
                                                  : simd::F32x4::splat(epilogue.alpha);
}

// For finite slopes; a selection would be twice the instructions.
inline simd::F32x4 scale_negatives(simd::F32x4 x, simd::F32x4 slopes) noexcept {
  const simd::F32x4 zero = simd::F32x4::zero();
  return fma(simd::pmin(x, zero), slopes, simd::pmax(x, zero));
}

// The first ones: an instruction or two, so that there can be a kernel for each.
constexpr bool is_simple(Activation activation) noexcept { return activation <= Activation::PRelu; }

// A kernel for each simple activation: of(f) takes those that f.operator()<activation>() returns.
// LeakyRelu and PRelu share theirs.
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

// The activation on four values of channels channel .. channel + 3. NaN stays NaN.
inline simd::F32x4 activate(const Epilogue& epilogue, simd::F32x4 x, int64_t channel) noexcept {
  switch (epilogue.activation) {
    case Activation::None:
      return x;
    case Activation::Relu:
      return simd::pmax(x, simd::F32x4::zero());
    case Activation::LeakyRelu:
    case Activation::PRelu:
      return scale_negatives(x, negative_slopes(epilogue, channel));
    case Activation::Clip:
      return simd::pmin(simd::pmax(x, simd::F32x4::splat(epilogue.low)),
                        simd::F32x4::splat(epilogue.high));
    default:
      return activate_slowly(epilogue, x);
  }
}

}  // namespace fovea::kernels

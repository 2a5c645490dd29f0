#include "kernels/epilogue.h"

#include "simd/math.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;

F32x4 clamp_to_unit(F32x4 x) {
  return simd::pmin(simd::pmax(x, F32x4::zero()), F32x4::splat(1.0f));
}

}  // namespace

F32x4 activate_slowly(const Epilogue& epilogue, F32x4 x) noexcept {
  switch (epilogue.activation) {
    case Activation::Sigmoid:
      return simd::sigmoid(x);
    case Activation::Tanh:
      return simd::tanh(x);
    case Activation::HardSigmoid:
      return clamp_to_unit(x * F32x4::splat(epilogue.alpha) + F32x4::splat(epilogue.beta));
    case Activation::HardSwish:
      return x * clamp_to_unit(x * F32x4::splat(1.0f / 6.0f) + F32x4::splat(0.5f));
    case Activation::Gelu:
      return simd::gelu(x);
    default:
      return x;
  }
}

}  // namespace fovea::kernels

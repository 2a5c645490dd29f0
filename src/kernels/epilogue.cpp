#include "kernels/epilogue.h"

#include "simd/math.h"

namespace fovea::kernels {
namespace {

using simd::F32x4;

F32x4 clamp_to_unit(F32x4 x) {
  return simd::pmin(simd::pmax(x, F32x4::zero()), F32x4::splat(1.0f));
}

}  // namespace

F32x4 activate(const Epilogue& epilogue, F32x4 x, int64_t channel) noexcept {
  switch (epilogue.activation) {
    case Activation::None:
      return x;
    case Activation::Relu:
      return simd::pmax(x, F32x4::zero());
    case Activation::LeakyRelu:
      return select(x < F32x4::zero(), x * F32x4::splat(epilogue.alpha), x);
    case Activation::PRelu:
      return select(x < F32x4::zero(), x * F32x4::load(epilogue.slopes + channel), x);
    case Activation::Clip:
      return simd::pmin(simd::pmax(x, F32x4::splat(epilogue.low)), F32x4::splat(epilogue.high));
    case Activation::Sigmoid:
      return simd::sigmoid(x);
    case Activation::Tanh:
      return simd::tanh(x);
    case Activation::HardSigmoid:
      return clamp_to_unit(x * F32x4::splat(epilogue.alpha) + F32x4::splat(epilogue.beta));
    case Activation::HardSwish:
      return x * clamp_to_unit(x * F32x4::splat(1.0f / 6.0f) + F32x4::splat(0.5f));
  }
  return x;
}

}  // namespace fovea::kernels

#include "kernels/elementwise/unary.h"

namespace fovea::kernels {

template <class Op>
void unary_row_f32(const Op& op, const float* in, float* out, int64_t count) noexcept {
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) op(simd::F32x4::load(in + i)).store(out + i);
  for (; i < count; ++i) out[i] = op(simd::F32x4::load_splat(in + i))[0];
}

template void unary_row_f32(const Neg&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Abs&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Sign&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Relu&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Clip<float>&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Floor&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Ceil&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Round&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Sqrt&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Reciprocal&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Exp&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Log&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Tanh&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Sigmoid&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Erf&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const LeakyRelu&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const ThresholdedRelu&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Exponential&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const HardSigmoid&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const HardSwish&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Swish&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Softplus&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Softsign&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Mish&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Gelu&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const GeluTanh&, const float*, float*, int64_t) noexcept;
template void unary_row_f32(const Shrink&, const float*, float*, int64_t) noexcept;

}  // namespace fovea::kernels

#include "kernels/elementwise/unary.h"

#include <algorithm>

namespace fovea::kernels {

namespace {

template <class Op>
void map_vectors(const void* op, const float* in, float* out, int64_t vectors) noexcept {
  const Op map = *static_cast<const Op*>(op);
  for (int64_t i = 0; i < 4 * vectors; i += 4) map(simd::F32x4::load(in + i)).store(out + i);
}

using MapVectors = decltype(&map_vectors<Neg>);

// Takes what a row has beyond its last vector as a vector, too: no function is there twice.
void map_row(MapVectors map, const void* op, const float* in, float* out, int64_t count) noexcept {
  map(op, in, out, count / 4);
  const int64_t rest = count % 4;
  if (rest == 0) return;
  float vector[4] = {};
  std::copy_n(in + count - rest, rest, vector);
  map(op, vector, vector, 1);
  std::copy_n(vector, rest, out + count - rest);
}

}  // namespace

template <class Op>
void unary_row_f32(const Op& op, const float* in, float* out, int64_t count) noexcept {
  map_row(map_vectors<Op>, &op, in, out, count);
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

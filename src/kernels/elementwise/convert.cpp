#include "kernels/elementwise/convert.h"

namespace fovea::kernels {
namespace {

// To float, or from it.
template <class Other>
ConvertRow of_float(bool to_float) noexcept {
  return to_float ? convert_bytes<float, Other> : convert_bytes<Other, float>;
}

}  // namespace

ConvertRow usual_conversion(DType from, DType to) noexcept {
  const bool to_float = to == DType::Float;
  if (to_float == (from == DType::Float)) return nullptr;
  switch (to_float ? from : to) {
    case DType::Float16:
      return of_float<Half>(to_float);
    case DType::BFloat16:
      return of_float<BFloat>(to_float);
    case DType::Int32:
      return of_float<int32_t>(to_float);
    case DType::Int64:
      return of_float<int64_t>(to_float);
    case DType::Uint8:
      return of_float<uint8_t>(to_float);
    case DType::Bool:
      return of_float<bool>(to_float);
    default:
      return nullptr;
  }
}

}  // namespace fovea::kernels

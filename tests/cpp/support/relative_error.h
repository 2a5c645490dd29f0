#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/core/wider.h"
#include "support/conformance.h"
#include "tensor/tensor.h"

namespace fovea::test {

inline Tensor as_doubles(const Tensor& tensor) {
  return tensor.dtype() == DType::Double
             ? tensor
             : ElementConversion(tensor.dtype(), DType::Double).of(tensor);
}

// The largest difference of two tensors of numbers, relative to the largest that is expected or 1;
// infinity where types, shapes or anything that is not a floating-point number differ. Sequences
// and maps are compared by what they hold.
inline double relative_error(const Tensor& actual, const Tensor& expected) {
  constexpr double kDiffers = std::numeric_limits<double>::infinity();
  if (actual.dtype() != expected.dtype() || actual.shape() != expected.shape()) return kDiffers;
  if (actual.dtype() == DType::Sequence || actual.dtype() == DType::Map) {
    double worst = 0;
    for (size_t i = 0; i < expected.items().size(); ++i) {
      worst = std::max(worst, relative_error(actual.items()[i], expected.items()[i]));
    }
    return worst;
  }
  if (kind_of(actual.dtype()) != DTypeKind::Float) {
    return difference(actual, expected).empty() ? 0 : kDiffers;
  }
  const Tensor given = as_doubles(actual), wanted = as_doubles(expected);
  double scale = 1, worst = 0;
  for (const double value : wanted.as<double>()) {
    if (std::isfinite(value)) scale = std::max(scale, std::abs(value));
  }
  for (size_t i = 0; i < wanted.as<double>().size(); ++i) {
    const double a = given.as<double>()[i], b = wanted.as<double>()[i];
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    const double error = std::abs(a - b) / scale;
    worst = error <= worst ? worst : error;
  }
  return worst;
}

}  // namespace fovea::test

#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tensor/tensor.h"

namespace fovea::test {

// Elements of float or double close to those expected, in order; infinities where they are.
inline void expect_near(const Tensor& actual, const Shape& shape,
                        const std::vector<double>& expected, double tolerance = 2e-5) {
  ASSERT_EQ(actual.shape(), shape);
  ASSERT_EQ(static_cast<size_t>(actual.elements()), expected.size());
  const bool doubles = actual.dtype() == DType::Double;
  for (size_t i = 0; i < expected.size(); ++i) {
    const double value = doubles ? actual.as<double>()[i] : double{actual.as<float>()[i]};
    if (value == expected[i]) continue;
    ASSERT_NEAR(value, expected[i], tolerance * (1 + std::fabs(expected[i]))) << "element " << i;
  }
}

}  // namespace fovea::test

#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <span>

#include "support/reference_conv.h"

namespace fovea::test {

// Fails the test where an element lies further from the reference than its bound.
inline void expect_close(std::span<const float> actual, const Expected& expected) {
  ASSERT_EQ(actual.size(), expected.values.size());
  int64_t wrong = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double error = std::fabs(actual[i] - expected.values[i]);
    // Infinities and NaNs have no error.
    const bool same = actual[i] == expected.values[i] ||
                      (std::isnan(actual[i]) && std::isnan(expected.values[i]));
    if (same || error <= expected.bounds[i]) continue;
    if (wrong++ == 0) {
      ADD_FAILURE() << "element " << i << ": " << actual[i] << " instead of " << expected.values[i]
                    << ", error " << error << " above " << expected.bounds[i];
    }
  }
  EXPECT_EQ(wrong, 0) << "of " << actual.size();
}

}  // namespace fovea::test

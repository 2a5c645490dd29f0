#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "support/expect_close.h"
#include "support/op_runner.h"

namespace fovea::test {

// Checks an operator's only result, in the layouts and with several threads. `channels_last`, where
// it is given, tells whether the operator must have used that layout.
inline void expect_everywhere(const OpCase& op, const std::vector<Tensor>& inputs,
                              const Shape& shape, const Expected& expected,
                              std::optional<bool> channels_last = std::nullopt) {
  for (const int threads : {1, 3}) {
    const Tensor result = run_op(op, inputs, threads)[0];
    ASSERT_EQ(result.shape(), shape);
    expect_close(result.as<float>(), expected);
    bool used = false;
    const Tensor last = run_op_channels_last(op, inputs, &used, threads)[0];
    EXPECT_EQ(used, channels_last.value_or(used));
    ASSERT_EQ(last.shape(), shape);
    expect_close(last.as<float>(), expected);
  }
}

}  // namespace fovea::test

#include "base/integers.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/limits.h"

namespace fovea {
namespace {

TEST(Integers, SizesThatNoObjectCanHaveAreOutOfMemory) {
  EXPECT_EQ(checked_size(0), 0u);
  EXPECT_EQ(checked_size(PTRDIFF_MAX), size_t{PTRDIFF_MAX});
  const uint64_t too_large = uint64_t{PTRDIFF_MAX} + 1;
  for (const uint64_t bytes : {too_large, UINT64_MAX}) {
    try {
      checked_size(bytes);
      ADD_FAILURE() << bytes;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::OutOfMemory);
      EXPECT_EQ(error.field("bytes"), std::to_string(bytes));
    }
  }
}

TEST(Integers, FloatsSaturate) {
  EXPECT_EQ(saturating_cast<int64_t>(-1.9), -1);
  EXPECT_EQ(saturating_cast<int64_t>(1e30), INT64_MAX);
  EXPECT_EQ(saturating_cast<int64_t>(-1e30f), INT64_MIN);
  EXPECT_EQ(saturating_cast<uint8_t>(256.0f), 255);
  EXPECT_EQ(saturating_cast<int32_t>(std::nan("")), 0);
}

TEST(Integers, ProductsSaturate) {
  EXPECT_EQ(saturating_product(3, 5), 15);
  EXPECT_EQ(saturating_product(0, INT64_MAX), 0);
  EXPECT_EQ(saturating_product(INT64_MAX, 0), 0);
  EXPECT_EQ(saturating_product(1, INT64_MAX), INT64_MAX);
  EXPECT_EQ(saturating_product(INT64_MAX / 2, 2), INT64_MAX - 1);
  EXPECT_EQ(saturating_product(INT64_MAX / 2 + 1, 2), INT64_MAX);
  EXPECT_EQ(saturating_product(INT64_MAX, INT64_MAX), INT64_MAX);
}

TEST(Limits, ATensorMayBeSoLarge) {
  const Limits limits{.tensor_bytes = 1000};
  EXPECT_NO_THROW(check_tensor_bytes(limits, 1000));
  try {
    check_tensor_bytes(limits, 1001);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::OutOfMemory);
    EXPECT_EQ(error.field("bytes"), "1001");
    EXPECT_EQ(error.field("limit"), "limits.tensorBytes");
  }
}

}  // namespace
}  // namespace fovea

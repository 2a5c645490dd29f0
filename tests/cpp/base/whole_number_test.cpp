#include "base/whole_number.h"

#include <gtest/gtest.h>

namespace fovea {
namespace {

TEST(WholeNumber, IsReadUpToTheLimitsOfItsType) {
  uint64_t natural = 0;
  EXPECT_TRUE(read_whole("18446744073709551615", natural));
  EXPECT_EQ(natural, UINT64_MAX);
  int64_t whole = 0;
  EXPECT_TRUE(read_whole("-9223372036854775808", whole));
  EXPECT_EQ(whole, INT64_MIN);
  EXPECT_TRUE(read_whole("9223372036854775807", whole));
  EXPECT_EQ(whole, INT64_MAX);
}

TEST(WholeNumber, IsNothingElse) {
  uint64_t natural = 0;
  for (const char* word : {"", "-1", "+1", "1 ", "1.0", "18446744073709551616"}) {
    EXPECT_FALSE(read_whole(word, natural)) << word;
  }
  int64_t whole = 0;
  for (const char* word : {"", "-", "--1", "9223372036854775808", "-9223372036854775809"}) {
    EXPECT_FALSE(read_whole(word, whole)) << word;
  }
}

}  // namespace
}  // namespace fovea

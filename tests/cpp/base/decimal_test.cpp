#include "base/decimal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.h"

namespace fovea {
namespace {

TEST(Decimal, IsTheShortestThatReadsBack) {
  EXPECT_EQ(decimal_text(0.1, false), "0.1");
  EXPECT_EQ(decimal_text(0.1f, true), "0.1");
  EXPECT_EQ(decimal_text(0.1f, false), "0.10000000149011612");
  EXPECT_EQ(decimal_text(-0.0, false), "-0");
  EXPECT_EQ(decimal_text(100, true), "100");
  EXPECT_EQ(decimal_text(1e-5, false), "1e-05");
  EXPECT_EQ(decimal_text(1e16, false), "1e+16");
  EXPECT_EQ(decimal_text(-1.5e300, false), "-1.5e+300");
  EXPECT_EQ(decimal_text(5e-324, false), "5e-324");
  EXPECT_EQ(decimal_text(std::numeric_limits<double>::max(), false), "1.7976931348623157e+308");
  EXPECT_EQ(decimal_text(NAN, false), "NaN");
  EXPECT_EQ(decimal_text(-INFINITY, true), "-INF");
}

// Of two decimal numbers that are as near, the even one, in every engine.
TEST(Decimal, RoundsHalvesToEven) {
  EXPECT_EQ(decimal_text(3246072.25, true), "3246072.2");
  EXPECT_EQ(decimal_text(22766.8125, true), "22766.812");
  EXPECT_EQ(fixed_text(3.6953125), "3.695312");
  EXPECT_EQ(fixed_text(0.0234375), "0.023438");
}

TEST(Decimal, HasSixDigitsWhereTheyAreFixed) {
  EXPECT_EQ(fixed_text(0), "0.000000");
  EXPECT_EQ(fixed_text(-0.0), "-0.000000");
  EXPECT_EQ(fixed_text(-2.5), "-2.500000");
  EXPECT_EQ(fixed_text(0x1p100), "1267650600228229401496703205376.000000");
  EXPECT_EQ(fixed_text(NAN), "nan");
  EXPECT_EQ(fixed_text(-INFINITY), "-inf");
}

TEST(Decimal, WritesEveryDigitOfWholeNumbers) {
  EXPECT_EQ(integer_text(int64_t{0}), "0");
  EXPECT_EQ(integer_text(int64_t{-10}), "-10");
  EXPECT_EQ(integer_text(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(integer_text(std::numeric_limits<int64_t>::max()), "9223372036854775807");
  EXPECT_EQ(integer_text(std::numeric_limits<uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(text(-1, ' ', uint8_t{200}, ' ', size_t{3}), "-1 200 3");
}

TEST(Decimal, ReadsWholeWordsOfDigits) {
  EXPECT_EQ(decimal_number("-2.5"), -2.5);
  EXPECT_EQ(decimal_number(" 1e3"), 1000);
  EXPECT_EQ(decimal_number(".5"), 0.5);
  EXPECT_EQ(decimal_number("5."), 5);
  EXPECT_EQ(decimal_number("1e999"), INFINITY);
  for (const char* word :
       {"", " ", ".", "-", "e5", "1e", "1 ", "0x10", "inf", "nan", "1,5", "+-1"}) {
    EXPECT_TRUE(std::isnan(decimal_number(word))) << word;
  }
}

TEST(Decimal, IsHowMessagesWriteNumbers) {
  EXPECT_EQ(text("a scale of ", 0.5f, " and ", 2, " of ", 1e-7), "a scale of 0.5 and 2 of 1e-07");
}

}  // namespace
}  // namespace fovea

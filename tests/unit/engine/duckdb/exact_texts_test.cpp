// Texts of CSV fields as values, or nothing.
#include "engine/duckdb/exact_texts.h"

#include <gtest/gtest.h>

namespace weir::engine::duck {

namespace {

std::string whole(std::string_view text, NumberMarks marks = {}) {
  auto value = whole_number(text, marks);
  return value ? value->ToString() : "nothing";
}

int64_t us(std::string_view text) {
  auto value = instant_us(text);
  return value ? static_cast<int64_t>(value->lower) : -1;
}

}  // namespace

TEST(ExactTexts, WholeNumbersAreNotRounded) {
  EXPECT_EQ(whole(" -12 "), "-12");
  EXPECT_EQ(whole("+12.00"), "12");
  EXPECT_EQ(whole("000000000000000000000000007"), "7");
  EXPECT_EQ(whole("123456789012345678901234567890"), "123456789012345678901234567890");
  for (auto* text : {"", "-", ".", "12.5", "1e3", "1 2", "12,0", "0x1f", "1234567890123456789012345678901234567890"})
    EXPECT_EQ(whole(text), "nothing") << text;
}

TEST(ExactTexts, ThousandsStandInGroupsOfThree) {
  const NumberMarks german{',', '.'};
  EXPECT_EQ(whole("1.234.567", german), "1234567");
  EXPECT_EQ(whole("-12.345,00", german), "-12345");
  EXPECT_EQ(whole("1234", german), "1234");
  for (auto* text : {"1.23", "1234.567", ".123", "1..234", "1.234,5", "12,5"})
    EXPECT_EQ(whole(text, german), "nothing") << text;
}

TEST(ExactTexts, InstantsKeepTheirOffsetAndEveryDigit) {
  constexpr int64_t ten = 1704103200000000;  // 2024-01-01 10:00:00 UTC
  EXPECT_EQ(us("2024-01-01 10:00:00"), ten);
  EXPECT_EQ(us("2024-01-01T10:00:00Z"), ten);
  EXPECT_EQ(us("2024-01-01T12:00:00+02:00"), ten);
  EXPECT_EQ(us("2024-01-01 10:00:00.5"), ten + 500'000);
  EXPECT_EQ(us("2024-01-01 10:00:00.123456000Z"), ten + 123'456);
  EXPECT_EQ(us("2024-01-01"), ten - 36'000'000'000);
  for (auto* text : {"2024-01-01 10:00:00.1234567", "2024-02-30 10:00:00", "2024-01-01 24:00:01", "2024-01-01 10:60:00",
                     "infinity", "2024-01-01 10:00:00 Europe/Oslo", "x024-01-01 10:00:00"})
    EXPECT_EQ(us(text), -1) << text;
}

}  // namespace weir::engine::duck

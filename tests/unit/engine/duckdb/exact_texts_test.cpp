// Texts of CSV fields as values, or nothing.
#include "engine/duckdb/exact_texts.h"

#include <gtest/gtest.h>

#include <random>

#include "engine/duckdb/plain_texts.h"

namespace weir::engine::duck {

namespace {

std::string whole(std::string_view text, NumberMarks marks = {}) {
  auto value = whole_number(text, marks);
  return value ? value->ToString() : "nothing";
}

std::string decimal(std::string_view text, int precision, int scale, NumberMarks marks = {}) {
  auto value = unscaled_decimal(text, precision, scale, marks);
  return value ? value->ToString() : "nothing";
}

int64_t us(std::string_view text) { return instant_us(text).value_or(-1); }
int64_t local_us(std::string_view text) { return local_time_us(text).value_or(-1); }
int64_t day(std::string_view text) { return day_number(text).value_or(-1); }

constexpr int64_t ten = 1704103200000000;  // 2024-01-01 10:00:00 UTC

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

TEST(ExactTexts, DecimalsAreNotRounded) {
  EXPECT_EQ(decimal("1.5", 10, 2), "150");
  EXPECT_EQ(decimal(" -1.500 ", 10, 2), "-150");
  EXPECT_EQ(decimal("+.5", 10, 2), "50");
  EXPECT_EQ(decimal("7.", 10, 2), "700");
  EXPECT_EQ(decimal("15e-1", 10, 2), "150");
  EXPECT_EQ(decimal("1.5E3", 10, 2), "150000");
  EXPECT_EQ(decimal("0000000000000000000012.34", 4, 2), "1234");
  EXPECT_EQ(decimal("12345678901234567890.123456789", 38, 9), "12345678901234567890123456789");
  EXPECT_EQ(decimal("1.234,5", 10, 2, {',', '.'}), "123450");
  for (auto* text : {"", "-", ".", "1.505", "15e-3", "123456789", "1,5", "1.2.3", "1e", "1e400", "abc", "--1", "1 2"})
    EXPECT_EQ(decimal(text, 10, 2), "nothing") << text;
}

TEST(ExactTexts, LocalTimesHaveNoOffset) {
  EXPECT_EQ(local_us("2024-01-01 10:00:00"), ten);
  EXPECT_EQ(local_us("2024-01-01 10:00"), ten);
  EXPECT_EQ(local_us("2024-01-01T10:00:00Z"), ten);
  EXPECT_EQ(local_us("2024-01-01T10:00:00+00:00"), ten);
  EXPECT_EQ(local_us("2024-01-01 10:00:00 UTC"), ten);
  for (auto* text : {"2024-01-01T10:00:00+02:00", "2024-01-01 10:00:00-05", "2024-01-01 10:00:00.1234567", "infinity"})
    EXPECT_EQ(local_us(text), -1) << text;
}

TEST(ExactTexts, DaysHaveNoTimeOfDay) {
  EXPECT_EQ(day("2024-01-31"), 19753);
  EXPECT_EQ(day("2024-1-31"), 19753);
  EXPECT_EQ(day(" 2024-01-31 00:00:00"), 19753);
  EXPECT_EQ(day("1582-10-14"), -141428);
  EXPECT_EQ(day("0044-03-15 (BC)"), -735160);
  for (auto* text : {"2024-02-30", "2024-01-31 10:00:00", "2024-01-31T00:00:00+02:00", "infinity", "2024-01-31x", ""})
    EXPECT_EQ(day(text), -1) << text;
}

TEST(ExactTexts, TimesOfDay) {
  EXPECT_EQ(time_of_day_us("10:00"), 36'000'000'000);
  EXPECT_EQ(time_of_day_us(" 23:59:59.000001000 "), 86'399'000'001);
  for (auto* text : {"", "24:00:01", "10", "10:60", "10:00:00.1234567", "2024-01-31 10:00:00", "10:00+02:00"})
    EXPECT_EQ(time_of_day_us(text), std::nullopt) << text;
}

// Short texts over the letters of numbers and times: where the plain reader answers, the general one says the same.
TEST(ExactTexts, ThePlainReadersAgreeWithTheGeneralOnes) {
  std::mt19937 random(1);
  auto text_of = [&](std::string_view letters, size_t longest) {
    std::string text(random() % (longest + 1), ' ');
    for (auto& c : text) c = letters[random() % letters.size()];
    return text;
  };
  size_t answered = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto text = text_of("0123456789.-", 22);
    if (const auto value = plain::whole(text)) {
      ++answered;
      EXPECT_EQ(whole(text), std::to_string(*value)) << text;
    }
    const int precision = static_cast<int>(random() % 18) + 1;
    const int scale = static_cast<int>(random() % (static_cast<unsigned>(precision) + 1));
    if (const auto value = plain::decimal(text, precision, scale, '.')) {
      ++answered;
      EXPECT_EQ(decimal(text, precision, scale), std::to_string(*value)) << text << " " << precision << " " << scale;
    }
  }
  EXPECT_GT(answered, 10'000u);
  answered = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = "2024-01-31 10:59:00.123456";
    for (int k = 0; k < 4; ++k) text[random() % text.size()] = "0123456789-: T."[random() % 15];
    text.resize(text.size() - random() % 8);
    if (const auto value = plain::time_us(text)) {
      ++answered;
      EXPECT_EQ(us(text + "Z"), *value) << text;  // a zone is not plain: DuckDB reads it
    }
    const auto date = text.substr(0, 10);
    if (const auto value = plain::day(date)) {
      ++answered;
      EXPECT_EQ(us(date + " 00:00:00Z"), *value * 86'400'000'000) << date;
    }
  }
  EXPECT_GT(answered, 10'000u);
}

}  // namespace weir::engine::duck

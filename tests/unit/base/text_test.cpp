#include "base/text.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using Parts = std::vector<std::string>;

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_EQ(split("a,,b,", ','), (Parts{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (Parts{""}));
  EXPECT_EQ(join({"a", "", "b"}, ", "), "a, , b");
}

TEST(Text, TrimLowerReplace) {
  EXPECT_EQ(trim("\t a b\n "), "a b");
  EXPECT_EQ(trim("  "), "");
  EXPECT_EQ(lower("AbÄ"), "abÄ");
  EXPECT_EQ(upper("aB1"), "AB1");
  EXPECT_TRUE(iequals("SeLect", "sElECT"));
  EXPECT_FALSE(iequals("a", "ab"));
  EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
  EXPECT_EQ(replace_all("abc", "", "x"), "abc");
}

TEST(Text, Utf8) {
  EXPECT_TRUE(is_valid_utf8("aé€😀"));
  EXPECT_EQ(invalid_utf8_at("ab\x80"), 2U);
  for (const char* bad : {"\xc1\x81", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                          "\xf5\x80\x80\x80", "\xc3", "\xe2\x82", "\xff"})
    EXPECT_FALSE(is_valid_utf8(bad));
  EXPECT_EQ(valid_utf8("a\xff\xfe"
                       "b"),
            "a\xEF\xBF\xBD\xEF\xBF\xBD"
            "b");
}

TEST(Text, Numbers) {
  EXPECT_EQ(parse_int("-12"), -12);
  EXPECT_EQ(parse_int("+12"), 12);
  EXPECT_EQ(parse_int("9223372036854775807"), INT64_MAX);
  for (const char* bad : {"", " 1", "1 ", "1.0", "9223372036854775808", "0x10", "--1", "+-1", "-"})
    EXPECT_EQ(parse_int(bad), std::nullopt) << bad;
  EXPECT_EQ(parse_double("1.5e3"), 1500.0);
  EXPECT_EQ(parse_double("+.5"), 0.5);
  for (const char* bad : {"", "1.5x", "e5", "1e999", "+-1"}) EXPECT_EQ(parse_double(bad), std::nullopt) << bad;
}

TEST(Text, PercentEncoding) {
  EXPECT_EQ(percent_encode("a b/ü%", "/"), "a%20b/%C3%BC%25");
  EXPECT_EQ(percent_decode("a%20b/%c3%BC%25"), "a b/ü%");
  EXPECT_EQ(percent_decode("100% %4 %zz%"), "100% %4 %zz%");
  EXPECT_EQ(percent_decode("%41"), "A");
}

TEST(Text, HexAndBase64) {
  EXPECT_EQ(hex(std::string("\x00\xff\x1a", 3)), "00ff1a");
  // RFC 4648, section 10.
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

TEST(Text, SqlQuotes) {
  EXPECT_EQ(quote_identifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(quote_literal("it's"), "'it''s'");
}

TEST(Text, ForPeople) {
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(12'900'000), "12.9 MB");
  EXPECT_EQ(human_bytes(999'999), "1.0 MB");
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1204331), "1,204,331");
  EXPECT_EQ(human_duration_ms(41), "41 ms");
  EXPECT_EQ(human_duration_ms(1400), "1.4 s");
  EXPECT_EQ(human_duration_ms(59'960), "1 min 0 s");
  EXPECT_EQ(human_duration_ms(182'000), "3 min 2 s");
  EXPECT_EQ(human_duration_ms(7'260'000), "2 h 1 min");
  EXPECT_EQ(human_duration_ms(-41), "-41 ms");
}

TEST(Text, NearestFindsWhatWasMeant) {
  const Parts names = {"materialized", "schema", "tags", "unique_key"};
  EXPECT_EQ(nearest("materialised", names), "materialized");
  EXPECT_EQ(nearest("UNIQUE_KEY", names), "unique_key");
  EXPECT_EQ(nearest("shcema", names), "schema");
  EXPECT_EQ(nearest("tag", names), "tags");
  EXPECT_EQ(nearest("completely", names), std::nullopt);
  EXPECT_EQ(nearest("x", {"y"}), std::nullopt);
  EXPECT_EQ(did_you_mean("tgas", names), "; did you mean \"tags\"?");
  EXPECT_EQ(did_you_mean("completely", names), "");
}

TEST(Glob, WholeTexts) {
  EXPECT_TRUE(glob_match("*.csv", "a/b.csv"));
  EXPECT_TRUE(glob_match("a?c", "abc"));
  EXPECT_FALSE(glob_match("a?c", "ac"));
  EXPECT_TRUE(glob_match("[a-c]x[!0-9]", "bxy"));
  EXPECT_FALSE(glob_match("[a-c]x[!0-9]", "bx7"));
  EXPECT_TRUE(glob_match("[]x]", "]"));
  EXPECT_TRUE(glob_match("a[b", "a[b"));
  EXPECT_TRUE(glob_match("", ""));
  EXPECT_FALSE(glob_match("", "a"));
  EXPECT_TRUE(glob_match("*", ""));
  EXPECT_TRUE(glob_match("*a*b", "xaab"));
}

TEST(Glob, PathsStopAtSlashes) {
  EXPECT_TRUE(glob_match("raw/*.csv", "raw/a.csv", true));
  EXPECT_FALSE(glob_match("raw/*.csv", "raw/x/a.csv", true));
  EXPECT_FALSE(glob_match("raw?a", "raw/a", true));
  EXPECT_FALSE(glob_match("raw[/]a", "raw/a", true));
  EXPECT_TRUE(glob_match("raw/**/*.csv", "raw/x/y/a.csv", true));
  EXPECT_TRUE(glob_match("raw/**/*.csv", "raw/a.csv", true));
  EXPECT_FALSE(glob_match("raw/**/b", "raw/xb", true));
  EXPECT_TRUE(glob_match("**/b", "b", true));
  EXPECT_TRUE(glob_match("**", "a/b/c", true));
  EXPECT_TRUE(glob_match("a/**", "a/b/c", true));
  EXPECT_TRUE(glob_match("y=*/m=*/*.csv.gz", "y=2013/m=1/f.csv.gz", true));
  EXPECT_TRUE(glob_match("**/x/**/*.q", "a/x/x/b/c.q", true));
  EXPECT_FALSE(glob_match("**/x/*.q", "a/x/x/b/c.q", true));
}

TEST(Glob, HostilePatternsTakeNoLongTime) {
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "*a";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(5000, 'a')));
  pattern.clear();
  for (int i = 0; i < 30; ++i) pattern += "**/a*";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(2000, 'a'), true));
}

}  // namespace
}  // namespace weir

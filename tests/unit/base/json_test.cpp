#include "base/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace weir {
namespace {

Error json_error_of(std::string_view text) {
  try {
    const Json value = Json::parse(text, "a.json");
    ADD_FAILURE() << "accepted as " << value.dump();
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::internal, "no error");
}

TEST(Json, IntegersKeepAll64Bits) {
  const Json value = Json::parse("[9223372036854775807,-9223372036854775808,0]");
  EXPECT_EQ(value.as_array()[0].as_int(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(value.as_array()[1].as_int(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(value.dump(), "[9223372036854775807,-9223372036854775808,0]");
}

TEST(Json, OtherNumbersKeepTheirText) {
  const std::string text = "[9223372036854775808,1.10,1E+2,-0,0.1000000000000000055511151231257827,1e-999,1.8e308]";
  const Json value = Json::parse(text);
  EXPECT_EQ(value.dump(), text);
  EXPECT_FALSE(value.as_array()[0].is_int());
  EXPECT_EQ(value.as_array()[0].as_double(), 9223372036854775808.0);
  EXPECT_TRUE(std::signbit(value.as_array()[3].as_double()));
  EXPECT_EQ(value.as_array()[5].as_double(), 0.0);
  EXPECT_TRUE(std::isinf(value.as_array()[6].as_double()));
}

TEST(Json, WholeRealsAreIntegersToo) {
  EXPECT_EQ(Json::parse("1e3").as_int(), 1000);
  EXPECT_EQ(Json::parse("-0").as_int(), 0);
  EXPECT_THROW(Json::parse("1.5").as_int(), Error);
  EXPECT_THROW(Json::parse("9223372036854775808").as_int(), Error);
}

TEST(Json, ComputedRealsAreReadBackAsReals) {
  EXPECT_EQ(Json(1.0).dump(), "1.0");
  EXPECT_EQ(Json(0.1).dump(), "0.1");
  EXPECT_EQ(Json(1e300).dump(), "1e+300");
  EXPECT_EQ(Json(std::nan("")).dump(), "null");
  EXPECT_EQ(Json(uint64_t{18446744073709551615U}).dump(), "18446744073709551615");
  EXPECT_EQ(Json(uint64_t{7}).as_int(), 7);
}

TEST(Json, MembersKeepTheirOrderAndSortOnDemand) {
  const Json value = Json::parse(R"({"b":1,"a":{"d":[],"c":{}}})");
  EXPECT_EQ(value.dump(), R"({"b":1,"a":{"d":[],"c":{}}})");
  EXPECT_EQ(value.dump_sorted(), R"({"a":{"c":{},"d":[]},"b":1})");
}

TEST(Json, PrettyText) {
  EXPECT_EQ(Json::parse(R"({"a":[1,2],"b":{},"c":[]})").dump(2),
            "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {},\n  \"c\": []\n}");
}

TEST(Json, StringsAreEscapedOnlyWhereTheyMust) {
  EXPECT_EQ(Json(std::string("a\"\\\n\x01/é\x7f")).dump(), "\"a\\\"\\\\\\n\\u0001/é\x7f\"");
  EXPECT_EQ(Json(std::string("a\0b", 3)).dump(), "\"a\\u0000b\"");
  EXPECT_EQ(Json::parse(R"("\ud83d\ude00\u0000")").as_string(), std::string("😀\0", 5));
}

TEST(Json, BytesThatAreNoTextBecomeReplacementCharacters) {
  EXPECT_EQ(Json(std::string("a\xff z")).dump(), "\"a\xEF\xBF\xBD z\"");
}

TEST(Json, ErrorsNameThePlace) {
  const Error error = json_error_of("{\n  \"a\": 1,\n  \"b\" 2\n}");
  ASSERT_TRUE(error.span());
  EXPECT_EQ(error.span()->file, "a.json");
  EXPECT_EQ(error.span()->line, 3);
  EXPECT_EQ(error.span()->column, 7);
  EXPECT_EQ(error.span()->line_text, "  \"b\" 2");
  EXPECT_NE(error.message().find("line 3, column 7"), std::string::npos) << error.message();
}

TEST(Json, DuplicateKeysAreRefused) {
  EXPECT_NE(json_error_of(R"({"a":1,"b":2,"a":3})").message().find("\"a\" occurs twice"), std::string::npos);
  EXPECT_NE(json_error_of(R"({"a":1,"\u0061":3})").message().find("occurs twice"), std::string::npos);
  std::string large = "{";
  for (int i = 0; i < 1000; ++i) large += "\"k" + std::to_string(i) + "\":1,";
  EXPECT_EQ(Json::parse(large + "\"x\":1}").size(), 1001U);
  EXPECT_NE(json_error_of(large + "\"k500\":1}").message().find("\"k500\" occurs twice"), std::string::npos);
}

TEST(Json, NestingIsLimited) {
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(Json::parse(nested(256)).size(), 1U);
  EXPECT_NE(json_error_of(nested(257)).message().find("deeper than 256"), std::string::npos);
  json_error_of(std::string(1'000'000, '['));
}

TEST(Json, WhatIsNoUtf8IsRefused) {
  json_error_of("\"a\xff\"");
  json_error_of("\"\xed\xa0\x80\"");  // a surrogate, in bytes
  json_error_of(R"("\udc00")");       // a low surrogate alone
  json_error_of(R"("\ud800x")");
  json_error_of("\"\xc0\xaf\"");    // overlong
  json_error_of("\xEF\xBB\xBF{}");  // a byte order mark
  json_error_of("{\"\xff\":1}");
}

TEST(Json, NothingMayFollow) {
  json_error_of("{} {}");
  json_error_of(std::string_view("{}\0{}", 5));
  json_error_of(std::string_view("{}\0", 3));
  json_error_of("");
  json_error_of("  \n");
}

TEST(Json, AccessorsNameWhatTheyFound) {
  const Json value = Json::parse(R"({"a":"x","n":null})");
  try {
    value.get_int("a");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.message().find("expected a JSON integer, found string"), std::string::npos) << error.message();
    ASSERT_EQ(error.contexts().size(), 1U);
    EXPECT_EQ(error.contexts()[0].what, "member \"a\"");
  }
  EXPECT_EQ(value.get_string("a"), "x");
  EXPECT_EQ(value.get_string("n"), std::nullopt);
  EXPECT_EQ(value.get_bool("absent"), std::nullopt);
  EXPECT_THROW(value.at("absent"), Error);
  EXPECT_THROW(Json(1).at("absent"), Error);
}

TEST(Json, SetReplacesOrAppendsAndEraseRemoves) {
  Json value = Json::object();
  value.set("a", 1).set("b", 2).set("a", 3);
  EXPECT_EQ(value.dump(), R"({"a":3,"b":2})");
  EXPECT_TRUE(value.erase("a"));
  EXPECT_FALSE(value.erase("a"));
  EXPECT_EQ(value.dump(), R"({"b":2})");
}

}  // namespace
}  // namespace weir

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/check.h"

namespace weir::checks {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::string& test, const std::string& arguments, const std::string& column = "") {
  Span span{"models/x.yml", 7, 9, 0, ""};
  try {
    built_in_check(test, Json::parse(arguments), column, span);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::check_arguments);
    EXPECT_EQ(error.span()->line, 7);
    return error.message();
  }
  return "accepted";
}

TEST(BuiltIn, NamesAreThosePeopleUse) {
  EXPECT_TRUE(is_built_in("unique"));
  EXPECT_TRUE(is_built_in("dbt_utils.accepted_range"));
  EXPECT_FALSE(is_built_in("accepted_range"));
  EXPECT_EQ(built_in_check("my_test", Json::object(), "id", {}), std::nullopt);
}

TEST(BuiltIn, TitlesAreShort) {
  EXPECT_EQ(built_in_check("dbt_utils.accepted_range", Json::parse(R"({"min_value": 0})"), "fare", {})->title,
            "accepted_range(fare)");
  EXPECT_EQ(
      built_in_check("dbt_expectations.expect_table_row_count_to_equal", Json::parse(R"({"value": 3})"), "", {})->title,
      "row_count_to_equal");
}

TEST(BuiltIn, UnknownArgumentIsNamedWithTheNearest) {
  EXPECT_THAT(refusal("dbt_utils.accepted_range", R"({"min_value": 0, "max_valu": 3})", "fare"),
              HasSubstr("unknown argument \"max_valu\"; did you mean \"max_value\"?"));
  EXPECT_THAT(refusal("unique", R"({"x": 1})", "id"), HasSubstr("unknown argument \"x\""));
}

TEST(BuiltIn, MissingAndMalformedArgumentsAreNamed) {
  EXPECT_THAT(refusal("not_null", "{}"), HasSubstr("is a test of a column"));
  EXPECT_THAT(refusal("accepted_values", "{}", "s"), HasSubstr("\"values\" must be a list"));
  EXPECT_THAT(refusal("accepted_values", R"({"values": []})", "s"), HasSubstr("\"values\" is empty"));
  EXPECT_THAT(refusal("accepted_values", R"({"values": [[1]]})", "s"), HasSubstr("plain values"));
  EXPECT_THAT(refusal("accepted_values", R"({"values": [1], "quote": "no"})", "s"),
              HasSubstr("\"quote\" must be true or false"));
  EXPECT_THAT(refusal("relationships", R"({"to": "x"})", "s"), HasSubstr("\"field\" is missing"));
  EXPECT_THAT(refusal("dbt_utils.accepted_range", "{}", "s"), HasSubstr("needs \"min_value\" or \"max_value\""));
  EXPECT_THAT(refusal("dbt_utils.recency", R"({"field": "t", "datepart": "fortnight", "interval": 1})"),
              HasSubstr("datepart \"fortnight\" is not one of day, hour"));
  EXPECT_THAT(refusal("dbt_utils.recency", R"({"field": "t", "datepart": "day", "interval": "1; drop"})"),
              HasSubstr("\"interval\" must be a whole number"));
}

TEST(BuiltIn, RowConditionBecomesTheFilter) {
  std::optional<Check> check = built_in_check("dbt_expectations.expect_table_row_count_to_equal",
                                              Json::parse(R"({"value": 3, "row_condition": "x > 1"})"), "", {});
  EXPECT_EQ(check->config.where, "x > 1");
  EXPECT_EQ(check->min_value, "3");
  EXPECT_EQ(check->max_value, "3");
}

TEST(Holds, ComparesAsSqlDoes) {
  EXPECT_EQ(holds("!= 0", 0), false);
  EXPECT_EQ(holds("!=0", 3), true);
  EXPECT_EQ(holds(" <> 0 ", 3), true);
  EXPECT_EQ(holds(">10", 10), false);
  EXPECT_EQ(holds(">= 10", 10), true);
  EXPECT_EQ(holds("< 2.5", 2), true);
  EXPECT_EQ(holds("<=2", 3), false);
  EXPECT_EQ(holds("= 4", 4), true);
}

TEST(Holds, OtherSqlIsLeftToTheEngine) {
  EXPECT_EQ(holds("between 1 and 5", 3), std::nullopt);
  EXPECT_EQ(holds("", 3), std::nullopt);
  EXPECT_EQ(holds("> (select 1)", 3), std::nullopt);
  EXPECT_EQ(holds(">>", 3), std::nullopt);
}

}  // namespace
}  // namespace weir::checks

#include "checks/decide.h"

#include <gtest/gtest.h>

namespace weir::checks {
namespace {

using lake::DataType;
using lake::TypeKind;

Check counted_check(const std::string& test, const std::string& arguments, const std::string& column = "") {
  return built_in_check(test, Json::parse(arguments), column, {}).value();
}

TableStatistics table(int64_t rows, const std::string& column, TypeKind kind, lake::Scalar min, lake::Scalar max,
                      int64_t nulls) {
  TableStatistics statistics;
  statistics.row_count = rows;
  statistics.columns[column] = {DataType::primitive(kind), nulls, std::move(min), std::move(max)};
  return statistics;
}

std::optional<int64_t> failures(const Check& check, const TableStatistics& statistics) {
  std::optional<Counted> counted = count_by_statistics(check, statistics);
  return counted ? std::optional<int64_t>(counted->failures) : std::nullopt;
}

TEST(Statistics, NullCountsAreExact) {
  TableStatistics statistics = table(10, "id", TypeKind::long_, int64_t{1}, int64_t{9}, 3);
  EXPECT_EQ(failures(counted_check("not_null", "{}", "ID"), statistics), 3);
  EXPECT_EQ(failures(counted_check("not_null", "{}", "\"id\""), statistics), 3);
  EXPECT_EQ(failures(counted_check("not_null", "{}", "other"), statistics), std::nullopt);
  EXPECT_EQ(failures(counted_check("not_null", "{}", "id + 1"), statistics), std::nullopt);
}

TEST(Statistics, AFilterNeedsAScan) {
  Check filtered = counted_check("not_null", "{}", "id");
  filtered.config.where = "x";
  EXPECT_EQ(failures(filtered, table(10, "id", TypeKind::long_, int64_t{1}, int64_t{9}, 0)), std::nullopt);
}

TEST(Statistics, BoundsProveARangeButNeverBreakIt) {
  Check range = counted_check("dbt_utils.accepted_range", R"({"min_value": 0, "max_value": 100})", "x");
  EXPECT_EQ(failures(range, table(10, "x", TypeKind::long_, int64_t{0}, int64_t{100}, 0)), 0);
  EXPECT_EQ(failures(range, table(10, "x", TypeKind::long_, int64_t{-1}, int64_t{100}, 0)), std::nullopt);
  EXPECT_EQ(failures(range, table(10, "x", TypeKind::long_, int64_t{0}, std::monostate{}, 0)), std::nullopt);
  EXPECT_EQ(failures(range, table(10, "x", TypeKind::double_, 0.5, 99.5, 0)), 0);
  EXPECT_EQ(failures(range, table(10, "x", TypeKind::string, std::string("1"), std::string("2"), 0)), std::nullopt);
  EXPECT_EQ(failures(range, table(10, "x", TypeKind::long_, std::monostate{}, std::monostate{}, 10)), 0) << "all null";
}

TEST(Statistics, ExclusiveBoundsAreExclusive) {
  Check range = counted_check("dbt_utils.accepted_range", R"({"min_value": 0, "inclusive": false})", "x");
  EXPECT_EQ(failures(range, table(10, "x", TypeKind::long_, int64_t{0}, int64_t{5}, 0)), std::nullopt);
  EXPECT_EQ(failures(range, table(10, "x", TypeKind::long_, int64_t{1}, int64_t{5}, 0)), 0);
}

TEST(Statistics, DecimalsThatAreNearlyEqualAreScanned) {
  Check range = counted_check("dbt_utils.accepted_range", R"({"min_value": 0.1})", "x");
  TableStatistics statistics = table(10, "x", TypeKind::decimal, std::string("0.10"), std::string("9.00"), 0);
  EXPECT_EQ(failures(range, statistics), std::nullopt);
  statistics.columns["x"].min = std::string("0.11");
  EXPECT_EQ(failures(range, statistics), 0);
}

TEST(Statistics, DatesAndTimesCompareWithLiterals) {
  Check range = counted_check("dbt_utils.accepted_range",
                              R"({"min_value": "'2013-01-01'", "max_value": "date '2013-12-31'"})", "x");
  int64_t first = 15706;  // 2013-01-01
  EXPECT_EQ(failures(range, table(10, "x", TypeKind::date, first, first + 364, 0)), 0);
  EXPECT_EQ(failures(range, table(10, "x", TypeKind::date, first - 1, first + 364, 0)), std::nullopt);
  int64_t day_us = 86400LL * 1000000;
  EXPECT_EQ(failures(range, table(10, "x", TypeKind::timestamp_ntz, first * day_us, (first + 364) * day_us, 0)), 0);
  EXPECT_EQ(failures(range, table(10, "x", TypeKind::timestamp_ntz, first * day_us, (first + 365) * day_us, 0)),
            std::nullopt);
  Check expression = counted_check("dbt_utils.accepted_range", R"({"min_value": "current_date"})", "x");
  EXPECT_EQ(failures(expression, table(10, "x", TypeKind::date, first, first, 0)), std::nullopt);
}

TEST(Statistics, RowCountsAreExactBothWays) {
  Check between =
      counted_check("dbt_expectations.expect_table_row_count_to_be_between", R"({"min_value": 5, "max_value": 10})");
  TableStatistics statistics;
  EXPECT_EQ(failures(between, statistics), std::nullopt);
  statistics.row_count = 10;
  EXPECT_EQ(failures(between, statistics), 0);
  statistics.row_count = 11;
  EXPECT_EQ(failures(between, statistics), 1);
  Check equal = counted_check("dbt_expectations.expect_table_row_count_to_equal", R"({"value": 11})");
  EXPECT_EQ(failures(equal, statistics), 0);
  Check computed = counted_check("dbt_expectations.expect_table_row_count_to_equal", R"j({"value": "(select 11)"})j");
  EXPECT_EQ(failures(computed, statistics), std::nullopt);
}

TEST(Statistics, UniqueIsKnownOnlyOfTinyTables) {
  Check unique = counted_check("unique", "{}", "id");
  EXPECT_EQ(failures(unique, table(1, "id", TypeKind::long_, int64_t{1}, int64_t{1}, 0)), 0);
  EXPECT_EQ(failures(unique, table(2, "id", TypeKind::long_, int64_t{1}, int64_t{2}, 0)), std::nullopt);
}

CheckStatus judged(const CheckConfig& config, int64_t failures) {
  Check made = counted_check("not_null", "{}", "id");
  made.config = config;
  CheckResult result;
  judge(made, {failures, ""}, result);
  return result.status;
}

TEST(Judge, SeverityAndThresholdsAsInDbt) {
  CheckConfig config;
  EXPECT_EQ(judged(config, 0), CheckStatus::pass);
  EXPECT_EQ(judged(config, 1), CheckStatus::fail);
  config.severity = Severity::warn;
  EXPECT_EQ(judged(config, 1), CheckStatus::warn);
  config.severity = Severity::error;
  config.warn_if = "> 0";
  config.error_if = "> 10";
  EXPECT_EQ(judged(config, 10), CheckStatus::warn);
  EXPECT_EQ(judged(config, 11), CheckStatus::fail);
}

TEST(Judge, MessagesSayWhatIsWrong) {
  auto message = [](const Check& check, const Counted& counted) { return failure_message(check, counted); };
  EXPECT_EQ(message(counted_check("dbt_utils.accepted_range", R"({"min_value": 0})", "fare"), {17, ""}),
            "17 rows below 0");
  EXPECT_EQ(message(counted_check("dbt_utils.accepted_range", R"({"min_value": 0, "max_value": 9})", "x"), {1, ""}),
            "1 row outside 0 to 9");
  EXPECT_EQ(message(counted_check("not_null", "{}", "x"), {1, ""}), "1 row is null");
  EXPECT_EQ(message(counted_check("unique", "{}", "x"), {2, ""}), "2 values occur more than once");
  EXPECT_EQ(
      message(counted_check("dbt_expectations.expect_table_row_count_to_be_between", R"({"min_value": 5})"), {1, "3"}),
      "3 rows, expected at least 5");
  EXPECT_EQ(message(counted_check("dbt_utils.recency", R"({"field": "t", "datepart": "day", "interval": 2})"),
                    {1, "2013-01-01"}),
            "newest value 2013-01-01 is older than 2 days");
}

}  // namespace
}  // namespace weir::checks

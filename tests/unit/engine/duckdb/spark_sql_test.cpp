// Expressions in Spark's dialect: what is taken means the same, anything else is refused.
#include "engine/duckdb/spark_sql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace weir::engine::duck {

namespace {

std::string taken(const std::string& sql) { return from_spark(sql, {"a", "end", "s"})->ToString(); }
std::string back(const std::string& sql) { return to_spark(*from_spark(sql, {"a", "end", "s"})); }

bool refused(const std::string& sql) {
  try {
    from_spark(sql, {"a", "end", "s"});
  } catch (const Error& error) {
    return error.code() == ErrorCode::sql_unsupported && !error.hint().empty();
  }
  return false;
}

TEST(SparkSql, names_and_literals_are_those_of_spark) {
  EXPECT_EQ(taken("`a` = \"text\""), "(a = 'text')");
  EXPECT_EQ(taken("a = 'it\\'s'"), "(a = 'it''s')");
  EXPECT_EQ(taken("end > 1"), "(\"end\" > 1)");  // a keyword of DuckDB's, but a column here
  EXPECT_EQ(taken("a <=> 5L"), "(a IS NOT DISTINCT FROM CAST(5 AS BIGINT))");
  EXPECT_EQ(taken("CAST(a AS TIMESTAMP)"), "CAST(a AS \"TIMESTAMP WITH TIME ZONE\")");
  EXPECT_EQ(taken("CAST(a AS timestamp_ntz)"), "CAST(a AS TIMESTAMP)");
}

TEST(SparkSql, functions_get_the_name_they_have_here) {
  EXPECT_EQ(taken("concat(a, 'x', s)"), "((a || 'x') || s)");  // NULL if one is NULL
  EXPECT_EQ(taken("nvl(a, 1)"), "COALESCE(a, 1)");
  EXPECT_EQ(taken("dayofmonth(a)"), "\"day\"(a)");
  EXPECT_EQ(taken("date_format(a, 'yyyy-MM-dd')"), "strftime(a, '%Y-%m-%d')");
  EXPECT_EQ(taken("to_date(a)"), "CAST(a AS DATE)");
  EXPECT_EQ(taken("current_date"), taken("current_date()"));
  EXPECT_EQ(taken("current_timestamp > now()"), "(get_current_timestamp() > now())");
}

TEST(SparkSql, what_means_something_else_is_refused) {
  for (auto* sql : {"upper(a) = 'X'", "trim(a) = 'x'", "a rlike 'x'", "substring(a, 0, 2)", "substring(a, -1)",
                    "date_format(a, 'EEE')", "a LIKE '10\\\\%'", "my_udf(a)", "rand() > 0.5", "a = 1BD", "a = 'open",
                    "(SELECT 1) = a", "sum(a) > 1", "a, s", "CAST(a AS INTERVAL)", "a[0] = 1"})
    EXPECT_TRUE(refused(sql)) << sql;
}

TEST(SparkSql, what_is_written_is_read_again) {
  for (auto* sql :
       {"(`a` > 0)", "((`a` > 0) AND (`s` IS NOT NULL))", "(`a` IN (1, 2, 3))", "(`a` BETWEEN 1 AND 10)",
        "CASE WHEN (`a` > 1) THEN 'x' ELSE 'y' END", "CAST(`a` AS BIGINT)", "(`a` <=> `s`)", "(`s` LIKE 'a%')",
        "coalesce(`a`, `s`)", "year(`a`)", "(`a` = 'it\\'s')", "(NOT `a`)", "((`a` + 1) * 2)",
        "CAST('2026-01-02' AS DATE)", "substring(`s`, 1, 3)", "current_date()", "current_timestamp()", "now()"})
    EXPECT_EQ(back(sql), sql);
}

}  // namespace

}  // namespace weir::engine::duck

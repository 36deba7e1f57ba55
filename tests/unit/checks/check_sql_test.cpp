#include "checks/check_sql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::checks {
namespace {

using ::testing::HasSubstr;

Check check(const std::string& test, const std::string& arguments, const std::string& column = "") {
  Check made = built_in_check(test, Json::parse(arguments), column, {}).value();
  made.table = {"raw", "orders"};
  return made;
}

TEST(CheckSql, NotNullInDbtsForm) {
  EXPECT_EQ(failing_rows_sql(check("not_null", "{}", "id")),
            R"(SELECT * FROM "lake"."raw"."orders" WHERE "id" IS NULL)");
}

TEST(CheckSql, ColumnThatIsAnExpressionStaysAsWritten) {
  EXPECT_EQ(column_sql("lower(name)"), "lower(name)");
  EXPECT_EQ(column_sql("order"), "\"order\"");
  EXPECT_EQ(column_sql("1st"), "1st");
  EXPECT_EQ(column_sql("\"My Column\""), "\"My Column\"");
}

TEST(CheckSql, ValuesAreQuotedAsLiterals) {
  Check values = check("accepted_values", R"({"values": ["o'k", 1, true, 2.50]})", "status");
  EXPECT_THAT(failing_rows_sql(values), HasSubstr("NOT IN ('o''k', '1', 'True', '2.50')"));
  Check expressions = check("accepted_values", R"({"values": [1, 2], "quote": false})", "status");
  EXPECT_THAT(failing_rows_sql(expressions), HasSubstr("NOT IN (1, 2)"));
}

TEST(CheckSql, WhereNarrowsTheRelationAndTheAggregate) {
  Check filtered = check("not_null", "{}", "id");
  filtered.config.where = "a = 1 or b = 2";
  EXPECT_THAT(failing_rows_sql(filtered),
              HasSubstr(R"(FROM (SELECT * FROM "lake"."raw"."orders" WHERE a = 1 or b = 2) AS dbt_subquery)"));
  EXPECT_EQ(aggregate_of(filtered)->failures, R"(count(*) FILTER (WHERE (a = 1 or b = 2) AND "id" IS NULL))");
}

TEST(CheckSql, RangeIsOpenWhereABoundIsMissing) {
  EXPECT_THAT(failing_rows_sql(check("dbt_utils.accepted_range", R"({"min_value": 0})", "fare")),
              HasSubstr(R"(WHERE NOT ("fare" >= (0)))"));
  EXPECT_THAT(failing_rows_sql(check("dbt_utils.accepted_range",
                                     R"j({"min_value": 0, "max_value": "limit_of(x)", "inclusive": false})j", "fare")),
              HasSubstr(R"(WHERE (NOT ("fare" > (0)) OR NOT ("fare" < (limit_of(x)))))"));
}

TEST(CheckSql, EvaluationAppliesCalcLimitAndConditions) {
  Check made = check("not_null", "{}", "id");
  made.config.fail_calc = "sum(n)";
  made.config.warn_if = ">10";
  made.config.error_if = "between 5 and 9";
  made.config.limit = 3;
  std::string sql = evaluate_sql(made);
  EXPECT_THAT(sql, HasSubstr("SELECT failures, failures >10 AS should_warn, failures between 5 and 9 AS should_error"));
  EXPECT_THAT(sql, HasSubstr("(SELECT sum(n) AS failures FROM ("));
  EXPECT_THAT(sql, HasSubstr("LIMIT 3"));
  EXPECT_EQ(aggregate_of(made), std::nullopt) << "its number is not the number of rows";
  Check limited = check("not_null", "{}", "id");
  limited.config.limit = 3;
  EXPECT_EQ(aggregate_of(limited), std::nullopt) << "it counts at most so many";
}

TEST(CheckSql, ChecksOverOtherRelationsHaveNoAggregate) {
  EXPECT_EQ(aggregate_of(check("relationships", R"({"to": "\"lake\".\"main\".\"c\"", "field": "id"})", "c_id")),
            std::nullopt);
  EXPECT_EQ(aggregate_of(check("dbt_utils.equal_rowcount", R"({"compare_model": "x"})")), std::nullopt);
  EXPECT_EQ(aggregate_of(check("dbt_utils.recency",
                               R"({"field": "t", "datepart": "day", "interval": 1, "group_by_columns": ["g"]})")),
            std::nullopt);
}

TEST(CheckSql, RowCountsAreOfGroupsWhenAsked) {
  Check made = check("dbt_expectations.expect_table_row_count_to_be_between",
                     R"({"min_value": 1, "max_value": 9, "group_by": ["day"], "row_condition": "ok"})");
  EXPECT_EQ(
      failing_rows_sql(made),
      R"(SELECT "day", count(*) AS row_count FROM (SELECT * FROM "lake"."raw"."orders" WHERE ok) AS dbt_subquery )"
      R"(GROUP BY "day" HAVING (NOT (count(*) >= (1)) OR NOT (count(*) <= (9))))");
}

std::string proof_text(const std::string& sql) {
  Check made;
  made.sql = sql;
  const std::optional<Proof> proof = proof_of(made);
  return proof ? proof->sql : "";
}

TEST(CheckSql, DbtsUniqueIsProvenByItsOwnColumnAndRelation) {
  const std::string head = "\n\n\nselect\n    id as unique_field,\n    count(*) as n_records\n\nfrom ";
  const std::string tail = "\nwhere id is not null\ngroup by id\nhaving count(*) > 1\n\n\n";
  EXPECT_EQ(proof_text(head + "\"db\".\"main\".\"t\"" + tail), R"(SELECT weir_all_differ(id) FROM "db"."main"."t")");
  EXPECT_EQ(proof_text(head + "(select * from t where id is not null) dbt_subquery" + tail),
            "SELECT weir_all_differ(id) FROM (select * from t where id is not null) dbt_subquery");
  EXPECT_EQ(proof_text(head + "t\nwhere id is not null\ngroup by id, day\nhaving count(*) > 1"), "");
  EXPECT_EQ(proof_text(head + "t\nwhere other is not null\ngroup by id\nhaving count(*) > 1"), "");
  EXPECT_EQ(proof_text(head + "t\nwhere id is not null\ngroup by id\nhaving count(*) > 2"), "");
  EXPECT_EQ(proof_text("select id from t where id is null"), "");
}

TEST(CheckSql, DbtsRelationshipsAreProvenByBothSides) {
  const std::string child = "with child as (\n    select c as from_field\n    from a\n    where c is not null\n),\n\n";
  const std::string parent = "parent as (\n    select id as to_field\n    from (select * from b) x\n)\n\n";
  const std::string join =
      "select\n    from_field\n\nfrom child\nleft join parent\n    on child.from_field = parent.to_field\n\n"
      "where parent.to_field is null\n";
  const std::string proof =
      "SELECT weir_all_found(x, listed) FROM (SELECT child.*, false FROM (SELECT c FROM a) AS child UNION ALL "
      "SELECT parent.*, true FROM (SELECT id FROM (select * from b) x) AS parent) AS both_sides(x, listed)";
  EXPECT_EQ(proof_text(child + parent + join), proof);
  EXPECT_EQ(proof_text(child + parent + join + " and child.from_field > 3"), "");
  EXPECT_EQ(proof_text("with more as (select 1) " + child + parent + join), "");
  Check made = check("relationships", R"({"to": "\"lake\".\"main\".\"c\"", "field": "id"})", "c_id");
  made.config.where = "ok";
  EXPECT_EQ(
      proof_of(made)->columns,
      (std::vector<std::string>{R"(SELECT "c_id" FROM (SELECT * FROM "lake"."raw"."orders" WHERE ok) AS dbt_subquery)",
                                R"(SELECT "id" FROM "lake"."main"."c")"}));
}

TEST(CheckSql, PlacesAreOfWholeNumbersAndDates) {
  EXPECT_TRUE(are_places("BIGINT") && are_places("DATE") && are_places("TIMESTAMP WITH TIME ZONE"));
  EXPECT_FALSE(are_places("VARCHAR") || are_places("DECIMAL(4,0)") || are_places("BIGINT[]") || are_places("DOUBLE"));
  Check made = check("unique", "{}", "id");
  made.config.where = "ok";
  EXPECT_EQ(aggregate_of(made, true)->failures,
            R"(CASE weir_all_differ("id") FILTER (WHERE (ok)) WHEN true THEN 0 WHEN false THEN 1 END)");
}

TEST(CheckSql, SqlChecksAreTheirOwnFailingRows) {
  Check made;
  made.sql = "select 1 where false";
  EXPECT_EQ(failing_rows_sql(made), "select 1 where false");
}

}  // namespace
}  // namespace weir::checks

#include "checks/run_checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_session.h"

namespace weir::checks {
namespace {

using engine::Rows;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Check named_check(const std::string& test, const std::string& arguments, const std::string& column = "") {
  Check made = built_in_check(test, Json::parse(arguments), column, {}).value();
  made.table = {"raw", "orders"};
  made.name = test + "_" + column;
  return made;
}

Rows row(std::vector<engine::Cell> cells) { return {{}, {std::move(cells)}, 0}; }

class KnownStatistics final : public StatisticsSource {
 public:
  TableStatistics known;
  int asked = 0;
  std::optional<TableStatistics> statistics(const lake::TableName&) override {
    asked++;
    return known;
  }
};

TEST(RunChecks, WhatStatisticsProveReadsNothing) {
  FakeSession session;
  KnownStatistics statistics;
  statistics.known.row_count = 7;
  statistics.known.columns["id"] = {lake::DataType::primitive(lake::TypeKind::long_), 0, int64_t{1}, int64_t{7}};
  std::vector<CheckResult> results = run_checks(
      session,
      {named_check("not_null", "{}", "id"), named_check("dbt_utils.accepted_range", R"({"min_value": 1})", "id"),
       named_check("dbt_expectations.expect_table_row_count_to_equal", R"({"value": 7})")},
      &statistics);
  EXPECT_THAT(session.asked, IsEmpty());
  EXPECT_EQ(statistics.asked, 1);
  ASSERT_THAT(results, SizeIs(3));
  for (const CheckResult& result : results) {
    EXPECT_EQ(result.status, CheckStatus::pass);
    EXPECT_EQ(result.decided_by, "statistics");
  }
}

TEST(RunChecks, AggregatesOfOneRelationShareOneScan) {
  FakeSession session;
  session.answer = [](const std::string&) {
    return row({int64_t{0}, std::monostate{}, int64_t{0}, std::monostate{}, int64_t{0}, int64_t{5}});
  };
  std::vector<CheckResult> results =
      run_checks(session,
                 {named_check("not_null", "{}", "id"), named_check("unique", "{}", "id"),
                  named_check("dbt_expectations.expect_table_row_count_to_be_between", R"({"min_value": 1})")},
                 nullptr);
  ASSERT_THAT(session.asked, SizeIs(1));
  EXPECT_THAT(session.asked[0],
              AllOf(HasSubstr("count(DISTINCT \"id\")"), HasSubstr("IS NULL"), HasSubstr("CASE WHEN")));
  for (const CheckResult& result : results) {
    EXPECT_EQ(result.status, CheckStatus::pass);
    EXPECT_EQ(result.decided_by, "scan");
  }
}

TEST(RunChecks, DuplicatesAreThenCountedAsDbtDoes) {
  FakeSession session;
  session.answer = [](const std::string& sql) {
    if (sql.starts_with("SELECT failures")) return row({int64_t{2}, true, true});
    if (sql.starts_with("SELECT count")) return row({int64_t{40}, std::monostate{}});
    return row({std::string("a sample")});
  };
  std::vector<CheckResult> results = run_checks(session, {named_check("unique", "{}", "id")}, nullptr);
  EXPECT_EQ(results[0].status, CheckStatus::fail);
  EXPECT_EQ(results[0].failures, 2) << "40 rows too many, but 2 values";
  EXPECT_EQ(results[0].decided_by, "query");
  EXPECT_EQ(engine::cell_text(results[0].sample.rows.at(0).at(0)), "a sample");
  EXPECT_TRUE(results[0].blocks());
}

TEST(RunChecks, WholeNumbersAreToldApartByTheirPlaces) {
  FakeSession session;
  session.described = {{"id", "BIGINT"}};
  session.answer = [](const std::string&) { return row({int64_t{0}, std::monostate{}}); };
  std::vector<CheckResult> results = run_checks(session, {named_check("unique", "{}", "id")}, nullptr);
  ASSERT_THAT(session.asked, SizeIs(1));
  EXPECT_THAT(session.asked[0], HasSubstr("weir_all_differ(\"id\")"));
  EXPECT_EQ(results[0].status, CheckStatus::pass);
  EXPECT_EQ(results[0].decided_by, "scan");
}

TEST(RunChecks, ValuesTooFarApartAreCountedInOneScanAgain) {
  FakeSession session;
  session.described = {{"id", "BIGINT"}, {"code", "BIGINT"}};
  session.answer = [](const std::string& sql) {
    if (sql.find("weir_all_differ") != std::string::npos)
      return row({std::monostate{}, std::monostate{}, std::monostate{}, std::monostate{}});
    return row({int64_t{0}, std::monostate{}, int64_t{0}, std::monostate{}});
  };
  std::vector<CheckResult> results =
      run_checks(session, {named_check("unique", "{}", "id"), named_check("unique", "{}", "code")}, nullptr);
  ASSERT_THAT(session.asked, SizeIs(2));
  EXPECT_THAT(session.asked[1], AllOf(HasSubstr("count(DISTINCT \"id\")"), HasSubstr("count(DISTINCT \"code\")")));
  for (const CheckResult& result : results) EXPECT_EQ(result.status, CheckStatus::pass);
}

TEST(RunChecks, WhatThePlanProvesReadsNothing) {
  FakeSession session;
  session.on_outline = [](const std::string& sql) {
    EXPECT_EQ(sql, R"(SELECT 1 FROM "lake"."raw"."orders" WHERE "id" IS NULL)");
    return engine::QueryOutline{true, std::nullopt};
  };
  session.answer = [](const std::string&) { return Rows(); };
  Check passes = named_check("not_null", "{}", "id"), wants_some = passes;
  wants_some.config.error_if = "= 0";
  std::vector<CheckResult> results = run_checks(session, {passes, wants_some}, nullptr);
  EXPECT_THAT(session.asked, SizeIs(1)) << "a sample of the one that failed";
  EXPECT_EQ(results[0].status, CheckStatus::pass);
  EXPECT_EQ(results[0].decided_by, "statistics");
  EXPECT_EQ(results[1].status, CheckStatus::fail) << "none is what it must not be";
}

TEST(RunChecks, ScansOfOneColumnEachAreAskedAlone) {
  FakeSession session;
  session.on_outline = [](const std::string& sql) {
    return engine::QueryOutline{false, sql.find("gross") == std::string::npos ? 1 : 3};
  };
  session.answer = [](const std::string& sql) {
    if (sql.starts_with("SELECT failures")) return row({int64_t{0}, false, false});
    return row({int64_t{0}, std::monostate{}, int64_t{0}, std::monostate{}});
  };
  run_checks(session,
             {named_check("accepted_values", R"({"values": ["N"]})", "flag"), named_check("not_null", "{}", "gross"),
              named_check("dbt_utils.accepted_range", R"({"min_value": 0})", "gross")},
             nullptr);
  ASSERT_THAT(session.asked, SizeIs(2));
  EXPECT_THAT(session.asked[0], AllOf(HasSubstr("\"gross\" IS NULL"), HasSubstr("\"gross\" >= (0)")));
  EXPECT_THAT(session.asked[1], HasSubstr("\"flag\" NOT IN ('N')"));
}

class Proven : public ::testing::Test {
 protected:
  Proven() {
    check.name = "unique_orders_id";
    check.sql =
        "select\n    id as unique_field,\n    count(*) as n_records\n\nfrom orders\nwhere id is not null\n"
        "group by id\nhaving count(*) > 1";
    session.described = {{"id", "BIGINT"}};
    session.answer = [this](const std::string& sql) {
      return sql == "SELECT weir_all_differ(id) FROM orders" ? row({proof}) : row({int64_t{2}, true, true});
    };
  }
  CheckResult result() { return run_checks(session, {check}, nullptr).at(0); }
  FakeSession session;
  Check check;
  engine::Cell proof = true;
};

TEST_F(Proven, TheCheckIsNotAskedAndItsOwnSqlIsWhatIsTold) {
  EXPECT_EQ(result().status, CheckStatus::pass);
  EXPECT_THAT(session.asked, SizeIs(1));
  EXPECT_THAT(result().executed_sql, HasSubstr("as unique_field"));
}

TEST_F(Proven, WithoutAProofTheCheckDecides) {
  for (const engine::Cell& no : {engine::Cell(false), engine::Cell(std::monostate{})}) {
    proof = no;
    EXPECT_EQ(result().failures, 2);
  }
  proof = true;
  session.described = {{"id", "VARCHAR"}};
  EXPECT_EQ(result().failures, 2);
  session.on_describe = [](const std::string&) { throw Error(ErrorCode::sql_types, "no such column"); };
  EXPECT_EQ(result().failures, 2);
}

TEST_F(Proven, OtherWaysToCountAreNotAnsweredByIt) {
  check.config.fail_calc = "max(n_records)";
  EXPECT_EQ(result().failures, 2);
  check.config.fail_calc = CheckConfig{}.fail_calc;
  check.config.error_if = "between 1 and 5";
  EXPECT_EQ(result().failures, 2);
  check.config.error_if = "= 0";
  EXPECT_EQ(result().status, CheckStatus::fail) << "no failing row is a failure here";
}

TEST(RunChecks, OneBrokenCheckDoesNotStopTheOthers) {
  FakeSession session;
  session.on_describe = [](const std::string& sql) {
    if (sql.find("nope") != std::string::npos)
      throw Error(ErrorCode::sql_unknown_column, "column \"nope\" does not exist");
  };
  session.answer = [](const std::string& sql) {
    if (sql.find("nope") != std::string::npos)
      throw Error(ErrorCode::sql_unknown_column, "column \"nope\" does not exist");
    return row({int64_t{0}, false, false});
  };
  std::vector<CheckResult> results =
      run_checks(session, {named_check("not_null", "{}", "nope"), named_check("not_null", "{}", "id")}, nullptr);
  EXPECT_EQ(results[0].status, CheckStatus::error);
  EXPECT_EQ(results[0].message, "column \"nope\" does not exist");
  EXPECT_TRUE(results[0].blocks());
  EXPECT_EQ(results[1].status, CheckStatus::pass);
}

TEST(RunChecks, OtherConditionsAreDecidedByTheEngine) {
  FakeSession session;
  session.answer = [](const std::string&) { return row({int64_t{3}, true, false}); };
  Check made = named_check("not_null", "{}", "id");
  made.config.error_if = "between 10 and 20";
  std::vector<CheckResult> results = run_checks(session, {made}, nullptr);
  EXPECT_EQ(results[0].status, CheckStatus::warn);
  EXPECT_EQ(results[0].failures, 3);
  EXPECT_FALSE(results[0].blocks());
}

TEST(RunChecks, CalcThatGivesNullIsAnErrorThatSaysSo) {
  FakeSession session;
  session.answer = [](const std::string&) { return row({std::monostate{}, std::monostate{}, std::monostate{}}); };
  Check made = named_check("not_null", "{}", "id");
  made.config.fail_calc = "sum(x)";
  std::vector<CheckResult> results = run_checks(session, {made}, nullptr);
  EXPECT_EQ(results[0].status, CheckStatus::error);
  EXPECT_THAT(results[0].message, HasSubstr("sum(x) gives NULL"));
}

TEST(RunChecks, CancelPassesThrough) {
  FakeSession session;
  CancelToken cancel;
  cancel.cancel();
  EXPECT_THROW(run_checks(session, {named_check("not_null", "{}", "id")}, nullptr, cancel), Error);
}

}  // namespace
}  // namespace weir::checks

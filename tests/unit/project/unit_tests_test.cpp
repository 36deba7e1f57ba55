#include "project/unit_tests.h"

#include <gmock/gmock.h>

#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

UnitTest unit_of(const std::string& yaml) {
  return read_unit_test(Yaml::parse(yaml, "models/s.yml"), {}, [](auto&, auto&) { return std::string(); });
}

// Tables of one column layout, and queries whose columns are those of the tables.
class TwoColumns final : public Warehouse {
 public:
  QueryResult query(std::string_view) override { return {}; }
  std::optional<std::string> relation_type(const RelationName&) override { return "table"; }
  std::vector<RelationColumn> columns(const RelationName&) override { return {{"id", "INTEGER"}, {"name", "VARCHAR"}}; }
  std::vector<RelationColumn> columns_of_query(std::string_view) override {
    return {{"id", "INTEGER"}, {"name", "VARCHAR"}};
  }
  std::vector<ListedRelation> relations(const std::string&, const std::string&) override { return {}; }
  std::vector<std::string> schemas(const std::string&) override { return {}; }
  std::vector<std::string> functions(const std::string&, const std::string&) override { return {}; }
};

TEST(UnitTests, RowsAreReadAsMappingsCsvAndSql) {
  const UnitTest unit = unit_of(R"(
name: t
model: m
overrides: {macros: {is_incremental: true}, vars: {day: 2}}
given:
  - {input: ref('a'), rows: [{id: 1, name: x}, {id: 2}]}
  - input: source('raw', 'b')
    format: csv
    rows: |
      id, name
      1,"a, ""b"""
      2,
  - {input: this, format: sql, rows: select 1 as id}
expect: {rows: [{id: 1}]}
)");
  ASSERT_EQ(unit.given.size(), 3u);
  EXPECT_EQ(unit.given[0].rows.rows.dump(), R"([{"id":1,"name":"x"},{"id":2}])");
  EXPECT_EQ(unit.given[1].rows.rows.dump(), R"([{"id":"1","name":"a, \"b\""},{"id":"2","name":null}])");
  EXPECT_THAT(unit.given[1].rows.columns, ElementsAre("id", "name"));
  EXPECT_EQ(unit.given[2].rows.sql, "select 1 as id");
  EXPECT_EQ(unit.macros.dump(), R"({"is_incremental":true})");
  EXPECT_EQ(unit.vars.dump(), R"({"day":2})");
}

TEST(UnitTests, MistakesHaveTheirPlace) {
  for (const auto& [yaml, message] :
       {std::pair("{name: t, model: m, given: []}", "needs expect"),
        std::pair("{name: t, model: m, expect: {rows: [{id: 1}], format: xml}}", "format may be dict, csv or sql"),
        std::pair("{name: t, model: m, given: [{rows: []}], expect: {rows: []}}", "lacks its input"),
        std::pair("{name: t, model: m, expect: {format: csv, fixture: f}}", "there is no fixture f.csv")})
    try {
      unit_of(yaml);
      ADD_FAILURE() << yaml;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_schema_yaml);
      EXPECT_THAT(error.message(), HasSubstr(message));
      EXPECT_TRUE(error.span() && error.span()->known());
    }
}

TEST(UnitTests, ValuesAreCastToTheirColumnsAndWhatIsNotGivenIsNull) {
  const Node test;
  UnitTestRows rows;
  rows.rows = Json::parse(R"([{"ID":1,"name":"it's"},{"name":null}])");
  EXPECT_EQ(rows_query(rows, {{"id", "INTEGER"}, {"name", "VARCHAR"}}, test),
            "select cast('1' as INTEGER) as \"id\", cast('it''s' as VARCHAR) as \"name\"\nunion all\n"
            "select cast(null as INTEGER) as \"id\", cast(null as VARCHAR) as \"name\"");
  rows.rows = Json::array();
  EXPECT_EQ(rows_query(rows, {{"id", "INTEGER"}}, test), "select cast(null as INTEGER) as \"id\" where false");
  rows.rows = Json::parse(R"([{"nme":1}])");
  EXPECT_THROW(rows_query(rows, {{"name", "VARCHAR"}}, test), Error);
}

TEST(UnitTests, TheModelReadsTheGivenRows) {
  TempProject temp({{"models/a.sql", "select 1 as id, 'x' as name"},
                    {"models/m.sql",
                     "select id, name from {{ ref('a') }} where id > {{ var('least', 0) }}"
                     "{% if is_incremental() %} and id not in (select id from {{ this }}){% endif %}"},
                    {"models/s.yml",
                     "unit_tests:\n"
                     "  - name: t\n    model: m\n    overrides: {macros: {is_incremental: true}, vars: {least: 5}}\n"
                     "    given:\n      - {input: ref('a'), rows: [{id: 6}]}\n      - {input: this, rows: [{id: 7}]}\n"
                     "    expect: {rows: [{id: 6}]}\n"}});
  const Project project = temp.project();
  const Node& test = project.at("unit_test.shop.m.t");
  EXPECT_THAT(test.depends_on, ElementsAre("model.shop.m"));
  EXPECT_THAT(project.at("model.shop.m").tests, ElementsAre("unit_test.shop.m.t"));
  TwoColumns warehouse;
  const UnitTestSql sql = render_unit_test(project, test, {.warehouse = &warehouse});
  EXPECT_THAT(sql.actual, HasSubstr("__dbt__cte__a as (\nselect cast('6' as INTEGER) as \"id\""));
  EXPECT_THAT(sql.actual, HasSubstr("__dbt__cte__m as (\nselect cast('7' as INTEGER) as \"id\""));
  EXPECT_THAT(sql.actual, HasSubstr("from __dbt__cte__a where id > 5 and id not in (select id from __dbt__cte__m)"));
  EXPECT_EQ(sql.expected, "select cast('6' as INTEGER) as \"id\"");
  EXPECT_THAT(sql.columns, ElementsAre("id"));
}

TEST(UnitTests, AMacroIsOverriddenByItsShortAndByItsLongName) {
  const TempProject temp(
      {{"dbt_packages/lib/dbt_project.yml", "name: lib"},
       {"dbt_packages/lib/macros/m.sql", "{% macro key() %}no{% endmacro %}"},
       {"macros/m.sql", "{% macro own() %}{{ lib.key() }}{% endmacro %}"},
       {"models/m.sql", "{{ own() }} {{ type_int() }} {{ dbt.type_int() }} {{ hash('x') }} {{ dbt.hash('x') }}"},
       {"models/s.yml",
        "unit_tests:\n"
        "  - name: t\n    model: m\n    given: []\n    expect: {rows: []}\n"
        "    overrides: {macros: {lib.key: k, dbt.type_int: i, hash: short, dbt.hash: long}}\n"}});
  TwoColumns warehouse;
  const Project project = temp.project();
  const UnitTestSql sql = render_unit_test(project, project.at("unit_test.shop.m.t"), {.warehouse = &warehouse});
  EXPECT_EQ(sql.actual, "k i i short short");
}

TEST(UnitTests, WhatTheModelReadsAndIsNotGivenIsAnError) {
  TempProject temp({{"models/a.sql", "select 1 as id, 'x' as name"},
                    {"models/m.sql", "select id, name from {{ ref('a') }}"},
                    {"models/s.yml", "unit_tests: [{name: t, model: m, given: [], expect: {rows: []}}]"}});
  TwoColumns warehouse;
  const Project project = temp.project();
  try {
    render_unit_test(project, project.at("unit_test.shop.m.t"), {.warehouse = &warehouse});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("gives no rows for model.shop.a"));
  }
}

TEST(UnitTests, TheModelMustBeThere) {
  TempProject temp({{"models/model_a.sql", "select 1"},
                    {"models/s.yml", "unit_tests: [{name: t, model: modl_a, given: [], expect: {rows: []}}]"}});
  EXPECT_THAT(temp.only_error(), HasSubstr("did you mean \"model_a\"?"));
}

}  // namespace
}  // namespace weir::project

#include "project/generic_tests.h"

#include <gmock/gmock.h>

#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Node& only_test(const Project& project) {
  const Node* found = nullptr;
  for (const Node& node : project.nodes)
    if (node.test) {
      EXPECT_EQ(found, nullptr);
      found = &node;
    }
  EXPECT_NE(found, nullptr);
  return *found;
}

TempProject with(const std::string& test, const std::string& more = "") {
  return TempProject(
      {{"models/stg.sql", "select 1 as status"},
       {"models/other.sql", "select 1 as id"},
       {"models/schema.yml",
        "models:\n- name: stg\n" + more + "  columns:\n  - name: status\n    data_tests:\n      - " + test + "\n"}});
}

// Ids as dbt 1.11.16 gives them to the same tests.
TEST(GenericTests, IdsAreDbts) {
  const TempProject temp({{"dbt_project.yml", "name: incr_snap\n"},
                          {"models/stg.sql", "select 1"},
                          {"models/inc_append.sql", "select 1"},
                          {"models/schema.yml",
                           "models:\n  - name: stg\n    columns:\n      - name: order_id\n        data_tests: [unique, "
                           "not_null]\n      - name: status\n"
                           "        data_tests:\n          - accepted_values: {arguments: {values: [new, open, paid, "
                           "late]}, config: {error_if: '>3'}}\n"
                           "  - name: inc_append\n    columns:\n      - name: order_id\n        data_tests: "
                           "[{relationships: {arguments: {to: ref('stg'), field: order_id}}}]\n"}});
  std::vector<std::string> ids;
  for (const Node& node : temp.project().nodes)
    if (node.test) ids.push_back(node.unique_id);
  EXPECT_THAT(ids, ElementsAre("test.incr_snap.accepted_values_stg_status__new__open__paid__late.fc6fa174b3",
                               "test.incr_snap.not_null_stg_order_id.f40758630d",
                               "test.incr_snap.relationships_inc_append_order_id__order_id__ref_stg_.227edfade8",
                               "test.incr_snap.unique_stg_order_id.54662aac4f"));
}

TEST(GenericTests, LongNamesAreShortenedForTheFileOnly) {
  const TempProject temp =
      with("accepted_values: {values: [aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbb]}");
  const Project project = temp.project();
  const Node& node = only_test(project);
  EXPECT_THAT(node.unique_id, HasSubstr("accepted_values_stg_status__aaaa"));
  EXPECT_THAT(node.path, testing::StartsWith("accepted_values_stg_"));
  EXPECT_EQ(node.path.size(), 19u + 1 + 32 + 4);
}

TEST(GenericTests, BothStylesOfArgumentsAreTheSame) {
  const TempProject nested = with("accepted_values: {arguments: {values: [a]}, config: {severity: warn}}");
  const TempProject flat = with("accepted_values: {values: [a], severity: warn}");
  const Project a = nested.project(), b = flat.project();
  EXPECT_EQ(only_test(a).unique_id, only_test(b).unique_id);
  EXPECT_EQ(only_test(a).test->args.dump(), R"({"values":["a"]})");
  EXPECT_EQ(only_test(b).test->args.dump(), R"({"values":["a"]})");
  EXPECT_EQ(only_test(b).test->severity, Severity::warn);
}

TEST(GenericTests, ConfigurationIsTyped) {
  const TempProject temp = with(
      "not_null: {name: my_test, config: {where: \"status <> '{{ target.name }}'\", limit: 5, warn_if: '> 1', "
      "error_if: '>=10', "
      "fail_calc: sum(n), store_failures: true, tags: x}}");
  const Project project = temp.project();
  const Node& node = only_test(project);
  EXPECT_THAT(node.unique_id, testing::StartsWith("test.shop.my_test."));
  EXPECT_EQ(node.test->where, "status <> 'lake'");
  EXPECT_EQ(node.test->limit, 5);
  EXPECT_EQ(node.test->warn_if, "> 1");
  EXPECT_EQ(node.test->error_if, ">=10");
  EXPECT_EQ(node.test->fail_calc, "sum(n)");
  EXPECT_TRUE(node.test->store_failures);
  EXPECT_EQ(node.test->column, "status");
  EXPECT_EQ(node.test->attached_node, "model.shop.stg");
  EXPECT_EQ(node.test->macro, "");
  EXPECT_THAT(node.tags, ElementsAre("x"));
}

TEST(GenericTests, RelationsInArgumentsAreResolved) {
  const TempProject temp = with("relationships: {to: ref('other'), field: id}");
  const Project project = temp.project();
  const Node& node = only_test(project);
  EXPECT_EQ(node.test->args.dump(), R"({"to":"\"lake\".\"main\".\"other\"","field":"id"})");
  EXPECT_THAT(node.depends_on, ElementsAre("model.shop.other", "model.shop.stg"));
  EXPECT_THAT(project.at("model.shop.other").tests, ElementsAre(node.unique_id));
}

TEST(GenericTests, OfSourcesAndOfWholeTables) {
  const TempProject temp({{"models/s.yml",
                           "sources: [{name: raw, tables: [{name: t, data_tests: [dbt_utils.recency: {field: at}], "
                           "columns: [{name: id, quote: true, data_tests: [unique]}]}]}]"}});
  const Project project = temp.project();
  std::vector<std::string> names, columns;
  for (const Node& node : project.nodes)
    if (node.test) names.push_back(node.name), columns.push_back(node.test->column);
  EXPECT_THAT(names, ElementsAre("dbt_utils_source_recency_raw_t_at", "source_unique_raw_t__id_"));
  EXPECT_THAT(columns, ElementsAre("", "\"id\""));
}

TEST(GenericTests, MacrosOfTheProjectAreUsed) {
  TempProject temp(
      {{"models/stg.sql", "select 1 as status"},
       {"tests/generic/below.sql",
        "{% test below(model, column_name, limit_value=100) %}select * from {{ model }} where {{ column_name }} >= {{ "
        "limit_value }}{% endtest %}"},
       {"models/schema.yml",
        "models: [{name: stg, columns: [{name: n, data_tests: [below: {limit_value: 5, config: {where: n > 1}}]}]}]"}});
  const Project project = temp.project();
  const Node& node = only_test(project);
  EXPECT_EQ(node.test->macro, "macro.shop.test_below");
  EXPECT_EQ(render_test(project, node, {}).sql,
            R"(select * from (select * from "lake"."main"."stg" where n > 1) dbt_subquery where n >= 5)");
}

TEST(GenericTests, RelationArgumentsStayRelationsForMacros) {
  const TempProject temp({{"models/a.sql", "select 1"},
                          {"models/b.sql", "select 1"},
                          {"macros/t.sql",
                           "{% test same(model, compare_model) %}select '{{ compare_model.identifier }}' from {{ model "
                           "}}, {{ compare_model }}{% endtest %}"},
                          {"models/s.yml", "models: [{name: a, data_tests: [same: {compare_model: ref('b')}]}]"}});
  const Project project = temp.project();
  EXPECT_EQ(render_test(project, only_test(project), {}).sql,
            R"(select 'b' from "lake"."main"."a", "lake"."main"."b")");
}

TEST(GenericTests, MistakesAreNamedWithTheirPlace) {
  EXPECT_THAT(with("{not_null: {}, unique: {}}").only_error(), HasSubstr("models/schema.yml:6:"));
  EXPECT_THAT(with("{not_null: {}, unique: {}}").only_error(), HasSubstr("must have one key"));
  EXPECT_THAT(with("not-null").only_error(), HasSubstr("is no name of a test"));
  EXPECT_THAT(with("not_null: [1]").only_error(), HasSubstr("must be a mapping"));
  EXPECT_THAT(with("not_null: {severity: bad}").only_error(), HasSubstr("severity may be error or warn"));
  EXPECT_THAT(with("not_null: {config: {error_if: many}}").only_error(),
              HasSubstr("error_if must compare with a number"));
  EXPECT_THAT(with("not_null: {limit: 1, config: {limit: 2}}").only_error(),
              HasSubstr("both beside its config and in it"));
  EXPECT_THAT(with("not_null: {model: x}").only_error(), HasSubstr("an argument called model"));
  EXPECT_THAT(with("relationships: {to: ref('othr'), field: id}").only_error(), HasSubstr("did you mean \"other\"?"));
  EXPECT_THAT(with("unique\n      - unique").only_error(),
              HasSubstr("found two data_tests with the name \"unique_stg_status\""));
}

TEST(GenericTests, TestsOfTheTreeConfigure) {
  TempProject temp = with("not_null");
  temp.write("dbt_project.yml", "name: shop\ndata_tests: {+severity: warn, shop: {+limit: 3}}\n");
  const Project project = temp.project();
  EXPECT_EQ(only_test(project).test->severity, Severity::warn);
  EXPECT_EQ(only_test(project).test->limit, 3);
  temp.write("dbt_project.yml", "name: shop\ndata_tests: {+enabled: false}\n");
  const Project none = temp.project();
  EXPECT_THAT(none.at("model.shop.stg").tests, IsEmpty());
}

TEST(GenericTests, AConfigThatIsNoneSaysNothing) {
  TempProject temp = with("not_null: {config: {severity: \"{{ var('how', none) | as_native }}\"}}");
  temp.write("dbt_project.yml", "name: shop\ndata_tests: {+severity: warn}\n");
  const Project project = temp.project();
  EXPECT_EQ(only_test(project).test->severity, Severity::warn);
  temp.flags.vars = "how: error";
  const Project other = temp.project();
  EXPECT_EQ(only_test(other).test->severity, Severity::error);
}

TEST(GenericTests, WhatATestsMacroConfiguresHoldsUnlessTheYamlSaysOtherwise) {
  const TempProject temp(
      {{"macros/t.sql",
        "{% test fewer(model, most) %}{{ config(fail_calc='sum(n)', severity='warn') }}"
        "{% if execute %}select count(*) as n from {{ model }} having count(*) > {{ most }}{% endif %}{% endtest %}"},
       {"models/a.sql", "select 1 as id"},
       {"models/s.yml",
        "models:\n  - name: a\n    data_tests:\n      - fewer: {name: one, arguments: {most: 1}}\n"
        "      - fewer: {name: two, arguments: {most: 2}, config: {severity: error}}\n"}});
  const Project project = temp.project();
  for (const Node& node : project.nodes) {
    if (!node.test) continue;
    EXPECT_EQ(node.test->fail_calc, "sum(n)");
    EXPECT_EQ(node.test->severity, node.name == "one" ? Severity::warn : Severity::error);
  }
}

}  // namespace
}  // namespace weir::project

// A project and its packages: whose word counts where both have one.
#include <gmock/gmock.h>

#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> texts(const std::vector<RunHook>& hooks) {
  std::vector<std::string> out;
  for (const RunHook& hook : hooks) out.push_back(hook.sql);
  return out;
}

TEST(Packages, HooksOfTheProjectComeFirstThenThoseOfPackagesByName) {
  const TempProject temp({{"dbt_project.yml", "name: shop\non-run-start: [s1, s2]\non-run-end: [e1]\n"},
                          {"dbt_packages/a/dbt_project.yml", "name: zoo\non-run-start: [z1]\non-run-end: [z2]\n"},
                          {"dbt_packages/b/dbt_project.yml", "name: ant\non-run-start: [a1]\non-run-end: [a2]\n"}});
  const Project project = temp.project();
  EXPECT_THAT(texts(project.on_run_start), ElementsAre("s1", "s2", "a1", "z1"));
  EXPECT_THAT(texts(project.on_run_end), ElementsAre("e1", "a2", "z2"));
}

TEST(Packages, TheirOwnMacrosNameTheirNodes) {
  const TempProject temp({{"macros/n.sql",
                           "{% macro generate_schema_name(custom, node) %}of_shop{% endmacro %}"
                           "{% macro generate_alias_name(custom, node) %}shop_{{ node.name }}{% endmacro %}"},
                          {"models/a.sql", "select 1"},
                          {"dbt_packages/lib/dbt_project.yml", "name: lib"},
                          {"dbt_packages/lib/macros/n.sql",
                           "{% macro generate_schema_name(custom, node) %}of_{{ word() }}{% endmacro %}"
                           "{% macro word() %}lib{% endmacro %}"},
                          {"dbt_packages/lib/models/b.sql", "select 1"}});
  const Project project = temp.project();
  EXPECT_EQ(project.at("model.shop.a").relation.schema, "of_shop");
  EXPECT_EQ(project.at("model.lib.b").relation.schema, "of_lib");
  EXPECT_EQ(project.at("model.lib.b").alias, "shop_b");  // the package has no macro for it
}

TEST(Packages, AMacroThatNamesNodesNeedsItsVariables) {
  TempProject temp({{"macros/n.sql", "{% macro generate_schema_name(custom, node) %}{{ var('place') }}{% endmacro %}"},
                    {"models/a.sql", "select 1"}});
  EXPECT_THAT(temp.only_error(), HasSubstr("Required var 'place' not found"));
  temp.flags.vars = "place: here";
  EXPECT_EQ(temp.project().at("model.shop.a").relation.schema, "here");
}

TEST(Packages, TheirMacrosNameNoNodesOfTheProject) {
  const TempProject temp(
      {{"models/a.sql", "select 1"},
       {"dbt_packages/lib/dbt_project.yml", "name: lib"},
       {"dbt_packages/lib/macros/n.sql", "{% macro generate_schema_name(custom, node) %}of_lib{% endmacro %}"}});
  EXPECT_EQ(temp.project().at("model.shop.a").relation.schema, "main");
}

TempProject::Files same_names() {
  return {{"dbt_packages/lib/dbt_project.yml", "name: lib"},
          {"dbt_packages/lib/models/x.sql", "select 1"},
          {"dbt_packages/lib/models/y.sql", "select * from {{ ref('x') }}"},
          {"dbt_packages/lib/models/both.sql", "select * from {{ ref('lib', 'x') }}, {{ ref('x') }}"},
          {"models/x.sql", "{{ config(alias='own_x') }} select 2"}};
}

TEST(Packages, RefLooksInTheProjectFirst) {
  const TempProject temp(same_names());
  const Loaded loaded = temp.try_load();
  ASSERT_THAT(loaded.errors, IsEmpty());
  EXPECT_THAT(loaded.project->at("model.lib.y").depends_on, ElementsAre("model.shop.x"));
  EXPECT_EQ(rendered(*loaded.project, "model.lib.both"), R"(select * from "lake"."main"."x", "lake"."main"."own_x")");
  ASSERT_THAT(loaded.warnings, SizeIs(2));
  for (const Diagnostic& warning : loaded.warnings) EXPECT_EQ(warning.event, "PackageNodeDependsOnRootProjectNode");
  EXPECT_THAT(loaded.warnings.back().message, HasSubstr("y of package lib reads model.shop.x"));
}

TEST(Packages, RefLooksInThePackageFirstIfTheFlagSaysSo) {
  TempProject temp(same_names());
  temp.write("dbt_project.yml", "name: shop\nflags: {require_ref_searches_node_package_before_root: true}\n");
  const Loaded loaded = temp.try_load();
  ASSERT_THAT(loaded.errors, IsEmpty());
  EXPECT_THAT(loaded.project->at("model.lib.y").depends_on, ElementsAre("model.lib.x"));
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST(Packages, AGenericTestDispatchesToMacrosOfAllPackages) {
  TempProject temp({{"models/a.sql", "select 1 as id"},
                    {"models/s.yml", "models: [{name: a, data_tests: [lib.odd]}]"},
                    {"models/m.sql", "select 1"},
                    {"dbt_packages/lib/dbt_project.yml", "name: lib"},
                    {"dbt_packages/lib/macros/t.sql",
                     "{% macro test_odd(model) %}{{ adapter.dispatch('odd')(model) }}{% endmacro %}"
                     "{% macro default__odd(model) %}lib's of {{ model }}{% endmacro %}"}});
  const auto sql = [&] {
    const Project project = temp.project();
    return render_test(project, project.at(project.at("model.shop.a").tests.front()), {}).sql;
  };
  EXPECT_THAT(sql(), HasSubstr("lib's of"));
  temp.write("macros/t.sql", "{% macro default__odd(model) %}the project's of {{ model }}{% endmacro %}");
  EXPECT_THAT(sql(), HasSubstr("the project's of"));
  temp.remove("macros/t.sql");
  temp.write("models/m.sql", "{{ adapter.dispatch('odd')('x') }}");  // a model sees its own package
  EXPECT_THAT(temp.only_error(), HasSubstr("No macro named 'odd'"));
}

}  // namespace
}  // namespace weir::project

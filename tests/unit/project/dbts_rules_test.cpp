// Rules of dbt's parser that concern several files at once.
#include <gmock/gmock.h>

#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST(DbtsRules, YamlCannotEnableOneOfSeveralDisabledFiles) {
  TempProject temp({{"models/a/x.sql", "{{ config(enabled=false) }} select 1"},
                    {"models/b/x.sql", "{{ config(enabled=false) }} select 2"},
                    {"models/s.yml", "models:\n- name: x\n  config: {enabled: true}\n"}});
  EXPECT_THAT(temp.only_error(), StartsWith("models/s.yml:3:11: Found 2 matching disabled nodes for model 'x'"));
  temp.write("models/s.yml", "models:\n- name: x\n");
  EXPECT_THAT(temp.try_load().errors, IsEmpty());
  temp.write("models/s.yml", "models:\n- name: x\n  config: {enabled: true}\n");
  temp.write("models/b/x.sql", "select 2");
  EXPECT_EQ(temp.project().at("model.shop.x").file, "models/b/x.sql");
}

TEST(DbtsRules, YamlCannotEnableOneOfSeveralAlsoWhereTheFileIsKnown) {
  TempProject temp({{"models/a/x.sql", "{{ config(enabled=false) }} select 1"},
                    {"models/b/x.sql", "select 2"},
                    {"models/s.yml", "models:\n- name: x\n  config: {enabled: true}\n"}});
  temp.flags.partial_parse = true;
  EXPECT_THAT(temp.try_load().errors, IsEmpty());
  temp.write("models/b/x.sql", "{{ config(enabled=false) }} select 2");
  EXPECT_THAT(temp.only_error(), HasSubstr("Found 2 matching disabled nodes"));
}

TEST(DbtsRules, AKeyBesideConfigAndInItIsAMistake) {
  TempProject temp({{"models/x.sql", "select 1"},
                    {"models/s.yml", "models:\n- name: x\n  meta: {a: 1}\n  config: {meta: {b: 2}}\n"}});
  EXPECT_THAT(temp.only_error(), StartsWith("models/s.yml:3:9: meta stands both in config and beside it"));
  temp.write("models/s.yml", "models:\n- name: x\n  meta: {a: 1}\n  config: {tags: [b]}\n");
  EXPECT_EQ(temp.project().at("model.shop.x").config->meta.dump(), R"({"a":1})");
}

TEST(DbtsRules, RefDoesNotChooseBetweenOtherPackages) {
  TempProject temp({{"dbt_packages/a/dbt_project.yml", "name: ant"},
                    {"dbt_packages/a/models/x.sql", "select 1"},
                    {"dbt_packages/b/dbt_project.yml", "name: bee"},
                    {"dbt_packages/b/models/x.sql", "{{ config(alias='x2') }} select 2"},
                    {"models/y.sql", "select * from {{ ref('x') }}"}});
  const Loaded loaded = temp.try_load();
  ASSERT_THAT(loaded.errors, SizeIs(1));
  EXPECT_THAT(TempProject::describe(loaded.errors[0]),
              StartsWith("models/y.sql:1:18: ref('x') could be any of model.ant.x and model.bee.x"));
  EXPECT_EQ(loaded.errors[0].hint(), "name the package: ref('ant', 'x')");
  temp.write("models/y.sql", "select * from {{ ref('bee', 'x') }}");
  EXPECT_THAT(temp.project().at("model.shop.y").depends_on, ElementsAre("model.bee.x"));
  // Its own package goes before, and so does the project.
  temp.write("models/y.sql", "select 1");
  temp.write("dbt_packages/b/models/z.sql", "select * from {{ ref('x') }}");
  EXPECT_THAT(temp.project().at("model.bee.z").depends_on, ElementsAre("model.bee.x"));
}

TEST(DbtsRules, TheConfigOfATestNamesNoNodesAndCallsNoMacros) {
  const auto with_where = [](const std::string& where) {
    return TempProject::Files{{"models/x.sql", "select 1 as id"},
                              {"models/s.yml",
                               "models:\n- name: x\n  columns:\n  - name: id\n    data_tests:\n"
                               "    - not_null: {config: {where: \"" +
                                   where + "\"}}\n"}};
  };
  EXPECT_THAT(TempProject(with_where("id in (select id from {{ ref('x') }})")).only_error(),
              StartsWith("models/s.yml:6:7: Invalid generic test configuration: where of not_null names a node"));
  EXPECT_THAT(TempProject(with_where("{{ lately() }}")).only_error(),
              HasSubstr("Invalid generic test configuration: where of not_null: 'lately' is undefined"));
  EXPECT_THAT(TempProject(with_where("id > {{ var('least', 3) }}")).try_load().errors, IsEmpty());
}

TEST(DbtsRules, UnitTestsOfADisabledModelAreDisabledToo) {
  const TempProject temp(
      {{"models/x.sql", "{{ config(enabled=false) }} select 1 as id"},
       {"models/s.yml", "unit_tests:\n- name: one\n  model: x\n  given: []\n  expect: {rows: [{id: 1}]}\n"}});
  const Project project = temp.project();
  EXPECT_THAT(project.nodes, IsEmpty());
  std::vector<std::string> ids;
  for (const Node& node : project.disabled) ids.push_back(node.unique_id);
  EXPECT_THAT(ids, ::testing::UnorderedElementsAre("model.shop.x", "unit_test.shop.x.one"));
}

TEST(DbtsRules, AVariableMayBeATemplate) {
  TempProject temp({{"dbt_project.yml",
                     "name: shop\nvars: {schema_of: \"{{ target.name }}_x\", twice: \"{{ var('schema_of') }}_y\", "
                     "self: \"{{ var('self') }}\", plain: 3}\n"},
                    {"models/x.sql", "select '{{ var('twice') }}' as a, {{ var('plain') + 1 }} as b"}});
  EXPECT_EQ(rendered(temp.project(), "model.shop.x"), "select 'lake_x_y' as a, 4 as b");
  temp.write("models/x.sql", "select '{{ var('self') }}'");
  EXPECT_THAT(temp.only_error(), HasSubstr("var 'self' asks for itself"));
}

TEST(DbtsRules, AProjectOverridesASourceOfAPackage) {
  TempProject temp({{"dbt_packages/a/dbt_project.yml", "name: ant"},
                    {"dbt_packages/a/models/s.yml",
                     "sources:\n- name: raw\n  schema: theirs\n  loader: x\n  tables:\n"
                     "  - name: t\n    identifier: t_1\n    columns: [{name: id, data_tests: [unique, not_null]}]\n"
                     "  - name: u\n    identifier: u_1\n"},
                    {"models/s.yml",
                     "sources:\n- name: raw\n  overrides: ant\n  schema: ours\n  loader: null\n  tables:\n"
                     "  - name: t\n    columns: [{name: id, data_tests: [unique]}]\n  - name: nowhere\n"}});
  const Loaded loaded = temp.try_load();
  ASSERT_THAT(loaded.errors, IsEmpty());
  const Node& t = loaded.project->at("source.ant.raw.t");
  EXPECT_EQ(t.relation.text(), "ours.t_1");
  EXPECT_THAT(t.tests, SizeIs(1));
  EXPECT_EQ(loaded.project->at("source.ant.raw.u").relation.text(), "ours.u_1");
  EXPECT_EQ(loaded.project->find("source.shop.raw.t"), nullptr);
  EXPECT_EQ(loaded.project->find("source.ant.raw.nowhere"), nullptr);
  ASSERT_THAT(loaded.warnings, SizeIs(1));
  EXPECT_EQ(loaded.warnings.front().event, "SourceOverrideDeprecation");
  temp.write("models/again.yml", "sources: [{name: raw, overrides: ant, tables: []}]\n");
  EXPECT_THAT(temp.only_error(), HasSubstr("source raw of ant is overridden twice"));
}

TEST(DbtsRules, AnOverrideThatChangesIsSeenByAPartialReading) {
  TempProject temp({{"dbt_packages/a/dbt_project.yml", "name: ant"},
                    {"dbt_packages/a/models/s.yml", "sources: [{name: raw, schema: theirs, tables: [{name: t}]}]\n"},
                    {"models/s.yml", "sources: [{name: raw, overrides: ant, schema: ours, tables: []}]\n"}});
  temp.flags.partial_parse = true;
  EXPECT_EQ(temp.project().at("source.ant.raw.t").relation.text(), "ours.t");
  temp.write("models/s.yml", "sources: [{name: raw, overrides: ant, schema: mine, tables: []}]\n");
  EXPECT_EQ(temp.project().at("source.ant.raw.t").relation.text(), "mine.t");
  temp.remove("models/s.yml");
  EXPECT_EQ(temp.project().at("source.ant.raw.t").relation.text(), "theirs.t");
}

TEST(DbtsRules, ASourcesOwnDescriptionIsATemplate) {
  const TempProject temp(
      {{"models/d.md", "{% docs of_raw %}As it comes.{% enddocs %}"},
       {"models/s.yml", "sources: [{name: raw, description: \"{{ doc('of_raw') }}\", tables: [{name: t}]}]\n"}});
  const Project project = temp.project();
  EXPECT_EQ(project.at("source.shop.raw.t").described.get_string("source_description"), "As it comes.");
  ASSERT_THAT(project.docs, SizeIs(1));
  EXPECT_EQ(project.docs[0].name, "shop.of_raw");
  EXPECT_EQ(project.docs[0].path, "d.md");
  EXPECT_EQ(project.docs[0].file, "models/d.md");
}

TEST(DbtsRules, APackagesMaterializationInThePlaceOfABuiltInOneIsDeprecated) {
  TempProject temp({{"dbt_project.yml",
                     "name: shop\nflags: {require_explicit_package_overrides_for_builtin_materializations: false}\n"},
                    {"dbt_packages/a/dbt_project.yml", "name: ant"},
                    {"dbt_packages/a/macros/m.sql",
                     "{% materialization view, default %}{{ return({'relations': [this]}) }}{% endmaterialization %}"},
                    {"models/x.sql", "select 1"}});
  const Loaded loaded = temp.try_load();
  ASSERT_THAT(loaded.warnings, SizeIs(1));
  EXPECT_EQ(loaded.warnings.front().event, "PackageMaterializationOverrideDeprecation");
  temp.write("dbt_project.yml", "name: shop\n");
  EXPECT_THAT(temp.try_load().warnings, IsEmpty());
}

}  // namespace
}  // namespace weir::project

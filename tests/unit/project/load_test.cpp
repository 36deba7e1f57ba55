#include "project/load.h"

#include <gmock/gmock.h>

#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

std::vector<std::string> ids(const Project& project) {
  std::vector<std::string> out;
  for (const Node& node : project.nodes) out.push_back(node.unique_id);
  return out;
}

TEST(Load, ReadsEachKindOfNode) {
  const TempProject temp(
      {{"models/staging/orders.sql", "select * from {{ source('raw', 'orders') }}"},
       {"models/daily.sql", "{{ config(materialized='table') }} select 1 from {{ ref('orders') }}"},
       {"models/sources.yml", "sources: [{name: raw, tables: [{name: orders}]}]"},
       {"models/schema.yml", "models: [{name: daily, columns: [{name: n, data_tests: [not_null]}]}]"},
       {"seeds/codes.csv", "code,name\n1,a\n"},
       {"tests/none_lost.sql", "select * from {{ ref('daily') }} where n is null"},
       {"analyses/look.sql", "select * from {{ ref('codes') }}"}});
  const Project project = temp.project();
  EXPECT_THAT(ids(project),
              ElementsAre("analysis.shop.look", "model.shop.daily", "model.shop.orders", "seed.shop.codes",
                          "source.shop.raw.orders", "test.shop.none_lost", StartsWith("test.shop.not_null_daily_n.")));
  const Node& orders = project.at("model.shop.orders");
  EXPECT_EQ(orders.fqn, (std::vector<std::string>{"shop", "staging", "orders"}));
  EXPECT_EQ(orders.file, "models/staging/orders.sql");
  EXPECT_EQ(orders.path, "staging/orders.sql");
  EXPECT_EQ(orders.relation.text(), "main.orders");
  EXPECT_EQ(orders.relation_text(), R"("lake"."main"."orders")");
  EXPECT_EQ(orders.asset, "main.orders");
  EXPECT_TRUE(orders.is_view());
  EXPECT_THAT(orders.depends_on, ElementsAre("source.shop.raw.orders"));
  EXPECT_TRUE(project.at("model.shop.daily").has_table());
  EXPECT_EQ(project.at("source.shop.raw.orders").relation.text(), "raw.orders");
  EXPECT_THAT(project.at("model.shop.daily").tests, SizeIs(2));
  EXPECT_EQ(project.target.name, "lake");
  EXPECT_EQ(project.lake, temp.root() + "/lake");
}

TEST(Load, WithoutDbtProjectNamesInit) {
  const TempProject temp;

  std::filesystem::remove(temp.root() + "/dbt_project.yml");
  const Loaded loaded = temp.try_load();
  ASSERT_THAT(loaded.errors, SizeIs(1));
  EXPECT_EQ(loaded.errors[0].code(), ErrorCode::no_project);
  EXPECT_THAT(loaded.errors[0].hint(), HasSubstr("weir init"));
  EXPECT_FALSE(loaded.project.has_value());
}

TEST(Load, FindsTheRootFromBelow) {
  const TempProject temp({{"models/a/b/x.sql", "select 1"}});
  EXPECT_EQ(find_root(temp.root() + "/models/a/b"), temp.root());
  EXPECT_EQ(find_root("/"), std::nullopt);
}

TEST(Load, CollectsAllMistakesByPlace) {
  const TempProject temp({{"models/a.sql", "select *\nfrom {{ ref('ordrs') }}"},
                          {"models/b.sql", "select {{ 1 + }}"},
                          {"models/orders.sql", "select 1"},
                          {"models/c.sql", "select * from {{ source('raw', 'x') }}"}});
  const Loaded loaded = temp.try_load();
  ASSERT_THAT(loaded.errors, SizeIs(3));
  EXPECT_THAT(TempProject::describe(loaded.errors[0]),
              StartsWith("models/a.sql:2:9: a depends on a node named 'ordrs' which was not found; did you mean "
                         "\"orders\"?"));
  EXPECT_THAT(TempProject::describe(loaded.errors[1]), StartsWith("models/b.sql:1:"));
  EXPECT_THAT(TempProject::describe(loaded.errors[2]),
              HasSubstr("depends on a source named 'raw.x' which was not found"));
  EXPECT_THROW(load_or_throw(temp.root(), temp.flags), Error);
  try {
    load_or_throw(temp.root(), temp.flags);
  } catch (const Error& error) {
    EXPECT_THAT(error.hint(), HasSubstr("2 more errors"));
  }
}

TEST(Load, NamesTheCircle) {
  const TempProject temp({{"models/a.sql", "select * from {{ ref('c') }}"},
                          {"models/b.sql", "select * from {{ ref('a') }}"},
                          {"models/c.sql", "select 1 from\n  {{ ref('b') }}"},
                          {"models/d.sql", "select * from {{ ref('a') }}"}});
  EXPECT_THAT(temp.only_error(), HasSubstr("models/a.sql:1:18: found a cycle: a -> c -> b -> a"));
}

TEST(Load, AModelThatReadsItselfIsACircle) {
  const TempProject temp({{"models/a.sql", "select * from {{ ref('a') }}"}});
  EXPECT_THAT(temp.only_error(), HasSubstr("a -> a"));
}

TEST(Load, RefusesOneNameTwice) {
  const TempProject temp({{"models/x/a.sql", "select 1"}, {"models/y/a.sql", "select 2"}});
  const Loaded loaded = temp.try_load();
  ASSERT_THAT(loaded.errors, SizeIs(1));
  EXPECT_EQ(loaded.errors[0].code(), ErrorCode::duplicate_name);
  EXPECT_THAT(loaded.errors[0].hint(), HasSubstr("models/x/a.sql"));
}

TEST(Load, RefusesAModelAndASeedOfOneName) {
  const TempProject temp({{"models/a.sql", "select 1"}, {"seeds/a.csv", "x\n1\n"}});
  const Loaded loaded = temp.try_load();
  ASSERT_FALSE(loaded.errors.empty());
  EXPECT_THAT(loaded.errors[0].message(), HasSubstr("found two resources with the database representation"));
}

TEST(Load, AModelAndASeedOfOneNameMayMakeTwoTables) {
  TempProject temp({{"models/a.sql", "{{ config(alias='b') }} select 1"}, {"seeds/a.csv", "x\n1\n"}});
  const Loaded loaded = temp.try_load();
  ASSERT_THAT(loaded.errors, IsEmpty());
  ASSERT_THAT(loaded.warnings, SizeIs(1));
  EXPECT_EQ(loaded.warnings[0].event, "DuplicateNameDistinctNodeTypesDeprecation");
  temp.write("dbt_project.yml", "name: shop\nflags: {require_unique_project_resource_names: true}\n");
  EXPECT_THAT(temp.only_error(), HasSubstr("are both called \"a\""));
}

TEST(Load, YamlDescribesMacros) {
  const TempProject temp(
      {{"dbt_project.yml", "name: shop\nflags: {validate_macro_args: true}\n"},
       {"macros/m.sql", "{% macro cents(column, scale=2) %}1{% endmacro %}"},
       {"macros/m.yml",
        "macros:\n- name: cents\n  description: As cents.\n  meta: {a: 1}\n  config: {meta: {b: 2}}\n"
        "  arguments:\n  - {name: column, type: 'list[str]'}\n  - {name: places, type: 'int[int]'}\n"}});
  const Loaded loaded = temp.try_load();
  ASSERT_THAT(loaded.errors, IsEmpty());
  ASSERT_THAT(loaded.warnings, SizeIs(2));
  EXPECT_THAT(loaded.warnings[0].message,
              HasSubstr("Argument places in yaml for macro cents does not match the jinja"));
  EXPECT_THAT(loaded.warnings[1].message, HasSubstr("has an invalid type: int[int]"));
  const Macro* macro = loaded.project->find_macro("macro.shop.cents");
  ASSERT_NE(macro, nullptr);
  EXPECT_EQ(macro->described.get_string("description"), "As cents.");
  EXPECT_EQ(macro->described.find("meta")->dump(), R"({"a":1,"b":2})");
}

TEST(Load, DescriptionsNameTheirDocsBlocks) {
  TempProject temp(
      {{"models/a.sql", "select 1 as id"},
       {"models/d.md", "{% docs a_doc %}\nOf a.\n{% enddocs %}"},
       {"models/a.yml", "models: [{name: a, description: \"{{ doc('a_doc') }} {{ doc('shop', 'a_doc') }}\"}]"}});
  const Project project = temp.project();
  EXPECT_EQ(project.at("model.shop.a").description, "Of a. Of a.");
  EXPECT_THAT(project.at("model.shop.a").doc_blocks, ElementsAre("doc.shop.a_doc", "doc.shop.a_doc"));
  temp.write("models/a.yml", "models: [{name: a, description: \"{{ doc('other') }}\"}]");
  EXPECT_THAT(temp.only_error(), HasSubstr("no docs block is called \"other\""));
}

TEST(Load, RefusesTwoModelsOfOneTable) {
  const TempProject temp(
      {{"models/a.sql", "{{ config(alias='T') }} select 1"}, {"models/b.sql", "{{ config(alias='t') }} select 1"}});
  EXPECT_THAT(temp.only_error(), HasSubstr("found two resources with the database representation"));
}

TEST(Load, SeveralAssetsMayShareATable) {
  const TempProject temp({{"models/a.sql", "{{ config(alias='t', meta={'weir': {'asset': 'main.t_a'}}) }} select 1"},
                          {"models/b.sql", "{{ config(alias='t', meta={'weir': {'asset': 'main.t_b'}}) }} select 1"}});
  const Project project = temp.project();
  EXPECT_EQ(project.at("model.shop.a").asset, "main.t_a");
  EXPECT_EQ(project.at("model.shop.b").asset, "main.t_b");
}

TEST(Load, DisabledNodesAreKnownButCannotBeRead) {
  TempProject temp(
      {{"models/a.sql", "{{ config(enabled=false) }} select 1"}, {"models/b.sql", "select * from {{ ref('a') }}"}});
  EXPECT_THAT(temp.only_error(), HasSubstr("b depends on ref('a') which is disabled"));
  temp.remove("models/b.sql");
  temp.write("tests/t.sql", "select * from {{ ref('a') }}");
  const Loaded loaded = temp.try_load();
  EXPECT_THAT(loaded.errors, IsEmpty());
  EXPECT_THAT(loaded.project->nodes, IsEmpty());
  ASSERT_THAT(loaded.warnings, SizeIs(1));
  EXPECT_THAT(loaded.warnings[0].message, HasSubstr("test t is left out"));
}

TEST(Load, TwoArgumentRefLooksInThePackageOnly) {
  TempProject temp({{"dbt_packages/lib/dbt_project.yml", "name: lib"},
                    {"dbt_packages/lib/models/x.sql", "select 1"},
                    {"models/x.sql", "{{ config(alias='own_x') }} select 2"},
                    {"models/z.sql", "select * from {{ ref('lib', 'x') }}"}});
  const Project project = temp.project();
  EXPECT_THAT(project.at("model.shop.z").depends_on, ElementsAre("model.lib.x"));
  temp.write("models/w.sql", "select * from {{ ref('nolib', 'x') }}");
  EXPECT_THAT(temp.only_error(), HasSubstr("there is no package \"nolib\""));
}

TEST(Load, SettingsComeFromFileEnvironmentAndFlags) {
  TempProject temp({{"weir.yml", "lake: ../lake2\nthreads: 3\nmemory_limit: 512MB\n"}});
  EXPECT_EQ(temp.project().settings.integer("threads"), 3);
  EXPECT_EQ(temp.project().lake, std::filesystem::path(temp.root() + "/../lake2").lexically_normal().string());
  temp.flags.env["WEIR_THREADS"] = "5";
  EXPECT_EQ(temp.project().settings.integer("threads"), 5);
  EXPECT_EQ(temp.project().settings.entry("threads").origin, "env WEIR_THREADS");
  temp.flags.settings["threads"] = "7";
  EXPECT_EQ(temp.project().target.threads, 7);
  temp.write("weir.yml", "lak: x\n");
  EXPECT_THAT(temp.only_error(), HasSubstr("weir.yml:1:1"));
}

TEST(Load, OwnerIsTheIdOrMadeOfTheName) {
  TempProject temp;
  EXPECT_EQ(temp.project().id, uuid_v5("shop"));
  temp.write("weir.yml", "id: 3f0c5d0a-7d8e-4d57-9a51-0a1c6a3f2013\n");
  EXPECT_EQ(temp.project().id, "3f0c5d0a-7d8e-4d57-9a51-0a1c6a3f2013");
  temp.write("weir.yml", "id: mine\n");
  EXPECT_THAT(temp.only_error(), HasSubstr("must be a UUID"));
}

TEST(Load, WarnsOfConfigurationThatDoesNothing) {
  const TempProject temp(
      {{"dbt_project.yml", "name: shop\nmodel-path: [m]\nmodels: {shop: {stagin: {+materialized: table}}}\n"},
       {"models/staging/a.sql", "{{ config(materialised='table') }} select 1"},
       {"models/x.yml", "models: [{name: aa, descripton: x}]"}});
  const Loaded loaded = temp.try_load();
  std::string all;
  for (const Diagnostic& warning : loaded.warnings) all += warning.span.file + ": " + warning.message + "\n";
  EXPECT_THAT(all, HasSubstr("dbt_project.yml: unknown key model-path; did you mean \"model-paths\"?"));
  EXPECT_THAT(all,
              HasSubstr("Configuration paths exist in dbt_project.yml that apply to nothing:\n- models.shop.stagin"));
  EXPECT_THAT(all, HasSubstr("unknown config materialised"));
  EXPECT_THAT(all, HasSubstr("did you mean \"materialized\"?"));
  EXPECT_THAT(all, HasSubstr("models/x.yml: unknown key descripton in a model; did you mean \"description\"?"));
  EXPECT_THAT(all, HasSubstr("no node matches 'aa', which models/x.yml describes below models; did you mean \"a\"?"));
}

TEST(Load, TheContractOfAPythonModelIsToldBeforeWhatItReads) {
  const TempProject temp(
      {{"models/m.py", "def model(dbt, session):\n    return dbt.ref('m')\n"},
       {"models/m.yml",
        "models: [{name: m, config: {contract: {enforced: true}}, columns: [{name: id, data_type: integer}]}]"}});
  EXPECT_THAT(temp.only_error(), HasSubstr("Language Error: Expected 'sql' but found 'python'"));
}

TEST(Load, EndingsOfFilesMayBeInCapitals) {
  const TempProject temp({{"models/A.SQL", "select 1"}, {"models/m.YML", "models: [{name: A, description: x}]"}});
  EXPECT_EQ(temp.project().at("model.shop.A").description, "x");
}

TEST(Load, SaysWhatIsNotSupportedWithoutFailing) {
  const TempProject temp(
      {{"models/a.py", "def model(dbt, session):\n  dbt.config(materialized='view')\n  return dbt\n"},
       {"models/b.sql", "{{ config(materialized='my_own') }} select 1"},
       {"models/c.sql",
        "{{ config(materialized='incremental', incremental_strategy='my_own', unique_key='k') }} select 1 as "
        "k"},
       {"models/d.sql", "{{ config(materialized='incremental', unique_key='k') }} select 1 as k"},
       {"snapshots/s.sql",
        "{% snapshot s %}{{ config(unique_key='k', strategy='check', check_cols='all') }} select 1 as k{% endsnapshot "
        "%}"}});
  const Project project = temp.project();
  EXPECT_EQ(project.at("model.shop.a").unsupported, "Python models as view (table and incremental are)");
  EXPECT_THAT(project.at("model.shop.b").unsupported, HasSubstr("materialization my_own"));
  EXPECT_EQ(project.at("model.shop.c").unsupported, "");  // its first run needs no strategy
  EXPECT_EQ(project.at("model.shop.d").unsupported, "");
  EXPECT_EQ(project.at("snapshot.shop.s").unsupported, "");
}

TEST(Load, ResolvesAssetsByAnyName) {
  const TempProject temp(
      {{"models/daily.sql", "select 1"}, {"models/s.yml", "sources: [{name: raw, tables: [{name: trips}]}]"}});
  const Project project = temp.project();
  for (const char* name : {"daily", "main.daily", "lake.main.daily", "Main.Daily", "model.shop.daily"})
    EXPECT_EQ(project.resolve(name).name, "daily") << name;
  EXPECT_EQ(project.resolve("raw.trips").unique_id, "source.shop.raw.trips");
  try {
    project.resolve("main.dayly");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unknown_asset);
    EXPECT_THAT(error.message(), HasSubstr("did you mean \"main.daily\"?"));
  }
}

}  // namespace
}  // namespace weir::project

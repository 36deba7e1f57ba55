#include "project/config.h"

#include <gmock/gmock.h>

#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json json(const char* text) { return Json::parse(text); }

std::string merged(const char* first, const char* second) {
  Json out = Json::object();
  merge_config(out, json(first));
  merge_config(out, json(second));
  return out.dump();
}

TEST(MergeConfig, TagsAppend) {
  EXPECT_EQ(merged(R"({"tags":"a"})", R"({"tags":["b","c"]})"), R"({"tags":["a","b","c"]})");
}

TEST(MergeConfig, HooksAppendUnderOneSpelling) {
  EXPECT_EQ(merged(R"({"pre_hook":"x"})", R"({"pre-hook":[{"sql":"y","transaction":false}]})"),
            R"({"pre-hook":[{"sql":"x","transaction":true},{"sql":"y","transaction":false}]})");
}

TEST(MergeConfig, MetaAndColumnTypesUpdate) {
  EXPECT_EQ(merged(R"({"meta":{"a":1,"b":1}})", R"({"meta":{"b":2}})"), R"({"meta":{"a":1,"b":2}})");
  EXPECT_EQ(merged(R"({"column_types":{"a":"int"}})", R"({"column_types":{"b":"int"}})"),
            R"({"column_types":{"a":"int","b":"int"}})");
}

TEST(MergeConfig, GrantsAppendOnlyWithPlus) {
  EXPECT_EQ(merged(R"({"grants":{"select":["a"]}})", R"({"grants":{"+select":"b"}})"),
            R"({"grants":{"select":["a","b"]}})");
  EXPECT_EQ(merged(R"({"grants":{"select":["a"]}})", R"({"grants":{"select":"b"}})"), R"({"grants":{"select":["b"]}})");
}

TEST(MergeConfig, EverythingElseIsReplaced) {
  EXPECT_EQ(merged(R"({"materialized":"view","unique_key":["a","b"]})", R"({"unique_key":"c"})"),
            R"({"materialized":"view","unique_key":"c"})");
}

TEST(TreeLevels, FollowsFolders) {
  const Json tree = json(
      R"({"+materialized":"view","shop":{"schema":"x","staging":{"+tags":["t"],"+meta":{"k":1}},"other":{"a":1}}})");
  std::vector<std::string> levels;
  for (const Json& level : tree_levels(tree, {"shop", "staging", "orders"})) levels.push_back(level.dump());
  EXPECT_THAT(levels,
              ElementsAre(R"({"materialized":"view"})", R"({"schema":"x"})", R"({"tags":["t"],"meta":{"k":1}})"));
}

TEST(TypedConfig, NamesKeyAndKindOfWhatIsWrong) {
  const Span span{"models/a.sql", 3, 1, 0, ""};
  for (const auto& [config, message] : std::map<std::string, std::string>{
           {R"({"enabled":"maybe"})", "config enabled must be true or false, and 'maybe' is not of type 'boolean'"},
           {R"({"tags":[{"a":1}]})", "config tags must be a text or a list of texts"},
           {R"({"column_types":"int"})", "config column_types must be a mapping"},
           {R"({"on_schema_change":"fial"})", "did you mean \"fail\"?"}}) {
    try {
      typed_config(json(config.c_str()), ResourceType::model, span);
      FAIL() << config;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_config);
      EXPECT_THAT(error.message(), HasSubstr(message));
      EXPECT_EQ(error.span()->line, 3);
    }
  }
}

// Tree, properties file and config() in the file, in this order; a package's settings are overridden by the root
// project's.
TEST(Config, SpecialOverridesGeneral) {
  const TempProject temp(
      {{"dbt_project.yml",
        "name: shop\nmodels: {shop: {+materialized: table, +tags: tree, a: {+schema: s1}}, lib: {+materialized: "
        "incremental}}\n"},
       {"models/a/x.sql", "{{ config(schema='s3', tags=['file']) }} select 1"},
       {"models/a/y.sql", "select 1"},
       {"models/a/z.yml", "models: [{name: x, config: {schema: s2, materialized: view, tags: yaml}}]"},
       {"dbt_packages/lib/dbt_project.yml", "name: lib\nmodels: {+materialized: table}"},
       {"dbt_packages/lib/models/p.sql", "{{ config(materialized='view') }} select 1"}});
  const Project project = temp.project();
  const Node& x = project.at("model.shop.x");
  EXPECT_EQ(x.config->materialized, "view");
  EXPECT_EQ(x.schema, "main_s3");
  EXPECT_THAT(x.tags, ElementsAre("file", "tree", "yaml"));
  EXPECT_EQ(project.at("model.shop.y").config->materialized, "table");
  EXPECT_EQ(project.at("model.shop.y").schema, "main_s1");
  EXPECT_EQ(project.at("model.lib.p").config->materialized, "incremental");
}

TEST(Config, JinjaInTreesIsRendered) {
  TempProject temp({{"dbt_project.yml",
                     "name: shop\nmodels: {+materialized: \"{{ 'table' if target.name == 'lake' else 'view' }}\", "
                     "+enabled: \"{{ var('on', true) }}\", +pre-hook: \"insert {{ this }}\"}\n"},
                    {"models/x.sql", "select 1"}});
  const Project project = temp.project();
  EXPECT_EQ(project.at("model.shop.x").config->materialized, "table");
  EXPECT_EQ(project.at("model.shop.x").config->pre_hook.at(0).sql, "insert {{ this }}");
  temp.flags.vars = "{'on': false}";
  EXPECT_TRUE(temp.project().nodes.empty());
}

TEST(Config, WeirsOwnKeysAreChecked) {
  TempProject temp(
      {{"models/x.sql",
        "{{ config(meta={'weir': {'rollback': {'keep': '2 days'}, 'on_restore': 'follow'}}) }} select 1"}});
  EXPECT_EQ(temp.project().at("model.shop.x").asset_config.rollback_keep_ms, 2LL * 24 * 3600 * 1000);
  EXPECT_EQ(temp.project().at("model.shop.x").asset_config.on_restore, lake::publish::OnRestore::follow);
  temp.write("models/x.sql", "select 1 -- a\n{{ config(meta={'weir': {'on_restor': 'follow'}}) }}");
  EXPECT_THAT(temp.only_error(), HasSubstr("models/x.sql:2:"));
  EXPECT_THAT(temp.only_error(), HasSubstr("on_restore"));
}

TEST(Config, IngestIsKeptForTheConnector) {
  const TempProject temp({{"models/s.yml",
                           "sources:\n- name: raw\n  config: {meta: {weir: {rollback: {keep: 1 day}}}}\n  tables:\n"
                           "  - name: t\n    config:\n      meta: {weir: {ingest: {files: data/*.csv}}}\n"
                           "    columns: [{name: a, data_type: bigint}]\n"}});
  const Project project = temp.project();
  const Node& node = project.nodes.front();
  EXPECT_EQ(node.asset_config.rollback_keep_ms, 24LL * 3600 * 1000);
  ASSERT_TRUE(node.ingest.has_value());
  EXPECT_EQ(node.ingest->options.dump(), R"({"files":"data/*.csv"})");
  EXPECT_EQ(node.ingest->span.line, 7);
  EXPECT_EQ(node.columns.at(0).data_type, "bigint");
  EXPECT_EQ(quarantine_of(node).text(), "raw.t__quarantine");
}

}  // namespace
}  // namespace weir::project

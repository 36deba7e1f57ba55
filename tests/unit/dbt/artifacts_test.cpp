#include <gmock/gmock.h>

#include "../project/temp_project.h"
#include "dbt/manifest.h"
#include "dbt/run_results.h"

namespace weir::dbt {
namespace {

using project::TempProject;

Invocation invocation() {
  Invocation out;
  out.id = "11111111-2222-4333-8444-555555555555";
  out.started_ms = 1'700'000'000'000;
  out.ended_ms = 1'700'000'001'500;
  return out;
}

Json read_run_results(const std::vector<NodeResult>& results) {
  std::vector<const NodeResult*> told;
  for (const NodeResult& result : results) told.push_back(&result);
  std::string text;
  run_results_text(invocation(), told, [&](std::string_view piece) { text += piece; });
  return Json::parse(text);
}

TEST(RunResults, AreWholeInPiecesToo) {
  NodeResult result;
  result.unique_id = "model.shop.m";
  result.compiled_code = std::string(100'000, 'x');
  const Json json = read_run_results(std::vector<NodeResult>(7, result));
  ASSERT_EQ(json.find("results")->as_array().size(), 7);
  EXPECT_EQ(json.find("results")->as_array()[6].get_string("compiled_code"), result.compiled_code);
  EXPECT_EQ(json.find("elapsed_time")->dump(), "1.5");
  EXPECT_EQ(read_run_results({}).find("results")->dump(), "[]");
}

TEST(RunResults, TellOfBatchesWhatARetryReads) {
  NodeResult result;
  result.batches = BatchResults{{{0, 1'000'000}}, {{1'000'000, 2'500'000}, {5, 6}}};
  const Json json = read_run_results({result});
  const Json& written = *json.find("results")->as_array().front().find("batch_results");
  EXPECT_EQ(written.find("failed")->as_array().front().dump(),
            R"(["1970-01-01T00:00:01+00:00","1970-01-01T00:00:02.500000+00:00"])");
  const auto read = read_batch_results(written);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->successful, result.batches->successful);
  EXPECT_EQ(read->failed, result.batches->failed);
  EXPECT_FALSE(read_batch_results(Json()));
}

TEST(RunResults, HaveEveryKeyOfTheSchemaEvenWhereThereIsNothingToTell) {
  NodeResult result;
  result.unique_id = "test.shop.t";
  result.status = "fail";
  result.failures = 2;
  result.started_ms = 1'700'000'000'000;
  result.ended_ms = 1'700'000'000'250;
  const Json json = read_run_results({result});
  EXPECT_EQ(json.find("metadata")->get_string("dbt_schema_version"),
            "https://schemas.getdbt.com/dbt/run-results/v6.json");
  EXPECT_EQ(json.find("metadata")->get_string("generated_at"), "2023-11-14T22:13:21.500000Z");
  EXPECT_EQ(json.find("elapsed_time")->dump(), "1.5");
  const Json& one = json.find("results")->as_array().front();
  for (const char* key : {"status", "timing", "thread_id", "execution_time", "adapter_response", "message", "failures",
                          "unique_id", "compiled", "compiled_code", "relation_name", "batch_results"})
    EXPECT_NE(one.find(key), nullptr) << key;
  EXPECT_TRUE(one.find("message")->is_null());
  EXPECT_EQ(one.get_int("failures"), 2);
  EXPECT_EQ(one.find("execution_time")->dump(), "0.25");
}

TEST(Manifest, HoldsTheProjectAndItsGraph) {
  const TempProject temp(
      {{"models/a.sql", "select 1 as id"},
       {"models/b.sql", "{{ config(enabled=false) }} select 1"},
       {"macros/m.sql", "{% macro one() %}1{% endmacro %}"},
       {"models/d.md", "{% docs text %} what it is {% enddocs %}"},
       {"models/s.yml",
        "sources: [{name: raw, tables: [{name: t}]}]\n"
        "models: [{name: a, columns: [{name: id, data_tests: [not_null]}]}]\n"
        "exposures: [{name: e, type: dashboard, owner: {email: a@b.c}, depends_on: [ref('a')]}]\n"}});
  const Json json = manifest(temp.project(), invocation());
  EXPECT_EQ(json.find("metadata")->get_string("dbt_schema_version"),
            "https://schemas.getdbt.com/dbt/manifest/v12.json");
  EXPECT_NE(json.find("nodes")->find("model.shop.a"), nullptr);
  EXPECT_EQ(json.find("nodes")->find("source.shop.raw.t"), nullptr);
  EXPECT_NE(json.find("sources")->find("source.shop.raw.t"), nullptr);
  EXPECT_EQ(json.find("macros")->find("macro.shop.one")->get_string("macro_sql"), "{% macro one() %}1{% endmacro %}");
  EXPECT_EQ(json.find("docs")->find("doc.shop.text")->get_string("block_contents"), "what it is");
  EXPECT_EQ(json.find("disabled")->find("model.shop.b")->as_array().size(), 1u);
  EXPECT_EQ(json.find("parent_map")->find("exposure.shop.e")->dump(), R"(["model.shop.a"])");
  EXPECT_EQ(json.find("child_map")->find("model.shop.a")->as_array().size(), 2u);
}

}  // namespace
}  // namespace weir::dbt

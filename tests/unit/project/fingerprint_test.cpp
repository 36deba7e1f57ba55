#include "project/fingerprint.h"

#include <gmock/gmock.h>

#include <functional>

#include "temp_project.h"

namespace weir::project {
namespace {

using ::testing::ElementsAre;

constexpr const char* kEngine = "duckdb v1.5.6";

std::map<std::string, std::string> codes(const TempProject& temp, const std::string& engine = kEngine) {
  const Project project = temp.project();
  const Fingerprints prints(project, engine);
  std::map<std::string, std::string> out;
  for (const Node& node : project.nodes) out[node.unique_id] = prints.node_code(node);
  return out;
}

// What of a project changes with an edit.
std::vector<std::string> changed_by(TempProject& temp, const std::function<void()>& edit) {
  const auto before = codes(temp);
  edit();
  std::vector<std::string> out;
  for (const auto& [id, code] : codes(temp))
    if (!before.contains(id) || before.at(id) != code) out.push_back(id);
  return out;
}

TempProject::Files shop() {
  return {{"dbt_project.yml", "name: shop\nvars: {limit: 1, other: 2}\nmodels: {+materialized: table}\n"},
          {"macros/m.sql",
           "{% macro outer() %}{{ inner() }}{% endmacro %}\n{% macro inner() %}1{% endmacro %}\n{% macro unused() "
           "%}2{% endmacro %}"},
          {"models/base.sql", "{{ config(materialized='view') }}select {{ outer() }}"},
          {"models/eph.sql", "{{ config(materialized='ephemeral') }}select * from {{ ref('base') }}"},
          {"models/mart.sql", "select * from {{ ref('eph') }} limit {{ var('limit') }}"},
          {"models/top.sql", "select * from {{ ref('mart') }}"},
          {"seeds/codes.csv", "a\n1\n"},
          {"models/after_seed.sql", "select '{{ env_var('REGION', 'eu') }}' from {{ ref('codes') }}"}};
}

TEST(Fingerprint, IsTheSameTwice) {
  const TempProject a(shop()), b(shop());
  EXPECT_EQ(codes(a), codes(b));
  EXPECT_EQ(codes(a)["model.shop.top"].size(), 64u);
}

TEST(Fingerprint, AFileChangesItselfAndWhatReadsItThroughViews) {
  TempProject temp(shop());
  EXPECT_THAT(
      changed_by(temp,
                 [&] { temp.write("models/base.sql", "{{ config(materialized='view') }}select 2 + {{ outer() }}"); }),
      ElementsAre("model.shop.base", "model.shop.eph", "model.shop.mart"));
  EXPECT_THAT(
      changed_by(temp,
                 [&] { temp.write("models/mart.sql", "select 1 from {{ ref('eph') }} limit {{ var('limit') }}"); }),
      ElementsAre("model.shop.mart"));
  EXPECT_THAT(changed_by(temp, [&] { temp.write("seeds/codes.csv", "a\n2\n"); }), ElementsAre("seed.shop.codes"));
}

TEST(Fingerprint, MacrosCountTransitivelyAndOnlyIfReached) {
  TempProject temp(shop());
  EXPECT_THAT(changed_by(temp,
                         [&] {
                           temp.write("macros/m.sql",
                                      "{% macro outer() %}{{ inner() }}{% endmacro %}\n{% macro inner() %}11{% "
                                      "endmacro %}\n{% macro unused() %}2{% endmacro %}");
                         }),
              ElementsAre("model.shop.base", "model.shop.eph", "model.shop.mart"));
  EXPECT_THAT(changed_by(temp,
                         [&] {
                           temp.write("macros/m.sql",
                                      "{% macro outer() %}{{ inner() }}{% endmacro %}\n{% macro inner() %}11{% "
                                      "endmacro %}\n{% macro unused() %}3{% endmacro %}");
                         }),
              ElementsAre());
}

TEST(Fingerprint, FunctionsCountWithWhatTheyReadAndTheMacrosThatMakeThem) {
  TempProject temp({{"models/a.sql", "{{ config(materialized='table') }} select {{ function('f') }}(1) as n"},
                    {"models/t.sql", "{{ config(materialized='table') }} select 1 as n"},
                    {"functions/f.sql", "select x + (select max(n) from {{ ref('t') }})"},
                    {"functions/f.yml",
                     "functions: [{name: f, arguments: [{name: x, data_type: int}], returns: {data_type: int}}]"}});
  const Project project = temp.project();
  const Fingerprints prints(project, kEngine);
  EXPECT_THAT(prints.inputs(project.at("model.shop.a")), ElementsAre(&project.at("model.shop.t")));
  const auto another_type = [&] {
    temp.write("functions/f.yml",
               "functions: [{name: f, arguments: [{name: x, data_type: int}], returns: {data_type: bigint}}]");
  };
  EXPECT_THAT(changed_by(temp, another_type), ElementsAre("function.shop.f", "model.shop.a"));
  const auto own_body = [&] {
    temp.write("macros/f.sql", "{% macro duckdb__scalar_function_body_sql() %}(1){% endmacro %}");
  };
  EXPECT_THAT(changed_by(temp, own_body), ElementsAre("function.shop.f", "model.shop.a"));
  const auto no_part_of_it = [&] { temp.write("macros/g.sql", "{% macro other() %}(1){% endmacro %}"); };
  EXPECT_TRUE(changed_by(temp, no_part_of_it).empty());
}

TEST(Fingerprint, VarsAndEnvironmentCountOnlyIfRead) {
  TempProject temp(shop());
  EXPECT_THAT(changed_by(temp, [&] { temp.flags.vars = "{limit: 9}"; }), ElementsAre("model.shop.mart"));
  EXPECT_THAT(changed_by(temp, [&] { temp.flags.vars = "{limit: 9, other: 9}"; }), ElementsAre());
  EXPECT_THAT(changed_by(temp, [&] { temp.flags.env["REGION"] = "us"; }), ElementsAre("model.shop.after_seed"));
  EXPECT_THAT(changed_by(temp, [&] { temp.flags.env["OTHER"] = "us"; }), ElementsAre());
}

TEST(Fingerprint, ConfigurationAndEngineCount) {
  TempProject temp(shop());
  EXPECT_THAT(
      changed_by(temp, [&] { temp.write("models/s.yml", "models: [{name: top, config: {sql_header: set x = 1}}]"); }),
      ElementsAre("model.shop.top"));
  const auto before = codes(temp), after = codes(temp, "duckdb v1.6.0");
  for (const auto& [id, code] : before) EXPECT_NE(code, after.at(id)) << id;
}

TEST(Fingerprint, TheTargetCountsOnlyIfRead) {
  TempProject temp({{"profiles.yml", "p: {target: a, outputs: {a: {type: lake}, b: {type: lake}}}"},
                    {"dbt_project.yml", "name: shop\nprofile: p\n"},
                    {"models/reads.sql", "select '{{ target.name }}'"},
                    {"models/reads_not.sql", "select 1"}});
  EXPECT_THAT(changed_by(temp, [&] { temp.flags.target = "b"; }), ElementsAre("model.shop.reads"));
}

TEST(Fingerprint, ChecksHaveTheirOwnPart) {
  TempProject temp(shop());
  temp.write("models/s.yml", "models: [{name: top, columns: [{name: a, data_tests: [not_null]}]}]");
  const auto code = [&] {
    const Project project = temp.project();
    const Fingerprints prints(project, kEngine);
    std::vector<const Node*> checks;
    for (const std::string& id : project.at("model.shop.top").tests) checks.push_back(project.find(id));
    return prints.code(project.at("model.shop.top"), checks);
  };
  const std::string before = code();
  temp.write("models/s.yml",
             "models: [{name: top, columns: [{name: a, data_tests: [not_null: {config: {severity: warn}}]}]}]");
  const std::string after = code();
  EXPECT_EQ(split_code(before).node, split_code(after).node);
  EXPECT_NE(split_code(before).checks, split_code(after).checks);
  EXPECT_EQ(split_code("abc").node, "abc");
  EXPECT_EQ(split_code("abc").checks, "");
  EXPECT_EQ(split_code("abc+de;volatile=now,random").checks, "de");
  EXPECT_EQ(split_code("abc;volatile=now,random").node, "abc");
  EXPECT_EQ(split_code("abc;volatile=now,random").volatile_functions, "now,random");
}

TEST(Fingerprint, InputsAreTheTablesBehindViews) {
  TempProject temp(shop());
  temp.write("models/src.yml", "sources: [{name: raw, tables: [{name: t}]}]");
  temp.write("models/base.sql",
             "{{ config(materialized='view') }}select * from {{ source('raw', 't') }}, {{ ref('codes') }}");
  const Project project = temp.project();
  const Fingerprints prints(project, kEngine);
  std::vector<std::string> inputs;
  for (const Node* node : prints.inputs(project.at("model.shop.mart"))) inputs.push_back(node->unique_id);
  EXPECT_THAT(inputs, ElementsAre("seed.shop.codes", "source.shop.raw.t"));
}

TEST(Fingerprint, NodesThatNeverSettleAreMarked) {
  const TempProject temp(
      {{"models/clock.sql", "select '{{ run_started_at }}'"},
       {"models/now.sql", "select '{{ modules.datetime.datetime.now() }}'"},
       {"macros/q.sql", "{% macro q() %}{% if execute %}{% set r = run_query('x') %}{% endif %}{% endmacro %}"},
       {"models/asks.sql", "{{ q() }}"},
       {"models/calm.sql", "select {{ dbt.type_string() }}, '{{ modules.datetime.date(2024, 1, 1) }}'"}});
  const Project project = temp.project();
  EXPECT_TRUE(project.at("model.shop.clock").reads_clock);
  EXPECT_TRUE(project.at("model.shop.now").reads_clock);
  EXPECT_TRUE(project.at("model.shop.asks").queries_while_rendering);
  EXPECT_FALSE(project.at("model.shop.calm").reads_clock);
  EXPECT_FALSE(project.at("model.shop.calm").queries_while_rendering);
}

}  // namespace
}  // namespace weir::project

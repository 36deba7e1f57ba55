// What a change of the project means to those who read it.
#include "plan/model_change.h"

#include <gmock/gmock.h>

#include "../project/temp_project.h"
#include "project/node_values.h"

namespace weir::plan {
namespace {

using project::Project;
using project::TempProject;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using Files = TempProject::Files;
using Columns = std::vector<project::RelationColumn>;

std::vector<std::string> told(const std::vector<ChangeFinding>& findings) {
  std::vector<std::string> out;
  for (const auto& finding : findings) out.push_back(std::string(impact_text(finding.impact)) + ": " + finding.kind);
  return out;
}

StatedColumns stated(Columns columns, bool complete = true, bool typed = true) {
  return {std::move(columns), complete, typed};
}

TEST(ColumnFindings, WhatReadersMayFailOn) {
  const auto then = stated({{"id", "INTEGER"}, {"amount", "DOUBLE"}, {"day", "DATE"}});
  EXPECT_THAT(told(column_findings(then, then)), IsEmpty());
  EXPECT_THAT(told(column_findings(then, stated({{"id", "BIGINT"}, {"amount", "DOUBLE"}}))),
              ElementsAre("breaking: column_type", "breaking: column_removed"));
  EXPECT_THAT(told(column_findings(then, stated({{"id", "INTEGER"}, {"total", "DOUBLE"}, {"day", "DATE"}}))),
              ElementsAre("breaking: column_renamed"));
  EXPECT_THAT(
      told(column_findings(then, stated({{"ID", "INTEGER"}, {"amount", "DOUBLE"}, {"day", "DATE"}, {"x", "DATE"}}))),
      ElementsAre("not breaking: column_added"));
  EXPECT_THAT(told(column_findings(then, stated({{"amount", "DOUBLE"}, {"id", "INTEGER"}, {"day", "DATE"}}))),
              ElementsAre("data may change: column_order"));
}

TEST(ColumnFindings, WhatIsOnlyDescribedTellsLess) {
  const auto described = stated({{"id", ""}, {"gone", ""}}, false, false);
  EXPECT_THAT(told(column_findings(described, stated({{"id", "INTEGER"}, {"more", "DATE"}}))),
              ElementsAre("breaking: column_removed"));
  EXPECT_THAT(told(column_findings(stated({{"id", "NUMBER"}}, true, false), stated({{"id", "INTEGER"}}))), IsEmpty());
}

const Files before = {
    {"models/a.sql", "{{ config(materialized='incremental', unique_key='id', tags=['x']) }}select 1 as id"},
    {"models/b.sql", "select * from {{ ref('a') }}"},
    {"models/c.sql", "select * from {{ ref('b') }}"},
    {"models/m.yml",
     "models:\n"
     "  - name: a\n"
     "    description: first\n"
     "    config: {access: public}\n"
     "    columns: [{name: id, data_tests: [unique]}]\n"
     "exposures:\n"
     "  - {name: board, type: dashboard, owner: {name: x}, depends_on: [ref('c')]}\n"}};

// The findings of each node that differs, from `before` to these files. `relations`: the names of what foreign keys
// refer to instead of ref(), as in a manifest of compiled nodes.
struct Changed {
  std::map<std::string, std::vector<std::string>> findings;
  std::map<std::string, ModelChange> changes;
};
Changed changed(const Files& now, const Files& earlier_files = before, bool relations = false) {
  TempProject earlier(earlier_files);
  const Project then = earlier.project();
  Json nodes = Json::object();
  for (const auto& node : then.nodes) {
    Json json = project::node_json(node);
    json.set("relation_name", "\"elsewhere\".\"main\".\"" + node.name + "\"");
    if (relations && json.find("constraints"))
      for (Json& constraint : json.find("constraints")->as_array())
        if (constraint.find("to")) constraint.set("to", "elsewhere.main.b");
    nodes.set(node.unique_id, std::move(json));
  }
  Json manifest = Json::object().set("nodes", std::move(nodes));
  TempProject later(now);
  const Project project = later.project();
  later.write("state/manifest.json", manifest.dump());
  const PreviousState state(project.root + "/state", project.root + "/target");
  const ColumnSource none = {[](const project::Node&, std::string&) { return std::nullopt; },
                             [](const std::string&) { return std::nullopt; }};
  Changed out;
  for (auto& change : model_changes(project, state, none, {})) {
    const std::string name = change.unique_id.substr(change.unique_id.rfind('.') + 1);
    out.findings[name] = told(change.findings);
    out.changes[name] = std::move(change);
  }
  return out;
}

Files with(const std::string& path, const std::string& content) {
  Files files = before;
  for (auto& file : files)
    if (file.path == path) file.content = content;
  return files;
}

TEST(ModelChanges, NothingIsNothing) { EXPECT_THAT(changed(before).findings, IsEmpty()); }

TEST(ModelChanges, KeyStrategyAndTags) {
  const auto key = changed(with("models/a.sql",
                                "{{ config(materialized='incremental', unique_key=['id', 'day'], "
                                "tags=['x']) }}select 1 as id"));
  EXPECT_THAT(key.findings.at("a"),
              UnorderedElementsAre("breaking: key", "data may change: body", "data may change: columns_unknown"));
  EXPECT_THAT(key.changes.at("a").consumers, ElementsAre("model.shop.b", "model.shop.c", "exposure.shop.board"));
  const auto strategy = changed(with("models/a.sql",
                                     "{{ config(materialized='incremental', unique_key='id', tags=['x'], "
                                     "incremental_strategy='append') }}select 1 as id"));
  EXPECT_THAT(strategy.findings.at("a"), ::testing::Contains("breaking: strategy"));
}

TEST(ModelChanges, DescriptionsAndTestsInYaml) {
  const auto docs = changed(with("models/m.yml",
                                 "models:\n"
                                 "  - name: a\n"
                                 "    description: second\n"
                                 "    config: {access: public}\n"
                                 "    columns: [{name: id, data_tests: [unique]}]\n"));
  EXPECT_THAT(docs.findings.at("a"), ElementsAre("not breaking: docs"));
  EXPECT_EQ(docs.changes.at("a").impact(), Impact::none);
  const auto narrower = changed(with("models/m.yml",
                                     "models:\n"
                                     "  - name: a\n"
                                     "    description: first\n"
                                     "    config: {access: protected}\n"));
  EXPECT_THAT(narrower.findings.at("a"), ::testing::IsSupersetOf({"breaking: access", "breaking: grain"}));
}

Files with_constraint(const std::string& constraint) {
  Files files = {{"models/a.sql", "select 1 as id, 2 as n"},
                 {"models/b.sql", "{{ config(materialized='table') }}select 1 as id"},
                 {"models/c.sql", "{{ config(materialized='table') }}select 1 as id"},
                 {"models/m.yml", ""}};
  files[3].content =
      "models:\n"
      "  - name: a\n"
      "    config: {materialized: table, contract: {enforced: true}}\n"
      "    columns: [{name: id, data_type: integer}, {name: n, data_type: integer}]\n"
      "    constraints: [" +
      constraint + "]\n";
  return files;
}

std::vector<std::string> texts_of(const std::string& then, const std::string& now, bool relations = false) {
  std::vector<std::string> out;
  const auto found = changed(with_constraint(now), with_constraint(then), relations);
  if (const auto at = found.changes.find("a"); at != found.changes.end())
    for (const auto& finding : at->second.findings)
      if (finding.kind == "constraint") out.push_back(std::string(impact_text(finding.impact)) + ": " + finding.text);
  return out;
}

TEST(ModelChanges, AConstraintIsAllThatItPromises) {
  const std::string positive = "{type: check, expression: 'n > 0'}";
  EXPECT_THAT(texts_of(positive, positive), IsEmpty());
  EXPECT_THAT(texts_of(positive, "{type: check, expression: 'n > -5'}"),
              ElementsAre("breaking: the table is not held to check (n > 0) any more",
                          "not breaking: the table is held to check (n > -5) now"));
  EXPECT_THAT(texts_of(positive, positive + ", {type: check, expression: 'id > 0'}"),
              ElementsAre("not breaking: the table is held to check (id > 0) now"));
  EXPECT_THAT(texts_of("{type: unique, columns: [id, n]}", "{type: unique, columns: [id]}"),
              ElementsAre("breaking: the table is not held to unique (id, n) any more",
                          "not breaking: the table is held to unique (id) now"));
}

TEST(ModelChanges, AForeignKeyIsWhatItRefersTo) {
  const auto to = [](const std::string& target, const std::string& columns) {
    return "{type: foreign_key, columns: [id], to: \"" + target + "\", to_columns: [" + columns + "]}";
  };
  EXPECT_THAT(texts_of(to("ref('b')", "id"), to("ref('c')", "id")),
              ElementsAre("breaking: the table is not held to foreign_key (id) to ref('b') (id) any more",
                          "not breaking: the table is held to foreign_key (id) to ref('c') (id) now"));
  EXPECT_THAT(texts_of(to("ref('b')", "id"), to("ref('b')", "n")), ::testing::SizeIs(2));
  EXPECT_THAT(texts_of(to("ref('b')", "id"), to("ref('shop', 'b')", "id")), IsEmpty());
  EXPECT_THAT(texts_of(to("ref('b')", "id"), to("ref('b')", "id"), true), IsEmpty());
  EXPECT_THAT(texts_of(to("ref('b')", "id"), to("ref('c')", "id"), true), ::testing::SizeIs(2));
}

TEST(ModelChanges, NewAndGone) {
  Files files = before;
  files[2] = {"models/d.sql", "select * from {{ ref('b') }}"};
  files[3].content =
      "models: [{name: a, description: first, config: {access: public}, columns: [{name: id, data_tests: "
      "[unique]}]}]\n"
      "exposures:\n"
      "  - {name: board, type: dashboard, owner: {name: x}, depends_on: [ref('d')]}\n";
  const auto found = changed(files);
  EXPECT_EQ(found.changes.at("d").change, "new");
  EXPECT_EQ(found.changes.at("d").impact(), Impact::none);
  EXPECT_EQ(found.changes.at("c").change, "removed");
  EXPECT_EQ(found.changes.at("c").impact(), Impact::breaking);
}

}  // namespace
}  // namespace weir::plan

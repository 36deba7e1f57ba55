#include "plan/select.h"

#include <gmock/gmock.h>

#include "../project/temp_project.h"
#include "plan/criterion.h"

namespace weir::plan {
namespace {

using project::Project;
using project::TempProject;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// raw.t -> a -> b -> d -> e, a -> c -> d; tests on a (not_null), on b and c together (relationships).
Project graph() {
  return TempProject({{"models/src.yml", "sources: [{name: raw, tables: [{name: t}, {name: u}]}]"},
                      {"models/stg/a.sql",
                       "{{ config(tags=['nightly'], materialized='table') }}select * from {{ source('raw', 't') }}"},
                      {"models/stg/b.sql",
                       "{{ config(meta={'owner': {'team': 'x'}, 'pii': true}) }}select * from {{ ref('a') }}"},
                      {"models/mart/c.sql", "select * from {{ ref('a') }}"},
                      {"models/mart/d.sql",
                       "{{ config(tags=['nightly', 'big']) }}select * from {{ ref('b') }}, {{ ref('c') }}"},
                      {"models/mart/e.sql", "select * from {{ ref('d') }}"},
                      {"models/s.yml",
                       "models: [{name: a, columns: [{name: k, data_tests: [not_null]}]}, "
                       "{name: b, columns: [{name: k, data_tests: [relationships: {to: ref('c'), field: k}]}]}]"},
                      {"tests/single.sql", "select * from {{ ref('e') }}"}})
      .project();
}

// Names of what is selected, tests by their kind, sorted.
std::vector<std::string> names(const Project& project, const Selection& selection) {
  std::vector<std::string> out;
  for (const project::Node* node : select(project, selection).nodes)
    out.push_back(node->test && !node->test->singular() ? node->test->kind : node->name);
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> names(const Project& project, const std::string& criteria, const std::string& exclude = {}) {
  Selection selection;
  selection.select = {criteria};
  if (!exclude.empty()) selection.exclude = {exclude};
  selection.exclude_resource_types = {project::ResourceType::test};
  return names(project, selection);
}

TEST(Select, NamesAndGraphOperators) {
  const Project project = graph();
  EXPECT_THAT(names(project, "d"), ElementsAre("d"));
  EXPECT_THAT(names(project, "+d"), ElementsAre("a", "b", "c", "d", "t"));
  EXPECT_THAT(names(project, "1+d"), ElementsAre("b", "c", "d"));
  EXPECT_THAT(names(project, "b+"), ElementsAre("b", "d", "e"));
  EXPECT_THAT(names(project, "b+1"), ElementsAre("b", "d"));
  EXPECT_THAT(names(project, "1+b+1"), ElementsAre("a", "b", "d"));
  EXPECT_THAT(names(project, "@b"), ElementsAre("a", "b", "c", "d", "e", "t"));
  EXPECT_THAT(names(project, "shop.mart"), ElementsAre("c", "d", "e"));
  EXPECT_THAT(names(project, "mart.*"), ElementsAre("c", "d", "e"));
  EXPECT_THAT(names(project, "shop.*.b"), ElementsAre("b"));
  EXPECT_THAT(names(project, "main.d"), ElementsAre("d"));
  EXPECT_THAT(names(project, "raw.t"), ElementsAre("t"));
  EXPECT_THAT(names(project, "*"), ElementsAre("a", "b", "c", "d", "e"));
}

TEST(Select, UnionIntersectionExclude) {
  const Project project = graph();
  EXPECT_THAT(names(project, "a c"), ElementsAre("a", "c"));
  EXPECT_THAT(names(project, "+d,b+"), ElementsAre("b", "d"));
  EXPECT_THAT(names(project, "tag:nightly,mart e"), ElementsAre("d", "e"));
  EXPECT_THAT(names(project, "+e", "b+ source:*"), ElementsAre("a", "c"));
}

TEST(Select, Methods) {
  const Project project = graph();
  EXPECT_THAT(names(project, "tag:nightly"), ElementsAre("a", "d"));
  EXPECT_THAT(names(project, "tag:b*"), ElementsAre("d"));
  EXPECT_THAT(names(project, "path:models/mart"), ElementsAre("c", "d", "e"));
  EXPECT_THAT(names(project, "models/mart/"), ElementsAre("c", "d", "e"));
  EXPECT_THAT(names(project, "models/*/c.sql"), ElementsAre("c"));
  EXPECT_THAT(names(project, "c.sql"), ElementsAre("c"));
  EXPECT_THAT(names(project, "file:c"), ElementsAre("c"));
  EXPECT_THAT(names(project, "source:raw"), ElementsAre("t", "u"));
  EXPECT_THAT(names(project, "source:raw.t+1"), ElementsAre("a", "t"));
  EXPECT_THAT(names(project, "source:shop.raw.u"), ElementsAre("u"));
  EXPECT_THAT(names(project, "config.materialized:table"), ElementsAre("a"));
  EXPECT_THAT(names(project, "config.meta.owner.team:x"), ElementsAre("b"));
  EXPECT_THAT(names(project, "config.meta.pii:true"), ElementsAre("b"));
  EXPECT_THAT(names(project, "config.tags:big"), ElementsAre("d"));
  EXPECT_THAT(names(project, "resource_type:source"), ElementsAre("t", "u"));
  EXPECT_THAT(names(project, "package:shop,resource_type:model,mart"), ElementsAre("c", "d", "e"));
  EXPECT_THAT(names(project, "asset:main.?,tag:big"), ElementsAre("d"));
}

TEST(Select, TestsComeAlong) {
  const Project project = graph();
  const auto with = [&](const std::string& criteria, IndirectSelection indirect) {
    Selection selection;
    selection.select = {criteria};
    selection.indirect = indirect;
    return names(project, selection);
  };
  EXPECT_THAT(with("a", IndirectSelection::eager), ElementsAre("a", "not_null"));
  EXPECT_THAT(with("b", IndirectSelection::eager), ElementsAre("b", "relationships"));
  EXPECT_THAT(with("b", IndirectSelection::cautious), ElementsAre("b"));
  EXPECT_THAT(with("b c", IndirectSelection::cautious), ElementsAre("b", "c", "relationships"));
  EXPECT_THAT(with("d", IndirectSelection::buildable), ElementsAre("d"));
  EXPECT_THAT(with("b", IndirectSelection::buildable), ElementsAre("b"));
  EXPECT_THAT(with("b+", IndirectSelection::buildable), ElementsAre("b", "d", "e", "relationships", "single"));
  EXPECT_THAT(with("a", IndirectSelection::empty), ElementsAre("a"));
  EXPECT_THAT(with("test_name:not_null", IndirectSelection::eager), ElementsAre("not_null"));
  EXPECT_THAT(with("test_type:singular", IndirectSelection::eager), ElementsAre("single"));
  EXPECT_THAT(with("test_type:generic", IndirectSelection::eager), ElementsAre("not_null", "relationships"));
}

TEST(Select, ExcludingAModelExcludesItsTests) {
  const Project project = graph();
  Selection selection;
  selection.exclude = {"a b+"};
  EXPECT_THAT(names(project, selection), ElementsAre("c", "t", "u"));
}

TEST(Select, WhatMatchesNothingIsToldWithTheNearest) {
  const Project project = graph();
  Selection selection;
  selection.select = {"main.dd"};
  const Selected selected = select(project, selection);
  EXPECT_THAT(selected.nodes, IsEmpty());
  EXPECT_THAT(
      selected.warnings,
      ElementsAre("The selection criterion 'main.dd' does not match any enabled nodes; did you mean \"main.d\"?"));
}

TEST(Select, MistakesAreNamed) {
  const Project project = graph();
  const auto message = [&](const std::string& criteria) {
    Selection selection;
    selection.select = {criteria};
    try {
      select(project, selection);
      return std::string("no error");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_selector);
      return error.message();
    }
  };
  EXPECT_THAT(message("tagg:x"), HasSubstr("did you mean \"tag\"?"));
  EXPECT_THAT(message("@a+"), HasSubstr("do not go together"));
  EXPECT_THAT(message("config:x"), HasSubstr("config needs a key"));
  EXPECT_THAT(message("resource_type:modell"), HasSubstr("no resource type"));
  EXPECT_THAT(message("test_type:odd"), HasSubstr("no test type"));
  EXPECT_THAT(message("tag:"), HasSubstr("nothing is named"));
  EXPECT_THAT(message("state:modified"), HasSubstr("needs an earlier state"));
  EXPECT_THAT(message("result:error"), HasSubstr("needs an earlier state"));
  EXPECT_THAT(message("version:newest"), HasSubstr("no version"));
  EXPECT_THAT(message("selector:nightly"), HasSubstr("no selector \"nightly\""));
  EXPECT_THAT(message("source:a.b.c.d"), HasSubstr("at most three parts"));
  EXPECT_THAT(message("99999999999999999999+a"), HasSubstr("is no number of steps"));
}

TEST(Criterion, TakesApart) {
  const Criterion c = parse_criterion("2+config.meta.x:y+3");
  EXPECT_TRUE(c.ancestors && c.descendants);
  EXPECT_EQ(c.ancestors_depth, 2);
  EXPECT_EQ(c.descendants_depth, 3);
  EXPECT_EQ(c.method, "config");
  EXPECT_THAT(c.arguments, ElementsAre("meta", "x"));
  EXPECT_EQ(c.value, "y");
  EXPECT_FALSE(parse_criterion("a+b").ancestors);
}

}  // namespace
}  // namespace weir::plan

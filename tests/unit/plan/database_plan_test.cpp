#include <gmock/gmock.h>

#include "../project/temp_project.h"
#include "plan/plan.h"

namespace weir::plan {
namespace {

using project::TempProject;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Plan planned(const TempProject& temp, Verb verb, const std::string& select = {}) {
  static std::vector<std::unique_ptr<project::Project>> kept;  // a plan points into its project
  kept.push_back(std::make_unique<project::Project>(temp.project()));
  PlanRequest request;
  request.verb = verb;
  if (!select.empty()) request.selection.select = {select};
  return make_database_plan(*kept.back(), request);
}

std::vector<std::string> needs_of(const Plan& plan, const std::string& name) {
  for (const Step& step : plan.steps)
    if (step.node->name == name) {
      std::vector<std::string> out;
      for (const size_t other : step.needs) out.push_back(plan.steps[other].node->name);
      return out;
    }
  ADD_FAILURE() << "no step " << name;
  return {};
}

TempProject::Files chain() {
  return {{"dbt_project.yml", "name: shop\nprofile: shop\n"},
          {"profiles.yml", "shop: {outputs: {default: {type: duckdb}}}"},
          {"models/a.sql", "select 1 as id"},
          {"models/e.sql", "{{ config(materialized='ephemeral') }} select * from {{ ref('a') }}"},
          {"models/b.sql", "select * from {{ ref('e') }}"},
          {"models/c.sql", "select 3 as id"},
          {"models/s.yml",
           "models:\n  - {name: a, columns: [{name: id, data_tests: [not_null: {name: of_a}]}]}\n"
           "  - name: b\n    columns:\n      - {name: id, data_tests: [{relationships: {name: of_both, to: ref('c'), "
           "field: id}}]}\n"
           "unit_tests: [{name: unit_of_b, model: b, given: [], expect: {rows: []}}]\n"}};
}

TEST(DatabasePlan, InABuildTestsComeBetweenANodeAndItsReaders) {
  TempProject temp(chain());
  const Plan plan = planned(temp, Verb::build);
  EXPECT_EQ(plan.steps.size(), 6u);  // a, b, c and three tests; the ephemeral model is none
  EXPECT_THAT(needs_of(plan, "of_a"), UnorderedElementsAre("a"));
  EXPECT_THAT(needs_of(plan, "b"), UnorderedElementsAre("a", "of_a", "unit_of_b"));
  EXPECT_THAT(needs_of(plan, "unit_of_b"), UnorderedElementsAre("a"));
  EXPECT_THAT(needs_of(plan, "of_both"), UnorderedElementsAre("b", "c"));
  EXPECT_THAT(needs_of(plan, "c"), IsEmpty());
}

TEST(DatabasePlan, ARunHasNoTestsAndATestRunNoOrder) {
  TempProject temp(chain());
  EXPECT_EQ(planned(temp, Verb::run).steps.size(), 3u);
  const Plan tests = planned(temp, Verb::test);
  EXPECT_EQ(tests.steps.size(), 3u);
  for (const Step& step : tests.steps) EXPECT_THAT(step.needs, IsEmpty());
}

TEST(DatabasePlan, WhatIsNotSelectedIsClimbedOver) {
  TempProject temp(chain());
  temp.write("models/d.sql", "select * from {{ ref('b') }}");
  const Plan plan = planned(temp, Verb::run, "a d");
  EXPECT_THAT(needs_of(plan, "d"), UnorderedElementsAre("a"));
}

}  // namespace
}  // namespace weir::plan

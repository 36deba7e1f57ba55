#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scene.h"

namespace weir::run {
namespace {

using state::StepStatus;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ModelsTest : public ::testing::Test {
 protected:
  Scene scene_;
};

TEST_F(ModelsTest, TablesAndViewsInOrderAndThenNothingToDo) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select range as id from range(5)");
  scene_.put("models/b.sql", "{{ config(materialized='view') }} select id * 10 as id from {{ ref('a') }}");
  scene_.put("models/c.sql", "{{ config(materialized='table') }} select sum(id) as total from {{ ref('b') }}");
  RunResult first = scene_.build();
  EXPECT_EQ(first.exit_code(), 0) << summary(first);
  EXPECT_EQ(first.count(StepStatus::published), 3u) << summary(first);
  EXPECT_EQ(step_of(first, "main.a").rows, 5);
  EXPECT_EQ(step_of(first, "main.a").version, 0);
  EXPECT_THAT(scene_.rows("select total from lake.main.c"), ElementsAre("100"));

  RunResult second = scene_.build();
  EXPECT_EQ(second.count(StepStatus::up_to_date), 3u) << summary(second);
  EXPECT_EQ(second.exit_code(), 0);
}

TEST_F(ModelsTest, OnlyWhatDependsOnAChangeRunsAgain) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  scene_.put("models/b.sql", "{{ config(materialized='table') }} select id from {{ ref('a') }}");
  scene_.put("models/c.sql", "{{ config(materialized='table') }} select 3 as id");
  scene_.build();
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 2 as id");
  RunResult result = scene_.build();
  EXPECT_EQ(step_of(result, "main.a").status, StepStatus::published) << summary(result);
  EXPECT_EQ(step_of(result, "main.b").status, StepStatus::published) << summary(result);
  EXPECT_EQ(step_of(result, "main.c").status, StepStatus::up_to_date) << summary(result);
  EXPECT_THAT(scene_.rows("select id from lake.main.b"), ElementsAre("2"));
}

TEST_F(ModelsTest, FailingCheckPublishesNothingAndSkipsWhatComesAfter) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  scene_.put("models/b.sql", "{{ config(materialized='table') }} select id from {{ ref('a') }}");
  scene_.put("models/s.yml", "models: [{name: a, columns: [{name: id, data_tests: [not_null, unique]}]}]");
  ASSERT_EQ(scene_.build().exit_code(), 0);
  scene_.put("models/a.sql",
             "{{ config(materialized='table') }} select null::integer as id union all select 2 union all select 2");
  RunResult result = scene_.build();
  EXPECT_EQ(result.exit_code(), 1);
  const StepResult& held = step_of(result, "main.a");
  EXPECT_EQ(held.status, StepStatus::held_back) << summary(result);
  ASSERT_THAT(held.checks, SizeIs(2));
  EXPECT_THAT(held.message, HasSubstr("not_null(id): 1 row is null"));
  EXPECT_EQ(step_of(result, "main.b").status, StepStatus::skipped);
  EXPECT_EQ(step_of(result, "main.b").because_of, "main.a");
  EXPECT_THAT(scene_.rows("select id from lake.main.a"), ElementsAre("1")) << "the former version stays public";
  EXPECT_THAT(scene_.events.named("asset.held_back"), SizeIs(1));
  std::vector<Event> failed = scene_.events.named("check.failed");
  ASSERT_THAT(failed, SizeIs(2));
  EXPECT_THAT(failed[0].fields.dump(), HasSubstr("\"sample\":{\"columns\":[\"id\"],\"rows\":[[null]]}"));
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(scene_.root() / "lake/main/a")) {
    files += entry.path().extension() == ".parquet" ? 1 : 0;
  }
  EXPECT_EQ(files, 1u) << "what was staged is removed";
}

TEST_F(ModelsTest, WarningsDoNotBlock) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select null as id");
  scene_.put("models/s.yml",
             "models: [{name: a, columns: [{name: id, data_tests: [{not_null: {config: {severity: warn}}}]}]}]");
  RunResult result = scene_.build();
  EXPECT_EQ(result.exit_code(), 0) << summary(result);
  EXPECT_THAT(scene_.events.named("check.warned"), SizeIs(1));
}

TEST_F(ModelsTest, MistakeInAModelHasItsPlaceAndSpoilsOnlyItsPart) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }}\nselect 1 as id");
  scene_.put("models/b.sql", "{{ config(materialized='table') }}\nselect\n  idd\nfrom {{ ref('a') }}");
  scene_.put("models/c.sql", "{{ config(materialized='table') }}\nselect id from {{ ref('a') }}");
  RunResult result = scene_.build();
  EXPECT_EQ(result.exit_code(), 1);
  const StepResult& failed = step_of(result, "main.b");
  EXPECT_EQ(failed.status, StepStatus::failed);
  EXPECT_EQ(failed.error->code(), ErrorCode::sql_unknown_column);
  ASSERT_TRUE(failed.error->span());
  EXPECT_THAT(failed.error->span()->file, HasSubstr("models/b.sql"));
  EXPECT_EQ(failed.error->span()->line, 3);
  EXPECT_EQ(step_of(result, "main.c").status, StepStatus::published);
}

TEST_F(ModelsTest, IncrementalAppendsAndMerges) {
  scene_.put("models/src.sql", "{{ config(materialized='table') }} select * from (values (1, 'a'), (2, 'b')) t(id, v)");
  scene_.put("models/log.sql",
             "{{ config(materialized='incremental') }} select id, v from {{ ref('src') }}"
             "{% if is_incremental() %} where id > (select max(id) from {{ this }}){% endif %}");
  scene_.put("models/merged.sql",
             "{{ config(materialized='incremental', unique_key='id') }} select id, v from {{ ref('src') }}");
  scene_.put("models/replaced.sql",
             "{{ config(materialized='incremental', unique_key=['id'], incremental_strategy='delete+insert') }}"
             " select id, v from {{ ref('src') }}");
  ASSERT_EQ(scene_.build().exit_code(), 0);
  scene_.put("models/src.sql", "{{ config(materialized='table') }} select * from (values (2, 'B'), (3, 'c')) t(id, v)");
  RunResult result = scene_.build();
  ASSERT_EQ(result.exit_code(), 0) << summary(result);
  EXPECT_THAT(scene_.rows("select id, v from lake.main.log order by id"), ElementsAre("1|a", "2|b", "3|c"));
  EXPECT_THAT(scene_.rows("select id, v from lake.main.merged order by id"), ElementsAre("1|a", "2|B", "3|c"));
  EXPECT_THAT(scene_.rows("select id, v from lake.main.replaced order by id"), ElementsAre("1|a", "2|B", "3|c"));

  Scene::Asked refresh;
  refresh.full_refresh = true;
  result = scene_.run(refresh);
  ASSERT_EQ(result.exit_code(), 0) << summary(result);
  EXPECT_THAT(scene_.rows("select id, v from lake.main.merged order by id"), ElementsAre("2|B", "3|c"));
}

TEST_F(ModelsTest, IncrementalSchemaChangesFollowTheirPolicy) {
  scene_.put("models/m.sql",
             "{{ config(materialized='incremental', on_schema_change='append_new_columns') }} select 1 as id");
  ASSERT_EQ(scene_.build().exit_code(), 0);
  scene_.put(
      "models/m.sql",
      "{{ config(materialized='incremental', on_schema_change='append_new_columns') }} select 2 as id, 'x' as note");
  RunResult result = scene_.build();
  ASSERT_EQ(result.exit_code(), 0) << summary(result);
  EXPECT_THAT(scene_.rows("select id, note from lake.main.m order by id"), ElementsAre("1|", "2|x"));
  scene_.put("models/m.sql", "{{ config(materialized='incremental', on_schema_change='fail') }} select 3 as id");
  result = scene_.build();
  EXPECT_EQ(step_of(result, "main.m").status, StepStatus::failed);
  EXPECT_THAT(step_of(result, "main.m").message, HasSubstr("missing: note"));
  EXPECT_THAT(scene_.rows("select count(*) from lake.main.m"), ElementsAre("2"));
}

TEST_F(ModelsTest, VolatileModelsAlwaysRunAndSaySo) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select random() as r");
  scene_.build();
  RunResult result = scene_.build();
  EXPECT_EQ(step_of(result, "main.a").status, StepStatus::published) << summary(result);
  std::vector<Event> started = scene_.events.named("asset.started");
  EXPECT_THAT(started.back().fields.at("reason").as_string(), HasSubstr("random"));
}

TEST_F(ModelsTest, NewChecksAreRunOnThePublishedStateBeforeTheyCount) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  scene_.build();
  scene_.put("models/s.yml", "models: [{name: a, columns: [{name: id, data_tests: [not_null]}]}]");
  RunResult result = scene_.build();
  EXPECT_EQ(step_of(result, "main.a").status, StepStatus::published) << summary(result);
  EXPECT_THAT(step_of(result, "main.a").checks, SizeIs(1));
  EXPECT_EQ(step_of(result, "main.a").checks[0].decided_by, "statistics");
  result = scene_.build();
  EXPECT_EQ(step_of(result, "main.a").status, StepStatus::up_to_date) << summary(result);
}

TEST_F(ModelsTest, ChecksOfAViewGateItsEntry) {
  scene_.put("models/v.sql", "{{ config(materialized='view') }} select 1 as id");
  scene_.put("models/s.yml",
             "models: [{name: v, columns: [{name: id, data_tests: [{accepted_values: {values: [1]}}]}]}]");
  ASSERT_EQ(scene_.build().exit_code(), 0);
  scene_.put("models/v.sql", "{{ config(materialized='view') }} select 2 as id");
  RunResult result = scene_.build();
  EXPECT_EQ(step_of(result, "main.v").status, StepStatus::held_back) << summary(result);
  EXPECT_THAT(scene_.rows("select id from lake.main.v"), ElementsAre("1"));
}

TEST_F(ModelsTest, ViewBecomesTable) {
  scene_.put("models/m.sql", "{{ config(materialized='view') }} select 1 as id");
  ASSERT_EQ(scene_.build().exit_code(), 0);
  scene_.put("models/m.sql", "{{ config(materialized='table') }} select 2 as id");
  RunResult result = scene_.build();
  ASSERT_EQ(result.exit_code(), 0) << summary(result);
  EXPECT_THAT(scene_.rows("select id from lake.main.m"), ElementsAre("2"));
  EXPECT_THAT(scene_.lake()->catalog().views, IsEmpty());
}

TEST_F(ModelsTest, EphemeralModelsAndHooks) {
  scene_.put("models/e.sql", "{{ config(materialized='ephemeral') }} select 7 as id");
  scene_.put("models/t.sql",
             "{{ config(materialized='table', post_hook=\"insert into {{ this }} select 8\") }} select id from {{ "
             "ref('e') }}");
  RunResult result = scene_.build();
  ASSERT_EQ(result.exit_code(), 0) << summary(result);
  EXPECT_THAT(scene_.rows("select id from lake.main.t order by id"), ElementsAre("7", "8"));
}

TEST_F(ModelsTest, RelationshipsSingularTestsAndMacrosAreChecked) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  scene_.put("models/b.sql", "{{ config(materialized='table') }} select 1 as a_id union all select 9");
  scene_.put("models/s.yml",
             "models: [{name: b, columns: [{name: a_id, data_tests: [{relationships: {to: \"ref('a')\", field: id}},"
             " {is_small: {limit_value: 5}}]}]}]");
  scene_.put("macros/t.sql",
             "{% test is_small(model, column_name, limit_value) %}select * from {{ model }} where {{ column_name }} > "
             "{{ limit_value }}{% endtest %}");
  scene_.put("tests/no_nines.sql", "select * from {{ ref('b') }} where a_id = 9");
  RunResult result = scene_.build();
  const StepResult& step = step_of(result, "main.b");
  EXPECT_EQ(step.status, StepStatus::held_back) << summary(result);
  ASSERT_THAT(step.checks, SizeIs(3)) << summary(result);
  for (const checks::CheckResult& check : step.checks) {
    EXPECT_EQ(check.status, checks::CheckStatus::fail) << check.name << " " << check.message;
    EXPECT_EQ(check.failures, 1) << check.name;
  }
}

TEST_F(ModelsTest, RunPublishesUncheckedAndTestReadsWhatIsPublished) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select * from (values (1), (null), (-5)) t(id)");
  scene_.put("models/s.yml",
             "models: [{name: a, data_tests: [{dbt_expectations.expect_table_row_count_to_equal: {value: 3}}],"
             " columns: [{name: id, data_tests: [not_null, unique, {dbt_utils.accepted_range: {min_value: 0}}]}]}]");
  Scene::Asked unchecked;
  unchecked.verb = plan::Verb::run;
  unchecked.options.checks = false;
  ASSERT_EQ(scene_.run(unchecked).exit_code(), 0);
  Scene::Asked test;
  test.verb = plan::Verb::test;
  RunResult result = scene_.run(test);
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_EQ(result.count(StepStatus::passed), 2u) << summary(result);
  EXPECT_EQ(result.count(StepStatus::failed_test), 2u) << summary(result);
}

TEST_F(ModelsTest, ParallelStepsAndFailFast) {
  for (int i = 0; i < 6; i++) {
    scene_.put("models/m" + std::to_string(i) + ".sql",
               "{{ config(materialized='table') }} select range as id from range(1000)");
  }
  Scene::Asked parallel;
  parallel.options.threads = 4;
  RunResult result = scene_.run(parallel);
  EXPECT_EQ(result.count(StepStatus::published), 6u) << summary(result);
  scene_.put("models/a0.sql", "{{ config(materialized='table') }} select error('no')");
  Scene::Asked fail_fast;
  fail_fast.options.fail_fast = true;
  fail_fast.full_refresh = true;
  result = scene_.run(fail_fast);
  EXPECT_EQ(result.count(StepStatus::failed), 1u) << summary(result);
  EXPECT_EQ(result.count(StepStatus::skipped), 6u) << summary(result);
}

TEST_F(ModelsTest, CancelledBeforeItBeganDoesNothing) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  Scene::Asked asked;
  asked.cancel.cancel();
  RunResult result = scene_.run(asked);
  EXPECT_EQ(result.exit_code(), 130);
  EXPECT_EQ(step_of(result, "main.a").status, StepStatus::cancelled);
  EXPECT_FALSE(scene_.lake()->table_exists({"main", "a"}));
}

}  // namespace
}  // namespace weir::run

// Runs and state: what is remembered, what happens after a crash, two runners at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "run/rebuild.h"
#include "scene.h"

namespace weir::run {
namespace {

using state::StepStatus;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RememberingTest : public ::testing::Test {
 protected:
  std::unique_ptr<state::StateWriter> open() {
    return state::StateWriter::open(scene_.root() / ".weir", "build", 1000);
  }
  RunResult build(state::StateWriter& state) {
    Scene::Asked asked;
    asked.state = &state;
    return scene_.run(asked);
  }
  Scene scene_;
};

TEST_F(RememberingTest, RunStepsAndEventsAreInTheState) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  scene_.put("models/b.sql", "{{ config(materialized='table') }} select nope from {{ ref('a') }}");
  auto state = open();
  RunResult result = build(*state);
  auto reader = state::StateReader::open(scene_.root() / ".weir");
  std::optional<state::RunRow> run = reader->run(result.id);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->status, state::RunStatus::failed);
  EXPECT_EQ(run->exit_code, 1);
  EXPECT_THAT(run->message, HasSubstr("main.b: "));
  std::vector<state::StepRow> steps = reader->steps(result.id);
  ASSERT_THAT(steps, SizeIs(2));
  EXPECT_EQ(steps[0].status, StepStatus::published);
  EXPECT_EQ(steps[0].rows, 1);
  EXPECT_EQ(steps[1].status, StepStatus::failed);
  EXPECT_EQ(steps[1].error_code, "WEIR-E0312");
  std::vector<state::EventRow> events = reader->events(result.id);
  EXPECT_EQ(events.front().event.name, "run.started");
  EXPECT_EQ(events.back().event.name, "run.finished");
  EXPECT_THAT(reader->leases(), IsEmpty());
}

TEST_F(RememberingTest, RunThatDiedIsToldAtItsAsset) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  {
    auto state = open();
    state::RunRow dead;
    dead.id = "01JDEAD";
    dead.verb = "build";
    state->begin_run(dead);
    state::StepRow step;
    step.run = dead.id;
    step.asset = "main.a";
    step.kind = "table";
    step.done = 9;
    step.total = 12;
    step.unit = "files";
    state->put_step(step);
    step.asset = "main.gone";
    state->put_step(step);
  }
  auto state = open();
  build(*state);
  std::vector<Event> died = scene_.events.named("run.died");
  ASSERT_THAT(died, SizeIs(2));
  EXPECT_EQ(
      died[0].fields.at("message").as_string(),
      "run 01JDEAD died after staging 9 of 12 files; nothing of it was published; starting again from file 1 of 12");
  EXPECT_EQ(died[0].fields.at("run").as_string(), "01JDEAD");
  EXPECT_EQ(died[1].fields.at("asset").as_string(), "main.gone");
}

TEST_F(RememberingTest, RunThatDiedAfterPublishingIsToldAsSuch) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  std::string died;
  {
    auto state = open();
    died = build(*state).id;
    state::StepRow step;
    step.run = died;
    step.asset = "main.a";
    state->put_step(step);  // as if the process had ended between the commit and this row
    state::RunRow run;
    run.id = died;
    run.verb = "build";
    state->begin_run(run);
  }
  auto state = open();
  RunResult again = build(*state);
  EXPECT_EQ(again.count(StepStatus::up_to_date), 1u) << summary(again);
  std::vector<Event> told = scene_.events.named("run.died");
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].fields.at("message").as_string(), "run " + died + " died after publishing; nothing is lost");
}

TEST_F(RememberingTest, WhatARunLeftBrokenIsMendedAndSeenBelow) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  scene_.put("models/b.sql", "{{ config(materialized='table') }} select id from {{ ref('a') }}");
  {
    auto state = open();
    RunResult first = build(*state);
    state::RunRow run;
    run.id = first.id;
    run.verb = "build";
    state->begin_run(run);
    state::StepRow step;
    step.run = first.id;
    step.asset = "main.a";
    state->put_step(step);
  }
  // As after a power loss on a store that had promised too much: the commit is there, its file is not.
  for (const auto& entry : std::filesystem::directory_iterator(scene_.root() / "lake/main/a")) {
    if (entry.path().extension() == ".parquet") std::filesystem::remove(entry.path());
  }
  auto state = open();
  RunResult again = build(*state);
  EXPECT_EQ(step_of(again, "main.a").status, StepStatus::published) << summary(again);
  EXPECT_EQ(step_of(again, "main.b").status, StepStatus::published) << "a has a new version: " << summary(again);
  EXPECT_THAT(scene_.rows("select id from lake.main.a"), ::testing::ElementsAre("1"));
}

TEST_F(RememberingTest, LosingTheStateLosesNothingThatCounts) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  {
    auto state = open();
    build(*state);
  }
  scene_.remove(".weir");
  auto state = open();
  RunResult again = build(*state);
  EXPECT_EQ(again.count(StepStatus::up_to_date), 1u) << summary(again);
}

TEST_F(RememberingTest, RebuildTellsWhatTheManifestsKnow) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  RunResult first = scene_.build();
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 2 as id");
  RunResult second = scene_.build();
  auto state = open();
  lake::publish::Asset asset = project::asset_of(scene_.project(), scene_.project().at("model.shop.a"), *scene_.lake());
  store::SystemClock clock;
  lake::publish::Publisher publisher(scene_.engine().parquet(), clock, nullptr);
  Rebuilt rebuilt = rebuild_state(*state, {asset}, publisher);
  EXPECT_EQ(rebuilt.runs, 2);
  EXPECT_THAT(rebuilt.skipped, IsEmpty());
  auto reader = state::StateReader::open(scene_.root() / ".weir");
  EXPECT_TRUE(reader->run(first.id));
  ASSERT_THAT(reader->steps(second.id), SizeIs(1));
  EXPECT_EQ(reader->steps(second.id)[0].status, StepStatus::published);
}

TEST_F(RememberingTest, TwoRunnersAtOnceLoadEachFileOnce) {
  scene_.put("models/s.yml",
             "sources: [{name: raw, schema: raw, tables: [{name: trips, config: {meta: {weir: {ingest: {files: "
             "'data/*.csv'}}}}}]}]");
  for (int i = 0; i < 5; i++) {
    scene_.put("data/" + std::to_string(i) + ".csv", "id,v\n" + std::to_string(i) + ",a\n");
    std::vector<RunResult> results(2);
    {
      // Each runner has its own project, plan and session, and no state to keep them apart.
      Scene::Asked asked;
      scene_.engine();
      scene_.lake();
      project::Project project = project::load_or_throw(scene_.root().string());
      store::SystemClock clock;
      auto runner = [&](RunResult& result) {
        lake::publish::Publisher publisher(scene_.engine().parquet(), clock, nullptr);
        auto view = plan::open_lake_view(project, scene_.lake(), publisher, scene_.engine().parquet());
        plan::PlanRequest request;
        request.engine_version = scene_.engine().version();
        plan::Plan plan = plan::make_plan(project, request, *view);
        World world{project, scene_.lake(), scene_.engine(), clock, nullptr, nullptr};
        result = execute(world, plan, RunOptions(), CancelToken());
      };
      std::thread other([&] { runner(results[1]); });
      runner(results[0]);
      other.join();
    }
    EXPECT_EQ(results[0].exit_code(), 0) << summary(results[0]);
    EXPECT_EQ(results[1].exit_code(), 0) << summary(results[1]);
  }
  EXPECT_THAT(scene_.rows("select id, count(*) from lake.raw.trips group by 1 order by 1"),
              ::testing::ElementsAre("0|1", "1|1", "2|1", "3|1", "4|1"));
}

}  // namespace
}  // namespace weir::run

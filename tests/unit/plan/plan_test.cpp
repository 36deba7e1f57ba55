#include "plan/plan.h"

#include <gmock/gmock.h>

#include "../project/temp_project.h"
#include "base/time.h"
#include "plan/validate.h"

namespace weir::plan {
namespace {

using project::Node;
using project::Project;
using project::TempProject;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// A lake as a table of what it says.
class FakeLake final : public LakeView {
 public:
  Observed observe(const Node& node) override {
    const auto found = tables.find(node.unique_id);
    return found == tables.end() ? Observed{} : found->second;
  }
  bool same_rows(const Node& node, int64_t, int64_t) override { return optimized.contains(node.unique_id); }

  // As if the step had been published just so.
  void publish(const Step& step, int64_t version = 0) {
    Observed& seen = tables[step.node->unique_id];
    seen.exists = true;
    if (step.kind == StepKind::view) {
      seen.view = lake::ViewEntry{"select 1", view_properties(step, step.inputs).set("run", "R1")};
      return;
    }
    seen.table_id = "id-" + step.node->name;
    seen.version = version;
    lake::publish::Manifest head;
    head.run = "R1";
    head.code = step.code;
    for (const Input& input : observe_inputs(step, *this)) head.inputs.push_back(input.manifest_input());
    seen.head = std::move(head);
  }
  void publish(const Plan& plan) {
    for (const Step& step : plan.steps)
      if (step.kind != StepKind::test) {
        publish(step);
        if (step.kind == StepKind::view)
          tables[step.node->unique_id].view->properties =
              view_properties(step, observe_inputs(step, *this)).set("run", "R1");
      }
  }

  std::map<std::string, Observed> tables;
  std::set<std::string> optimized;
};

PlanRequest request(Verb verb = Verb::build, const std::string& select = {}) {
  PlanRequest out;
  out.verb = verb;
  out.engine_version = "duckdb v1";
  out.threads = 2;
  if (!select.empty()) out.selection.select = {select};
  return out;
}

TempProject::Files shop() {
  return {
      {"dbt_project.yml", "name: shop\nmodels: {+materialized: table}\n"},
      {"models/src.yml",
       "sources:\n- name: raw\n  tables:\n  - name: trips\n    config: {meta: {weir: {ingest: {files: data/*.csv}}}}\n"
       "    columns: [{name: id, data_tests: [not_null]}]\n  - name: plain\n"},
      {"models/stg.sql", "{{ config(materialized='view') }}select * from {{ source('raw', 'trips') }}"},
      {"models/daily.sql", "select * from {{ ref('stg') }}"},
      {"models/riders.sql", "select * from {{ ref('daily') }}, {{ ref('codes') }}"},
      {"models/other.sql", "select * from {{ source('raw', 'plain') }}"},
      {"seeds/codes.csv", "id\n1\n"},
      {"models/s.yml",
       "models:\n- name: daily\n  columns: [{name: id, data_tests: [unique, relationships: {to: ref('other'), field: "
       "id}]}]\n"
       "- name: stg\n  columns: [{name: id, data_tests: [not_null]}]\n"}};
}

std::vector<std::string> lines(const Plan& plan) {
  std::vector<std::string> out;
  constexpr const char* actions[] = {"run", "recheck", "skip"};
  for (const Step& step : plan.steps)
    out.push_back(step.node->name + " " + actions[static_cast<size_t>(step.decision.action)] + ": " +
                  step.decision.why);
  return out;
}

std::string line_of(const Plan& plan, const std::string& name) {
  for (const std::string& line : lines(plan))
    if (line.starts_with(name + " ")) return line;
  return "no step " + name;
}

TEST(Plan, EverythingRunsAtFirstInOrder) {
  const TempProject temp(shop());
  const Project project = temp.project();
  FakeLake lake;
  const Plan plan = make_plan(project, request(), lake);
  EXPECT_THAT(lines(plan),
              UnorderedElementsAre("trips run: first run", "codes run: first run", "stg run: first run",
                                   "daily run: first run", "other run: first run", "riders run: first run"));
  const auto step = [&](const char* id) { return plan.find(project.at(id)); };
  EXPECT_EQ(step("source.shop.raw.trips")->kind, StepKind::ingest);
  EXPECT_EQ(step("model.shop.stg")->kind, StepKind::view);
  EXPECT_EQ(step("source.shop.raw.trips")->wave, 0);
  EXPECT_EQ(step("model.shop.stg")->wave, 1);
  EXPECT_EQ(step("model.shop.daily")->wave, 2);
  EXPECT_EQ(step("model.shop.riders")->wave, 3);
  EXPECT_EQ(plan.running(), 6u);
  for (size_t i = 0; i < plan.steps.size(); i++)
    for (const size_t need : plan.steps[i].needs) EXPECT_LT(need, i);
}

TEST(Plan, ATestGatesTheLastOfWhatItReads) {
  const TempProject temp(shop());
  const Project project = temp.project();
  FakeLake lake;
  const Plan plan = make_plan(project, request(), lake);
  const auto kinds = [&](const char* id) {
    std::vector<std::string> out;
    for (const Node* check : plan.find(project.at(id))->checks) out.push_back(check->test->kind);
    return out;
  };
  EXPECT_THAT(kinds("source.shop.raw.trips"), ElementsAre("not_null"));
  EXPECT_THAT(kinds("model.shop.stg"), ElementsAre("not_null"));
  // daily and other do not depend on each other; the test goes to the one that comes later and makes it wait for the
  // other.
  const bool at_other = !kinds("model.shop.other").empty();
  const Step& gate = *plan.find(project.at(at_other ? "model.shop.other" : "model.shop.daily"));
  const Node& read = project.at(at_other ? "model.shop.daily" : "model.shop.other");
  EXPECT_THAT(gate.check_reads, ElementsAre(&read));
  EXPECT_THAT(gate.needs, testing::Contains(static_cast<size_t>(plan.find(read) - plan.steps.data())));
}

TEST(Plan, NothingToDoWhenAllIsAsPublished) {
  const TempProject temp(shop());
  const Project project = temp.project();
  FakeLake lake;
  lake.publish(make_plan(project, request(), lake));
  PlanRequest again = request();
  again.look_at_source = [](const Node&) { return std::string(); };
  const Plan plan = make_plan(project, again, lake);
  EXPECT_EQ(plan.running(), 0u) << plan_text(plan);
  EXPECT_EQ(line_of(plan, "riders"), "riders skip: inputs and code unchanged since run R1");
  EXPECT_THAT(plan_text(plan),
              HasSubstr("no new files since run R1 (weir ingest --full-refresh raw.trips loads all again)"));
  EXPECT_THAT(plan_text(plan), HasSubstr("main.riders    skip     inputs and code unchanged since run R1 (weir build "
                                         "--full-refresh main.riders runs it anyway)"));
}

TEST(Plan, WithoutALookAtTheSourceTheRestWaitsForIt) {
  const TempProject temp(shop());
  const Project project = temp.project();
  FakeLake lake;
  lake.publish(make_plan(project, request(), lake));
  const Plan plan = make_plan(project, request(), lake);
  EXPECT_EQ(line_of(plan, "trips"), "trips run: looks for new files");
  EXPECT_EQ(line_of(plan, "daily"), "daily run: waits for raw.trips: looks for new files");
  EXPECT_TRUE(plan.find(project.at("model.shop.daily"))->waits_on_parent);
  EXPECT_EQ(line_of(plan, "codes"), "codes skip: inputs and code unchanged since run R1");
  // At its turn, the parent having found nothing:
  const Step& daily = *plan.find(project.at("model.shop.daily"));
  EXPECT_EQ(decide(daily, request(), lake.observe(*daily.node), observe_inputs(daily, lake), lake).action,
            Action::skip);
}

TEST(Plan, AMicrobatchModelRunsAgainWhenABatchHasBegun) {
  TempProject temp({{"models/src.yml", "sources: [{name: raw, tables: [{name: e, config: {event_time: at}}]}]\n"},
                    {"models/m.sql",
                     "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', "
                     "batch_size='day', begin='2024-01-01') }}select at from {{ source('raw', 'e') }}"}});
  const auto plan_at = [&](const char* time, FakeLake& lake) {
    temp.flags.started_at_ms = *parse_iso_us(time) / 1000;
    const Project project = temp.project();
    const Plan plan = make_plan(project, request(), lake);
    const std::string line = line_of(plan, "m");
    lake.publish(plan);
    lake.tables["model.shop.m"].head->code += ";batches=" + plan.steps.front().batches_until;
    return line;
  };
  FakeLake lake;
  EXPECT_EQ(plan_at("2024-03-01T10:00:00", lake), "m run: first run");
  EXPECT_EQ(plan_at("2024-03-01T23:00:00", lake), "m skip: inputs and code unchanged since run R1");
  EXPECT_EQ(plan_at("2024-03-02T00:00:01", lake), "m run: builds 2 batches, 2024-03-01 to 2024-03-02");
  temp.flags.inputs.event_time = project::TimeWindow{0, 1};
  EXPECT_EQ(plan_at("2024-03-02T00:00:02", lake), "m run: batches asked for");
  temp.flags.inputs.event_time.reset();
  EXPECT_EQ(plan_at("2024-03-02T00:00:03", lake), "m run: builds 2 batches, 2024-03-01 to 2024-03-02");
}

TEST(Plan, WhatIsReadElsewhereIsAnInputOfThere) {
  const TempProject temp(shop());
  Project project = temp.project();
  project.defer(project.at("model.shop.stg"), {"lake", "prod", "stg"}, true);
  project.defer(project.at("seed.shop.codes"), {"lake", "prod", "codes"}, true);
  FakeLake lake;
  lake.publish(make_plan(project, request(Verb::build, "daily riders"), lake));
  lake.tables["seed.shop.codes"] = Observed{};
  lake.tables["seed.shop.codes"].version = 3;
  const Plan plan = make_plan(project, request(Verb::build, "riders"), lake);
  EXPECT_EQ(line_of(plan, "riders"), "riders run: input prod.codes nothing → v3");
  // A view of there may read anything.
  EXPECT_EQ(line_of(make_plan(project, request(Verb::build, "daily"), lake), "daily"),
            "daily run: reads prod.stg, a view of another environment: always runs");
}

TEST(Plan, ANewVersionOfAnInputBehindAViewRunsTheReader) {
  const TempProject temp(shop());
  const Project project = temp.project();
  FakeLake lake;
  lake.publish(make_plan(project, request(), lake));
  lake.tables["source.shop.raw.trips"].version = 1;
  PlanRequest again = request();
  again.look_at_source = [](const Node&) { return std::string(); };
  const Plan plan = make_plan(project, again, lake);
  EXPECT_EQ(line_of(plan, "daily"), "daily run: input raw.trips v0 → v1");
  EXPECT_EQ(line_of(plan, "stg"), "stg recheck: input raw.trips v0 → v1: checked again");
  EXPECT_THAT(line_of(plan, "riders"), HasSubstr("riders run: waits for main.daily"));
}

TEST(Plan, ACommitThatLeavesTheRowsIsNoReasonToRun) {
  const TempProject temp(shop());
  const Project project = temp.project();
  FakeLake lake;
  lake.publish(make_plan(project, request(), lake));
  lake.tables["source.shop.raw.trips"].version = 1;
  lake.optimized.insert("source.shop.raw.trips");
  PlanRequest again = request();
  again.look_at_source = [](const Node&) { return std::string(); };
  EXPECT_EQ(make_plan(project, again, lake).running(), 0u);
}

TEST(Plan, ChangedCodeRunsTheNodeAndReadersOfViews) {
  TempProject temp(shop());
  FakeLake lake;
  {
    const Project project = temp.project();
    lake.publish(make_plan(project, request(), lake));
  }
  temp.write("models/stg.sql", "{{ config(materialized='view') }}select 1 as id, * from {{ source('raw', 'trips') }}");
  const Project project = temp.project();
  const Plan plan = make_plan(project, request(Verb::build, "stg daily"), lake);
  EXPECT_EQ(line_of(plan, "stg"), "stg run: code changed");
  EXPECT_EQ(line_of(plan, "daily"), "daily run: code changed");
}

TEST(Plan, ANewCheckIsRunWithoutBuildingAgain) {
  TempProject temp(shop());
  FakeLake lake;
  {
    const Project project = temp.project();
    lake.publish(make_plan(project, request(), lake));
  }
  temp.write("models/more.yml", "models: [{name: riders, columns: [{name: id, data_tests: [not_null]}]}]");
  const Project project = temp.project();
  PlanRequest again = request();
  again.look_at_source = [](const Node&) { return std::string(); };
  const Plan plan = make_plan(project, again, lake);
  EXPECT_EQ(line_of(plan, "riders"), "riders recheck: checks changed");
  EXPECT_EQ(plan.running(), 1u);
}

TEST(Plan, WhatACheckComparesWithCounts) {
  const TempProject temp(shop());
  const Project project = temp.project();
  FakeLake lake;
  const Plan first = make_plan(project, request(), lake);
  lake.publish(first);
  lake.publish(first);  // check inputs as they are when all is there
  const bool at_other = !first.find(project.at("model.shop.other"))->check_reads.empty();
  const char* read = at_other ? "model.shop.daily" : "model.shop.other";
  lake.tables[read].version = 7;
  PlanRequest again = request();
  again.look_at_source = [](const Node&) { return std::string(); };
  const Plan plan = make_plan(project, again, lake);
  EXPECT_THAT(line_of(plan, at_other ? "other" : "daily"), HasSubstr("recheck: input"));
}

TEST(Plan, FullRefreshRunsAndConfigOverrides) {
  TempProject temp(shop());
  temp.write("models/daily.sql", "{{ config(full_refresh=false) }}select * from {{ ref('stg') }}");
  const Project project = temp.project();
  FakeLake lake;
  lake.publish(make_plan(project, request(), lake));
  PlanRequest again = request();
  again.full_refresh = true;
  again.look_at_source = [](const Node&) { return std::string(); };
  const Plan plan = make_plan(project, again, lake);
  EXPECT_EQ(line_of(plan, "riders"), "riders run: full refresh");
  EXPECT_EQ(line_of(plan, "trips"), "trips skip: no new files since run R1");
  EXPECT_FALSE(plan.find(project.at("model.shop.daily"))->full_refresh);
}

TEST(Plan, NodesThatNeverSettleAlwaysRun) {
  TempProject temp({{"dbt_project.yml", "name: shop\nmodels: {+materialized: table}\n"},
                    {"models/a.sql", "select '{{ run_started_at }}'"},
                    {"models/b.sql", "select random()"}});
  const Project project = temp.project();
  FakeLake lake;
  lake.publish(make_plan(project, request(), lake));
  PlanRequest again = request();
  again.volatile_functions = [](const Node& node) {
    return node.name == "b" ? std::vector<std::string>{"random"} : std::vector<std::string>{};
  };
  EXPECT_THAT(
      lines(make_plan(project, again, lake)),
      ElementsAre("a run: reads the clock while its SQL is rendered: always runs", "b run: calls random: always runs"));
}

TEST(Plan, WhatWasSeenToBeVolatileRunsAgain) {
  TempProject temp(
      {{"dbt_project.yml", "name: shop\nmodels: {+materialized: table}\n"}, {"models/b.sql", "select random()"}});
  const Project project = temp.project();
  FakeLake lake;
  lake.publish(make_plan(project, request(), lake));
  lake.tables["model.shop.b"].head->code += ";volatile=random";
  EXPECT_THAT(lines(make_plan(project, request(), lake)), ElementsAre("b run: calls random: always runs"));
}

TEST(Plan, VerbsTakeTheirKinds) {
  const TempProject temp(shop());
  const Project project = temp.project();
  FakeLake lake;
  const auto names = [&](Verb verb) {
    std::vector<std::string> out;
    for (const Step& step : make_plan(project, request(verb), lake).steps)
      out.push_back(step.node->test ? step.node->test->kind : step.node->name);
    std::sort(out.begin(), out.end());
    return out;
  };
  EXPECT_THAT(names(Verb::run), ElementsAre("daily", "other", "riders", "stg"));
  EXPECT_THAT(names(Verb::seed), ElementsAre("codes"));
  EXPECT_THAT(names(Verb::ingest), ElementsAre("trips"));
  EXPECT_THAT(names(Verb::test), ElementsAre("not_null", "not_null", "relationships", "unique"));
  for (const Step& step : make_plan(project, request(Verb::run), lake).steps) EXPECT_THAT(step.checks, IsEmpty());
}

TEST(Plan, NeededSourcesAreLoadedUnlessExcluded) {
  const TempProject temp(shop());
  const Project project = temp.project();
  FakeLake lake;
  EXPECT_THAT(line_of(make_plan(project, request(Verb::build, "daily"), lake), "trips"), HasSubstr("trips run"));
  const Plan daily = make_plan(project, request(Verb::build, "daily"), lake);
  EXPECT_EQ(daily.find(project.at("source.shop.raw.trips"))->checks.size(), 1u);  // it is published checked
  EXPECT_EQ(line_of(make_plan(project, request(Verb::build, "codes"), lake), "trips"), "no step trips");
  EXPECT_EQ(line_of(make_plan(project, request(Verb::run, "daily"), lake), "trips"), "no step trips");
  PlanRequest without = request(Verb::build, "daily");
  without.selection.exclude = {"source:raw"};
  EXPECT_EQ(line_of(make_plan(project, without, lake), "trips"), "no step trips");
}

TEST(Plan, ATestThatNoStepGatesIsAStep) {
  const TempProject temp(shop());
  const Project project = temp.project();
  FakeLake lake;
  const Plan plan = make_plan(project, request(Verb::build, "test_name:unique"), lake);
  ASSERT_EQ(plan.steps.size(), 1u);
  EXPECT_EQ(plan.steps[0].kind, StepKind::test);
  EXPECT_THAT(plan.steps[0].reads, ElementsAre(&project.at("model.shop.daily")));
}

TEST(Plan, UnsupportedNodesAreRefusedTogether) {
  TempProject temp(shop());
  temp.write("models/x.py",
             "def model(dbt, session):\n  dbt.config(materialized='view')\n  return session.sql('select 1')\n");
  temp.write("models/y.sql", "{{ config(materialized='own') }}select 1");
  const Project project = temp.project();
  FakeLake lake;
  try {
    make_plan(project, request(), lake);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_built);
    EXPECT_THAT(error.message() + error.hint(), HasSubstr("Python models as view"));
    EXPECT_THAT(error.hint(), HasSubstr("--exclude"));
    EXPECT_THAT(error.message() + error.hint(), HasSubstr("materialization own"));
  }
  PlanRequest without = request();
  without.selection.exclude = {"x y"};
  EXPECT_EQ(make_plan(project, without, lake).steps.size(), 6u);
}

TEST(Plan, RefusalsOfTheProtocolAreShown) {
  const TempProject temp(shop());
  const Project project = temp.project();
  FakeLake lake;
  lake.tables["model.shop.other"].refusal = Error(ErrorCode::foreign, "another engine restored main.other");
  EXPECT_EQ(line_of(make_plan(project, request(), lake), "other"), "other run: another engine restored main.other");
}

TEST(Plan, JsonHasTheSame) {
  const TempProject temp(shop());
  const Project project = temp.project();
  FakeLake lake;
  const Json json = plan_json(make_plan(project, request(Verb::build, "codes"), lake));
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json.as_array()[0].at("unique_id").as_string(), "seed.shop.codes");
  EXPECT_EQ(json.as_array()[0].at("action").as_string(), "run");
  EXPECT_EQ(json.as_array()[0].at("why").as_string(), "first run");
}

TEST(Validate, FindsUnknownTestsAndIngestOptions) {
  TempProject temp(shop());
  temp.write("models/bad.yml",
             "models: [{name: riders, columns: [{name: id, data_tests: [not_nul, accepted_values: {}]}]}]");
  temp.write("models/src2.yml",
             "sources: [{name: more, tables: [{name: t, config: {meta: {weir: {ingest: {file: x.csv}}}}}]}]");
  const Project project = temp.project();
  std::string all;
  for (const Error& error : validate(project)) all += TempProject::describe(error) + "\n";
  EXPECT_THAT(all, HasSubstr("models/bad.yml:1:")) << all;
  EXPECT_THAT(all, HasSubstr("there is no test \"not_nul\"; did you mean \"not_null\"?"));
  EXPECT_THAT(all, HasSubstr("values"));
  EXPECT_THAT(all, HasSubstr("models/src2.yml:1:"));
  FakeLake lake;
  EXPECT_THROW(make_plan(project, request(), lake), Error);
  EXPECT_NO_THROW(make_plan(project, request(Verb::build, "codes"), lake));
}

}  // namespace
}  // namespace weir::plan

// The planner on a real lake in memory: heads, versions, views, what other engines do.
#include <gmock/gmock.h>

#include "../lake/publish/other_engine.h"
#include "../lake/publish/world.h"
#include "../project/temp_project.h"
#include "plan/plan.h"

namespace weir::plan {
namespace {

using lake::publish::OtherEngine;
using lake::publish::World;
using project::Node;
using project::Project;
using project::TempProject;
using ::testing::HasSubstr;

struct Setting {
  Setting()
      : project(
            TempProject({{"macros/n.sql", "{% macro generate_schema_name(custom, node) %}raw{% endmacro %}"},
                         {"models/numbers.sql", "{{ config(materialized='table') }}select 1 as id"},
                         {"models/reader.sql", "{{ config(materialized='table') }}select * from {{ ref('numbers') }}"},
                         {"models/shown.sql", "select * from {{ ref('numbers') }}"}})
                .project()),
        publisher(world.publisher()),
        lake(std::make_shared<lake::Lake>(world.memory)),
        view(open_lake_view(project, lake, publisher, world.parquet)) {
    world.asset.owner = project.id;
    request.engine_version = "duckdb v1";
  }
  const Node& node(const std::string& name) const { return project.at("model.shop." + name); }
  Decision decision(const std::string& name) { return make_plan(project, request, *view).find(node(name))->decision; }

  // Publishes the node `numbers` as its step says.
  void publish_numbers(int64_t to) {
    const Plan plan = make_plan(project, request, *view);
    const auto inspected = publisher.inspect(world.asset, &world.queue);
    auto attempt = lake::publish::attempt_for(world.asset, inspected, to, plan.find(node("numbers"))->code);
    attempt.run = "R7";
    ASSERT_TRUE(std::holds_alternative<lake::publish::Published>(
        publisher.publish(world.asset, inspected, std::move(attempt), &world.queue)));
  }

  World world{1, 10};
  Project project;
  lake::publish::Publisher publisher;
  std::shared_ptr<lake::Lake> lake;
  std::unique_ptr<LakeView> view;
  PlanRequest request;
};

TEST(LakeView, NothingIsThereAtFirst) {
  Setting setting;
  const Observed seen = setting.view->observe(setting.node("numbers"));
  EXPECT_FALSE(seen.exists);
  EXPECT_FALSE(seen.head.has_value());
  EXPECT_EQ(setting.decision("numbers").why, "first run");
}

TEST(LakeView, ThePublishedHeadIsRecognised) {
  Setting setting;
  setting.publish_numbers(3);
  const Observed seen = setting.view->observe(setting.node("numbers"));
  EXPECT_TRUE(seen.exists);
  EXPECT_EQ(seen.version, 0);
  ASSERT_TRUE(seen.head.has_value());
  EXPECT_EQ(seen.head->n, 1);
  EXPECT_EQ(setting.decision("numbers").why, "inputs and code unchanged since run R7");
  setting.request.engine_version = "duckdb v2";
  EXPECT_EQ(setting.decision("numbers").why, "code changed");
}

TEST(LakeView, OnlyCommitsThatChangeRowsCount) {
  Setting setting;
  setting.publish_numbers(3);
  setting.publish_numbers(5);
  OtherEngine other(setting.world);
  EXPECT_TRUE(setting.view->same_rows(setting.node("numbers"), 1, 1));
  ASSERT_TRUE(other.optimize());
  EXPECT_TRUE(setting.view->same_rows(setting.node("numbers"), 1, 2));
  EXPECT_FALSE(setting.view->same_rows(setting.node("numbers"), 0, 2));
  ASSERT_TRUE(other.append(99));
  EXPECT_FALSE(setting.view->same_rows(setting.node("numbers"), 2, 3));
  EXPECT_FALSE(setting.view->same_rows(setting.node("numbers"), 2, 9));  // commits that do not exist
}

TEST(LakeView, RefusalsOfTheProtocolBecomePartOfThePlan) {
  Setting setting;
  setting.publish_numbers(3);
  OtherEngine(setting.world).overwrite(7);
  const Observed seen = setting.view->observe(setting.node("numbers"));
  ASSERT_TRUE(seen.refusal.has_value());
  EXPECT_EQ(seen.refusal->code(), ErrorCode::foreign);
  EXPECT_EQ(seen.version, 1);
  EXPECT_EQ(setting.decision("numbers").action, Action::run);
  EXPECT_EQ(setting.decision("numbers").why, seen.refusal->message());
}

TEST(LakeView, ViewsAreKnownByTheirCatalogueEntry) {
  Setting setting;
  setting.publish_numbers(3);
  EXPECT_EQ(setting.decision("shown").why, "first run");
  const Plan plan = make_plan(setting.project, setting.request, *setting.view);
  const Step& step = *plan.find(setting.node("shown"));
  setting.lake->update_catalog([&](lake::CatalogContent& content) {
    content.views["raw.shown"] = {"select 1",
                                  view_properties(step, observe_inputs(step, *setting.view)).set("run", "R8")};
  });
  EXPECT_EQ(setting.decision("shown").why, "inputs and code unchanged since run R8");
  setting.publish_numbers(5);
  EXPECT_EQ(setting.decision("shown").action, Action::skip);  // a view without checks needs nothing for new data
}

}  // namespace
}  // namespace weir::plan

// What becomes of a run when the engine closes itself, or others publish in the middle of a step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <utility>

#include "scene.h"

namespace weir::run {
namespace {

using state::StepStatus;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Breaks when a statement holds `word`, as long as `times` is above 0.
struct Breaking {
  std::string word;
  std::atomic<int> times{0};
  std::function<void()> before_begin;  // once, before a step's transaction begins
  void meet(std::string_view sql) {
    if (word.empty() || sql.find(word) == std::string_view::npos || times-- <= 0) return;
    throw Error(ErrorCode::engine_broken, "the engine met an internal error");
  }
};

class FragileSession final : public engine::Session {
 public:
  FragileSession(std::unique_ptr<engine::Session> inner, Breaking& breaking)
      : inner_(std::move(inner)), breaking_(breaking) {}
  void begin(const std::string& attempt, const engine::PinnedVersions& pinned) override {
    if (auto hook = std::exchange(breaking_.before_begin, nullptr)) hook();
    inner_->begin(attempt, pinned);
  }
  lake::Staged staged() override { return inner_->staged(); }
  void release() override { inner_->release(); }
  void rollback() noexcept override { inner_->rollback(); }
  std::vector<lake::CommitOutcome> commit() override { return inner_->commit(); }
  void rewrite_files(const lake::TableName& table, const engine::Rewrite& rewrite) override {
    inner_->rewrite_files(table, rewrite);
  }
  bool in_transaction() const override { return inner_->in_transaction(); }
  engine::Rows query(std::string_view sql) override {
    breaking_.meet(sql);
    return inner_->query(sql);
  }
  void execute(std::string_view sql) override { inner_->execute(sql); }
  void confine(engine::Reach reach) override { inner_->confine(std::move(reach)); }
  engine::Rows query_own(std::string_view sql) override { return inner_->query_own(sql); }
  std::unique_ptr<format::BatchStream> stream(std::string_view sql) override { return inner_->stream(sql); }
  std::vector<engine::ColumnInfo> describe(std::string_view sql) override { return inner_->describe(sql); }
  std::vector<lake::TableName> tables_of(std::string_view sql) override { return inner_->tables_of(sql); }
  engine::QueryOutline outline(std::string_view sql) override { return inner_->outline(sql); }
  std::vector<std::string> volatile_functions_of(std::string_view sql) override {
    return inner_->volatile_functions_of(sql);
  }
  engine::ColumnLineage column_lineage(std::string_view sql, const engine::StandIns& stand_ins) override {
    return inner_->column_lineage(sql, stand_ins);
  }
  engine::ScanReport explain_scan(const lake::TableName& table, std::optional<int64_t> version,
                                  const std::string& where) override {
    return inner_->explain_scan(table, version, where);
  }
  void register_scan(const std::string& name, const engine::FileScan& scan) override {
    inner_->register_scan(name, scan);
  }
  std::string scan_rejects(const std::string& name) override { return inner_->scan_rejects(name); }
  engine::Progress progress() const override { return inner_->progress(); }
  engine::SessionMetrics metrics() const override { return inner_->metrics(); }
  void cancel() override { inner_->cancel(); }

 private:
  std::unique_ptr<engine::Session> inner_;
  Breaking& breaking_;
};

class FragileEngine final : public engine::Engine {
 public:
  FragileEngine(engine::Engine& inner, Breaking& breaking) : inner_(inner), breaking_(breaking) {}
  std::unique_ptr<engine::Session> session(std::shared_ptr<lake::Lake> lake, CancelToken cancel) override {
    return std::make_unique<FragileSession>(inner_.session(std::move(lake), std::move(cancel)), breaking_);
  }
  lake::ParquetIo& parquet() override { return inner_.parquet(); }
  std::string version() const override { return inner_.version(); }
  std::unique_ptr<engine::FileSniffer> sniffer() override { return inner_.sniffer(); }

 private:
  engine::Engine& inner_;
  Breaking& breaking_;
};

class DisturbedRunTest : public ::testing::Test {
 protected:
  RunResult build() {
    FragileEngine fragile(scene_.engine(), breaking_);
    Scene::Asked asked;
    asked.options.threads = 2;
    asked.engine = &fragile;
    return scene_.run(asked);
  }
  void break_the_first_of_two(int times) {
    scene_.put("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
    scene_.put("models/b.sql", "{{ config(materialized='table') }} select 2 as id");
    breaking_.word = "main\".\"a\"";
    breaking_.times = times;
  }
  Scene scene_;
  Breaking breaking_;
};

TEST_F(DisturbedRunTest, InnocentStepRunsOnceMore) {
  break_the_first_of_two(1);
  RunResult result = build();
  EXPECT_EQ(result.count(StepStatus::published), 2u) << summary(result);
  ASSERT_THAT(scene_.events.named("asset.note"), SizeIs(1));
  EXPECT_THAT(scene_.events.named("asset.note")[0].fields.at("message").as_string(), HasSubstr("once more, alone"));
}

TEST_F(DisturbedRunTest, GuiltyStepFailsTheSecondTime) {
  break_the_first_of_two(5);
  RunResult result = build();
  EXPECT_EQ(step_of(result, "main.a").status, StepStatus::failed) << summary(result);
  EXPECT_EQ(step_of(result, "main.a").error->code(), ErrorCode::engine_broken);
  EXPECT_EQ(step_of(result, "main.b").status, StepStatus::published) << summary(result);
  EXPECT_EQ(breaking_.times, 3) << "not a third time";
}

TEST_F(DisturbedRunTest, TableMadeByAnotherRunMeanwhileIsNotWrittenOver) {
  scene_.put("models/a.sql",
             "{{ config(materialized='incremental') }} select 1 as id"
             "{% if is_incremental() %} where false{% endif %}");
  breaking_.before_begin = [&] {
    RunResult faster = scene_.build();
    EXPECT_EQ(faster.count(StepStatus::published), 1u) << summary(faster);
  };
  RunResult result = build();
  EXPECT_EQ(result.exit_code(), 0) << summary(result);
  EXPECT_THAT(scene_.events.named("asset.replanned"), SizeIs(1));
  EXPECT_THAT(scene_.rows("select id from lake.main.a"), ::testing::ElementsAre("1"));
}

TEST_F(DisturbedRunTest, AStepReadsItsInputsAtTheVersionsItNames) {
  scene_.put("models/a.sql", "{{ config(materialized='table') }} select 1 as id");
  scene_.put("models/b.sql", "{{ config(materialized='table') }} select id from {{ ref('a') }}");
  ASSERT_EQ(scene_.build().exit_code(), 0);
  scene_.put("models/b.sql", "{{ config(materialized='table') }} select id + 0 as id from {{ ref('a') }}");
  breaking_.before_begin = [&] {
    scene_.put("models/a.sql", "{{ config(materialized='table') }} select 2 as id");
    Scene::Asked only_a;
    only_a.select = {"a"};
    EXPECT_EQ(scene_.run(only_a).count(StepStatus::published), 1u);
  };
  RunResult result = build();
  ASSERT_EQ(result.exit_code(), 0) << summary(result);
  EXPECT_THAT(scene_.rows("select id from lake.main.b"), ::testing::ElementsAre("1"))
      << "as of the version it was planned on";
  result = scene_.build();
  EXPECT_EQ(step_of(result, "main.b").status, StepStatus::published) << summary(result);
  EXPECT_THAT(scene_.rows("select id from lake.main.b"), ::testing::ElementsAre("2"));
}

}  // namespace
}  // namespace weir::run

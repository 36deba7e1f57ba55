// A project in a temporary folder, run with the real engine: what a test of run/ needs.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/ids.h"
#include "engine/session.h"
#include "lake/lake.h"
#include "plan/plan.h"
#include "project/load.h"
#include "run/run.h"
#include "store/clock.h"
#include "store/object_store.h"

namespace weir::run {

class Events final : public EventSink {
 public:
  void emit(const Event& event) override {
    std::scoped_lock guard(mutex_);
    all_.push_back(event);
  }
  std::vector<Event> named(const std::string& name) const {
    std::scoped_lock guard(mutex_);
    std::vector<Event> found;
    for (const Event& event : all_) {
      if (event.name == name) found.push_back(event);
    }
    return found;
  }
  void clear() { all_.clear(); }

 private:
  mutable std::mutex mutex_;
  std::vector<Event> all_;
};

class Scene {
 public:
  Scene() {
    std::filesystem::create_directories(root_);
    put("dbt_project.yml", "name: shop\nversion: '1.0'\nconfig-version: 2\nmodel-paths: [models]\n");
    put("weir.yml", "id: 5ad1b9a4-59d0-44d7-a2c7-6d7f4a3a1f11\n");
  }
  ~Scene() { std::filesystem::remove_all(root_); }
  Scene(const Scene&) = delete;

  const std::filesystem::path& root() const { return root_; }
  void put(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories((root_ / name).parent_path());
    write_file(root_ / name, content);
  }
  void remove(const std::string& name) const { std::filesystem::remove_all(root_ / name); }

  engine::Engine& engine() {
    if (!engine_) {
      engine::EngineOptions options;
      options.memory_limit_bytes = 512LL * 1024 * 1024;
      options.threads = 2;
      options.spill_dir = (root_ / ".weir/spill").string();
      engine_ = engine::open_duckdb(options);
    }
    return *engine_;
  }
  std::shared_ptr<lake::Lake> lake() {
    if (!lake_) lake_ = std::make_shared<lake::Lake>(store::open((root_ / "lake").string()));
    return lake_;
  }
  const project::Project& project() const { return *projects_.back(); }

  struct Asked {
    plan::Verb verb = plan::Verb::build;
    std::vector<std::string> select;
    bool full_refresh = false;
    RunOptions options;
    state::StateWriter* state = nullptr;
    CancelToken cancel;
    engine::Engine* engine = nullptr;  // another than the scene's own
  };
  RunResult run(const Asked& asked) {
    project::LoadFlags flags;
    flags.full_refresh = asked.full_refresh;
    projects_.push_back(std::make_unique<project::Project>(project::load_or_throw(root_.string(), flags)));
    const project::Project& project = *projects_.back();
    lake::publish::Publisher publisher(engine().parquet(), clock_, nullptr);
    auto view = plan::open_lake_view(project, lake(), publisher, engine().parquet());
    plan::PlanRequest request;
    request.verb = asked.verb;
    request.selection.select = asked.select;
    request.full_refresh = asked.full_refresh;
    request.engine_version = engine().version();
    plan::Plan plan = plan::make_plan(project, request, *view);
    World world{project, lake(), asked.engine != nullptr ? *asked.engine : engine(), clock_, asked.state, &events};
    if (asked.verb == plan::Verb::test) return test_published(world, plan, asked.options, asked.cancel);
    return execute(world, plan, asked.options, asked.cancel);
  }
  RunResult build() { return run(Asked()); }

  // A query on what is published, rows as texts joined by '|'.
  std::vector<std::string> rows(const std::string& sql) {
    auto session = engine().session(lake());
    std::vector<std::string> lines;
    for (const auto& row : session->query(sql).rows) {
      std::string line;
      for (const engine::Cell& cell : row)
        line += (line.empty() && &cell == &row.front() ? "" : "|") + engine::cell_text(cell);
      lines.push_back(line);
    }
    return lines;
  }

  Events events;

 private:
  std::filesystem::path root_ = std::filesystem::temp_directory_path() / ("weir-run-" + uuid_v4());
  store::SystemClock clock_;
  std::unique_ptr<engine::Engine> engine_;
  std::shared_ptr<lake::Lake> lake_;
  std::vector<std::unique_ptr<project::Project>> projects_;  // all that were run: a run may be inside another
};

inline const StepResult& step_of(const RunResult& result, const std::string& asset) {
  auto found = std::find_if(result.steps.begin(), result.steps.end(),
                            [&](const StepResult& step) { return step.asset == asset; });
  if (found == result.steps.end()) throw Error(ErrorCode::internal, "no step " + asset);
  return *found;
}

// "main.a published, main.b failed: …"
inline std::string summary(const RunResult& result) {
  std::string text;
  for (const StepResult& step : result.steps) {
    text += (text.empty() ? "" : ", ") + step.asset + " " + std::string(state::status_text(step.status));
    if (!step.message.empty() && step.status != state::StepStatus::up_to_date) text += ": " + step.message;
  }
  return text;
}

}  // namespace weir::run

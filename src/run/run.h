// Executes a plan: each step is one engine transaction and one publish.
//
// A step inspects its asset, pins the versions of its inputs, stages its output in a Session, runs its checks on the
// staged state, and publishes by the publish protocol. If a blocking check fails, or anything else, nothing of it is
// published and the steps that depend on it are skipped, naming it. Steps are ordered by dependencies; independent ones
// run in parallel. Every transition is an event (run/events.h) and a row in state.
//
// Exit codes: 0 all good (warnings included), 1 a step or check failed, 2 error in the project, 3 conflict (superseded
// more than RunOptions::max_replans times) or locked, 130 cancelled.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/event.h"
#include "checks/check.h"
#include "dbt/run_results.h"
#include "engine/session.h"
#include "lake/lake.h"
#include "plan/plan.h"
#include "project/log_line.h"
#include "project/project.h"
#include "run/microbatch.h"
#include "state/state_db.h"
#include "store/clock.h"

namespace weir::run {

struct RunOptions {
  std::string verb = "build";      // "build", "run", "seed", "ingest": what the run row says
  Json arguments = Json::array();  // the command line, for the run row
  int threads = 1;                 // steps at the same time; the engine's own threads are its budget
  bool fail_fast = false;
  bool checks = true;  // false (weir run, seed, ingest --no-checks): publish unchecked, as dbt's run
  bool force = false;  // run what is up to date too
  int max_replans = 5;
  bool collect_garbage = true;                    // publish.md, GC, after each success
  std::optional<EarlierBatches> earlier_batches;  // of a retry
  std::optional<std::string> verify_in;  // build each table twice and compare: the folder for what waits meanwhile
};

// The texts of a step, for target/compiled and target/run; "" = none.
struct StepSql {
  std::string compiled;  // the node's own query
  std::string executed;  // what made its table, or tried to
};

struct StepResult {
  std::string asset, kind;
  state::StepStatus status = state::StepStatus::running;
  std::string message;                // why it failed, was skipped or did not need to run
  std::optional<Error> error;         // also of a table that is published, if it differs when it is built twice
  std::optional<bool> deterministic;  // nullopt: it was not built twice
  std::optional<int64_t> version, n;
  int64_t rows = 0, quarantined = 0, files = 0;
  uint64_t bytes = 0, source_bytes = 0;
  uint64_t spilled_bytes = 0;  // the most that lay in the spill folder at once
  int64_t ms = 0;
  std::vector<checks::CheckResult> checks;
  std::vector<project::TimeWindow> batches;  // of a microbatch model on the lake: all stand or none
  std::vector<std::string> notes;            // warnings: foreign changes, vanished files, ...
  std::optional<std::string> because_of;     // skipped: the asset that failed
  StepSql sql;                               // of the lake's steps
  std::vector<dbt::NodeResult> outcomes;     // what dbt's run_results tell of it: the node's, then its tests'
};

struct RunResult {
  std::string id;
  std::vector<StepResult> steps;  // in the plan's order
  // Of the project's statements before and after the steps. After one that fails the rest of its kind is skipped.
  std::vector<dbt::NodeResult> start_hooks, end_hooks;
  std::vector<Error> hook_errors;  // of those that failed
  int64_t ms = 0;
  bool cancelled = false;
  std::optional<Error> error;  // of the run itself, e.g. of an on-run-end hook's text; thrown where no step ran
  int exit_code() const;
  size_t count(state::StepStatus status) const;
};

// Is told of each step and hook as it begins and ends, by the run's threads and so several at once; must not throw but
// where it says so. For what draws a run by its nodes, where events tell of assets.
class StepWatcher {
 public:
  virtual ~StepWatcher() = default;
  virtual void started(const plan::Step& step) = 0;
  // Also of a step that was not started: one that is skipped.
  virtual void ended(const plan::Step& step, const StepResult& result) = 0;
  virtual void hook_started(const std::string& name, size_t number, size_t total) = 0;  // number from 1
  virtual void hook_ended(const std::string& name, size_t number, size_t total, const dbt::NodeResult& result) = 0;
  // A database is sent a statement, with its comment; `connection` is a node's unique_id, or "master".
  virtual void sent(const std::string& /*connection*/, const std::string& /*sql*/) {}
  // What a template says for the details only: log() without info.
  virtual void noted(const project::LogLine& /*line*/) {}
  // The versions of a snapshot would begin with times of this type, and end with such as now is. An Error it throws is
  // the step's.
  virtual void times_differ(const plan::Step& /*step*/, const std::string& /*type*/) {}
};

// What a run works with. All outlive the call; `state` may be null (nothing is remembered then).
struct World {
  const project::Project& project;
  std::shared_ptr<lake::Lake> lake;
  engine::Engine& engine;  // opened lazily: a run with nothing to do never starts it
  store::Clock& clock;
  state::StateWriter* state = nullptr;
  EventSink* events = nullptr;
  StepWatcher* watcher = nullptr;
};

// First cancel() of the token: steps that compute stop and roll back, a commit in flight finishes, no new step starts.
RunResult execute(const World& world, const plan::Plan& plan, const RunOptions& options, const CancelToken& cancel);

// `weir test`: the plan's checks on the published tables, pinned at one version per table for the whole run.
RunResult test_published(const World& world, const plan::Plan& plan, const RunOptions& options,
                         const CancelToken& cancel);

// Work that is no plan's, between the project's own statements: on-run-start before it, on-run-end behind it.
RunResult between_hooks(const World& world, const RunOptions& options, const CancelToken& cancel,
                        const std::function<void()>& work);

}  // namespace weir::run

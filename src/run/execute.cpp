// Order and threads of a run: each step when those it needs have ended well.
#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "dbt/manifest.h"
#include "project/node_values.h"
#include "project/render.h"
#include "run/database.h"
#include "run/outcomes.h"
#include "run/python_table.h"
#include "run/step.h"

namespace weir::run {

namespace {

using state::StepStatus;

bool ended_well(StepStatus status) {
  return status == StepStatus::published || status == StepStatus::up_to_date || status == StepStatus::passed ||
         status == StepStatus::warned;
}

class Execution {
 public:
  // `start_failed`: nothing is run, since an on-run-start hook failed.
  Execution(RunParts& parts, const plan::Plan& plan, bool start_failed)
      : parts_(parts),
        plan_(plan),
        start_failed_(start_failed),
        results_(plan.steps.size()),
        taken_(plan.steps.size(), false) {}

  std::vector<StepResult> run() {
    size_t wanted = static_cast<size_t>(std::max(parts_.options.threads, 1));
    size_t threads = std::min(wanted, std::max<size_t>(plan_.running(), 1));
    std::vector<std::thread> others;
    for (size_t i = 1; i < threads; i++) others.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : others) thread.join();
    std::vector<StepResult> results;
    for (std::optional<StepResult>& result : results_) results.push_back(std::move(*result));
    return results;
  }

 private:
  void work() {
    std::unique_lock guard(mutex_);
    while (left() > 0) {
      std::optional<size_t> next = take_ready();
      if (!next) {
        changed_.wait(guard);
        continue;
      }
      const plan::Step& step = plan_.steps[*next];
      std::optional<StepResult> skipped = reason_to_skip(step);
      if (!skipped) {
        bool settled = is_settled(step);
        guard.unlock();
        StepWatcher* const watcher = parts_.world.watcher;
        if (watcher) watcher->started(step);
        StepResult result = run_step(parts_, step, settled);
        if (watcher) watcher->ended(step, result);
        guard.lock();
        stop_ = stop_ || (parts_.options.fail_fast && !ended_well(result.status));
        results_[*next] = std::move(result);
      } else {
        results_[*next] = std::move(skipped);
      }
      done_++;
      changed_.notify_all();
    }
  }

  size_t left() const { return results_.size() - done_; }

  std::optional<size_t> take_ready() {
    for (size_t i = first_free_; i < plan_.steps.size(); i++) {
      if (taken_[i]) {
        if (i == first_free_) first_free_++;
        continue;
      }
      const std::vector<size_t>& needs = plan_.steps[i].needs;
      if (!std::all_of(needs.begin(), needs.end(), [&](size_t need) { return results_[need].has_value(); })) continue;
      taken_[i] = true;
      return i;
    }
    return std::nullopt;
  }

  bool is_settled(const plan::Step& step) const {
    return std::none_of(step.needs.begin(), step.needs.end(),
                        [&](size_t need) { return results_[need]->status == StepStatus::published; });
  }

  std::optional<StepResult> reason_to_skip(const plan::Step& step) {
    if (parts_.cancel.cancelled())
      return without_running(step, StepStatus::cancelled, "the run was stopped", std::nullopt);
    if (start_failed_)
      return without_running(step, StepStatus::skipped,
                             "an on-run-start hook failed (flags: skip_nodes_if_on_run_start_fails)", std::nullopt);
    for (size_t need : step.needs) {
      const StepResult& before = *results_[need];
      if (ended_well(before.status)) continue;
      std::string cause = before.because_of.value_or(before.asset);
      if (before.status == StepStatus::cancelled)
        return without_running(step, StepStatus::cancelled, "the run was stopped", cause);
      return without_running(step, StepStatus::skipped, "needs " + cause + ", which " + how(cause), cause);
    }
    if (stop_)
      return without_running(step, StepStatus::skipped, "the run stops at its first failure (--fail-fast)",
                             std::nullopt);
    return std::nullopt;
  }

  std::string how(const std::string& asset) const {
    for (const std::optional<StepResult>& result : results_) {
      if (!result || result->asset != asset) continue;
      return result->status == StepStatus::held_back ? "was held back"
             : result->status == StepStatus::skipped ? "was skipped"
                                                     : "failed";
    }
    return "failed";
  }

  StepResult without_running(const plan::Step& step, StepStatus status, const std::string& why,
                             std::optional<std::string> cause) {
    StepResult result = blank_result(step);
    result.status = status;
    result.message = why;
    result.because_of = std::move(cause);
    Json fields = Json::object().set("asset", result.asset).set("kind", result.kind);
    if (result.because_of) fields.set("because_of", *result.because_of);
    bool skipped = status == StepStatus::skipped;
    if (skipped) fields.set("why", why);
    parts_.announcer.emit(skipped ? "asset.skipped" : "asset.cancelled", std::move(fields));
    parts_.recorder.step_without_work(result, parts_.world.clock.now_ms());
    if (parts_.world.watcher) parts_.world.watcher->ended(step, result);
    parts_.shared_reads.done(step);
    return result;
  }

  RunParts& parts_;
  const plan::Plan& plan_;
  const bool start_failed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<StepResult>> results_;
  std::vector<bool> taken_;
  size_t done_ = 0, first_free_ = 0;
  bool stop_ = false;
};

bool failed(const dbt::NodeResult& hook) { return hook.status == "error"; }

// Throws what is wrong with the hook's text; what is wrong with its statement is its result.
void run_hook(RunParts& parts, TargetSession& target, const project::RunHook& hook, const std::string& name,
              const char* label, const project::RenderState& state, dbt::NodeResult& out, std::vector<Error>& errors) {
  out.compile_ms = parts.world.clock.now_ms();
  const project::Rendered rendered = project::render_text(parts.world.project, nullptr, hook.sql, label, state);
  for (const project::LogLine& line : rendered.logged) parts.announcer.note(name, line);
  out.started_ms = parts.world.clock.now_ms();
  out.status = "success";
  out.message = name + " passed";
  try {
    if (!trim(rendered.sql).empty()) target.session().execute(rendered.sql);
  } catch (Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    errors.push_back(error.add_context("hook " + name));
    out.status = "error";
    out.failures = 1;
    out.message = name + " failed: " + error.message();
    parts.announcer.emit("asset.failed", Json::object()
                                             .set("asset", name)
                                             .set("code", code_text(error.code()))
                                             .set("message", error.message())
                                             .set("ms", parts.world.clock.now_ms() - out.started_ms));
  }
  out.ended_ms = parts.world.clock.now_ms();
}

// Statements of the project around the whole run; what they write is not part of any step. `results` is null before
// the run.
std::vector<dbt::NodeResult> run_hooks(RunParts& parts, const std::vector<project::RunHook>& hooks, const char* label,
                                       const Json* results, std::vector<Error>& errors) {
  std::vector<dbt::NodeResult> out;
  if (hooks.empty()) return out;
  TargetSession target(parts);
  annotate(parts, target.session(), nullptr);
  project::RenderState state;
  state.warehouse = &target.warehouse();
  state.selected = &parts.selected;
  state.heard = details_for(parts.world.watcher);
  state.results = results;
  StepWatcher* const watcher = parts.world.watcher;
  for (size_t i = 0; i < hooks.size(); i++) {
    const project::RunHook& hook = hooks[i];
    const std::string name = hook.package + "." + label + "." + std::to_string(i);
    if (watcher) watcher->hook_started(name, i + 1, hooks.size());
    dbt::NodeResult result;
    result.unique_id = dbt::hook_id(hook, label);
    result.thread_id = "main";
    result.failures = 0;
    if (std::any_of(out.begin(), out.end(), failed)) {
      result.status = "skipped";
      result.message = "an " + std::string(label) + " hook before it failed";
    } else {
      run_hook(parts, target, hook, name, label, state, result, errors);
    }
    if (watcher) watcher->hook_ended(name, i + 1, hooks.size(), result);
    out.push_back(std::move(result));
  }
  return out;
}

bool skips_after_failed_start(const project::Project& project) {
  const Json* flag = project.flags.find("skip_nodes_if_on_run_start_fails");
  return flag && flag->is_bool() && flag->as_bool();
}

// What on-run-end hooks may read: `results`, and the schemas that were built in.
Json end_context(const project::Project& project, const plan::Plan& plan, const RunResult& run) {
  Json results = Json::array(), schemas = Json::array(), pairs = Json::array();
  std::set<std::string> seen;
  const auto add = [&](const dbt::NodeResult& outcome, Json node) {
    results.push_back(Json::object()
                          .set("node", std::move(node))
                          .set("unique_id", outcome.unique_id)
                          .set("thread_id", outcome.thread_id)
                          .set("status", outcome.status)
                          .set("message", outcome.message.empty() ? Json() : Json(outcome.message))
                          .set("failures", outcome.failures ? Json(*outcome.failures) : Json())
                          .set("execution_time", static_cast<double>(outcome.ended_ms - outcome.started_ms) / 1000)
                          .set("adapter_response", outcome.adapter_response));
  };
  for (const dbt::NodeResult& hook : run.start_hooks)
    if (failed(hook)) add(hook, Json::object().set("unique_id", hook.unique_id).set("resource_type", "operation"));
  for (const dbt::NodeResult& outcome : outcomes(plan, run)) {
    if (!project.find(outcome.unique_id)) continue;  // a hook
    const project::Node& node = project.at(outcome.unique_id);
    add(outcome, project::node_json(node));
    if (node.is_test() || node.relation.name.empty() || !seen.insert(node.database + "." + node.schema).second)
      continue;
    schemas.push_back(node.schema);
    pairs.push_back(Json::strings(std::vector<std::string>{node.database, node.schema}));
  }
  return Json::object()
      .set("results", std::move(results))
      .set("schemas", std::move(schemas))
      .set("database_schemas", std::move(pairs));
}

std::vector<std::string> selected_ids(const plan::Plan& plan) {
  std::vector<std::string> out;
  for (const plan::Step& step : plan.steps) {
    out.push_back(step.node->unique_id);
    for (const project::Node* test : step.checks) out.push_back(test->unique_id);
  }
  return out;
}

void tell_of_dead_runs(RunParts& parts) {
  for (const DeadSteps::Dead& dead : parts.dead.take_all()) {
    parts.announcer.emit("run.died", Json::object()
                                         .set("run", dead.run.id)
                                         .set("asset", dead.step.asset)
                                         .set("unit", dead.step.unit)
                                         .set("done", dead.step.done)
                                         .set("total", dead.step.total)
                                         .set("message", "run " + dead.run.id + " died while it worked on this"));
  }
}

void announce_end(const RunParts& parts, const RunResult& result) {
  auto count = [&](StepStatus status) { return static_cast<int64_t>(result.count(status)); };
  Json fields = Json::object().set("exit_code", result.exit_code()).set("published", count(StepStatus::published));
  fields.set("up_to_date", count(StepStatus::up_to_date)).set("held_back", count(StepStatus::held_back));
  fields.set("failed", count(StepStatus::failed) + count(StepStatus::failed_test))
      .set("skipped", count(StepStatus::skipped));
  fields.set("ms", result.ms).set("cancelled", result.cancelled);
  parts.announcer.emit("run.finished", std::move(fields));
}

// The frame of a run: its row in state, its first and last event, and what it does between them.
RunResult framed(const World& world, const plan::Plan& plan, const RunOptions& options, const CancelToken& cancel,
                 const std::function<void(RunParts&, RunResult&)>& body) {
  int64_t started_ms = world.clock.now_ms();
  std::string id = ulid(started_ms);
  std::optional<state::RecordingSink> recording;
  World told = world;
  if (world.state != nullptr) told.events = &recording.emplace(*world.state, id, world.events);
  RunParts parts(told, options, cancel, id);
  parts.selected = selected_ids(plan);
  parts.plan = &plan;
  parts.shared_reads.expect(world.project, plan);
  parts.recorder.begin(options);
  parts.announcer.emit("run.started",
                       Json::object().set("verb", options.verb).set("steps", static_cast<int64_t>(plan.steps.size())));
  RunResult result;
  result.id = id;
  auto end = [&] {
    tell_of_dead_runs(parts);
    result.cancelled = cancel.cancelled();
    result.ms = world.clock.now_ms() - started_ms;
    announce_end(parts, result);
    parts.recorder.finish(result);
  };
  try {
    body(parts, result);
  } catch (const Error& error) {
    result.error = error;
    end();
    if (result.steps.empty()) throw;
    return result;
  }
  end();
  return result;
}

}  // namespace

RunResult execute(const World& world, const plan::Plan& plan, const RunOptions& options, const CancelToken& cancel) {
  return framed(world, plan, options, cancel, [&](RunParts& parts, RunResult& result) {
    remove_python_files(world.project);
    if (world.project.target.kind == project::TargetKind::database) make_schemas(parts, plan);
    bool with_hooks = plan.running() > 0;
    if (with_hooks)
      result.start_hooks = run_hooks(parts, world.project.on_run_start, "on-run-start", nullptr, result.hook_errors);
    const bool good = std::none_of(result.start_hooks.begin(), result.start_hooks.end(), failed);
    result.steps = Execution(parts, plan, !good && skips_after_failed_start(world.project)).run();
    if (!with_hooks || world.project.on_run_end.empty()) return;
    const Json end = end_context(world.project, plan, result);
    result.end_hooks = run_hooks(parts, world.project.on_run_end, "on-run-end", &end, result.hook_errors);
  });
}

RunResult between_hooks(const World& world, const RunOptions& options, const CancelToken& cancel,
                        const std::function<void()>& work) {
  const plan::Plan none;
  return framed(world, none, options, cancel, [&](RunParts& parts, RunResult& result) {
    result.start_hooks = run_hooks(parts, world.project.on_run_start, "on-run-start", nullptr, result.hook_errors);
    work();
    const Json end = end_context(world.project, none, result);
    result.end_hooks = run_hooks(parts, world.project.on_run_end, "on-run-end", &end, result.hook_errors);
  });
}

RunResult test_published(const World& world, const plan::Plan& plan, const RunOptions& options,
                         const CancelToken& cancel) {
  return framed(world, plan, options, cancel, [&](RunParts& parts, RunResult& result) {
    result.steps = run_tests(parts, plan);
    if (world.watcher == nullptr) return;
    for (size_t i = 0; i < plan.steps.size(); i++) {
      world.watcher->started(plan.steps[i]);
      world.watcher->ended(plan.steps[i], result.steps[i]);
    }
  });
}

size_t RunResult::count(state::StepStatus status) const {
  return static_cast<size_t>(
      std::count_if(steps.begin(), steps.end(), [&](const StepResult& step) { return step.status == status; }));
}

int RunResult::exit_code() const {
  if (cancelled) return 130;
  if (error) return 1;
  bool failed = false, only_conflicts = true;
  for (const auto* hooks : {&start_hooks, &end_hooks})
    for (const dbt::NodeResult& hook : *hooks)
      if (hook.status == "error") return 1;
  for (const StepResult& step : steps) {
    if (step.deterministic == false) {
      failed = true;
      only_conflicts = false;
    }
    if (ended_well(step.status) || step.status == StepStatus::skipped) continue;
    failed = true;
    bool conflict = step.error && (step.error->code() == ErrorCode::superseded_too_often ||
                                   step.error->code() == ErrorCode::state_locked);
    only_conflicts &= conflict;
  }
  if (!failed) return 0;
  return only_conflicts ? 3 : 1;
}

}  // namespace weir::run

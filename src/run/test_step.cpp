// Tests as steps of their own: on what is published.
#include <algorithm>
#include <atomic>
#include <thread>

#include "base/error.h"
#include "base/ids.h"
#include "run/checking.h"
#include "run/confine.h"
#include "run/step.h"
#include "run/work.h"

namespace weir::run {

namespace {

using state::StepStatus;

StepStatus status_of(checks::CheckStatus status) {
  switch (status) {
    case checks::CheckStatus::pass:
      return StepStatus::passed;
    case checks::CheckStatus::warn:
      return StepStatus::warned;
    default:
      return StepStatus::failed_test;
  }
}

// Published tables at the versions that are tested.
class TestedTables {
 public:
  void add(RunParts& parts, const std::vector<plan::Input>& inputs) {
    for (const plan::Input& input : inputs) {
      const lake::TableName name = input.node->read_relation();
      if (input.version < 0 || !pinned_.emplace(name, input.version).second) continue;
      lake::VersionSpec version;
      version.version = input.version;
      lake::TableLocation location = parts.world.lake->location(name);
      statistics_.published(name, lake::Snapshot::open(location, parts.world.engine.parquet(), version));
    }
  }
  const engine::PinnedVersions& pinned() const { return pinned_; }
  StepStatistics statistics() const { return statistics_; }

 private:
  engine::PinnedVersions pinned_;
  StepStatistics statistics_;
};

StepResult result_of(RunParts& parts, const plan::Step& step, const checks::CheckResult& check, int64_t started_ms) {
  StepResult result = blank_result(step);
  result.status = status_of(check.status);
  result.message = check.message;
  result.ms = check.ms;
  if (check.blocks()) result.error = Error(ErrorCode::checks_failed, check.title + ": " + check.message);
  result.checks = {check};
  parts.recorder.step_ended(result, 1, "", started_ms);
  return result;
}

std::vector<StepResult> run_together(RunParts& parts, const std::vector<const plan::Step*>& steps,
                                     const TestedTables& tables) {
  int64_t started_ms = parts.world.clock.now_ms();
  std::unique_ptr<engine::Session> session = parts.world.engine.session(parts.world.lake, parts.cancel);
  confine(*session, parts.world.project);
  parts.shared_reads.give(*session, steps);
  Transaction transaction(*session, uuid_v4(), tables.pinned());
  transaction.begin();
  std::vector<const project::Node*> tests;
  for (const plan::Step* step : steps) tests.push_back(step->node);
  std::vector<checks::Check> checks = checks_of(parts.world, tests, "", *session);
  for (size_t i = 0; i < checks.size(); i++) checks[i].asset = plan::asset_of(*steps[i]);
  StepStatistics statistics = tables.statistics();
  std::vector<checks::CheckResult> found = checks::run_checks(*session, checks, &statistics, parts.cancel);
  announce(parts.announcer, found);
  std::vector<StepResult> results;
  for (size_t i = 0; i < steps.size(); i++) results.push_back(result_of(parts, *steps[i], found[i], started_ms));
  return results;
}

// Steps by the table they test; those of no single table (singular tests) each alone.
std::vector<std::vector<size_t>> by_table(const plan::Plan& plan) {
  std::vector<std::vector<size_t>> groups;
  std::map<std::string, size_t> group_of;
  for (size_t i = 0; i < plan.steps.size(); i++) {
    const std::string& table = plan.steps[i].node->test ? plan.steps[i].node->test->attached_node : std::string();
    auto [known, fresh] = group_of.try_emplace(table, groups.size());
    if (table.empty() || fresh) {
      known->second = groups.size();
      groups.emplace_back();
    }
    groups[known->second].push_back(i);
  }
  return groups;
}

// One bad test (its template, its arguments) must not hide the others of its table.
std::vector<StepResult> run_group(RunParts& parts, const std::vector<const plan::Step*>& steps,
                                  const TestedTables& tables) {
  try {
    parts.cancel.check();
    return run_together(parts, steps, tables);
  } catch (const Error& error) {
    if (steps.size() > 1 && error.code() != ErrorCode::cancelled) {
      std::vector<StepResult> results;
      for (const plan::Step* step : steps) results.push_back(run_group(parts, {step}, tables).front());
      return results;
    }
    std::vector<StepResult> results;
    for (const plan::Step* step : steps) {
      StepResult result = blank_result(*step);
      bool cancelled = error.code() == ErrorCode::cancelled;
      result.status = cancelled ? StepStatus::cancelled : StepStatus::failed_test;
      result.message = error.message();
      result.error = error;
      Json fields = Json::object().set("asset", result.asset).set("kind", result.kind);
      if (!cancelled) fields.set("message", error.message()).set("code", code_text(error.code())).set("ms", 0);
      parts.announcer.emit(cancelled ? "asset.cancelled" : "asset.failed", std::move(fields));
      parts.recorder.step_without_work(result, parts.world.clock.now_ms());
      results.push_back(std::move(result));
    }
    return results;
  }
}

}  // namespace

StepResult run_test_step(RunParts& parts, const plan::Step& step) {
  TestedTables tables;
  tables.add(parts, plan::observe_inputs(step, *parts.view));
  return run_together(parts, {&step}, tables).front();
}

std::vector<StepResult> run_tests(RunParts& parts, const plan::Plan& plan) {
  TestedTables tables;
  for (const plan::Step& step : plan.steps) tables.add(parts, step.inputs);
  std::vector<std::vector<size_t>> groups = by_table(plan);
  std::vector<StepResult> results(plan.steps.size());
  std::atomic<size_t> next{0};
  std::atomic<bool> stop{false};
  auto work = [&] {
    for (size_t group = next++; group < groups.size(); group = next++) {
      std::vector<const plan::Step*> steps;
      for (size_t i : groups[group]) steps.push_back(&plan.steps[i]);
      if (stop) {
        for (size_t i : groups[group]) {
          results[i] = blank_result(plan.steps[i]);
          results[i].status = StepStatus::skipped;
          results[i].message = "the run stops at its first failure (--fail-fast)";
          parts.announcer.emit("asset.skipped", Json::object()
                                                    .set("asset", results[i].asset)
                                                    .set("kind", results[i].kind)
                                                    .set("why", results[i].message));
        }
        continue;
      }
      std::vector<StepResult> found = run_group(parts, steps, tables);
      for (const plan::Step* step : steps) parts.shared_reads.done(*step);
      for (size_t k = 0; k < found.size(); k++) {
        if (parts.options.fail_fast && found[k].status == StepStatus::failed_test) stop = true;
        results[groups[group][k]] = std::move(found[k]);
      }
    }
  };
  size_t threads = std::min(static_cast<size_t>(std::max(parts.options.threads, 1)), groups.size());
  std::vector<std::thread> others;
  for (size_t i = 1; i < threads; i++) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
  return results;
}

}  // namespace weir::run

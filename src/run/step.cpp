#include "run/step.h"

#include <shared_mutex>

#include "base/error.h"

namespace weir::run {

namespace {

using state::StepStatus;

StepResult by_kind(RunParts& parts, const plan::Step& step, StepSql& sql) {
  if (parts.world.project.target.kind == project::TargetKind::database) return run_database_step(parts, step);
  switch (step.kind) {
    case plan::StepKind::view:
    case plan::StepKind::function:
      return run_view_step(parts, step, sql);
    case plan::StepKind::test:
    case plan::StepKind::unit_test:
      return run_test_step(parts, step);
    case plan::StepKind::ephemeral:
      return up_to_date(parts, step, "has no table");
    default:
      return run_table_step(parts, step, sql);
  }
}

// An internal error of the engine ends all that runs in it, the innocent too. Each of them runs once more, alone: who
// breaks it again is the one.
StepResult with_engine(RunParts& parts, const plan::Step& step, StepSql& sql) {
  try {
    std::shared_lock guard(parts.engine_use);
    return by_kind(parts, step, sql);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::engine_broken) throw;
    parts.announcer.emit("asset.note",
                         Json::object()
                             .set("asset", plan::asset_of(step))
                             .set("message", "the engine was closed by an internal error; runs once more, alone"));
  }
  std::unique_lock guard(parts.engine_use);
  return by_kind(parts, step, sql);
}

StepResult failed(RunParts& parts, const plan::Step& step, Error error, int64_t ms) {
  StepResult result = blank_result(step);
  result.ms = ms;
  result.message = error.message();
  result.batches = parts.begun_batches.of(*step.node);
  bool cancelled = error.code() == ErrorCode::cancelled;
  result.status = cancelled ? StepStatus::cancelled : StepStatus::failed;
  Json fields = Json::object().set("asset", result.asset).set("kind", result.kind);
  if (!cancelled) fields.set("message", error.message()).set("code", code_text(error.code())).set("ms", ms);
  parts.announcer.emit(cancelled ? "asset.cancelled" : "asset.failed", std::move(fields));
  result.error = std::move(error);
  return result;
}

}  // namespace

StepResult blank_result(const plan::Step& step) {
  StepResult result;
  result.asset = plan::asset_of(step);
  result.kind = plan::kind_text(step.kind);
  return result;
}

StepResult up_to_date(RunParts& parts, const plan::Step& step, const std::string& why) {
  StepResult result = blank_result(step);
  result.status = StepStatus::up_to_date;
  result.message = why;
  parts.announcer.emit("asset.up_to_date",
                       Json::object().set("asset", result.asset).set("kind", result.kind).set("why", why));
  parts.recorder.step_without_work(result, parts.world.clock.now_ms());
  return result;
}

void tell(RunParts& parts, StepResult& result, const std::vector<std::string>& notes) {
  for (const std::string& text : notes) {
    result.notes.push_back(text);
    parts.announcer.emit("asset.note", Json::object().set("asset", result.asset).set("message", text));
  }
}

void tell_logged(RunParts& parts, StepResult& result, const project::LogLines& lines) {
  for (const project::LogLine& line : lines) {
    result.notes.push_back(line.text);
    parts.announcer.note(result.asset, line);
  }
}

StepResult run_step(RunParts& parts, const plan::Step& step, bool settled) {
  bool known_up_to_date = settled && !step.waits_on_parent && step.decision.action == plan::Action::skip;
  // A run that died here may have left something to finish: that needs a closer look.
  bool died_here = parts.dead.has(plan::asset_of(step));
  if (known_up_to_date && !parts.options.force && !died_here) {
    StepResult skipped = up_to_date(parts, step, step.decision.why);
    tell(parts, skipped, step.warnings);
    return skipped;
  }
  int64_t started_ms = parts.world.clock.now_ms();
  auto elapsed_ms = [&] { return parts.world.clock.now_ms() - started_ms; };
  StepResult result;
  StepSql sql;
  const struct Ended {
    ~Ended() { reads.done(step); }
    SharedReads& reads;
    const plan::Step& step;
  } ended{parts.shared_reads, step};
  try {
    parts.cancel.check();
    return with_engine(parts, step, sql);
  } catch (const Error& error) {
    result = failed(parts, step, error, elapsed_ms());
  } catch (const std::exception& error) {
    result = failed(parts, step, Error(ErrorCode::internal, error.what()), elapsed_ms());
  }
  result.sql = std::move(sql);
  parts.recorder.step_ended(result, 1, "", started_ms);
  return result;
}

}  // namespace weir::run

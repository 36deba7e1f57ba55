#include "run/recorder.h"

#include "base/error.h"

namespace weir::run {

namespace {

state::StepRow row_of(const StepResult& result, const std::string& run) {
  state::StepRow row;
  row.run = run;
  row.asset = result.asset;
  row.kind = result.kind;
  row.status = result.status;
  row.version = result.version;
  row.n = result.n;
  if (result.status == state::StepStatus::published) {
    row.rows = result.rows;
    row.quarantined = result.quarantined;
    row.bytes = static_cast<int64_t>(result.bytes);
    row.files = result.files;
  }
  row.message = result.message;
  if (result.error) row.error_code = code_text(result.error->code());
  return row;
}

state::RunStatus status_of(const RunResult& result) {
  if (result.cancelled) return state::RunStatus::cancelled;
  return result.exit_code() == 0 ? state::RunStatus::succeeded : state::RunStatus::failed;
}

std::string first_failure(const RunResult& result) {
  for (const StepResult& step : result.steps) {
    bool failed = step.status == state::StepStatus::failed || step.status == state::StepStatus::held_back ||
                  step.status == state::StepStatus::failed_test;
    if (failed) return step.asset + ": " + step.message;
  }
  return {};
}

}  // namespace

void Recorder::guarded(const std::function<void()>& write) {
  if (state_ == nullptr) return;
  try {
    write();
  } catch (const Error& error) {
    std::scoped_lock guard(mutex_);
    notes_.insert("the run is not remembered wholly: " + error.message());
  }
}

void Recorder::begin(const RunOptions& options) {
  if (state_ == nullptr) return;
  state::RunRow row;
  row.id = run_;
  row.verb = options.verb;
  row.arguments = options.arguments;
  row.process = state::this_process();
  row.started_ms = clock_.now_ms();
  row.version = WEIR_VERSION;
  state_->begin_run(row);
}

void Recorder::finish(const RunResult& result) {
  guarded([&] { state_->put_steps(without_work_); });
  guarded(
      [&] { state_->finish_run(run_, status_of(result), result.exit_code(), first_failure(result), clock_.now_ms()); });
}

void Recorder::step_started(const plan::Step& step, const std::string& asset, int number, const std::string& attempt) {
  state::StepRow row;
  row.run = run_;
  row.asset = asset;
  row.kind = plan::kind_text(step.kind);
  row.number = number;
  row.attempt = attempt;
  row.started_ms = clock_.now_ms();
  guarded([&] { state_->put_step(row); });
}

void Recorder::step_ended(const StepResult& result, int number, const std::string& attempt, int64_t started_ms) {
  state::StepRow row = row_of(result, run_);
  row.number = number;
  row.attempt = attempt;
  row.started_ms = started_ms;
  row.finished_ms = clock_.now_ms();
  guarded([&] { state_->put_step(row); });
}

void Recorder::progress(const std::string& asset, int number, int64_t done, int64_t total, const std::string& unit) {
  guarded([&] { state_->progress(run_, asset, number, done, total, unit); });
}

void Recorder::step_without_work(const StepResult& result, int64_t started_ms) {
  state::StepRow row = row_of(result, run_);
  row.started_ms = started_ms;
  row.finished_ms = started_ms;
  std::scoped_lock guard(mutex_);
  without_work_.push_back(std::move(row));
}

std::optional<state::Lease> Recorder::take_lease(const std::string& asset, const std::string& attempt) {
  std::optional<state::Lease> held;
  guarded([&] { held = state_->take_lease({asset, run_, attempt, state::this_process(), clock_.now_ms()}); });
  return held;
}

void Recorder::release_lease(const std::string& asset) {
  guarded([&] { state_->release_lease(asset, run_); });
}

std::vector<std::string> Recorder::notes() const {
  std::scoped_lock guard(mutex_);
  return {notes_.begin(), notes_.end()};
}

}  // namespace weir::run

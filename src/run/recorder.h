// Remembering a run in state.db. What happens to the lake does not depend on it: once the run has begun, failures to
// write are collected as notes and stop nothing.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "run/run.h"

namespace weir::run {

class Recorder {
 public:
  // `state` may be null.
  Recorder(state::StateWriter* state, store::Clock& clock, std::string run)
      : state_(state), clock_(clock), run_(std::move(run)) {}

  void begin(const RunOptions& options);  // throws: nothing has been done yet
  void finish(const RunResult& result);
  void step_started(const plan::Step& step, const std::string& asset, int number, const std::string& attempt);
  void step_ended(const StepResult& result, int number, const std::string& attempt, int64_t started_ms);
  void progress(const std::string& asset, int number, int64_t done, int64_t total, const std::string& unit);
  // Up to date, skipped: such steps come in crowds, so they are kept here and written together by finish().
  void step_without_work(const StepResult& result, int64_t started_ms);

  // nullopt: ours now. Else who works on the asset.
  std::optional<state::Lease> take_lease(const std::string& asset, const std::string& attempt);
  void release_lease(const std::string& asset);

  std::vector<std::string> notes() const;

 private:
  void guarded(const std::function<void()>& write);
  state::StateWriter* state_;
  store::Clock& clock_;
  std::string run_;
  mutable std::mutex mutex_;
  std::vector<state::StepRow> without_work_;
  std::set<std::string> notes_;
};

}  // namespace weir::run

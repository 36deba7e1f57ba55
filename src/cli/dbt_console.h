// A run as dbt tells of it, under dbt's name: a line where a node begins and one where it ends, the counts at the end,
// as text or, with
// --log-format json, as dbt's events. Programs that call dbt read both.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/dbt_log.h"
#include "cli/progress.h"
#include "cli/warning_rule.h"
#include "run/run.h"
#include "store/clock.h"

namespace weir::cli {

// "1 of 3 OK created sql view model main.orders ........ [OK in 0.05s]"
std::string dbt_line(const std::string& progress, const std::string& words, const std::string& status,
                     std::optional<double> seconds);

class DbtConsole final : public ProgressSink, public run::StepWatcher {
 public:
  // All outlive it.
  DbtConsole(const Call& call, const project::Project& project, const plan::Plan& plan, store::Clock& clock,
             int threads);

  void planned(const std::vector<PlannedAsset>& assets) override;
  void emit(const Event& event) override;  // what templates log, batches, warnings
  void stopping() override;
  void finish() override {}

  void started(const plan::Step& step) override;
  void ended(const plan::Step& step, const run::StepResult& result) override;
  void hook_started(const std::string& name, size_t number, size_t total) override;
  void hook_ended(const std::string& name, size_t number, size_t total, const dbt::NodeResult& result) override;
  void sent(const std::string& connection, const std::string& sql) override;
  void noted(const project::LogLine& line) override;
  void times_differ(const plan::Step& step, const std::string& type) override;

  // The end of the run: how many of what, each failure with its place, and the counts. Throws what WarningRule::tells
  // throws.
  void summary(const run::RunResult& result, const std::vector<dbt::NodeResult>& outcomes);

 private:
  size_t number_of(const std::string& unique_id);
  void begun(const project::Node& node);
  // `kind`: what dbt calls the error, where the node failed.
  void told(const project::Node& node, const dbt::NodeResult& result, std::string_view kind);
  void tell_failure(const dbt::NodeResult& result, const run::RunResult& run);

  const Call& call_;
  const project::Project& project_;
  const plan::Plan& plan_;
  store::Clock& clock_;
  const int64_t threads_;
  const WarningRule rule_;
  size_t total_ = 0;
  std::mutex mutex_;
  std::map<std::string, size_t> numbers_;  // by unique_id, as nodes begin
  std::map<std::string, int64_t> begun_ms_;
};

}  // namespace weir::cli

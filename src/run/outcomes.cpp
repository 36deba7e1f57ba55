#include "run/outcomes.h"

#include <algorithm>

namespace weir::run {

namespace {

using state::StepStatus;

const char* built_status(StepStatus status) {
  switch (status) {
    case StepStatus::published:
    case StepStatus::up_to_date:
      return "success";
    case StepStatus::skipped:
    case StepStatus::cancelled:
      return "skipped";
    case StepStatus::passed:
      return "pass";
    case StepStatus::warned:
      return "warn";
    case StepStatus::failed_test:
      return "fail";
    default:
      return "error";
  }
}

dbt::NodeResult of_step(const plan::Step& step, const StepResult& result) {
  dbt::NodeResult out;
  out.unique_id = step.node->unique_id;
  out.status = built_status(result.status);
  out.message = result.message;
  out.relation_name = step.node->relation_text();
  if (!result.sql.compiled.empty()) out.compiled_code = result.sql.compiled;
  out.executed_sql = step.node->is_python_model() ? result.sql.compiled : result.sql.executed;
  if (result.status == StepStatus::published) out.adapter_response = Json::object().set("_message", "OK");
  if (result.batches.empty()) return out;
  // One commit: without it none of them is built.
  out.failures = 0;
  out.batches.emplace();
  (result.status == StepStatus::published ? out.batches->successful : out.batches->failed) = result.batches;
  return out;
}

dbt::NodeResult of_check(const project::Node& test, const checks::CheckResult& check) {
  dbt::NodeResult out;
  out.unique_id = test.unique_id;
  constexpr const char* words[] = {"pass", "warn", "fail", "error"};
  out.status = words[static_cast<size_t>(check.status)];
  out.message = check.message;
  // dbt counts what it tells: nothing where a threshold is not reached, and a unit test as one.
  const bool told = check.status == checks::CheckStatus::warn || check.status == checks::CheckStatus::fail;
  if (check.status != checks::CheckStatus::error) out.failures = !told ? 0 : test.unit ? 1 : check.failures;
  out.compiled_code = check.failures_sql;
  out.executed_sql = check.executed_sql.empty()
                         ? "-- decided by the table's statistics; not run:\n" + check.failures_sql
                         : check.executed_sql;
  return out;
}

void add_checks(const std::vector<const project::Node*>& tests, const StepResult& found,
                std::vector<dbt::NodeResult>& out) {
  for (const project::Node* test : tests) {
    const auto same = [&](const checks::CheckResult& check) { return check.name == test->name; };
    const auto check = std::find_if(found.checks.begin(), found.checks.end(), same);
    if (check != found.checks.end()) {
      out.push_back(of_check(*test, *check));
      continue;
    }
    dbt::NodeResult skipped;
    skipped.unique_id = test->unique_id;
    // What is up to date was checked when it was published.
    skipped.status = found.status == StepStatus::up_to_date ? "pass" : "skipped";
    if (found.status == StepStatus::up_to_date) skipped.failures = 0;
    out.push_back(std::move(skipped));
  }
}

}  // namespace

std::vector<dbt::NodeResult> outcomes_of(const plan::Step& step, const StepResult& result) {
  if (!result.outcomes.empty()) return result.outcomes;
  std::vector<dbt::NodeResult> out;
  if (step.node->is_test() && !result.checks.empty()) {
    add_checks({step.node}, result, out);
    return out;
  }
  if (step.kind != plan::StepKind::ingest) out.push_back(of_step(step, result));
  add_checks(step.checks, result, out);
  return out;
}

std::vector<dbt::NodeResult> outcomes(const plan::Plan& plan, const RunResult& result) {
  std::vector<dbt::NodeResult> out = result.start_hooks;
  for (size_t i = 0; i < plan.steps.size() && i < result.steps.size(); i++) {
    const std::vector<dbt::NodeResult> found = outcomes_of(plan.steps[i], result.steps[i]);
    out.insert(out.end(), found.begin(), found.end());
  }
  out.insert(out.end(), result.end_hooks.begin(), result.end_hooks.end());
  return out;
}

}  // namespace weir::run

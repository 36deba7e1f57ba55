// What came of a run in dbt's words, for its artefacts.
#pragma once

#include <vector>

#include "dbt/run_results.h"
#include "plan/plan.h"
#include "run/run.h"

namespace weir::run {

// One for each node of the plan and each of its checks, in the plan's order; before and after them the run's hooks. On
// the lake what is up to date is a success, and what its own check holds back an error.
std::vector<dbt::NodeResult> outcomes(const plan::Plan& plan, const RunResult& result);

// Of one step: its node's, then its checks'. None of a step that dbt does not know.
std::vector<dbt::NodeResult> outcomes_of(const plan::Step& step, const StepResult& result);

}  // namespace weir::run

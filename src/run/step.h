// One step of a plan, from its decision to its end.
#pragma once

#include <string>
#include <vector>

#include "run/parts.h"

namespace weir::run {

// Never throws: what goes wrong is in the result. `settled`: the planner's decision was made on what is still in the
// lake (no step that this one needs has published since).
StepResult run_step(RunParts& parts, const plan::Step& step, bool settled);

// The parts of run_step by kind; they throw.
// `sql` gets the texts of the step also when they throw.
StepResult run_table_step(RunParts& parts, const plan::Step& step, StepSql& sql);  // table, incremental, seed, ingest
StepResult run_view_step(RunParts& parts, const plan::Step& step, StepSql& sql);   // view, function
StepResult run_test_step(RunParts& parts, const plan::Step& step);
// Any step of a target that is a database.
StepResult run_database_step(RunParts& parts, const plan::Step& step);

// All tests of a plan, on one version of each table for the whole run; those of one table share its scan.
std::vector<StepResult> run_tests(RunParts& parts, const plan::Plan& plan);

// A result with the step's names, status running.
StepResult blank_result(const plan::Step& step);
StepResult up_to_date(RunParts& parts, const plan::Step& step, const std::string& why);
// Notes of the result, announced one by one.
void tell(RunParts& parts, StepResult& result, const std::vector<std::string>& notes);
// What the templates of a step said, likewise.
void tell_logged(RunParts& parts, StepResult& result, const project::LogLines& lines);

}  // namespace weir::run

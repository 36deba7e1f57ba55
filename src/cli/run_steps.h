// The way that build, run, seed, ingest and test share: load, plan, show the plan or execute it, tell what came of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "plan/plan.h"
#include "run/run.h"

namespace weir::cli {

// --select --exclude, --full-refresh, --fail-fast, --plan and what else all of them have.
std::vector<Flag> run_flags();
// Of these, what holds for any selection: --full-refresh --fail-fast --plan --dry-run --output.
std::vector<Flag> run_switches();
Argument selector_argument();

// Executes `verb` with checks or without. `only`: these unique_ids instead of what the call selects; none of them =
// all. `earlier`: of the run that is retried. Returns the exit code.
int run_steps(Call& call, plan::Verb verb, bool with_checks, const std::vector<std::string>& only = {},
              std::optional<run::EarlierBatches> earlier = std::nullopt);

// The last line: "4 published, 1 held back, 1 skipped because of it · 2.3 s · exit 1", or
// "nothing to do: 5 assets up to date (41 ms)".
std::string summary_text(const run::RunResult& result, const Style& style);

}  // namespace weir::cli

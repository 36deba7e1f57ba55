// manifest.json in the form that dbt writes and other tools read (schema v12): every node, source, macro, exposure and
// the rest of a project, with the graph between them.
#pragma once

#include "base/json.h"
#include "dbt/run_results.h"
#include "project/project.h"

namespace weir::dbt {

// `results` are those of the run, for compiled_code; empty if nothing was compiled.
Json manifest(const project::Project& project, const Invocation& invocation,
              const std::vector<NodeResult>& results = {});

}  // namespace weir::dbt

// manifest.json in the form that dbt writes and other tools read (schema v12): every node, source, macro, exposure and
// the rest of a project, with the graph between them.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "dbt/run_results.h"
#include "project/project.h"

namespace weir::dbt {

// "operation.shop.shop-on-run-start-0"; `when`: on-run-start or on-run-end.
std::string hook_id(const project::RunHook& hook, const std::string& when);

// The text, piece by piece: it is far larger than the project. `results` are those of the run, for compiled_code; empty
// if nothing was compiled.
void manifest_text(const project::Project& project, const Invocation& invocation,
                   const std::vector<NodeResult>& results, const std::function<void(std::string_view)>& write);
Json manifest(const project::Project& project, const Invocation& invocation,
              const std::vector<NodeResult>& results = {});

}  // namespace weir::dbt

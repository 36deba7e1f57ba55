// --select, --exclude, --resource-type and positional selectors as a plan::Selection.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "cli/workspace.h"
#include "plan/previous_state.h"
#include "plan/select.h"

namespace weir::cli {

// Verbs whose positional arguments are selectors (SELECTOR) count those too.
plan::Selection selection_of(const Call& call, const project::Project& project);

// Criteria that match nothing are warned of.
plan::Selected selected(const Call& call, const project::Project& project);
// The nodes of it, in topological order.
std::vector<const project::Node*> selected_nodes(const Call& call, const project::Project& project);

// The folder that --state or --defer-state names: under dbt's name below the project, as dbt takes it, else where it is
// typed.
std::filesystem::path state_folder(const Call& call, const project::Project& project, const char* option);
// Under dbt's name: warns if it is the target's own folder, since a run then compares with what it writes itself.
// selection_of() does so for --state.
void warn_of_own_target(const Call& call, const project::Project& project, const char* option);
// What lies there, read beside the target.
plan::PreviousState previous_state(const Call& call, const project::Project& project, const char* option);

}  // namespace weir::cli

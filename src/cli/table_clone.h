// Shallow clones: weir table clone, and those of weir clone.
#pragma once

#include <string>
#include <vector>

#include "cli/verb.h"
#include "cli/workspace.h"
#include "lake/clone.h"

namespace weir::cli {

Verb table_clone_verb();

// Commits a clone as the new table `target`. Returns what is to be noted. Throws Error{sql_exists} where another writer
// was quicker.
std::vector<std::string> commit_clone(Workspace& workspace, const lake::TableName& target, lake::Clone clone);

}  // namespace weir::cli

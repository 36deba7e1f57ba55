// weir table restore and weir rollback: back to an earlier version, with the position in the sources.
#pragma once

#include <optional>

#include "cli/verb.h"
#include "cli/workspace.h"

namespace weir::cli {

Verb restore_verb();

// Rolls the asset back to chain element n. Prints what it did, or with `dry_run` what it would do.
int roll_back(Call& call, Workspace& workspace, const project::Node& node, int64_t n);
// The chain element whose commit is `version` of the asset's table. Throws Error{rollback_refused} if it is no publish
// of this asset.
int64_t n_of_version(Workspace& workspace, const lake::publish::Asset& asset, int64_t version);

}  // namespace weir::cli

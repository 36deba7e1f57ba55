// weir show --failures: rows on which checks failed.
#pragma once

#include <string>

#include "cli/verb.h"
#include "cli/workspace.h"

namespace weir::cli {

// Of the newest run that had a step of this asset: the samples that were taken when its checks did not pass. The rows
// may never have been published. Returns the exit code.
int show_failures(Call& call, Workspace& workspace, const std::string& asset);

}  // namespace weir::cli
